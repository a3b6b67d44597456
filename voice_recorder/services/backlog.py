"""What is not backed up: what sending it would take, and why some of it cannot be sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import CloudError, FileRejected, StorageError, VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.storage.locks import FileLock

if TYPE_CHECKING:
    from voice_recorder.services import Services

_AT_ONCE = 500


@dataclass(frozen=True)
class Outlook:
    """What sending a recording would take. Sizes are in bytes.

    ``send_as`` and the sizes are those of the masters that can be sent, ``obstacle`` what keeps others here.
    """

    recording: Recording
    send_as: tuple[SendAs, ...]
    size_bytes: int
    estimated_bytes: int
    obstacle: VoiceRecorderError | None


def not_backed_up(services: "Services") -> list[str]:
    """The ids of what is finished, outside the trash, and has no verified copy at the place chosen now."""
    ids: list[str] = []
    query = LibraryQuery(Shelf.NOT_BACKED_UP)
    while found := services.library.page(query, _AT_ONCE, len(ids)).recordings:
        ids += [recording.id for recording in found]
    return ids


def is_in_hand(services: "Services", transfer_id: str) -> bool:
    """Whether a living process, this one or another, is at work on an entry of the queue."""
    with FileLock(services.config.locks_path / f"transfer-{transfer_id}.lock") as lock:
        return not lock.acquire()


def outlook(services: "Services", recording: Recording) -> Outlook:
    """What sending ``recording`` now would take; nothing is sent, queued or asked of the provider."""
    place = services.providers.place()
    most_bytes = services.sync_log.plan(place).max_file_bytes
    formats, size_bytes, estimated_bytes = [], 0, 0
    obstacle = _trashed(recording)
    for master in [] if obstacle else recording.masters:
        if services.proofs.of_master(master.id, place) is not None:
            continue
        send_as = services.compressing.format_for(master)
        estimated = _estimated_bytes(master, send_as)
        why = _why_not(services, recording, master) or _too_large(recording, estimated, most_bytes)
        if why is not None:
            obstacle = why
            continue
        formats.append(send_as)
        size_bytes += master.size_bytes
        estimated_bytes += estimated
    return Outlook(recording, tuple(formats), size_bytes, estimated_bytes, obstacle)


def _estimated_bytes(master: Master, send_as: SendAs) -> int:
    if send_as is SendAs.ORIGINAL or not master.frames:
        return master.size_bytes
    original_bps = master.size_bytes * 8 / master.duration_s
    return round(send_as.estimated_bps(master.channels, original_bps) / 8 * master.duration_s)


def _trashed(recording: Recording) -> VoiceRecorderError | None:
    if recording.trashed_at is None:
        return None
    return StorageError(
        tr("“{title}” is in the trash.", title=recording.title), tr("Restore it, then it can be sent.")
    )


def _why_not(services: "Services", recording: Recording, master: Master) -> VoiceRecorderError | None:
    """Why a master cannot be sent as things stand on this disk."""
    title = recording.title
    if master.state is MasterState.RECORDING:
        if services.recovery.is_owned(recording.id):
            return StorageError(
                tr("“{title}” is still being recorded.", title=title), tr("It can be sent when it has ended.")
            )
        return StorageError(
            tr("“{title}” was cut off.", title=title), tr("'voice-recorder recover' brings it back.")
        )
    if master.state is MasterState.MISSING:
        return StorageError(
            tr("The audio file of “{title}” is missing: {name}.", title=title, name=master.name),
            tr("Put it back into the recordings folder and run 'voice-recorder verify'."),
        )
    if master.state is MasterState.FREED:
        receipt = services.proofs.of_master(master.id)
        return CloudError(
            tr("The audio of “{title}” is only at {place}.", title=title, place=receipt.place)
            if receipt
            else tr("The audio of “{title}” is only at another provider.", title=title),
            tr("Choose that provider and fetch it; then it can be sent elsewhere."),
        )
    if master.state is MasterState.DAMAGED and master.sha256 is None:
        return StorageError(
            tr("The audio file of “{title}” could not be read, so a copy could not be proved.", title=title),
            tr("'voice-recorder verify' says more."),
        )
    return None


def _too_large(recording: Recording, estimated: int, most_bytes: int | None) -> VoiceRecorderError | None:
    if most_bytes is None or estimated <= most_bytes:
        return None
    return FileRejected(
        tr(
            "The copy of “{title}” would have {size}; the plan of this account takes {most} a file.",
            title=recording.title,
            size=in_mb(estimated),
            most=in_mb(most_bytes),
        ),
        tr("Send it as a smaller format, or choose a larger plan."),
    )
