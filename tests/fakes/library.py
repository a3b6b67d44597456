"""A library with notes in it, in the place that VOICE_RECORDER_HOME names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from tests.fakes.new_library import lay_new_library
from voice_recorder import app
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services
from voice_recorder.storage.paths import StorageConfig


@contextmanager
def opened() -> Iterator[Services]:
    """The services of the library, given back at the end."""
    config = StorageConfig.from_environment()
    lay_new_library(config)
    services = app.build(config)
    try:
        yield services
    finally:
        services.close()


def write_note(
    path: Path, seconds: float = 0.5, *, seed: int = 0, rate: int = 48000, channels: int = 1, **options: str
) -> Path:
    """A sound file of noise, which no other ``seed`` makes; ``options`` are soundfile's format, subtype."""
    noise = np.random.default_rng(seed).integers(-8000, 8000, (round(seconds * rate), channels))
    with path.open("wb") as file:
        kind = {"format": path.suffix.lstrip(".").upper() or "WAV", **options}
        soundfile.write(file, noise.astype(np.int16), rate, **kind)
    return path


def with_notes(folder: Path, titles: list[str]) -> list[Recording]:
    """Import a note for each of ``titles`` into the library, from files made in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [write_note(folder / f"{title}.wav", seed=seed) for seed, title in enumerate(titles)]
    with opened() as services:
        report = services.importing.run(paths)
        assert not report.failed
        return report.recordings
