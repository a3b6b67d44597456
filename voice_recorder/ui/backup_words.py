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
from voice_recorder.ui.motion import Going, Motion

BACKUP_OFF = "Backup is off: if this computer were lost today, this note would be lost."
CACHED = "It was fetched for listening, and is kept here for a while."
_DIGESTS = {
    DigestScheme.MD5: "MD5", DigestScheme.SHA256: "SHA-256",
    DigestScheme.SHA256_OF_PARTS: "SHA-256 of its parts",
}  # fmt: skip
_GOING = {
    Going.COMPRESSING: "Being compressed", Going.UPLOADING: "Being sent",
    Going.VERIFYING: "Sent; being compared with what was sent", Going.DOWNLOADING: "Being fetched",
}  # fmt: skip


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
        return f"the folder {'~' + rest[len(home) :] if rest.startswith(home + os.sep) else rest}"
    if kind == "s3":
        host, _, path = rest.partition("/")
        return f"the bucket {path} at {'AWS' if host == 'aws' else host}"
    return f"{kind.capitalize()}, account {rest}"


def speed(bytes_per_s: float) -> str:
    """``420 kB/s`` or ``3.1 MB/s``."""
    return f"{bytes_per_s / 1e6:.1f} MB/s" if bytes_per_s >= 1e6 else f"{bytes_per_s / 1000:.0f} kB/s"


def wait_words(seconds: float) -> str:
    """A wait in one unit: ``40 s``, ``5 min``, ``2 h``."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"


def next_try(sync: SyncStatus, now: datetime) -> str:
    """When a failed copy is tried again: ``The next try is in 5 min.``, and which one it was."""
    tried = f"Attempt {sync.attempts} of {MOST_ATTEMPTS}." if sync.attempts else ""
    if sync.next_attempt_at is None:
        return f"{tried} It is not tried again by itself.".strip()
    left = (sync.next_attempt_at - now).total_seconds()
    again = "The next try is about to begin." if left <= 1 else f"The next try is in {wait_words(left)}."
    return f"{tried} {again}".strip()


def motion_words(motion: Motion) -> str:
    """How far it is: ``Being sent: 62 %, 5.7 MB of 9.2 MB, 420 kB/s, 8 s left``."""
    facts = [f"{motion.share:.0%}".replace("%", " %")] if motion.total else []
    if motion.going in (Going.UPLOADING, Going.DOWNLOADING) and motion.total:
        facts.append(f"{phrases.size(motion.done)} of {phrases.size(motion.total)}")
    if motion.bytes_per_s and motion.left_s is not None:
        facts += [speed(motion.bytes_per_s), f"{wait_words(motion.left_s)} left"]
    return _GOING[motion.going] + (f": {', '.join(facts)}" if facts else "")


def saving(sync: SyncStatus, receipts: tuple[Receipt, ...]) -> str:
    """``MP3, 9.2 MB instead of 73 MB: 87 % saved.``; empty while nothing was made."""
    original, copy = sync.original_size_bytes, sync.compressed_size_bytes
    if not original or not copy:
        return ""
    kinds = {r.send_as for r in receipts}
    if kinds <= {SendAs.ORIGINAL.value} and copy == original:
        return f"Sent as it is, {phrases.size(original)}."
    kind = "/".join(sorted(k.upper() for k in kinds)) or "The copy"
    share = 1 - copy / original
    saved = f": {share:.0%} saved".replace("%", " %") if share >= 0.005 else ""
    return f"{kind}, {phrases.size(copy)} instead of {phrases.size(original)}{saved}."


def if_lost(recording: Recording, facts: BackupFacts) -> str:
    """What would happen if this computer were lost today, in one honest sentence."""
    receipts = facts.receipts
    if not facts.place:
        return BACKUP_OFF
    if len(receipts) < len(recording.masters) or not receipts:
        some = "part of it" if receipts else "this recording"
        return f"If this computer were lost today, {some} would be lost."
    if facts.same_disk:
        return (
            "If this computer were lost today, the copy would be lost with it: its folder is on the same"
            " disk, unless something carries it elsewhere."
        )
    if all(r.lossless for r in receipts):
        return "If this computer were lost today, nothing of its sound would be lost."
    if all(r.lossless or r.send_as == SendAs.FLAC.value for r in receipts):
        return "If this computer were lost today, every sample of it would remain, as FLAC."
    if recording.state is RecordingState.CLOUD_ONLY:
        return "The original was removed here; if this computer were lost today, the compressed copy remains."
    return "If this computer were lost today, the compressed copy would remain; the original would be gone."


def fetch_words(receipts: tuple[Receipt, ...]) -> str:
    """What comes back when a cloud-only recording is fetched."""
    if all(r.lossless for r in receipts):
        return "What is fetched is the original, byte for byte."
    if all(r.lossless or r.send_as == SendAs.FLAC.value for r in receipts):
        return "What is fetched is a FLAC copy with every sample of the original."
    kinds = "/".join(sorted({r.send_as.upper() for r in receipts if not r.lossless}))
    return f"What is fetched is a compressed copy ({kinds}); the original is gone."


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
    first = facts.receipts[0]
    proved = phrases.moment(max(r.verified_at for r in facts.receipts))
    where = place_words(facts.place)
    if recording.state is RecordingState.CLOUD_ONLY:
        place = f"The audio is only in the cloud: {where}. It was removed here to save room."
    elif len(facts.receipts) < len(recording.masters):
        place = f"{len(facts.receipts)} of {len(recording.masters)} parts are backed up in {where}."
    else:
        place = f"Backed up in {where}."
    what = f"Size and {_DIGESTS[first.digest.scheme]} were compared on {proved}."
    lines = [place, what, saving(recording.sync, facts.receipts)]
    if recording.state is RecordingState.CLOUD_ONLY:
        lines += [fetch_words(facts.receipts), CACHED if facts.cached else ""]
    return lines


def _state(recording: Recording, facts: BackupFacts, obstacle: str, now: datetime) -> list[str]:
    sync = recording.sync
    if sync.state is SyncState.QUEUED:
        return [f"Waiting to be sent to {place_words(facts.place)}. {obstacle}".strip()]
    if sync.state is SyncState.FAILED:
        return [
            f"Not backed up: {sync.error or 'it could not be sent.'}",
            next_try(sync, now),
            *_tries(facts),
        ]
    if sync.state is SyncState.REMOVED:
        return [sync.error or "The copy was removed from the cloud. The audio here was not touched."]
    if sync.state is SyncState.OFF:
        return [_why_off(recording)]
    return []


def _why_off(recording: Recording) -> str:
    if recording.state is RecordingState.RECORDING:
        return "It is backed up when it is finished."
    if recording.state is RecordingState.TRASHED:
        return "What is in the trash is not sent."
    if recording.state is RecordingState.MISSING:
        return "Not backed up, and the audio file is missing."
    if any(m.sha256 is None for m in recording.masters):
        return "Not backed up yet: its checksum is being taken."
    return "Not backed up, and not waiting to be."


def _tries(facts: BackupFacts) -> list[str]:
    failed = [a for a in facts.attempts if a.outcome == "failed"]
    return [
        f"{phrases.moment(a.started_at)}: attempt {a.number}, {a.reason.partition('.')[0]}."
        for a in failed[-3:-1]  # the last is what is said already
    ]
