"""A voice from espeak-ng, as exact samples that can be compared with what was recorded."""

import itertools
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tests.fakes.processes import require

Samples = npt.NDArray[np.int16]


def speak(text: str, path: Path, rate: int = 48000) -> Samples:
    """Say ``text`` into a mono 16-bit WAV file and return its samples."""
    samples = _say(text, rate)
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return samples


def speak_for(seconds: float, path: Path, rate: int = 48000) -> Samples:
    """Count sentences aloud for exactly ``seconds`` into a mono 16-bit WAV file and return its samples.

    No sentence comes twice, so that there is one offset only at which a recording fits.
    """
    wanted = round(seconds * rate)
    parts: list[Samples] = []
    for first in itertools.count(1, 5):
        numbers = range(first, first + 5)
        parts.append(_say(" ".join(f"This is sentence number {number}." for number in numbers), rate))
        if sum(len(part) for part in parts) >= wanted:
            break
    samples = np.concatenate(parts)[:wanted]
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return samples


def read_samples(path: Path) -> Samples:
    """All samples of a mono sound file as 16-bit integers."""
    samples: Samples = soundfile.read(path, dtype="int16")[0]
    return samples


def _say(text: str, rate: int) -> Samples:
    require(["espeak-ng"], "A synthetic voice")
    with tempfile.TemporaryDirectory(prefix="speech-") as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-w", str(spoken), text], check=True, capture_output=True)
        voice, voice_rate = soundfile.read(spoken, dtype="float64")
    resampled = soxr.resample(voice, voice_rate, rate)
    samples: Samples = np.clip(np.rint(resampled * 32767), -32768, 32767).astype(np.int16)
    return samples
