"""Receipts, links and removals: what is known of the copies at the places."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.unit.cloud_rows import ELSEWHERE, PLACE, entry, finished, now, prepared
from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.ports import UploadSession
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import LONGEST_WAIT, Receipt, TransferState
from voice_recorder.storage import proofs as module
from voice_recorder.storage import schema as t
from voice_recorder.storage.library import Library
from voice_recorder.storage.proofs import Link, Proofs
from voice_recorder.storage.transfers import Transfers

_T = TransferState
HOUR = timedelta(hours=1)


@pytest.fixture
def proofs(library: Library) -> Proofs:
    return Proofs(library.database)


@pytest.fixture
def transfers(library: Library) -> Transfers:
    return Transfers(library.database)


def backed_up(library: Library, place: str = PLACE, **changes: Any) -> tuple[Recording, Receipt]:
    """A recording with a receipt at a place."""
    recording = a_recording()
    library.add(recording, "imported")
    return recording, proved(library, recording, place, **changes)


def proved(library: Library, recording: Recording, place: str, **changes: Any) -> Receipt:
    transfers = Transfers(library.database)
    transfers.enqueue(place, [recording.id])
    return finished(transfers, entry(transfers, place), **changes)


def state_of(library: Library, recording: Recording, place: str = PLACE) -> tuple[str, str | None]:
    sync = Library(library.database, library._config, lambda: place).get(recording.id).sync
    return sync.state.value, sync.error


# Receipts


def test_a_receipt_comes_back_as_it_was_entered_by_place_or_the_newest(
    library: Library, proofs: Proofs
) -> None:
    recording, older = backed_up(library, verified_at=now() - HOUR)
    newer = proved(library, recording, ELSEWHERE, lossless=True)
    master = recording.masters[0].id
    assert proofs.of_master(master, PLACE) == older
    assert proofs.of_master(master) == newer
    assert proofs.of_master(master, "nowhere") is None
    assert proofs.of_master("no such id") is None
    assert (proofs.count(PLACE), proofs.count(ELSEWHERE), proofs.count("nowhere")) == (1, 1, 0)


def test_all_receipts_of_a_place_are_read_in_parts(
    library: Library, proofs: Proofs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    receipts = [backed_up(library)[1] for _ in range(5)]
    backed_up(library, ELSEWHERE)
    assert list(proofs.at(PLACE)) == receipts
    reading = proofs.at(PLACE)
    next(reading)
    for receipt in receipts:  # revoked while they are read, as reconciling does
        proofs.revoke(receipt, _T.REMOVED, "cloud_copy_missing", "Gone.")
    assert list(reading) == [receipts[1]]


def test_u8_a_revoked_receipt_is_gone_with_its_links_and_the_reason_stands_with_the_recording(
    library: Library, proofs: Proofs
) -> None:
    recording, receipt = backed_up(library)
    master = recording.masters[0].id
    proofs.keep_link(master, PLACE, 3600, Link("https://x", now() + HOUR))
    proofs.revoke(receipt, _T.REMOVED, "cloud_copy_missing", "It was removed.")
    assert proofs.of_master(master) is None
    assert proofs.link(master, PLACE, 3600, now()) is None
    assert state_of(library, recording) == ("removed", "It was removed.")


@pytest.mark.parametrize(("state", "replaces"), [(_T.FAILED, True), (_T.REMOVED, False)])
def test_only_a_copy_that_was_proved_wrong_is_replaced(
    library: Library, proofs: Proofs, transfers: Transfers, state: TransferState, replaces: bool
) -> None:
    _, receipt = backed_up(library)
    proofs.revoke(receipt, state, "kind", "Why.")
    (mine,) = transfers.listed(PLACE)
    assert (mine.state, mine.replaces, mine.next_attempt_at) == (state, replaces, None)
    transfers.enqueue(PLACE, again=[state])
    assert transfers.get(mine.id).replaces is replaces  # also when its turn comes


def test_a_receipt_without_an_entry_in_the_queue_is_revoked_where_people_look_for_it(
    library: Library, proofs: Proofs, transfers: Transfers
) -> None:
    """As in a library that was put together again from what lies beside its files."""
    recording, receipt = backed_up(library)
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql("DELETE FROM transfers")
    proofs.revoke(receipt, _T.FAILED, "cloud_copy_differs", "It differs.")
    assert proofs.of_master(recording.masters[0].id) is None
    assert state_of(library, recording) == ("failed", "It differs.")
    (made,) = transfers.listed(PLACE)
    assert (made.remote_id, made.replaces) == (receipt.remote_id, True)


def test_a_receipt_that_cannot_be_right_proves_nothing_and_hides_no_other(
    library: Library, proofs: Proofs
) -> None:
    (broken, _), (_, good) = backed_up(library), backed_up(library)
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE receipts SET digest_scheme = 'nonsense' WHERE key = 1")
    assert proofs.of_master(broken.masters[0].id) is None
    assert list(proofs.at(PLACE)) == [good]


def test_a_copy_that_is_being_sent_again_is_not_called_removed(
    library: Library, proofs: Proofs, transfers: Transfers
) -> None:
    recording, receipt = backed_up(library)
    proofs.revoke(receipt, _T.REMOVED, "kind", "Gone.")
    transfers.enqueue(PLACE, again=[_T.REMOVED])
    proofs.revoke(receipt, _T.REMOVED, "kind", "Gone.")
    assert state_of(library, recording) == ("queued", None)


def test_u7_1_due_for_freeing_is_what_is_proved_for_long_enough_here_and_not_in_the_trash(
    library: Library, proofs: Proofs
) -> None:
    _, lossless = backed_up(library, lossless=True, verified_at=now() - 25 * HOUR)
    _, lossy = backed_up(library, verified_at=now() - 25 * HOUR)
    backed_up(library, lossless=True, verified_at=now() - 23 * HOUR)
    backed_up(library, ELSEWHERE, lossless=True, verified_at=now() - 25 * HOUR)
    gone, _ = backed_up(library, lossless=True, verified_at=now() - 25 * HOUR)
    library.set_trashed(gone.id, now())
    freed = a_recording(a_master(state=MasterState.RECORDED))
    library.add(freed, "imported")
    proved(library, freed, PLACE, lossless=True, verified_at=now() - 25 * HOUR)
    with library.database.session(write=True) as connection:
        here = t.masters.c.id == freed.masters[0].id
        connection.execute(update(t.masters).where(here).values(state=MasterState.FREED.value))
    before = now() - 24 * HOUR
    assert set(proofs.due_for_freeing(PLACE, before, lossy_too=False)) == {lossless}
    assert set(proofs.due_for_freeing(PLACE, before, lossy_too=True)) == {lossless, lossy}


# Links


def test_u8_a_link_is_kept_by_its_life_until_shortly_before_it_expires(
    library: Library, proofs: Proofs
) -> None:
    recording, _ = backed_up(library)
    master = recording.masters[0].id
    link = Link("https://example.org/?signature=secret", now() + HOUR)
    proofs.keep_link(master, PLACE, 3600, link)
    assert proofs.link(master, PLACE, 3600, now()) == link
    assert proofs.link(master, PLACE, 3600, now() + 2 * HOUR) is None
    assert proofs.link(master, PLACE, 60, now()) is None
    assert proofs.link(master, ELSEWHERE, 3600, now()) is None
    newer = Link("https://example.org/2", now() + 2 * HOUR)
    proofs.keep_link(master, PLACE, 3600, newer)
    assert proofs.link(master, PLACE, 3600, now()) == newer
    assert "secret" not in repr(link)


def test_u8_an_expired_link_is_forgotten_when_another_is_kept(library: Library, proofs: Proofs) -> None:
    recording, _ = backed_up(library)
    master = recording.masters[0].id
    proofs.keep_link(master, PLACE, 60, Link("https://old", now() - HOUR))
    proofs.keep_link(master, PLACE, 3600, Link("https://new", now() + HOUR))
    with library.database.session() as connection:
        assert [row.url for row in connection.execute(t.links.select())] == ["https://new"]


def test_u8_links_go_when_the_recording_goes_to_the_trash(library: Library, proofs: Proofs) -> None:
    recording, _ = backed_up(library)
    master = recording.masters[0].id
    proofs.keep_link(master, PLACE, 3600, Link("https://x", now() + HOUR))
    library.set_trashed(recording.id, now())
    assert proofs.link(master, PLACE, 3600, now()) is None
    library.set_trashed(recording.id, None)
    assert proofs.link(master, PLACE, 3600, now()) is None


# Removals


def asked(proofs: Proofs, place: str = PLACE) -> dict[bool, list[tuple[str, str]]]:
    """What is to be removed: remote id and session, of finished copies and of unfinished uploads."""
    return {
        sessions: [(r.remote_id, r.session) for r in proofs.removals(place, 99, sessions=sessions)]
        for sessions in (False, True)
    }


def test_what_is_deleted_for_ever_is_removed_at_every_place(library: Library, proofs: Proofs) -> None:
    recording, receipt = backed_up(library)
    proved(library, recording, ELSEWHERE)
    library.forget(recording.id, "deleted for ever", remove_copies=True)
    assert asked(proofs)[False] == [(receipt.remote_id, "")]
    assert asked(proofs, ELSEWHERE)[False] == [(receipt.remote_id, "")]
    assert proofs.count(PLACE) == 0


@pytest.mark.parametrize("remove_copies", [True, False])
def test_s10_an_unfinished_upload_is_given_up_with_its_recording_whatever_stays(
    library: Library, proofs: Proofs, transfers: Transfers, remove_copies: bool
) -> None:
    recording = a_recording()
    library.add(recording, "imported")
    transfers.enqueue(PLACE)
    mine, _ = transfers.begin_attempt(prepared(transfers, entry(transfers)))
    transfers.store_session(mine, UploadSession("upload-7", 5, 10))
    library.forget(recording.id, "deleted for ever", remove_copies=remove_copies)
    assert asked(proofs) == {
        True: [(mine.remote_id, "upload-7")], False: [(mine.remote_id, "")] if remove_copies else [],
    }  # fmt: skip


def test_a_copy_that_its_owner_keeps_and_a_shared_master_are_not_removed(
    library: Library, proofs: Proofs
) -> None:
    kept, _ = backed_up(library)
    library.forget(kept.id, "deleted for ever", remove_copies=False)
    shared, _ = backed_up(library)
    joined = a_recording()
    library.add(joined, "joined")
    with library.database.session(write=True) as connection:
        key = t.masters.select().where(t.masters.c.id == shared.masters[0].id)
        row = connection.execute(key).mappings().one()
        of = t.recordings.select().where(t.recordings.c.id == joined.id)
        recording_key = connection.execute(of).mappings().one()["key"]
        link = {"recording_key": recording_key, "position": 1, "master_key": row["key"]}
        connection.execute(t.recording_masters.insert().values(link))
    library.forget(shared.id, "deleted for ever", remove_copies=True)
    assert asked(proofs) == {True: [], False: []}
    assert proofs.count(PLACE) == 1


def test_a_removal_is_tried_again_after_its_wait_and_gone_when_it_is_done(proofs: Proofs) -> None:
    proofs.ask_removal(PLACE, "a")
    proofs.ask_removal(PLACE, "b")
    proofs.ask_removal(ELSEWHERE, "c")
    first, second = proofs.removals(PLACE, 99, sessions=False)
    assert len(proofs.removals(PLACE, 1, sessions=False)) == 1
    proofs.not_removed(first, HOUR)
    assert proofs.removals(PLACE, 99, sessions=False) == (second,)
    proofs.removed([second])
    assert not proofs.removals(PLACE, 99, sessions=False)
    proofs.not_removed(first, timedelta(seconds=-1))
    (again,) = proofs.removals(PLACE, 99, sessions=False)
    assert (again.remote_id, again.attempts) == ("a", 1)


def test_section_10_a_removal_put_off_by_a_wrong_clock_is_tried_all_the_same(proofs: Proofs) -> None:
    proofs.ask_removal(PLACE, "a")
    (removal,) = proofs.removals(PLACE, 9, sessions=False)
    proofs.not_removed(removal, LONGEST_WAIT + timedelta(days=365))
    assert proofs.removals(PLACE, 9, sessions=False)


def test_s10_a_session_is_given_up_once_and_not_when_it_was_taken_up_again(
    library: Library, proofs: Proofs, transfers: Transfers
) -> None:
    recording = a_recording()
    library.add(recording, "imported")
    transfers.enqueue(PLACE)
    mine, _ = transfers.begin_attempt(prepared(transfers, entry(transfers)))
    transfers.store_session(mine, UploadSession("upload-7", 5, 10))
    transfers.cancel(PLACE, [recording.id])
    (ended,) = transfers.ended_before(datetime.now(UTC) + HOUR)
    transfers.enqueue(PLACE, again=[_T.CANCELLED])
    assert not proofs.give_up_session(ended)
    assert asked(proofs)[True] == []
    transfers.cancel(PLACE, [recording.id])
    assert proofs.give_up_session(ended)
    assert not proofs.give_up_session(ended)
    assert asked(proofs)[True] == [(mine.remote_id, "upload-7")]
    assert transfers.get(mine.id).session == UploadSession()
    assert transfers.get(mine.id).copy == ended.copy
