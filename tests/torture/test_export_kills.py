"""kill -9 at random moments of an export: what has a name is whole, and nothing stray stays for long."""

import random
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.library import opened, write_note
from tests.torture.test_kills import ROUNDS, SEED, assert_sound
from voice_recorder.audio.sound_file import decoded


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_export_killed(home: Path, tmp_path: Path, run_cli: RunCli, start_cli: StartCli, kind: str) -> None:
    moments = random.Random(f"{SEED} {kind}")
    out = tmp_path / "out"
    out.mkdir()
    with opened() as services:
        notes = [write_note(tmp_path / f"{seed}.wav", 30 + seed, seed=seed) for seed in range(8)]
        ids = [recording.id for recording in services.importing.run(notes).recordings]
    for _ in range(2 * ROUNDS):
        process = start_cli("export", *ids, "--format", kind, "--to", str(out))
        time.sleep(moments.uniform(0.8, 3))
        process.kill()
        process.wait()
        for path in out.glob(f"*.{kind}"):
            seconds = 30 + int(path.name[0])
            assert decoded(path, threading.Event()) == (48_000 * seconds, 48_000), path
    done = run_cli("export", *ids, "--format", kind, "--to", out, "--json")
    assert done.returncode == 0
    assert all(Path(result["path"]).exists() for result in done.json["results"])
    assert not list(out.glob(".*"))
    assert len(assert_sound(run_cli)) == len(ids)
