"""U2.1: the queue in the database: who enters it, who is next, and how an entry changes hands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from tests.unit.cloud_rows import ELSEWHERE, PLACE, a_copy, a_receipt, entry, finished, now, prepared
from tests.unit.recordings import AT, a_master, a_recording
from voice_recorder.domain.errors import Cancelled, NotFound
from voice_recorder.domain.ports import UploadSession
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import LONGEST_WAIT, Transfer, TransferState
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.transfers import Transfers

_T = TransferState


@pytest.fixture
def transfers(library: Library) -> Transfers:
    return Transfers(library.database)


@pytest.fixture
def others(config: StorageConfig, library: Library) -> Iterator[Transfers]:
    """The same queue, as another process sees it."""
    database = open_database(config)
    yield Transfers(database)
    database.dispose()


def note(library: Library, *masters: Master, **changes: Any) -> Recording:
    recording = a_recording(*masters, **changes)
    library.add(recording, "imported")
    return recording


def in_state(database: Database, transfer: Transfer, state: TransferState, **values: Any) -> None:
    """Put it there without asking whether it may."""
    with database.session(write=True) as connection:
        connection.execute(
            update(t.transfers).where(t.transfers.c.id == transfer.id).values(state=state.value, **values)
        )


def failed(transfers: Transfers, transfer: Transfer, wait: timedelta | None, **values: Any) -> Transfer:
    due = None if wait is None else round((datetime.now(UTC) + wait).timestamp() * 1000)
    ended = round(datetime.now(UTC).timestamp() * 1000)
    return transfers.change(
        transfer, _T.FAILED, next_attempt_ms=due, **{"attempts": 1, "ended_ms": ended, **values}
    )


@contextmanager
def trashed(library: Library, recording: Recording) -> Iterator[None]:
    library.set_trashed(recording.id, datetime.now(UTC))
    yield
    library.set_trashed(recording.id, None)


# Entering


def test_every_master_of_the_library_is_queued_once_however_often_it_is_asked(
    library: Library, transfers: Transfers
) -> None:
    note(library, a_master(), a_master())
    note(library)
    assert transfers.enqueue(PLACE) == 3
    assert transfers.enqueue(PLACE) == 0
    assert transfers.counts(PLACE)[_T.QUEUED] == 3
    assert transfers.enqueue(ELSEWHERE) == 3  # another place knows nothing of it


@pytest.mark.parametrize(
    "master",
    [
        a_master(state=MasterState.RECORDING, sha256=None),
        a_master(sha256=None),
        a_master(state=MasterState.MISSING),
        a_master(state=MasterState.FREED),
    ],
    ids=["running", "unproved", "missing", "freed"],
)
def test_what_is_unfinished_unproved_or_not_here_is_not_queued(
    library: Library, transfers: Transfers, master: Master
) -> None:
    note(library, master)
    assert transfers.enqueue(PLACE) == 0


def test_a_damaged_master_is_queued_for_its_bytes_are_all_there_is(
    library: Library, transfers: Transfers
) -> None:
    note(library, a_master(state=MasterState.DAMAGED))
    assert transfers.enqueue(PLACE) == 1


def test_what_is_in_the_trash_is_neither_queued_nor_sent_nor_counted(
    library: Library, transfers: Transfers
) -> None:
    recording = note(library)
    with trashed(library, recording):
        assert transfers.enqueue(PLACE, [recording.id]) == 0
    assert transfers.enqueue(PLACE, [recording.id]) == 1
    with trashed(library, recording):
        assert not transfers.due(PLACE, prepared=False, limit=9)
        assert not transfers.listed(PLACE)
        assert transfers.counts(PLACE)[_T.QUEUED] == 0
        assert transfers.cancel(PLACE, [recording.id]) == 0
    assert transfers.due(PLACE, prepared=False, limit=9)


def test_only_the_named_recordings_and_only_those_made_since(library: Library, transfers: Transfers) -> None:
    old = note(library)
    new = note(library, a_master(created_at=AT + timedelta(days=1)))
    assert transfers.enqueue(PLACE, made_since=AT + timedelta(hours=1)) == 1
    assert entry(transfers).master_id == new.masters[0].id
    assert transfers.enqueue(PLACE, ["no such id"]) == 0
    assert transfers.enqueue(PLACE, [old.id]) == 1


def test_a_proved_master_is_queued_again_only_when_its_receipt_is_gone(
    library: Library, transfers: Transfers
) -> None:
    note(library)
    transfers.enqueue(PLACE)
    receipt = finished(transfers, entry(transfers))
    assert transfers.enqueue(PLACE, again=list(_T)) == 0
    Proofs(library.database).revoke(receipt, _T.REMOVED, "cloud_copy_missing", "Gone.")
    assert transfers.enqueue(PLACE) == 0
    assert transfers.enqueue(PLACE, again=(_T.CANCELLED,)) == 0
    assert transfers.enqueue(PLACE, again=(_T.REMOVED,)) == 1


@pytest.mark.parametrize("state", list(_T))
def test_an_entry_is_queued_anew_from_the_named_states_and_no_other(
    library: Library, transfers: Transfers, state: TransferState
) -> None:
    note(library)
    transfers.enqueue(PLACE)
    mine = entry(transfers)
    in_state(library.database, mine, state, attempts=7, error="why", error_kind="kind", ended_ms=5)
    assert transfers.enqueue(PLACE, again=[s for s in _T if s is not state]) == 0
    assert transfers.get(mine.id).state is state
    assert transfers.enqueue(PLACE, again=[state], priority=1) == 1
    anew = transfers.get(mine.id)
    assert (anew.state, anew.attempts, anew.error, anew.priority) == (_T.QUEUED, 0, "", 1)


# Who is next


def test_the_more_urgent_goes_first_then_who_came_first(library: Library, transfers: Transfers) -> None:
    first, second, third = (note(library) for _ in range(3))
    for recording in (first, second, third):
        transfers.enqueue(PLACE, [recording.id])

    def order() -> list[str]:
        return [transfer.master_id for transfer in transfers.due(PLACE, prepared=False, limit=9)]

    assert order() == [r.masters[0].id for r in (first, second, third)]
    transfers.prioritise(PLACE, [third.id], 2)
    transfers.prioritise(ELSEWHERE, [second.id], 3)
    assert order() == [r.masters[0].id for r in (third, first, second)]
    assert len(transfers.due(PLACE, prepared=False, limit=2)) == 2
    assert [x.master_id for x in transfers.listed(PLACE, limit=1)] == [third.masters[0].id]


def test_an_entry_is_due_for_its_copy_and_then_for_being_sent(library: Library, transfers: Transfers) -> None:
    note(library)
    transfers.enqueue(PLACE)
    mine = entry(transfers)
    assert transfers.due(PLACE, prepared=False, limit=9) == (mine,)
    assert not transfers.due(PLACE, prepared=True, limit=9)
    mine = prepared(transfers, mine, f"{mine.id}.mp3")
    assert transfers.due(PLACE, prepared=True, limit=9) == (mine,)
    assert not transfers.due(PLACE, prepared=False, limit=9)
    assert mine.copy == a_copy(f"{mine.id}.mp3")


def test_what_is_under_way_stays_due_for_whoever_finds_its_lock_free(
    library: Library, transfers: Transfers
) -> None:
    note(library)
    transfers.enqueue(PLACE)
    sending, _ = transfers.begin_attempt(prepared(transfers, entry(transfers)))
    assert transfers.due(PLACE, prepared=True, limit=9) == (sending,)
    assert sending.attempts == 1


def test_a_failed_entry_is_due_when_its_time_has_come(library: Library, transfers: Transfers) -> None:
    note(library)
    transfers.enqueue(PLACE)
    waiting = failed(transfers, entry(transfers), timedelta(minutes=5))
    assert not transfers.due(PLACE, prepared=False, limit=9)
    at = transfers.waiting_until(PLACE, 2)
    assert at == waiting.next_attempt_at
    assert at is not None
    assert timedelta(minutes=4) < at - datetime.now(UTC) <= timedelta(minutes=5)
    assert transfers.waiting_until(PLACE, 1) is None  # it has had its one attempt
    failed(transfers, transfers.get(waiting.id), timedelta(seconds=-1))
    assert transfers.due(PLACE, prepared=False, limit=9)


def test_one_without_a_next_try_waits_for_its_owner(library: Library, transfers: Transfers) -> None:
    note(library)
    transfers.enqueue(PLACE)
    failed(transfers, entry(transfers), None, error_kind="file_rejected")
    assert not transfers.due(PLACE, prepared=False, limit=9)
    assert transfers.waiting_until(PLACE, 99) is None
    assert transfers.make_due(PLACE, ("credentials_rejected",)) == 0
    assert transfers.make_due(ELSEWHERE) == 0
    assert transfers.make_due(PLACE, ("file_rejected",)) == 1
    assert transfers.due(PLACE, prepared=False, limit=9)[0].attempts == 0


def test_section_10_a_next_try_years_ahead_comes_from_a_wrong_clock_and_is_due(
    library: Library, transfers: Transfers
) -> None:
    note(library)
    transfers.enqueue(PLACE)
    mine = failed(transfers, entry(transfers), LONGEST_WAIT - timedelta(minutes=1))
    assert not transfers.due(PLACE, prepared=False, limit=9)
    mine = failed(transfers, mine, timedelta(days=3650))
    assert transfers.due(PLACE, prepared=False, limit=9) == (mine,)


# Changing hands


def test_who_saw_an_older_state_is_told_that_it_was_called_off(
    library: Library, transfers: Transfers, others: Transfers
) -> None:
    recording = note(library)
    transfers.enqueue(PLACE)
    seen, _ = transfers.begin_attempt(prepared(transfers, entry(transfers)))
    assert others.cancel(PLACE, [recording.id]) == 1
    for change in (
        lambda: transfers.change(seen, _T.VERIFYING),
        lambda: transfers.store_session(seen, UploadSession("s", 5, 5)),
        lambda: transfers.finish(seen, a_receipt(seen.master_id), 1, 5),
        lambda: transfers.begin_attempt(seen),
    ):
        with pytest.raises(Cancelled):
            change()
    assert transfers.get(seen.id).state is _T.CANCELLED
    assert Proofs(library.database).count(PLACE) == 0


def test_only_one_of_many_gets_an_entry(library: Library, transfers: Transfers) -> None:
    note(library)
    transfers.enqueue(PLACE)
    seen = entry(transfers)
    got: list[bool] = []

    def take() -> None:
        try:
            transfers.change(seen, _T.COMPRESSING)
            got.append(True)
        except Cancelled:
            got.append(False)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_a_change_that_is_not_legal_is_a_bug_and_said_so(library: Library, transfers: Transfers) -> None:
    note(library)
    transfers.enqueue(PLACE)
    mine = entry(transfers)
    with pytest.raises(ValueError, match="from queued to backed_up"):
        transfers.change(mine, _T.BACKED_UP)
    in_state(library.database, mine, _T.CANCELLED)
    with pytest.raises(ValueError, match="from cancelled to uploading"):
        transfers.begin_attempt(transfers.get(mine.id))


def test_the_entry_of_a_deleted_master_is_gone(library: Library, transfers: Transfers) -> None:
    recording = note(library)
    transfers.enqueue(PLACE)
    mine = entry(transfers)
    library.forget(recording.id, "deleted for ever")
    with pytest.raises(NotFound):
        transfers.get(mine.id)
    with pytest.raises(NotFound):
        transfers.change(mine, _T.COMPRESSING)
    with pytest.raises(NotFound):
        transfers.finish(mine, a_receipt(mine.master_id), 1, 5)


def test_progress_is_kept_for_what_is_under_way_and_the_others_are_named(
    library: Library, transfers: Transfers
) -> None:
    recordings = [note(library) for _ in range(2)]
    transfers.enqueue(PLACE)
    first, second = (
        transfers.begin_attempt(prepared(transfers, transfer))[0] for transfer in transfers.listed(PLACE)
    )
    transfers.cancel(PLACE, [recordings[1].id])
    gone = transfers.store_progress({first.id: 1000, second.id: 2000, "no such id": 1})
    assert gone == {second.id, "no such id"}
    kept = library.get(recordings[0].id).sync  # nobody's place: the library knows of none
    assert kept.bytes_sent is None
    here = Library(library.database, library._config, lambda: PLACE).get(recordings[0].id).sync
    assert (here.bytes_sent, here.bytes_total) == (1000, 480_000)


def test_u5_3_a_session_is_kept_from_one_process_to_the_next(
    library: Library, transfers: Transfers, others: Transfers
) -> None:
    note(library)
    transfers.enqueue(PLACE)
    mine, _ = transfers.begin_attempt(prepared(transfers, entry(transfers)))
    session = UploadSession("upload-7", 6 << 20, 12 << 20)
    transfers.store_session(mine, session)
    assert others.get(mine.id).session == session
    assert transfers.store_copy(others.get(mine.id), a_copy(), "r").session == UploadSession()


def test_u6_1_receipt_transfer_attempt_and_history_are_entered_together_or_not_at_all(
    library: Library, transfers: Transfers
) -> None:
    recording = note(library)
    transfers.enqueue(PLACE)
    mine, attempt = transfers.begin_attempt(prepared(transfers, entry(transfers), "x.mp3"))
    mine = transfers.change(mine, _T.VERIFYING)
    with library.database.session(write=True) as connection:
        connection.execute(
            text("CREATE TRIGGER no BEFORE INSERT ON history BEGIN SELECT RAISE(FAIL, 'n'); END")
        )
    receipt = a_receipt(mine.master_id)
    with pytest.raises(Exception, match="could not be used"):
        transfers.finish(mine, receipt, attempt, 480_000)
    assert transfers.get(mine.id) == mine
    assert Proofs(library.database).of_master(mine.master_id) is None
    with library.database.session(write=True) as connection:
        connection.execute(text("DROP TRIGGER no"))
    transfers.finish(mine, receipt, attempt, 480_000)
    done = transfers.get(mine.id)
    assert (done.state, done.copy, done.session, done.error) == (_T.BACKED_UP, None, UploadSession(), "")
    assert Proofs(library.database).of_master(mine.master_id) == receipt
    assert [entry.kind for entry in library.history(recording.id)] == ["imported", "backed up"]
    assert transfers.copy_names() == frozenset()


def test_a_newer_receipt_takes_the_place_of_the_older(library: Library, transfers: Transfers) -> None:
    note(library)
    transfers.enqueue(PLACE)
    first = finished(transfers, entry(transfers))
    proofs = Proofs(library.database)
    proofs.revoke(first, _T.FAILED, "cloud_copy_differs", "Changed.")
    again = transfers.listed(PLACE)[0]
    assert again.replaces
    second = finished(transfers, again, etag="f")
    assert proofs.of_master(again.master_id, PLACE) == second
    assert proofs.count(PLACE) == 1
    assert not transfers.get(again.id).replaces


def test_cancelling_takes_what_is_not_backed_up_and_leaves_what_is(
    library: Library, transfers: Transfers
) -> None:
    recording = note(library, a_master(), a_master())
    transfers.enqueue(PLACE)
    first, second = transfers.listed(PLACE)
    finished(transfers, first)
    assert transfers.cancel(PLACE, [recording.id]) == 1
    assert transfers.cancel(PLACE, [recording.id]) == 0
    assert transfers.get(first.id).state is _T.BACKED_UP
    assert transfers.get(second.id).state is _T.CANCELLED
    assert transfers.counts(PLACE) == {**dict.fromkeys(_T, 0), _T.BACKED_UP: 1}
    assert not transfers.listed(PLACE)


# What is left behind


def test_s10_only_what_ended_and_is_not_tried_again_by_itself_has_leftovers(
    library: Library, transfers: Transfers
) -> None:
    recordings = [note(library) for _ in range(4)]
    transfers.enqueue(PLACE)
    for transfer in transfers.listed(PLACE):
        prepared(transfers, transfer, f"{transfer.id}.mp3")
    queued, waiting, refused, cancelled = transfers.listed(PLACE)
    failed(transfers, waiting, timedelta(hours=6))
    failed(transfers, refused, None)
    transfers.cancel(PLACE, [recordings[3].id])
    soon = datetime.now(UTC) + timedelta(seconds=1)
    assert {x.id for x in transfers.ended_before(soon)} == {refused.id, cancelled.id}
    assert not transfers.ended_before(datetime.now(UTC) - timedelta(seconds=30))
    assert transfers.copy_names() == {f"{x.id}.mp3" for x in (queued, waiting, refused, cancelled)}
    transfers.forget_copy(refused)
    assert {x.id for x in transfers.ended_before(soon)} == {cancelled.id}
    assert transfers.get(refused.id).copy is None
    assert f"{refused.id}.mp3" not in transfers.copy_names()


def test_a_session_alone_is_a_leftover_too(library: Library, transfers: Transfers) -> None:
    recording = note(library)
    transfers.enqueue(PLACE)
    mine, _ = transfers.begin_attempt(prepared(transfers, entry(transfers)))
    transfers.store_session(mine, UploadSession("upload", 5, 10))
    assert not transfers.ended_before(now() + timedelta(seconds=1))
    transfers.cancel(PLACE, [recording.id])
    (left,) = transfers.ended_before(now() + timedelta(seconds=1))
    assert left.session == UploadSession("upload", 5, 10)
