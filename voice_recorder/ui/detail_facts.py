"""What the detail needs to know of a recording, read in a lane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voice_recorder.domain.recording import HistoryEntry, Marker, Recording

if TYPE_CHECKING:
    from voice_recorder.services import Services


@dataclass(frozen=True)
class DetailFacts:
    """A recording with all that is shown beside it."""

    recording: Recording
    path: Path | None
    markers: tuple[Marker, ...]
    history: tuple[HistoryEntry, ...]


def read_facts(services: Services, recording_id: str) -> DetailFacts:
    """The facts of one recording; slow, for a lane. Raises NotFound."""
    library = services.library
    recording = library.get(recording_id)
    path = library.path_of(recording.masters[0]) if recording.masters else None
    return DetailFacts(recording, path, library.markers(recording.id), library.history(recording.id))
