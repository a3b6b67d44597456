"""What is written in the detail: the title and the notes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QStyle, QStyleOptionFrame
from typing_extensions import override

from voice_recorder.ui.controls import leading
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Type, font

SAVE_NOTES_AFTER_MS = 1000


class TitleEdit(QLineEdit):
    """The title, edited in place: Enter or leaving keeps it, Escape takes it back."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("detail_title")
        self.setAccessibleName(tr("Title"))
        self.setFont(font(Type.TITLE, bold=True))
        self.setFrame(False)
        self.setAlignment(leading())
        self._kept = ""
        self._key = ""
        self._tell()

    def show_key(self, key: str) -> None:
        """Name the key that makes it ready to be typed over; empty for none."""
        self._key = key
        self._tell()

    def _tell(self) -> None:
        title = self._kept or tr("Title")
        self.setToolTip(tr("{title} ({key} to change)", title=title, key=self._key) if self._key else title)

    def show_title(self, title: str) -> None:
        """Show what the library has, unless it is being typed over."""
        if self.hasFocus() and self.isModified():
            return
        self._kept = title
        self._tell()
        if self.text() != title:
            everything = self.hasFocus() and self.selectedText() == self.text()
            self.setText(title)
            self.setCursorPosition(0)
            if everything:
                self.selectAll()

    def make_ready(self) -> None:
        """Stand ready to be typed over."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._kept)
            self.clearFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        inside.adjust(2, 0, -2, 0)  # where QLineEdit itself begins
        fits = self.fontMetrics().horizontalAdvance(self.text()) <= inside.width()
        if self.hasFocus() or fits:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # by the letters of the title
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, self.alignment(), shown)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.keep()

    def keep(self) -> None:
        """Tell the new title, if it is one."""
        title = self.text().strip()
        self.setCursorPosition(0)
        if not title:
            self.setText(self._kept)
        elif title != self._kept:
            self._kept = title
            self.setModified(False)
            self.renamed.emit(title)


class Notes(QPlainTextEdit):
    """Free words about a recording; kept a second after the last key, or when left."""

    written = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Notes"))
        self.setPlaceholderText(tr("Write something about this recording"))
        self.setTabChangesFocus(True)
        self.setFixedHeight(96)
        self._id = ""
        self._kept = ""
        self._awaited = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_NOTES_AFTER_MS)
        self._timer.timeout.connect(self.keep)
        self.textChanged.connect(self._timer.start)

    def show_notes(self, recording_id: str, notes: str) -> None:
        """Show the notes of a recording, unless they are being written."""
        if recording_id != self._id:
            self.keep()
        elif notes == self.toPlainText():
            self._kept, self._awaited = notes, False
            return
        elif self.hasFocus():
            return
        elif self._awaited:  # what was typed is not in the library yet: it stays, and is told again when left
            self._kept = notes
            return
        self._id, self._kept, self._awaited = recording_id, notes, False
        self.setPlainText(notes)
        self._timer.stop()

    @Slot()
    def keep(self) -> None:
        """Tell the new notes, if they are."""
        self._timer.stop()
        text = self.toPlainText()
        if self._id and text != self._kept:
            self._kept, self._awaited = text, True
            self.written.emit(self._id, text)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keep()
