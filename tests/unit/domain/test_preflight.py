"""S5: the verdict from numbers, the hard floor and the time left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_recorder.domain.preflight import (
    MB,
    Limits,
    Measurements,
    Status,
    hard_floor_bytes,
    in_mb,
    judge,
    time_left_s,
)

RATE = 96_000  # 48 kHz mono 16 bit
GOOD = Measurements(free_bytes=10_000 * MB, writable=True, free_inodes=1_000_000, write_bytes_per_s=200 * MB)
LIMITS = Limits(minimum_bytes=500 * MB, need_bytes=0, data_rate_bytes_per_s=RATE)


def found(**changes: object) -> Measurements:
    return Measurements(**{**GOOD.__dict__, **changes})


def test_a_good_machine_is_healthy_without_a_word() -> None:
    verdict = judge(GOOD, LIMITS)
    assert (verdict.status, verdict.reasons, verdict.blocked) == (Status.HEALTHY, (), False)


def test_s5_2_too_little_room_blocks_and_says_need_and_what_can_be_freed() -> None:
    verdict = judge(found(free_bytes=499 * MB, trash_bytes=20 * MB, cache_bytes=3 * MB), LIMITS)
    assert verdict.blocked
    assert (verdict.free_bytes, verdict.need_bytes, verdict.freeable_bytes) == (499 * MB, 500 * MB, 23 * MB)
    (reason,) = verdict.reasons
    assert "499 MB" in reason
    assert "500 MB" in reason
    assert "23 MB can be freed" in reason


def test_s5_1_the_need_counts_when_it_is_more_than_the_minimum() -> None:
    limits = Limits(minimum_bytes=10 * MB, need_bytes=700 * MB)
    assert judge(found(free_bytes=699 * MB), limits).blocked
    assert not judge(found(free_bytes=700 * MB), limits).blocked


@pytest.mark.parametrize(
    ("free_mb", "status"),
    [(500, Status.WARNING), (999, Status.WARNING), (1000, Status.HEALTHY), (499, Status.BLOCKED)],
)
def test_s5_2_the_edges_between_healthy_warning_and_blocked(free_mb: int, status: Status) -> None:
    assert judge(found(free_bytes=free_mb * MB), LIMITS).status is status


def test_a_folder_that_is_away_blocks_with_that_alone() -> None:
    verdict = judge(found(away=True, writable=False, free_bytes=0), LIMITS)
    assert verdict.blocked
    (reason,) = verdict.reasons
    assert "is not there" in reason


def test_s1_2_with_the_space_check_switched_off_a_full_disk_does_not_block() -> None:
    assert judge(found(free_bytes=0), Limits(minimum_bytes=None, need_bytes=5)).status is Status.HEALTHY


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        ({"writable": False}, "cannot be written"),
        ({"free_inodes": 9}, "inodes"),
        ({"database_intact": False}, "database is damaged"),
    ],
)
def test_s5_1_what_else_blocks_is_said(trouble: dict[str, object], word: str) -> None:
    verdict = judge(found(**trouble), LIMITS)
    assert verdict.blocked
    assert word in verdict.reasons[0]


@pytest.mark.parametrize("unknown", ["free_inodes", "write_bytes_per_s", "database_intact"])
def test_what_was_not_measured_says_nothing(unknown: str) -> None:
    assert judge(found(**{unknown: None}), LIMITS).status is Status.HEALTHY


def test_s5_1_a_disk_hardly_faster_than_the_sound_warns() -> None:
    verdict = judge(found(write_bytes_per_s=4 * RATE - 1), LIMITS)
    assert (verdict.status, verdict.blocked) == (Status.WARNING, False)
    assert "slow" in verdict.reasons[0]
    assert judge(found(write_bytes_per_s=4 * RATE), LIMITS).status is Status.HEALTHY


def test_s9_3_over_the_quota_warns_and_never_blocks() -> None:
    limits = Limits(minimum_bytes=1, quota_bytes=500 * MB)
    verdict = judge(found(library_bytes=501 * MB), limits)
    assert verdict.status is Status.WARNING
    assert "nothing is deleted" in verdict.reasons[0]
    assert judge(found(library_bytes=500 * MB), limits).status is Status.HEALTHY


def test_all_reasons_are_told_the_blocking_ones_first() -> None:
    verdict = judge(found(writable=False, free_inodes=0, write_bytes_per_s=1.0), LIMITS)
    words = ("written", "inodes", "slow")
    assert all(word in reason for word, reason in zip(words, verdict.reasons, strict=True))


def test_s5_3_the_hard_floor_is_a_minute_of_sound_and_20_mb() -> None:
    assert hard_floor_bytes(RATE) == 60 * RATE + 20 * MB


@given(free=st.integers(0, 10**13), rate=st.sampled_from([88_200, 96_000, 576_000]))
def test_s5_3_time_left_counts_to_the_hard_floor_and_is_never_negative(free: int, rate: int) -> None:
    left, floor = time_left_s(free, rate), hard_floor_bytes(rate)
    if free <= floor:
        assert left == 0
    else:
        assert free - left * rate == pytest.approx(floor, abs=1)


@given(free=st.integers(0, 10**10), more=st.integers(0, 10**10))
def test_more_room_never_makes_the_verdict_worse(free: int, more: int) -> None:
    order = [Status.BLOCKED, Status.WARNING, Status.HEALTHY]
    before = order.index(judge(found(free_bytes=free), LIMITS).status)
    assert order.index(judge(found(free_bytes=free + more), LIMITS).status) >= before


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0.0 MB"), (400_000, "0.4 MB"), (340 * MB, "340 MB"), (1_500 * MB, "1.5 GB"), (10 * MB, "10 MB")],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert in_mb(size) == text
