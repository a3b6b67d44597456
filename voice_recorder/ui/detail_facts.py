"""What the detail needs to know of a recording, read in a lane."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import HistoryEntry, Marker, Recording
from voice_recorder.ui.backup_words import BackupFacts
from voice_recorder.ui.render_device import Heard

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.fetching import CloudAudio


@dataclass(frozen=True)
class DetailFacts:
    """A recording with all that is shown beside it."""

    recording: Recording
    path: Path | None
    markers: tuple[Marker, ...]
    history: tuple[HistoryEntry, ...]
    backup: BackupFacts = field(default_factory=BackupFacts)
    cloud: CloudAudio | None = None
    heard: Heard | None = None


def read_facts(services: Services, recording_id: str) -> DetailFacts:
    """The facts of one recording; slow, for a lane. Raises NotFound."""
    library = services.library
    recording = library.get(recording_id)
    path = library.path_of(recording.masters[0]) if recording.masters else None
    heard = Heard(recording, Timeline.of(recording), services.rendering.open)
    return DetailFacts(
        recording, path, library.markers(recording.id), library.history(recording.id),
        _read_backup(services, recording), services.fetching.audio_of(recording), heard,
    )  # fmt: skip


def _read_backup(services: Services, recording: Recording) -> BackupFacts:
    place = services.providers.place()
    if not place:
        return BackupFacts()
    found = [services.proofs.of_master(master.id, place) for master in recording.masters]
    receipts = tuple(receipt for receipt in found if receipt is not None)
    attempts = services.sync_log.attempts(recording.id)
    kind, _, path = place.partition(":")
    shared = kind == "folder" and _on_one_disk(Path(path), services.config.raw_recordings_path)
    cached = any(services.fetching.cached(master) is not None for master in recording.masters)
    return BackupFacts(place, receipts, attempts, shared, cached)


def _on_one_disk(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False
