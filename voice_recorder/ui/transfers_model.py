"""The rows of the transfers panel."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from typing_extensions import override

from voice_recorder.storage.queue_rows import QueueRow
from voice_recorder.ui.transfer_words import Line, line_of, spoken_line

if TYPE_CHECKING:
    from voice_recorder.services.activity import Activity

SMALL_CHANGES = 40

Index = QModelIndex | QPersistentModelIndex


class TransferRole(IntEnum):
    """What a row can tell beyond its title."""

    LINE = Qt.ItemDataRole.UserRole + 1
    RECORDING_ID = Qt.ItemDataRole.UserRole + 2
    TRANSFER_ID = Qt.ItemDataRole.UserRole + 3


class TransfersModel(QAbstractListModel):
    """The first entries of the queue, each as it was read, and how far it is by what moves here."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[QueueRow] = []
        self._activities: dict[str, Activity] = {}

    def show_rows(self, rows: Sequence[QueueRow]) -> None:
        """Show these entries; those that stay keep their rows, so that a selection keeps its place."""
        wanted = [row.transfer_id for row in rows]
        here = [row.transfer_id for row in self._rows]
        if len(set(wanted) ^ set(here)) > SMALL_CHANGES:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        self._remove_all_but(frozenset(wanted))
        for at, row in enumerate(rows):
            if at < len(self._rows) and self._rows[at].transfer_id == row.transfer_id:
                self._rows[at] = row
            else:
                self._move_or_insert(at, row)
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def show_activities(self, activities: Sequence[Activity]) -> None:
        """Let the rows of what is under way move."""
        before, self._activities = self._activities, {a.transfer_id: a for a in activities}
        for at, row in enumerate(self._rows):
            if before.get(row.transfer_id) != self._activities.get(row.transfer_id):
                self.dataChanged.emit(self.index(at), self.index(at))

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == TransferRole.RECORDING_ID:
            return row.recording_id
        if role == TransferRole.TRANSFER_ID:
            return row.transfer_id
        if role not in (
            TransferRole.LINE, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole,
        ):  # fmt: skip
            return None
        line = line_of(row, self._activities.get(row.transfer_id))
        if role == TransferRole.LINE:
            return line
        return spoken_line(line) if role == Qt.ItemDataRole.AccessibleTextRole else _tip(line)

    def _remove_all_but(self, kept: frozenset[str]) -> None:
        for at in range(len(self._rows) - 1, -1, -1):
            if self._rows[at].transfer_id not in kept:
                self._remove(at)

    def _move_or_insert(self, at: int, row: QueueRow) -> None:
        places = {r.transfer_id: i for i, r in enumerate(self._rows)}
        source = places.get(row.transfer_id)
        if source is not None:
            self.beginMoveRows(QModelIndex(), source, source, QModelIndex(), at)
            self._rows.insert(at, self._rows.pop(source))
            self._rows[at] = row
            self.endMoveRows()
        else:
            self.beginInsertRows(QModelIndex(), at, at)
            self._rows.insert(at, row)
            self.endInsertRows()

    def _remove(self, at: int) -> None:
        self.beginRemoveRows(QModelIndex(), at, at)
        del self._rows[at]
        self.endRemoveRows()


def _tip(line: Line) -> str:
    return f"{line.title}\n{line.reason or line.words}"
