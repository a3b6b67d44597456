"""Notes whose sound is in the cloud only."""

from collections.abc import Sequence
from pathlib import Path

from tests.fakes.library import write_note
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.transfers import SyncState
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice


def send(services: Services, ids: Sequence[str], send_as: str = "original", provider: str = "folder") -> None:
    """Have these recordings backed up in this format."""
    services.settings.set("compression.send_as", send_as)
    services.settings.set("storage.free_lossy", True)
    services.settings.set("sync.full_check", False)
    if services.settings.current.cloud_provider != provider:
        services.providers.choose(provider, {}, {})
        services.sync.begin()
    services.sync.queue(ids)
    services.sync.run()
    assert {services.library.get(i).sync.state for i in ids} == {SyncState.BACKED_UP}


def cloud_note(
    services: Services,
    folder: Path,
    seconds: float = 2.0,
    send_as: str = "original",
    provider: str = "folder",
    seed: int = 0,
) -> Recording:
    """A note of so many seconds (96,000 bytes each) that was sent and freed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = write_note(folder / f"note {seed}.wav", seconds, seed=seed)
    recording = services.importing.run([path]).recordings[0]
    return freed(services, recording.id, send_as, provider)


def cloud_take(services: Services, send_as: str, provider: str = "folder") -> Recording:
    """A take of this program, of a second, that was sent and freed."""
    take = services.takes.start_from(GeneratedVoice(), limit_s=1.0)
    take.wait(10)
    take.stop()
    services.proving.run_pending()
    return freed(services, take.recording_id, send_as, provider)


def freed(services: Services, recording_id: str, send_as: str, provider: str) -> Recording:
    """Send and free a recording."""
    send(services, [recording_id], send_as, provider)
    result = services.freeing.free([recording_id])[0]
    assert result.ok, result.error
    return services.library.get(recording_id)
