"""What the rows of the list can tell."""

from enum import IntEnum

from PySide6.QtCore import Qt


class Role(IntEnum):
    """What a row can tell beyond its title."""

    ID = Qt.ItemDataRole.UserRole + 1
    RECORDING = Qt.ItemDataRole.UserRole + 2
    HEADING = Qt.ItemDataRole.UserRole + 3
    DURATION = Qt.ItemDataRole.UserRole + 4
    BADGE = Qt.ItemDataRole.UserRole + 5
    OVERVIEW = Qt.ItemDataRole.UserRole + 6
    MARK = Qt.ItemDataRole.UserRole + 7


ROLE_NAMES = {
    Qt.ItemDataRole.DisplayRole: "title", Role.ID: "recording_id", Role.RECORDING: "recording",
    Role.HEADING: "heading", Role.DURATION: "duration_s", Role.BADGE: "badge", Role.OVERVIEW: "overview",
    Role.MARK: "mark",
}  # fmt: skip
