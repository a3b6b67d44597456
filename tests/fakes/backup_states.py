"""A folder as provider, and recordings in every state of a backup."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services import Services
from voice_recorder.storage import schema
from voice_recorder.storage.rows import to_ms

OFFLINE = "The server could not be reached. The recordings on this computer are unharmed."
REFUSED = (
    "The key was refused. The recordings on this computer are unharmed. Test the connection in the settings."
)


def choose_folder(services: Services, folder: Path) -> None:
    """Let copies go to ``folder`` from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    services.providers.choose("folder", {"path": str(folder)}, {})
    services.sync.begin()


def back_up(services: Services, *recordings: Recording) -> None:
    """Take the checksums and send these now, to the end."""
    services.proving.run_pending()
    services.sync.queue([recording.id for recording in recordings])
    services.sync.run()


def enter(services: Services, recording: Recording, state: TransferState, **columns: Any) -> None:
    """Have the queue say this of a recording, as another process might."""
    services.proving.run_pending()
    services.sync.queue([recording.id])
    master = select(schema.masters.c.key).where(schema.masters.c.id == recording.masters[0].id)
    with services.library.database.session(write=True) as connection:
        connection.execute(
            update(schema.transfers)
            .where(schema.transfers.c.master_key == master.scalar_subquery())
            .values(state=state.value, **columns)
        )


def enter_offline(services: Services, recording: Recording, minutes: float = 5, attempts: int = 3) -> None:
    """A recording that could not be sent and is tried again in some minutes."""
    due = datetime.now(UTC) + timedelta(minutes=minutes)
    enter(
        services, recording, TransferState.FAILED, attempts=attempts, next_attempt_ms=to_ms(due),
        error=OFFLINE, error_kind="network_unreachable",
    )  # fmt: skip


def enter_refused(services: Services, recording: Recording) -> None:
    """A recording that was refused because of the key."""
    enter(
        services, recording, TransferState.FAILED, attempts=1, next_attempt_ms=None, error=REFUSED,
        error_kind="credentials_rejected",
    )  # fmt: skip


def enter_removed(services: Services, recording: Recording) -> None:
    """A recording whose copy somebody has deleted in the cloud."""
    enter(services, recording, TransferState.REMOVED, error_kind="cloud_copy_missing", error=(
        "The copy was removed from the cloud. The audio here was not touched. 'Send again' makes a new copy."
    ))  # fmt: skip
