"""The queue under load and in trouble: real files, the real library, the real SDK over real sockets."""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes import s3_server as s3
from tests.fakes.cloudinary_faults import (
    Delay,
    Drop,
    DropAnswer,
    Fault,
    Garbage,
    Status,
    WrongEtag,
)
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import opened, with_notes, write_note
from tests.fakes.s3_server import FaultyProxy, S3Server
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.transfers import MOST_UPLOADS, SyncState, SyncStatus
from voice_recorder.services import Services

WAITING_FAULTS = 420
AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "access_key_id", "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_S3_BUCKET": "bucket", "AWS_ENDPOINT_URL": "endpoint_url",
}  # fmt: skip


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudinaryServer]:
    """A Cloudinary whose key the environment holds."""
    with CloudinaryServer() as server:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        yield server


@contextmanager
def backing_up(
    folder: Path, notes: int, *, provider: str = "cloudinary"
) -> Iterator[tuple[Services, list[Recording]]]:
    """A library of so many notes that go to a provider as they are."""
    recordings = with_notes(folder, [f"note {number}" for number in range(notes)])
    with opened() as services:
        services.settings.set("compression.send_as", "original")
        services.providers.choose(provider, {}, {})
        services.sync.begin()
        yield services, recordings


def stored_digests(server: CloudinaryServer) -> list[str]:
    return sorted(hashlib.sha256(asset.data).hexdigest() for asset in server.assets.values())


def digests_here(services: Services) -> list[str]:
    recordings = services.library.with_ids(None)
    paths = [services.library.path_of(master) for r in recordings for master in r.masters]
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)


def states(services: Services) -> set[SyncState]:
    return {recording.sync.state for recording in services.library.with_ids(None)}


@pytest.mark.slow
@pytest.mark.timeout(600)  # they take a minute on a machine that has nothing else to do
def test_a_thousand_notes_drain_five_at_a_time_in_bounded_memory(
    server: CloudinaryServer, tmp_path: Path
) -> None:
    with backing_up(tmp_path / "in", 1000) as (services, _):
        assert services.sync.queue() == 1000
        process, most = psutil.Process(), 0
        before = process.memory_info().rss
        ended = threading.Event()

        def measure() -> None:
            nonlocal most
            while not ended.wait(0.05):
                most = max(most, process.memory_info().rss)

        watch = threading.Thread(target=measure)
        watch.start()
        try:
            report = services.sync.run()
        finally:
            ended.set()
            watch.join()
        assert (report.done, report.failed) == (1000, 0)
        assert states(services) == {SyncState.BACKED_UP}
        assert len(server.assets) == 1000
        assert stored_digests(server) == digests_here(services)
        assert server.max_parallel_uploads <= MOST_UPLOADS
        assert most - before < 60_000_000
        assert server.admin_calls < 10  # 500 an hour are all that a free plan has


@pytest.mark.slow
def test_random_faults_at_cloudinary_lose_and_double_nothing(
    server: CloudinaryServer, tmp_path: Path
) -> None:
    with backing_up(tmp_path / "in", 50) as (services, _):
        before = digests_here(services)
        met_by(server.faults, random.Random(1), _cloudinary_faults)
        back_up_in_spite(services, server.faults)
        assert len(server.assets) == 50
        assert stored_digests(server) == before == digests_here(services)
        assert_attempts_are_kept(services)


@pytest.mark.slow
def test_random_faults_at_s3_lose_and_double_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server() as server, FaultyProxy(server.host, server.port) as proxy:
        values = {**server.values(), "endpoint_url": proxy.url}
        for variable, field in AWS_VARIABLES.items():
            monkeypatch.setenv(variable, values[field])
        with backing_up(tmp_path / "in", 50, provider="s3") as (services, _):
            before = digests_here(services)
            met_by(proxy.faults, random.Random(2), _s3_faults)
            back_up_in_spite(services, proxy.faults)
            stored = [copy.remote_id for copy in services.providers.open().list()]
            assert len(stored) == 50
            found = [server.data(values["bucket"], key) for key in stored]
            digests = sorted(hashlib.sha256(data or b"").hexdigest() for data in found)
            assert digests == before == digests_here(services)
            assert_attempts_are_kept(services)


def _cloudinary_faults(chance: random.Random) -> Fault:
    on = chance.choice(["upload", "upload", "explicit"])
    faults = [
        Status(500, on=on), Status(503, on=on), Delay(0.05, on=on), DropAnswer(on=on), Garbage(on=on),
        Garbage(b'{"public_id": "x", "by', on=on), Drop(after_bytes=chance.randrange(60_000), on="upload"),
        WrongEtag(on="upload"),
    ]  # fmt: skip
    return chance.choice(faults)


def _s3_faults(chance: random.Random) -> s3.Fault:
    on = chance.choice([b"^PUT", b"^PUT", b"^HEAD"])
    faults = [
        s3.s3_error(500, "InternalError", on=on), s3.s3_error(503, "SlowDown", on=on),
        s3.Cut(after_bytes=chance.randrange(60_000), on=b"^PUT"), s3.CutAnswer(on=on),
        s3.CutBody(after_bytes=chance.randrange(100), on=on), s3.Delay(seconds=0.05, on=on),
        s3.Reply(status=200, body=b"<html>Please log in</html>", on=on),
    ]  # fmt: skip
    return chance.choice(faults)


def met_by(waiting: list[Any], chance: random.Random, make: Callable[[random.Random], object]) -> None:
    """Let faults of this kind wait for requests."""
    waiting.extend(make(chance) for _ in range(WAITING_FAULTS))


def back_up_in_spite(services: Services, faults: list[Any]) -> None:
    """Run the queue as if hours passed between its tries, until nothing is left."""
    services.sync.queue()
    for _ in range(60):
        services.sync.network_is_back()
        services.sync.retry()
        services.sync.run(stop_after(1.5))
        if states(services) == {SyncState.BACKED_UP}:
            break
    assert states(services) == {SyncState.BACKED_UP}
    assert WAITING_FAULTS - len(faults) >= 200


def assert_attempts_are_kept(services: Services) -> None:
    recordings = services.library.with_ids(None)
    tried = [attempt for r in recordings for attempt in services.sync_log.attempts(r.id)]
    failed = [attempt for attempt in tried if attempt.outcome == "failed"]
    assert len(failed) >= 50
    assert all(attempt.reason and attempt.ended_at for attempt in failed)
    assert sum(attempt.outcome == "done" for attempt in tried) == len(recordings)


def stop_after(seconds: float) -> threading.Event:
    """An event that is set when the time is up."""
    event = threading.Event()
    timer = threading.Timer(seconds, event.set)
    timer.daemon = True
    timer.start()
    return event


def test_a_revoked_key_stops_the_queue_and_asks_once(server: CloudinaryServer, tmp_path: Path) -> None:
    with backing_up(tmp_path / "in", 30) as (services, _):
        services.sync.queue()
        server.revoked = True
        report = services.sync.run()
        assert "key" in report.stopped_by.lower() or "secret" in report.stopped_by.lower()
        found = [r.sync for r in services.library.with_ids(None)]
        failed = [status for status in found if status.state is SyncState.FAILED]
        assert 1 <= len(failed) <= MOST_UPLOADS
        assert all(s.next_attempt_at is None for s in failed)
        assert all(s.state is SyncState.QUEUED for s in found if s not in failed)
        assert [alert.kind for alert in services.sync_log.alerts()] == ["key_refused"]
        asked = server.requests["upload"]
        services.sync.run()
        assert server.requests["upload"] == asked  # it waits for its owner
        server.revoked = False
        services.sync.resume()
        services.sync.run()
        assert states(services) == {SyncState.BACKED_UP}
        assert services.sync_log.alerts() == ()


def test_without_a_network_three_quick_tries_and_then_patience(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = CloudinaryServer().start()
    monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
    with backing_up(tmp_path / "in", 20) as (services, _):
        services.sync.queue()
        server.close()
        started = time.monotonic()
        report = services.sync.run()
        assert time.monotonic() - started < 30
        assert report.done == 0
        found = [r.sync for r in services.library.with_ids(None)]
        tried = [s for s in found if s.state is SyncState.FAILED]
        assert tried
        assert max(s.attempts for s in tried) == 3
        slow = datetime.now(UTC) + timedelta(minutes=2)
        assert all(s.next_attempt_at and s.next_attempt_at > slow for s in tried if s.attempts == 3)
        assert {s.error_kind for s in tried} == {"network_unreachable"}


def only(services: Services) -> SyncStatus:
    """The backup of the only note."""
    (recording,) = services.library.with_ids(None)
    return recording.sync


@pytest.mark.parametrize("known", [True, False])
def test_a_file_over_the_plans_limit_is_refused_once_and_in_words(
    server: CloudinaryServer, tmp_path: Path, known: bool
) -> None:
    if known:
        server.max_file_bytes = 1_000_000
    with backing_up(tmp_path / "in", 0) as (services, _):
        services.importing.run([write_note(tmp_path / "long.wav", 20)])
        server.max_file_bytes = 1_000_000
        services.sync.queue()
        services.sync.run()
        status = only(services)
        assert (status.state, status.error_kind, status.attempts) == (SyncState.FAILED, "file_rejected", 1)
        assert status.next_attempt_at is None
        assert "1.9 MB" in str(status.error)
        assert "1.0 MB" in str(status.error)
        assert server.requests["upload"] == (0 if known else 1)  # a known limit costs no upload


def test_a_clock_that_is_two_hours_off_is_called_by_its_name(
    server: CloudinaryServer, tmp_path: Path
) -> None:
    with backing_up(tmp_path / "in", 3) as (services, _):
        server.clock_offset_s = 2 * 3600
        services.sync.queue()
        report = services.sync.run()
        assert "clock" in report.stopped_by
        server.clock_offset_s = 0
        services.sync.resume()
        assert services.sync.run().done == 3


def test_audio_that_changed_after_it_was_queued_is_not_sent(server: CloudinaryServer, tmp_path: Path) -> None:
    with backing_up(tmp_path / "in", 1) as (services, notes):
        services.sync.queue()
        path = services.library.path_of(notes[0].masters[0])
        before = path.read_bytes()
        path.write_bytes(before[:-2] + b"\x7f\x7f")
        services.sync.run()
        assert only(services).error_kind == "file_rejected"
        assert "not what it was" in str(only(services).error)
        assert server.assets == {}
        path.write_bytes(before)
        services.sync.retry()
        assert services.sync.run().done == 1


def test_the_bandwidth_limit_is_kept_by_all_uploads_together(
    server: CloudinaryServer, tmp_path: Path
) -> None:
    with backing_up(tmp_path / "in", 0) as (services, _):
        folder = tmp_path / "long"
        folder.mkdir()
        for number in range(4):
            write_note(folder / f"{number}.wav", 10, seed=number)  # 960 kB each
        services.importing.run([folder])
        services.settings.set("sync.limit_kb_per_s", 1500)
        services.sync.queue()
        started = time.monotonic()
        assert services.sync.run().done == 4
        assert time.monotonic() - started > 1.5  # 3.84 MB take 2.6 s, but for the last blocks
