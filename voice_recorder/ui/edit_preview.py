"""A change of the level that can be heard and seen before it is made."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.ui.controls import Folding, label, row, set_kind
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space, Type

NARROW = 360
"""With less room the buttons stand in two rows."""


class EditPreview(QFrame):
    """While it is measured: progress and Cancel. Then before and after, Apply and Discard."""

    before_asked = Signal()
    after_asked = Signal()
    applied = Signal()
    discarded = Signal()
    opened = Signal()
    """There is something to see."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._heading = label(kind="heading", size=Type.SMALL)
        self.words = label(wrap=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Measuring"))
        self.cancel = QPushButton(tr("Cancel"))
        self.before = QPushButton(tr("Before", "the edit"))
        self.before.setToolTip(tr("Hear it as it is"))
        self.after = QPushButton(tr("After", "the edit"))
        self.after.setToolTip(tr("Hear it as it would be"))
        self._choice = QButtonGroup(self)
        for button in (self.before, self.after):
            button.setCheckable(True)
            self._choice.addButton(button)
        self.discard = QPushButton(tr("Discard"))
        self.apply = QPushButton(tr("Apply"))
        set_kind(self.apply, "primary")
        self._measuring = row(self.progress, self.cancel, spacing=Space.M)
        choice, end = row(self.before, self.after, None), row(None, self.discard, self.apply)
        self._ready = Folding(choice, end, NARROW, (1, 1))
        self._ready.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        layout.setSpacing(Space.S)
        for part in (self._heading, self.words, self._measuring, self._ready):
            layout.addWidget(part)
        self.before.clicked.connect(self.before_asked)
        self.after.clicked.connect(self.after_asked)
        self.apply.clicked.connect(self.applied)
        self.discard.clicked.connect(self.discarded)
        self.cancel.clicked.connect(self.discarded)
        self.hide()

    def show_measuring(self, heading: str, words: str) -> None:
        """Say what is measured; how far it is follows."""
        self.progress.setRange(0, 0)
        self._show(heading, words, self._measuring, self.cancel)

    @Slot(int, int, str)
    def show_progress(self, done: int, total: int, _text: str = "") -> None:
        """How much of it is measured."""
        self.progress.setRange(0, 100)
        self.progress.setValue(100 * done // max(1, total))

    def show_ready(self, heading: str, words: str, *, worth_it: bool = True) -> None:
        """Say what it would become; without worth there is nothing to apply."""
        for button in (self.before, self.after, self.apply):
            button.setVisible(worth_it)
        self.discard.setText(tr("Discard") if worth_it else tr("Close"))
        self.after.setChecked(True)
        inside = self.isHidden() or self.cancel.hasFocus()
        self._show(
            heading, words, self._ready, (self.after if worth_it else self.discard) if inside else None
        )

    def _show(self, heading: str, words: str, part: QWidget, focus: QWidget | None) -> None:
        self._heading.setText(heading)
        self.setAccessibleName(heading)
        self.words.setText(words)
        part.show()
        self.show()
        if focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
        # Last: where the focus goes from what is hidden, there the page would be scrolled.
        (self._ready if part is self._measuring else self._measuring).hide()
        self.opened.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.discarded.emit()
        else:
            super().keyPressEvent(event)
