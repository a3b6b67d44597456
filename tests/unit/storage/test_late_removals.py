"""What is to be removed at a place, and what must not be any more; what a try that goes on counts as."""

from typing import Any

import pytest
from sqlalchemy import update

from tests.unit.cloud_rows import ELSEWHERE, PLACE, a_copy, entry, finished, prepared
from tests.unit.recordings import a_recording
from voice_recorder.domain.ports import UploadSession
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.transfers import Transfer, TransferState
from voice_recorder.storage import schema as t
from voice_recorder.storage.library import Library
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.transfers import Transfers

_T = TransferState
MANY_IDS = [f"{number:032x}" for number in range(40_000)]  # more than SQLite takes as values of their own


@pytest.fixture
def proofs(library: Library) -> Proofs:
    return Proofs(library.database)


@pytest.fixture
def transfers(library: Library) -> Transfers:
    return Transfers(library.database)


@pytest.fixture
def note(library: Library) -> Recording:
    recording = a_recording()
    library.add(recording, "imported")
    return recording


@pytest.fixture
def queued(note: Recording, transfers: Transfers) -> Transfer:
    transfers.enqueue(PLACE, [note.id])
    return entry(transfers)


def name_of(transfer: Transfer) -> str:
    return f"voice-recorder/{transfer.master_id}.mp3"


def to_remove(proofs: Proofs, place: str = PLACE, *, sessions: bool = False) -> list[str]:
    return [removal.remote_id for removal in proofs.removals(place, 10, sessions=sessions)]


def put(transfers: Transfers, transfer: Transfer, state: TransferState, **values: Any) -> Transfer:
    """Put an entry there without asking whether it may."""
    with transfers._database.session(write=True) as connection:
        mine = t.transfers.c.id == transfer.id
        connection.execute(update(t.transfers).where(mine).values(state=state.value, **values))
    return transfers.get(transfer.id)


def test_a_copy_that_is_backed_up_again_is_not_removed_for_a_wish_of_before(
    queued: Transfer, transfers: Transfers, proofs: Proofs
) -> None:
    receipt = finished(transfers, queued)
    proofs.ask_removal(PLACE, receipt.remote_id)
    proofs.ask_removal(ELSEWHERE, receipt.remote_id)
    assert to_remove(proofs) == []
    assert to_remove(proofs, ELSEWHERE) == [receipt.remote_id]  # there nothing proves it


def test_what_has_a_receipt_but_no_entry_is_not_removed(
    queued: Transfer, transfers: Transfers, proofs: Proofs, library: Library
) -> None:
    receipt = finished(transfers, queued)
    with library.database.session(write=True) as connection:
        connection.execute(t.transfers.delete())
    proofs.ask_removal(PLACE, receipt.remote_id)
    assert to_remove(proofs) == []


@pytest.mark.parametrize("state", [_T.QUEUED, _T.COMPRESSING, _T.UPLOADING, _T.VERIFYING, _T.FAILED])
def test_a_copy_that_is_on_its_way_again_is_not_removed(
    queued: Transfer, transfers: Transfers, proofs: Proofs, state: TransferState
) -> None:
    put(transfers, prepared(transfers, queued), state)
    proofs.ask_removal(PLACE, name_of(queued))
    assert to_remove(proofs) == []


def test_a_copy_whose_entry_was_cancelled_is_removed(
    queued: Transfer, transfers: Transfers, proofs: Proofs
) -> None:
    put(transfers, prepared(transfers, queued), _T.CANCELLED)
    proofs.ask_removal(PLACE, name_of(queued))
    assert to_remove(proofs) == [name_of(queued)]


def test_finishing_an_upload_drops_the_removals_of_its_name_and_no_others(
    queued: Transfer, transfers: Transfers, proofs: Proofs, library: Library
) -> None:
    proofs.ask_removal(PLACE, name_of(queued))
    proofs.ask_removal(ELSEWHERE, name_of(queued))
    proofs.ask_removal(PLACE, "voice-recorder/another.mp3")
    finished(transfers, queued)
    with library.database.session(write=True) as connection:
        left = connection.execute(t.removals.select().order_by(t.removals.c.key)).mappings().all()
    assert [(row["place"], row["remote_id"]) for row in left] == [
        (ELSEWHERE, name_of(queued)), (PLACE, "voice-recorder/another.mp3"),
    ]  # fmt: skip


def test_an_unfinished_upload_that_was_given_up_is_removed_although_a_later_one_was_finished(
    queued: Transfer, transfers: Transfers, proofs: Proofs
) -> None:
    sending, _ = transfers.begin_attempt(prepared(transfers, queued))
    transfers.store_session(sending, UploadSession("first try", 1000, 0))
    sending = transfers.get(sending.id)
    assert proofs.give_up_session(sending)
    transfers.prepare_anew(transfers.get(sending.id))
    finished(transfers, transfers.get(sending.id))
    (removal,) = proofs.removals(PLACE, 10, sessions=True)
    assert removal.session == "first try"  # a bucket is paid for what lies in it


def test_another_format_chosen_between_two_tries_has_the_old_name_removed(
    queued: Transfer, transfers: Transfers, proofs: Proofs
) -> None:
    waiting = prepared(transfers, queued, "copy.mp3")
    transfers.prepare_anew(waiting)
    compressing = transfers.change(transfers.get(waiting.id), _T.COMPRESSING)
    flac = name_of(queued).replace(".mp3", ".flac")
    transfers.store_copy(compressing, a_copy("copy.flac", send_as="flac"), flac)
    assert to_remove(proofs) == [name_of(queued)]
    assert transfers.get(queued.id).remote_id == flac


def test_the_same_format_again_has_nothing_removed(
    queued: Transfer, transfers: Transfers, proofs: Proofs
) -> None:
    waiting = prepared(transfers, queued, "copy.mp3")
    transfers.prepare_anew(waiting)
    prepared(transfers, transfers.get(waiting.id), "copy.mp3")
    put(transfers, transfers.get(queued.id), _T.CANCELLED)  # or nothing would be listed anyway
    assert to_remove(proofs) == []


@pytest.mark.parametrize("state", [_T.UPLOADING, _T.VERIFYING])
def test_an_upload_whose_process_was_killed_goes_on_as_the_same_attempt(
    queued: Transfer, transfers: Transfers, state: TransferState
) -> None:
    transfers.begin_attempt(prepared(transfers, queued))
    for _ in range(20):
        put(transfers, transfers.get(queued.id), state)
        again, _key = transfers.begin_attempt(transfers.get(queued.id))
        assert again.attempts == 1


def test_a_try_after_a_failure_counts(queued: Transfer, transfers: Transfers) -> None:
    sending, _ = transfers.begin_attempt(prepared(transfers, queued))
    failed = transfers.change(sending, _T.FAILED)
    assert transfers.begin_attempt(failed)[0].attempts == 2


def test_any_number_of_recordings_can_be_queued_preferred_and_cancelled_in_one_call(
    note: Recording, transfers: Transfers
) -> None:
    ids = [*MANY_IDS, note.id]
    assert transfers.enqueue(PLACE, ids) == 1
    transfers.prioritise(PLACE, ids, 7)
    assert entry(transfers).priority == 7
    assert transfers.cancel(PLACE, ids) == 1
    assert transfers.enqueue(PLACE, ids, again=[_T.CANCELLED]) == 1
