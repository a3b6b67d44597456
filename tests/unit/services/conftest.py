"""A library of the test's own with everything joined to it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fakes.library import opened
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import voice


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    with opened() as services:
        yield services


@pytest.fixture
def note(services: Services, tmp_path: Path) -> Recording:
    """A second of the generated voice, imported."""
    path = tmp_path / "note.wav"
    soundfile.write(path, np.asarray(voice(48000, 48000)), 48000)
    return services.importing.run([path]).recordings[0]
