"""W1 and C5: the peaks for drawing a recording."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.audio.sounds import tone
from voice_recorder.audio.peaks import BINS_PER_SECOND, OVERVIEW_COLUMNS, PeakCollector, Peaks, Pyramid


def collected(samples: np.ndarray, rate: int = 48000, cuts: tuple[int, ...] = ()) -> Peaks:  # type: ignore[type-arg]
    collector = PeakCollector(rate)
    for part in np.split(samples, cuts):
        if len(part):
            collector.add(part)
    return collector.finish()


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
def test_there_are_a_hundred_bins_a_second_and_they_span_the_whole(rate: int) -> None:
    peaks = collected(tone(2.0, rate=rate), rate)
    assert peaks.bins_per_second == pytest.approx(BINS_PER_SECOND, rel=0.01)
    assert len(peaks.maxima) / peaks.bins_per_second == pytest.approx(2.0, abs=0.011)


def test_a_bin_holds_the_lowest_and_highest_sample_of_its_hundredth_over_all_channels() -> None:
    samples = np.zeros((480 * 3, 2), np.int16)
    samples[100] = (12800, -6400)
    samples[480 * 2] = (0, -32768)
    samples[480 * 3 - 1] = (32767, 0)
    peaks = collected(samples)
    assert peaks.maxima.tolist() == [50, 0, 127]
    assert peaks.minima.tolist() == [-25, 0, -128]


def test_a_last_unfinished_bin_counts() -> None:
    samples = np.zeros((481, 1), np.int16)
    samples[480] = 25600
    assert collected(samples).maxima.tolist() == [0, 100]


@given(frames=st.integers(1, 5000), data=st.data())
def test_how_the_sound_was_cut_into_blocks_does_not_show(frames: int, data: st.DataObject) -> None:
    samples = np.random.default_rng(frames).integers(-32768, 32767, (frames, 1)).astype(np.int16)
    cuts = tuple(sorted(data.draw(st.lists(st.integers(0, frames), max_size=6))))
    whole, in_blocks = collected(samples), collected(samples, cuts=cuts)
    assert in_blocks.minima.tolist() == whole.minima.tolist()
    assert in_blocks.maxima.tolist() == whole.maxima.tolist()


def test_without_sound_there_are_no_peaks() -> None:
    peaks = PeakCollector(48000).finish()
    assert (len(peaks.minima), len(peaks.maxima), peaks.overview()) == (0, 0, b"")


def test_the_overview_shows_every_loud_place_of_a_long_recording_in_96_columns() -> None:
    bins = 100 * 60 * 30
    for loud in (0, 1, bins // 3, bins - 1):
        maxima = np.zeros(bins, np.int8)
        maxima[loud] = 127
        overview = Peaks(100, np.zeros(bins, np.int8), maxima).overview()
        assert len(overview) == OVERVIEW_COLUMNS
        assert [column for column, height in enumerate(overview) if height] == [loud * 96 // bins]
        assert max(overview) > 20  # to be seen, not to look like a loud note


def test_a_recording_shorter_than_the_overview_has_a_column_for_each_bin() -> None:
    assert Peaks(100, np.array([-128, 0], np.int8), np.array([5, 64], np.int8)).overview() == bytes(
        [255, 128]
    )


@given(
    rate=st.floats(0.1, 1000),
    bins=st.lists(st.tuples(st.integers(-128, 127), st.integers(-128, 127)), max_size=300),
)
def test_peaks_come_back_from_their_file(rate: float, bins: list[tuple[int, int]]) -> None:
    minima, maxima = np.array([b[0] for b in bins], np.int8), np.array([b[1] for b in bins], np.int8)
    read = Peaks.from_bytes(Peaks(rate, minima, maxima).to_bytes())
    assert read.bins_per_second == rate
    assert (read.minima.tolist(), read.maxima.tolist()) == (minima.tolist(), maxima.tolist())


@given(data=st.binary(max_size=100))
def test_what_are_no_peaks_is_said(data: bytes) -> None:
    with pytest.raises(ValueError, match="no peaks"):
        Peaks.from_bytes(data)


def test_a_damaged_file_of_peaks_is_noticed_or_harmless() -> None:
    """They are a cache: whatever is wrong with it must come as ValueError, so that it is made anew."""
    stored = collected(tone(0.5)).to_bytes()
    for length in range(len(stored)):
        with pytest.raises(ValueError, match="no peaks"):
            Peaks.from_bytes(stored[:length])
    for at in range(min(60, len(stored))):
        for byte in (0, 0x7F, 0xFF):
            spoilt = stored[:at] + bytes([byte]) + stored[at + 1 :]
            try:
                peaks = Peaks.from_bytes(spoilt)
            except ValueError:
                continue
            assert len(peaks.minima) == len(peaks.maxima) == 50


def test_small_peaks_of_another_form_are_no_peaks() -> None:
    for data in (b"PK\x03\x04" + b"\0" * 60, b"\x93NUMPY" + b"\0" * 60, b"\x80\x04K\x01."):
        with pytest.raises(ValueError, match="no peaks"):
            Peaks.from_bytes(data)


@given(
    bins=st.integers(1, 5000), first=st.integers(0, 400), count=st.integers(1, 300),
    column_s=st.floats(0.001, 30),
)  # fmt: skip
def test_a_pyramid_gives_what_the_peaks_give_to_a_fraction_of_a_column(
    bins: int, first: int, count: int, column_s: float
) -> None:
    rng = np.random.default_rng(bins)
    high = rng.integers(0, 128, bins).astype(np.int8)
    low, got = Pyramid(Peaks(100.0, -high, high)).columns(first, count, column_s)
    assert len(low) == len(got) == count
    np.testing.assert_array_equal(low, -got)
    for column in range(0, count, 17):
        start, end = (int((first + column + n) * column_s * 100) for n in (0, 1))
        reach = max(1, int(column_s * 100 / 2))
        inside = high[start:end] if end > start else high[start : start + 1]
        around = high[max(0, start - reach) : end + reach]
        if not len(inside):
            assert start >= bins - reach
            continue
        assert np.median(inside) <= got[column] <= max(around)


def test_levels_of_a_pyramid_lose_no_peak() -> None:
    high = np.zeros(100_003, np.int8)
    high[[0, 50_001, 100_002]] = 127
    _low, got = Pyramid(Peaks(100.0, np.zeros_like(high), high)).columns(0, 12, 100.0)
    assert np.flatnonzero(got == 127).tolist() == [0, 5, 10]
    assert np.flatnonzero(got).tolist() == [0, 5, 10]
