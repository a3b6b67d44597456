"""How the queue to the cloud stands, in one reading, for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from voice_recorder.domain.transfers import UNDER_WAY, TransferState
from voice_recorder.storage.queue_rows import QueueRow, failed_by_kinds, queue_counts, queue_rows
from voice_recorder.storage.sync_log import Alert

if TYPE_CHECKING:
    from voice_recorder.services import Services

_ANY_ATTEMPT = 10**6


@dataclass(frozen=True)
class QueueState:
    """Where copies go (empty: nowhere), what waits there, and why it waits.

    ``next_at`` is when the first failed entry is tried again. ``halted`` says why the queue waits for its
    owner. ``rows`` are as many as were asked for.
    """

    place: str = ""
    counts: Mapping[TransferState, int] = field(default_factory=dict)
    paused: bool = False
    halted: str = ""
    next_at: datetime | None = None
    waits_for_network: bool = False
    alerts: tuple[Alert, ...] = ()
    rows: tuple[QueueRow, ...] = ()

    def count(self, *states: TransferState) -> int:
        """How many entries have one of these states."""
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def under_way(self) -> int:
        """How many entries are in somebody's hands, of this process or another."""
        return self.count(*UNDER_WAY)

    @property
    def waiting(self) -> int:
        """How many entries wait for their turn or their next try."""
        return self.count(TransferState.QUEUED, TransferState.FAILED)


def read_queue(services: Services, rows: int = 0) -> QueueState:
    """Read the queue of the provider that is chosen now, as other processes have left it, too."""
    from voice_recorder.services.sync import NETWORK_KINDS

    services.settings.refresh()
    place = services.providers.place()
    log, database = services.sync_log, services.library.database
    if not place:
        return QueueState(alerts=log.alerts())
    counts = queue_counts(database, place)
    failed = counts.get(TransferState.FAILED, 0)
    return QueueState(
        place=place,
        counts=counts,
        paused=log.paused,
        halted=log.halted,
        next_at=services.transfers.waiting_until(place, _ANY_ATTEMPT) if failed else None,
        waits_for_network=bool(failed) and failed_by_kinds(database, place, NETWORK_KINDS),
        alerts=log.alerts(),
        rows=queue_rows(database, place, rows) if rows else (),
    )
