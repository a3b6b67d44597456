"""Several processes on one library at once: nothing lost, nothing doubled (C3.2, S3.1)."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.processes import wait_until
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_record import wait_for_sound
from voice_recorder import app
from voice_recorder.services.generated_voice import GeneratedVoice


def test_two_takes_at_once(
    home: Path, run_cli: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """Each process records its own take on a library that neither had before."""
    takes = [start_cli("record", "--seconds", "2", "--title", title, "--json") for title in ("one", "two")]
    made = []
    for take in takes:
        stdout, stderr = take.communicate(timeout=30)
        assert take.returncode == 0, stderr
        made.append(json.loads(stdout))
    listed = run_cli("list", "--json").json["recordings"]
    assert sorted(r["title"] for r in listed) == ["one", "two"]
    assert {r["sha256"] for r in listed} == {r["sha256"] for r in made}
    assert all(r["duration_s"] == 2 for r in listed)


def test_two_recoveries_at_once(
    home: Path, run_cli: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """A dead take is recovered once, by whichever is first."""
    for _ in range(3):
        process = start_cli("record")
        known = set((home / "recordings").glob("*.part"))
        wait_until(lambda known=known: set((home / "recordings").glob("*.part")) - known, "the take's file")
        time.sleep(1)
        process.kill()
        process.wait()
    recoveries = [start_cli("recover", "--json") for _ in range(3)]
    found = [r["id"] for p in recoveries for r in json.loads(p.communicate(timeout=30)[0])["recovered"]]
    assert len(found) == len(set(found)) == 3
    assert run_cli("list", "--json").json["total"] == 3
    assert run_cli("verify").returncode == 0


def test_a_locked_database_does_not_stop_a_take(home: Path, run_cli: RunCli) -> None:
    """The sound goes on into the file; the row follows when the library is free."""
    services = app.build()
    blocker = sqlite3.connect(services.config.database_path, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    threading.Timer(7, lambda: blocker.execute("ROLLBACK")).start()
    take = services.takes.start_from(GeneratedVoice(), "Said while it was locked")
    wait_until(lambda: take.snapshot().elapsed_s > 8, "eight seconds of sound")
    take.stop()
    assert take.wait(20)
    assert take.error is None
    services.proving.run_pending()
    recording = services.library.get(take.recording_id)
    assert recording.title == "Said while it was locked"
    assert recording.duration_s > 8
    assert recording.masters[0].sha256 is not None
    services.close()
    blocker.close()


def test_a_database_locked_beyond_the_end_of_a_take(home: Path, run_cli: RunCli) -> None:
    """The take is kept as a file, the sentence says so, and recovery lists it."""
    services = app.build()
    blocker = sqlite3.connect(services.config.database_path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    take = services.takes.start_from(GeneratedVoice())
    wait_until(lambda: take.snapshot().elapsed_s > 1, "a second of sound")
    take.stop()
    assert take.wait(30)
    assert take.error is not None
    assert "The take is kept as" in take.error.detail
    blocker.execute("ROLLBACK")
    blocker.close()
    services.close()
    recovered = run_cli("recover", "--json").json["recovered"]
    assert [r["id"] for r in recovered] == [take.recording_id]
    assert recovered[0]["duration_s"] > 1


def test_sleep_is_held_off_during_a_take_only(tmp_path: Path, home: Path) -> None:
    """C9: a real inhibitor on a session bus, taken at the start and given back at the end."""
    log = tmp_path / "inhibitions"
    script = (
        "import time\n"
        "from voice_recorder import app\n"
        "from voice_recorder.services.generated_voice import GeneratedVoice\n"
        "services = app.build()\n"
        "take = services.takes.start_from(GeneratedVoice(), limit_s=1.5)\n"
        "assert take.wait(20)\n"
        "services.close()\n"
    )
    command = (
        f"{sys.executable} -m tests.fakes.session_manager {log} & "
        f"while ! test -e {log}; do sleep 0.05; done; {sys.executable} -c '{script}'"
    )
    subprocess.run(["dbus-run-session", "--", "sh", "-c", command], check=True, timeout=60)
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    assert [call["call"] for call in calls] == ["ready", "Inhibit", "UnInhibit"]
    assert calls[2]["at"] - calls[1]["at"] > 1.0


def test_the_console_closed_in_mid_take(
    home: Path, run_cli: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """Nobody reads its output any more: the take is kept all the same."""
    process = start_cli("record")
    wait_for_sound(home)
    assert process.stdout is not None
    process.stdout.close()
    process.send_signal(signal.SIGHUP)
    process.wait(timeout=20)
    assert [r["state"] for r in run_cli("list", "--json").json["recordings"]] == ["recorded"]
