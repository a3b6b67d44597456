"""Peaks: the highest and lowest sample of every hundredth of a second, for drawing and for the overview."""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]

BINS_PER_SECOND = 100
OVERVIEW_COLUMNS = 96
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
