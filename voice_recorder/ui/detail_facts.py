"""What the detail needs to know of a recording, read in a lane."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voice_recorder.domain.edit_history import EditHistory
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import HistoryEntry, Marker, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.ui.backup_words import BackupFacts
from voice_recorder.ui.language import tr
from voice_recorder.ui.render_device import Heard

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.fetching import CloudAudio


@dataclass(frozen=True)
class DetailFacts:
    """A recording with all that is shown beside it.

    ``silent`` says why its sound cannot be had just now; empty while it can. ``edits_unreadable``: there are
    steps of editing that only a newer version can read.
    """

    recording: Recording
    path: Path | None
    markers: tuple[Marker, ...]
    history: tuple[HistoryEntry, ...]
    backup: BackupFacts = field(default_factory=BackupFacts)
    cloud: CloudAudio | None = None
    heard: Heard | None = None
    edits: EditHistory = field(default_factory=EditHistory)
    edits_unreadable: bool = False
    silent: str = ""


def read_facts(services: Services, recording_id: str) -> DetailFacts:
    """The facts of one recording; slow, for a lane. Raises NotFound."""
    library = services.library
    recording = library.get(recording_id)
    path = library.path_of(recording.masters[0]) if recording.masters else None
    heard = Heard(recording, Timeline.of(recording), services.rendering.open)
    history, edits = library.history(recording.id), services.editing.history(recording.id)
    return DetailFacts(
        recording, path, library.markers(recording.id), history,
        _read_backup(services, recording), services.fetching.audio_of(recording), heard,
        edits, not edits.steps and any(entry.kind == "edited" for entry in history),
        _silent(services, recording),
    )  # fmt: skip


def _silent(services: Services, recording: Recording) -> str:
    """Why something of what is heard cannot be had; empty when all of it can."""
    heard = {segment.master_id for segment in Timeline.of(recording).segments}
    for master in recording.masters:
        here = services.library.path_of(master).exists() or services.fetching.cached(master) is not None
        if master.id in heard and not here:
            if master.state is MasterState.FREED:
                return tr("The audio is in the cloud only. Fetch it first.")
            return tr("The audio file is missing. Put it back first.")
    return ""


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
