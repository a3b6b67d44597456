"""What the list shows: the sidebar's choice, the words of the search, the order and the filters together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, NameCount, SavedSearch, Shelf
from voice_recorder.domain.names import clean_name
from voice_recorder.storage.choices import add_folder
from voice_recorder.ui.cloud_questions import ask
from voice_recorder.ui.filter_bar import FilterBar
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_actions import patient
from voice_recorder.ui.name_question import ask_for_name
from voice_recorder.ui.query_words import chips, is_narrowed, together
from voice_recorder.ui.sidebar import Entry, Kind, Sidebar
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from voice_recorder.services import Services


@dataclass(frozen=True)
class Names:
    """The folders, tags and saved searches of the library."""

    folders: tuple[NameCount, ...] = ()
    tags: tuple[NameCount, ...] = ()
    searches: tuple[SavedSearch, ...] = ()


class Finding(QObject):
    """Puts the query together, and looks after the names in the sidebar."""

    query_changed = Signal(object)
    words_wanted = Signal(str)
    """The search field should say this."""
    names_changed = Signal()
    failed = Signal(object)
    told = Signal(str, object)

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, sidebar: Sidebar, bar: FilterBar
    ) -> None:
        super().__init__(sidebar)
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._sidebar = sidebar
        self._bar = bar
        self._base = LibraryQuery()
        self._words = ""
        self._of_saved = False
        self._reading = False
        self._read_again = False
        self.names = Names()
        sidebar.chosen.connect(self._on_entry)
        sidebar.menu_asked.connect(self._show_menu)
        bar.changed.connect(self._tell)
        bar.save_asked.connect(self._ask_to_save)

    @property
    def query(self) -> LibraryQuery:
        """What is asked for."""
        return together(self._base, replace(self._bar.query, search=self._words))

    @property
    def folders(self) -> list[str]:
        """The names of all folders."""
        return [folder.name for folder in self.names.folders]

    @property
    def tags(self) -> list[str]:
        """The names of all tags."""
        return [tag.name for tag in self.names.tags]

    def search(self, words: str) -> None:
        """Look for these words."""
        if words != self._words:
            self._words = words
            self._tell()

    def show_all(self) -> None:
        """All recordings, newest first, without words and filters."""
        self._set_words("")
        self._bar.set_query(LibraryQuery())
        self._of_saved = False
        self._sidebar.choose(Shelf.ALL)
        self._base = LibraryQuery()
        self._tell()

    @Slot()
    def clear_filters(self) -> None:
        """Take the filters of the row away."""
        self._bar.clear()

    @property
    def filters(self) -> str:
        """The filters that are set, in words."""
        return ", ".join(found.text for found in chips(self._bar.query, _today()))

    @Slot()
    def read_names(self) -> None:
        """Read folders, tags and saved searches again."""
        if self._reading:
            self._read_again = True
            return
        self._reading = True

        def read() -> Names:
            organising = self._services.organising
            return Names(organising.folder_counts(), organising.tag_counts(), organising.saved_searches())

        self._lanes.queue.post(plain(read), self._on_names, self._on_names_failed)

    def _on_names(self, names: Names | None) -> None:
        self._reading = False
        if names is not None and names != self.names:
            self.names = names
            self._sidebar.show_names(names.folders, names.tags, names.searches)
            self._bar.show_names(self.folders, self.tags)
            self.names_changed.emit()
        if self._read_again:
            self._read_again = False
            self.read_names()

    def _on_names_failed(self, _error: VoiceRecorderError) -> None:
        self._reading = False  # the list says what is wrong with the library

    @Slot(object)
    def _on_entry(self, entry: Entry) -> None:
        if entry.query is None:
            self.failed.emit(VoiceRecorderError(entry.trouble))
            return
        was_saved, self._of_saved = self._of_saved, entry.kind is Kind.SEARCH
        if entry.kind is Kind.SEARCH:
            self._base = LibraryQuery(entry.query.shelf)
            self._bar.set_query(entry.query)
            self._set_words(entry.query.search)
        else:
            self._base = entry.query
            if was_saved:
                self._bar.set_query(LibraryQuery(sort=self._bar.query.sort))
                self._set_words("")
        self._tell()

    def _set_words(self, words: str) -> None:
        self._words = words
        self.words_wanted.emit(words)

    @Slot()
    def _tell(self) -> None:
        self.query_changed.emit(self.query)

    # Names

    @Slot()
    def _ask_to_save(self) -> None:
        query = self.query
        if query == LibraryQuery(query.shelf) and not is_narrowed(query):
            words = tr("There is nothing to save yet."), tr("Search, sort or filter first.")
            self.failed.emit(VoiceRecorderError(*words))
            return
        suggestion = ", ".join(part for part in (query.search, self.filters) if part)[:60]

        def save(name: str) -> None:
            self._change(self._services.organising.save_search, name, query)

        ask_for_name(self._sidebar, tr("Save this search"), tr("Name of the search"), save, text=suggestion)

    @Slot(object, QPoint)
    def _show_menu(self, entry: Entry | None, at: QPoint) -> None:
        menu = QMenu(self._sidebar)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if entry is not None and entry.kind is not Kind.SHELF:
            menu.addAction(tr("Rename…")).triggered.connect(lambda: self._ask_for_new_name(entry))
            menu.addAction(tr("Delete…")).triggered.connect(lambda: self._ask_to_delete(entry))
            menu.addSeparator()
        menu.addAction(tr("New folder…")).triggered.connect(self.ask_for_folder)
        menu.popup(at)

    @Slot()
    def ask_for_folder(self) -> None:
        """Ask for the name of a folder, and make it, empty."""

        def make(name: str) -> None:
            self._change(add_folder, self._services.library.database, name)

        ask_for_name(self._sidebar, tr("New folder"), tr("Name of the folder"), make, known=self.folders)

    def _ask_for_new_name(self, entry: Entry) -> None:
        organising = self._services.organising
        do = {
            Kind.FOLDER: organising.rename_folder,
            Kind.TAG: organising.rename_tag,
            Kind.SEARCH: organising.rename_search,
        }[entry.kind]

        def rename(name: str) -> None:
            def follow() -> None:
                self._sidebar.follow(entry, Entry(entry.kind, clean_name(name, entry.kind)))

            self._change(do, entry.name, name, done=follow)

        ask_for_name(
            self._sidebar, tr("Rename"), tr("New name of “{name}”", name=entry.name), rename, text=entry.name
        )

    def _ask_to_delete(self, entry: Entry) -> None:
        organising = self._services.organising
        name = entry.name
        do, title, words = {
            Kind.FOLDER: (
                organising.delete_folder, tr("Delete the folder “{name}”?", name=name),
                tr("The recordings in it stay, in no folder."),
            ),
            Kind.TAG: (
                organising.delete_tag, tr("Delete the tag “{name}”?", name=name),
                tr("The recordings that have it stay."),
            ),
            Kind.SEARCH: (
                organising.delete_search, tr("Delete the saved search “{name}”?", name=name),
                tr("No recording is touched."),
            ),
        }[entry.kind]  # fmt: skip
        ask(
            self._sidebar, self._theme, title, words, (tr("Delete"), tr("Keep")),
            lambda: self._change(do, name),
        )  # fmt: skip

    def _change(
        self, do: Callable[..., object], *arguments: object, done: Callable[[], None] | None = None
    ) -> None:
        def after(_result: object) -> None:
            if done is not None:
                done()
            self.read_names()

        self._lanes.edits.post(patient(do, *arguments), after, self.failed.emit)


def _today() -> date:
    return datetime.now().astimezone().date()
