"""The markers of a recording as a card: jump to one, name it, delete it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from voice_recorder.ui.controls import Card, IconButton, set_kind
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space, Theme, Type, font
from voice_recorder.ui.wave_view import exact_clock
from voice_recorder.ui.waveform import Flag

MOST_ROWS = 100
LONGEST_LABEL = 200
TIME_WIDTH = 88


class MarkerRow(QWidget):
    """One marker."""

    jumped = Signal(float)
    labelled = Signal(int, str)
    deleted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._flag = Flag(0.0, "")
        self.time = QPushButton()
        self.time.setFont(font(Type.BODY, tabular=True))
        self.time.setFixedWidth(TIME_WIDTH)
        self.label = QLineEdit()
        self.label.setMaxLength(LONGEST_LABEL)
        self.label.setPlaceholderText(tr("No name"))
        self.delete = IconButton(theme, "trash", tr("Delete this marker"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(self.time)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.delete)
        self.time.clicked.connect(self._on_time)
        self.label.editingFinished.connect(self._on_label)
        self.delete.clicked.connect(self._on_delete)

    def show_flag(self, flag: Flag) -> None:
        """Show a marker, unless its name is just being typed."""
        self._flag = flag
        place = exact_clock(flag.at_s)
        self.time.setText(place)
        self.time.setAccessibleName(tr("Go to the marker at {place}", place=place))
        self.time.setAccessibleDescription(tr("Found by the search") if flag.found else "")
        self.time.setToolTip(tr("Go there"))
        set_kind(self.time, "found" if flag.found else "")
        self.label.setAccessibleName(tr("Name of the marker at {place}", place=place))
        if not (self.label.hasFocus() and self.label.isModified()) and self.label.text() != flag.label:
            blocker = QSignalBlocker(self.label)
            self.label.setText(flag.label)
            self.label.setCursorPosition(0)
            blocker.unblock()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.label.hasFocus():
            self.label.setText(self._flag.label)
            self.label.clearFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.label.clearFocus()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_time(self) -> None:
        self.jumped.emit(self._flag.at_s)

    @Slot()
    def _on_label(self) -> None:
        self.label.setModified(False)
        text = self.label.text().strip()
        if text != self._flag.label:
            self.labelled.emit(self._flag.number, text)

    @Slot()
    def _on_delete(self) -> None:
        self.deleted.emit(self._flag.number)


class MarkerList(Card):
    """All markers that are heard, in order. Hidden while there are none."""

    jumped = Signal(float)
    labelled = Signal(int, str)
    deleted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "marker", tr("Markers"))
        self._row_theme = theme
        self.rows: list[MarkerRow] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(Space.XS)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertLayout(1, self._rows)
        self.hide()

    def show_flags(self, flags: Sequence[Flag]) -> None:
        """Show these; of very many the first ones, and how many more there are."""
        shown = flags[:MOST_ROWS]
        while len(self.rows) < len(shown):
            self._add_row()
        for row, flag in zip(self.rows, shown, strict=False):
            row.show_flag(flag)
            row.show()
        for row in self.rows[len(shown) :]:
            row.hide()
        more = len(flags) - len(shown)
        self.text.setText(tr("And %n more on the waveform.", "", more) if more else "")
        self.text.setVisible(bool(more))
        self.setVisible(bool(flags))

    def _add_row(self) -> None:
        row = MarkerRow(self._row_theme)
        row.jumped.connect(self.jumped)
        row.labelled.connect(self.labelled)
        row.deleted.connect(self.deleted)
        self.rows.append(row)
        self._rows.addWidget(row)
