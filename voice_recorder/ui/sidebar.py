"""The shelves of the library with their counts, and below them folders, tags and saved searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from PySide6.QtCore import (
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QPainter,
)
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from voice_recorder.domain.library_query import LibraryQuery, NameCount, SavedSearch, Shelf
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said
from voice_recorder.ui.theme import Space, Theme, Type, font, grown

SELECTION_MIME = "application/x-voice-recorder-selection"
"""What is dragged is what is selected in the list of this window."""
ICONS = {
    Shelf.ALL: "all",
    Shelf.FAVOURITES: "star",
    Shelf.NOT_BACKED_UP: "cloud-up",
    Shelf.ARCHIVE: "archive",
    Shelf.TRASH: "trash",
}
COUNT_ROLE = Qt.ItemDataRole.UserRole + 1
HEADING_ROLE = Qt.ItemDataRole.UserRole + 2
ENTRY_HEIGHT = 36
HEADING_HEIGHT = 40


class Kind(StrEnum):
    """What an entry of the sidebar is."""

    SHELF = "shelf"
    FOLDER = "folder"
    TAG = "tag"
    SEARCH = "search"


@dataclass(frozen=True)
class Entry:
    """One row: a shelf by its value, or a folder, tag or saved search by its name, and what it shows."""

    kind: Kind
    name: str
    query: LibraryQuery | None = field(default=None, compare=False)
    trouble: str = field(default="", compare=False)
    """Why it can show nothing."""


def shelf_names() -> dict[Shelf, str]:
    """The shelves in words, in their order."""
    return {
        Shelf.ALL: tr("All"), Shelf.FAVOURITES: tr("Favourites"), Shelf.NOT_BACKED_UP: tr("Not backed up"),
        Shelf.ARCHIVE: tr("Archive"), Shelf.TRASH: tr("Trash"),
    }  # fmt: skip


class CountDelegate(QStyledItemDelegate):
    """Writes the count at the far end of a row, and headings without a ground; Qt mirrors the sides."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font(Type.SMALL, tabular=True)
        self._bold = font(Type.SMALL, bold=True)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.data(HEADING_ROLE):
            self._paint_heading(painter, option, str(index.data(HEADING_ROLE)))
            return
        count = index.data(COUNT_ROLE)
        words = f"{count:,}" if count else ""
        whole = QRect(option.rect)
        super().paint(painter, option, index)
        if words:
            painter.save()
            painter.setFont(self._font)
            painter.setPen(self._theme.colour("muted"))
            place = whole.adjusted(Space.M, 0, -Space.M, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
            painter.restore()

    @override
    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Names end before the counts."""
        super().initStyleOption(option, index)
        count = index.data(COUNT_ROLE)
        taken = QFontMetrics(self._font).horizontalAdvance(f"{count:,}") + Space.S if count else 0
        room = option.rect.width() - option.decorationSize.width() - 2 * Space.M - Space.S - taken
        option.text = option.fontMetrics.elidedText(option.text, Qt.TextElideMode.ElideRight, room)

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, heading: str) -> None:
        painter.save()
        painter.setFont(self._bold)
        painter.setPen(self._theme.colour("muted"))
        inside = option.rect.adjusted(Space.M, 0, -Space.M, -Space.S)
        painter.drawText(inside, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, heading)
        painter.restore()


class Sidebar(QListWidget):
    """One row per shelf, folder, tag and saved search; tells which one was chosen."""

    chosen = Signal(object)
    """The entry."""
    menu_asked = Signal(object, QPoint)
    """What can be done with an entry (None: with the sidebar as such), at a place on the screen."""
    dropped = Signal(object)
    """What is selected was dropped onto this entry."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._under: QListWidgetItem | None = None
        self._filling = False
        self.setAccessibleName(tr("Library"))
        self.setIconSize(QSize(20, 20))
        self.setSpacing(1)
        self.setItemDelegate(CountDelegate(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setAcceptDrops(True)
        self._shown: tuple[object, ...] = ()
        self._renamed: dict[Entry, Entry] = {}
        for shelf, name in shelf_names().items():
            self.addItem(self._item(Entry(Kind.SHELF, shelf.value, LibraryQuery(shelf)), name, ICONS[shelf]))
        theme.changed.connect(self._tint)
        self.setCurrentRow(0)
        self.show_backup(False)
        self.currentItemChanged.connect(self._choose)

    def width_of_names(self) -> int:
        """How wide the shelves are, each with its name, a count of three figures, and a scroll bar."""
        widest = max(map(self.fontMetrics().horizontalAdvance, shelf_names().values()))
        count = QFontMetrics(font(Type.SMALL, tabular=True)).horizontalAdvance("000") + Space.S
        bar = self.verticalScrollBar().sizeHint().width()
        return widest + count + bar + self.iconSize().width() + 2 * Space.M + Space.S + 2 * self.spacing()

    @property
    def entry(self) -> Entry | None:
        """What is chosen."""
        item = self.currentItem()
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Entry) else None

    def show_counts(self, counts: Mapping[Shelf, int]) -> None:
        """Write how many recordings each shelf has."""
        for row, (shelf, name) in enumerate(shelf_names().items()):
            self._show_count(self.item(row), name, counts.get(shelf, 0))

    def show_names(
        self, folders: Sequence[NameCount], tags: Sequence[NameCount], searches: Sequence[SavedSearch]
    ) -> None:
        """Show these below the shelves. What is chosen stays so; when it is gone, all recordings are."""
        shown = (tuple(folders), tuple(tags), tuple(searches))
        if shown == self._shown:
            return
        self._shown = shown
        before, at = self.entry, self.verticalScrollBar().value()
        self._filling = True
        self.setUpdatesEnabled(False)
        while self.count() > len(ICONS):
            self.takeItem(self.count() - 1)
        self._add_names(Kind.FOLDER, tr("FOLDERS"), "folder", folders)
        self._add_names(Kind.TAG, tr("TAGS"), "tag", tags)
        if searches:
            self.addItem(_heading(tr("SAVED SEARCHES")))
        for search in searches:
            entry = Entry(Kind.SEARCH, search.name, search.query, said(search.error) if search.error else "")
            self.addItem(self._item(entry, search.name, "search"))
        self._go_back_to(before)
        self.setUpdatesEnabled(True)
        self.verticalScrollBar().setValue(at)
        self._filling = False
        if before is not None and self.entry != before:
            self._choose()

    def show_backup(self, shown: bool) -> None:
        """Have a shelf for what is not backed up, or not; without a provider nothing is."""
        row = list(ICONS).index(Shelf.NOT_BACKED_UP)
        if not shown and self.currentRow() == row:
            self.choose(Shelf.ALL)
        self.setRowHidden(row, not shown)

    def choose(self, shelf: Shelf) -> None:
        """Go to a shelf."""
        self.setCurrentRow(list(ICONS).index(shelf))

    def choose_entry(self, kind: Kind, name: str) -> bool:
        """Go to a folder, a tag or a saved search; whether there is one of that name."""
        item = next((i for i in self._items() if _entry_of(i) == Entry(kind, name)), None)
        if item is not None:
            self.setCurrentItem(item)
        return item is not None

    def follow(self, before: Entry, after: Entry) -> None:
        """What was called ``before`` is called ``after`` when the names come next."""
        self._renamed = {before: after}

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        item = self.currentItem() if by_key else self.itemAt(event.pos())
        place = self.visualItemRect(item).center() if by_key and item is not None else event.pos()
        self.menu_asked.emit(_entry_of(item), self.viewport().mapToGlobal(place))

    # Dropping what is selected in the list

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _is_selection(event.mimeData()):
            event.accept()
        else:
            event.ignore()  # files are for the window

    @override
    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        entry = _entry_of(self.itemAt(event.position().toPoint()))
        takes = _is_selection(event.mimeData()) and entry is not None and _takes_drops(entry)
        self._show_under(self.itemAt(event.position().toPoint()) if takes else None)
        if takes:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_under(None)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        entry = _entry_of(self.itemAt(event.position().toPoint()))
        self._show_under(None)
        if entry is not None and _is_selection(event.mimeData()) and _takes_drops(entry):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.dropped.emit(entry)
        else:
            event.ignore()

    def _show_under(self, item: QListWidgetItem | None) -> None:
        for each, role in ((self._under, None), (item, "hover")):
            if each is not None:
                each.setBackground(self._theme.colour(role) if role else Qt.GlobalColor.transparent)
        self._under = item

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    def _item(self, entry: Entry, text: str, icon: str) -> QListWidgetItem:
        item = QListWidgetItem(self._theme.icon(icon, "muted"), text)
        item.setData(Qt.ItemDataRole.UserRole, entry)
        item.setSizeHint(QSize(0, grown(ENTRY_HEIGHT)))
        if entry.kind is not Kind.SHELF:
            item.setToolTip(entry.trouble or text)
            if entry.trouble:
                item.setForeground(self._theme.colour("caution"))
        return item

    def _add_names(self, kind: Kind, heading: str, icon: str, names: Sequence[NameCount]) -> None:
        if names:
            self.addItem(_heading(heading))
        for name in names:
            narrowed = {"folder": name.name} if kind is Kind.FOLDER else {"tags": (name.name,)}
            item = self._item(Entry(kind, name.name, LibraryQuery(**narrowed)), name.name, icon)
            self._show_count(item, name.name, name.count)
            self.addItem(item)

    def _show_count(self, item: QListWidgetItem, name: str, count: int) -> None:
        item.setData(COUNT_ROLE, count)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {count:,}")

    def _go_back_to(self, entry: Entry | None) -> None:
        if entry is not None:
            entry = self._renamed.pop(entry, entry)
        if entry is None or not self.choose_entry(entry.kind, entry.name):
            self.setCurrentRow(0)

    @Slot()
    def _choose(self) -> None:
        entry = self.entry
        if entry is not None and not self._filling:
            self.chosen.emit(entry)

    @Slot()
    def _tint(self) -> None:
        icons = {Kind.FOLDER: "folder", Kind.TAG: "tag", Kind.SEARCH: "search"}
        for item in self._items():
            entry = _entry_of(item)
            if entry is not None:
                icon = ICONS[Shelf(entry.name)] if entry.kind is Kind.SHELF else icons[entry.kind]
                item.setIcon(self._theme.icon(icon, "muted"))


def _heading(text: str) -> QListWidgetItem:
    item = QListWidgetItem(text)
    item.setData(HEADING_ROLE, text)
    item.setSizeHint(QSize(0, grown(HEADING_HEIGHT)))
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    return item


def _entry_of(item: QListWidgetItem | None) -> Entry | None:
    found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
    return found if isinstance(found, Entry) else None


def _is_selection(data: QMimeData) -> bool:
    return data.hasFormat(SELECTION_MIME)


def _takes_drops(entry: Entry) -> bool:
    """A shelf takes what can be put there by hand."""
    shelves = (Shelf.FAVOURITES, Shelf.ARCHIVE, Shelf.TRASH)
    return entry.kind in (Kind.FOLDER, Kind.TAG) or entry.name in shelves
