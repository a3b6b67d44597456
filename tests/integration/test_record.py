"""Recording from a real PortAudio input, by the command line and by the service."""

import hashlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.library import opened
from tests.fakes.processes import wait_until
from tests.fakes.speech import read_samples
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder import app
from voice_recorder.audio.capture import InputStream
from voice_recorder.domain.take import TakeState, Warn
from voice_recorder.services import microphone
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.sound_source import Heard


def wait_for_sound(home: Path) -> Path:
    """The ``.part`` file of the running take, once it holds sound."""

    def sounding() -> bool:
        return any(part.stat().st_size > 10_000 for part in (home / "recordings").glob("*.part"))

    wait_until(sounding, "the first sound in the file")
    return next((home / "recordings").glob("*.part"))


def test_what_is_spoken_is_what_is_stored(
    home: Path, run_here: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """Issue's proof 1; C1.1, C2, C4.2."""
    process = start_cli("record", "--json", "--title", "Budget call")
    wait_for_sound(home)
    with_microphone.play(speech.path, wait=True)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 0, stderr
    recording = run_here("show", "--json", json.loads(stdout)["id"]).json
    path = Path(recording["path"])
    share, _ = share_within_one_lsb(speech.samples, read_samples(path))
    assert share >= 0.999
    assert recording["title"] == "Budget call"
    assert recording["health"]["dropped_samples"] == 0
    sha256sum = subprocess.run(
        ["sha256sum", path], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert recording["sha256"] == sha256sum
    assert recording["samples_sha256"] == hashlib.sha256(read_samples(path).tobytes()).hexdigest()
    assert [entry["kind"] for entry in recording["history"]] == ["started", "made", "verified"]
    assert run_here("verify").returncode == 0

    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    verified = run_here("verify", "--json")
    assert verified.returncode == 1
    assert path.name in verified.stderr
    assert run_here("list", "--json", "--state", "damaged").json["total"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_take_as_stop_does(
    home: Path, start_cli: StartCli, with_microphone: VirtualMicrophone, number: signal.Signals
) -> None:
    """Section 8: Ctrl-C, SIGTERM and SIGHUP end a take, print its JSON and exit 0."""
    process = start_cli("record", "--json")
    wait_for_sound(home)
    process.send_signal(number)
    stdout, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert '"state": "recorded"' in stdout
    assert list((home / "recordings").glob(".take-*")) == []


def test_seconds_are_exact_and_the_start_is_quick(
    home: Path, run_cli: RunCli, with_microphone: VirtualMicrophone
) -> None:
    """Section 8: captures within 1.5 s of process start, on a machine that has the time for it."""
    begun = time.monotonic()
    run_cli("--version")
    bare_start_s = time.monotonic() - begun
    started = time.time()
    recording = run_cli("record", "--seconds", "1.5", "--json").json
    assert recording["duration_s"] == 1.5
    first_sample = datetime.fromisoformat(recording["created_at"]).timestamp()
    assert first_sample - started < max(1.5, 4 * bare_start_s)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"audio.sample_rate_hz": "44100", "audio.channels": "2"}, (44100, 2, 16, "pcm_s16le")),
        ({"audio.sample_rate_hz": "96000", "audio.bit_depth": "24"}, (96000, 1, 24, "pcm_s24le")),
    ],
)
def test_formats(
    run_cli: RunCli,
    run_here: RunCli,
    with_microphone: VirtualMicrophone,
    settings: dict[str, str],
    expected: Any,
) -> None:
    """C1.2."""
    for key, value in settings.items():
        run_here("settings", "set", key, value)
    recording = run_cli("record", "--seconds", "1", "--json").json
    found = tuple(recording[name] for name in ("sample_rate_hz", "channels", "bit_depth", "codec"))
    assert found == expected
    assert recording["duration_s"] == 1.0
    probe = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "format=duration",
        "-of",
        "csv=p=0",
        recording["path"],
    ]
    assert float(subprocess.run(probe, capture_output=True, check=True).stdout) == pytest.approx(
        1.0, abs=0.001
    )
    assert run_here("verify").returncode == 0


def test_pause_marker_and_name_during_a_take(
    home: Path, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """C1.3, C1.4, C8.4 in its plain form: what is said in a pause is not there, all else is."""
    services = app.build()
    try:
        take = services.takes.start()
        wait_for_sound(home)
        take.add_marker("figures")
        take.rename("Named while speaking")
        time.sleep(0.5)
        take.pause()
        assert take.snapshot().state is TakeState.PAUSED
        time.sleep(0.3)
        paused_at = take.snapshot().elapsed_s
        with_microphone.play(speech.path, wait=True)
        assert take.snapshot().elapsed_s == paused_at
        take.resume()
        time.sleep(0.5)
        take.stop()
        assert take.wait(5)
        assert take.error is None
        services.proving.run_pending()
        recording = services.library.get(take.recording_id)
        assert recording.title == "Named while speaking"
        assert [marker.label for marker in services.library.markers(recording.id)] == ["figures"]
        kinds = [event.kind.value for event in recording.masters[0].events]
        assert kinds == ["paused", "resumed"]
        heard = read_samples(services.library.path_of(recording.masters[0]))
        assert abs(heard.astype(int)).max() <= 1
        assert recording.masters[0].health.dropped_samples == 0
    finally:
        services.close()


def test_silence_is_said_within_three_seconds(home: Path, with_microphone: VirtualMicrophone) -> None:
    """C6."""
    services = app.build()
    try:
        take = services.takes.start()
        started = time.monotonic()
        wait_until(lambda: Warn.SILENT in take.snapshot().warnings, "the word about silence")
        assert time.monotonic() - started < 3.2
        take.stop()
        assert take.wait(5)
        assert services.library.get(take.recording_id).masters[0].health.silent_share == 1.0
    finally:
        services.close()


def test_from_press_to_the_first_sample(home: Path, with_microphone: VirtualMicrophone) -> None:
    """C10: at most 200 ms once the program is warm; Stop answers within 300 ms (C4.1)."""
    services = app.build()
    try:
        services.takes.warm_up()
        services.preflight.refresh()
        pressed = time.monotonic()
        take = services.takes.start()
        wait_until(lambda: take.snapshot().elapsed_s > 0.5, "half a second of sound")
        heard_since = take.first_sample_at
        stopped = time.monotonic()
        take.stop()
        assert take.wait(5)
        listed_after = time.monotonic() - stopped
        assert heard_since is not None
        assert heard_since - pressed < 0.2
        assert services.library.get(take.recording_id).state.value == "recorded"
        assert listed_after < 0.4  # measured in the benchmark P3; here only: it does not depend on luck
    finally:
        services.close()


def test_a_take_that_hears_nothing_leaves_nothing(home: Path, with_microphone: VirtualMicrophone) -> None:
    """A take stopped before the first sample is no recording, and says so."""
    services = app.build()
    try:
        take = services.takes.start()
        take.stop()
        assert take.wait(5)
        if take.error is None:  # the first block came in the last 250 ms after all
            assert services.library.get(take.recording_id).duration_s > 0
        else:
            assert "Nothing was recorded" in take.error.title
            assert list((home / "recordings").iterdir()) == []
    finally:
        services.close()


def test_nobody_reads_its_warnings_and_it_still_ends_as_it_should(
    home: Path, start_cli: StartCli, with_microphone: VirtualMicrophone
) -> None:
    """The reader of stderr is gone when the word about silence is due."""
    process = start_cli("record", "--json")
    assert process.stderr is not None
    process.stderr.close()
    wait_for_sound(home)
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stdout is not None
    made = json.loads(process.stdout.read())
    assert made["state"] == "recorded"
    assert made["duration_s"] > 3
    assert made["sha256"]


def test_without_a_stderr_it_records_and_prints_its_document(
    home: Path, run_cli: RunCli, run_here: RunCli, with_microphone: VirtualMicrophone
) -> None:
    """record 2>&-: what the program would say goes nowhere, least of all into the file."""
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh"]
    result = run_cli("record", "--seconds", "3", "--json", prefix=closed)
    assert result.returncode == 0
    assert result.json["duration_s"] == 3.0
    assert abs(read_samples(Path(result.json["path"])).astype(int)).max() <= 1
    assert run_here("verify").returncode == 0
    refused = run_cli("show", "nothing", "--json", prefix=closed)
    assert refused.returncode == 1
    assert refused.json["error"]["kind"] == "not_found"


def test_a_lock_that_cannot_be_removed_holds_up_no_take(home: Path) -> None:
    with opened() as services:
        take = services.takes.start_from(GeneratedVoice())
        wait_until(lambda: take.snapshot().elapsed_s > 0.3, "sound")
        (lock,) = (home / "recordings").glob(".take-*")
        lock.unlink()
        lock.mkdir()
        take.stop()
        assert take.wait(5)
        assert (take.snapshot().state, take.error) == (TakeState.FINISHED, None)
        assert services.library.get(take.recording_id).state.value == "recorded"


class FaultyVoice(GeneratedVoice):
    """A voice with a bug that shows after half a second."""

    def read(self) -> Iterator[Heard]:
        if time.monotonic() - self.started_at > 0.5:
            raise RuntimeError("a bug")
        return super().read()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_ends_a_take_and_costs_nothing_of_it(home: Path) -> None:
    with opened() as services:
        take = services.takes.start_from(FaultyVoice())
        assert take.wait(5)
        assert take.snapshot().state is TakeState.FINISHED
        assert take.error is not None
        assert "fault of this program" in take.error.title
        assert services.proving.run_pending() == 1
        recording = services.library.get(take.recording_id)
        assert recording.state.value == "recorded"
        assert recording.duration_s == take.snapshot().elapsed_s > 0.2
        assert recording.masters[0].sha256 is not None
        assert services.verifying.run().is_sound


def test_a_name_from_another_program_survives_the_end_of_a_take(home: Path, run_cli: RunCli) -> None:
    """The last name given is the one that stays, wherever it was given."""
    with opened() as services:
        takes = [services.takes.start_from(GeneratedVoice()) for _ in range(2)]
        takes[1].rename("From the window")
        for take in takes:
            wait_until(lambda take=take: take.recording_id in services.library.known_ids(), "the row")
        titles = [services.library.get(take.recording_id).title for take in takes]
        assert titles[1] == "From the window"
        for take in takes:
            assert run_cli("rename", take.recording_id, "From elsewhere").returncode == 0
            take.add_marker("and the row is written again")
        time.sleep(0.6)
        for take in takes:
            take.stop()
            assert take.wait(5)
            assert services.library.get(take.recording_id).title == "From elsewhere"
        takes[0].rename("From the window, later")
        assert services.library.get(takes[0].recording_id).title == "From the window, later"


@pytest.mark.parametrize("when", ["before its row", "after its row"])
def test_a_name_given_right_after_stop_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    with opened() as services:
        reached, go_on = threading.Event(), threading.Event()
        write = services.library.update_take

        def write_slowly(*words: Any, **more: Any) -> None:
            is_last = more.get("happened") == "made"
            if is_last and when == "before its row":
                reached.set()
                assert go_on.wait(5)
            write(*words, **more)
            if is_last and when == "after its row":
                reached.set()
                assert go_on.wait(5)

        monkeypatch.setattr(services.library, "update_take", write_slowly)
        take = services.takes.start_from(GeneratedVoice())
        wait_until(lambda: take.snapshot().elapsed_s > 0.2, "sound")
        take.stop()
        assert reached.wait(5)
        take.rename("Named late")
        go_on.set()
        assert take.wait(5)
        assert services.library.get(take.recording_id).title == "Named late"


class MuteInputStream(InputStream):
    """A real stream of a real device of which nothing ever arrives."""

    def _receive(self, *_: Any) -> None:
        pass


def test_a_microphone_that_never_delivers_is_said_within_three_seconds(
    home: Path, with_microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "InputStream", MuteInputStream)
    with opened() as services:
        take = services.takes.start()
        started = time.monotonic()
        wait_until(lambda: Warn.SILENT in take.snapshot().warnings, "the word about silence")
        assert time.monotonic() - started < 3
        take.stop()
        assert take.wait(5)
        assert take.error is not None
        assert "Nothing was recorded" in take.error.title
        assert services.library.with_ids(None) == ()
