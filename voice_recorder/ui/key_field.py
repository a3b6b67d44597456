"""A field that takes a key by having it pressed."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QLineEdit, QToolButton

from voice_recorder.ui.language import tr


class KeyField(QKeySequenceEdit):
    """Shows a key, waits for another; ``key`` is written as in the settings, empty for none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setMaximumSequenceLength(1)
        self.setClearButtonEnabled(True)
        self.setFixedWidth(180)
        self.name(name)

    def name(self, name: str) -> None:
        """What a screen reader says of the field, and of the button that empties it."""
        self.setAccessibleName(name)
        for part in self.findChildren(QLineEdit):
            part.setAccessibleName(name)
            part.setPlaceholderText(tr("No key"))
        for button in self.findChildren(QToolButton):
            button.setAccessibleName(tr("No key for “{action}”", action=name))

    def key(self) -> str:
        """The key as the settings have it."""
        return self.keySequence().toString()

    def show_key(self, key: str) -> None:
        """Show a key of the settings."""
        if key != self.key():
            self.setKeySequence(QKeySequence(key))
