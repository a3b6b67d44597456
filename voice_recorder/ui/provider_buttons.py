"""The buttons of the provider's page; which of them there are depends on what runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space


class ProviderButtons(QWidget):
    """Test and use what is typed, stop backing up; while something runs, its progress and Cancel."""

    def __init__(self) -> None:
        super().__init__()
        self.use = QPushButton(tr("Use this provider"))
        self.use.setProperty("kind", "primary")
        self.test = QPushButton(tr("Test connection"))
        self.stop = QPushButton(tr("Stop backing up"))
        self.cancel = QPushButton(tr("Cancel"))
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(140)
        self._progress.setAccessibleName(tr("Testing the connection"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, Space.S, 0, 0)
        layout.setSpacing(Space.S)
        for part in (self.use, self.test, self.stop, self.cancel, self._progress):
            layout.addWidget(part)
        layout.addStretch(1)

    def connect_to(
        self,
        use: Callable[[], object],
        test: Callable[[], object],
        stop: Callable[[], object],
        cancel: Callable[[], object],
    ) -> None:
        """Let each button do its work."""
        for button, work in ((self.use, use), (self.test, test), (self.stop, stop), (self.cancel, cancel)):
            button.clicked.connect(work)

    def show_for(self, *, kind: bool, may_use: bool, may_stop: bool, testing: bool, saving: bool) -> None:
        """``kind``: one is looked at, ``may_use``: using it would change something.

        ``may_stop``: one is in force. The focus does not leave the row.
        """
        idle = not testing and not saving
        had_focus = self._has_focus()
        self.use.setVisible(kind and idle)
        self.use.setEnabled(may_use)
        self.test.setVisible(kind and idle)
        self.stop.setVisible(not kind and idle and may_stop)
        self.cancel.setVisible(testing)
        self._progress.setVisible(not idle)
        self.setVisible(kind or may_stop or not idle)
        first = self.cancel if testing else self.stop if not kind else self.use if may_use else self.test
        if had_focus and not first.isHidden() and not self._has_focus():
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _has_focus(self) -> bool:
        return any(b.hasFocus() for b in (self.use, self.test, self.stop, self.cancel))
