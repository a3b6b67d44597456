"""kill -9 at random moments of whatever touches recordings: nothing lost, nothing doubled (section 10).

TORTURE_ROUNDS says how often each is killed, TORTURE_SEED repeats a run.
"""

import os
import random
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.processes import wait_until
from tests.fakes.virtual_microphone import VirtualMicrophone

ROUNDS = int(os.environ.get("TORTURE_ROUNDS", "5"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.fixture
def moments() -> random.Random:
    return random.Random(SEED)


def assert_sound(run_cli: RunCli) -> list[dict[str, object]]:
    """After a recovery every recording is whole and every file belongs to one."""
    assert run_cli("recover", "--json").json["failed"] == []
    verified = run_cli("verify", "--json")
    assert verified.returncode == 0, verified.stdout
    assert verified.json["unknown"] == []
    recordings: list[dict[str, object]] = run_cli("list", "--json", "--limit", "1000").json["recordings"]
    assert {r["state"] for r in recordings} <= {"recorded"}
    return recordings


def has_sound(home: Path, takes: int) -> bool:
    """Whether so many takes have begun to be written."""
    return sum(part.stat().st_size > 10_000 for part in (home / "recordings").glob("*.part")) == takes


@pytest.mark.slow
def test_recover_killed(
    home: Path,
    run_cli: RunCli,
    start_cli: StartCli,
    with_microphone: VirtualMicrophone,
    moments: random.Random,
) -> None:
    """A recovery that is itself killed goes on the next time."""
    for number in range(ROUNDS):
        take = start_cli("record")
        wait_until(partial(has_sound, home, number + 1), "the first sound of the next take")
        take.kill()
        take.wait()
    for _ in range(ROUNDS):
        recovery = start_cli("recover")
        time.sleep(moments.uniform(0.2, 0.9))
        recovery.kill()
        recovery.wait()
    assert len(assert_sound(run_cli)) == ROUNDS


@pytest.mark.slow
def test_import_killed(
    home: Path,
    tmp_path: Path,
    run_cli: RunCli,
    start_cli: StartCli,
    speech: Speech,
    moments: random.Random,
) -> None:
    """An import that is killed has taken each file whole or not at all."""
    folder = tmp_path / "old"
    folder.mkdir()
    for number in range(30):
        copy = folder / f"{number}.wav"
        shutil.copyfile(speech.path, copy)
        with copy.open("ab") as file:
            file.write(b"LIST" + (4).to_bytes(4, "little") + number.to_bytes(4, "little"))
    for _ in range(ROUNDS):
        process = start_cli("import", folder)
        time.sleep(moments.uniform(0.3, 1.2))
        process.kill()
        process.wait()
        assert_sound(run_cli)
    report = run_cli("import", folder, "--json").json
    assert report["failed"] == []
    assert len(assert_sound(run_cli)) == 30


@pytest.mark.slow
def test_delete_and_restore_killed(
    home: Path, tmp_path: Path, run_cli: RunCli, start_cli: StartCli, speech: Speech, moments: random.Random
) -> None:
    """A recording is in the library or in the trash, never between and never gone."""
    made = run_cli("import", speech.path, "--json").json["recordings"][0]
    for round_ in range(2 * ROUNDS):
        process = start_cli("delete" if round_ % 2 == 0 else "restore", made["id"])
        time.sleep(moments.uniform(0.3, 0.6))
        process.kill()
        process.wait()
        run_cli("recover")
        shown = run_cli("show", made["id"], "--json").json
        folder = "trash" if shown["state"] == "trashed" else "recordings"
        assert Path(shown["path"]) == home / folder / Path(made["path"]).name
        assert Path(shown["path"]).exists()
    assert run_cli("verify").returncode == 0
