"""Sidebar, list and detail: finding a recording, hearing it, keeping the library in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QTextEdit,
)
from typing_extensions import override

from voice_recorder.domain.errors import NotFound, VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.ui.banner import Column, Toast
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.controls import EmptyState
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.detail_facts import DetailFacts, read_facts
from voice_recorder.ui.detail_sound import DetailSound
from voice_recorder.ui.edit_actions import EditActions
from voice_recorder.ui.empty_words import first_run, no_selection, nothing_here
from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.ui.filter_bar import FilterBar
from voice_recorder.ui.finding import Finding
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_actions import LibraryActions
from voice_recorder.ui.library_backup import LibraryBackup
from voice_recorder.ui.library_deeds import LibraryDeeds
from voice_recorder.ui.library_selection import LibrarySelection
from voice_recorder.ui.player import Player
from voice_recorder.ui.query_words import is_narrowed
from voice_recorder.ui.recording_menu import recording_menu
from voice_recorder.ui.recordings_list import RecordingsList
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.sidebar import Sidebar
from voice_recorder.ui.splits import halve, side
from voice_recorder.ui.theme import Space, Theme, grown
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks
    from voice_recorder.services import Services

NARROW = 1000
"""In a window less wide than this, sidebar and list begin narrower."""
ROWS_FIRST_MS = 50
"""From the first rows to the detail of the first one."""
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
    microphone_test_offered = Signal(bool)
    """Whether the empty library itself offers that."""
    search_dropped = Signal()
    """The search field should be cleared."""
    words_wanted = Signal(str)
    """The search field should say this."""
    files_pasted = Signal(list)
    running_renamed = Signal(str)
    """The take that runs in this window got another title."""

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, cloud: CloudActions, errands: ErrandStrip
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self.hint: Callable[[str], str] = lambda _action: ""
        """The key of an action, as menus name it."""
        self._divided = False
        self._began = False
        self._title_wanted = ""
        self._searched = False  # and the answer is still to come
        self._leaving = _Leaving()
        self.changes = LibraryActions(services, lanes.edits)
        self.player = Player(self)
        self.model = RecordingsModel(services, lanes.pages)
        self.model.setParent(self)
        self.sidebar = Sidebar(theme)
        self.filters = FilterBar(theme)
        self.finding = Finding(services, lanes, theme, self.sidebar, self.filters)
        self.list = RecordingsList(theme, self.model)
        self.detail = Detail(theme, self.player)
        self.detail.empty.present(*no_selection(), tr("Record a note"), self.record_asked.emit)
        self.empty = EmptyState(theme)
        self._inner = QSplitter(Qt.Orientation.Horizontal)
        self._content = QStackedWidget()
        self._content.addWidget(self._inner)
        self._content.addWidget(self.empty)
        self.toast = Toast(self._content)
        self._content.currentChanged.connect(self.toast.raise_)  # a page that comes covers it
        self.deeds = LibraryDeeds(
            services, lanes, theme, cloud, errands, self.model, self.detail, self.toast, self
        )
        self.selection = LibrarySelection(
            services, lanes, theme, self.list, self.model, self.detail, self.finding, self.deeds
        )
        self.backup = LibraryBackup(services, theme, cloud, self.model, self.list, self.detail, self)
        self.sound = DetailSound(services, lanes, self.detail, self.player, self.toast, self)
        self.edits = EditActions(services, lanes, self.detail, self.player, self.toast, self)
        middle = Column(self.filters, self.list, stretch=self.list)
        halve(self._inner, side("list_side", middle, 240), self.detail, grown(330))
        halve(self, side("sidebar", self.sidebar, 150, Space.S), self._content, 200)
        self._connect()

    def _connect(self) -> None:
        self._connect_finding()
        self.model.refreshed.connect(self._on_refreshed)
        self.model.counted.connect(self.sidebar.show_counts)
        self.model.failed.connect(self.failed)
        self.list.selected.connect(self._on_selected)
        self.list.activated_recording.connect(self.play)
        self.list.menu_asked.connect(self._show_menu)
        self.player.failed.connect(self.failed)
        self.sound.failed.connect(self.failed)
        self.sound.changed.connect(self.model.refresh)
        self.edits.failed.connect(self.failed)
        self.edits.edited.connect(self._on_edited)
        self.edits.changed.connect(self.model.refresh)
        self.edits.made.connect(self.show_edited)
        self.edits.export_asked.connect(self.deeds.ask_export)
        detail, changes = self.detail, self.changes
        detail.renamed.connect(self._rename)
        detail.notes_written.connect(changes.set_notes)
        detail.tags.folder_named.connect(self.ask_for_folder)
        detail.tags.refused.connect(self.failed)
        self.model.live.renewed.connect(self._on_renewed)
        self.backup.shelf_wanted.connect(self.sidebar.show_backup)
        changes.changed.connect(self.model.refresh)
        changes.failed.connect(self.failed)
        self.deeds.changed.connect(self.model.refresh)
        self.deeds.failed.connect(self.failed)
        self.deeds.leaving.connect(self._leave)
        self.deeds.coming_back.connect(self._on_coming_back)

    def _connect_finding(self) -> None:
        finding, selection = self.finding, self.selection
        finding.query_changed.connect(self._on_query)
        finding.words_wanted.connect(self.words_wanted)
        finding.failed.connect(self.failed)
        finding.names_changed.connect(self._on_names)
        self.sidebar.dropped.connect(selection.drop_on)
        selection.failed.connect(self.failed)
        selection.left.connect(self._on_selection_left)
        self.list.files_pasted.connect(self.files_pasted)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._divided:
            names = self.sidebar.width_of_names() + 2 * Space.S
            narrow = self.width() < NARROW
            first = max(196 if narrow else 200, names)
            self.setSizes([first, self.width() - first])
            if narrow:
                self._inner.setSizes([252, self.width() - first - 252])
        self._divided = True

    def save_layout(self) -> tuple[QByteArray, QByteArray]:
        """Where the borders are, for the next start."""
        return self.saveState(), self._inner.saveState()

    def restore_layout(self, outer: QByteArray, inner: QByteArray) -> None:
        """Put the borders where they were."""
        self._divided = self.restoreState(outer)
        self._inner.restoreState(inner)

    def name_keys(self, hint: Callable[[str], str]) -> None:
        """Name the key of an action, which ``hint`` knows, in tool tips and menus."""
        self.hint = hint
        self.detail.show_keys(hint)

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
        self.finding.search(words)

    @Slot()
    def show_all(self) -> None:
        """Go to all recordings, without a search."""
        self.finding.show_all()

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
        in_trash = self.shelf is Shelf.TRASH
        self.selection.with_ids(self.deeds.ask_delete_for_ever if in_trash else self.deeds.delete)

    @Slot(object)
    def _on_query(self, query: LibraryQuery) -> None:
        before = self.model.query
        if replace(query, sort=before.sort) != before:
            self._leaving = _Leaving()
            narrowed = replace(query, search=before.search, sort=before.sort) == before
            if self.selection.is_many or not narrowed:
                self.list.clear_selected()
        self.detail.show_search(query.search)
        self.model.show_query(query)

    @Slot()
    def _on_names(self) -> None:
        self.detail.tags.show_names(self.finding.folders, self.finding.tags)

    @Slot()
    def _on_refreshed(self) -> None:
        query = self.model.query
        self.finding.read_names()
        narrowed = bool(query.search) or is_narrowed(self.filters.query)
        self.filters.show_found(self.model.total if narrowed else None)
        self.microphone_test_offered.emit(self.model.total == 0 and query == LibraryQuery(sort=query.sort))
        if self.model.total == 0:
            self._show_nothing(query)
            return
        self._content.setCurrentWidget(self._inner)
        self.selection.follow()
        if self.selection.is_many:
            return
        selected = self.list.selected_id
        searched, self._searched = self._searched, False
        if not self._began:
            self._began = True
            QTimer.singleShot(ROWS_FIRST_MS, self, self._select_first)  # what it needs is not loaded yet
        elif not selected or (searched and self.model.row_of(selected) is None):
            self._select_near(1)  # the detail shows nothing that was not found
        elif selected in self._leaving.ids and self.model.row_of(selected) is None:
            row, self._leaving = self._leaving.row, _Leaving()
            self._select_near(row)
        else:
            self._load_detail(selected)

    @Slot()
    def _select_first(self) -> None:
        if self.list.selected_id:
            self._load_detail(self.list.selected_id)
        elif not self.selection.is_many:
            self._select_near(1)

    def _show_nothing(self, query: LibraryQuery) -> None:
        self._leaving = _Leaving()
        self.list.clear_selected()
        filters = self.finding.filters
        if query == LibraryQuery(sort=query.sort):
            words = first_run() if self.model.library_is_empty else nothing_here(query)
            self.empty.present(*words, tr("Try the microphone"), self.microphone_test_asked.emit)
        elif filters:
            words = nothing_here(query, filters)
            self.empty.present(*words, tr("Clear filters"), self.finding.clear_filters)
        elif query.search:
            self.empty.present(*nothing_here(query), tr("Clear the search"), self.search_dropped.emit)
        else:
            self.empty.present(*nothing_here(query), tr("Show all recordings"), self.show_all)
        self._content.setCurrentWidget(self.empty)

    @Slot(object)
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
        if facts is None or facts.recording.id != self.list.selected_id or self.selection.is_many:
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

    @Slot(str)
    def _on_edited(self, recording_id: str) -> None:
        if recording_id == self.list.selected_id:
            self._load_detail(recording_id)
        self.model.refresh()

    @Slot(str)
    def show_edited(self, recording_id: str) -> None:
        """Go to a recording that was just made or changed by edits."""
        self.list.select(recording_id)
        self.model.refresh()

    def join(self, ids: Sequence[str]) -> None:
        """Make a new recording in which these are heard one after another."""
        self.edits.join(ids)

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

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        recordings = self.list.selected_recordings()
        if recordings:
            menu = recording_menu(self, self._theme, recordings, self, self.deeds, self.backup, self.hint)
        else:
            menu = self.selection.page.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    @Slot()
    def play(self) -> None:
        """Play or pause the recording that is shown; a take that runs has no sound to play yet."""
        if self.detail.transport.isEnabled():
            self.player.toggle()

    @property
    def folders(self) -> Sequence[str]:
        """The folders that there are."""
        return self.finding.folders

    @Slot()
    def ask_for_folder(self) -> None:
        """Ask for a new folder for what is selected."""
        self.selection.ask_for_folder()

    @Slot()
    def ask_for_tag(self) -> None:
        """Ask for a tag for what is selected."""
        self.selection.ask_for_tag()

    @Slot()
    def _on_coming_back(self) -> None:
        self._leave([self.list.selected_id])

    @Slot()
    def _on_selection_left(self) -> None:
        row, self._leaving = self._leaving.row, _Leaving()
        self._select_near(row)
