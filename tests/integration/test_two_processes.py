"""Several processes on one library at once: nothing lost, nothing doubled (C3.2, S3.1)."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.processes import wait_until
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_record import wait_for_sound
from voice_recorder import app
from voice_recorder.domain.take import TakePlan
from voice_recorder.services import take as takes
from voice_recorder.services import take_file
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.storage.disk import sync_data


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


def test_a_library_that_is_busy_at_stop_costs_neither_name_nor_marker(home: Path) -> None:
    """As while many recordings are tagged: both were in memory only, and the take waits for its turn."""
    services = app.build()
    take = services.takes.start_from(GeneratedVoice(), plan=TakePlan(split_after_s=2.0))
    wait_until(lambda: services.library.known_ids(), "the take's row")
    blocker = sqlite3.connect(services.config.database_path, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    take.rename("Named while others wrote")
    marker = take.add_marker("said then")
    wait_until(lambda: take.snapshot().part == 2, "the second part")
    take.rename("The second")
    take.stop()
    threading.Timer(8, lambda: blocker.execute("ROLLBACK")).start()
    assert take.wait(40)
    assert take.error is None
    first, second = take.kept_ids
    titles = [services.library.get(recording_id).title for recording_id in take.kept_ids]
    assert titles == ["Named while others wrote", "The second"]
    assert services.library.markers(first) == (marker,)
    assert services.library.markers(second) == ()
    assert services.proving.run_pending() == 2
    services.close()
    blocker.close()


def test_a_busy_library_does_not_keep_sound_from_the_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C2.2: a power cut in just that time must not cost more than the last second either."""
    synced: list[float] = []

    def sync(descriptor: int) -> None:
        sync_data(descriptor)
        synced.append(time.monotonic())

    monkeypatch.setattr(take_file, "sync_data", sync)
    services = app.build()
    take = services.takes.start_from(GeneratedVoice())
    wait_until(lambda: services.library.known_ids(), "the take's row")
    blocker = sqlite3.connect(services.config.database_path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    take.add_marker("what the journal has to write")
    before, seconds = len(synced), take.snapshot().elapsed_s
    try:
        wait_until(lambda: take.snapshot().elapsed_s > seconds + 4, "four seconds of sound")
        assert len(synced) - before >= 4
    finally:
        blocker.close()  # which gives the library back
        take.stop()
        assert take.wait(20)
        services.close()


def test_a_take_whose_row_went_is_entered_again(home: Path) -> None:
    """As when somebody goes back to an older library, or makes a new one, just when it begins."""
    services = app.build()
    take = services.takes.start_from(GeneratedVoice(), "Kept")
    wait_until(lambda: services.library.known_ids(), "the take's row")
    other = sqlite3.connect(services.config.database_path, isolation_level=None)
    for table in ("recording_masters", "recordings", "masters"):
        other.execute(f"DELETE FROM {table}")
    other.close()
    marker = take.add_marker("after that")
    wait_until(lambda: services.library.known_ids(), "its new row")
    take.stop()
    assert take.wait(20)
    assert take.error is None
    recording = services.library.get(take.recording_id)
    assert (recording.title, recording.state.value) == ("Kept", "recorded")
    assert services.library.markers(recording.id) == (marker,)
    services.close()


def test_a_database_locked_beyond_the_end_of_a_take(
    home: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The take is kept as a file, the sentence says so, and recovery lists it."""
    monkeypatch.setattr(takes, "LIBRARY_BUSY_S", 6.0)
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
