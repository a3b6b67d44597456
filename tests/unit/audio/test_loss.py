"""C6: silent loss is found by the clock, and neither drift nor uneven delivery is taken for it."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_recorder.audio.capture import LossMeter

RATE = 48000
BLOCK_S = 0.05


def heard(
    seconds: float,
    *,
    drift: float = 0.0,
    late_s: Callable[[int], float] = lambda number: 0.0,
    gaps: Sequence[tuple[float, float]] = (),
) -> LossMeter:
    """A meter that was told of a stream 20 times a second.

    ``drift`` is how much slower the device's clock runs, ``late_s`` how late the newest block
    is at each look, ``gaps`` when sound was lost and how much of it (both in seconds).
    """
    meter = LossMeter(RATE)
    for number in range(1, round(seconds / BLOCK_S) + 1):
        now = number * BLOCK_S
        arrived = max(0.0, now - late_s(number)) * (1 - drift)
        lost = sum(length for at, length in gaps if at < now)
        meter.add(now, 0.0, max(0, round((arrived - lost) * RATE)))
    return meter


@given(drift=st.floats(-500e-6, 500e-6), seconds=st.floats(1, 60))
@settings(max_examples=50)
def test_a_clock_that_drifts_by_up_to_500_ppm_is_no_loss(drift: float, seconds: float) -> None:
    meter = heard(seconds, drift=drift)
    assert (meter.lost_frames, meter.finish()) == (0, 0)


def test_an_hour_of_drift_is_no_loss() -> None:
    meter = heard(3600, drift=500e-6)
    assert (meter.lost_frames, meter.finish()) == (0, 0)


_delays = st.lists(st.floats(0, 0.5), min_size=9, max_size=9)


@given(delays=_delays, drift=st.floats(-500e-6, 500e-6), seconds=st.floats(2, 30))
@settings(max_examples=50)
def test_uneven_delivery_that_catches_up_is_no_loss(
    delays: list[float], drift: float, seconds: float
) -> None:
    """Up to half a second late, on time at least twice a second: as PulseAudio delivers."""
    uneven = [*delays, 0.0]
    meter = heard(seconds, drift=drift, late_s=lambda number: uneven[number % 10])
    assert (meter.lost_frames, meter.finish()) == (0, 0)


@given(at=st.floats(5, 25), lost=st.floats(0.1, 5), drift=st.floats(-500e-6, 500e-6))
@settings(max_examples=50)
def test_a_loss_of_100_ms_and_more_is_found(at: float, lost: float, drift: float) -> None:
    meter = heard(30, drift=drift, gaps=[(at, lost)])
    assert meter.finish() == pytest.approx(lost * RATE, abs=0.02 * RATE)


@given(gaps=st.lists(st.floats(0.1, 1), min_size=1, max_size=4))
@settings(max_examples=30)
def test_several_losses_add_up(gaps: list[float]) -> None:
    meter = heard(6 * len(gaps) + 3, gaps=[(6 * number + 1, gap) for number, gap in enumerate(gaps)])
    assert meter.finish() == pytest.approx(sum(gaps) * RATE, abs=0.02 * RATE)
    assert meter.lost_frames == meter.finish()


@pytest.mark.parametrize("delays", [(0.0, 0.05), (0.1, 0.3, 0.05, 0.2, 0.45, 0.1, 0.3, 0.06, 0.2, 0.0)])
def test_at_whatever_moment_a_take_ends_uneven_delivery_is_no_loss(delays: tuple[float, ...]) -> None:
    """Also when only a late block or two have come since the meter last judged."""
    ends = [number * BLOCK_S for number in range(1, 160)]
    lost = [heard(end, late_s=lambda number: delays[number % len(delays)]).finish() for end in ends]
    assert set(lost) == {0}


def test_a_loss_shows_while_the_take_still_runs() -> None:
    assert heard(10, gaps=[(3.0, 0.2)]).lost_frames == pytest.approx(0.2 * RATE, abs=0.01 * RATE)


def test_a_stall_that_is_made_good_is_taken_back() -> None:
    stalled = range(60, 160)  # nothing for five seconds, then all of it

    def late(number: int) -> float:
        return (number - stalled.start) * BLOCK_S if number in stalled else 0.0

    assert heard(7.9, late_s=late).lost_frames > RATE
    meter = heard(15, late_s=late)
    assert (meter.lost_frames, meter.finish()) == (0, 0)


def test_before_anything_was_heard_nothing_is_lost() -> None:
    meter = LossMeter(RATE)
    assert (meter.lost_frames, meter.finish()) == (0, 0)


@pytest.mark.parametrize("lost_s", [0.02, 0.5, 4.0])
def test_what_was_lost_moves_the_time_of_all_that_follows(lost_s: float) -> None:
    """Also less than a loss that is told of, and a second after it rather than a window."""
    meter = heard(7.2, gaps=[(6.0, lost_s)])
    assert meter.shift_frames == pytest.approx(lost_s * RATE, abs=0.001 * RATE)


def test_drift_moves_the_time_too_and_late_blocks_do_not() -> None:
    assert heard(600, drift=500e-6).shift_frames == pytest.approx(0.3 * RATE, abs=0.01 * RATE)
    uneven = (0.1, 0.3, 0.05, 0.2, 0.45, 0.1, 0.3, 0.06, 0.2, 0.0)
    assert heard(20, late_s=lambda number: uneven[number % 10]).shift_frames == pytest.approx(
        0, abs=0.06 * RATE
    )
    assert LossMeter(RATE).shift_frames == 0


def test_a_loss_in_the_last_window_counts_at_the_end() -> None:
    """A take of two seconds, which no window has judged."""
    meter = heard(2.3, gaps=[(0.7, 0.8)])
    assert meter.lost_frames == 0
    assert meter.finish() == pytest.approx(0.8 * RATE, abs=0.02 * RATE)


def test_what_is_left_of_a_late_delivery_that_was_made_good_is_no_loss() -> None:
    meter = LossMeter(RATE)
    for number in range(400):
        late = 0.2 if 100 <= number < 250 else 0.0
        jitter = 8 if number >= 250 else 0  # it came back by eight frames less
        meter.add(number * 0.05, 0.0, round((number * 0.05 - late) * RATE) - jitter)
    assert (meter.lost_frames, meter.finish()) == (0, 0)
