"""The figures of ``Metrics.collect`` in words: the cards that matter first, and everything in detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QLocale

from voice_recorder.ui import phrases
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said

Figures = Mapping[str, Any]
"""What ``Metrics.collect`` gives, or a part of it."""
_MOST_REASONS = 3
_LONGEST_DAYS = 50 * 365


@dataclass(frozen=True)
class CardWords:
    """A figure that matters: ``sentence`` at one glance, ``detail`` below it; ``alarm`` asks to look."""

    icon: str
    heading: str
    sentence: str
    detail: str
    alarm: bool = False


@dataclass(frozen=True)
class Facts:
    """Some figures that belong together: their names and values."""

    heading: str
    rows: tuple[tuple[str, str], ...]


def cards(figures: Figures) -> tuple[CardWords, ...]:
    """What matters first: backup, room, library, check."""
    return _backup(figures), _room(figures["disk"]), _library(figures["library"]), _check(figures)


def size(size_bytes: float) -> str:
    """A size as this language writes it: ``1.5 GB``."""
    return QLocale().formattedDataSize(
        round(size_bytes), 1 if size_bytes >= 1000 else 0, QLocale.DataSizeFormat.DataSizeSIFormat
    )


def number(value: float, decimals: int = 0) -> str:
    """A number as this language writes it."""
    return QLocale().toString(float(value), "f", decimals)


def share(value: float) -> str:
    """A share of 0 to 1 as per cent; a hundred only where nothing is missing."""
    per_cent = min(value * 100, 99.9) if value < 1 else 100.0
    return tr("{number} %", number=number(per_cent, 0 if per_cent in (0, 100) else 1))


def day(iso: str) -> str:
    """A day or moment as a date in this language; of a moment, the day it was here."""
    at = datetime.fromisoformat(iso)
    at = at.astimezone() if at.tzinfo else at
    return phrases.short_date(at.date())


def duration(seconds: float) -> str:
    """How long something takes or is: ``3.2 ms``, ``1.4 s``, ``18 min``, ``41 h``."""
    if seconds < 1:
        return tr("{number} ms", number=number(seconds * 1000, 1 if seconds < 0.01 else 0))
    if seconds < 60:
        return tr("{number} s", number=number(seconds, 1))
    if seconds < 3600:
        return tr("{number} min", number=number(seconds / 60))
    return tr("{number} h", number=number(seconds / 3600))


def period(days: int) -> str:
    """Some days in the unit that people would choose."""
    if days < 14:
        return tr("%n day(s)", "how long a disk lasts", days)
    if days < 60:
        return tr("%n week(s)", "how long a disk lasts", days // 7)
    if days < 730:
        return tr("%n month(s)", "how long a disk lasts", round(days / 30.4))
    return tr("%n year(s)", "how long a disk lasts", days // 365)


def _backup(figures: Figures) -> CardWords:
    heading, shelves, queue = tr("Backup"), figures["library"]["shelves"], figures["queue"]
    every, unsafe = shelves["all"], shelves["not_backed_up"]
    if figures["plan"] is None:
        detail = tr("Recordings are on this computer only. The settings choose where copies go.")
        return CardWords("cloud-off", heading, tr("Backup is off"), detail, alarm=every > 0)
    if not every:
        return CardWords("cloud", heading, tr("There is nothing to back up yet"), "")
    if not unsafe:
        sentence = tr("The one recording is backed up") if every == 1 else tr(
            "All %n recording(s) are backed up", "", every
        )  # fmt: skip
        return CardWords("cloud-tick", heading, sentence, tr("Every copy was compared with what was sent."))
    if every == 1:
        done = tr("The one recording is not backed up yet")
    else:
        done = tr("{done} of %n recording(s) are backed up", "", every, done=number(every - unsafe))
    waiting = sum(queue[state] for state in ("queued", "compressing", "uploading", "verifying"))
    parts = [tr("%n on the way or waiting", "", waiting)] if waiting else []
    parts += [tr("%n failed", "", queue["failed"])] if queue["failed"] else []
    parts += [tr("sending is paused")] if queue["paused"] else []
    detail = ", ".join(parts) or tr("The others were not sent; select them and choose Back up.")
    return CardWords("cloud-up", heading, done, detail, alarm=bool(queue["failed"] or queue["halted"]))


def _room(disk: Figures) -> CardWords:
    heading, free, left = tr("Room on this disk"), size(disk["free_bytes"]), disk["days_left"]
    if left is None:
        detail = tr("How long it lasts can be said when there are recordings of the last 30 days.")
        return CardWords("disk", heading, tr("{size} are free", size=free), detail)
    lasts = tr("more than 50 years") if left > _LONGEST_DAYS else period(left)
    return CardWords(
        "disk",
        heading,
        tr("At this rate the disk lasts {period}", period=lasts),
        tr("{size} are free; {rate} a day were added lately.", size=free, rate=size(disk["bytes_per_day"])),
        alarm=left < 14,
    )


def _library(library: Figures) -> CardWords:
    if not library["recordings"]:
        return CardWords("all", tr("Library"), tr("There are no recordings yet"), "")
    length = duration(library["duration_s"])
    sentence = tr("%n recording(s), {length} of sound", "", library["recordings"], length=length)
    detail = tr("{size} on this disk.", size=size(library["size_bytes"]))
    if library["average_size_bytes"] is not None:
        detail += " " + tr("A file has {size} on average.", size=size(library["average_size_bytes"]))
    return CardWords("all", tr("Library"), sentence, detail)


def _check(figures: Figures) -> CardWords:
    heading, library, scrub = tr("Audio files"), figures["library"], figures["scrub"]
    bad, last = library["missing"] + library["damaged"], scrub["last"]
    if last and last["away"]:
        detail = tr("If it is on another disk, connect that disk. Nothing counts as missing until then.")
        return CardWords("warning", heading, tr("The recordings folder is not there"), detail, alarm=True)
    if bad:
        detail = tr("“Verify library” in the menu names the recordings.")
        if library["restorable"]:
            detail += " " + tr("%n can be put back from the cloud.", "", library["restorable"])
        sentence = tr("%n file(s) damaged or missing", "", bad)
        return CardWords("warning", heading, sentence, detail, alarm=True)
    if last is None:
        days = scrub["every_days"]
        how = tr("All audio is read again once in %n day(s), in the background.", "", days or 0)
        detail = how if days else tr("The background check is switched off in the settings.")
        return CardWords("verify", heading, tr("No damage is known"), detail)
    detail = tr(
        "{read} of {all} checked in the last %n day(s), the last on {day}.", "", scrub["every_days"] or 30,
        read=number(scrub["read_in_time"]), all=number(scrub["masters"]), day=day(last["at"]),
    )  # fmt: skip
    return CardWords("verify", heading, tr("Every file is as it was"), detail)


# In detail


def facts(figures: Figures) -> tuple[Facts, ...]:
    """All figures, in groups; what does not exist yet says so."""
    return (
        _queue(figures["queue"]), _uploads(figures["uploads"]), _copies(figures), _failures(figures),
        _upkeep(figures), _program(figures),
    )  # fmt: skip


def _or_none(value: Any, words: Any) -> str:
    return tr("not known yet") if value is None else str(words(value))


def _per_mb(seconds: float) -> str:
    return tr("{time} a megabyte", time=duration(seconds))


def _counted(count: int, seconds: float) -> str:
    return tr("{count}, {time}", count=number(count), time=_per_mb(seconds))


def _queue(queue: Figures) -> Facts:
    names = {
        "queued": tr("Queued"), "compressing": tr("Being compressed"), "uploading": tr("Being sent"),
        "verifying": tr("Being compared"), "failed": tr("Failed"), "removed": tr("Removed from the cloud"),
    }  # fmt: skip
    rows = [(words, number(queue[state])) for state, words in names.items()]
    return Facts(tr("Queue"), (*rows, (tr("Still to be sent"), size(queue["waiting_bytes"]))))


def _uploads(uploads: Figures) -> Facts:
    rows = [
        (tr("Arrived"), number(uploads["done"])),
        (tr("Failed tries"), number(uploads["failed"])),
        (tr("Success rate"), _or_none(uploads["success_rate"], share)),
        (tr("Sent"), size(uploads["sent_bytes"])),
        (tr("Time"), _or_none(uploads["seconds_per_mb"], _per_mb)),
    ]
    for name, part in ((tr("In one piece"), uploads["simple"]), (tr("In chunks"), uploads["chunked"])):
        rows.append((name, _or_none(part["seconds_per_mb"], partial(_counted, part["done"]))))
    return Facts(tr("Uploads of the last 30 days"), tuple(rows))


def _copies(figures: Figures) -> Facts:
    copies, plan = figures["receipts"], figures["plan"]
    saved = size(max(0, copies["saved_bytes"]))
    if copies["saved_share"] is not None:
        saved = tr("{size}, {share}", size=saved, share=share(max(0.0, copies["saved_share"])))
    return Facts(
        tr("Cloud copies"),
        (
            (tr("Proved copies"), number(copies["masters"])),
            (tr("Average size of a copy"), _or_none(copies["average_copy_bytes"], size)),
            (tr("Saved by compression"), saved),
            (tr("Audio in the cloud only"), number(copies["freed"])),
            (tr("Plan used"), _or_none(plan and plan["used_share"], share)),
        ),
    )


def _failures(figures: Figures) -> Facts:
    failures = figures["failures"]
    rows = [(_kind(kind), number(count)) for kind, count in failures["by_kind"].items()]
    rows += [
        (tr("Refused: {kind}", kind=_kind(kind)), number(count))
        for kind, count in failures["refusals"].items()
    ]
    rows += [
        (said(reason["reason"]), tr("%n time(s)", "", reason["count"]))
        for reason in failures["reasons"][:_MOST_REASONS]
    ]
    return Facts(tr("Failures and refusals"), tuple(rows) or ((tr("None"), ""),))


def _kind(kind: str) -> str:
    known = {
        "network_unreachable": tr("The network was not there"),
        "transient_cloud_error": tr("The provider was not able to"),
        "credentials_rejected": tr("The key was not accepted"),
        "secrets_unavailable": tr("The key could not be read"),
        "file_rejected": tr("The file was not accepted"),
        "preflight_blocked": tr("No room on this computer"),
        "cloud_copy_missing": tr("The copy was gone"),
        "cloud_copy_differs": tr("The copy differed from what was sent"),
    }
    return known.get(kind, kind.replace("_", " ").capitalize())


def _upkeep(figures: Figures) -> Facts:
    cleanup, scrub, disk = figures["cleanup"], figures["scrub"]["last"], figures["disk"]
    return Facts(
        tr("Upkeep"),
        (
            (tr("Last check of audio"), _or_none(scrub, lambda s: day(s["at"]))),
            (tr("Checked then"), _or_none(scrub, lambda s: tr("%n file(s)", "", s["checked"]))),
            (tr("Last clean-up"), _or_none(cleanup, lambda c: day(c["at"]))),
            (tr("Clean-up took"), _or_none(cleanup, lambda c: duration(c["took_s"]))),
            (tr("Clean-up freed"), _or_none(cleanup, lambda c: size(c["freed_bytes"]))),
            (tr("In the trash"), size(disk["trash_bytes"])),
            (tr("In the cache"), size(disk["cache_bytes"])),
        ),
    )


def _program(figures: Figures) -> Facts:
    times, sessions = figures["times"], figures["sessions"]

    def usual(noted: Figures) -> str:
        return duration(noted["median"] / 1000)

    return Facts(
        tr("This program"),
        (
            (tr("Drawing a waveform"), _or_none(times["waveform_drawn_ms"], usual)),
            (tr("Reading audio for it"), _or_none(times["peaks_made_ms"], usual)),
            (tr("Cleaning up"), _or_none(times["cleanup_ms"], usual)),
            (tr("Database sessions"), number(sessions["opened"])),
            (tr("Rolled back or failed"), number(sessions["rolled_back"] + sessions["failed"])),
            (tr("Longest session"), duration(sessions["longest_s"])),
        ),
    )
