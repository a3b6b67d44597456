"""kill -9 in the middle of a large upload: a new process goes on where the old one was."""

import hashlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import opened, write_note
from tests.fakes.s3_server import FaultyProxy, S3Server

MB = 1_000_000
SIZE = 60 * MB
CHUNK = 6 * 1024 * 1024
ARRIVES_WITHIN_S = 60.0


@pytest.fixture
def note(home: Path, tmp_path: Path) -> str:
    """The id of a note of 60 MB that is sent as it is, slowly."""
    path = write_note(tmp_path / "long.wav", SIZE / 96_000)
    with opened() as services:
        services.settings.set("compression.send_as", "original")
        services.settings.set("sync.limit_kb_per_s", 20_000)
        return services.importing.run([path]).recordings[0].id


def killed_in_the_middle(start_cli: StartCli, arrived: Callable[[], int]) -> None:
    """Send until half of it has arrived, then kill -9."""
    process = start_cli("sync", "--json")
    deadline = time.monotonic() + ARRIVES_WITHIN_S
    while arrived() < SIZE // 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def finished(run_cli: RunCli, note: str) -> tuple[str, str]:
    """Send the rest in a new process; the copy's name and the SHA-256 that it must have."""
    run_cli("settings", "set", "sync.limit_kb_per_s", "0")
    done = run_cli("sync", "--json")
    assert done.returncode == 0, done.stderr
    with opened() as services:
        recording = services.library.get(note)
        assert recording.sync.state == "backed_up"
        outcomes = [attempt.outcome for attempt in services.sync_log.attempts(note)]
        assert len(outcomes) == 2
        assert outcomes[-1] == "done"
        return str(recording.sync.remote_id), str(recording.masters[0].sha256)


def test_cloudinary_goes_on_after_kill_9(
    note: str, run_cli: RunCli, start_cli: StartCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CloudinaryServer() as server:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        assert run_cli("provider", "set", "cloudinary").returncode == 0
        killed_in_the_middle(start_cli, lambda: sum(server.received_bytes.values()))
        name, sha256 = finished(run_cli, note)
        assert server.assets[name].sha256 == sha256
        assert len(server.assets) == 1
        assert len(server.sent_twice(name)) <= 1
        assert server.received_bytes[name] <= SIZE + CHUNK + MB


def test_s3_goes_on_after_kill_9(
    note: str, run_cli: RunCli, start_cli: StartCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server() as server, FaultyProxy(server.host, server.port) as proxy:
        values = server.values()
        for variable, field in {
            "AWS_ACCESS_KEY_ID": "access_key_id",
            "AWS_SECRET_ACCESS_KEY": "secret_access_key",
            "AWS_S3_BUCKET": "bucket",
        }.items():
            monkeypatch.setenv(variable, values[field])
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        assert run_cli("provider", "set", "s3").returncode == 0
        killed_in_the_middle(start_cli, lambda: proxy.received_bytes)
        name, sha256 = finished(run_cli, note)
        data = server.data(values["bucket"], name)
        assert data is not None
        assert hashlib.sha256(data).hexdigest() == sha256
        assert proxy.received_bytes <= SIZE + CHUNK + MB
        assert server.unfinished(values["bucket"]) == []
