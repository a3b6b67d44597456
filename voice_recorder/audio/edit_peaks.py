"""Peaks of what is heard: those of the masters, put together as the edit list says, gains applied."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_recorder.audio.peaks import BINS_PER_SECOND, Int8, Peaks
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import Segment

_SLACK = 1e-6  # of a bin: what floats lose must not count as another bin


def edit_peaks(timeline: Timeline, peaks: Mapping[str, Peaks]) -> Peaks:
    """The peaks of ``timeline``, whose masters have these; one without any is drawn as silence.

    They have the resolution of the masters, or 100 bins a second when these differ. A bin in which two
    segments meet holds both.
    """
    rates = {peaks[s.master_id].bins_per_second for s in timeline.segments if s.master_id in peaks}
    rate = rates.pop() if len(rates) == 1 else float(BINS_PER_SECOND)
    bins = math.ceil(float(timeline.duration) * rate - _SLACK)
    minima, maxima = np.full(bins, 127, np.int8), np.full(bins, -128, np.int8)
    for start, segment in timeline.with_starts():
        end = start + timeline.length_of(segment)
        first, last = _bins(start, end, rate, bins)
        low, high = minima[first:last], maxima[first:last]
        source = peaks.get(segment.master_id)
        if source is None or not len(source.maxima):
            np.minimum(low, 0, out=low)
            np.maximum(high, 0, out=high)
            continue
        begins = Fraction(segment.from_frame, timeline.rates[segment.master_id])
        read = _Reader(source, begins, begins + end - start, float(begins - start), rate)
        gains = _gains(segment, (np.arange(first, last) + 0.5) / rate, float(start), float(end))
        np.minimum(low, _louder(read(source.minima, first, last, np.minimum), gains), out=low)
        np.maximum(high, _louder(read(source.maxima, first, last, np.maximum), gains), out=high)
    return Peaks(rate, minima, maxima)


def _bins(start: Fraction, end: Fraction, rate: float, bins: int) -> tuple[int, int]:
    """The bins in which a segment is heard: at least one."""
    first = min(math.floor(float(start) * rate + _SLACK), bins - 1)
    return first, min(bins, max(first + 1, math.ceil(float(end) * rate - _SLACK)))


class _Reader:
    """Reads the peaks of a segment of a master in bins of what is heard, ``rate`` a second.

    It begins and ends at these seconds of the master; ``shift`` leads there from those of what is heard.
    """

    def __init__(self, source: Peaks, begins: Fraction, ends: Fraction, shift: float, rate: float) -> None:
        self._scale = source.bins_per_second / rate
        self._shift = shift * source.bins_per_second
        first = math.floor(float(begins) * source.bins_per_second + _SLACK)
        last = math.ceil(float(ends) * source.bins_per_second - _SLACK)
        self._first = min(max(0, first), len(source.maxima) - 1)
        self._last = min(max(self._first + 1, last), len(source.maxima))

    def __call__(self, values: Int8, first: int, last: int, reduce: np.ufunc) -> Int8:
        """One value for each of the bins ``first`` up to but not including ``last``."""
        values = values[self._first : self._last]
        if self._scale == 1:  # every bin lies in two neighbours at most
            at = first + self._shift - self._first
            whole = math.floor(at + _SLACK)
            here = _stretch(values, whole, last - first)
            if at - whole <= _SLACK:
                return here
            joined: Int8 = reduce(here, _stretch(values, whole + 1, last - first))
            return joined
        places = np.arange(first, last + 1) * self._scale + (self._shift - self._first)
        starts = np.clip(np.floor(places[:-1] + _SLACK).astype(np.int64), 0, len(values) - 1)
        ends = np.clip(np.ceil(places[1:] - _SLACK).astype(np.int64), starts + 1, len(values))
        padded = np.append(values, values[-1])  # so that the last pair may end behind the last value
        reduced: Int8 = reduce.reduceat(padded, np.stack([starts, ends], axis=1).ravel())[::2]
        return reduced


def _stretch(values: Int8, first: int, count: int) -> Int8:
    """``count`` values from ``first``; before the first and behind the last one there is that one again."""
    if first >= 0 and first + count <= len(values):
        return values[first : first + count]
    return values.take(np.arange(first, first + count), mode="clip")


def _gains(segment: Segment, middles: npt.NDArray[Any], start: float, end: float) -> npt.NDArray[Any] | None:
    """The gain in the middle of each bin of a segment from ``start`` to ``end``; None for no change."""
    if not segment.gains:
        return None
    shares = np.clip((middles - start) / (end - start), 0, 1)
    levels = np.ones(len(shares))
    for gain in segment.gains:
        levels *= gain.start + (gain.end - gain.start) * shares
    return levels


def _louder(values: Int8, gains: npt.NDArray[Any] | None) -> Int8:
    if gains is None:
        return values
    louder: Int8 = np.clip(np.rint(values * gains), -128, 127).astype(np.int8)
    return louder
