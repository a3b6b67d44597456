"""What sending would take, and why something cannot be sent: in words, before anything is tried."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.backup_states import back_up, choose_folder
from tests.fakes.processes import wait_until
from voice_recorder.domain.ports import Plan
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.backlog import is_in_hand, not_backed_up, outlook
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.storage.locks import FileLock


@pytest.fixture(autouse=True)
def _to_a_folder(services: Services, tmp_path: Path) -> None:
    choose_folder(services, tmp_path / "there")
    services.settings.set("compression.send_as", "original")


def changed(services: Services, note: Recording, **fields: Any) -> Recording:
    """The note with a master of which the library says this."""
    services.library.store_reading(note.id, replace(note.masters[0], **fields), "changed")
    return services.library.get(note.id)


def test_what_is_sent_already_takes_nothing_more(services: Services, note: Recording) -> None:
    assert not_backed_up(services) == [note.id]
    found = outlook(services, note)
    assert (found.size_bytes, found.estimated_bytes) == (note.size_bytes, note.size_bytes)
    assert (len(found.send_as), found.obstacle) == (1, None)
    back_up(services, note)
    assert not_backed_up(services) == []
    found = outlook(services, services.library.get(note.id))
    assert (found.send_as, found.size_bytes, found.obstacle) == ((), 0, None)


def test_a_smaller_format_is_estimated_below_the_original(services: Services, note: Recording) -> None:
    services.settings.set("compression.send_as", "mp3")
    found = outlook(services, note)
    assert 0 < found.estimated_bytes < found.size_bytes == note.size_bytes


def test_a_take_that_runs_waits_for_its_end(services: Services) -> None:
    take = services.takes.start_from(GeneratedVoice(), "Now")
    wait_until(lambda: take.recording_id in services.library.known_ids(), "the take's row")
    found = outlook(services, services.library.get(take.recording_id))
    assert "still being recorded" in str(found.obstacle)
    take.stop()
    assert take.wait(20)
    services.proving.run_pending()
    assert outlook(services, services.library.get(take.recording_id)).obstacle is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"state": MasterState.MISSING}, "is missing"),
        ({"state": MasterState.FREED}, "only at another provider"),
        ({"state": MasterState.DAMAGED, "sha256": None}, "could not be proved"),
    ],
)
def test_what_is_not_whole_here_cannot_be_sent(
    services: Services, note: Recording, fields: dict[str, Any], why: str
) -> None:
    found = outlook(services, changed(services, note, **fields))
    assert why in str(found.obstacle)
    assert (found.send_as, found.size_bytes) == ((), 0)


def test_a_take_that_was_cut_off_is_recovered_first(services: Services, note: Recording) -> None:
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE masters SET state = 'recording'")
    assert "was cut off" in str(outlook(services, services.library.get(note.id)).obstacle)


def test_what_is_freed_is_told_with_the_place_that_has_it(
    services: Services, note: Recording, tmp_path: Path
) -> None:
    back_up(services, note)
    place = services.providers.place()
    assert services.freeing.free([note.id])[0].ok
    choose_folder(services, tmp_path / "elsewhere")
    found = outlook(services, services.library.get(note.id))
    assert f"only at {place}" in str(found.obstacle)


def test_what_is_in_the_trash_is_restored_first(services: Services, note: Recording) -> None:
    services.trash.delete([note.id])
    assert "in the trash" in str(outlook(services, services.library.get(note.id)).obstacle)


def test_what_the_plan_does_not_take_is_too_large(services: Services, note: Recording) -> None:
    services.sync_log.set_plan(services.providers.place(), Plan(max_file_bytes=note.size_bytes - 1))
    assert outlook(services, note).obstacle is not None
    services.sync_log.set_plan(services.providers.place(), Plan(max_file_bytes=note.size_bytes))
    assert outlook(services, note).obstacle is None


def test_an_entry_is_in_hand_while_somebody_holds_its_lock(services: Services) -> None:
    path = services.config.locks_path / "transfer-1.lock"
    assert not is_in_hand(services, "1")
    with FileLock(path) as lock:
        assert lock.acquire()
        assert is_in_hand(services, "1")
    assert not is_in_hand(services, "1")
