"""The history of a recording in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication

from voice_recorder.domain.recording import HistoryEntry
from voice_recorder.ui import phrases
from voice_recorder.ui.edit_words import step_words
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said
from voice_recorder.ui.theme import Space

SHOWN = 12
"""So many entries; of the others, how many there are."""
_OF_EDITS = ("edited", "undone", "redone")
_IN_WORDS = ("verified", "changed", "damaged", "missing", "fetched", "changed in the cloud", "entered again")
"""Their details are words; those of others are names."""
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
        "nothing was heard": tr("Nothing was heard"), "entered again": tr("Entered again"),
        "could not be deleted": tr("Could not be deleted"),
        "could not be restored": tr("Could not be restored"),
    }  # fmt: skip


def history_words(entry: HistoryEntry) -> str:
    """One entry of a history without its date."""
    words = _deeds().get(entry.kind, entry.kind.replace("_", " ").capitalize())
    detail = entry.detail
    if entry.kind in _OF_EDITS:
        detail = step_words(detail)
    elif entry.kind in _IN_WORDS:
        detail = said(detail)
    elif entry.kind == "freed" and detail:
        detail = tr("{number} bytes", number=detail.partition(" ")[0])
    return words if not detail or entry.kind in _OF_IDS else f"{words}: {detail}"


def history_table(history: tuple[HistoryEntry, ...]) -> str:
    """The history as rich text, newest first: when, and beside it what."""
    shown = history[: -SHOWN - 1 : -1]
    rows = [(phrases.moment(e.at), history_words(e)) for e in shown] or [("", tr("Nothing yet."))]
    if len(history) > SHOWN:
        rows.append(("", tr("… and %n more", "", len(history) - SHOWN)))
    return f'<table width="100%" cellspacing="{Space.XS}">{"".join(_row(*each) for each in rows)}</table>'


def _row(at: str, words: str) -> str:
    width = QFontMetrics(QGuiApplication.font()).horizontalAdvance(at) + Space.M
    when = escape(at).replace(" ", "&nbsp;")
    cells = [f'<td width="{width}">{when}</td>', f"<td>{escape(words)}</td>"]
    if QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft:
        cells.reverse()  # Qt does not mirror tables
    return f"<tr>{''.join(cells)}</tr>"
