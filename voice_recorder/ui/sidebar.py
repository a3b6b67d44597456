"""The shelves of the library with their counts."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from voice_recorder.domain.library_query import Shelf
from voice_recorder.ui.theme import Space, Theme, Type, font

SHELVES = {
    Shelf.ALL: ("All", "all"),
    Shelf.FAVOURITES: ("Favourites", "star"),
    Shelf.NOT_BACKED_UP: ("Not backed up", "cloud-up"),
    Shelf.ARCHIVE: ("Archive", "archive"),
    Shelf.TRASH: ("Trash", "trash"),
}
COUNT_ROLE = Qt.ItemDataRole.UserRole + 1


class CountDelegate(QStyledItemDelegate):
    """Writes the count at the right end of a row."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font(Type.SMALL, tabular=True)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        count = index.data(COUNT_ROLE)
        if count:
            painter.save()
            painter.setFont(self._font)
            painter.setPen(self._theme.colour("muted"))
            place = option.rect.adjusted(0, 0, -Space.M, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{count:,}")
            painter.restore()


class Sidebar(QListWidget):
    """One row per shelf; tells which one was chosen."""

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Library")
        self.setIconSize(QSize(20, 20))
        self.setSpacing(1)
        self.setItemDelegate(CountDelegate(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for shelf, (name, _icon) in SHELVES.items():
            item = QListWidgetItem(name)
            item.setData(Qt.ItemDataRole.UserRole, shelf)
            item.setSizeHint(QSize(0, 36))
            self.addItem(item)
        theme.changed.connect(self._tint)
        self._tint()
        self.setCurrentRow(0)
        self.show_backup(False)
        self.currentRowChanged.connect(self._choose)

    def show_counts(self, counts: Mapping[Shelf, int]) -> None:
        """Write how many recordings each shelf has."""
        for row, shelf in enumerate(SHELVES):
            count = counts.get(shelf, 0)
            item = self.item(row)
            item.setData(COUNT_ROLE, count)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{SHELVES[shelf][0]}, {count:,}")

    def show_backup(self, shown: bool) -> None:
        """Have a shelf for what is not backed up, or not; without a provider nothing is."""
        row = list(SHELVES).index(Shelf.NOT_BACKED_UP)
        if not shown and self.currentRow() == row:
            self.choose(Shelf.ALL)
        self.setRowHidden(row, not shown)

    def choose(self, shelf: Shelf) -> None:
        """Go to a shelf."""
        self.setCurrentRow(list(SHELVES).index(shelf))

    @Slot(int)
    def _choose(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(list(SHELVES)[row])

    @Slot()
    def _tint(self) -> None:
        for row, (_name, icon) in enumerate(SHELVES.values()):
            self.item(row).setIcon(self._theme.icon(icon, "muted"))
