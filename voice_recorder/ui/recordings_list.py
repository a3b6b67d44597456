"""The list in the middle: recordings by day, of any number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from typing_extensions import override

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.take import TakeSnapshot
from voice_recorder.ui.choosing import Run
from voice_recorder.ui.language import tr
from voice_recorder.ui.recording_delegate import RecordingDelegate
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.roles import Role
from voice_recorder.ui.theme import DAY_HEIGHT, ROW_HEIGHT, Theme, grown

MOST_AT_HAND = 500
"""So many selected recordings are looked at one by one in the window's thread; more are left to a lane."""


class RecordingsList(QTableView):
    """A table of one column whose headings are lower rows. Selection is by recording, not by row."""

    selected = Signal(str)
    many_selected = Signal(object)
    """The runs of places, in the order of the query, in which more than one recording is selected."""
    activated_recording = Signal(str)
    menu_asked = Signal(QPoint)
    """Somebody asked what can be done with the selected recordings, at this place on the screen."""
    pressed_on_selection = Signal()
    """The mouse went down where it may begin to drag what is selected."""
    drag_begun = Signal()
    copy_asked = Signal()
    files_pasted = Signal(list)

    def __init__(self, theme: Theme, model: RecordingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._delegate = RecordingDelegate(theme, self)
        self._selected_id = ""
        self._awaited_id = ""
        self._restoring = False
        self._is_many = False
        self._low: set[int] = set()
        """The rows that have the height of a heading; a header keeps heights when its model is reset."""
        self._shown_query = model.query
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(tr("Recordings"))
        self._set_up()
        self.setModel(model)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        model.modelReset.connect(self._on_reset)
        model.headings_changed.connect(self._fit_headings)
        model.refreshed.connect(self._after_refresh)
        model.dataChanged.connect(self._find_selected)
        self.verticalScrollBar().valueChanged.connect(self._tell_window)
        theme.changed.connect(self.viewport().update)

    def _set_up(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.horizontalHeader().hide()
        rows = self.verticalHeader()
        rows.hide()
        self._day_height, self._row_height = grown(DAY_HEIGHT), grown(ROW_HEIGHT)
        rows.setMinimumSectionSize(self._day_height)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self._row_height)
        self.verticalScrollBar().setSingleStep(self._row_height // 3)
        self.doubleClicked.connect(self._activate)

    @property
    def selected_id(self) -> str:
        """The recording that the detail shows; empty for none."""
        return self._selected_id

    def runs(self) -> list[Run]:
        """The places that are selected, in the order of the query."""
        selection = self.selectionModel().selection()
        ranges = (selection.at(i) for i in range(selection.size()))
        return self._model.runs((found.top(), found.bottom()) for found in ranges)

    @property
    def count(self) -> int:
        """How many recordings are selected, also where they were not read."""
        return sum(end - start for start, end in self.runs())

    def selected_ids(self) -> list[str]:
        """The selected recordings; without those that have not been read, when they are many."""
        ids = self._model.ids_at(self.runs()) if self.count <= MOST_AT_HAND else []
        return ids or ([self._selected_id] if self._selected_id else [])

    @property
    def running_id(self) -> str:
        """The recording that this window is making; empty for none."""
        return self._delegate.running_id

    def selected_recordings(self) -> list[Recording]:
        """The selected recordings that have been read; none when they are many."""
        if self.count > MOST_AT_HAND:
            return []
        rows = (self._model.row_at(at) for start, end in self.runs() for at in range(start, end))
        return [recording for row in rows if (recording := self._model.recording(row)) is not None]

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Select these places, as they now stand; the detail keeps what it shows."""
        selection = QItemSelection()
        for start, end in runs:
            first, last = self._model.row_at(start), self._model.row_at(end - 1)
            selection.select(self._model.index(first, 0), self._model.index(last, 0))
        self._restoring = True
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        if len(runs) == 1 and runs[0][1] - runs[0][0] == 1:
            index = self._model.index(self._model.row_at(runs[0][0]), 0)
            self.selectionModel().setCurrentIndex(index, flags.NoUpdate)
            self.scrollTo(index)
        self._restoring = False

    def select(self, recording_id: str) -> None:
        """Select a recording as soon as it is among the rows that have been read."""
        self._awaited_id = recording_id
        self._selected_id = recording_id
        self._find_selected()
        self.selected.emit(recording_id)

    def clear_selected(self) -> None:
        """Select nothing."""
        self._selected_id = self._awaited_id = ""
        self._restoring = True
        self.selectionModel().clear()
        self._restoring = False
        if self._is_many:
            self._is_many = False
            self.many_selected.emit([])
        self.selected.emit("")

    def show_running(self, snapshot: TakeSnapshot | None) -> None:
        """Let the row of a running take show its time."""
        self._delegate.running_id = snapshot.recording_id if snapshot else ""
        second = int(self._delegate.running_s)
        self._delegate.running_s = snapshot.elapsed_s if snapshot else 0.0
        if snapshot and int(snapshot.elapsed_s) != second:
            self.viewport().update()

    @override
    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        if not self._restoring and not self._model.following:
            self.tell_selection()

    @property
    def is_many(self) -> bool:
        """Whether more than one recording is selected."""
        return self._is_many

    def tell_selection(self) -> None:
        """Tell what is selected now."""
        runs = self.runs()
        was_many, many = self._is_many, sum(end - start for start, end in runs) > 1
        self._is_many = many
        if many or was_many:
            self.many_selected.emit(runs if many else [])
        if many:
            return
        if not self.selectionModel().hasSelection():
            return
        one = self._model.index(self._model.row_at(runs[0][0]), 0).data(Role.ID) if runs else None
        if one and (one != self._selected_id or was_many):
            self._selected_id = str(one)
            self._awaited_id = ""
            self.selected.emit(self._selected_id)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selected_id:
            self.activated_recording.emit(self._selected_id)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        elif event.text() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            event.ignore()  # no type-ahead: single keys are the window's
        else:
            super().keyPressEvent(event)

    def _paste(self) -> None:
        data = QGuiApplication.clipboard().mimeData()
        files = [url.toLocalFile() for url in data.urls() if url.isLocalFile()] if data else []
        if files:
            self.files_pasted.emit(files)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and self._is_selected(index):
            self.pressed_on_selection.emit()

    @override
    def startDrag(self, supported: Qt.DropAction) -> None:
        """What is dragged is made by whoever knows the files; a drag never moves a master away."""
        if self.count:
            self.drag_begun.emit()

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if not index.isValid() or not index.data(Role.ID) or not self._is_selected(index):
            return  # a press on a row has selected it; elsewhere there is nothing to offer
        below = self.viewport().mapToGlobal(self.visualRect(index).center())
        self.menu_asked.emit(below if by_key else event.globalPos())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_window()

    @Slot()
    def _on_reset(self) -> None:
        self._fit_headings()
        if self._model.query != self._shown_query:
            self._shown_query = self._model.query
            self.scrollToTop()

    @Slot()
    def _fit_headings(self) -> None:
        rows = self.verticalHeader()
        rows.setUpdatesEnabled(False)
        headings, count = set(self._model.heading_rows()), self._model.rowCount()
        for row in self._low - headings:
            if row < count and rows.sectionSize(row) != self._row_height:
                rows.resizeSection(row, self._row_height)
        self._low = headings
        for row in headings:
            if rows.sectionSize(row) != self._day_height:
                rows.resizeSection(row, self._day_height)
        rows.setUpdatesEnabled(True)

    @Slot()
    def _after_refresh(self) -> None:
        self._find_selected()
        QTimer.singleShot(0, self, self._tell_window)

    @Slot()
    def _tell_window(self) -> None:
        first = self.rowAt(0)
        if first < 0:
            return
        last = self.rowAt(self.viewport().height() - 1)
        self._model.look_at(first, last if last >= 0 else self._model.rowCount() - 1)

    @Slot()
    def _find_selected(self) -> None:
        """Rows move under a selection; put it back on the recording that it means."""
        if not self._selected_id or self._is_many:
            return
        current = self.currentIndex()
        if current.isValid() and current.data(Role.ID) == self._selected_id and self._is_selected(current):
            self._awaited_id = ""
            return
        row = self._model.row_of(self._selected_id)
        if row is None:
            return
        index = self._model.index(row, 0)
        self._restoring = True
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self._restoring = False
        if self._awaited_id == self._selected_id:
            self._awaited_id = ""
            if self._model.is_heading(row - 1):
                self.scrollTo(self._model.index(row - 1, 0))
            self.scrollTo(index)

    def _is_selected(self, index: QModelIndex) -> bool:
        return self.selectionModel().isSelected(index)

    @Slot(QModelIndex)
    def _activate(self, index: QModelIndex) -> None:
        if index.data(Role.ID):
            self.activated_recording.emit(str(index.data(Role.ID)))
