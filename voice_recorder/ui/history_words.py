"""The history of a recording in words."""

from __future__ import annotations

from collections.abc import Mapping

from voice_recorder.domain.recording import HistoryEntry
from voice_recorder.ui import phrases
from voice_recorder.ui.edit_words import step_words
from voice_recorder.ui.language import tr

_OF_EDITS = ("edited", "undone", "redone")
_OF_IDS = ("became part of", "took in", "split off", "taken out again", "joined")
"""Their details are ids, which tell people nothing."""


def _deeds() -> Mapping[str, str]:
    return {
        "made": tr("Recorded"), "imported": tr("Imported"), "edited": tr("Edited"), "renamed": tr("Renamed"),
        "deleted": tr("Moved to the trash"), "restored": tr("Taken out of the trash"),
        "recovered": tr("Recovered"), "favourite": tr("Made a favourite"),
        "no favourite": tr("No longer a favourite"), "started": tr("Started"),
        "carried over": tr("Carried over"), "tagged": tr("Tagged"), "untagged": tr("Untagged"),
        "markers changed": tr("Markers changed"), "verified": tr("Verified"), "changed": tr("Changed"),
        "damaged": tr("Damaged"), "missing": tr("Missing"), "backed up": tr("Backed up"),
        "freed": tr("Freed"), "fetched": tr("Fetched"), "changed in the cloud": tr("Changed in the cloud"),
        "removed from the cloud": tr("Removed from the cloud"),
        "its only copy was changed": tr("Its only copy was changed"),
        "its only copy was removed": tr("Its only copy was removed"), "undone": tr("Undone"),
        "redone": tr("Done again"), "became part of": tr("Became part of another recording"),
        "took in": tr("Took in another recording"), "split off": tr("Split off another recording"),
        "taken out again": tr("Taken out of another recording again"), "joined": tr("Joined from others"),
        "moved": tr("Moved to a folder"), "found again": tr("Found again"), "exported": tr("Exported"),
        "notes changed": tr("Notes changed"), "archived": tr("Archived"),
        "unarchived": tr("Taken out of the archive"), "deleted for ever": tr("Deleted for ever"),
        "nothing was heard": tr("Nothing was heard"),
    }  # fmt: skip


def history_words(entry: HistoryEntry) -> str:
    """One entry of a history without its date."""
    words = _deeds().get(entry.kind, entry.kind.replace("_", " ").capitalize())
    detail = step_words(entry.detail) if entry.kind in _OF_EDITS else entry.detail
    return words if not detail or entry.kind in _OF_IDS else f"{words}: {detail}"


def history_text(history: tuple[HistoryEntry, ...]) -> str:
    """The history, newest first, one entry a line."""
    lines = [f"{phrases.moment(e.at)}   {history_words(e)}" for e in reversed(history)]
    return phrases.joined(lines, 12) if lines else tr("Nothing yet.")
