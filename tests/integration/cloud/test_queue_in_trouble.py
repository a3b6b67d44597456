"""The queue when others interfere: a busy library, odd rows, the trash, a key, a provider that tells little.

The provider is a folder that does what a test tells it, or one of the test servers.
"""

import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.cloudinary_faults import Status
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import opened, with_notes
from tests.fakes.s3_server import S3Server
from voice_recorder.cloud import s3
from voice_recorder.cloud.folder import FolderKind, FolderProvider
from voice_recorder.cloud.kinds import KINDS
from voice_recorder.domain.errors import (
    Cancelled,
    CloudError,
    LibraryBusy,
    NetworkUnreachable,
    StorageError,
    TransientCloudError,
)
from voice_recorder.domain.ports import (
    Download,
    OutgoingFile,
    Provider,
    RemoteCopy,
    UploadControl,
    UploadSession,
)
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import MOST_UPLOADS, SyncState
from voice_recorder.services import Services
from voice_recorder.services.freeing import free_lock
from voice_recorder.services.transferring import MOST_COPIES_WAITING, Run
from voice_recorder.storage import opening
from voice_recorder.storage.engine import Database

IN_GOOD_TIME_S = 30.0  # for what takes a moment, on a busy machine
TOGETHER_COMPRESSED = 4


@dataclass
class Script:
    """What happens at the folder. ``asked`` counts its questions."""

    before_upload: Callable[[], object] = lambda: None
    after_upload: Callable[[], object] = lambda: None
    before_stat: Callable[[], object] = lambda: None
    during_download: Callable[[], object] = lambda: None
    before_delete: Callable[[], object] = lambda: None
    before_abandon: Callable[[], object] = lambda: None
    during_listing: Callable[[], object] = lambda: None
    tells_digest: bool = True
    asked: Counter[str] = field(default_factory=Counter)


class ScriptedFolder(FolderProvider):
    """A folder to which things happen."""

    def __init__(self, path: Path, script: Script) -> None:
        super().__init__(path)
        self._script = script

    def upload(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> None:
        self._script.asked["upload"] += 1
        self._script.before_upload()
        super().upload(remote_id, file, session, control)
        self._script.after_upload()

    def stat(self, remote_id: str, *, thorough: bool = False) -> RemoteCopy | None:
        self._script.before_stat()
        copy = super().stat(remote_id, thorough=thorough)
        return copy if copy is None or self._script.tells_digest else replace(copy, digest=None)

    def delete(self, remote_id: str) -> None:
        self._script.asked["delete"] += 1
        self._script.before_delete()
        super().delete(remote_id)

    def abandon(self, remote_id: str, session: UploadSession) -> None:
        self._script.asked["abandon"] += 1
        self._script.before_abandon()
        super().abandon(remote_id, session)

    def list(self) -> Iterator[RemoteCopy]:
        for copy in super().list():
            self._script.during_listing()
            yield copy

    @contextmanager
    def download(self, remote_id: str, start: int = 0, etag: str = "") -> Iterator[Download]:
        self._script.asked["download"] += 1
        self._script.during_download()
        with super().download(remote_id, start, etag) as download:
            yield download


class ScriptedKind(FolderKind):
    """Opens such folders."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def open(self, values: Mapping[str, str]) -> Provider:
        return ScriptedFolder(Path(values["path"]), self._script)


@pytest.fixture
def script(home: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    script = Script()
    monkeypatch.setitem(KINDS, "folder", ScriptedKind(script))
    return script


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The folder with the copies."""
    return tmp_path / "there"


@contextmanager
def queued(
    there: Path, notes: int = 1, send_as: str = "original"
) -> Iterator[tuple[Services, list[Recording]]]:
    """A library whose notes wait to go to the folder."""
    recordings = with_notes(there.with_name("in"), [f"note {number}" for number in range(notes)])
    with opened() as services:
        services.settings.set("compression.send_as", send_as)
        services.providers.choose("folder", {"path": str(there)}, {})
        services.sync.begin()
        assert services.sync.queue() == notes
        yield services, recordings


@contextmanager
def watching(services: Services) -> Iterator[None]:
    """A run that goes on until the end of the block, and must not have ended before."""
    cancel = threading.Event()
    thread = threading.Thread(target=partial(services.sync.run, cancel, watch=True))
    thread.start()
    try:
        yield
        assert thread.is_alive()
    finally:
        cancel.set()
        thread.join()


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + IN_GOOD_TIME_S
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def states(services: Services) -> list[SyncState]:
    return [recording.sync.state for recording in services.library.with_ids(None)]


def all_backed_up(services: Services) -> bool:
    return set(states(services)) == {SyncState.BACKED_UP}


def fail_once(script: Script, error: CloudError) -> None:
    """The first upload fails by ``error``."""

    def fail() -> None:
        if script.asked["upload"] == 1:
            raise error

    script.before_upload = fail


def run_sql(services: Services, statement: str, *values: object) -> None:
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql(statement, values)


def master_path(services: Services, recording: Recording) -> Path:
    return services.library.path_of(services.library.get(recording.id).masters[0])


# A library in trouble


def test_a_library_that_is_busy_when_a_failure_is_entered_ends_no_run_and_fails_no_entry(
    script: Script, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "Database", partial(Database, busy_timeout_s=0.1))
    with queued(there) as (services, (note,)):
        path = services.config.database_path
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

        def fail_while_another_writes() -> None:
            if script.asked["upload"] == 1:
                other.execute("BEGIN IMMEDIATE")
                raise TransientCloudError("It cannot.")

        script.before_upload = fail_while_another_writes
        with watching(services):
            eventually(lambda: script.asked["upload"] and not services.sync.activities())
            status = services.library.get(note.id).sync
            assert (status.state, status.error_kind) == (SyncState.UPLOADING, "")
            other.rollback()
            services.sync.retry()
            eventually(lambda: all_backed_up(services))
        other.close()


def test_a_failure_that_cannot_be_entered_makes_no_run_spin(script: Script, there: Path) -> None:
    def fail() -> None:
        raise CloudError("It cannot.")

    script.before_upload = fail
    with queued(there, notes=8) as (services, _):
        run_sql(
            services,
            "CREATE TRIGGER unwritable BEFORE UPDATE OF state ON transfers WHEN NEW.state = 'failed'"
            " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
        )
        with watching(services):
            eventually(lambda: script.asked["upload"] and not services.sync.activities())
            sessions, cpu_s = services.library.database.metrics.opened, time.process_time()
            threading.Event().wait(2)
            assert time.process_time() - cpu_s < 1
            assert services.library.database.metrics.opened - sessions < 60
            assert script.asked["upload"] <= 2 * MOST_UPLOADS  # each thread once, and who was just beginning
            assert "library" in services.sync.obstacle
            run_sql(services, "DROP TRIGGER unwritable")
            script.before_upload = lambda: None
            services.sync.retry()
            eventually(lambda: all_backed_up(services))


@pytest.mark.parametrize(
    "change",
    [
        "masters SET state = 'nonsense'", "masters SET created_ms = 1e18", "recordings SET created_ms = 1e18",
        "recordings SET trashed_ms = 'x'", "transfers SET send_as = 'x'", "transfers SET state = 'nonsense'",
        "transfers SET queued_ms = 1e18",
    ],
)  # fmt: skip
def test_an_impossible_value_in_one_row_keeps_no_other_note_from_being_backed_up(
    script: Script, there: Path, change: str
) -> None:
    with queued(there, notes=3) as (services, _):
        run_sql(services, f"UPDATE {change} WHERE key = 1")
        services.sync.run()
        assert services.proofs.count(services.providers.place()) >= 2


def test_a_library_that_is_busy_when_a_run_begins_does_not_end_it(
    script: Script, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "Database", partial(Database, busy_timeout_s=0.1))
    with queued(there) as (services, _):
        other = sqlite3.connect(services.config.database_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        cancel, died = threading.Event(), threading.Event()

        def run() -> None:
            try:
                services.sync.run(cancel, watch=True)
            except LibraryBusy:
                died.set()

        thread = threading.Thread(target=run)
        thread.start()
        ended_early = died.wait(1)
        other.close()
        services.sync.look()
        cancel.set()
        thread.join()
        assert not ended_early


@pytest.mark.parametrize("when", ["INSERT", "UPDATE"])
def test_a_run_that_cannot_be_kept_sends_all_the_same(script: Script, there: Path, when: str) -> None:
    with queued(there) as (services, _):
        run_sql(
            services,
            f"CREATE TRIGGER unwritable BEFORE {when} ON sync_runs"
            " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
        )
        assert services.sync.run().done == 1
        assert all_backed_up(services)


def test_a_run_that_does_not_watch_tells_that_the_queue_cannot_be_read(script: Script, there: Path) -> None:
    with queued(there) as (services, _):
        run_sql(services, "ALTER TABLE transfers RENAME TO hidden")
        with pytest.raises(StorageError):
            services.sync.run()
        assert script.asked["upload"] == 0
        run_sql(services, "ALTER TABLE hidden RENAME TO transfers")
        assert services.sync.run().done == 1


def test_a_run_that_watches_waits_for_a_queue_that_cannot_be_read(script: Script, there: Path) -> None:
    with queued(there) as (services, _):
        run_sql(services, "ALTER TABLE transfers RENAME TO hidden")
        with watching(services):
            eventually(lambda: "library" in services.sync.obstacle)
            run_sql(services, "ALTER TABLE hidden RENAME TO transfers")
            services.sync.look()
            eventually(lambda: all_backed_up(services))


def test_a_bug_while_an_entry_is_sent_is_entered_and_not_swallowed(
    script: Script, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", met.append)

    def fail() -> None:
        if script.asked["upload"] == 1:
            raise ValueError("a bug")

    script.before_upload = fail
    with queued(there, notes=2) as (services, _):
        report = services.sync.run()
        assert (report.done, report.failed) == (1, 1)
        assert [bug.exc_type for bug in met] == [ValueError]
        (status,) = [r.sync for r in services.library.with_ids(None) if r.sync.state is SyncState.FAILED]
        assert "Something unexpected happened" in str(status.error)
        services.sync.retry()
        assert services.sync.run().done == 1


@pytest.mark.parametrize("how", ["cancel", "delete for ever"])
def test_an_entry_that_others_have_changed_since_it_was_read_is_not_begun(
    script: Script, there: Path, how: str
) -> None:
    with queued(there) as (services, (note,)):
        place = services.providers.place()
        (stale,) = services.transfers.due(place, prepared=False, limit=1)
        if how == "cancel":
            services.sync.cancel([note.id])
        else:
            services.trash.delete([note.id])
            services.trash.delete_for_ever([note.id])
        crew = services.sync._crew
        assert not crew.start(Run(services.providers.open()), stale, prepared=False)
        assert not crew.busy
        assert services.sync.run().done == 0
        assert script.asked["upload"] == 0


def test_a_machine_without_room_for_a_thread_leaves_every_entry_to_the_next_run(
    script: Script, there: Path
) -> None:
    with queued(there, notes=2) as (services, _):
        before = threading.stack_size(2**50)  # no machine has so much
        try:
            with pytest.raises(RuntimeError, match="thread"):
                services.sync.run()
        finally:
            threading.stack_size(before)
        assert services.sync.activities() == ()
        assert services.sync.run().done == 2


# Waits that end with their reason


@pytest.mark.parametrize("how", ["retry", "resume", "begin"])
def test_its_owner_ends_the_wait_that_a_provider_asked_for(script: Script, there: Path, how: str) -> None:
    fail_once(script, TransientCloudError("Later.", retry_after_s=3600))
    with queued(there, notes=7) as (services, _), watching(services):
        eventually(lambda: SyncState.FAILED in states(services) and not services.sync.activities())
        getattr(services.sync, how)()
        eventually(lambda: states(services).count(SyncState.BACKED_UP) >= 6)


def test_the_wait_that_one_provider_asked_for_delays_no_other(
    script: Script, there: Path, tmp_path: Path
) -> None:
    fail_once(script, TransientCloudError("Later.", retry_after_s=3600))
    with queued(there, notes=7) as (services, _):
        services.sync.run()
        assert SyncState.FAILED in states(services)
        services.providers.choose("folder", {"path": str(tmp_path / "elsewhere")}, {})
        services.sync.begin()
        services.sync.queue()
        assert services.sync.run().done == 7


def test_the_network_that_is_back_does_not_hurry_a_provider_that_asked_to_wait(
    script: Script, there: Path
) -> None:
    def fail() -> None:
        asks = script.asked["upload"] == 1
        raise TransientCloudError("Later.", retry_after_s=3600) if asks else NetworkUnreachable("No network.")

    script.before_upload = fail
    with queued(there, notes=2) as (services, _):
        services.sync.run()
        before = {r.sync.error_kind: r.sync for r in services.library.with_ids(None)}
        assert set(before) - {""} <= {"transient_cloud_error", "network_unreachable"}
        services.sync.network_is_back()
        after = [r.sync for r in services.library.with_ids(None)]
        assert before["transient_cloud_error"] in after  # its attempts and its time as they were
        assert {s.state for s in after if s.error_kind != "transient_cloud_error"} == {SyncState.QUEUED}


# The owner interferes


@pytest.mark.parametrize("how", ["cancel", "delete for ever"])
def test_a_note_cancelled_or_deleted_in_the_moment_of_failure_kills_no_thread(
    script: Script, there: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    with queued(there, notes=3) as (services, recordings):
        ids = [recording.id for recording in recordings]

        def interfere() -> None:
            if how == "cancel":
                services.sync.cancel(ids)
            else:
                services.trash.delete(ids)
                services.trash.delete_for_ever(ids)
            raise TransientCloudError("It cannot.")

        script.before_upload = interfere
        services.sync.run()
        assert died == []
        assert set(states(services)) <= {SyncState.OFF}
        script.before_upload = lambda: None
        assert services.sync.run().done == 0


def test_a_note_trashed_while_it_is_sent_waits_in_the_queue_for_its_return(
    script: Script, there: Path
) -> None:
    with queued(there) as (services, (note,)):

        def trash() -> None:
            script.before_upload = lambda: None
            assert services.trash.delete([note.id])[0].ok

        script.before_upload = trash
        assert services.sync.run().failed == 0
        services.trash.restore([note.id])
        status = services.library.get(note.id).sync
        assert (status.state, status.attempts, status.error) == (SyncState.QUEUED, 0, None)
        assert services.sync.run().done == 1
        assert services.library.get(note.id).sync.state is SyncState.BACKED_UP


def test_a_missing_master_is_told_as_missing_at_once(script: Script, there: Path) -> None:
    with queued(there, notes=2) as (services, (note, _)):
        master_path(services, note).unlink()
        started = time.monotonic()
        assert services.sync.run().done == 1
        assert time.monotonic() - started < IN_GOOD_TIME_S
        status = services.library.get(note.id).sync
        assert (status.error_kind, status.next_attempt_at) == ("file_rejected", None)
        assert "is not there any more" in (status.error or "")


def test_what_its_owner_wants_first_goes_before_all_others(script: Script, there: Path) -> None:
    with queued(there, notes=8) as (services, notes):
        services.sync.prioritise([notes[6].id])
        place = services.providers.place()
        due = services.transfers.due(place, prepared=False, limit=8)
        assert due[0].master_id == notes[6].masters[0].id
        assert len(due) == 8


def test_a_metered_network_is_waited_for_unless_its_owner_allows_it(script: Script, there: Path) -> None:
    with queued(there) as (services, _):
        services.sync.is_metered = lambda: True
        report = services.sync.run()
        assert (report.done, script.asked["upload"]) == (0, 0)
        assert "metered" in report.stopped_by
        services.settings.set("sync.on_metered", True)
        assert services.sync.run().done == 1


def test_sending_waits_for_an_idle_computer_when_its_owner_wants_that(script: Script, there: Path) -> None:
    with queued(there) as (services, _):
        services.settings.set("sync.only_when_idle", True)
        services.sync.is_taking = lambda: True
        report = services.sync.run()
        assert (report.done, script.asked["upload"]) == (0, 0)
        assert "idle" in report.stopped_by
        services.sync.is_taking = lambda: False
        report = services.sync.run()  # it is for the processor to say
        assert report.done == 1 or "idle" in report.stopped_by
        services.settings.set("sync.only_when_idle", False)
        services.sync.run()
        assert all_backed_up(services)


# Copies on this disk and there


def test_a_compressed_copy_that_cannot_be_removed_here_takes_no_receipt_away(
    script: Script, there: Path
) -> None:
    with queued(there, send_as="mp3") as (services, (note,)):

        def make_irremovable() -> None:
            (copy,) = services.config.cloud_copies_path.glob("*.mp3")
            copy.unlink()
            copy.mkdir()

        script.before_stat = make_irremovable
        report = services.sync.run()
        assert (report.done, report.failed) == (1, 0)
        status = services.library.get(note.id).sync
        assert (status.state, status.error) == (SyncState.BACKED_UP, None)
        assert status.verified_at


def test_an_entry_without_an_owner_whose_copy_is_gone_is_prepared_anew(script: Script, there: Path) -> None:
    fail_once(script, CloudError("It cannot."))
    with queued(there, send_as="mp3") as (services, (note,)):
        services.sync.run()
        run_sql(services, "UPDATE transfers SET state = 'uploading', error = '', error_kind = ''")
        (copy,) = services.config.cloud_copies_path.glob("*.mp3")
        copy.unlink()
        assert services.sync.run().done == 1
        assert services.library.get(note.id).sync.state is SyncState.BACKED_UP


def test_another_format_chosen_between_two_tries_leaves_one_copy_there(script: Script, there: Path) -> None:
    def lose_the_answer() -> None:
        if script.asked["upload"] == 1:
            raise CloudError("It cannot.")

    script.after_upload = lose_the_answer
    with queued(there, send_as="mp3") as (services, (note,)):
        services.sync.run()
        assert [path.suffix for path in (there / "voice-recorder").iterdir()] == [".mp3"]
        shutil.rmtree(services.config.cloud_copies_path)
        services.config.cloud_copies_path.mkdir()
        services.settings.set("compression.send_as", "flac")
        services.sync.retry()
        assert services.sync.run().done == 1
        assert services.reconciling.run().removed == 1
        assert [path.suffix for path in (there / "voice-recorder").iterdir()] == [".flac"]
        assert services.library.get(note.id).sync.state is SyncState.BACKED_UP


def test_a_removal_that_came_too_late_is_not_carried_out(script: Script, there: Path) -> None:
    with queued(there) as (services, (note,)):
        services.sync.run()
        receipt = services.proofs.of_master(note.masters[0].id)
        assert receipt is not None
        services.proofs.ask_removal(receipt.place, receipt.remote_id)
        assert services.reconciling.run().removed == 0
        assert (there / receipt.remote_id).exists()


def test_a_provider_that_fails_always_does_not_fill_the_disk_with_compressed_copies(
    home: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CloudinaryServer() as server, queued(there, notes=30, send_as="mp3") as (services, _):
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        services.sync.queue()
        server.faults.append(Status(500, on="upload", times=10**6))
        most, ended = 0, threading.Event()

        def count() -> None:
            nonlocal most
            while not ended.wait(0.02):
                most = max(most, len(list(services.config.cloud_copies_path.glob("*.mp3"))))

        counting = threading.Thread(target=count)
        counting.start()
        report = services.sync.run()
        ended.set()
        counting.join()
        assert report.done == 0
        assert MOST_UPLOADS <= most <= MOST_COPIES_WAITING + TOGETHER_COMPRESSED


# A provider that tells no digest


def test_a_copy_of_which_no_digest_is_told_is_read_back_and_sent_once(script: Script, there: Path) -> None:
    script.tells_digest = False
    with queued(there, notes=2) as (services, _):
        assert services.sync.run().done == 2
        assert script.asked == {"upload": 2, "download": 2}
        assert services.reconciling.run().changed == 0
        assert all_backed_up(services)


def test_a_copy_without_a_digest_that_arrived_wrong_is_found_by_reading_it(
    script: Script, there: Path
) -> None:
    def corrupt() -> None:
        if script.asked["upload"] == 1:
            (copy,) = (there / "voice-recorder").iterdir()
            data = bytearray(copy.read_bytes())
            data[len(data) // 2] ^= 1
            copy.write_bytes(data)

    script.tells_digest, script.after_upload = False, corrupt
    with queued(there) as (services, (note,)):
        assert services.sync.run().done == 1
        assert script.asked["upload"] == 2
        (copy,) = (there / "voice-recorder").iterdir()
        assert copy.read_bytes() == master_path(services, note).read_bytes()


def test_a_bucket_that_tells_no_checksum_proves_a_copy_by_its_bytes(
    home: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = s3.S3Provider.stat

    def without_digest(self: s3.S3Provider, remote_id: str, *, thorough: bool = False) -> RemoteCopy | None:
        copy = stat(self, remote_id, thorough=thorough)
        return None if copy is None else replace(copy, digest=None)

    monkeypatch.setattr(s3.S3Provider, "stat", without_digest)
    with S3Server() as server, queued(there, notes=2) as (services, _):
        values = server.values()
        for variable, name in {
            "AWS_ACCESS_KEY_ID": "access_key_id", "AWS_SECRET_ACCESS_KEY": "secret_access_key",
            "AWS_S3_BUCKET": "bucket", "AWS_ENDPOINT_URL": "endpoint_url",
        }.items():  # fmt: skip
            monkeypatch.setenv(variable, values[name])
        services.providers.choose("s3", {}, {})
        services.sync.begin()
        services.sync.queue()
        assert services.sync.run().done == 2
        assert all_backed_up(services)


# A key


def test_a_run_that_watches_takes_the_right_key_and_does_not_halt_again(
    home: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CloudinaryServer() as server, queued(there, notes=8) as (services, _):
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        services.sync.queue()
        wrong = server.cloudinary_url.replace("s3cr3t", "0lds3cr3t")
        monkeypatch.setenv("CLOUDINARY_URL", wrong)
        with watching(services):
            eventually(lambda: services.sync_log.halted and not services.sync.activities())
            asked = server.requests["upload"]
            monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
            services.sync.resume()
            eventually(lambda: all_backed_up(services))
            assert not services.sync_log.halted
            assert server.requests["upload"] == asked + 8


# Freeing


def test_a_provider_that_asks_to_wait_is_asked_once_for_many_notes_and_then_left_alone(
    home: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CloudinaryServer() as server, queued(there, notes=8) as (services, notes):
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        services.sync.queue()
        services.sync.run()
        server.admin_limit = server.admin_calls
        asked = sum(server.requests.values())
        results = services.freeing.free([note.id for note in notes])
        assert [result.ok for result in results] == [False] * 8
        assert {result.error.kind for result in results if result.error} == {"transient_cloud_error"}
        assert sum(server.requests.values()) == asked + 1
        services.settings.set("storage.free_local", True)
        assert services.freeing.free_due(now=datetime.now(UTC) + timedelta(days=400)) == []
        assert sum(server.requests.values()) == asked + 1


def test_a_note_trashed_while_its_copy_is_read_is_not_freed(script: Script, there: Path) -> None:
    with queued(there) as (services, (note,)):
        services.sync.run()
        script.during_download = lambda: services.trash.delete([note.id])
        (result,) = services.freeing.free([note.id])
        assert "changed meanwhile" in str(result.error)
        script.during_download = lambda: None
        services.trash.restore([note.id])
        assert services.library.get(note.id).masters[0].state is MasterState.RECORDED
        assert master_path(services, note).exists()


def test_settling_leaves_alone_what_somebody_is_freeing(script: Script, there: Path) -> None:
    with queued(there) as (services, (note,)):
        services.sync.run()
        master = note.masters[0]
        freed = replace(master, state=MasterState.FREED)
        services.library.store_reading(note.id, freed, "freed")  # and its file is about to go
        with free_lock(services.config, master) as lock:
            assert lock.acquire()
            services.freeing.settle()
            assert services.library.get(note.id).masters[0].state is MasterState.FREED
        services.freeing.settle()
        assert services.library.get(note.id).masters[0].state is MasterState.RECORDED


def test_a_copy_without_a_digest_is_read_before_freeing_although_the_full_check_is_waived(
    script: Script, there: Path
) -> None:
    with queued(there, notes=2) as (services, (good, bad)):
        services.sync.run()
        services.settings.set("sync.full_check", False)
        script.tells_digest = False
        copy = there / f"voice-recorder/{bad.masters[0].id}.wav"
        data = copy.read_bytes()
        copy.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        script.asked.clear()
        assert [r.ok for r in services.freeing.free([good.id, bad.id])] == [True, False]
        assert script.asked["download"] == 2
        assert master_path(services, bad).exists()


def test_what_must_not_be_freed_now_stays_and_disturbs_no_other(script: Script, there: Path) -> None:
    with queued(there, notes=4) as (services, notes):
        services.sync.run()
        trashed, busy, missing, good = notes
        services.trash.delete([trashed.id])
        gone = replace(missing.masters[0], state=MasterState.MISSING)
        services.library.store_reading(missing.id, gone, "missing")
        seen: list[tuple[int, int, str]] = []
        with free_lock(services.config, busy.masters[0]) as lock:
            assert lock.acquire()
            results = services.freeing.free([note.id for note in notes], progress=lambda *at: seen.append(at))
        assert [result.ok for result in results] == [False, False, False, True]
        for result, why in zip(results, ("in the trash", "being freed", "missing"), strict=False):
            assert why in str(result.error)
        assert seen == [(number, 4, note.title) for number, note in enumerate(notes)]
        for kept in (trashed, busy, missing):
            assert master_path(services, kept).exists()
        assert not master_path(services, good).exists()


def test_freeing_that_is_called_off_keeps_what_it_had_not_come_to(script: Script, there: Path) -> None:
    with queued(there, notes=3) as (services, notes):
        services.sync.run()
        cancel = threading.Event()

        def call_off(done: int, _total: int, _title: str) -> None:
            if done == 1:
                cancel.set()

        results = services.freeing.free([note.id for note in notes], cancel, call_off)
        assert [(result.id, result.ok) for result in results] == [(notes[0].id, True)]
        assert [master_path(services, note).exists() for note in notes] == [False, True, True]


def test_settling_takes_nothing_for_a_master_that_it_cannot_read(script: Script, there: Path) -> None:
    with queued(there) as (services, (note,)):
        services.sync.run()
        assert services.freeing.free([note.id])[0].ok
        master_path(services, note).mkdir()  # it has the name, and is no file
        services.freeing.settle()
        assert services.library.get(note.id).masters[0].state is MasterState.FREED


# Reconciling


@pytest.mark.parametrize("gone", [1, 3])
def test_a_comparison_that_is_called_off_says_nothing_of_what_it_did_not_ask_for(
    script: Script, there: Path, gone: int
) -> None:
    with queued(there, notes=3) as (services, _):
        services.sync.run()
        for copy in list((there / "voice-recorder").glob("*.wav"))[:gone]:
            copy.unlink()
        (there / "voice-recorder" / f"{'0' * 32}.wav").write_bytes(b"another's")
        cancel = threading.Event()
        script.during_listing = cancel.set
        with pytest.raises(Cancelled):
            services.reconciling.run(cancel)
        assert all_backed_up(services)
        script.during_listing = lambda: None
        assert services.reconciling.run().gone == gone


def test_a_comparison_that_is_called_off_keeps_what_it_has_found(script: Script, there: Path) -> None:
    with queued(there, notes=3) as (services, _):
        services.sync.run()
        shutil.rmtree(there / "voice-recorder")
        (there / "voice-recorder").mkdir()
        cancel = threading.Event()
        script.before_stat = cancel.set
        with pytest.raises(Cancelled):
            services.reconciling.run(cancel)
        assert Counter(states(services)) == {SyncState.REMOVED: 1, SyncState.BACKED_UP: 2}


def to_be_removed(services: Services, note: Recording) -> Path:
    """A copy that its owner has given up; where it lies."""
    receipt = services.proofs.of_master(note.masters[0].id)
    assert receipt is not None
    services.trash.delete([note.id])
    services.trash.delete_for_ever([note.id])
    return Path(receipt.remote_id)


def test_a_copy_that_cannot_be_removed_now_is_asked_for_again_later(script: Script, there: Path) -> None:
    def refuse() -> None:
        raise CloudError("It cannot.")

    with queued(there, notes=2) as (services, notes):
        services.settings.set("cloud.delete_copies", True)
        services.sync.run()
        copies = [there / to_be_removed(services, note) for note in notes]
        script.before_delete = lambda: refuse() if script.asked["delete"] == 1 else None
        assert services.reconciling.run().removed == 1
        assert sum(copy.exists() for copy in copies) == 1
        services.reconciling.run()
        assert script.asked["delete"] == 2  # not at once
        run_sql(services, "UPDATE removals SET next_attempt_ms = 0")
        assert services.reconciling.run().removed == 1
        assert not any(copy.exists() for copy in copies)


def test_removing_that_is_called_off_goes_on_with_the_next_run(script: Script, there: Path) -> None:
    cancel = threading.Event()
    with queued(there) as (services, (note,)):
        services.settings.set("cloud.delete_copies", True)
        services.sync.run()
        place = services.providers.place()
        copy = there / to_be_removed(services, note)
        remote_id = f"voice-recorder/{'1' * 32}.wav"
        services.proofs.ask_removal(place, remote_id, UploadSession("begun"))
        part = there / f"{remote_id}.part"
        part.write_bytes(b"half of it")
        cancel.set()
        with pytest.raises(Cancelled):
            services.reconciling.run(cancel)
        assert copy.exists()
        cancel.clear()
        script.before_delete = cancel.set  # the copy is in hand: that is finished
        with pytest.raises(Cancelled):
            services.reconciling.run(cancel)
        assert (copy.exists(), part.exists()) == (False, True)
        services.reconciling.run()
        assert not part.exists()


def test_an_unfinished_upload_is_given_up_unless_it_is_on_its_way_again(script: Script, there: Path) -> None:
    def refuse() -> None:
        raise CloudError("It cannot.")

    with queued(there) as (services, (note,)):
        services.sync.run()
        receipt = services.proofs.of_master(note.masters[0].id)
        assert receipt is not None
        services.proofs.ask_removal(receipt.place, receipt.remote_id, UploadSession("begun"))
        part = there / f"{receipt.remote_id}.part"
        part.write_bytes(b"half of it")
        run_sql(services, "UPDATE transfers SET state = 'uploading'")
        services.reconciling.run()
        assert (script.asked["abandon"], part.exists()) == (0, True)
        run_sql(services, "UPDATE transfers SET state = 'backed_up'")
        services.reconciling.run()
        assert script.asked["abandon"] == 0  # not at once
        script.before_abandon = refuse
        run_sql(services, "UPDATE removals SET next_attempt_ms = 0")
        services.reconciling.run()
        assert (script.asked["abandon"], part.exists()) == (1, True)
        script.before_abandon = lambda: None
        run_sql(services, "UPDATE removals SET next_attempt_ms = 0")
        services.reconciling.run()
        assert (script.asked["abandon"], part.exists()) == (2, False)
        assert all_backed_up(services)


def test_equal_bytes_under_another_tag_keep_their_receipt_which_is_renewed(
    script: Script, there: Path
) -> None:
    script.tells_digest = False
    with queued(there) as (services, (note,)):
        services.sync.run()
        before = services.proofs.of_master(note.masters[0].id)
        assert before is not None
        copy = there / before.remote_id
        copy.write_bytes(copy.read_bytes())
        assert services.reconciling.run().changed == 0
        after = services.proofs.of_master(note.masters[0].id)
        assert after is not None
        assert after == replace(before, etag=after.etag)
        assert after.etag != before.etag
        asked = script.asked["download"]
        services.reconciling.run()
        assert script.asked["download"] == asked  # it is known again by its tag


@pytest.mark.parametrize("equal", [True, False])
def test_the_only_copy_is_read_before_it_is_called_changed(
    home: Path, there: Path, monkeypatch: pytest.MonkeyPatch, *, equal: bool
) -> None:
    with CloudinaryServer() as server, queued(there) as (services, (note,)):
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        services.sync.queue()
        services.sync.run()
        assert services.freeing.free([note.id])[0].ok
        (asset,) = server.assets.values()
        asset.etag = "0" * 32
        if not equal:
            asset.path.write_bytes(bytes(asset.size_bytes))
        found = services.reconciling.run()
        state = services.library.get(note.id).masters[0].state
        assert (found.changed, state) == ((0, MasterState.FREED) if equal else (1, MasterState.MISSING))
