"""P10: the clean-up of 100 files in a warm process."""

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.report import REPEATS, Figure, median_of, milliseconds
from tests.fakes.library import write_note
from voice_recorder import app
from voice_recorder.services import Services
from voice_recorder.storage.paths import StorageConfig

FILES = 100


def run(*, quick: bool = False) -> list[Figure]:
    """Stray copies and temporary files; leftovers of cancelled transfers; notes past their date."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder, "home")
        environ = {**os.environ, "VOICE_RECORDER_HOME": str(home)}
        services = app.build(StorageConfig.from_environment("testing", environ))
        try:
            repeats = 2 if quick else REPEATS
            services.cleanup.run()
            return [
                _figure("stray files", median_of(lambda: _strays(services), repeats)),
                _figure("notes past their date", median_of(lambda: _notes(services, Path(folder)), repeats)),
            ]
        finally:
            services.close()


def _figure(what: str, took_ms: float) -> Figure:
    return Figure("P10", f"clean-up: {FILES} {what}", took_ms, "ms", at_most=1000)


def _strays(services: Services) -> float:
    """Half of them compressed copies, the rest temporary files, cached audio and drawings."""
    config = services.config
    old = time.time() - 40 * 86400
    folders = [config.cloud_copies_path] * 2 + [config.cache_path / "audio", config.cache_path / "peaks"]
    suffixes = [".mp3", ".opus", ".wav", ".peaks"]
    for number in range(FILES):
        folder, suffix = folders[number % 4], suffixes[number % 4]
        folder.mkdir(exist_ok=True)
        path = folder / f"{number:032x}{suffix}"
        path.write_bytes(bytes(100_000))
        os.utime(path, (old, old))
    return _timed(services, datetime.now(UTC))


def _notes(services: Services, folder: Path) -> float:
    """Notes that were put into the trash 31 days ago."""
    folder.joinpath("notes").mkdir(exist_ok=True)
    now = datetime.now(UTC)
    paths = [
        write_note(folder / "notes" / f"{n}.wav", 0.1, seed=time.monotonic_ns() % 10**9 + n)
        for n in range(FILES)
    ]
    recordings = services.importing.run(paths).recordings
    services.trash.delete([recording.id for recording in recordings])
    services.library.count_trash_from(now - timedelta(days=31))
    return _timed(services, now)


def _timed(services: Services, now: datetime) -> float:
    removed = 0

    def work() -> None:
        nonlocal removed
        removed = len(services.cleanup.run(now).removed)

    took_ms = milliseconds(work)
    assert removed == FILES, removed
    return took_ms
