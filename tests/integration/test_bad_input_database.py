"""A library that is locked, damaged, newer, or another program's: one sentence, exit 1, nothing changed."""

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.library import opened, with_notes
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.contract import check_recording, done, failed, one_sentence
from voice_recorder.domain.errors import LibraryBusy
from voice_recorder.domain.recording import Recording
from voice_recorder.services import take as take_module
from voice_recorder.services.generated_voice import GeneratedVoice

LOCKER = """
import sqlite3, sys, time
library = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[3:]:
    library.execute(statement).fetchall()
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""
READING = [["list"], ["verify"], ["status"], ["metrics"]]


@pytest.fixture
def notes(home: Path, tmp_path: Path) -> list[Recording]:
    """Two, of which all is said in their sidecars, so that reading has nothing to write."""
    notes = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        services.sidecars.write_pending()
    return notes


def masters(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "recordings").glob("*.wav")}


@contextmanager
def locked(database: Path, seconds: float, *statements: str) -> Iterator[float]:
    """Another process holds the library for ``seconds``; when it took it, by the monotonic clock."""
    words = [sys.executable, "-c", LOCKER, str(database), str(seconds), *(statements or ("BEGIN EXCLUSIVE",))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        try:
            yield time.monotonic()
        finally:
            holder.kill()


def test_a_library_locked_for_longer_than_the_busy_timeout(
    run_cli: RunCli,
    start_cli: StartCli,
    home: Path,
    notes: list[Recording],
    with_microphone: VirtualMicrophone,
) -> None:
    """Reading goes on; a change waits five seconds and says so; a take outlives the lock."""
    with locked(home / "library.db", 120) as since:  # until all of this has been tried
        take = start_cli("record", "--json", "--seconds", "13")
        assert done(run_cli("list", "--json"))["total"] == 2
        error = failed(run_cli("rename", "--json", notes[0].id, "new"), 1, "library_busy")
        waited_s = time.monotonic() - since
        assert waited_s >= 5
        assert "Nothing was changed" in error["detail"]
    output, complaints = take.communicate(timeout=60)
    assert take.returncode == 0, complaints
    assert "Traceback" not in complaints
    recording = done(run_cli("list", "--json"))["recordings"][0]
    check_recording(recording)
    assert recording["id"] in output
    assert recording["duration_s"] == pytest.approx(13.0, abs=0.05)
    assert done(run_cli("show", "--json", notes[0].id))["title"] == "one"
    assert done(run_cli("verify", "--json"))["ok"]


def test_a_take_that_ends_under_the_lock_is_kept_and_found(
    run_here: RunCli, home: Path, notes: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_module, "LIBRARY_BUSY_S", 0.0)
    with opened() as services, locked(home / "library.db", 120):  # until the take has given up
        take = services.takes.start_from(GeneratedVoice(), limit_s=1)
        assert take.wait(60)
    assert isinstance(take.error, LibraryBusy)
    assert "recover" in take.error.detail
    (recovered,) = done(run_here("recover", "--json"))["recovered"]
    assert recovered["duration_s"] == pytest.approx(1.0, abs=0.05)
    assert done(run_here("list", "--json"))["total"] == 3
    assert done(run_here("verify", "--json"))["ok"]


def test_a_library_that_not_even_lets_itself_be_read(
    run_cli: RunCli, home: Path, notes: list[Recording]
) -> None:
    exclusively = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")
    with locked(home / "library.db", 120, *exclusively) as since:
        failed(run_cli("list", "--json"), 1, "library_busy")
        assert time.monotonic() - since < 60
    assert done(run_cli("list", "--json"))["total"] == 2


def test_a_newer_library_is_refused_in_words(run_cli: RunCli, home: Path, notes: list[Recording]) -> None:
    with sqlite3.connect(home / "library.db") as library:
        library.execute("UPDATE alembic_version SET version_num = '9999'")
    library.close()
    before = (home / "library.db").read_bytes()
    for words in (["list"], ["rename", notes[0].id, "x"], ["record", "--seconds", "1"], ["recover"]):
        error = failed(run_cli(*words, "--json"), 1, "library_too_new")
        assert "9999" in error["title"]
    assert (home / "library.db").read_bytes() == before
    assert list((home / "recordings").glob("*.part")) == []


def test_the_database_of_another_program_is_left_alone(run_here: RunCli, home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "library.db") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.execute("INSERT INTO recipes VALUES ('soup')")
    other.close()
    error = failed(run_here("list", "--json"), 1, "library_damaged")
    assert "another program" in error["title"]
    with sqlite3.connect(home / "library.db") as other:
        assert other.execute("SELECT name FROM recipes").fetchall() == [("soup",)]
        assert len(other.execute("SELECT name FROM sqlite_master").fetchall()) == 1
    other.close()


@pytest.mark.parametrize("what", ["text", "zeroes", "folder", "truncated", "header"])
def test_a_damaged_library_is_said_and_never_replaced(
    run_here: RunCli, home: Path, notes: list[Recording], what: str
) -> None:
    """S3.3"""
    database = home / "library.db"
    content, sound = database.read_bytes(), masters(home)
    damaged = {
        "text": b"This is no database. " * 500, "zeroes": bytes(len(content)), "truncated": content[:20_000],
        "header": b"\0" * 100 + content[100:], "folder": b"",
    }[what]  # fmt: skip
    if what == "folder":
        database.unlink()
        database.mkdir()
    else:
        database.write_bytes(damaged)
    for words in (["list"], ["verify"], ["rename", notes[0].id, "x"], ["recover"], ["backup", "make"]):
        result = run_here(*words, "--json")
        assert result.returncode == 1, (words, result)
        one_sentence(result.stderr)
        assert result.json["error"]["kind"] in ("library_damaged", "storage_error")
    if what != "folder":
        assert database.read_bytes() == damaged
    assert masters(home) == sound


def test_overwritten_bytes_anywhere_end_in_words(
    run_here: RunCli, home: Path, tmp_path: Path, notes: list[Recording]
) -> None:
    """Bytes overwritten in 40 random places: read or refused, never a bug, no master touched."""
    database = home / "library.db"
    content = database.read_bytes()
    sound = masters(home)
    chance = random.Random(2)
    refused = 0
    for _ in range(40):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 1, 4])):
            at, size = chance.randrange(len(content)), chance.choice([1, 1, 8, 200, 4096])
            damaged[at : at + size] = chance.randbytes(len(damaged[at : at + size]))
        database.write_bytes(damaged)
        for leftover in ("-wal", "-shm"):
            Path(f"{database}{leftover}").unlink(missing_ok=True)
        for words in (["list"], ["show", notes[0].id], ["rename", notes[1].id, "x"], ["metrics"], ["verify"]):
            result = run_here(*words, "--json")
            assert result.returncode in (0, 1)
            assert isinstance(result.json, dict)
            assert "Traceback" not in result.stderr
            refused += result.returncode
    assert refused, "some damage must show"
    assert masters(home) == sound
    shutil.rmtree(tmp_path / "in")


def test_health_names_the_damage(run_here: RunCli, home: Path, notes: list[Recording]) -> None:
    """A page of the search index overwritten: the list works, the verdict warns before a take is risked."""
    database = home / "library.db"
    with sqlite3.connect(database) as library:
        (page,) = library.execute(
            "SELECT pageno FROM dbstat WHERE name = 'masters_sha256' LIMIT 1"
        ).fetchone() or (None,)
    library.close()
    content = bytearray(database.read_bytes())
    content[(page - 1) * 4096 + 8 : page * 4096] = bytes(4088)
    database.write_bytes(content)
    result = run_here("health", "--json")
    assert result.returncode == 3
    assert any("damaged" in reason for reason in result.json["reasons"])
