"""A disk that fills: the take ends cleanly and is kept, the library still opens (S5, S6)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.processes import wait_until
from tests.fakes.small_disk import fill, small_disk, top_up
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_recovery import plays
from voice_recorder import app
from voice_recorder.domain.take import TakeState
from voice_recorder.services.generated_voice import GeneratedVoice


@pytest.fixture
def disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 40 MB that holds the library."""
    with small_disk(40) as folder:
        monkeypatch.setenv("VOICE_RECORDER_HOME", str(folder / "home"))
        yield folder


def sounding(disk: Path) -> bool:
    return any(part.stat().st_size > 100_000 for part in (disk / "home" / "recordings").glob("*.part"))


def test_a_running_take_goes_on_to_the_floor(
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_cli: RunCli,
    run_here: RunCli,
    start_cli: StartCli,
    with_microphone: VirtualMicrophone,
) -> None:
    """Issue's proof 3; S5.3: it warns below the minimum, ends at the hard floor, and is kept whole."""
    monkeypatch.setenv("VOICE_RECORDER_ENV", "production")
    monkeypatch.setenv("VOICE_RECORDER_MIN_DISK_SPACE_MB", "29")
    process = start_cli("record", "--json")
    wait_until(lambda: sounding(disk), "the first sound")
    ballast = fill(disk, leave_bytes=27_500_000)  # below the minimum, above the floor of 25.76 MB
    time.sleep(2)
    assert process.poll() is None
    with ballast.open("ab") as file:
        file.write(b"x" * 2_500_000)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "nearly full" in stderr
    assert "The take was ended" in stderr
    assert '"kind": "disk_low"' in stdout
    assert '"ended_disk_full"' in stdout
    listed = run_here("list", "--json").json["recordings"]
    assert [r["state"] for r in listed] == ["recorded"]
    assert plays(listed[0]["path"])
    assert run_here("verify").returncode == 0
    refused = run_cli("record", "--seconds", "1", "--json")
    assert refused.returncode == 3
    assert "are needed" in refused.json["error"]["title"]
    assert "can be freed" in refused.json["error"]["title"]


def test_a_disk_filled_to_the_last_byte(
    disk: Path, run_cli: RunCli, run_here: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """S6: no room at all: the reserve lets the take be finished; list and show work on a full disk."""
    process = start_cli("record", "--json")
    wait_until(lambda: sounding(disk), "the first sound")
    ballast = fill(disk)
    wait_until(lambda: not (disk / "home" / "reserve.bin").exists(), "the reserve to be given up")
    wait_until(lambda: top_up(ballast) and process.poll() is not None, "the take to end", 30)
    _, stderr = process.communicate(timeout=30)
    assert "Traceback" not in stderr
    ballast_left = ballast.stat().st_size
    assert ballast_left > 20_000_000
    listed = run_here("list", "--json")
    assert listed.returncode == 0, listed.stderr
    states = {r["state"] for r in listed.json["recordings"]}
    assert states <= {"recorded", "recording"}
    assert run_here("show", "--json", listed.json["recordings"][0]["id"]).returncode == 0
    ballast.unlink()
    assert run_cli("recover").returncode == 0
    kept = run_here("list", "--json").json["recordings"]
    assert [r["state"] for r in kept] == ["recorded"]
    assert kept[0]["duration_s"] > 1
    assert plays(kept[0]["path"])
    assert run_here("verify").returncode == 0
    assert (disk / "home" / "reserve.bin").exists()


def test_nothing_of_a_take_before_the_disk_was_full_is_lost(disk: Path) -> None:
    """Every sample up to the full disk is in the file, and its digest is proved."""
    services = app.build()
    try:
        take = services.takes.start_from(GeneratedVoice())
        wait_until(lambda: take.snapshot().elapsed_s > 1, "a second of sound")
        ballast = fill(disk)
        wait_until(lambda: not (disk / "home" / "reserve.bin").exists(), "the reserve to be given up")
        elapsed = take.snapshot().elapsed_s
        ballast.rename(disk / "first")
        fill(disk)
        assert take.wait(60) is True
        assert take.error is not None
        (disk / "first").unlink()
        services.recovery.run()
        services.proving.run_pending()
        recording = services.library.get(take.recording_id)
        assert recording.duration_s >= elapsed
        assert recording.state.value == "recorded"
        assert recording.masters[0].sha256 is not None
    finally:
        services.close()


def test_stop_in_a_pause_on_a_full_disk_finds_room_in_the_reserve(disk: Path) -> None:
    """No sound came that would have given the reserve up."""
    services = app.build()
    try:
        take = services.takes.start_from(GeneratedVoice())
        wait_until(lambda: take.snapshot().elapsed_s > 0.8, "sound")
        take.pause()
        time.sleep(0.3)
        fill(disk)
        assert (disk / "home" / "reserve.bin").exists()
        take.stop()
        assert take.wait(20)
        assert (take.snapshot().state, take.error) == (TakeState.FINISHED, None)
        assert not (disk / "home" / "reserve.bin").exists()
        assert services.library.get(take.recording_id).state.value == "recorded"
    finally:
        services.close()
