"""The one badge of a row: what a person must know of a recording at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import SyncState, SyncStatus
from voice_recorder.ui import phrases
from voice_recorder.ui.backup_words import motion_words, next_try, place_words, saving
from voice_recorder.ui.language import tr
from voice_recorder.ui.motion import Going, Motion, motion_in_library
from voice_recorder.ui.said import said

_ICONS = {"recording": "", "damaged": "warning", "missing": "missing", "recovered": "recovered"}


def _troubles() -> dict[str, str]:
    return {
        "recording": tr("recording"), "damaged": tr("damaged"), "missing": tr("missing"),
        "recovered": tr("recovered"),
    }  # fmt: skip


def _short_reasons() -> dict[str, str]:
    """Why a copy was not sent, by the kind of the error."""
    return {
        "credentials_rejected": tr("key refused"), "secrets_unavailable": tr("no keyring"),
        "file_rejected": tr("refused"), "cloud_copy_differs": tr("copy differs"),
        "damaged_audio": tr("damaged"), "preflight_blocked": tr("disk full"), "disk_full": tr("disk full"),
    }  # fmt: skip


def _on_its_way() -> dict[Going, str]:
    return {
        Going.COMPRESSING: tr("being compressed"), Going.UPLOADING: tr("being sent"),
        Going.VERIFYING: tr("being verified"), Going.DOWNLOADING: tr("being fetched"),
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
    more, words = backup or Badge(), _troubles()[key]
    return Badge(
        key, _ICONS[key], words, role,
        "\n".join(filter(None, (phrases.badge_reasons()[key], more.reason))),
        ", ".join(filter(None, (words, more.spoken))),
    )  # fmt: skip


def _moving(motion: Motion) -> Badge:
    icon = "arrow-down" if motion.going is Going.DOWNLOADING else "arrow-up"
    text, spoken = "…", _on_its_way()[motion.going]
    if motion.going is Going.VERIFYING:
        text = tr("checking")
    elif motion.total:
        text = phrases.per_cent(motion.share)
        spoken = f"{spoken}, {text}"
    return Badge(motion.going.value, icon, text, "accent", f"{motion_words(motion)}.", spoken)


def _urgent(sync: SyncStatus, now: datetime) -> Badge | None:
    if sync.state is SyncState.REMOVED:
        reason = said(sync.error or tr("The copy was removed from the cloud. 'Send again' makes a new one."))
        spoken = tr("removed from the cloud")
        return Badge("removed", "cloud-off", tr("removed"), "caution", reason, spoken)
    if sync.state is not SyncState.FAILED:
        return None
    due = sync.next_attempt_at
    if due is None:
        text = _short_reasons().get(sync.error_kind, tr("not sent"))
        way_out = tr("When that is mended, 'Retry' sends it again.")
    else:
        text = _retry_words((due - now).total_seconds())
        way_out = tr("'Retry' tries it at once.")
    reason = "\n".join((said(sync.error or tr("It could not be sent.")), next_try(sync, now), way_out))
    return Badge("failed", "alert", text, "caution", reason, tr("backup failed"))


def _at_rest(recording: Recording) -> Badge:
    sync = recording.sync
    if recording.state is RecordingState.TRASHED:
        return Badge()
    if recording.state is RecordingState.CLOUD_ONLY:
        reason = tr("The audio is in the cloud only. 'Fetch' brings it back to this computer.")
        return Badge("cloud_only", "cloud", "", "muted", reason, tr("in the cloud only"))
    if sync.state is SyncState.QUEUED:
        reason = tr("Waiting to be sent to {place}.", place=place_words(sync.place))
        return Badge("queued", "clock", "", "muted", reason, tr("waiting to be backed up"))
    if sync.state is SyncState.BACKED_UP:
        return Badge("backed_up", "tick", "", "good", _backed_up(sync), tr("backed up"))
    return Badge()


def _backed_up(sync: SyncStatus) -> str:
    where = tr("Backed up in {place}.", place=place_words(sync.place))
    if sync.verified_at:
        proved = tr("The copy was proved on {time}.", time=phrases.moment(sync.verified_at))
        where = f"{where} {proved}"
    return f"{where}\n{saving(sync, ())}".rstrip()


def _retry_words(seconds: float) -> str:
    if seconds < 1:
        return tr("retry now")
    if seconds < 60:
        return tr("retry {number}s", number=round(seconds))
    if seconds < 5400:
        return tr("retry {number}m", number=round(seconds / 60))
    return tr("retry {number}h", number=round(seconds / 3600))
