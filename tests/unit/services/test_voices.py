"""Where somebody speaks in what is heard: through the edit list, and kept."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import Speech
from tests.fakes.library import opened
from voice_recorder.domain.errors import Cancelled, NotFound
from voice_recorder.domain.recording import Recording, Segment
from voice_recorder.services import Services
from voice_recorder.services.voices import Voices

RATE = 48000


def imported(services: Services, folder: Path, speech: Speech) -> Recording:
    """A recording of three seconds of nothing, two of a voice, three of nothing."""
    quiet = np.zeros(3 * RATE, np.int16)
    path = folder / "talk.wav"
    soundfile.write(path, np.concatenate([quiet, speech.samples[: 2 * RATE], quiet]), RATE)
    return services.importing.run([path]).recordings[0]


def test_voices_follow_the_edit_list_and_are_listened_to_once(
    home: Path, tmp_path: Path, speech: Speech
) -> None:
    with opened() as services:
        recording = imported(services, tmp_path, speech)
        assert services.voices.known(recording) is None
        told: list[tuple[int, int, str]] = []
        ranges = services.voices.ranges(recording, report=lambda *words: told.append(words))
        (first, *_), (*_, last) = ranges[0], ranges[-1]
        assert 2.5 < first < 3.3
        assert 4.5 < last < 5.5
        assert told[-1][:2] == (8, 8)
        told.clear()
        assert services.voices.ranges(recording, report=lambda *words: told.append(words)) == ranges
        assert services.voices.known(recording) == ranges
        assert told == []
        key = recording.masters[0].id
        cut = replace(  # the second with the middle of the voice, then all from the third second on
            recording, edit_list=(Segment(key, 4 * RATE, 5 * RATE), Segment(key, 3 * RATE, 8 * RATE))
        )
        heard = services.voices.ranges(cut)
        assert heard[0][0] == 0.0
        assert heard[-1][1] == pytest.approx(1 + last - 3, abs=1e-6)
        silence = replace(recording, edit_list=(Segment(key, 0, RATE),))
        assert services.voices.ranges(silence) == ()
        services.library.path_of(recording.masters[0]).unlink()
        assert services.voices.ranges(recording) == ranges


def test_a_broken_cache_is_made_anew(home: Path, tmp_path: Path, speech: Speech) -> None:
    with opened() as services:
        recording = imported(services, tmp_path, speech)
        ranges = services.voices.ranges(recording)
        (kept,) = (services.config.cache_path / "voices").iterdir()
        whole = kept.read_bytes()
        for broken in (b"", whole[:-3], whole[:-8], whole[:-16], b"X" + whole[1:], whole[:8] + whole[:7:-1]):
            kept.write_bytes(broken)
            assert services.voices.known(recording) is None
            assert services.voices.ranges(recording) == ranges
            assert kept.read_bytes() == whole


def test_without_its_audio_a_fetched_copy_is_listened_to(home: Path, tmp_path: Path, speech: Speech) -> None:
    with opened() as services:
        recording = imported(services, tmp_path, speech)
        path = services.library.path_of(recording.masters[0])
        copy = path.rename(tmp_path / "copy.wav")
        with pytest.raises(NotFound):
            services.voices.ranges(recording)
        with pytest.raises(NotFound):
            Voices(services.config, services.library).ranges(recording)
        assert Voices(services.config, services.library, lambda _master: copy).ranges(recording)


def test_listening_can_be_cancelled_and_keeps_nothing(home: Path, tmp_path: Path, speech: Speech) -> None:
    with opened() as services:
        recording = imported(services, tmp_path, speech)
        cancel = threading.Event()
        cancel.set()
        with pytest.raises(Cancelled):
            services.voices.ranges(recording, cancel)
        assert services.voices.known(recording) is None


def test_without_a_digest_nothing_is_kept(home: Path, tmp_path: Path, speech: Speech) -> None:
    with opened() as services:
        recording = imported(services, tmp_path, speech)
        fresh = replace(recording, masters=(replace(recording.masters[0], sha256=None),))
        assert services.voices.ranges(fresh) == services.voices.ranges(fresh)
        assert services.voices.known(fresh) is None
