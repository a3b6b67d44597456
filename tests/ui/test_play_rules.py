"""Loop and pauses without a player, and the clock between two words of one."""

import pytest

from voice_recorder.ui.play_clock import PlayClock
from voice_recorder.ui.play_rules import Loop, jump, pauses


def test_long_pauses_are_jumped_over_and_a_part_of_them_stays() -> None:
    assert pauses([(1.0, 2.0), (2.5, 4.0), (6.0, 9.5)], 10.0) == (
        pytest.approx((0.1, 0.9)), pytest.approx((4.1, 5.9)),
    )  # fmt: skip


def test_without_a_voice_all_is_one_pause() -> None:
    assert pauses([], 5.0) == (pytest.approx((0.1, 4.9)),)


@pytest.mark.parametrize(
    ("before", "now", "target"),
    [(1.9, 1.95, None), (1.98, 1.995, 1.0), (2.5, 2.52, None), (0.5, 0.52, None)],
)
def test_a_loop_acts_when_its_end_is_passed_and_lets_who_is_behind_it_go_on(
    before: float, now: float, target: float | None
) -> None:
    assert jump(before, now, Loop(1.0, 2.0), ()) == target


def test_a_pause_is_left_at_its_end_and_one_that_holds_the_end_of_a_loop_goes_to_a() -> None:
    assert jump(3.99, 4.0, None, [(4.0, 6.0)]) == 6.0
    assert jump(3.9, 3.95, None, [(4.0, 6.0)]) is None
    assert jump(3.99, 4.0, Loop(1.0, 5.0), [(4.0, 6.0)]) == 1.0


def test_the_clock_runs_on_and_never_back_by_a_hair() -> None:
    clock = PlayClock()
    clock.jump(5.0)
    shown = [clock.now() for _ in range(100)]
    assert shown == sorted(shown)
    assert shown[0] >= 5.0
    clock.hear(shown[-1] - 0.05)
    assert clock.now() >= shown[-1]
    clock.hear(2.0)  # that is a jump
    assert clock.now() < 3.0
