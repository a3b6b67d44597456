"""The microphone pulled out in mid-take (C7): nothing before it is lost, and the take says what happened."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sounddevice

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.input_stream import DEVICE, LiveInputStream
from tests.fakes.library import opened
from tests.fakes.processes import wait_until
from tests.fakes.speech import read_samples
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_record import wait_for_sound
from voice_recorder import app
from voice_recorder.domain.take import TakeState, Warn
from voice_recorder.services import Services, microphone
from voice_recorder.services.take import Take


@pytest.fixture
def services(home: Path, own_microphone: VirtualMicrophone) -> Services:
    return app.build()


def spoken(microphone: VirtualMicrophone, speech: Speech) -> None:
    """Speak, and wait until the last word has been heard."""
    microphone.play(speech.path, wait=True)
    time.sleep(0.5)


def test_pulled_out_and_plugged_in_again(
    services: Services, own_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """Issue's proof 6; C7.1: the gap is filled with silence and marked, the sound on both sides is whole."""
    take = services.takes.start()
    wait_until(lambda: take.snapshot().elapsed_s > 0.2, "sound")
    spoken(own_microphone, speech)
    own_microphone.unplug()
    wait_until(lambda: take.snapshot().state is TakeState.WAITING_FOR_DEVICE, "the loss to be noticed")
    assert Warn.DEVICE_LOST in take.snapshot().warnings
    time.sleep(1)
    plugged = time.monotonic()
    own_microphone.plug_in("mic", rate=44100)
    wait_until(lambda: take.snapshot().state is TakeState.RECORDING, "the next device")
    assert time.monotonic() - plugged < 2 + 2  # a new null sink itself sleeps for up to two seconds
    elapsed = take.snapshot().elapsed_s
    wait_until(lambda: take.snapshot().elapsed_s > elapsed + 0.5, "sound from the next device")
    take.stop()
    assert take.wait(5)
    services.proving.run_pending()
    recording = services.library.get(take.recording_id)
    master = recording.masters[0]
    assert [event.kind.value for event in master.events] == ["device_lost", "device_changed"]
    assert master.events[1].length_frames > 48000
    assert recording.state.value == "recorded"
    assert master.sha256 is not None
    share, _ = share_within_one_lsb(speech.samples, read_samples(services.library.path_of(master)))
    assert share >= 0.999
    services.close()


def test_pulled_out_for_good(
    home: Path, run_here: RunCli, start_cli: StartCli, own_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """Without another input the take waits, says so, and is kept as it is when it is stopped."""
    process = start_cli("record", "--json")
    wait_for_sound(home)
    spoken(own_microphone, speech)
    own_microphone.unplug()
    time.sleep(1.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "The microphone is gone" in stderr
    assert '"kind": "device_lost"' in stdout
    recording = run_here("list", "--json").json["recordings"][0]
    assert recording["state"] == "recorded"
    assert share_within_one_lsb(speech.samples, read_samples(Path(recording["path"])))[0] >= 0.999
    assert run_here("verify").returncode == 0


def test_seconds_end_a_take_without_a_microphone(
    home: Path, start_cli: StartCli, own_microphone: VirtualMicrophone
) -> None:
    """A script that asked for seconds is not left waiting for ever."""
    process = start_cli("record", "--seconds", "4", "--json")
    wait_for_sound(home)
    own_microphone.unplug()
    stdout, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert '"kind": "device_lost"' in stdout


def test_it_may_pause_instead(services: Services, own_microphone: VirtualMicrophone) -> None:
    """C7.1: by the setting the take pauses and says so; Resume looks for a microphone again."""
    services.settings.set("audio.when_device_lost", "pause")
    take = services.takes.start()
    wait_until(lambda: take.snapshot().elapsed_s > 0.3, "sound")
    own_microphone.unplug()
    wait_until(lambda: take.snapshot().state is TakeState.PAUSED, "the pause")
    own_microphone.plug_in("mic")
    before = take.snapshot().elapsed_s
    time.sleep(1)
    assert take.snapshot().elapsed_s == before
    take.resume()
    wait_until(lambda: take.snapshot().elapsed_s > before + 0.3, "sound again")
    take.stop()
    assert take.wait(5)
    assert take.error is None
    services.close()


def test_another_microphone_takes_over(services: Services, own_microphone: VirtualMicrophone) -> None:
    """C7.1: a take on a named input goes on with the one that is left."""
    own_microphone.add("second", rate=44100)
    take = services.takes.start(device="second")
    wait_until(lambda: take.snapshot().elapsed_s > 0.3, "sound")
    own_microphone.unplug("second")
    before = take.snapshot().elapsed_s
    lost = time.monotonic()
    wait_until(lambda: take.snapshot().elapsed_s > before + 1.0, "sound from the other input")
    assert time.monotonic() - lost < 2 + 1.5
    take.stop()
    assert take.wait(5)
    services.close()


def test_the_device_list_follows(services: Services, own_microphone: VirtualMicrophone) -> None:
    """C7.2."""
    assert "second" not in [device.name for device in services.devices.list_inputs_fresh()]
    own_microphone.add("second")
    assert "second" in [device.name for device in services.devices.list_inputs_fresh()]
    own_microphone.unplug("second")
    assert "second" not in [device.name for device in services.devices.list_inputs_fresh()]
    services.close()


def test_plugged_in_after_the_start_of_the_program(home: Path, no_microphone: VirtualMicrophone) -> None:
    """A microphone that came later records without a restart."""
    services = app.build()
    assert services.devices.list_inputs_fresh() == ()
    no_microphone.plug_in("late")
    take = services.takes.start(device="late")
    wait_until(lambda: take.snapshot().elapsed_s > 0.2, "sound")
    take.stop()
    assert take.wait(5)
    services.close()


def test_a_sound_system_that_does_not_answer_is_asked_again(
    services: Services, own_microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PortAudio cannot be started anew at the first search: the take waits and goes on."""
    failures: list[float] = []
    initialize = sounddevice._initialize

    def fail_once() -> None:
        if not failures:
            failures.append(time.monotonic())
            raise sounddevice.PortAudioError("Error initializing PortAudio", -9999)
        initialize()

    take = services.takes.start()
    wait_until(lambda: take.snapshot().elapsed_s > 0.3, "sound")
    monkeypatch.setattr(sounddevice, "_initialize", fail_once)
    own_microphone.unplug()
    wait_until(lambda: bool(failures), "the search that fails")
    assert take.snapshot().state is TakeState.WAITING_FOR_DEVICE
    own_microphone.plug_in("mic")
    before = take.snapshot().elapsed_s
    wait_until(lambda: take.snapshot().elapsed_s > before + 0.3, "sound again")
    take.stop()
    assert take.wait(5)
    assert (take.snapshot().state, take.error) == (TakeState.FINISHED, None)
    services.close()


@pytest.fixture
def live(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Services whose microphone loses sound when it is told to, which no virtual one does."""
    monkeypatch.setattr(microphone, "InputStream", LiveInputStream)
    for name in ("list_inputs", "look_again"):
        monkeypatch.setattr(microphone, name, lambda: (DEVICE,))
    with opened() as services:
        yield services


def stream_of(take: Take) -> LiveInputStream:
    source = take._microphone
    assert isinstance(source, microphone.Microphone)
    assert isinstance(source._stream, LiveInputStream)
    return source._stream


def test_a_loss_near_the_end_of_a_short_take_is_counted(live: Services) -> None:
    """C6: no window of the loss meter has ended after it."""
    take = live.takes.start()
    stream = stream_of(take)
    time.sleep(0.3)
    stream.lose(0.8)
    time.sleep(1.2)
    take.stop()
    assert take.wait(5)
    dropped = live.library.get(take.recording_id).masters[0].health.dropped_samples
    assert dropped == pytest.approx(0.8 * 44100, abs=0.1 * 44100)


def test_after_a_silent_loss_pauses_are_cut_where_they_were(live: Services) -> None:
    """C1.3: by the clock of the sound, which is a second behind from the loss on."""
    take = live.takes.start()
    started_at = time.monotonic()
    stream = stream_of(take)
    time.sleep(0.4)
    stream.lose(1.0)
    time.sleep(1.3)
    paused_s = time.monotonic() - started_at - 1.0
    take.pause()
    wait_until(lambda: len(take.snapshot().events) == 1, "the pause", 0.5)
    time.sleep(0.4)
    resumed_at = time.monotonic()
    take.resume()
    time.sleep(0.6)
    after_s = time.monotonic() - resumed_at
    take.stop()
    assert take.wait(5)
    master = live.library.get(take.recording_id).masters[0]
    assert [event.kind.value for event in master.events] == ["paused", "resumed"]
    assert [event.frame / 44100 for event in master.events] == pytest.approx([paused_s] * 2, abs=0.15)
    assert master.duration_s == pytest.approx(paused_s + after_s, abs=0.35)
