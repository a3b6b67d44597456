"""What several selected recordings look like and what is done with them: by page, menu, key or drag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from voice_recorder.domain.library_query import Shelf
from voice_recorder.ui.batch_page import BatchPage
from voice_recorder.ui.choosing import Choice, Chooser, Run
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.dragging import Outgoing
from voice_recorder.ui.finding import Finding
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_deeds import LibraryDeeds
from voice_recorder.ui.name_question import ask_for_name
from voice_recorder.ui.recordings_list import MOST_AT_HAND, RecordingsList
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.sidebar import Entry, Kind
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from voice_recorder.services import Services


class LibrarySelection(QObject):
    """Keeps a selection of many by its ids, shows what it comes to, and hands it to who does something."""

    failed = Signal(object)
    left = Signal()
    """All that was selected is no more in the list."""

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, view: RecordingsList, model: RecordingsModel,
        detail: Detail, finding: Finding, deeds: LibraryDeeds,
    ) -> None:  # fmt: skip
        super().__init__(view)
        self._list = view
        self._model = model
        self._detail = detail
        self._finding = finding
        self._deeds = deeds
        self._ids: tuple[str, ...] = ()
        self._query = model.query
        self.page = BatchPage(theme)
        detail.addWidget(self.page)
        self._chooser = Chooser(services, lanes.detail, self)
        self._outgoing = Outgoing(services, lanes.machine, self)
        self._chooser.chosen.connect(self._on_chosen)
        self._chooser.located.connect(self._on_located)
        self._chooser.outdated.connect(model.refresh)
        self._chooser.failed.connect(self.failed)
        view.many_selected.connect(self._on_many)
        view.pressed_on_selection.connect(self._prepare)
        view.drag_begun.connect(self._drag)
        view.copy_asked.connect(self._copy)
        finding.names_changed.connect(self._show_names)
        self._connect_page()

    def _connect_page(self) -> None:
        page = self.page
        page.favourite_asked.connect(self._on_favourite)
        page.archive_asked.connect(self._on_archive)
        page.folder_chosen.connect(self._on_folder)
        page.folder_asked.connect(self.ask_for_folder)
        page.tag_asked.connect(self.ask_for_tag)
        page.export_asked.connect(self.export)
        page.backup_asked.connect(self._on_backup)
        page.delete_asked.connect(self._on_delete)
        page.restore_asked.connect(self._on_restore)
        page.for_ever_asked.connect(self._on_for_ever)

    @property
    def is_many(self) -> bool:
        """Whether more than one recording is selected."""
        return self._list.is_many

    def with_ids(self, do: Callable[[Sequence[str]], None]) -> None:
        """Call ``do`` with the ids of what is selected, a running take apart, as soon as they are known."""
        running = self._list.running_id

        def settled(choice: Choice) -> None:
            do([recording_id for recording_id in choice.ids if recording_id != running])

        if self.is_many:
            self._chooser.when_chosen(settled)
        else:
            do([i for i in self._list.selected_ids() if i != running])

    def follow(self) -> None:
        """The library was read again: what is selected may stand in other rows now."""
        same = self._query == self._model.query
        self._query = self._model.query
        if not self.is_many:
            selected = self._list.selected_id
            if selected and not same and self._model.row_of(selected) is None:
                self._locate([selected])  # beyond what was read
            return
        if self._chooser.choice is None:
            self._on_many(self._list.runs())
        elif self._model.moved or not same:
            self._locate(self._ids)

    def _locate(self, ids: Sequence[str]) -> None:
        self._chooser.locate(self._model.query, ids, self._model.landmarks())

    @Slot(object)
    def _on_many(self, runs: Sequence[Run]) -> None:
        self._ids = ()
        count = sum(end - start for start, end in runs)
        if count < 2:
            self._chooser.forget()
            return
        if self._detail.currentWidget() is not self.page:
            self._detail.show_empty()
            self._detail.setCurrentWidget(self.page)
        self.page.show_count(count)
        at_hand = self._model.ids_at(runs) if count <= MOST_AT_HAND else None
        if at_hand is not None:
            self._chooser.add_up(at_hand)
        else:
            self._chooser.choose(self._model.query, runs, self._model.landmarks())

    @Slot(object)
    def _on_chosen(self, choice: Choice) -> None:
        self._ids = choice.ids
        self.page.show_totals(choice.totals)

    @Slot(object)
    def _on_located(self, runs: Sequence[Run]) -> None:
        count = sum(end - start for start, end in runs)
        if not self.is_many:
            if count == 1:
                self._list.show_runs(runs)
        elif not count:
            self._list.clear_selected()
            self.left.emit()
        elif runs != self._list.runs():
            self._list.show_runs(runs)
            if count != len(self._ids):  # some are no more there
                self._list.tell_selection()

    @Slot()
    def _show_names(self) -> None:
        self.page.show_folders(self._finding.folders)

    # What people do with many

    @Slot(bool)
    def _on_favourite(self, favourite: bool) -> None:
        self.with_ids(lambda ids: self._deeds.set_favourite(ids, favourite))

    @Slot(bool)
    def _on_archive(self, archived: bool) -> None:
        self.with_ids(lambda ids: self._deeds.set_archived(ids, archived))

    @Slot(object)
    def _on_folder(self, folder: str | None) -> None:
        self.with_ids(lambda ids: self._deeds.move_to(ids, folder))

    @Slot()
    def ask_for_folder(self) -> None:
        """Ask for the name of a folder, and move there what is selected now."""

        def ask(ids: Sequence[str]) -> None:
            ask_for_name(
                self._list, tr("Move to folder"), tr("Name of the folder"),
                lambda name: self._deeds.move_to(ids, name), known=self._finding.folders,
            )  # fmt: skip

        self.with_ids(ask)

    @Slot()
    def ask_for_tag(self) -> None:
        """Ask for a tag, and give it to what is selected now."""

        def ask(ids: Sequence[str]) -> None:
            ask_for_name(
                self._list, tr("Tag"), tr("Name of the tag"), lambda name: self._deeds.tag(ids, name),
                known=self._finding.tags,
            )  # fmt: skip

        self.with_ids(ask)

    @Slot()
    def export(self) -> None:
        """Ask how to export what is selected, and do it."""
        self.with_ids(self._deeds.ask_export)

    @Slot()
    def _on_backup(self) -> None:
        self.with_ids(self._deeds.send)

    @Slot()
    def _on_delete(self) -> None:
        self.with_ids(self._deeds.delete)

    @Slot()
    def _on_restore(self) -> None:
        self.with_ids(self._deeds.restore)

    @Slot()
    def _on_for_ever(self) -> None:
        self.with_ids(self._deeds.ask_delete_for_ever)

    @Slot(object)
    def drop_on(self, entry: Entry) -> None:
        """What was dragged came down on an entry of the sidebar."""
        deeds = self._deeds
        do: dict[Shelf, Callable[[Sequence[str]], None]] = {
            Shelf.FAVOURITES: lambda ids: deeds.set_favourite(ids, True),
            Shelf.ARCHIVE: lambda ids: deeds.set_archived(ids, True),
            Shelf.TRASH: deeds.delete,
        }
        if entry.kind is Kind.FOLDER:
            self.with_ids(lambda ids: deeds.move_to(ids, entry.name))
        elif entry.kind is Kind.TAG:
            self.with_ids(lambda ids: deeds.tag(ids, entry.name))
        elif entry.kind is Kind.SHELF and Shelf(entry.name) in do:
            self.with_ids(do[Shelf(entry.name)])

    # To other programs

    @Slot()
    def _prepare(self) -> None:
        self._outgoing.prepare(self._list.selected_recordings())

    @Slot()
    def _drag(self) -> None:
        self._outgoing.drag(self._list, self._list.selected_recordings())

    @Slot()
    def _copy(self) -> None:
        recordings = self._list.selected_recordings()

        def copied() -> None:
            data = self._outgoing.data(recordings)
            if data.hasUrls():
                QGuiApplication.clipboard().setMimeData(data)

        self._outgoing.prepare(recordings, copied)
