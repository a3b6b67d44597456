"""Sidecars follow the library: no change is lost, whoever makes it and whenever the disk refuses."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from tests.fakes.library import opened, write_note
from tests.fakes.small_disk import fill, small_disk
from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.recording import Marker, Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.sidecars import BATCH
from voice_recorder.storage import schema as t
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.sidecar import sidecar_path
from voice_recorder.storage.sidecar_reading import read_sidecar
from voice_recorder.storage.sidecar_rows import SidecarRows

Add = Callable[..., Recording]


@pytest.fixture
def add(services: Services) -> Add:
    """Enter a recording, with files for those of its masters that have one."""

    def enter(*masters: Master, files: bool = True, **values: Any) -> Recording:
        recording = a_recording(*masters, **values)
        for master in recording.masters if files else ():
            path = services.config.raw_recordings_path / master.name
            if master.state is not MasterState.FREED and not path.exists():
                path.write_bytes(b"sound")
        services.library.add(recording, "imported")
        return recording

    return enter


def sidecar_of(services: Services, recording: Recording, number: int = 0) -> Path:
    return sidecar_path(services.config.raw_recordings_path / recording.masters[number].name)


def titles(path: Path) -> list[str]:
    return [recording["title"] for recording in json.loads(path.read_bytes())["recordings"]]


def test_a_change_is_said_beside_the_master(services: Services, add: Add) -> None:
    recording = add(title="first")
    assert services.sidecars.write_pending() == 1
    services.library.rename(recording.id, "second")
    assert services.sidecars.count_stale() == 1
    assert services.sidecars.write_pending() == 1
    assert titles(sidecar_of(services, recording)) == ["second"]
    assert services.sidecars.count_stale() == 0
    assert services.sidecars.write_pending() == 0


def test_all_that_belongs_to_a_recording_is_in_it(services: Services, add: Add) -> None:
    master = a_master()
    recording = add(master, tags=("a",), folder="f")
    services.library.update_take(recording.id, master, [Marker(master.id, 5, "here")])
    with services.library.database.session(write=True) as connection:
        key = connection.scalar(text("SELECT key FROM recordings"))
        step = {"recording_key": key, "number": 3, "name": "Trim", "at_ms": 7}
        segments = json.dumps([{"master": master.id, "from": 1, "to": 2}])
        connection.execute(insert(t.edit_steps).values(**step, segments=segments))
        connection.execute(insert(t.edit_steps).values(**{**step, "number": 4}, segments="nonsense"))
        connection.execute(text("UPDATE recordings SET edit_number = 3"))
        receipt = {
            "master_key": 1, "place": "folder:/x", "remote_id": "r", "send_as": "mp3", "size_bytes": 5,
            "md5": "0" * 32, "sha256": "1" * 64, "digest": "0" * 32, "digest_part_bytes": 0,
            "etag": "", "lossless": False, "verified_ms": 9,
        }  # fmt: skip
        connection.execute(insert(t.receipts).values(**receipt, digest_scheme="md5"))
        connection.execute(
            insert(t.receipts).values(**{**receipt, "place": "other"}, digest_scheme="newer than we")
        )
    services.sidecars.write_pending()
    sidecar = read_sidecar(sidecar_of(services, recording))
    (described,) = sidecar.described
    assert described.recording.tags == ("a",)
    assert described.recording.folder == "f"
    assert described.markers == (Marker(master.id, 5, "here"),)
    assert [number for number, _step in described.steps] == [3]
    assert [receipt.place for receipt in sidecar.receipts] == ["folder:/x"]
    assert described.history[0].kind == "imported"


def test_the_sidecar_of_a_shared_master_names_all_that_use_it(services: Services, add: Add) -> None:
    shared, own = a_master(), a_master()
    first = add(shared, title="one")
    add(shared, own, title="two")
    services.sidecars.write_pending()
    assert sorted(titles(sidecar_of(services, first))) == ["one", "two"]
    services.library.rename(first.id, "new")
    services.sidecars.write_pending()
    assert sorted(titles(sidecar_of(services, first))) == ["new", "two"]


def test_a_change_while_it_is_written_leaves_it_stale(services: Services, add: Add) -> None:
    recording = add(title="old")
    rows = SidecarRows(services.library.database)
    (key,) = rows.stale(None, 10)
    contents = rows.contents([key])
    services.library.rename(recording.id, "new")
    assert rows.settle(contents) == set()
    assert rows.count_stale() == 1
    assert rows.settle(rows.contents([key])) == {key}
    assert rows.count_stale() == 0


def test_two_writers_and_a_person_lose_no_change(services: Services, add: Add) -> None:
    recordings = [add() for _ in range(5)]
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.001):
            services.sidecars.write_pending()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    for number in range(30):
        for recording in recordings:
            services.library.rename(recording.id, f"{recording.id} {number}")
    stop.set()
    for writer in writers:
        writer.join()
    services.sidecars.write_pending()
    assert services.sidecars.count_stale() == 0
    for recording in recordings:
        assert titles(sidecar_of(services, recording)) == [f"{recording.id} 29"]


def test_a_running_take_waits_for_its_end(services: Services, add: Add) -> None:
    master = a_master(state=MasterState.RECORDING)
    recording = add(master)
    assert services.sidecars.write_pending() == 0
    assert services.sidecars.count_stale() == 1
    services.library.update_take(recording.id, replace(master, state=MasterState.RECORDED), [])
    assert services.sidecars.write_pending() == 1


def test_only_in_the_cloud_it_has_a_sidecar_all_the_same(services: Services, add: Add) -> None:
    recording = add(a_master(state=MasterState.FREED))
    services.sidecars.write_pending()
    assert titles(sidecar_of(services, recording)) == [recording.title]
    services.library.set_trashed(recording.id, datetime.now(UTC))
    services.sidecars.write_pending()
    assert not sidecar_of(services, recording).exists()
    assert (services.config.trash_path / sidecar_of(services, recording).name).exists()


def test_without_its_master_none_is_made_but_one_that_is_there_is_kept_true(
    services: Services, add: Add
) -> None:
    gone = add(files=False)
    assert services.sidecars.write_pending() == 0  # perhaps the disk is only away
    assert services.sidecars.count_stale() == 1
    services.library.store_reading(gone.id, replace(gone.masters[0], state=MasterState.MISSING), "missing")
    assert services.sidecars.write_pending() == 1
    assert not sidecar_of(services, gone).exists()
    kept = add(title="old")
    services.sidecars.write_pending()
    (services.config.raw_recordings_path / kept.masters[0].name).unlink()
    services.library.rename(kept.id, "new")
    services.sidecars.write_pending()
    assert titles(sidecar_of(services, kept)) == ["new"]


def test_in_the_trash_it_lies_beside_its_master(services: Services, note: Recording) -> None:
    services.sidecars.write_pending()
    services.trash.delete([note.id])
    services.sidecars.write_pending()
    in_trash = sidecar_path(services.config.trash_path / note.masters[0].name)
    assert json.loads(in_trash.read_bytes())["recordings"][0]["trashed"]
    assert not sidecar_of(services, note).exists()
    services.trash.restore([note.id])
    services.sidecars.write_pending()
    assert not in_trash.exists()
    assert json.loads(sidecar_of(services, note).read_bytes())["recordings"][0]["trashed"] is None


def test_many_are_written_in_parts(services: Services, add: Add) -> None:
    for _ in range(BATCH + 5):
        add()
    assert services.sidecars.write_pending(limit=3) == 3
    assert services.sidecars.write_pending() == BATCH + 2
    assert services.sidecars.count_stale() == 0


def test_it_can_be_called_off(services: Services, add: Add) -> None:
    add()
    cancel = threading.Event()
    cancel.set()
    assert services.sidecars.write_pending(cancel) == 0
    assert services.sidecars.count_stale() == 1


def test_nothing_is_written_while_the_trash_is_at_work(services: Services, add: Add) -> None:
    add()
    with FileLock(services.config.locks_path / "trash.lock") as lock:
        assert lock.acquire()
        assert services.sidecars.write_pending() == 0
    assert services.sidecars.write_pending() == 1


def test_a_disk_that_refuses_leaves_them_stale_and_is_logged_once(
    services: Services, add: Add, caplog: pytest.LogCaptureFixture
) -> None:
    recording, other = add(), add()
    blocked = sidecar_of(services, recording)
    blocked.mkdir()  # what cannot be replaced by a file
    assert services.sidecars.write_pending() == 1
    assert titles(sidecar_of(services, other)) == [other.title]
    for _ in range(3):
        assert services.sidecars.write_pending() == 0
    assert services.sidecars.count_stale() == 1
    assert len([r for r in caplog.records if "behind" in r.getMessage()]) == 1
    blocked.rmdir()
    assert services.sidecars.write_pending() == 1


def test_what_was_deleted_for_ever_is_described_no_more(services: Services, add: Add) -> None:
    recording = add()
    rows = SidecarRows(services.library.database)
    keys = rows.stale(None, 10)
    services.library.forget(recording.id, "deleted for ever")
    assert rows.contents(keys) == {}
    assert services.sidecars.write_pending() == 0


def test_on_a_full_disk_they_wait_for_room(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(1) as disk:
        monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(disk))
        with opened() as services:
            (note,) = services.importing.run([write_note(tmp_path / "a.wav", 0.1)]).recordings
            ballast = fill(disk)
            assert services.sidecars.write_pending() == 0
            assert services.sidecars.count_stale() == 1
            ballast.unlink()
            assert services.sidecars.write_pending() == 1
            assert titles(sidecar_of(services, note)) == ["a"]
