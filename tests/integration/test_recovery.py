"""Takes whose process was killed come back, whatever the moment (C3)."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.processes import wait_until
from tests.fakes.speech import read_samples
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_record import wait_for_sound
from voice_recorder.audio import wav
from voice_recorder.domain.recording import AudioFormat


def plays(path: str) -> bool:
    """Whether ffmpeg decodes the file without a complaint."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True, check=False
    )
    return done.returncode == 0 and not done.stderr


def test_ten_kills(
    home: Path, run_cli: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """Issue's proof 2; C3.1: kill -9 at ten random moments; a second run changes nothing."""
    moments = random.Random(20261121)
    heard_s = []
    for number in range(10):
        process = start_cli("record", "--title", f"Take {number}")
        before = set((home / "recordings").glob("*.part")) if number else set()
        wait_until(
            lambda before=before: set((home / "recordings").glob("*.part")) - before, "the file of the take"
        )
        started = time.monotonic()
        time.sleep(1.0 + moments.random() * 1.5)
        process.kill()
        heard_s.append(time.monotonic() - started)
        process.wait()
    report = run_cli("recover", "--json").json
    assert len(report["recovered"]) == 10
    durations = {r["title"]: r["duration_s"] for r in report["recovered"]}
    for number, expected in enumerate(heard_s):
        assert expected - durations[f"Take {number}"] <= 1.0
    for recording in report["recovered"]:
        assert recording["recovered"] is True
        assert recording["state"] == "recorded"
        assert recording["samples_sha256"] is None
        assert plays(recording["path"])
    listed = run_cli("list", "--json").json
    again = run_cli("recover", "--json")
    assert again.returncode == 0
    assert again.json["recovered"] == []
    assert run_cli("list", "--json").json == listed
    assert run_cli("verify").returncode == 0


def test_a_running_take_is_left_alone(
    home: Path,
    run_cli: RunCli,
    start_cli: StartCli,
    with_microphone: VirtualMicrophone,
    speech: Speech,
) -> None:
    """C3.2: a live owner's take is never touched."""
    process = start_cli("record", "--json")
    wait_for_sound(home)
    with_microphone.play(speech.path)
    time.sleep(1)
    report = run_cli("recover", "--json").json
    assert report["recovered"] == []
    assert len(report["running"]) == 1
    assert run_cli("list", "--json", "--state", "recording").json["total"] == 1
    assert run_cli("delete", report["running"][0]).returncode == 1
    time.sleep(speech.duration_s)
    process.send_signal(signal.SIGTERM)
    stdout, _ = process.communicate(timeout=20)
    path = Path(json.loads(stdout)["path"])
    assert share_within_one_lsb(speech.samples, read_samples(path))[0] >= 0.999


def test_title_and_markers_survive(home: Path, run_cli: RunCli, with_microphone: VirtualMicrophone) -> None:
    """C3.1: the title and the markers given during the take come back with it."""
    script = (
        "import os, signal, time\n"
        "from voice_recorder import app\n"
        "take = app.build().takes.start()\n"
        "time.sleep(1)\n"
        "take.rename('Said in between')\n"
        "take.add_marker('here')\n"
        "time.sleep(1.2)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    recovered = run_cli("recover", "--json").json["recovered"]
    assert [r["title"] for r in recovered] == ["Said in between"]
    shown = run_cli("show", "--json", recovered[0]["id"]).json
    assert [m["label"] for m in shown["markers"]] == ["here"]
    assert shown["history"][-2]["kind"] == "recovered"


@pytest.fixture
def cut_off(home: Path, run_cli: RunCli) -> Any:
    """Makes a ``.part`` file with so many frames and so many bytes of a torn one."""
    run_cli("list")

    def make(frames: int, torn: int = 0, name: str = "20261121T140300Z-0123abcd.wav.part") -> Path:
        take = AudioFormat()
        origin = wav.Origin("0123abcd" * 4, "2026-11-21T14:03:00.000+00:00", 60)
        part = home / "recordings" / name
        part.write_bytes(wav.header(take, origin, 0) + b"\1\2" * frames + b"\1" * torn)
        return part

    return make


def test_a_part_without_a_row(run_cli: RunCli, cut_off: Any) -> None:
    """Killed before its row was written: the file alone tells whose it is."""
    part = cut_off(48000, torn=1)
    recovered = run_cli("recover", "--json").json["recovered"]
    assert [r["id"] for r in recovered] == ["0123abcd" * 4]
    assert recovered[0]["title"] == "2026-11-21 15.03.00"
    assert recovered[0]["duration_s"] == 1.0
    assert not part.exists()
    assert plays(recovered[0]["path"])


def test_a_part_without_sound_goes(run_cli: RunCli, cut_off: Any) -> None:
    """Nothing was heard: nothing is listed, nothing is left."""
    part = cut_off(0, torn=1)
    report = run_cli("recover", "--json").json
    assert report["empty"] == ["0123abcd" * 4]
    assert not part.exists()
    assert run_cli("list", "--json").json["total"] == 0


def test_a_part_that_is_no_take_is_left_as_it_is(run_cli: RunCli, cut_off: Any) -> None:
    """What cannot be understood is never removed."""
    part = cut_off(10)
    part.write_bytes(b"something else entirely" * 100)
    report = run_cli("recover", "--json")
    assert report.returncode == 0
    assert report.json["failed"][0]["path"] == str(part)
    assert part.read_bytes() == b"something else entirely" * 100


def test_a_finished_file_whose_library_is_gone(
    home: Path, run_cli: RunCli, with_microphone: VirtualMicrophone
) -> None:
    """The database lost: takes are found again by what stands in their files."""
    made = run_cli("record", "--seconds", "1", "--json").json
    for name in ("library.db", "library.db-wal", "library.db-shm"):
        (home / name).unlink(missing_ok=True)
    recovered = run_cli("recover", "--json").json["recovered"]
    assert [(r["id"], r["sha256"]) for r in recovered] == [(made["id"], made["sha256"])]


def test_a_row_whose_file_is_gone_is_missing(
    home: Path, run_cli: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """The row stays and says so; it comes back with the file."""
    process = start_cli("record")
    part = wait_for_sound(home)
    wait_until(lambda: run_cli("list", "--json").json["total"] == 1, "the row")
    process.kill()
    process.wait()
    hidden = part.rename(home / part.name)
    assert run_cli("recover", "--json").json["recovered"] == []
    assert [r["state"] for r in run_cli("list", "--json").json["recordings"]] == ["missing"]
    hidden.rename(part)
    assert len(run_cli("recover", "--json").json["recovered"]) == 1
    assert [r["state"] for r in run_cli("list", "--json").json["recordings"]] == ["recorded"]


def test_an_import_that_was_cut_off_leaves_nothing(home: Path, run_cli: RunCli, cut_off: Any) -> None:
    """The copy goes; the original is where it was."""
    copy = home / "recordings" / ("0" * 32 + ".importing")
    copy.write_bytes(b"half")
    assert run_cli("recover").returncode == 0
    assert not copy.exists()
