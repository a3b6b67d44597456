"""U3: the backup of every recording as the list, a page and a shelf tell it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from tests.unit.cloud_rows import ELSEWHERE, PLACE, entry, finished, prepared
from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import OFF, SyncState, TransferState
from voice_recorder.storage import schema as t
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.transfers import Transfers

Add = Callable[..., Recording]


@pytest.fixture
def here(library: Library, config: StorageConfig) -> Library:
    """The library of somebody whose copies go to PLACE."""
    return Library(library.database, config, lambda: PLACE)


@pytest.fixture
def transfers(library: Library) -> Transfers:
    return Transfers(library.database)


def add(library: Library, recording: Recording) -> Recording:
    library.add(recording, "imported")
    return recording


def back_up(transfers: Transfers, recording: Recording, place: str = PLACE) -> None:
    transfers.enqueue(place, [recording.id])
    for _ in recording.masters:
        finished(transfers, transfers.listed(place)[0])


def not_backed_up(library: Library) -> list[str]:
    page = library.page(LibraryQuery(Shelf.NOT_BACKED_UP), 99)
    assert page.total == len(page.recordings) == library.counts()[Shelf.NOT_BACKED_UP]
    return [recording.id for recording in page.recordings]


def test_a_page_tells_each_recording_its_own_state(here: Library, transfers: Transfers) -> None:
    untouched, done, cancelled, removed, sending = (add(here, a_recording()) for _ in range(5))
    back_up(transfers, done)
    back_up(transfers, removed)
    transfers.enqueue(PLACE, [cancelled.id])
    transfers.cancel(PLACE, [cancelled.id])
    proofs = Proofs(here.database)
    receipt = proofs.of_master(removed.masters[0].id)
    assert receipt is not None
    proofs.revoke(receipt, TransferState.REMOVED, "cloud_copy_missing", "It was removed.")
    transfers.enqueue(PLACE, [sending.id])
    (mine,) = [x for x in transfers.listed(PLACE) if x.master_id == sending.masters[0].id]
    transfers.begin_attempt(prepared(transfers, mine))
    told = {recording.id: recording.sync for recording in here.page(LibraryQuery(), 99).recordings}
    assert {recording_id: sync.state for recording_id, sync in told.items()} == {
        untouched.id: SyncState.OFF, done.id: SyncState.BACKED_UP, cancelled.id: SyncState.OFF,
        removed.id: SyncState.REMOVED, sending.id: SyncState.UPLOADING,
    }  # fmt: skip
    assert told[removed.id].error == "It was removed."
    sync = told[done.id]
    assert (sync.original_size_bytes, sync.compressed_size_bytes, sync.attempts) == (96204, 480_000, 1)
    assert sync.verified_at is not None
    assert sync.provider == "folder"


def test_without_a_place_and_at_another_nothing_is_backed_up(
    library: Library, config: StorageConfig, here: Library, transfers: Transfers
) -> None:
    recording = add(library, a_recording())
    back_up(transfers, recording)
    assert here.get(recording.id).sync.state is SyncState.BACKED_UP
    assert library.get(recording.id).sync == OFF
    elsewhere = Library(library.database, config, lambda: ELSEWHERE)
    assert elsewhere.get(recording.id).sync.state is SyncState.OFF
    assert not_backed_up(elsewhere) == [recording.id]


def test_a_recording_is_backed_up_when_every_master_is(here: Library, transfers: Transfers) -> None:
    recording = add(here, a_recording(a_master(), a_master()))
    transfers.enqueue(PLACE)
    finished(transfers, transfers.listed(PLACE)[0])
    assert here.get(recording.id).sync.state is SyncState.QUEUED
    assert here.get(recording.id).sync.verified_at is None
    assert not_backed_up(here) == [recording.id]
    finished(transfers, entry(transfers))
    assert here.get(recording.id).sync.state is SyncState.BACKED_UP
    assert not_backed_up(here) == []


def test_the_shelf_leaves_out_running_takes_the_trash_and_everything_without_a_place(
    library: Library, here: Library
) -> None:
    note = add(here, a_recording())
    archived = add(here, a_recording())
    here.set_archived(archived.id, True)
    add(here, a_recording(a_master(state=MasterState.RECORDING, sha256=None)))
    here.set_trashed(add(here, a_recording()).id, datetime.now(UTC))
    assert sorted(not_backed_up(here)) == sorted([note.id, archived.id])
    assert not_backed_up(library) == []


def test_one_receipt_of_a_shared_master_counts_for_all_that_have_it(
    here: Library, transfers: Transfers
) -> None:
    part = add(here, a_recording())
    joined = add(here, a_recording())
    with here.database.session(write=True) as connection:
        key = connection.scalar(select(t.masters.c.key).where(t.masters.c.id == part.masters[0].id))
        of = connection.scalar(select(t.recordings.c.key).where(t.recordings.c.id == joined.id))
        connection.execute(insert(t.recording_masters).values(recording_key=of, position=1, master_key=key))
    assert sorted(not_backed_up(here)) == sorted([part.id, joined.id])
    back_up(transfers, part)
    assert not_backed_up(here) == [joined.id]
    transfers.enqueue(PLACE)
    finished(transfers, entry(transfers))  # the joined recording's own master
    assert not_backed_up(here) == []
    assert here.get(joined.id).sync.state is SyncState.BACKED_UP


def test_the_shelf_is_searched_like_any_other(here: Library, transfers: Transfers) -> None:
    done = add(here, a_recording(title="garden walk"))
    left = add(here, a_recording(title="garden idea"))
    add(here, a_recording(title="kitchen"))
    back_up(transfers, done)
    page = here.page(LibraryQuery(Shelf.NOT_BACKED_UP, search="gar"), 9)
    assert ([recording.id for recording in page.recordings], page.total) == ([left.id], 1)
