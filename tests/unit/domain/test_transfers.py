"""The states of a transfer, when it is tried again, what its receipt proves, and what a person is told."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cloud_rows import a_receipt
from voice_recorder.domain.ports import Digest, DigestScheme, RemoteCopy
from voice_recorder.domain.transfers import (
    LEGAL_CHANGES,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    OFF,
    PENDING,
    QUICK_TRIES,
    UNDER_WAY,
    SyncState,
    SyncStatus,
    TransferState,
    is_legal,
    together,
    wait_before_next_s,
)

_T = TransferState
AT = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)
LONGEST_S = LONGEST_WAIT.total_seconds()
states = st.sampled_from(list(_T))
statuses = st.builds(
    SyncStatus,
    state=st.sampled_from(list(SyncState)),
    place=st.just("s3:bucket"),
    queued_at=st.none() | st.integers(0, 9).map(lambda n: AT + timedelta(hours=n)),
    bytes_sent=st.none() | st.integers(0, 100),
    bytes_total=st.none() | st.integers(1, 100),
    attempts=st.integers(0, 12),
    next_attempt_at=st.none() | st.integers(0, 9).map(lambda n: AT + timedelta(hours=n)),
    verified_at=st.none() | st.integers(0, 9).map(lambda n: AT + timedelta(hours=n)),
    lossless=st.booleans(),
)


def reachable(start: TransferState) -> set[TransferState]:
    """All states to which legal changes lead from ``start``."""
    found: set[TransferState] = set()
    ahead = {start}
    while ahead:
        found |= ahead
        ahead = set().union(*(LEGAL_CHANGES[state] for state in ahead)) - found
    return found


# States


@pytest.mark.parametrize("state", list(_T))
def test_from_every_state_a_transfer_can_come_to_be_backed_up_and_be_called_off(state: TransferState) -> None:
    assert {_T.BACKED_UP, _T.CANCELLED} <= reachable(state)
    assert is_legal(state, state)


def test_u6_1_backed_up_is_reached_from_verifying_alone() -> None:
    assert [state for state in _T if _T.BACKED_UP in LEGAL_CHANGES[state]] == [_T.VERIFYING]


def test_u7_2_only_what_was_backed_up_can_be_removed_from_the_cloud() -> None:
    assert [state for state in _T if _T.REMOVED in LEGAL_CHANGES[state]] == [_T.BACKED_UP]


def test_what_is_under_way_can_be_parked_fail_and_be_called_off() -> None:
    for state in UNDER_WAY:
        assert {_T.QUEUED, _T.FAILED, _T.CANCELLED} <= LEGAL_CHANGES[state]
    assert UNDER_WAY < PENDING
    assert not PENDING & {_T.BACKED_UP, _T.REMOVED, _T.CANCELLED}


def test_what_was_called_off_goes_on_only_when_it_is_queued_anew() -> None:
    assert LEGAL_CHANGES[_T.CANCELLED] == {_T.QUEUED}


# Waiting


@given(attempts=st.integers(1, MOST_ATTEMPTS - 1))
def test_u4_1_three_quick_tries_then_slower_ones_over_hours_with_a_fifth_of_jitter(attempts: int) -> None:
    waits = {wait_before_next_s(attempts) for _ in range(20)}
    assert None not in waits
    assert len(waits) > 10  # not all at once
    known = [wait for wait in waits if wait is not None]
    assert max(known) <= 1.5 * min(known)
    if attempts < QUICK_TRIES:
        assert max(known) < 5
    else:
        assert min(known) >= 240
        assert max(known) <= 1.2 * 6 * 3600


@given(attempts=st.integers(1, MOST_ATTEMPTS - 2))
def test_u4_1_no_wait_is_shorter_than_the_one_before_but_for_the_jitter(attempts: int) -> None:
    first, second = wait_before_next_s(attempts), wait_before_next_s(attempts + 1)
    assert first is not None
    assert second is not None
    assert second >= first * 0.8 / 1.2


def test_u4_1_all_tries_together_take_hours_and_end() -> None:
    waits = [wait_before_next_s(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert 12 * 3600 < sum(wait for wait in waits if wait is not None) < 5 * 24 * 3600
    assert wait_before_next_s(MOST_ATTEMPTS) is None


@given(attempts=st.integers(MOST_ATTEMPTS, 10**6), retry_after_s=st.none() | st.floats(0, 1e9))
def test_after_the_last_try_there_is_none(attempts: int, retry_after_s: float | None) -> None:
    assert wait_before_next_s(attempts, retry_after_s) is None


@given(attempts=st.integers(1, MOST_ATTEMPTS - 1), retry_after_s=st.floats(0, LONGEST_S))
def test_u4_2_never_before_the_time_that_the_provider_stated(attempts: int, retry_after_s: float) -> None:
    wait = wait_before_next_s(attempts, retry_after_s)
    assert wait is not None
    assert wait >= retry_after_s


@given(attempts=st.integers(1, MOST_ATTEMPTS - 1), retry_after_s=st.floats(0, 1e12))
def test_no_wait_is_so_long_that_it_would_be_taken_for_a_wrong_clock(
    attempts: int, retry_after_s: float
) -> None:
    """What lies further ahead than the longest wait counts as due."""
    wait = wait_before_next_s(attempts, retry_after_s)
    assert wait is not None
    assert 0 < wait <= LONGEST_S


# Receipts


def copy_of(**changes: object) -> RemoteCopy:
    receipt = a_receipt("m")
    stored = RemoteCopy(receipt.remote_id, receipt.size_bytes, receipt.digest, receipt.etag)
    return replace(stored, **changes)  # type: ignore[arg-type]


def test_u6_1_a_copy_that_is_as_it_was_proved_does_not_contradict() -> None:
    assert a_receipt("m").contradiction(copy_of()) is None
    assert a_receipt("m").contradiction(copy_of(etag="another, of the same bytes")) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"size_bytes": 479_999}, "479,999 bytes; 480,000 were sent"),
        ({"digest": Digest(DigestScheme.MD5, "f" * 32)}, "another one"),
    ],
)
def test_u6_1_another_size_or_digest_contradicts(changes: dict[str, object], says: str) -> None:
    contradiction = a_receipt("m").contradiction(copy_of(**changes))
    assert contradiction is not None
    assert says in contradiction
    assert not a_receipt("m").is_proved_by(copy_of(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": None},
        {"digest": None, "etag": "another"},
        {"digest": Digest(DigestScheme.SHA256, "0" * 32)},
        {"digest": Digest(DigestScheme.SHA256_OF_PARTS, "0" * 32, 6 << 20)},
    ],
)
def test_what_cannot_be_compared_neither_contradicts_nor_proves(changes: dict[str, object]) -> None:
    assert a_receipt("m").contradiction(copy_of(**changes)) is None
    assert not a_receipt("m").is_proved_by(copy_of(**changes))


def test_an_equal_digest_proves_whatever_the_tag_says() -> None:
    assert a_receipt("m").is_proved_by(copy_of(etag="of a bucket that was moved"))


# What a person is told


def test_u3_one_master_is_told_as_it_is_and_none_as_off() -> None:
    assert together([]) == OFF
    assert OFF.provider is None
    one = SyncStatus(SyncState.UPLOADING, "s3:bucket", bytes_sent=5)
    assert together([one]) is one
    assert one.provider == "s3"


@given(parts=st.lists(statuses, min_size=1, max_size=4))
def test_u3_a_recording_is_backed_up_exactly_when_all_its_masters_are(parts: list[SyncStatus]) -> None:
    backed_up = together(parts).state is SyncState.BACKED_UP
    assert backed_up == all(part.state is SyncState.BACKED_UP for part in parts)


@given(parts=st.lists(statuses, min_size=2, max_size=4), data=st.data())
def test_u3_the_order_of_masters_does_not_change_what_is_told(
    parts: list[SyncStatus], data: st.DataObject
) -> None:
    whole = together(parts)
    assert together(data.draw(st.permutations(parts))) == whole
    assert whole.state in {part.state for part in parts}
    assert whole.lossless == all(part.lossless for part in parts)
    assert whole.attempts == max(part.attempts for part in parts)
    assert (whole.verified_at is None) == any(part.verified_at is None for part in parts)
    sizes = [part.bytes_sent for part in parts if part.bytes_sent is not None]
    assert whole.bytes_sent == (sum(sizes) if sizes else None)


@pytest.mark.parametrize("other", [state for state in SyncState if state is not SyncState.FAILED])
def test_u3_a_failure_is_told_whatever_the_other_masters_are(other: SyncState) -> None:
    failed = SyncStatus(SyncState.FAILED, "s3:b", error="The key was refused.", error_kind="k", attempts=3)
    told = together([SyncStatus(other, "s3:b"), failed])
    assert (told.state, told.error, told.error_kind) == (SyncState.FAILED, "The key was refused.", "k")


def test_the_urgency_of_any_two_states_is_decided() -> None:
    for first, second in itertools.combinations(SyncState, 2):
        pair = [SyncStatus(first), SyncStatus(second)]
        assert together(pair).state is together(pair[::-1]).state
