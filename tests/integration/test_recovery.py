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
from tests.fakes.library import opened, write_note
from tests.fakes.permissions import heeding_permissions, with_mode
from tests.fakes.processes import wait_until
from tests.fakes.speech import read_samples
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_record import wait_for_sound
from voice_recorder.audio import wav
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.importing import import_lock


def plays(path: str) -> bool:
    """Whether ffmpeg decodes the file without a complaint."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True, check=False
    )
    return done.returncode == 0 and not done.stderr


def test_ten_kills(
    home: Path, run_cli: RunCli, run_here: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
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
    listed = run_here("list", "--json").json
    again = run_cli("recover", "--json")
    assert again.returncode == 0
    assert again.json["recovered"] == []
    assert run_here("list", "--json").json == listed
    assert run_here("verify").returncode == 0


def test_a_running_take_is_left_alone(
    home: Path,
    run_cli: RunCli,
    run_here: RunCli,
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
    assert run_here("list", "--json", "--state", "recording").json["total"] == 1
    assert run_cli("delete", report["running"][0]).returncode == 1
    time.sleep(speech.duration_s)
    process.send_signal(signal.SIGTERM)
    stdout, _ = process.communicate(timeout=20)
    path = Path(json.loads(stdout)["path"])
    assert share_within_one_lsb(speech.samples, read_samples(path))[0] >= 0.999


def test_title_and_markers_survive(
    home: Path, run_cli: RunCli, run_here: RunCli, with_microphone: VirtualMicrophone
) -> None:
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
    shown = run_here("show", "--json", recovered[0]["id"]).json
    assert [m["label"] for m in shown["markers"]] == ["here"]
    assert shown["history"][-2]["kind"] == "recovered"


@pytest.fixture
def cut_off(home: Path, run_here: RunCli) -> Any:
    """Makes a ``.part`` file with so many frames and so many bytes of a torn one."""
    run_here("list")

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


def test_a_part_without_sound_goes(run_cli: RunCli, run_here: RunCli, cut_off: Any) -> None:
    """Nothing was heard: nothing is listed, nothing is left."""
    part = cut_off(0, torn=1)
    report = run_cli("recover", "--json").json
    assert report["empty"] == ["0123abcd" * 4]
    assert not part.exists()
    assert run_here("list", "--json").json["total"] == 0


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
    home: Path, run_cli: RunCli, run_here: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """The row stays and says so; it comes back with the file."""
    process = start_cli("record")
    part = wait_for_sound(home)
    wait_until(lambda: run_here("list", "--json").json["total"] == 1, "the row")
    process.kill()
    process.wait()
    hidden = part.rename(home / part.name)
    assert run_cli("recover", "--json").json["recovered"] == []
    assert [r["state"] for r in run_here("list", "--json").json["recordings"]] == ["missing"]
    hidden.rename(part)
    assert len(run_cli("recover", "--json").json["recovered"]) == 1
    assert [r["state"] for r in run_here("list", "--json").json["recordings"]] == ["recorded"]


def test_an_import_that_was_cut_off_leaves_nothing(home: Path, run_cli: RunCli, cut_off: Any) -> None:
    """The copy goes; the original is where it was."""
    copy = home / "recordings" / ("0" * 32 + ".importing")
    copy.write_bytes(b"half")
    assert run_cli("recover").returncode == 0
    assert not copy.exists()


def test_another_homes_live_take_is_left_alone(home: Path, tmp_path: Path, run_cli: RunCli) -> None:
    """Two homes that share their recordings folder see each other's locks there."""
    shared = tmp_path / "shared"
    second = {"VOICE_RECORDER_HOME": str(tmp_path / "second")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(shared))
        with opened() as services:
            take = services.takes.start_from(GeneratedVoice())
            wait_until(lambda: take.snapshot().elapsed_s > 0.5, "sound")
            copy = shared / ("0" * 32 + ".importing")
            copy.write_bytes(b"half")
            with import_lock(services.config, copy.stem) as lock:
                assert lock.acquire()
                report = run_cli("recover", "--json", env=second)
                assert copy.exists()
            assert report.json == {
                "recovered": [], "empty": [], "running": [take.recording_id], "failed": []
            }  # fmt: skip
            elapsed = take.snapshot().elapsed_s
            wait_until(lambda: take.snapshot().elapsed_s > elapsed + 0.3, "more sound")
            take.stop()
            assert take.wait(5)
            assert take.error is None
            services.proving.run_pending()
            recording = services.library.get(take.recording_id)
            assert recording.state.value == "recorded"
            assert recording.masters[0].frames == round(take.snapshot().elapsed_s * 48000)
        assert plays(str(shared / recording.masters[0].name))


def test_whatever_lies_in_the_folder_keeps_no_take_from_coming_back(
    home: Path, run_cli: RunCli, cut_off: Any
) -> None:
    """Each of the others is reported or left, and left as it is."""
    recordings = home / "recordings"
    part = cut_off(48000)
    whole = part.read_bytes()
    for name in ("0.wav.part", "1.wav", "2.importing"):
        (recordings / name).mkdir()
    origins = {
        "slash": ("a/b", 0), "above": ("../x", 0), "nul": ("a\0b", 0), "empty": ("", 0),
        "offset": ("e" * 32, 99999), "day": ("d" * 32, 1440),
    }  # fmt: skip
    bad = {name: wav.header(AudioFormat(), wav.Origin(i, "", m), 0) for name, (i, m) in origins.items()}
    fmt = whole.index(b"fmt ") + 8
    for name, at in (("channels", 2), ("rate", 4), ("depth", 14)):
        bad[name] = whole[: fmt + at] + b"\xff\xff" + whole[fmt + at + 2 : wav.HEADER_BYTES]
    bad["rate"] = bad["rate"].replace(b"\xff\xff\0\0", b"\xff\xff\xff\xff")
    bad["nothing"] = b""
    for name, header in bad.items():
        (recordings / f"{name}.wav").write_bytes(header and header + b"\1\0" * 48000)
        (recordings / f"{name}.wav.part").write_bytes(header and header + b"\1\0" * 48000)
    beside = recordings / "taken.wav.part"
    beside.write_bytes(whole.replace(b"0123abcd" * 4, b"c" * 32))
    write_note(recordings / "taken.wav")
    closed = [recordings / "closed.wav.part", recordings / "closed.wav"]
    for path in closed:
        path.write_bytes(whole.replace(b"0123abcd" * 4, b"b" * 32))
    before = {path.name: path.read_bytes() for path in recordings.iterdir() if path.is_file()}
    with with_mode(closed[0], 0), with_mode(closed[1], 0):
        report = run_cli("recover", "--json", prefix=heeding_permissions())
    assert report.returncode == 0, report.stderr
    assert [r["id"] for r in report.json["recovered"]] == ["0123abcd" * 4]
    failed = {Path(found["path"]).name for found in report.json["failed"]}
    assert failed >= {"0.wav.part", "closed.wav.part", "closed.wav", "taken.wav.part"}
    assert failed >= {f"{name}.wav.part" for name in bad}
    assert report.json["empty"] == []
    del before[part.name]
    assert {name: (recordings / name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("started_at", "offset_min"),
    [("9999-12-31T23:30:00+00:00", 60), ("0001-01-01T00:30:00+00:00", -60), ("soon", 0)],
)
def test_a_take_from_a_time_that_no_calendar_has(
    home: Path, run_cli: RunCli, run_here: RunCli, cut_off: Any, started_at: str, offset_min: int
) -> None:
    part = cut_off(48000)
    header = wav.header(AudioFormat(), wav.Origin("a" * 32, started_at, offset_min), 0)
    part.write_bytes(header + b"\1\0" * 48000)
    recovered = run_cli("recover", "--json").json["recovered"]
    assert [(r["id"], r["duration_s"]) for r in recovered] == [("a" * 32, 1.0)]
    assert run_here("list").returncode == 0


def killed_take() -> None:
    """A take whose process was killed as soon as it had its row."""
    script = (
        "import os, signal, time\n"
        "from voice_recorder import app\n"
        "from voice_recorder.services.generated_voice import GeneratedVoice\n"
        "services = app.build()\n"
        "take = services.takes.start_from(GeneratedVoice())\n"
        "while not services.library.known_ids(): time.sleep(0.05)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)


def test_a_torn_header_is_mended_from_the_row(home: Path, run_cli: RunCli) -> None:
    killed_take()
    (part,) = (home / "recordings").glob("*.part")
    content = bytearray(part.read_bytes())
    content[content.index(b"fmt ") + 10] = 0xFF  # the number of channels
    part.write_bytes(content)
    recovered = run_cli("recover", "--json").json["recovered"]
    assert [r["channels"] for r in recovered] == [1]
    assert recovered[0]["duration_s"] == pytest.approx((len(content) - wav.HEADER_BYTES) / 96000)


def test_status_tells_a_take_that_was_cut_off_from_one_that_runs(home: Path, run_cli: RunCli) -> None:
    killed_take()
    with opened() as services:
        (killed,) = services.library.known_ids()
        take = services.takes.start_from(GeneratedVoice(), "Runs")
        wait_until(lambda: take.recording_id in services.library.known_ids(), "the row")
        status = run_cli("status", "--json").json
        assert [(found["id"], found["title"]) for found in status["takes"]] == [(take.recording_id, "Runs")]
        assert status["cut_off"] == [killed]
        take.stop()
        assert take.wait(5)
    assert run_cli("recover").returncode == 0
    status = run_cli("status", "--json").json
    assert (status["takes"], status["cut_off"]) == ([], [])
