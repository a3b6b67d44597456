"""kill -9 at random moments of compressing, sending, freeing, fetching and cleaning up (section 10).

TORTURE_ROUNDS says how often each is killed, TORTURE_SEED repeats a run.
"""

import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import write_note
from tests.torture.test_kills import ROUNDS, SEED

NOTES = 12


@pytest.fixture
def moments() -> random.Random:
    return random.Random(SEED)


@pytest.fixture
def server(
    home: Path, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CloudinaryServer]:
    """A Cloudinary to which a library of some notes, two of them large, is to be sent."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(NOTES):
        write_note(folder / f"{number}.wav", 300 if number < 2 else 20, seed=number)
    assert run_cli("import", folder).returncode == 0
    with CloudinaryServer() as server:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        assert run_cli("provider", "set", "cloudinary", "--send", "original").returncode == 0
        yield server


def kill_at_random(start_cli: StartCli, moments: random.Random, *words: str, latest_s: float = 3.0) -> None:
    for _ in range(ROUNDS):
        process = start_cli(*words)
        time.sleep(moments.uniform(0.6, latest_s))
        process.kill()
        process.wait()


def digests(run_cli: RunCli) -> list[str]:
    listed = run_cli("list", "--json", "--limit", "100").json["recordings"]
    return sorted(recording["sha256"] for recording in listed)


def assert_all_there_once(run_cli: RunCli, server: CloudinaryServer, before: list[str]) -> None:
    """Every note is backed up by one whole copy, and no local file has suffered."""
    done = run_cli("sync", "--json", timeout_s=120)
    assert done.returncode == 0, done.stdout
    stored = sorted(hashlib.sha256(asset.data).hexdigest() for asset in server.assets.values())
    assert stored == before == digests(run_cli)
    assert run_cli("verify", "--json").returncode == 0


@pytest.mark.slow
def test_sending_killed(
    server: CloudinaryServer, run_cli: RunCli, start_cli: StartCli, moments: random.Random
) -> None:
    before = digests(run_cli)
    kill_at_random(start_cli, moments, "sync", "--json")
    assert_all_there_once(run_cli, server, before)


@pytest.mark.slow
def test_compressing_killed(
    server: CloudinaryServer, home: Path, run_cli: RunCli, start_cli: StartCli, moments: random.Random
) -> None:
    assert run_cli("settings", "set", "compression.send_as", "mp3").returncode == 0
    before = digests(run_cli)
    kill_at_random(start_cli, moments, "sync", "--json", latest_s=2.0)
    assert run_cli("sync", "--json", timeout_s=120).returncode == 0
    assert len(server.assets) == NOTES
    assert digests(run_cli) == before
    assert run_cli("verify").returncode == 0
    assert run_cli("cleanup").returncode == 0
    assert len(list((home / "cloud_copies").iterdir())) <= NOTES  # what a kill left is younger than an hour


@pytest.mark.slow
def test_freeing_fetching_and_cleaning_up_killed(
    server: CloudinaryServer, run_cli: RunCli, start_cli: StartCli, moments: random.Random
) -> None:
    before = digests(run_cli)
    assert run_cli("sync", timeout_s=120).returncode == 0
    ids = [recording["id"] for recording in run_cli("list", "--json").json["recordings"]]
    for words in (("free", *ids), ("fetch", *ids), ("free", *ids), ("cleanup",), ("fetch", *ids)):
        kill_at_random(start_cli, moments, *words, latest_s=2.0)
    assert run_cli("fetch", *ids, timeout_s=120).returncode == 0
    assert_all_there_once(run_cli, server, before)
