"""Sidebar, list and detail: finding a recording, hearing it, keeping the library in order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QTextEdit,
)

from voice_recorder.domain.errors import NotFound, VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Recording
from voice_recorder.ui.banner import Toast
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.cloud_questions import ask, delete_words, have_copies
from voice_recorder.ui.controls import EmptyState
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.detail_facts import DetailFacts, read_facts
from voice_recorder.ui.detail_sound import DetailSound
from voice_recorder.ui.empty_words import FIRST_RUN, NO_SELECTION, nothing_here
from voice_recorder.ui.library_actions import LibraryActions
from voice_recorder.ui.library_backup import LibraryBackup
from voice_recorder.ui.phrases import items
from voice_recorder.ui.player import Player
from voice_recorder.ui.recording_menu import recording_menu
from voice_recorder.ui.recordings_list import RecordingsList
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.show_in_folder import show_file
from voice_recorder.ui.sidebar import Sidebar
from voice_recorder.ui.splits import halve, side
from voice_recorder.ui.theme import Space, Theme
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks
    from voice_recorder.services import Services

TEXT_FIELDS = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)


@dataclass(frozen=True)
class _Leaving:
    """Recordings that are on their way out of the list, and the row that the selected one has."""

    ids: frozenset[str] = frozenset()
    row: int = 1


class LibraryPane(QSplitter):
    """Joins the three: what is chosen on the left is shown on the right of it."""

    failed = Signal(object)
    record_asked = Signal()
    microphone_test_asked = Signal()
    search_dropped = Signal()
    """The search field should be cleared."""
    running_renamed = Signal(str)
    """The take that runs in this window got another title."""

    def __init__(self, services: Services, lanes: Lanes, theme: Theme, cloud: CloudActions) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._title_wanted = ""
        self._searched = False  # and the answer is still to come
        self._leaving = _Leaving()
        self.changes = LibraryActions(services, lanes.edits)
        self.player = Player(self)
        self.model = RecordingsModel(services, lanes.pages)
        self.model.setParent(self)
        self.sidebar = Sidebar(theme)
        self.list = RecordingsList(theme, self.model)
        self.detail = Detail(theme, self.player)
        self.detail.empty.present(*NO_SELECTION, "Record a note", self.record_asked.emit)
        self.empty = EmptyState(theme)
        self._inner = QSplitter(Qt.Orientation.Horizontal)
        self._content = QStackedWidget()
        self._content.addWidget(self._inner)
        self._content.addWidget(self.empty)
        self.toast = Toast(self._content)
        self._content.currentChanged.connect(self.toast.raise_)  # a page that comes covers it
        self.backup = LibraryBackup(services, theme, cloud, self.model, self.list, self.detail, self)
        self.sound = DetailSound(services, lanes, self.detail, self.player, self.toast, self)
        halve(self._inner, side("list_side", self.list, 240), self.detail, 330)
        halve(self, side("sidebar", self.sidebar, 150, Space.S), self._content, 200)
        self._connect()

    def _connect(self) -> None:
        self.sidebar.chosen.connect(self._on_shelf)
        self.model.refreshed.connect(self._on_refreshed)
        self.model.counted.connect(self.sidebar.show_counts)
        self.model.failed.connect(self.failed)
        self.list.selected.connect(self._on_selected)
        self.list.activated_recording.connect(self.play)
        self.list.menu_asked.connect(self._show_menu)
        self.player.failed.connect(self.failed)
        self.sound.failed.connect(self.failed)
        self.sound.changed.connect(self.model.refresh)
        detail, changes = self.detail, self.changes
        detail.renamed.connect(self._rename)
        detail.notes_written.connect(changes.set_notes)
        detail.favourite_set.connect(self._on_favourite)
        detail.archived_set.connect(self._on_archived)
        detail.delete_asked.connect(self._on_delete)
        detail.restore_asked.connect(self._on_restore)
        detail.delete_for_ever_asked.connect(self._on_delete_for_ever)
        detail.folder_asked.connect(self._on_folder)
        self.model.live.renewed.connect(self._on_renewed)
        self.backup.shelf_wanted.connect(self.sidebar.show_backup)
        changes.changed.connect(self.model.refresh)
        changes.failed.connect(self.failed)
        changes.trashed.connect(self._on_trashed)
        changes.told.connect(self._tell)

    def save_layout(self) -> tuple[QByteArray, QByteArray]:
        """Where the borders are, for the next start."""
        return self.saveState(), self._inner.saveState()

    def restore_layout(self, outer: QByteArray, inner: QByteArray) -> None:
        """Put the borders where they were."""
        self.restoreState(outer)
        self._inner.restoreState(inner)

    @property
    def shelf(self) -> Shelf:
        """Which part of the library is shown."""
        return self.model.query.shelf

    def start(self) -> None:
        """Read the library for the first time."""
        self.model.show_query(LibraryQuery())
        self.list.setFocus()

    @Slot(str)
    def search_for(self, words: str) -> None:
        """Narrow the list to what fits ``words``."""
        self._searched = bool(words)
        self.model.show_query(LibraryQuery(self.shelf, words))

    @Slot()
    def show_all(self) -> None:
        """Go to all recordings, without a search."""
        self.search_dropped.emit()
        self.sidebar.choose(Shelf.ALL)
        self.model.show_query(LibraryQuery())

    def show_new(self, recording_id: str) -> None:
        """Bring a take that was just stopped into view, its title ready to be typed over."""
        if self.model.query != LibraryQuery():
            self.show_all()
        self._title_wanted = recording_id
        self.list.select(recording_id)
        self.model.refresh()

    @Slot()
    def rename(self) -> None:
        """Let the title of the selected recording be typed over."""
        if self.detail.recording is not None and self.detail.title.isEnabled():
            self.detail.title.make_ready()

    @Slot(str, str)
    def _rename(self, recording_id: str, title: str) -> None:
        if recording_id == self.list.running_id:
            self.running_renamed.emit(title)  # the take writes its own row
        else:
            self.changes.rename(recording_id, title)

    def delete_selected(self) -> None:
        """Move what is selected to the trash, a running take apart; in the trash, ask first."""
        ids = [i for i in self.list.selected_ids() if i != self.list.running_id]
        if self.shelf is Shelf.TRASH:
            self.ask_delete_for_ever(ids)
        else:
            self.delete(ids)

    @Slot(object)
    def _on_shelf(self, shelf: Shelf) -> None:
        self._leaving = _Leaving()
        self.list.clear_selected()
        self.model.show_query(LibraryQuery(shelf, self.model.query.search))

    @Slot()
    def _on_refreshed(self) -> None:
        query = self.model.query
        if self.model.total == 0:
            self._show_nothing(query)
            return
        self._content.setCurrentWidget(self._inner)
        selected = self.list.selected_id
        searched, self._searched = self._searched, False
        if not selected or (searched and self.model.row_of(selected) is None):
            self._select_near(1)  # the detail shows nothing that was not found
        elif selected in self._leaving.ids and self.model.row_of(selected) is None:
            row, self._leaving = self._leaving.row, _Leaving()
            self._select_near(row)
        else:
            self._load_detail(selected)

    def _show_nothing(self, query: LibraryQuery) -> None:
        self._leaving = _Leaving()
        self.list.clear_selected()
        if query == LibraryQuery():
            words = FIRST_RUN if self.model.library_is_empty else nothing_here(query)
            self.empty.present(*words, "Try the microphone", self.microphone_test_asked.emit)
        elif query.search:
            self.empty.present(*nothing_here(query), "Clear the search", self.search_dropped.emit)
        else:
            self.empty.present(*nothing_here(query), "Show all recordings", self.show_all)
        self._content.setCurrentWidget(self.empty)

    def _leave(self, ids: Sequence[str]) -> None:
        """These are about to leave the list: what then stands in their place is selected next."""
        self._leaving = _Leaving(frozenset(ids), max(1, self.list.currentIndex().row()))
        self.player.pause()

    def _select_near(self, row: int) -> None:
        near = [row, row - 1, row - 2, row + 1]
        found = next((r for r in map(self.model.recording, near) if r is not None), None)
        if found is not None:
            self.list.select(found.id)
        else:
            self.list.clear_selected()

    @Slot(str)
    def _on_selected(self, recording_id: str) -> None:
        if recording_id:
            self._load_detail(recording_id)
        else:
            self.detail.show_empty()

    def _load_detail(self, recording_id: str) -> None:
        self._lanes.detail.post(
            plain(read_facts, self._services, recording_id), self._on_facts, self._on_facts_failed
        )

    def _on_facts(self, facts: DetailFacts | None) -> None:
        if facts is None or facts.recording.id != self.list.selected_id:
            return
        recording, before = facts.recording, self.detail.recording
        self.detail.show_facts(facts)
        self.backup.show()
        known = before is not None and before.id == recording.id and before.masters == recording.masters
        known = known and before is not None and before.edit_list == recording.edit_list
        if not known and any(master.overview for master in recording.masters):
            self._load_peaks(recording.id)
        if self._title_wanted == recording.id:
            self._title_wanted = ""
            if not isinstance(QApplication.focusWidget(), TEXT_FIELDS):
                self.detail.title.make_ready()

    @Slot(object)
    def _on_renewed(self, ids: Sequence[str]) -> None:
        if self.detail.recording_id in ids:
            self._load_detail(self.detail.recording_id)

    def _on_facts_failed(self, error: VoiceRecorderError) -> None:
        if isinstance(error, NotFound):
            self.list.clear_selected()
        else:
            self.failed.emit(error)

    def _load_peaks(self, recording_id: str) -> None:
        def load(cancel: threading.Event, _report: Progress) -> Peaks:
            return self._services.peaks.load(recording_id, cancel)

        def show(peaks: Peaks | None) -> None:
            if peaks is not None:
                self.detail.show_peaks(recording_id, peaks)

        self._lanes.detail.post(load, show, self._on_peaks_failed)

    def _on_peaks_failed(self, _error: VoiceRecorderError) -> None:
        """The overview stays in the place of the exact waveform; the badge says what is wrong."""

    # What people do with recordings: by the detail's buttons, by the menu of the list, by keys

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        recordings = self.list.selected_recordings()
        if recordings:
            menu = recording_menu(self, self._theme, recordings, self, self.backup)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    @Slot()
    def play(self) -> None:
        """Play or pause the recording that is shown; a take that runs has no sound to play yet."""
        if self.detail.transport.isEnabled():
            self.player.toggle()

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> None:
        """Add to the favourites, or take away from them."""
        if self.shelf is Shelf.FAVOURITES and not favourite:
            self._leave(ids)
        for recording_id in ids:
            self.changes.set_favourite(recording_id, favourite)

    def set_archived(self, ids: Sequence[str], archived: bool) -> None:
        """Take out of the main list, or back into it."""
        if self.shelf in (Shelf.ALL, Shelf.ARCHIVE):
            self._leave(ids)

        def change(archived: bool) -> None:
            for recording_id in ids:
                self.changes.set_archived(recording_id, archived)

        change(archived)
        words = "Moved to the archive." if archived else "Taken out of the archive."
        self.toast.offer(words, lambda: change(not archived))

    def delete(self, ids: Sequence[str]) -> None:
        """Move to the trash."""
        if ids:
            self._leave(ids)
            self.changes.delete(ids)

    def restore(self, ids: Sequence[str]) -> None:
        """Take out of the trash."""
        self._leave(ids)
        self.changes.restore(ids)

    @Slot(str, bool)
    def _on_favourite(self, recording_id: str, favourite: bool) -> None:
        self.set_favourite([recording_id], favourite)

    @Slot(str, bool)
    def _on_archived(self, recording_id: str, archived: bool) -> None:
        self.set_archived([recording_id], archived)

    @Slot(str)
    def _on_delete(self, recording_id: str) -> None:
        self.delete([recording_id] if recording_id else [])

    @Slot(str)
    def _on_restore(self, recording_id: str) -> None:
        self.restore([recording_id])

    @Slot(str)
    def _on_delete_for_ever(self, recording_id: str) -> None:
        selected = self.list.selected_ids()
        self.ask_delete_for_ever(selected if recording_id in selected else [recording_id])

    @Slot()
    def _on_folder(self) -> None:
        if self.detail.recording is not None:
            self.show_in_folder(self.detail.recording)

    @Slot(object, str)
    def _on_trashed(self, ids: Sequence[str], sentence: str) -> None:
        def undo() -> None:
            if self.shelf is Shelf.TRASH:
                self._leave(ids)
            self.changes.restore(ids)

        self.toast.offer(sentence, undo)

    @Slot(str)
    def _tell(self, sentence: str) -> None:
        self.toast.offer(sentence, None)

    def ask_delete_for_ever(self, ids: Sequence[str]) -> None:
        """Remove from the disk, after a question that knows whether there are copies."""
        if not ids:
            return
        title = f"“{self.detail.title.text()}”" if len(ids) == 1 else items(len(ids), "recording")

        def remove() -> None:
            self._leave(ids)
            self.changes.delete_for_ever(ids)

        def found(copies: bool | None) -> None:
            go = self._services.settings.current.cloud_delete_copies
            words = delete_words(len(ids), copies=bool(copies), copies_go=go)
            ask(self, self._theme, f"Delete {title} for ever?", words, ("Delete for ever", "Keep"), remove)

        self._lanes.detail.post(plain(have_copies, self._services, list(ids)), found)

    def show_in_folder(self, recording: Recording) -> None:
        """Show the file in its folder, or say where it is."""
        if recording.masters:
            path = self._services.library.path_of(recording.masters[0])
            show_file(path, self._lanes.machine, self.failed.emit)
