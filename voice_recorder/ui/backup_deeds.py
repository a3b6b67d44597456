"""What can be done about the backup of recordings, and why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import PENDING, SyncState

_PENDING = frozenset(SyncState(state.value) for state in PENDING)


class Deed(StrEnum):
    """One thing to do with the cloud."""

    SEND = "send"
    CANCEL = "cancel"
    FETCH = "fetch"
    LINK = "link"
    FREE = "free"


LINK_LIVES = (("1 hour", 3600), ("1 day", 24 * 3600), ("7 days", 7 * 24 * 3600))
"""How long a link may live: in words and in seconds."""


@dataclass(frozen=True)
class Offer:
    """A deed by its name, the recordings that it would concern, and why not when there is none."""

    deed: Deed
    text: str
    icon: str
    ids: tuple[str, ...]
    reason: str = ""

    @property
    def possible(self) -> bool:
        """Whether it can be done with at least one recording."""
        return bool(self.ids)


def offers(recordings: Sequence[Recording], place: str, *, lossy_consent: bool) -> tuple[Offer, ...]:
    """What can be done with these recordings; nothing is offered for what is in the trash."""
    if not place or any(r.state is RecordingState.TRASHED for r in recordings):
        return ()

    def offer(deed: Deed, text: str, icon: str, obstacle: Callable[[Recording], str]) -> Offer:
        why = {r.id: obstacle(r) for r in recordings}
        ids = tuple(i for i, reason in why.items() if not reason)
        return Offer(deed, text, icon, ids, "" if ids else next(iter(why.values()), ""))

    def cannot_be_freed(recording: Recording) -> str:
        return _not_to_free(recording, lossy_consent=lossy_consent)

    return (
        offer(Deed.SEND, _send_text(recordings), "arrow-up", _not_to_send),
        offer(Deed.CANCEL, "Cancel sending", "close", _not_to_cancel),
        offer(Deed.FETCH, "Fetch", "arrow-down", _not_to_fetch),
        offer(Deed.LINK, "Copy link", "link", _not_to_link),
        offer(Deed.FREE, "Free local audio…", "free", cannot_be_freed),
    )


def _send_text(recordings: Sequence[Recording]) -> str:
    states = {r.sync.state for r in recordings}
    if states == {SyncState.FAILED}:
        return "Retry"
    return "Send again" if states == {SyncState.REMOVED} else "Back up now"


def _not_to_send(recording: Recording) -> str:
    trouble = {
        RecordingState.RECORDING: "It is still being recorded.",
        RecordingState.MISSING: "The audio file is missing.",
        RecordingState.CLOUD_ONLY: "The audio is in the cloud only.",
    }.get(recording.state, "")
    if trouble:
        return trouble
    if recording.sync.state is SyncState.BACKED_UP:
        return "It is backed up already."
    if recording.sync.state in (SyncState.COMPRESSING, SyncState.UPLOADING, SyncState.VERIFYING):
        return "It is on its way."
    if any(m.sha256 is None for m in recording.masters):
        return "Its checksum is still being taken; then it can be sent."
    return ""


def _not_to_cancel(recording: Recording) -> str:
    return "" if recording.sync.state in _PENDING else "It is not in the queue."


def _not_to_link(recording: Recording) -> str:
    return (
        ""
        if recording.sync.verified_at is not None
        else "It is not backed up, so there is nothing to link to."
    )


def _not_to_fetch(recording: Recording) -> str:
    return "" if recording.state is RecordingState.CLOUD_ONLY else "The audio is on this computer."


def _not_to_free(recording: Recording, *, lossy_consent: bool) -> str:
    if recording.state is RecordingState.CLOUD_ONLY:
        return "The audio is in the cloud only already."
    if recording.state is not RecordingState.RECORDED:
        return f"The recording is {recording.state.value}."
    if recording.sync.verified_at is None:
        return "It is not backed up: its only copy is here."
    if not recording.sync.lossless and not lossy_consent:
        return (
            "The cloud copy is compressed, so the original could not be had back."
            " A setting allows it all the same: Storage, “Free it also when the copy is compressed”."
        )
    return ""
