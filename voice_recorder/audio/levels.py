"""Levels of sound: peak and RMS in dBFS (0 is full scale), clipping, digital silence."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice_recorder.domain.recording import Health

Samples = npt.NDArray[np.int16] | npt.NDArray[np.int32]

FULL_SCALE_16 = 32768.0
SILENCE_LSB = 1
"""A sample of at most one 16-bit step counts as digital silence; no open microphone is that quiet."""


def full_scale(samples: Samples) -> float:
    """The value that counts as 0 dBFS; 24-bit samples stand in the upper bytes of 32."""
    return FULL_SCALE_16 if samples.dtype == np.int16 else FULL_SCALE_16 * 65536.0


def to_dbfs(amplitude: float) -> float | None:
    """``amplitude`` (0 to 1) in dBFS; None for 0."""
    return 20.0 * math.log10(amplitude) if amplitude > 0 else None


@dataclass(frozen=True)
class BlockLevels:
    """What one block of sound holds: amplitudes of 0 to 1, and counts of frames."""

    frames: int
    peak: float
    mean_square: float
    clipped: int
    silent: int


def measure(samples: Samples) -> BlockLevels:
    """The levels of ``samples`` of shape (frames, channels), frames > 0."""
    scale = full_scale(samples)
    high, low = int(samples.max()), int(samples.min())
    peak = max(high, -low)
    frames = samples.shape[0]
    step = scale / FULL_SCALE_16
    if peak <= SILENCE_LSB * step:
        return BlockLevels(frames, peak / scale, 0.0, 0, frames)
    values = samples.astype(np.float32)
    mean_square = float(np.dot(values.ravel(), values.ravel())) / values.size / scale**2
    magnitude = np.abs(values).max(axis=1)
    clipped = int(np.count_nonzero(magnitude >= scale - step)) if peak >= scale - step else 0
    silent = int(np.count_nonzero(magnitude <= SILENCE_LSB * step))
    return BlockLevels(frames, peak / scale, mean_square, clipped, silent)


class TakeLevels:
    """The sums of a take's levels, and how long it has been silent or low."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self.frames = 0
        self.silent_run = 0  # frames of unbroken digital silence up to now
        self.low_run = 0  # frames since the level last reached that of speech
        self._clipped = 0
        self._silent = 0
        self._peak = 0.0
        self._recently_clipped = 0.0

    def add(self, block: BlockLevels) -> None:
        """Take one more block into account."""
        self.frames += block.frames
        self._clipped += block.clipped
        self._silent += block.silent
        self._peak = max(self._peak, block.peak)
        self.silent_run = self.silent_run + block.frames if block.silent == block.frames else 0
        self.low_run = 0 if block.peak >= LOW_PEAK else self.low_run + block.frames
        fade = math.exp(-block.frames / self._rate / CLIPPING_MEMORY_S)
        self._recently_clipped = self._recently_clipped * fade + block.clipped

    @property
    def is_silent(self) -> bool:
        """Nothing but digital silence for long enough to say so."""
        return self.silent_run >= SILENT_AFTER_S * self._rate

    @property
    def is_low(self) -> bool:
        """There is sound, but none as loud as speech for long enough to say so."""
        return not self.is_silent and self.low_run >= LOW_AFTER_S * self._rate

    @property
    def is_clipping(self) -> bool:
        """More than a stray sample has lately reached full scale."""
        return self._recently_clipped >= CLIPPING_FRAMES

    def health(self, dropped_samples: int) -> Health:
        """The health of the take so far."""
        total = max(1, self.frames)
        return Health(dropped_samples, self._clipped / total, self._silent / total, to_dbfs(self._peak))


class RecentPeaks:
    """The last peaks of a take, so many a second, for a waveform that runs along."""

    def __init__(self, sample_rate_hz: int, per_second: int, seconds: int) -> None:
        self._bin_frames = sample_rate_hz // per_second
        self._bins: deque[float] = deque(maxlen=per_second * seconds)
        self._peak = 0.0
        self._frames = 0

    def add(self, block: BlockLevels) -> None:
        """Take one more block into account; one longer than a bin fills several."""
        self._peak = max(self._peak, block.peak)
        self._frames += block.frames
        while self._frames >= self._bin_frames:
            self._bins.append(self._peak)
            self._frames -= self._bin_frames
            self._peak = block.peak if self._frames else 0.0

    def values(self) -> tuple[float, ...]:
        """The peaks, 0 to 1, newest last."""
        return tuple(self._bins)


SILENT_AFTER_S = 2.5
LOW_AFTER_S = 8.0
LOW_PEAK = 0.01  # -40 dBFS
CLIPPING_MEMORY_S = 2.0
CLIPPING_FRAMES = 10
