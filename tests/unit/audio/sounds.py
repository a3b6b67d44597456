"""Sound files to read, and a steady voice-like signal to put into them."""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from tests.fakes.processes import require

RATE = 48000


def tone(
    seconds: float = 1.0, *, level: float = 0.5, rate: int = RATE, channels: int = 1
) -> npt.NDArray[np.int16]:
    """A tone of 440 Hz with its peak at ``level`` of full scale, and a little noise on it."""
    at = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(1).uniform(-0.01, 0.01, len(at))
    wave = np.sin(2 * np.pi * 440 * at) * 0.98 + noise
    samples = np.rint(wave * level * 32767).astype(np.int16)
    return np.repeat(samples.reshape(-1, 1), channels, axis=1)


def write(path: Path, samples: npt.NDArray[np.int16], rate: int = RATE, **kind: str) -> Path:
    """Write with soundfile in small blocks: libsndfile's Vorbis encoder does not survive large ones."""
    with (
        path.open("w+b") as file,
        soundfile.SoundFile(file, "w", rate, samples.shape[1], **kind) as sound,
    ):
        for start in range(0, len(samples), 4800):
            sound.write(samples[start : start + 4800] / 32768.0)
    return path


def ffmpeg(source: Path, target: Path, *options: str) -> Path:
    """Convert with ffmpeg; ``target``'s ending is the format."""
    require(["ffmpeg", "ffprobe"], "A file that only ffmpeg writes")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def cut(source: Path, target: Path, share: float) -> Path:
    """The first ``share`` of a file, as a full disk or a broken download leaves it."""
    content = source.read_bytes()
    target.write_bytes(content[: round(len(content) * share)])
    return target
