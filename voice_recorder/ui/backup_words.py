"""The backup of a recording in words: what the detail says, and the pieces of it that others need."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.ports import DigestScheme
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import MOST_ATTEMPTS, Receipt, SyncState, SyncStatus
from voice_recorder.storage.sync_log import Attempt
from voice_recorder.ui import phrases
from voice_recorder.ui.language import tr
from voice_recorder.ui.motion import Going, Motion
from voice_recorder.ui.said import said


def backup_off() -> str:
    """What it means that copies go nowhere."""
    return tr("Backup is off: if this computer were lost today, this note would be lost.")


@dataclass(frozen=True)
class BackupFacts:
    """What the detail needs beside the recording: receipts at the place chosen now, and all tries.

    ``same_disk``: the copies are on the disk that has the recordings. ``cached``: the copy of what is in the
    cloud only was fetched for listening.
    """

    place: str = ""
    receipts: tuple[Receipt, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    same_disk: bool = False
    cached: bool = False


def place_words(place: str) -> str:
    """Where copies go: ``the folder /mnt/nas``, ``Cloudinary, account demo``."""
    kind, _, rest = place.partition(":")
    if kind == "folder":
        home = str(Path.home())
        path = "~" + rest[len(home) :] if rest.startswith(home + os.sep) else rest
        return tr("the folder {path}", path=path)
    if kind == "s3":
        host, _, path = rest.partition("/")
        return tr("the bucket {path} at {host}", path=path, host="AWS" if host == "aws" else host)
    return tr("{provider}, account {account}", provider=kind.capitalize(), account=rest)


def speed(bytes_per_s: float) -> str:
    """``420 kB/s`` or ``3.1 MB/s``."""
    if bytes_per_s >= 1e6:
        return tr("{number} MB/s", number=phrases.number(bytes_per_s / 1e6, 1))
    return tr("{number} kB/s", number=phrases.number(bytes_per_s / 1000))


def wait_words(seconds: float) -> str:
    """A wait in one unit: ``40 s``, ``5 min``, ``2 h``."""
    if seconds < 60:
        return tr("{number} s", number=max(1, round(seconds)))
    if seconds < 5400:
        return tr("{number} min", number=round(seconds / 60))
    return tr("{number} h", number=round(seconds / 3600))


def next_try(sync: SyncStatus, now: datetime) -> str:
    """When a failed copy is tried again: ``The next try is in 5 min.``, and which one it was."""
    tried = ""
    if sync.attempts:
        tried = tr("Attempt {number} of {most}.", number=sync.attempts, most=MOST_ATTEMPTS)
    return f"{tried} {_again(sync.next_attempt_at, now)}".strip()


def _again(at: datetime | None, now: datetime) -> str:
    if at is None:
        return tr("It is not tried again by itself.")
    left = (at - now).total_seconds()
    if left <= 1:
        return tr("The next try is about to begin.")
    return tr("The next try is in {wait}.", wait=wait_words(left))


def _going_words(going: Going) -> str:
    return {
        Going.COMPRESSING: tr("Being compressed"),
        Going.UPLOADING: tr("Being sent"),
        Going.VERIFYING: tr("Sent; being compared with what was sent"),
        Going.DOWNLOADING: tr("Being fetched"),
    }[going]


def done_of(done: int, total: int) -> str:
    """How many bytes of how many: ``5.7 MB of 9.2 MB``."""
    return tr("{done} of {total}", done=phrases.size(done), total=phrases.size(total))


def time_to_go(seconds: float) -> str:
    """``8 s left``."""
    return tr("{time} left", time=wait_words(seconds))


def motion_words(motion: Motion) -> str:
    """How far it is: ``Being sent: 62 %, 5.7 MB of 9.2 MB, 420 kB/s, 8 s left``."""
    facts = [phrases.per_cent(motion.share)] if motion.total else []
    if motion.going in (Going.UPLOADING, Going.DOWNLOADING) and motion.total:
        facts.append(done_of(motion.done, motion.total))
    if motion.bytes_per_s and motion.left_s is not None:
        facts += [speed(motion.bytes_per_s), time_to_go(motion.left_s)]
    return _going_words(motion.going) + (f": {', '.join(facts)}" if facts else "")


def saving(sync: SyncStatus, receipts: tuple[Receipt, ...]) -> str:
    """``MP3, 9.2 MB instead of 73 MB: 87 % saved.``; empty while nothing was made."""
    original, copy = sync.original_size_bytes, sync.compressed_size_bytes
    if not original or not copy:
        return ""
    kinds = {r.send_as for r in receipts}
    if kinds <= {SendAs.ORIGINAL.value} and copy == original:
        return tr("Sent as it is, {size}.", size=phrases.size(original))
    kind = "/".join(sorted(k.upper() for k in kinds)) or tr("The copy")
    here, there, share = phrases.size(original), phrases.size(copy), 1 - copy / original
    if share < 0.005:
        return tr("{format}, {there} instead of {here}.", format=kind, there=there, here=here)
    saved = phrases.per_cent(share)
    return tr(
        "{format}, {there} instead of {here}: {share} saved.",
        format=kind,
        there=there,
        here=here,
        share=saved,
    )


def if_lost(recording: Recording, facts: BackupFacts) -> str:
    """What would happen if this computer were lost today, in one honest sentence."""
    receipts = facts.receipts
    if not facts.place:
        return backup_off()
    if len(receipts) < len(recording.masters) or not receipts:
        if receipts:
            return tr("If this computer were lost today, part of it would be lost.")
        return tr("If this computer were lost today, this recording would be lost.")
    if facts.same_disk:
        return tr(
            "If this computer were lost today, the copy would be lost with it: its folder is on the same"
            " disk, unless something carries it elsewhere."
        )
    if all(r.lossless for r in receipts):
        return tr("If this computer were lost today, nothing of its sound would be lost.")
    if all(r.lossless or r.send_as == SendAs.FLAC.value for r in receipts):
        return tr("If this computer were lost today, every sample of it would remain, as FLAC.")
    if recording.state is RecordingState.CLOUD_ONLY:
        return tr(
            "The original was removed here; if this computer were lost today, the compressed copy remains."
        )
    return tr(
        "If this computer were lost today, the compressed copy would remain; the original would be gone."
    )


def fetch_words(receipts: tuple[Receipt, ...]) -> str:
    """What comes back when a cloud-only recording is fetched."""
    if all(r.lossless for r in receipts):
        return tr("What is fetched is the original, byte for byte.")
    if all(r.lossless or r.send_as == SendAs.FLAC.value for r in receipts):
        return tr("What is fetched is a FLAC copy with every sample of the original.")
    kinds = "/".join(sorted({r.send_as.upper() for r in receipts if not r.lossless}))
    return tr("What is fetched is a compressed copy ({formats}); the original is gone.", formats=kinds)


def backup_text(
    recording: Recording,
    facts: BackupFacts,
    motion: Motion | None,
    obstacle: str,
    now: datetime | None = None,
) -> str:
    """What the detail says of a recording's backup, a fact a line; ``if_lost`` belongs below it."""
    now = now or datetime.now(UTC)
    if not facts.place and recording.state is not RecordingState.CLOUD_ONLY:
        return ""
    lines = [motion_words(motion) + "." if motion is not None else ""]
    if facts.receipts:
        lines += _proof(recording, facts)
    if motion is None:
        lines += _state(recording, facts, obstacle, now)
    return "\n".join(line for line in lines if line)


def _proof(recording: Recording, facts: BackupFacts) -> list[str]:
    scheme = facts.receipts[0].digest.scheme
    proved = phrases.moment(max(r.verified_at for r in facts.receipts))
    where = place_words(facts.place)
    if recording.state is RecordingState.CLOUD_ONLY:
        place = tr("The audio is only in the cloud: {place}. It was removed here to save room.", place=where)
    elif len(facts.receipts) < len(recording.masters):
        place = tr(
            "{number} of {all} parts are backed up in {place}.",
            number=len(facts.receipts), all=len(recording.masters), place=where,
        )  # fmt: skip
    else:
        place = tr("Backed up in {place}.", place=where)
    digest = {DigestScheme.MD5: "MD5", DigestScheme.SHA256: "SHA-256"}.get(scheme, tr("SHA-256 of its parts"))
    what = tr("Size and {digest} were compared on {time}.", digest=digest, time=proved)
    lines = [place, what, saving(recording.sync, facts.receipts)]
    if recording.state is RecordingState.CLOUD_ONLY:
        lines.append(fetch_words(facts.receipts))
    if recording.state is RecordingState.CLOUD_ONLY and facts.cached:
        lines.append(tr("It was fetched for listening, and is kept here for a while."))
    return lines


def _state(recording: Recording, facts: BackupFacts, obstacle: str, now: datetime) -> list[str]:
    sync = recording.sync
    if sync.state is SyncState.QUEUED:
        waiting = tr("Waiting to be sent to {place}.", place=place_words(facts.place))
        return [f"{waiting} {obstacle}".strip()]
    if sync.state is SyncState.FAILED:
        return [
            tr("Not backed up: {reason}", reason=said(sync.error or tr("it could not be sent."))),
            next_try(sync, now),
            *_tries(facts),
        ]
    if sync.state is SyncState.REMOVED:
        removed = tr("The copy was removed from the cloud. The audio here was not touched.")
        return [said(sync.error or removed)]
    if sync.state is SyncState.OFF:
        return [_why_off(recording)]
    return []


def _why_off(recording: Recording) -> str:
    if recording.state is RecordingState.RECORDING:
        return tr("It is backed up when it is finished.")
    if recording.state is RecordingState.TRASHED:
        return tr("What is in the trash is not sent.")
    if recording.state is RecordingState.MISSING:
        return tr("Not backed up, and the audio file is missing.")
    if any(m.sha256 is None for m in recording.masters):
        return tr("Not backed up yet: its checksum is being taken.")
    return tr("Not backed up, and not waiting to be.")


def first_sentence(reason: str) -> str:
    """What happened, without what was kept and what to do, in the window's language; no full stop."""
    return said(reason).partition(". ")[0].rstrip(".")


def _tries(facts: BackupFacts) -> list[str]:
    failed = [a for a in facts.attempts if a.outcome == "failed"]
    return [
        tr(
            "{time}: attempt {number}, {reason}.",
            time=phrases.moment(a.started_at), number=a.number, reason=first_sentence(a.reason),
        )
        for a in failed[-3:-1]  # the last is what is said already
    ]  # fmt: skip
