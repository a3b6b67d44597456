"""What is said about changes of many recordings."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum, auto

from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import joined
from voice_recorder.ui.said import said

SHOWN_REASONS = 5


class Batch(StrEnum):
    """A change of one recording or many."""

    FAVOURITE = auto()
    NO_FAVOURITE = auto()
    ARCHIVE = auto()
    UNARCHIVE = auto()
    TAG = auto()
    UNTAG = auto()
    MOVE = auto()
    MOVE_OUT = auto()
    MOVE_BACK = auto()
    DELETE = auto()
    RESTORE = auto()
    DELETE_FOR_EVER = auto()


def name_of(batch: Batch) -> str:
    """What is going on, while it is."""
    return {
        Batch.FAVOURITE: tr("Marking favourites"),
        Batch.NO_FAVOURITE: tr("Marking favourites"),
        Batch.ARCHIVE: tr("Archiving"),
        Batch.UNARCHIVE: tr("Taking out of the archive"),
        Batch.TAG: tr("Tagging"),
        Batch.UNTAG: tr("Taking a tag away"),
        Batch.MOVE: tr("Moving"),
        Batch.MOVE_OUT: tr("Moving"),
        Batch.MOVE_BACK: tr("Moving back"),
        Batch.DELETE: tr("Moving to the trash"),
        Batch.RESTORE: tr("Restoring"),
        Batch.DELETE_FOR_EVER: tr("Deleting for ever"),
    }[batch]


def done_words(batch: Batch, number: int, name: str) -> str:
    """What was done; empty where the row itself shows it. ``name`` is of the tag or the folder."""
    return {
        Batch.FAVOURITE: tr("%n recording(s) made a favourite.", "", number) if number > 1 else "",
        Batch.NO_FAVOURITE: (
            tr("%n recording(s) taken out of the favourites.", "", number) if number > 1 else ""
        ),
        Batch.ARCHIVE: tr("%n recording(s) moved to the archive.", "", number),
        Batch.UNARCHIVE: tr("%n recording(s) taken out of the archive.", "", number),
        Batch.TAG: tr("%n recording(s) tagged #{name}.", "", number, name=name),
        Batch.UNTAG: tr("#{name} taken away from %n recording(s).", "", number, name=name),
        Batch.MOVE: tr("%n recording(s) moved to “{name}”.", "", number, name=name),
        Batch.MOVE_OUT: tr("%n recording(s) taken out of their folder.", "", number),
        Batch.MOVE_BACK: tr("%n recording(s) moved back.", "", number),
        Batch.DELETE: tr("%n recording(s) moved to the trash.", "", number),
        Batch.RESTORE: tr("%n recording(s) back in the library.", "", number),
        Batch.DELETE_FOR_EVER: tr("%n recording(s) deleted for ever.", "", number),
    }[batch]


def failed_words(batch: Batch, asked: int, errors: Sequence[str]) -> tuple[str, str]:
    """How many of ``asked`` could not be changed, and why."""
    failed = len(errors)
    values = {"failed": f"{failed:,}", "asked": f"{asked:,}"}
    if batch is Batch.DELETE:
        title = tr("{failed} of {asked} could not be moved to the trash:", **values)
    elif batch is Batch.RESTORE:
        title = tr("{failed} of {asked} could not be restored:", **values)
    elif batch is Batch.DELETE_FOR_EVER:
        title = tr("{failed} of {asked} could not be deleted:", **values)
    elif batch in (Batch.MOVE, Batch.MOVE_OUT, Batch.MOVE_BACK):
        title = tr("{failed} of {asked} could not be moved:", **values)
    else:
        title = tr("{failed} of {asked} could not be changed:", **values)
    return title, "\n" + reasons_words(list(dict.fromkeys(errors)), SHOWN_REASONS)


def reasons_words(reasons: Sequence[str], shown: int) -> str:
    """The first ``shown`` of many reasons, one a line, in the window's language, and how many more."""
    return joined([*map(said, reasons[:shown]), *reasons[shown:]], shown)
