"""The one badge of a row: what a person must know of a recording at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import SyncState, SyncStatus
from voice_recorder.ui import phrases
from voice_recorder.ui.backup_words import motion_words, next_try, place_words, saving
from voice_recorder.ui.motion import Going, Motion, motion_in_library

_ICONS = {"recording": "", "damaged": "warning", "missing": "missing", "recovered": "recovered"}
_SHORT = {
    "credentials_rejected": "key refused", "secrets_unavailable": "no keyring", "file_rejected": "refused",
    "cloud_copy_differs": "copy differs", "damaged_audio": "damaged", "preflight_blocked": "disk full",
    "disk_full": "disk full",
}  # fmt: skip
_SPOKEN = {
    Going.COMPRESSING: "being compressed", Going.UPLOADING: "being sent", Going.VERIFYING: "being verified",
    Going.DOWNLOADING: "being fetched",
}  # fmt: skip


@dataclass(frozen=True)
class Badge:
    """What stands at the right of a row: an icon (or none) and a few letters in the colour of ``role``.

    ``text`` empty: the time of day stands there. ``reason`` is for the tool tip, ``spoken`` is said.
    """

    key: str = ""
    icon: str = ""
    text: str = ""
    role: str = "muted"
    reason: str = ""
    spoken: str = ""


def badge_of(recording: Recording, motion: Motion | None = None, now: datetime | None = None) -> Badge:
    """The badge of a recording; ``motion`` is what is known of it beyond the library."""
    trouble = phrases.badge(recording)
    if trouble and trouble != "recovered":
        return _trouble(trouble)
    motion = motion or motion_in_library(recording)
    if motion is not None:
        return _moving(motion)
    if recording.state is not RecordingState.TRASHED:
        urgent = _urgent(recording.sync, now or datetime.now(UTC))
        if urgent is not None:
            return urgent
    if trouble:
        return _trouble(trouble, _at_rest(recording))
    return _at_rest(recording)


def _trouble(key: str, backup: Badge | None = None) -> Badge:
    role = "record" if key == "recording" else "caution"
    more = backup or Badge()
    return Badge(
        key, _ICONS[key], key, role,
        "\n".join(filter(None, (phrases.BADGE_REASONS[key], more.reason))),
        ", ".join(filter(None, (key, more.spoken))),
    )  # fmt: skip


def _moving(motion: Motion) -> Badge:
    per_cent = f"{motion.share:.0%}".replace("%", " %") if motion.total else "…"
    if motion.going is Going.VERIFYING:
        per_cent = "checking"
    icon = "arrow-down" if motion.going is Going.DOWNLOADING else "arrow-up"
    spoken = _SPOKEN[motion.going] + (f", {per_cent}" if motion.total and "%" in per_cent else "")
    return Badge(motion.going.value, icon, per_cent, "accent", f"{motion_words(motion)}.", spoken)


def _urgent(sync: SyncStatus, now: datetime) -> Badge | None:
    if sync.state is SyncState.REMOVED:
        reason = sync.error or "The copy was removed from the cloud. 'Send again' makes a new one."
        return Badge("removed", "cloud-off", "removed", "caution", reason, "removed from the cloud")
    if sync.state is not SyncState.FAILED:
        return None
    due = sync.next_attempt_at
    if due is None:
        text = _SHORT.get(sync.error_kind, "not sent")
    else:
        text = f"retry {_short_wait((due - now).total_seconds())}"
    way_out = "'Retry' tries it at once." if due else "When that is mended, 'Retry' sends it again."
    reason = "\n".join(filter(None, (sync.error or "It could not be sent.", next_try(sync, now), way_out)))
    return Badge("failed", "alert", text, "caution", reason, "backup failed")


def _at_rest(recording: Recording) -> Badge:
    sync = recording.sync
    if recording.state is RecordingState.TRASHED:
        return Badge()
    if recording.state is RecordingState.CLOUD_ONLY:
        reason = "The audio is in the cloud only. 'Fetch' brings it back to this computer."
        return Badge("cloud_only", "cloud", "", "muted", reason, "in the cloud only")
    if sync.state is SyncState.QUEUED:
        reason = f"Waiting to be sent to {place_words(sync.place)}."
        return Badge("queued", "clock", "", "muted", reason, "waiting to be backed up")
    if sync.state is SyncState.BACKED_UP:
        when = f" The copy was proved on {phrases.moment(sync.verified_at)}." if sync.verified_at else ""
        size = saving(sync, ())
        reason = f"Backed up in {place_words(sync.place)}.{when}" + (f"\n{size}" if size else "")
        return Badge("backed_up", "tick", "", "good", reason, "backed up")
    return Badge()


def _short_wait(seconds: float) -> str:
    if seconds < 1:
        return "now"
    if seconds < 60:
        return f"{round(seconds)}s"
    return f"{round(seconds / 60)}m" if seconds < 5400 else f"{round(seconds / 3600)}h"
