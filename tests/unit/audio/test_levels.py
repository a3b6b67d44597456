"""C5 and C6: peak and RMS in dBFS, clipping, silence, and the hints that follow from them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.audio.sounds import RATE, tone
from voice_recorder.audio.levels import RecentPeaks, TakeLevels, full_scale, measure, to_dbfs


def constant(value: int, frames: int = RATE // 20, dtype: type = np.int16) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((frames, 1), value, dtype)


def fed(value: int, seconds: float, levels: TakeLevels | None = None) -> TakeLevels:
    levels = levels or TakeLevels(RATE)
    for _ in range(round(seconds * 20)):
        levels.add(measure(constant(value)))
    return levels


def test_full_scale_is_0_dbfs_and_half_is_6_less() -> None:
    assert to_dbfs(1.0) == 0
    assert to_dbfs(0.5) == pytest.approx(-6.02, abs=0.01)
    assert to_dbfs(0.0) is None
    assert to_dbfs(measure(constant(-32768)).peak) == 0


def test_c5_rms_of_a_sine_is_3_db_below_its_peak() -> None:
    sine = (np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) * 16384).astype(np.int16).reshape(-1, 1)
    block = measure(sine)
    assert to_dbfs(block.peak) == pytest.approx(-6.02, abs=0.01)
    assert to_dbfs(math.sqrt(block.mean_square)) == pytest.approx(-9.03, abs=0.01)


@pytest.mark.parametrize("level", [0.003, 0.1, 0.9, 1.0])
def test_c1_2_a_24_bit_take_shows_the_same_levels_as_a_16_bit_one(level: float) -> None:
    narrow = tone(0.1, level=level, channels=2)
    wide = narrow.astype(np.int32) * 65536
    assert full_scale(wide) == 65536 * full_scale(narrow)
    one, two = measure(narrow), measure(wide)
    assert (two.frames, two.silent, two.clipped) == (one.frames, one.silent, one.clipped)
    assert (two.peak, two.mean_square) == (one.peak, pytest.approx(one.mean_square))


@given(values=st.lists(st.integers(-32768, 32767), min_size=1, max_size=200))
def test_every_frame_is_counted_for_what_it_is(values: list[int]) -> None:
    block = measure(np.array(values, np.int16).reshape(-1, 1))
    assert block.frames == len(values)
    assert block.silent == sum(abs(value) <= 1 for value in values)
    assert block.clipped == sum(abs(value) >= 32767 for value in values)
    assert block.peak == max(abs(value) for value in values) / 32768
    if max(map(abs, values)) > 1:
        assert block.mean_square == pytest.approx(np.mean(np.square(values)) / 32768**2, rel=1e-4)


def test_a_frame_is_silent_only_when_all_its_channels_are_and_clipped_when_one_is() -> None:
    block = measure(np.array([[0, 1], [0, 500], [32767, 0], [-32768, 32767]], np.int16))
    assert (block.silent, block.clipped) == (1, 2)


def test_c6_health_is_about_the_whole_take() -> None:
    levels = TakeLevels(RATE)
    for value in (0, 0, 16384, -32768):
        levels.add(measure(constant(value)))
    health = levels.health(dropped_samples=5)
    assert (health.dropped_samples, health.silent_share, health.clipped_share) == (5, 0.5, 0.25)
    assert health.peak_dbfs == 0


def test_a_take_of_silence_has_no_peak_and_one_without_sound_no_shares() -> None:
    assert fed(0, 1).health(0).peak_dbfs is None
    empty = TakeLevels(RATE).health(0)
    assert (empty.clipped_share, empty.silent_share, empty.peak_dbfs) == (0, 0, None)


def test_c6_a_microphone_that_delivers_nothing_is_said_within_3_s_and_not_at_a_pause_for_breath() -> None:
    assert not fed(0, 2).is_silent
    assert fed(0, 2.95).is_silent
    assert fed(1, 2.95).is_silent
    assert not fed(-2, 60).is_silent


def test_sound_ends_the_silence_at_once() -> None:
    levels = fed(0, 5)
    fed(500, 0.05, levels)
    assert not levels.is_silent
    assert not fed(0, 2, levels).is_silent
    assert fed(0, 0.5, levels).is_silent


def test_c6_a_level_too_low_is_hinted_at_and_silence_is_not_called_low() -> None:
    assert not fed(100, 7.9).is_low
    assert fed(100, 8).is_low
    assert not fed(400, 60).is_low
    assert not fed(0, 60).is_low
    levels = fed(100, 8)
    assert not fed(5000, 0.05, levels).is_low


def test_c6_clipping_is_hinted_at_when_it_happens_and_forgotten_when_it_stops() -> None:
    levels = fed(20000, 1)
    assert not levels.is_clipping
    stray = np.array([[32767]] * 3 + [[0]] * 2397, np.int16)
    levels.add(measure(stray))
    assert not levels.is_clipping
    fed(32767, 0.05, levels)
    assert levels.is_clipping
    assert not fed(20000, 60, levels).is_clipping


@given(lengths=st.lists(st.integers(1, 9000), min_size=1, max_size=40))
def test_c5_the_running_waveform_has_a_bin_for_every_stretch_and_keeps_the_last_seconds(
    lengths: list[int],
) -> None:
    recent = RecentPeaks(RATE, 20, 2)
    for number, frames in enumerate(lengths):
        recent.add(measure(constant(1000 * (1 + number % 30), frames)))
    assert len(recent.values()) == min(40, sum(lengths) // 2400)
    assert all(0 < value < 1 for value in recent.values())


def test_c5_a_short_loud_sound_shows_in_its_own_bin_only() -> None:
    recent = RecentPeaks(RATE, 20, 5)
    for value in (100, 100, 16384, 100, 100, 100):  # two blocks a bin
        recent.add(measure(constant(value, 1200)))
    assert recent.values() == (100 / 32768, 0.5, 100 / 32768)
