"""The trash: what is deleted comes back for 30 days, and nothing but its end ever removes a master."""

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.library import opened, with_notes, write_note
from tests.fakes.permissions import heeding_permissions, with_mode
from tests.fakes.processes import wait_until
from tests.fakes.small_disk import fill, small_disk
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.contract import done
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.services import proving, verifying
from voice_recorder.services import trash as trash_module
from voice_recorder.storage.rows import insert_recording
from voice_recorder.storage.sidecar import sidecar_path

DAY = timedelta(days=1)


@pytest.fixture
def note(home: Path, tmp_path: Path) -> Recording:
    (recording,) = with_notes(tmp_path / "in", ["note"])
    return recording


def files(home: Path, folder: str) -> list[str]:
    """What is in a folder, but for the sidecars."""
    return [name for name in all_files(home, folder) if not name.endswith(".json")]


def all_files(home: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (home / folder).iterdir())


def test_there_and_back(run_here: RunCli, home: Path, note: Recording) -> None:
    name = note.masters[0].name
    content = (home / "recordings" / name).read_bytes()
    done(run_here("delete", "--json", note.id))
    assert (files(home, "recordings"), files(home, "trash")) == ([], [name])
    shown = done(run_here("show", "--json", note.id))
    assert shown["state"] == "trashed"
    assert shown["path"] == str(home / "trash" / name)
    assert done(run_here("verify", "--json"))["checked"] == 1, "also what is in the trash is verified"
    done(run_here("delete", "--json", note.id))  # again: nothing to do
    done(run_here("restore", "--json", note.id))
    done(run_here("restore", "--json", note.id))
    assert (files(home, "recordings"), files(home, "trash")) == ([name], [])
    assert (home / "recordings" / name).read_bytes() == content
    kinds = [entry["kind"] for entry in done(run_here("show", "--json", note.id))["history"]]
    assert kinds == ["imported", "deleted", "verified", "restored"]


def test_emptying_removes_file_row_and_nothing_else(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    keep, drop = with_notes(tmp_path / "in", ["keep", "drop"])
    done(run_here("delete", "--json", drop.id))
    done(run_here("trash", "empty", "--json", "--yes"))
    assert files(home, "trash") == []
    assert files(home, "recordings") == [keep.masters[0].name]
    assert [r["id"] for r in done(run_here("list", "--json"))["recordings"]] == [keep.id]
    result = run_here("restore", "--json", drop.id)
    assert result.returncode == 1
    assert result.json["results"][0]["error"]["kind"] == "not_found"


@pytest.mark.parametrize(("age_days", "gone"), [(29.9, False), (30.1, True)])
def test_the_purge_comes_after_thirty_days(home: Path, note: Recording, age_days: float, gone: bool) -> None:
    with opened() as services:
        services.trash.delete([note.id])
        services.trash.housekeep(datetime.now(UTC) + age_days * DAY)
        assert (services.library.with_ids(None) == ()) is gone
        assert (files(home, "trash") == []) is gone
        if gone:
            assert services.library.history(note.id)[-1].kind == "deleted for ever"


def test_one_that_cannot_be_purged_is_told_and_keeps_no_other(home: Path, tmp_path: Path) -> None:
    notes = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        services.trash.delete([note.id for note in notes])
        stuck = services.config.trash_path / notes[0].masters[0].name
        stuck.unlink()
        stuck.mkdir()  # cannot be removed as a file
        services.trash.housekeep(datetime.now(UTC) + 31 * DAY)
        assert services.library.ids(LibraryQuery(Shelf.TRASH)) == [notes[0].id]
        log = (services.config.logs_path / "voice-recorder.log").read_text(encoding="utf-8")
        assert f"housekeeping of {notes[0].id}" in log


def test_a_clock_gone_wrong_removes_nothing_that_is_not_in_the_trash(home: Path, tmp_path: Path) -> None:
    """The year 9000, the year 1: a master that its owner did not delete stays."""
    notes = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        services.library.set_favourite(notes[0].id, True)
        services.library.set_archived(notes[1].id, True)
        for now in (datetime(9000, 1, 1, tzinfo=UTC), datetime(1, 2, 1, tzinfo=UTC)):
            services.trash.housekeep(now)
            assert {r.state for r in services.library.with_ids(None)} == {RecordingState.RECORDED}
    assert len(files(home, "recordings")) == 2


def test_only_what_is_in_the_trash_is_removed_for_ever(home: Path, note: Recording) -> None:
    with opened() as services:
        (result,) = services.trash.delete_for_ever([note.id])
        assert not result.ok
        assert files(home, "recordings") == [note.masters[0].name]


def test_age_moves_to_the_trash_only_when_asked_and_never_favourites(home: Path, tmp_path: Path) -> None:
    """S9.4: opt-in; what age moved has its own 30 days."""
    old, favourite, archived = with_notes(tmp_path / "in", ["old", "favourite", "archived"])
    with opened() as services:
        services.library.set_favourite(favourite.id, True)
        services.library.set_archived(archived.id, True)
        later = datetime.now(UTC) + 11 * DAY
        services.trash.housekeep(later)
        assert files(home, "trash") == []
        services.settings.set("storage.trash_after_days", 10)
        services.trash.housekeep(later)
        services.trash.housekeep(later)
        assert files(home, "trash") == [old.masters[0].name]
        assert services.library.get(old.id).state is RecordingState.TRASHED


def test_no_command_but_the_trash_removes_a_master(
    run_here: RunCli, home: Path, tmp_path: Path, note: Recording
) -> None:
    other = write_note(tmp_path / "other.wav", seed=9)
    (home / "recordings" / "stranger.wav").write_bytes(other.read_bytes())
    before = set(files(home, "recordings"))
    done(run_here("delete", "--json", note.id))
    done(run_here("restore", "--json", note.id))
    for words in (
        ["list"], ["show", note.id], ["rename", note.id, "new"], ["verify"], ["recover"], ["status"],
        ["health"], ["metrics"], ["formats"], ["import", str(other)], ["trash", "empty", "--yes"],
        ["backup", "make"],
        ["settings", "set", "storage.quota_mb", "1"], ["settings", "set", "storage.trash_after_days", "1"],
    ):  # fmt: skip
        run_here(*words, "--json")
        assert before <= set(files(home, "recordings")), words


def test_a_running_take_cannot_be_deleted(
    run_cli: RunCli, run_here: RunCli, start_cli: StartCli, home: Path, with_microphone: VirtualMicrophone
) -> None:
    process = start_cli("record", "--json")

    def listed() -> bool:
        return run_here("list", "--json", "--state", "recording").json["total"] == 1

    wait_until(lambda: any((home / "recordings").glob("*.part")), "the take")
    wait_until(listed, "the take's row")
    running = run_here("list", "--json").json["recordings"][0]["id"]
    result = run_cli("delete", "--json", running)
    assert result.returncode == 1
    assert "still running" in result.json["results"][0]["error"]["title"]
    done(run_cli("trash", "empty", "--json"))
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert done(run_here("show", "--json", running))["state"] == "recorded"
    assert done(run_here("verify", "--json"))["ok"]


def test_a_move_that_is_refused_is_said_and_settled_later(
    run_here: RunCli, home: Path, note: Recording
) -> None:
    name = note.masters[0].name
    with opened() as services, with_mode(home / "trash", 0o500):
        if not heeding_permissions():
            (result,) = services.trash.delete([note.id])
            assert not result.ok
        else:  # root may do anything: play the crash between the row and the file
            services.library.set_trashed(note.id, datetime.now(UTC))
        assert files(home, "recordings") == [name]
    assert done(run_here("show", "--json", note.id))["state"] == "trashed"
    done(run_here("recover", "--json"))
    assert (files(home, "recordings"), files(home, "trash")) == ([], [name])
    done(run_here("restore", "--json", note.id))
    assert files(home, "recordings") == [name]


def test_a_restore_cut_off_between_file_and_row_is_settled(
    run_here: RunCli, home: Path, note: Recording
) -> None:
    name = note.masters[0].name
    with opened() as services:
        services.trash.delete([note.id])
        services.library.set_trashed(note.id, None)  # the row says restored, the file is in the trash
    assert done(run_here("verify", "--json"))["ok"], "wherever it is, it is found"
    done(run_here("recover", "--json"))
    assert (files(home, "recordings"), files(home, "trash")) == ([name], [])


def test_the_trash_on_another_file_system(
    run_here: RunCli, home: Path, tmp_path: Path, note: Recording
) -> None:
    """A recordings folder on another disk: there and back are copies, compared, then moved."""
    with small_disk(20) as disk:
        elsewhere = {"VOICE_RECORDER_RECORDINGS_DIR": str(disk / "notes")}
        path = write_note(tmp_path / "far.wav", 60.0, seed=3)  # more than the reserve gives back
        far = done(run_here("import", "--json", path, env=elsewhere))["recordings"][0]
        assert Path(far["path"]).parent == disk / "notes"
        done(run_here("delete", "--json", far["id"], env=elsewhere))
        assert list((disk / "notes").glob("*.wav*")) == []
        assert (
            Path(done(run_here("show", "--json", far["id"], env=elsewhere))["path"]).parent == home / "trash"
        )
        done(run_here("restore", "--json", far["id"], env=elsewhere))
        assert Path(far["path"]).read_bytes() == path.read_bytes()
        assert files(home, "trash") == []

        done(run_here("delete", "--json", far["id"], env=elsewhere))
        fill(disk)
        refused = run_here("restore", "--json", far["id"], env=elsewhere)
        assert refused.returncode == 1
        assert refused.json["results"][0]["error"]["kind"] == "disk_full"
        assert files(home, "trash") == [Path(far["path"]).name], "what could not be copied is where it was"
        assert list((disk / "notes").glob("*.wav*")) == []
        assert done(run_here("show", "--json", far["id"], env=elsewhere))["state"] == "trashed"


def test_a_copy_that_differs_is_no_move(
    home: Path, note: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Across file systems the source goes only when the copy's digest is its own."""

    def copy_badly(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:-1] + b"?")

    with small_disk(20) as disk:
        monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(disk))
        with opened() as services:
            (far,) = services.importing.run([write_note(tmp_path / "far.wav", seed=5)]).recordings
            monkeypatch.setattr(trash_module.shutil, "copy2", copy_badly)
            (result,) = services.trash.delete([far.id])
            assert not result.ok
            assert (disk / far.masters[0].name).exists()
            assert files(home, "trash") == []


def test_two_who_delete_and_restore_at_once_lose_nothing(home: Path, note: Recording) -> None:
    with opened() as services:

        def work(act: object) -> None:
            for _ in range(10):
                act([note.id])  # type: ignore[operator]

        threads = [
            threading.Thread(target=work, args=(act,))
            for act in (services.trash.delete, services.trash.restore)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        services.trash.settle()
        assert len(files(home, "recordings")) + len(files(home, "trash")) == 1
        services.trash.restore([note.id])
        assert services.verifying.run().is_sound


def test_deleting_for_ever_takes_no_file_that_is_back_in_its_place(home: Path, note: Recording) -> None:
    """A restore that was cut off between the file and its row."""
    name = note.masters[0].name
    with opened() as services:
        services.trash.delete([note.id])
        (home / "trash" / name).rename(home / "recordings" / name)
        services.trash.housekeep(datetime.now(UTC) + 31 * DAY)
        assert files(home, "recordings") == [name]


def test_a_restore_in_the_middle_of_deleting_for_ever_waits(
    home: Path, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is done whole: no row without its file, and no file removed under a row that is back."""
    with opened() as services, opened() as others:
        services.trash.delete([note.id])
        restored: list[trash_module.ItemResult] = []
        restore = threading.Thread(target=lambda: restored.extend(others.trash.restore([note.id])))
        masters_only_of = services.library.masters_only_of

        def racing(recording_id: str) -> Any:
            found = masters_only_of(recording_id)
            restore.start()
            restore.join(0.3)
            return found

        monkeypatch.setattr(services.library, "masters_only_of", racing)
        assert services.trash.delete_for_ever([note.id])[0].ok
        restore.join()
        assert [(result.ok, result.error and result.error.kind) for result in restored] == [
            (False, "not_found")
        ]
        assert services.library.known_ids() == set()
        assert files(home, "recordings") == files(home, "trash") == []


def moving_first(act: Callable[[], object], read: Callable[..., Any]) -> Callable[..., Any]:
    """``read``, before whose first call the file goes elsewhere."""
    moved: list[object] = []

    def move_and_read(*words: Any) -> Any:
        if not moved:
            moved.append(act())
        return read(*words)

    return move_and_read


def test_a_file_that_goes_to_the_trash_while_it_is_proved_is_not_missing(
    home: Path, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as services:
        with services.library.database.session(write=True) as connection:
            connection.exec_driver_sql("UPDATE masters SET sha256 = NULL")
        read = moving_first(lambda: services.trash.delete([note.id]), proving.read_audio)
        monkeypatch.setattr(proving, "read_audio", read)
        services.proving.run_pending()
        assert services.library.get(note.id).masters[0].state is MasterState.RECORDED
        services.proving.run_pending()
        assert services.library.get(note.id).masters[0].sha256 == note.masters[0].sha256
        assert "missing" not in [entry.kind for entry in services.library.history(note.id)]


@pytest.mark.parametrize("begins_in", ["recordings", "trash"])
def test_a_file_that_is_moved_while_it_is_verified_is_not_missing(
    home: Path, note: Recording, monkeypatch: pytest.MonkeyPatch, begins_in: str
) -> None:
    with opened() as services:
        move = services.trash.delete
        if begins_in == "trash":
            services.trash.delete([note.id])
            move = services.trash.restore
        monkeypatch.setattr(
            verifying, "digest", moving_first(lambda: move([note.id]), verifying.digest)
        )  # fmt: skip
        report = services.verifying.run()
        assert (report.is_sound, report.checked) == (True, 1)


def test_one_file_that_cannot_be_settled_keeps_no_other_from_its_place(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    notes = with_notes(tmp_path / "in", ["stuck", "trashed", "restored"])
    stuck, trashed, restored = (note.masters[0].name for note in notes)
    with opened() as services:
        services.trash.delete([note.id for note in notes])
        services.library.set_trashed(notes[2].id, None)
    for name in (stuck, trashed):
        (home / "trash" / name).rename(home / "recordings" / name)
    (home / "trash" / stuck / "in the way").mkdir(parents=True)
    done(run_here("recover", "--json"))
    assert files(home, "trash") == sorted([stuck, trashed])
    assert files(home, "recordings") == sorted([stuck, restored])
    assert (home / "recordings" / stuck).is_file()
    with opened() as services:
        services.housekeeping.run()


def test_a_note_whose_file_cannot_be_moved_is_not_in_the_trash(
    home: Path, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, while another program has the file open."""

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "The file is in use by another program")

    with opened() as services:
        with monkeypatch.context() as patch:
            patch.setattr(trash_module, "replace_durably", refuse)
            (result,) = services.trash.delete([note.id])
        assert result.error is not None
        assert "in use by another program" in result.error.title
        kept = services.library.get(note.id)
        assert (kept.state, kept.trashed_at) == (RecordingState.RECORDED, None)
        services.trash.settle()
        assert files(home, "recordings") == [note.masters[0].name]
        assert services.verifying.run().is_sound


def test_a_clock_that_leaps_a_year_removes_nothing_at_first(home: Path, note: Recording) -> None:
    """Neither in the first housekeeping ever nor in a later one; when it goes on so, a month is a month."""
    now = datetime.now(UTC)
    with opened() as services:
        services.trash.delete([note.id])
        services.housekeeping.run(now + 365 * DAY)
        services.housekeeping.run(now)  # set right again
        services.housekeeping.run(now + DAY / 24)
        services.housekeeping.run(now + 365 * DAY)
        assert files(home, "trash") == [note.masters[0].name]
        services.housekeeping.run(now)
        for day in range(0, 30, 5):
            services.housekeeping.run(now + day * DAY)
            assert files(home, "trash") == [note.masters[0].name]
        services.housekeeping.run(now + 31 * DAY)
        assert files(home, "trash") == []


# Many at once (U10), and sidecars


def beside(home: Path, note: Recording, words: str = "{}") -> str:
    """Write a sidecar beside the note's master, wherever that is; its name."""
    with opened() as services:
        path = sidecar_path(services.library.path_of(note.masters[0]))
    path.write_text(words, "utf-8")
    return path.name


def test_a_sidecar_goes_and_comes_back_with_its_master(home: Path, note: Recording) -> None:
    name, sidecar = note.masters[0].name, beside(home, note, '{"title": "mine"}')
    with opened() as services:
        services.trash.delete([note.id])
        assert (all_files(home, "recordings"), all_files(home, "trash")) == ([], [name, sidecar])
        services.trash.restore([note.id])
        assert (all_files(home, "recordings"), all_files(home, "trash")) == ([name, sidecar], [])
        assert (home / "recordings" / sidecar).read_text("utf-8") == '{"title": "mine"}'
        services.trash.delete([note.id])
        assert services.trash.empty()[0].ok
        assert all_files(home, "recordings") == all_files(home, "trash") == []


def test_the_sidecar_of_a_note_that_is_only_in_the_cloud_goes_too(home: Path, note: Recording) -> None:
    sidecar = beside(home, note)
    (home / "recordings" / note.masters[0].name).unlink()
    with opened() as services:
        with services.library.database.session(write=True) as connection:
            connection.exec_driver_sql("UPDATE masters SET state = 'freed'")
        services.trash.delete([note.id])
        assert (all_files(home, "recordings"), all_files(home, "trash")) == ([], [sidecar])
        services.trash.empty()
        assert all_files(home, "trash") == []


def test_a_sidecar_that_was_left_behind_is_settled_and_a_newer_one_wins(home: Path, note: Recording) -> None:
    name, sidecar = note.masters[0].name, beside(home, note, "old")
    with opened() as services:
        services.trash.delete([note.id])
        (home / "trash" / sidecar).rename(home / "recordings" / sidecar)  # cut off between the two
        services.trash.settle()
        assert (all_files(home, "recordings"), all_files(home, "trash")) == ([], [name, sidecar])
        (home / "recordings" / sidecar).write_text("older", "utf-8")
        services.trash.settle()
        assert (all_files(home, "recordings"), all_files(home, "trash")) == ([], [name, sidecar])
        assert (home / "trash" / sidecar).read_text("utf-8") == "old"


def many(home: Path, tmp_path: Path, count: int) -> list[str]:
    """The ids of ``count`` notes; all but one by rows and copies of its file."""
    (first,) = with_notes(tmp_path / "in", ["first"])
    original = home / "recordings" / first.masters[0].name
    ids = [first.id]
    with opened() as services, services.library.database.session(write=True) as connection:
        for number in range(1, count):
            master = replace(first.masters[0], id=f"m{number}", name=f"{number}.wav")
            copy = replace(first, id=f"{number:032x}", masters=(master,))
            insert_recording(connection, copy)
            (home / "recordings" / master.name).write_bytes(original.read_bytes())
            ids.append(copy.id)
    return ids


def test_u10_many_are_deleted_and_restored_in_one_transaction_each(home: Path, tmp_path: Path) -> None:
    ids = many(home, tmp_path, 210)
    seen: list[tuple[int, int]] = []
    with opened() as services:
        metrics = services.library.database.metrics
        given = [*ids, "unknown", ids[3]]
        results = services.trash.delete(given, None, lambda done, total, _text: seen.append((done, total)))
        assert [result.id for result in results] == given
        assert [result.id for result in results if not result.ok] == ["unknown"]
        assert seen == [(100, 210), (200, 210), (210, 210)]
        assert services.library.database.metrics.committed - metrics.committed < 10
        assert (len(files(home, "recordings")), len(files(home, "trash"))) == (0, 210)
        assert all(result.ok for result in services.trash.delete(ids)), "those in the trash are done"
        assert all(result.ok for result in services.trash.restore(ids))
        assert (len(files(home, "recordings")), len(files(home, "trash"))) == (210, 0)
        assert [entry.kind for entry in services.library.history(ids[7])] == ["deleted", "restored"]
        assert services.verifying.run().is_sound


def test_u10_a_delete_that_was_cancelled_is_settled_later(home: Path, tmp_path: Path) -> None:
    """The rows are in the trash at once; the files follow, or are removed with them."""
    ids = many(home, tmp_path, 110)
    with opened() as services:
        cancel = threading.Event()
        results = services.trash.delete(ids, cancel, lambda *_: cancel.set())
        assert all(result.ok for result in results)
        assert len(files(home, "trash")) == 100
        assert services.library.page(LibraryQuery(), 1).total == 0
        assert services.verifying.run().is_sound, "wherever they are, they are found"
        services.trash.settle()
        assert (len(files(home, "recordings")), len(files(home, "trash"))) == (0, 110)
        results = services.trash.restore(ids, cancel)
        assert all(result.ok for result in results)
        assert len(files(home, "trash")) == 110
        services.trash.settle()
        assert (len(files(home, "recordings")), len(files(home, "trash"))) == (110, 0)
        services.trash.delete(ids, cancel)
        cancel.clear()
        seen: list[int] = []

        def stop_after_ten(done: int, _total: int, _text: str) -> None:
            seen.append(done)
            if done == 10:
                cancel.set()

        assert len(services.trash.delete_for_ever(ids, cancel, stop_after_ten)) == 10
        assert (len(files(home, "recordings")), len(files(home, "trash"))) == (0, 100)
        assert all(result.ok for result in services.trash.empty())
        assert files(home, "recordings") == files(home, "trash") == []


def test_u10_those_whose_files_cannot_be_moved_are_put_back_and_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = many(home, tmp_path, 105)
    in_use = {f"{number}.wav" for number in (3, 103)}
    move = trash_module.replace_durably

    def refuse_some(source: Path, target: Path) -> None:
        if source.name in in_use:
            raise PermissionError(13, "The file is in use by another program")
        move(source, target)

    with opened() as services:
        monkeypatch.setattr(trash_module, "replace_durably", refuse_some)
        results = services.trash.delete([ids[3][:32], *ids])
        assert [r.id for r in results if not r.ok] == [ids[3], ids[3], ids[103]]
        assert all("in use by another program" in str(r.error) for r in results if not r.ok)
        stuck = services.library.get(ids[3])
        assert stuck.state is RecordingState.RECORDED
        assert [entry.kind for entry in services.library.history(stuck.id)] == [
            "deleted", "could not be deleted",
        ]  # fmt: skip
        assert services.verifying.run().is_sound
        in_use.add("5.wav")
        trashed_at = services.library.get(ids[5]).trashed_at
        results = services.trash.restore(ids)
        assert [r.id for r in results if not r.ok] == [ids[5]]
        assert services.library.get(ids[5]).trashed_at == trashed_at, "its 30 days go on"
        assert files(home, "trash") == ["5.wav"]


def test_a_master_that_two_notes_share_is_in_the_trash_when_both_are(home: Path, note: Recording) -> None:
    (name,) = (master.name for master in note.masters)
    with opened() as services:
        trash, other = services.trash, replace(note, id="f" * 32)
        services.library.add(other, "split")
        places = []
        for act, ids in (
            (trash.delete, [note.id]), (trash.delete, [other.id]), (trash.restore, [note.id]),
            (trash.delete, [note.id]), (trash.restore, [note.id, other.id]),
            (trash.delete, [note.id, other.id]),
        ):  # fmt: skip
            assert all(result.ok for result in act(ids))
            services.trash.settle()
            places.append("trash" if files(home, "trash") else "recordings")
        assert places == ["recordings", "trash", "recordings", "trash", "recordings", "trash"]
        trash.delete_for_ever([note.id])
        assert files(home, "trash") == [name]
        trash.delete_for_ever([other.id])
        assert all_files(home, "trash") == all_files(home, "recordings") == []
