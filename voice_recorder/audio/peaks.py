"""Peaks: the highest and lowest sample of every hundredth of a second, for drawing and for the overview."""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]

BINS_PER_SECOND = 100
OVERVIEW_COLUMNS = 96
LEVEL_STEP = 4
"""Bins of one level of a pyramid that make one of the next."""
QUIET = 8
_MAGIC = b"PEAK"
_HEAD = struct.Struct("<4sdQ")


@dataclass(frozen=True)
class Peaks:
    """Lowest and highest sample (-128 to 127) of every bin, over all channels."""

    bins_per_second: float
    minima: Int8
    maxima: Int8

    def overview(self) -> bytes:
        """The whole in at most 96 columns: one byte each, the RMS height of its bins, the highest 255.

        Not their highest, as that of a minute of speech is nearly the same as that of any other minute. What
        is quieter than ``QUIET`` throughout stays low.
        """
        if not len(self.maxima):
            return b""
        heights = np.maximum(-self.minima.astype(np.int64), self.maxima)
        columns = min(OVERVIEW_COLUMNS, len(heights))
        starts = np.arange(columns) * len(heights) // columns
        rms = np.sqrt(np.add.reduceat(heights**2, starts) / np.diff(starts, append=len(heights)))
        return bytes(np.rint(rms * (255 / max(rms.max(), QUIET))).astype(np.uint8))

    def to_bytes(self) -> bytes:
        """For a file; ``from_bytes`` reads it."""
        head = _HEAD.pack(_MAGIC, self.bins_per_second, len(self.maxima))
        return head + self.minima.tobytes() + self.maxima.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Peaks":
        """What ``to_bytes`` wrote; ValueError for anything else."""
        magic, rate, bins = _HEAD.unpack_from(data) if len(data) >= _HEAD.size else (b"", 0.0, 0)
        if magic != _MAGIC or not 0 < rate < float("inf") or len(data) != _HEAD.size + 2 * bins:
            raise ValueError("these are no peaks")
        values = np.frombuffer(data, np.int8, offset=_HEAD.size)
        return cls(rate, values[:bins], values[bins:])


class Pyramid:
    """Peaks in several resolutions, so that any stretch, at any zoom, is read in the time of its columns."""

    def __init__(self, peaks: Peaks) -> None:
        self.bins_per_second = peaks.bins_per_second
        self._levels = [(peaks.minima, peaks.maxima)]
        while len(self._levels[-1][0]) > 2 * OVERVIEW_COLUMNS:
            minima, maxima = self._levels[-1]
            self._levels.append((_joined(minima, np.minimum), _joined(maxima, np.maximum)))

    def columns(self, first: int, count: int, column_s: float) -> tuple[Int8, Int8]:
        """Lowest and highest sample of ``count`` columns of ``column_s`` seconds each.

        ``first`` is the number of the first one, counted from the start of the sound: a stretch that is
        scrolled has the same columns, elsewhere. Beyond the end there is silence.
        """
        bins = column_s * self.bins_per_second
        level = 0
        while level + 1 < len(self._levels) and bins >= 2 * LEVEL_STEP:
            level, bins = level + 1, bins / LEVEL_STEP
        minima, maxima = self._levels[level]
        edges = np.floor((first + np.arange(count + 1)) * bins).astype(np.int64)
        return _reduced(minima, edges, np.minimum), _reduced(maxima, edges, np.maximum)


def _joined(values: Int8, reduce: np.ufunc) -> Int8:
    """Every ``LEVEL_STEP`` values made one; an incomplete last group counts."""
    padded = np.pad(values, (0, -len(values) % LEVEL_STEP), "edge")
    joined = padded[::LEVEL_STEP]
    for offset in range(1, LEVEL_STEP):
        joined = reduce(joined, padded[offset::LEVEL_STEP])
    return joined


def _reduced(values: Int8, edges: npt.NDArray[np.int64], reduce: np.ufunc) -> Int8:
    """One value for what is between each two edges; where that is nothing, the one at the first edge."""
    found: Int8 = np.zeros(len(edges) - 1, np.int8)
    inside = np.flatnonzero((edges[:-1] >= 0) & (edges[:-1] < len(values)))
    if len(inside):
        end = max(edges[inside[-1]] + 1, edges[inside[-1] + 1])
        found[inside] = reduce.reduceat(values[:end], edges[:-1][inside])
    return found


class PeakCollector:
    """Collects peaks from blocks of samples, in memory of two bytes a bin."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._bin_frames = max(1, sample_rate_hz // BINS_PER_SECOND)
        self._rate = sample_rate_hz / self._bin_frames
        self._rest: npt.NDArray[np.int16] = np.empty((0, 2), np.int16)
        self._minima: list[Int8] = []
        self._maxima: list[Int8] = []

    def add(self, samples: npt.NDArray[np.int16]) -> None:
        """Take ``samples`` of shape (frames, channels) into account."""
        extremes = np.stack([samples.min(axis=1), samples.max(axis=1)], axis=1)
        extremes = np.concatenate([self._rest, extremes])
        whole = len(extremes) // self._bin_frames * self._bin_frames
        self._collect(extremes[:whole].reshape(-1, self._bin_frames, 2))
        self._rest = extremes[whole:]

    def finish(self) -> Peaks:
        """The peaks of all that was added."""
        if len(self._rest):
            self._collect(self._rest.reshape(1, -1, 2))
        empty = [np.empty(0, np.int8)]
        return Peaks(self._rate, np.concatenate(self._minima or empty), np.concatenate(self._maxima or empty))

    def _collect(self, bins: npt.NDArray[np.int16]) -> None:
        self._minima.append((bins[:, :, 0].min(axis=1) >> 8).astype(np.int8))
        self._maxima.append((bins[:, :, 1].max(axis=1) >> 8).astype(np.int8))
