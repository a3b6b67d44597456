"""What can be done about the backup of recordings, and why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import PENDING, SyncState
from voice_recorder.ui.language import tr

_PENDING = frozenset(SyncState(state.value) for state in PENDING)


class Deed(StrEnum):
    """One thing to do with the cloud."""

    SEND = "send"
    CANCEL = "cancel"
    FETCH = "fetch"
    LINK = "link"
    FREE = "free"


def link_lives() -> tuple[tuple[str, int], ...]:
    """How long a link may live: in words and in seconds."""
    return (tr("1 hour"), 3600), (tr("1 day"), 24 * 3600), (tr("7 days"), 7 * 24 * 3600)


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
        offer(Deed.CANCEL, tr("Cancel sending"), "close", _not_to_cancel),
        offer(Deed.FETCH, tr("Fetch"), "arrow-down", _not_to_fetch),
        offer(Deed.LINK, tr("Copy link"), "link", _not_to_link),
        offer(Deed.FREE, tr("Free local audio…"), "free", cannot_be_freed),
    )


def _send_text(recordings: Sequence[Recording]) -> str:
    states = {r.sync.state for r in recordings}
    if states == {SyncState.FAILED}:
        return tr("Retry")
    return tr("Send again") if states == {SyncState.REMOVED} else tr("Back up now")


def _not_to_send(recording: Recording) -> str:
    trouble = {
        RecordingState.RECORDING: tr("It is still being recorded."),
        RecordingState.MISSING: tr("The audio file is missing."),
        RecordingState.CLOUD_ONLY: tr("The audio is in the cloud only."),
    }.get(recording.state, "")
    if trouble:
        return trouble
    if recording.sync.state is SyncState.BACKED_UP:
        return tr("It is backed up already.")
    if recording.sync.state in (SyncState.COMPRESSING, SyncState.UPLOADING, SyncState.VERIFYING):
        return tr("It is on its way.")
    if any(m.sha256 is None for m in recording.masters):
        return tr("Its checksum is still being taken; then it can be sent.")
    return ""


def _not_to_cancel(recording: Recording) -> str:
    return "" if recording.sync.state in _PENDING else tr("It is not in the queue.")


def _not_to_link(recording: Recording) -> str:
    if recording.sync.verified_at is not None:
        return ""
    return tr("It is not backed up, so there is nothing to link to.")


def _not_to_fetch(recording: Recording) -> str:
    return "" if recording.state is RecordingState.CLOUD_ONLY else tr("The audio is on this computer.")


def _not_to_free(recording: Recording, *, lossy_consent: bool) -> str:
    if recording.state is RecordingState.CLOUD_ONLY:
        return tr("The audio is in the cloud only already.")
    if recording.state is not RecordingState.RECORDED:
        return tr("The audio here is missing, damaged or not finished.")
    if recording.sync.verified_at is None:
        return tr("It is not backed up: its only copy is here.")
    if not recording.sync.lossless and not lossy_consent:
        return tr(
            "The cloud copy is compressed, so the original could not be had back."
            " A setting allows it all the same: Storage, “Free it also when the copy is compressed”."
        )
    return ""
