"""Sound that can be encoded: what the encoders ask of a master, and of a rendered timeline."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_recorder.audio.resampling import resampled

Progress = Callable[[int, int], None]
Samples16 = npt.NDArray[np.int16]
_PROGRESS_EVERY_S = 0.1
_UP_TO_16_BITS = ("PCM_16", "PCM_S8", "PCM_U8")
_DTYPES = {"PCM_24": "int32", "PCM_32": "int32", "FLOAT": "float32", "DOUBLE": "float64"}
_SAMPLE_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


class Sound(ABC):
    """Sound in blocks of shape (frames, channels). ``subtype`` is libsndfile's word for the samples."""

    def __init__(self, frames: int, sample_rate_hz: int, channels: int, subtype: str) -> None:
        self.frames = frames
        self.sample_rate_hz = sample_rate_hz
        self.channels = channels
        self.subtype = subtype
        self.has_16_bits = subtype in _UP_TO_16_BITS
        self.has_floats = subtype in ("FLOAT", "DOUBLE")
        self.dtype = _DTYPES.get(subtype, "int16")
        """What holds its samples exactly."""
        self.sample_bytes = _SAMPLE_BYTES.get(subtype, 2)

    @abstractmethod
    def blocks(self, dtype: str) -> Iterator[npt.NDArray[Any]]:
        """All of it as ``dtype``; floating-point samples may be louder than full scale, or no numbers."""

    def samples(self, sample_rate_hz: int, channels: int) -> Iterator[Samples16]:
        """All of it in 16 bits at this rate and with this many channels, one or two."""
        if self.has_16_bits and (sample_rate_hz, channels) == (self.sample_rate_hz, self.channels):
            yield from self.blocks("int16")
            return
        mixed = self._mixed(channels)
        frames = 0
        for block in resampled(mixed, self.sample_rate_hz, sample_rate_hz, channels):
            frames += len(block)
            yield _to_int16(block)
        if not frames:
            yield np.zeros((1, channels), np.int16)  # a single sample of 192 kHz is less than one

    def _mixed(self, channels: int) -> Iterator[npt.NDArray[np.float32]]:
        for block in clipped(self.blocks("float32")):
            yield _mixed_to_stereo(block) if self.channels > channels else block


def clipped(blocks: Iterator[npt.NDArray[Any]]) -> Iterator[npt.NDArray[Any]]:
    """The same blocks; floating-point samples lie within -1 and 1."""
    for block in blocks:
        yield np.clip(np.nan_to_num(block), -1, 1) if block.dtype.kind == "f" else block


def _mixed_to_stereo(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.stack([block[:, 0::2].mean(axis=1), block[:, 1::2].mean(axis=1)], axis=1)


def _to_int16(block: npt.NDArray[np.float32]) -> Samples16:
    samples: Samples16 = np.clip(np.rint(block * 32768.0), -32768, 32767).astype(np.int16)
    return samples


class Told:
    """Tells how far the work is: (done, total), ten times a second at most, and at its end."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._at = 0.0

    def tell(self, done: int) -> None:
        """``done`` of the total."""
        if self._progress and (done == self._total or time.monotonic() - self._at >= _PROGRESS_EVERY_S):
            self._progress(done, self._total)
            self._at = time.monotonic()
