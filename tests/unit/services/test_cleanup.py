"""S10: what is left behind goes, each with its reason; what anything still needs stays."""

import logging
import os
import stat
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.fakes.library import write_note
from tests.unit.cloud_rows import PLACE, entry, prepared
from voice_recorder.domain.errors import LibraryBusy, StorageError
from voice_recorder.domain.ports import UploadSession
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Transfer, TransferState
from voice_recorder.services import Services, leftovers
from voice_recorder.services.cleanup import CleanupReport
from voice_recorder.storage import schema as t
from voice_recorder.storage.locks import FileLock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_T = TransferState


@pytest.fixture
def now(services: Services) -> datetime:
    """This moment, by a clock that was plausible an hour ago."""
    moment = datetime.now(UTC)
    services.cleanup.run(moment - HOUR)
    return moment


def put(path: Path, age: timedelta = 2 * HOUR, size: int = 10) -> Path:
    """A file that was last written and read so long ago."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(size))
    at = time.time() - age.total_seconds()
    os.utime(path, (at, at))
    return path


def tree(home: Path) -> dict[Path, tuple[int, int]]:
    """Every file but the database's and the log's, with size and time."""
    volatile = {"library.db", "library.db-wal", "library.db-shm"}
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file() and path.name not in volatile and path.parent.name != "logs"
    }


def gone(report: CleanupReport) -> set[str]:
    return {Path(removed.path).name for removed in report.removed}


def copied(services: Services, note: Recording, age: timedelta = 2 * HOUR) -> tuple[Transfer, Path]:
    """An entry of the queue whose compressed copy lies ready to be sent."""
    services.transfers.enqueue(PLACE, [note.id])
    mine = entry(services.transfers)
    path = put(services.config.cloud_copies_path / f"{mine.id}.mp3", age)
    return prepared(services.transfers, mine, path.name), path


def ended(services: Services, transfer: Transfer, state: TransferState, ago: timedelta) -> Transfer:
    at = round((datetime.now(UTC) - ago).timestamp() * 1000)
    with services.library.database.session(write=True) as connection:
        connection.execute(
            update(t.transfers)
            .where(t.transfers.c.id == transfer.id)
            .values(state=state.value, ended_ms=at, next_attempt_ms=None)
        )
    return services.transfers.get(transfer.id)


# Files that nobody finished


def test_temporary_files_go_after_an_hour(services: Services, home: Path, now: datetime) -> None:
    hex_ = "0123456789abcdef" * 2
    names = [
        f".settings.json.{hex_}.tmp", "library.returning.tmp", "backups/library-20240101T000000000000.tmp",
        "cache/x.tmp", f"cache/peaks/.a.peaks.{hex_}.tmp", "cache/audio/b.part.json.tmp",
        "cloud_copies/c.tmp",
    ]  # fmt: skip
    old = [put(home / name) for name in names]
    fresh = put(home / "cache" / "fresh.tmp", timedelta(minutes=50))
    report = services.cleanup.run(now)
    assert gone(report) == {path.name for path in old}
    assert not any(path.exists() for path in old)
    assert fresh.exists()
    assert all("never finished" in removed.why for removed in report.removed)
    assert report.freed_bytes == 70


def test_what_its_owner_keeps_in_the_same_folders_stays(
    services: Services, home: Path, now: datetime, note: Recording
) -> None:
    """Home and the recordings folder may be folders of their owner's; imports are recovery's."""
    names = [
        "thesis.tmp", "notes.mp3", "recordings/mine.tmp", "recordings/half.wav.importing", "trash/mine.tmp",
        "recordings/other.wav", "recordings/mine.moving", "trash/other.wav", "logs/x.tmp", "cache/readme.txt",
        "cloud/voice-recorder/x.mp3.part", "recordings/take.wav.part",
    ]  # fmt: skip
    (home / "cloud").mkdir()
    kept = [put(home / name, 400 * DAY) for name in names]
    services.cleanup.run(now)
    assert all(path.exists() for path in kept)
    assert services.library.path_of(note.masters[0]).exists()


def test_half_a_moved_file_goes_when_the_whole_one_is_there(
    services: Services, home: Path, note: Recording, now: datetime
) -> None:
    name = note.masters[0].name
    half = put(home / "trash" / f"{name}.moving")
    only = put(home / "trash" / "nothing-else.wav.moving")
    with FileLock(home / "locks" / "trash.lock") as lock:
        assert lock.acquire()
        assert not services.cleanup.run(now).removed  # somebody is moving it
    assert gone(services.cleanup.run(now)) == {half.name}
    assert only.exists()
    assert (home / "recordings" / name).exists()


def test_a_backup_that_is_being_returned_to_is_left_alone(
    services: Services, home: Path, now: datetime
) -> None:
    unfinished = put(home / "library.returning.tmp")
    with FileLock(home / "locks" / "migration.lock") as lock:
        assert lock.acquire()
        services.cleanup.run(now)
    assert unfinished.exists()


# Compressed copies


def test_a_copy_that_no_transfer_names_goes_whatever_its_age(
    services: Services, home: Path, now: datetime, note: Recording
) -> None:
    _, named = copied(services, note, 90 * DAY)
    unnamed = put(home / "cloud_copies" / f"{'a' * 32}.opus", timedelta(0))
    strange, fresh = put(home / "cloud_copies" / "x.mp3"), put(home / "cloud_copies" / "y.mp3", timedelta(0))
    assert gone(services.cleanup.run(now)) == {unnamed.name, strange.name}
    assert named.exists()
    assert fresh.exists()
    assert not unnamed.exists()


@pytest.mark.parametrize("state", [_T.QUEUED, _T.UPLOADING, _T.VERIFYING, _T.FAILED])
def test_a_copy_that_a_live_transfer_names_is_never_touched(
    services: Services, now: datetime, note: Recording, state: TransferState
) -> None:
    mine, path = copied(services, note, 400 * DAY)
    ended(services, mine, state, 400 * DAY)
    due = round((datetime.now(UTC) + HOUR).timestamp() * 1000)
    with services.library.database.session(write=True) as connection:
        values = {"next_attempt_ms": due, "session": "upload-7", "acknowledged_bytes": 5}
        connection.execute(update(t.transfers).values(values))
    before = services.transfers.get(mine.id)
    assert not services.cleanup.run(now).removed
    assert path.exists()
    assert services.transfers.get(mine.id) == before


def test_a_copy_that_is_being_written_is_left_to_whoever_holds_its_lock(
    services: Services, home: Path, now: datetime, note: Recording
) -> None:
    services.transfers.enqueue(PLACE, [note.id])
    mine = entry(services.transfers)
    growing = put(home / "cloud_copies" / f"{mine.id}.mp3", timedelta(0))
    lock = FileLock(home / "locks" / f"transfer-{mine.id}.lock")
    assert lock.acquire()
    assert not services.cleanup.run(now).removed
    assert growing.exists()
    lock.release()
    assert gone(services.cleanup.run(now)) == {growing.name}


def test_a_copy_that_gets_its_name_in_the_last_moment_stays(
    services: Services, now: datetime, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the removal, another process has finished it."""
    _, path = copied(services, note)
    monkeypatch.setattr(services.transfers, "copy_names", frozenset)
    assert not services.cleanup.run(now).removed
    assert path.exists()


# What transfers that ended have left


@pytest.mark.parametrize("state", [_T.FAILED, _T.CANCELLED])
def test_an_upload_session_goes_two_hours_after_its_transfer_ended(
    services: Services, now: datetime, note: Recording, state: TransferState
) -> None:
    mine, path = copied(services, note)
    mine, _ = services.transfers.begin_attempt(mine)
    services.transfers.store_session(mine, UploadSession("upload-7", 5, 10))
    ended(services, mine, state, 2 * HOUR - timedelta(minutes=1))
    assert not services.cleanup.run(now).removed
    ended(services, mine, state, 2 * HOUR + timedelta(minutes=1))
    (removed,) = services.cleanup.run(now).removed
    assert (removed.path, removed.size_bytes) == (f"{PLACE}/{mine.remote_id}", 0)
    (removal,) = services.proofs.removals(PLACE, 9, sessions=True)
    assert (removal.remote_id, removal.session) == (mine.remote_id, "upload-7")
    assert services.transfers.get(mine.id).session == UploadSession()
    assert path.exists()  # its copy may still be sent again
    assert not services.cleanup.run(now).removed


@pytest.mark.parametrize("state", [_T.FAILED, _T.CANCELLED])
def test_the_copy_of_a_failure_goes_after_seven_days_and_is_made_anew(
    services: Services, now: datetime, note: Recording, state: TransferState
) -> None:
    mine, path = copied(services, note)
    ended(services, mine, state, 7 * DAY - HOUR)
    assert not services.cleanup.run(now).removed
    ended(services, mine, state, 7 * DAY + HOUR)
    assert gone(services.cleanup.run(now)) == {path.name}
    assert not path.exists()
    left = services.transfers.get(mine.id)
    assert (left.state, left.copy) == (state, None)
    services.transfers.enqueue(PLACE, again=[state])
    assert services.transfers.due(PLACE, prepared=False, limit=9)


def test_session_and_copy_of_an_old_failure_go_one_after_the_other(
    services: Services, now: datetime, note: Recording
) -> None:
    mine, path = copied(services, note)
    mine, _ = services.transfers.begin_attempt(mine)
    services.transfers.store_session(mine, UploadSession("upload-7", 5, 10))
    ended(services, mine, _T.FAILED, 8 * DAY)
    assert gone(services.cleanup.run(now)) == {Path(mine.remote_id).name, path.name}
    assert services.proofs.removals(PLACE, 9, sessions=True)


def test_a_failure_that_its_owner_retries_meanwhile_keeps_its_copy(
    services: Services, now: datetime, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, path = copied(services, note)
    old = ended(services, mine, _T.FAILED, 8 * DAY)
    services.transfers.enqueue(PLACE, again=[_T.FAILED])
    monkeypatch.setattr(services.transfers, "ended_before", lambda _at: (old,))
    assert not services.cleanup.run(now).removed
    assert path.exists()


def test_what_a_deleted_recording_had_ready_goes(services: Services, now: datetime, note: Recording) -> None:
    _, path = copied(services, note)
    services.trash.delete([note.id])
    services.cleanup.run(now)
    assert path.exists()  # it may be restored
    services.trash.delete_for_ever([note.id])
    assert gone(services.cleanup.run(now)) == {path.name}


# What can be had again


def test_cached_audio_goes_when_nobody_heard_it_for_so_long(
    services: Services, home: Path, now: datetime
) -> None:
    services.settings.set("storage.cache_days", 10)
    folder = home / "cache" / "audio"
    old, new = put(folder / f"{'a' * 64}.mp3", 11 * DAY), put(folder / f"{'b' * 64}.mp3", 9 * DAY)
    heard = put(folder / f"{'c' * 64}.mp3", 11 * DAY)
    os.utime(heard, (time.time(), heard.stat().st_mtime))
    part, going_on = put(folder / "d.mp3.part", 8 * DAY), put(folder / "e.mp3.part", 6 * DAY)
    journal = put(folder / "d.mp3.part.json", 8 * DAY)
    with FileLock(home / "locks" / f"fetch-{'a' * 64}.lock") as lock:
        assert lock.acquire()
        assert gone(services.cleanup.run(now)) == {part.name, journal.name}
    assert gone(services.cleanup.run(now)) == {old.name}
    assert new.exists()
    assert heard.exists()
    assert going_on.exists()


def test_the_drawing_of_a_recording_that_is_gone_goes(
    services: Services, home: Path, now: datetime, note: Recording
) -> None:
    peaks = home / "cache" / "peaks"
    own = peaks / f"{note.masters[0].sha256}.peaks"
    put(own, 400 * DAY, own.stat().st_size)
    unused, fresh = put(peaks / f"{'f' * 64}.peaks"), put(peaks / f"{'e' * 64}.peaks", timedelta(0))
    assert gone(services.cleanup.run(now)) == {unused.name}
    assert own.exists()
    assert fresh.exists()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the file of a lock always stays")
def test_stale_locks_go_and_held_ones_stay(services: Services, home: Path, now: datetime) -> None:
    stale = put(home / "locks" / "transfer-x.lock", size=0)
    others = [put(home / "locks" / name, size=0) for name in ("window.lock", "upload-0.lock", "trash.lock")]
    held = FileLock(home / "locks" / "free-y.lock")
    assert held.acquire()
    os.utime(held.path, (0, 0))
    assert gone(services.cleanup.run(now)) == {stale.name}
    assert held.path.exists()
    assert all(path.exists() for path in others)
    held.release()


# The trash


def test_s9_1_what_is_past_its_date_in_the_trash_goes_and_nothing_else_of_the_library(
    services: Services, tmp_path: Path, now: datetime, note: Recording
) -> None:
    files = [write_note(tmp_path / f"{n}.wav", seed=n) for n in range(3)]
    due, recent, live = services.importing.run(files).recordings
    services.trash.delete([due.id, recent.id])
    for recording, days in ((due, 31), (recent, 29)):
        services.library.set_trashed(recording.id, now - days * DAY)
    report = services.cleanup.run(now)
    assert gone(report) == {due.masters[0].name}
    assert report.freed_bytes == due.masters[0].size_bytes
    assert services.library.history(due.id)[-1].kind == "deleted for ever"
    for recording in (recent, live, note):
        assert services.library.path_of(recording.masters[0]).exists()


def test_s9_2_the_first_clean_up_and_one_after_a_leap_of_the_clock_leave_the_trash(
    services: Services, note: Recording
) -> None:
    """Section 10, a wrong clock: a year ahead for one run, back for the next."""
    moment = datetime.now(UTC)
    services.trash.delete([note.id])
    path = services.library.path_of(note.masters[0])
    assert services.cleanup.run(moment + 365 * DAY).waiting == 1
    assert services.cleanup.run(moment).waiting == 0
    assert services.cleanup.run(moment + 365 * DAY).waiting == 1
    assert path.exists()
    dry = services.cleanup.run(moment + 365 * DAY + HOUR, dry_run=True)
    assert gone(dry) == {note.masters[0].name}
    assert path.exists()


def test_a_note_whose_audio_is_freed_leaves_the_trash_all_the_same(
    services: Services, now: datetime, note: Recording
) -> None:
    services.library.store_reading(note.id, replace(note.masters[0], state=MasterState.FREED), "freed")
    (services.config.raw_recordings_path / note.masters[0].name).unlink()
    services.trash.delete([note.id])
    services.library.set_trashed(note.id, now - 31 * DAY)
    (removed,) = services.cleanup.run(now).removed
    assert (removed.path, removed.size_bytes) == (note.id, 0)
    assert note.id not in services.library.known_ids()


# The whole


def full_of_leftovers(services: Services, home: Path, note: Recording) -> None:
    """One of each kind."""
    put(home / "cache" / "x.tmp")
    put(home / "trash" / f"{note.masters[0].name}.moving")
    put(home / "cloud_copies" / f"{'a' * 32}.mp3")
    mine, _ = copied(services, note)
    mine, _ = services.transfers.begin_attempt(mine)
    services.transfers.store_session(mine, UploadSession("upload-7", 5, 10))
    ended(services, mine, _T.FAILED, 3 * HOUR)
    put(home / "cache" / "audio" / f"{'b' * 64}.mp3", 40 * DAY)
    put(home / "cache" / "peaks" / f"{'f' * 64}.peaks")
    put(home / "locks" / "transfer-x.lock", size=0)


def test_a_dry_run_lists_what_would_go_and_touches_nothing(
    services: Services, home: Path, now: datetime, note: Recording
) -> None:
    full_of_leftovers(services, home, note)
    put(home / "locks" / f"transfer-{'a' * 32}.lock", size=0)
    ended(services, entry(services.transfers), _T.FAILED, 8 * DAY)
    before, version = tree(home), services.library.watch()
    dry = services.cleanup.run(now, dry_run=True)
    assert tree(home) == before
    assert not version.changed()
    version.close()
    real = services.cleanup.run(now)
    assert real.removed == dry.removed
    assert len(gone(real)) == (9 if os.name == "posix" else 7)
    assert not real.failed
    assert services.cleanup.run(now).removed == []


def test_each_removal_is_logged_with_its_reason(
    services: Services, home: Path, now: datetime, note: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    full_of_leftovers(services, home, note)
    with caplog.at_level(logging.INFO, "voice_recorder.services.cleanup"):
        report = services.cleanup.run(now)
    said = [record.getMessage() for record in caplog.records]
    for removed in report.removed:
        assert f"removed {removed.path} ({removed.size_bytes} bytes): {removed.why}" in said


def test_one_that_cannot_be_removed_disturbs_no_other(
    services: Services, home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = put(home / "cache" / "a.tmp"), put(home / "cache" / "b.tmp")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    report = services.cleanup.run(now)
    assert gone(report) == {other.name}
    ((path, error),) = report.failed
    assert path == stuck
    assert "could not be removed: Permission denied" in str(error)


def test_a_kind_that_cannot_be_looked_for_disturbs_no_other(
    services: Services, home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a folder of the cache that cannot be read."""
    put(home / "cloud_copies" / f"{'a' * 32}.mp3")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path) == home / "cache":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = services.cleanup.run(now)
    assert gone(report) == {f"{'a' * 32}.mp3"}
    ((path, error),) = report.failed
    assert path == home
    assert isinstance(error, StorageError)


def test_what_somebody_else_removed_first_is_nobodys_failure(
    services: Services, home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = put(home / "cache" / "a.tmp")
    unlink = Path.unlink

    def too_late(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        if path == taken:
            raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(Path, "unlink", too_late)
    report = services.cleanup.run(now)
    assert (report.removed, report.failed) == ([], [])


def test_section_10_files_from_the_future_are_no_leftovers(
    services: Services, home: Path, now: datetime
) -> None:
    ahead = [
        put(home / "cache" / "a.tmp", -DAY), put(home / "cache" / "audio" / "a.mp3", -DAY),
        put(home / "cache" / "peaks" / "a.peaks", -DAY),
    ]  # fmt: skip
    assert not services.cleanup.run(now).removed
    assert all(path.exists() for path in ahead)


def test_a_clean_up_that_is_called_off_stops_and_says_what_it_did(
    services: Services, home: Path, now: datetime
) -> None:
    for name in "abc":
        put(home / "cache" / f"{name}.tmp")
    cancel = threading.Event()
    cancel.set()
    assert services.cleanup.run(now, cancel=cancel).removed == []
    assert (home / "cache" / "a.tmp").exists()


def test_symbolic_links_are_not_followed(
    services: Services, home: Path, now: datetime, tmp_path: Path
) -> None:
    outside = put(tmp_path / "outside" / "a.tmp")
    (home / "cache" / "elsewhere").symlink_to(outside.parent, target_is_directory=True)
    (home / "cache" / "b.tmp").symlink_to(outside)
    assert not services.cleanup.run(now).removed
    assert outside.exists()


def test_w7_the_last_clean_up_is_kept_for_the_dashboard(
    services: Services, home: Path, now: datetime
) -> None:
    put(home / "cache" / "a.tmp", size=1234)
    services.cleanup.run(now)
    kept = services.metrics.collect()["cleanup"]
    assert (kept["removed"], kept["freed_bytes"], kept["failed"]) == (1, 1234, 0)
    assert kept["at"] == now.isoformat(timespec="seconds")
    assert 0 <= kept["took_s"] < 5
    assert stat.S_IMODE((home / "housekeeping.stamp").stat().st_mode) == 0o600


def test_where_the_files_of_locks_cannot_go_they_are_not_said_to(
    services: Services, home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home / "locks" / "transfer-x.lock", size=0)
    monkeypatch.setattr(leftovers, "_LOCKS_GO", False)
    assert not services.cleanup.run(now).removed


def test_a_file_that_vanishes_while_it_is_looked_at_is_no_leftover(
    services: Services, home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanishing = put(home / "cache" / "a.tmp")
    scan = leftovers._scan

    def scan_slowly(folder: Path) -> object:
        entries = scan(folder)
        if folder == vanishing.parent:
            vanishing.unlink(missing_ok=True)
        return entries

    monkeypatch.setattr(leftovers, "_scan", scan_slowly)
    report = services.cleanup.run(now)
    assert (report.removed, report.failed) == ([], [])


def test_a_copy_that_is_missing_already_is_forgotten_all_the_same(
    services: Services, now: datetime, note: Recording
) -> None:
    mine, path = copied(services, note)
    ended(services, mine, _T.CANCELLED, 8 * DAY)
    path.unlink()
    (removed,) = services.cleanup.run(now).removed
    assert removed.size_bytes == 0
    assert services.transfers.get(mine.id).copy is None


def test_a_recording_deleted_in_the_last_moment_is_no_failure(
    services: Services, now: datetime, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, path = copied(services, note)
    old = ended(services, mine, _T.FAILED, 8 * DAY)
    services.library.forget(note.id, "deleted for ever")
    monkeypatch.setattr(services.transfers, "ended_before", lambda _at: (old,))
    report = services.cleanup.run(now)
    assert (gone(report), report.failed) == ({path.name}, [])  # as a copy that nothing needs


def test_a_session_that_could_not_be_given_up_goes_with_its_copy_and_is_not_lost(
    services: Services, now: datetime, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library was busy just when it was the session's turn."""
    mine, path = copied(services, note)
    mine, _ = services.transfers.begin_attempt(mine)
    services.transfers.store_session(mine, UploadSession("upload-7", 5, 10))
    ended(services, mine, _T.FAILED, 8 * DAY)
    give_up, calls = services.proofs.give_up_session, 0

    def busy_once(transfer: Transfer) -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise LibraryBusy("The library is in use by another program.")
        return give_up(transfer)

    monkeypatch.setattr(services.proofs, "give_up_session", busy_once)
    report = services.cleanup.run(now)
    assert (gone(report), len(report.failed)) == ({path.name}, 1)
    assert services.proofs.removals(PLACE, 9, sessions=True)


def test_what_cannot_be_removed_from_the_trash_is_said_and_stays_there(
    services: Services, now: datetime, note: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.trash.delete([note.id])
    services.library.set_trashed(note.id, now - 31 * DAY)
    stuck = services.library.path_of(note.masters[0])
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    report = services.cleanup.run(now)
    assert report.removed == []
    ((path, error),) = report.failed
    assert path == stuck
    assert "It is still in the trash." in str(error)


def test_half_a_file_that_is_being_moved_just_now_stays(
    services: Services, home: Path, note: Recording, now: datetime
) -> None:
    half = put(home / "trash" / f"{note.masters[0].name}.moving", timedelta(minutes=1))
    services.cleanup.run(now)
    assert half.exists()
