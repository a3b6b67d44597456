"""What moves between this computer and the cloud right now, by recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import SyncState

if TYPE_CHECKING:
    from voice_recorder.services.activity import Activity
    from voice_recorder.services.fetching import Downloading


class Going(StrEnum):
    """The ways in which a recording can be on its way."""

    COMPRESSING = "compressing"
    UPLOADING = "uploading"
    VERIFYING = "verifying"
    DOWNLOADING = "downloading"


@dataclass(frozen=True)
class Motion:
    """A recording on its way; ``done`` of ``total`` are bytes or frames, ``total`` 0 while unknown."""

    going: Going
    done: int = 0
    total: int = 0
    bytes_per_s: float | None = None

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds to go at this speed; None while unknown."""
        return (self.total - self.done) / self.bytes_per_s if self.bytes_per_s else None


def motions_of(activities: Iterable[Activity], downloads: Iterable[Downloading] = ()) -> Mapping[str, Motion]:
    """The motion of each recording that has a master under way; what is sent tells more than the rest."""
    order = list(Going)
    found = {d.recording_id: Motion(Going.DOWNLOADING, d.done, d.total) for d in downloads}
    for activity in activities:
        going = Going(activity.state.value)
        before = found.get(activity.recording_id)
        if before is None or order.index(before.going) < order.index(going) < order.index(Going.VERIFYING):
            found[activity.recording_id] = Motion(going, activity.done, activity.total, activity.bytes_per_s)
    return found


def motion_in_library(recording: Recording) -> Motion | None:
    """What the library says of a recording that another process is sending; None without anything."""
    sync = recording.sync
    if sync.state not in (SyncState.COMPRESSING, SyncState.UPLOADING, SyncState.VERIFYING):
        return None
    if recording.state is RecordingState.TRASHED:
        return None
    return Motion(Going(sync.state.value), sync.bytes_sent or 0, sync.bytes_total or 0)
