"""The keys 1 to 9: each goes to the marker of that number."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from voice_recorder.ui.detail import Detail


class MarkerKeys(QObject):
    """Act in the whole window, outside text fields only."""

    def __init__(self, window: QWidget, detail: Detail) -> None:
        super().__init__(window)
        self._shortcuts = [QShortcut(QKeySequence(str(number)), window) for number in range(1, 10)]
        for number, shortcut in enumerate(self._shortcuts, 1):
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(partial(detail.jump_to_marker, number))

    def set_enabled(self, enabled: bool) -> None:
        """Whether they do anything, as the setting ``shortcuts.single_keys`` says."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(enabled)
