"""Loudness as EBU R 128 has it, against its own test signals and ffmpeg."""

import re
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.fakes.processes import require
from voice_recorder.audio.loudness import LoudnessMeter


def measured(samples: npt.NDArray[np.float32], rate: int = 48000) -> LoudnessMeter:
    meter = LoudnessMeter(rate, samples.shape[1])
    for start in range(0, len(samples), 10_007):
        meter.add(samples[start : start + 10_007])
    return meter


def sine(level_dbfs: float, seconds: float, channels: int, hz: float = 1000) -> npt.NDArray[np.float32]:
    wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(48000 * seconds)) / 48000)
    return np.repeat(wave.astype(np.float32)[:, np.newaxis], channels, axis=1)


def test_the_first_signals_of_ebu_tech_3341() -> None:
    """A stereo tone of 1 kHz at -23 and at -33 dBFS for 20 s reads -23 and -33 LUFS."""
    for level in (-23.0, -33.0):
        assert measured(sine(level, 20, 2)).integrated_lufs == pytest.approx(level, abs=0.1)


def test_pauses_do_not_count() -> None:
    tone, pause = sine(-23, 10, 2), np.zeros((480_000, 2), np.float32)
    assert measured(np.concatenate([tone, pause])).integrated_lufs == pytest.approx(-23, abs=0.15)


def test_a_peak_between_the_samples_is_found() -> None:
    """A quarter of the rate, caught 45 degrees beside its peaks: 3 dB higher than any sample."""
    at = np.arange(48000)
    wave = np.sin(np.pi / 2 * at + np.pi / 4).astype(np.float32)[:, np.newaxis] * 0.5
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-9.03, abs=0.01)
    assert measured(wave).true_peak_dbtp == pytest.approx(-6.02, abs=0.3)


def test_silence_and_nothing_have_no_loudness() -> None:
    for frames in (0, 100, 96_000):
        meter = measured(np.zeros((frames, 1), np.float32))
        assert (meter.integrated_lufs, meter.true_peak_dbtp) == (None, None)


def test_it_agrees_with_ffmpeg_on_a_mono_sound(tmp_path: Path) -> None:
    require(["ffmpeg"], "Another measurement")
    rng = np.random.default_rng(1)
    swell = np.abs(np.sin(np.arange(48000 * 8) / 20_000))[:, np.newaxis]
    samples = (rng.standard_normal((48000 * 8, 1)) * 0.1 * swell).astype(np.float32)
    soundfile.write(tmp_path / "s.wav", samples, 48000, subtype="FLOAT")
    said = subprocess.run(
        ["ffmpeg", "-nostats", "-i", str(tmp_path / "s.wav"), "-af", "ebur128", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    found = re.findall(r"I:\s+(-?[\d.]+) LUFS", said)
    assert measured(samples).integrated_lufs == pytest.approx(float(found[-1]), abs=0.1)
