"""backup: going back to an older library costs no recording made since, in whatever state the present is."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.library import opened, with_notes, write_note
from tests.fakes.processes import wait_until
from tests.integration.contract import done, failed
from voice_recorder.domain.errors import LibraryBusy
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.domain.recording import AudioFormat, Marker, Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.returning import return_to
from voice_recorder.storage.locks import FileLock


def make_take(title: str) -> str:
    """Half a second of a take, as `record` makes it, with its samples proved; its id."""
    with opened() as services:
        take = services.takes.start_from(GeneratedVoice(AudioFormat()), title, limit_s=0.5)
        assert take.wait(10)
        services.proving.run_pending()
        return take.recording_id


def make_backup(run: RunCli) -> str:
    return str(done(run("backup", "make", "--json"))["backup"]["name"])


def listed(run: RunCli) -> dict[str, str]:
    return {r["id"]: r["title"] for r in done(run("list", "--json"))["recordings"]}


def overwrite(database: Path, start: int, size: int) -> None:
    for leftover in ("-wal", "-shm"):
        Path(f"{database}{leftover}").unlink(missing_ok=True)
    content = bytearray(database.read_bytes())
    content[start : start + size] = b"\xa5" * len(content[start : start + size])
    database.write_bytes(content)


@pytest.fixture
def older(run_here: RunCli, home: Path, tmp_path: Path) -> tuple[Recording, str, str]:
    """A note and a backup that knows it; then a take that the backup does not know."""
    (note,) = with_notes(tmp_path / "in", ["before"])
    backup = make_backup(run_here)
    return note, backup, make_take("after")


def test_the_last_three_are_kept_newest_first(run_here: RunCli, home: Path) -> None:
    names = [make_backup(run_here) for _ in range(5)]
    backups = done(run_here("backup", "list", "--json"))["backups"]
    assert [backup["name"] for backup in backups] == names[:1:-1]
    for backup in backups:
        assert Path(backup["path"]).parent == home / "backups"
        assert Path(backup["path"]).stat().st_mode & 0o777 == 0o600
        assert backup["size_bytes"] == Path(backup["path"]).stat().st_size
        assert backup["made_at"].endswith("Z")
    assert names[4] in run_here("backup", "list").stdout


def test_a_take_made_since_is_carried_over_whole(
    run_cli: RunCli, home: Path, older: tuple[Recording, str, str]
) -> None:
    note, backup, take = older
    with opened() as services:
        before = services.library.get(take)
    report = done(run_cli("backup", "restore", "--json", backup))
    assert (report["carried_over"], report["adopted"]) == (1, 0)
    assert Path(report["set_aside"]).exists()
    assert listed(run_cli) == {note.id: "before", take: "after"}
    with opened() as services:
        assert services.library.get(take) == before
    assert done(run_cli("verify", "--json"))["checked"] == 2


def test_what_was_split_off_and_joined_since_is_carried_over_too(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    """Its sound is that of recordings which the backup knows."""
    first, second = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        backup = make_backup(run_here)
        _, rest = services.editing.split(first.id, 0.2)
        joined = services.editing.join([first.id, second.id], "Both")
        services.library.rename(rest.id, "The rest")
        before = [services.library.get(made.id) for made in (rest, joined)]
    report = done(run_here("backup", "restore", "--json", backup))
    assert (report["carried_over"], report["adopted"]) == (2, 0)
    with opened() as services:
        assert [services.library.get(made.id) for made in (rest, joined)] == before
        assert services.library.get(first.id) == first


def test_what_was_attached_since_is_a_recording_again(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    """Whatever kind of file it is: the recording itself is as the backup has it."""
    (note,) = with_notes(tmp_path / "in", ["one"])
    with opened() as services:
        backup = make_backup(run_here)
        other = services.importing.run([write_note(tmp_path / "two.flac", seed=5)]).recordings[0]
        services.editing.set_markers(other.id, [Marker(other.masters[0].id, 100, "in it")])
        services.editing.append(note.id, other.id)
    report = done(run_here("backup", "restore", "--json", backup))
    assert (report["carried_over"], report["adopted"]) == (1, 0)
    with opened() as services:
        (again,) = [r for r in services.library.with_ids(None) if r.id != note.id]
        assert services.library.get(note.id) == note
        assert [m.id for m in again.masters] == [other.masters[0].id]
        assert [m.label for m in services.library.markers(again.id)] == ["in it"]
        assert services.library.ids(LibraryQuery(search="in it")) == [again.id]
        assert services.verifying.run().is_sound


def test_an_import_made_since_is_carried_over_too(
    run_here: RunCli, tmp_path: Path, older: tuple[Recording, str, str]
) -> None:
    note, backup, take = older
    later = write_note(tmp_path / "later.flac", seed=7)
    imported = done(run_here("import", "--json", later))["recordings"][0]["id"]
    done(run_here("backup", "restore", "--json", backup))
    assert listed(run_here) == {note.id: "before", take: "after", imported: "later"}
    assert done(run_here("verify", "--json"))["unknown"] == []


def test_out_of_a_damaged_library_takes_are_found_by_their_files(
    run_here: RunCli, home: Path, older: tuple[Recording, str, str]
) -> None:
    note, backup, take = older
    overwrite(home / "library.db", 0, 200_000)
    damaged = (home / "library.db").read_bytes()
    failed(run_here("list", "--json"), 1, "library_damaged")
    assert done(run_here("backup", "list", "--json"))["backups"], "the way back works without a library"
    report = done(run_here("backup", "restore", "--json", backup))
    assert (report["carried_over"], report["adopted"]) == (0, 1)
    assert Path(report["set_aside"]).read_bytes() == damaged, "set aside, not removed"
    assert set(listed(run_here)) == {note.id, take}
    found = done(run_here("show", "--json", take))
    assert (found["state"], found["recovered"]) == ("recorded", True)
    assert found["sha256"]
    assert done(run_here("verify", "--json"))["checked"] == 2


def test_out_of_a_half_damaged_library_what_can_be_read_is_carried_over(
    run_here: RunCli, home: Path, tmp_path: Path, older: tuple[Recording, str, str]
) -> None:
    """One unreadable row must not cost the others that are newer than the backup."""
    note, backup, take = older
    later = write_note(tmp_path / "later.flac", seed=7)
    imported = done(run_here("import", "--json", later))["recordings"][0]["id"]
    with opened() as services, services.library.database.session(write=True) as connection:
        connection.exec_driver_sql(
            "UPDATE masters SET state = 'scribble' WHERE key IN (SELECT master_key FROM recording_masters"
            " JOIN recordings ON recordings.key = recording_key WHERE recordings.id = ?)",
            (take,),
        )
    failed(run_here("list", "--json"), 1, "library_damaged")
    done(run_here("backup", "restore", "--json", backup))
    assert set(listed(run_here)) == {note.id, take, imported}


def test_a_date_that_cannot_be_right_costs_no_sound(home: Path, older: tuple[Recording, str, str]) -> None:
    note, backup, broken = older
    other = make_take("another")
    with opened() as services:
        config = services.config
        with services.library.database.session(write=True) as connection:
            connection.exec_driver_sql("UPDATE recordings SET created_ms = 1e18 WHERE id = ?", (broken,))
    report = return_to(config, backup)
    assert (report.carried_over, report.adopted) == (1, 1)
    with opened() as services:
        assert {found.id for found in services.library.with_ids(None)} == {note.id, broken, other}
        assert services.library.get(other).title == "another"
        assert services.verifying.run().is_sound


def test_nothing_is_gone_back_to_while_the_library_is_brought_up_to_date(
    home: Path, older: tuple[Recording, str, str]
) -> None:
    with opened() as services:
        config = services.config
    before = config.database_path.read_bytes()
    with FileLock(config.locks_path / "migration.lock") as lock:
        assert lock.acquire()
        with pytest.raises(LibraryBusy):
            return_to(config, older[1])
    assert config.database_path.read_bytes() == before


def test_a_lost_library_comes_back(run_here: RunCli, home: Path, older: tuple[Recording, str, str]) -> None:
    note, backup, take = older
    (home / "library.db").unlink()
    done(run_here("backup", "restore", "--json", backup.removesuffix(".db")))
    assert set(listed(run_here)) == {note.id, take}


@pytest.mark.parametrize("damage", [(0, 50), (0, 10_000_000), (4096, 20_000)])
def test_a_damaged_backup_costs_nothing(
    run_here: RunCli, home: Path, older: tuple[Recording, str, str], damage: tuple[int, int]
) -> None:
    note, backup, take = older
    overwrite(home / "backups" / backup, *damage)
    failed(run_here("backup", "restore", "--json", backup), 1, "library_damaged")
    assert set(listed(run_here)) == {note.id, take}
    assert list(home.glob("library.before-return-*")) == []
    assert list(home.glob("*.tmp*")) == []


def test_an_empty_backup_is_refused(run_here: RunCli, home: Path, older: tuple[Recording, str, str]) -> None:
    note, backup, take = older
    (home / "backups" / backup).write_bytes(b"")
    assert run_here("backup", "restore", "--json", backup).returncode == 1
    assert set(listed(run_here)) == {note.id, take}


def test_an_unknown_backup_exits_1(run_here: RunCli, home: Path) -> None:
    for name in ("nothing", "../library.db", "", "\udcff"):
        failed(run_here("backup", "restore", "--json", "--", name), 1, "not_found")


def test_what_was_deleted_since_is_back_in_the_list(
    run_here: RunCli, home: Path, older: tuple[Recording, str, str]
) -> None:
    """The trash of the older library counts; the file is brought to where that says it belongs."""
    note, backup, _ = older
    done(run_here("delete", "--json", note.id))
    done(run_here("backup", "restore", "--json", backup))
    done(run_here("recover", "--json"))
    shown = done(run_here("show", "--json", note.id))
    assert shown["state"] == "recorded"
    assert Path(shown["path"]).parent == home / "recordings"
    assert done(run_here("verify", "--json"))["ok"]


def test_going_back_twice_changes_nothing_more(
    run_here: RunCli, home: Path, older: tuple[Recording, str, str]
) -> None:
    _, backup, _ = older
    done(run_here("backup", "restore", "--json", backup))
    before = listed(run_here)
    report = done(run_here("backup", "restore", "--json", backup))
    assert (report["carried_over"], report["adopted"]) == (1, 0)
    assert listed(run_here) == before
    assert len(list(home.glob("library.before-return-*.db"))) == 2


def test_a_backup_can_be_made_while_the_library_is_in_use(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    with_notes(tmp_path / "in", ["one"])
    with opened() as services, services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE recordings SET title = 'not yet committed'")
        backup = done(run_here("backup", "make", "--json"))["backup"]
    with sqlite3.connect(backup["path"]) as copy:
        titles = [title for (title,) in copy.execute("SELECT title FROM recordings")]
    copy.close()
    assert titles == ["one"]


def test_a_window_that_is_open_meanwhile_goes_on_with_the_same_library(
    run_cli: RunCli, home: Path, tmp_path: Path, older: tuple[Recording, str, str]
) -> None:
    """The file is overwritten in place: who has it open is not left behind with the old one."""
    note, backup, take = older
    with opened() as window:
        watch = window.library.watch()
        window.library.rename(note.id, "renamed since")
        watch.changed()
        inode = (home / "library.db").stat().st_ino
        done(run_cli("backup", "restore", "--json", backup))
        assert (home / "library.db").stat().st_ino == inode
        assert watch.changed()
        watch.close()
        assert window.library.get(note.id).title == "before"
        later = write_note(tmp_path / "later.wav", seed=8)
        (imported,) = window.importing.run([later]).recordings
    assert listed(run_cli) == {note.id: "before", take: "after", imported.id: "later"}


def test_nothing_is_gone_back_to_while_a_take_runs(
    run_cli: RunCli, home: Path, older: tuple[Recording, str, str]
) -> None:
    note, backup, take = older
    with opened() as window:
        running = window.takes.start_from(GeneratedVoice(), "running")
        wait_until(lambda: running.recording_id in window.library.known_ids(), "the row")
        error = failed(run_cli("backup", "restore", "--json", backup), 1, "library_busy")
        assert "recording is running" in error["title"]
        running.stop()
        assert running.wait(5)
        assert running.error is None
    assert listed(run_cli) == {note.id: "before", take: "after", running.recording_id: "running"}
    assert list(home.glob("library.before-return-*")) == []
    assert list(home.glob("*.tmp*")) == []
    done(run_cli("backup", "restore", "--json", backup))
    assert len(listed(run_cli)) == 3


def test_what_the_backup_has_in_its_trash_has_its_thirty_days_from_now(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    """Its owner had taken it out since: going back must not remove it the day after."""
    (note,) = with_notes(tmp_path / "in", ["restored since"])
    with opened() as services:
        services.trash.delete([note.id])
        services.library.set_trashed(note.id, datetime.now(UTC) - timedelta(days=29))
        backup = make_backup(run_here)
        services.trash.restore([note.id])
        config = services.config
    started = datetime.now(UTC)
    return_to(config, backup)
    with opened() as services:
        returned = services.library.get(note.id)
        assert returned.state is RecordingState.TRASHED
        assert returned.trashed_at is not None
        assert returned.trashed_at >= started - timedelta(milliseconds=1)
        services.trash.housekeep(started + timedelta(days=29))
        services.trash.restore([note.id])
        assert services.verifying.run().is_sound
