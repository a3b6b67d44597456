"""What the bar says of a take in every state, with a take that tells what the test wants."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from voice_recorder.audio.devices import InputDevice
from voice_recorder.domain.errors import DiskFull, VoiceRecorderError
from voice_recorder.domain.preflight import Status, Verdict
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.settings import Theme as Choice
from voice_recorder.domain.take import WARNINGS, TakeSnapshot, TakeState, Warn
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.take_words import (
    LOST_AND_PAUSED,
    LOST_AND_WAITING,
    NO_MICROPHONE,
    READY,
    READY_BY_MOUSE,
)
from voice_recorder.ui.theme import TARGET, Theme
from voice_recorder.workers.lane import Lane

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # which the offscreen platform lacks


class ScriptedTake:
    """A take whose state the test sets."""

    recording_id = "abc"

    def __init__(self) -> None:
        self.now = TakeSnapshot("abc", "Talk", TakeState.RECORDING, AudioFormat(), "Headset", elapsed_s=61.0)
        self.error: VoiceRecorderError | None = None
        self.calls: list[str] = []

    def snapshot(self) -> TakeSnapshot:
        return self.now

    def stop(self) -> None:
        self.calls.append("stop")
        self.now = replace(self.now, state=TakeState.FINISHING)

    def pause(self) -> None:
        self.calls.append("pause")
        self.now = replace(self.now, state=TakeState.PAUSED)

    def resume(self) -> None:
        self.calls.append("resume")
        self.now = replace(self.now, state=TakeState.RECORDING)

    def add_marker(self, label: str = "") -> None:
        self.calls.append("marker")

    def rename(self, title: str) -> None:
        self.calls.append(f"rename {title}")

    def wait(self, timeout_s: float | None = None) -> bool:
        self.calls.append("wait")
        return True


class ScriptedTakes:
    """Hands out one scripted take, or the error that the test wants."""

    def __init__(self) -> None:
        self.take = ScriptedTake()
        self.refusal: VoiceRecorderError | None = None
        self.running = None
        self.takes = self

    def start(self) -> ScriptedTake:
        if self.refusal:
            raise self.refusal
        return self.take


class Bar:
    """A recorder bar on scripted takes."""

    def __init__(self, qapp: QApplication, lane: Lane, qtbot: Any) -> None:
        self.takes = ScriptedTakes()
        self.theme = Theme(qapp, Choice.LIGHT.value)
        self.control = TakeControl(self.takes, lane)  # type: ignore[arg-type]
        self.microphone = MicrophoneTest(self.takes, lane)  # type: ignore[arg-type]
        self.bar = RecorderBar(self.theme, self.control, self.microphone)
        self.take = self.takes.take
        self._qtbot = qtbot
        qtbot.addWidget(self.bar)
        self.bar.show()

    def record(self) -> None:
        with self._qtbot.waitSignal(self.control.started):
            self.bar.button.click()

    def tell(self, **changes: Any) -> None:
        self.take.now = replace(self.take.now, **changes)
        self.control.poll()


@pytest.fixture
def it(qapp: QApplication, lane: Lane, qtbot: Any) -> Bar:
    return Bar(qapp, lane, qtbot)


def test_idle_polls_nothing_and_says_how_to_begin(it: Bar) -> None:
    assert it.bar.status.text() == READY
    assert not it.control._timer.isActive()
    assert it.bar.button.accessibleName() == "Record"


def test_recording_shows_elapsed_device_and_name(it: Bar) -> None:
    it.record()
    assert it.bar._elapsed.text() == "01:01"
    assert it.bar.status.text() == "Recording · Headset"
    assert it.bar.title.text() == "Talk"
    assert it.bar.button.accessibleName() == "Stop recording"
    it.tell(elapsed_s=3700.0, time_left_s=8040.0)
    assert it.bar._elapsed.text() == "1:01:40"
    assert it.bar._left.text() == "2 h 14 min left"


@pytest.mark.parametrize(
    ("state", "word"),
    [(TakeState.PAUSED, "Paused"), (TakeState.WAITING_FOR_DEVICE, "Waiting for the microphone"),
     (TakeState.FINISHING, "Saving")],
)  # fmt: skip
def test_it_never_says_recording_when_the_take_says_otherwise(it: Bar, state: TakeState, word: str) -> None:
    it.record()
    it.tell(state=state)
    assert it.bar.status.text().startswith(word)
    assert not it.bar._wave._live
    assert it.bar.marker.isEnabled() == (state is not TakeState.FINISHING)


@pytest.mark.parametrize("warn", list(Warn))
def test_every_warning_is_said_in_words(it: Bar, warn: Warn) -> None:
    it.record()
    it.tell(warnings=(warn,))
    assert it.bar.status.text() == WARNINGS[warn]
    assert it.bar.status.property("kind") == "caution"
    it.tell(warnings=())
    assert it.bar.status.property("kind") == "muted"


def test_a_lost_microphone_is_said_with_the_way_out_that_there_is(it: Bar) -> None:
    it.record()
    it.tell(state=TakeState.PAUSED, warnings=(Warn.DEVICE_LOST, Warn.CLIPPING))
    assert it.bar.status.text() == LOST_AND_PAUSED
    it.tell(state=TakeState.WAITING_FOR_DEVICE, warnings=(Warn.DEVICE_LOST, Warn.DISK_LOW))
    assert it.bar.status.text() == f"{LOST_AND_WAITING} {WARNINGS[Warn.DISK_LOW]}"


def test_an_input_is_never_silent_and_too_loud_at_once(it: Bar) -> None:
    it.record()
    it.tell(warnings=(Warn.SILENT, Warn.CLIPPING, Warn.TOO_LOW, Warn.SAMPLES_LOST))
    assert it.bar.status.text() == f"{WARNINGS[Warn.SILENT]} {WARNINGS[Warn.SAMPLES_LOST]}"


def test_the_systems_choice_is_named_in_words(it: Bar) -> None:
    it.record()
    it.tell(device_name="default")
    assert it.bar.status.text() == "Recording · the system's default microphone"


def test_no_microphone_is_said_before_record_is_pressed_and_unsaid_when_one_comes(it: Bar) -> None:
    it.bar.show_inputs((), "")
    assert it.bar.status.text() == NO_MICROPHONE
    assert it.bar.status.property("kind") == "caution"
    it.bar.show_inputs((InputDevice(0, "Headset", "ALSA", 1, 48000, True),), "")
    assert it.bar.status.text() == READY


def test_keys_are_named_only_while_they_work(it: Bar) -> None:
    it.bar.show_single_keys(False)
    assert it.bar.status.text() == READY_BY_MOUSE
    assert it.bar.button.toolTip() == "Record"
    it.bar.show_single_keys(True)
    assert it.bar.status.text() == READY
    assert it.bar.button.toolTip() == "Record (R)"


def test_trying_the_microphone_in_a_take_leaves_no_words_behind(it: Bar, qtbot: Any) -> None:
    it.record()
    it.microphone.ended.emit("A take is running. Its level is shown already.")
    it.bar.button.click()
    with qtbot.waitSignal(it.control.ended):
        it.take.now = replace(it.take.now, state=TakeState.FINISHED)
    assert it.bar.status.text() == READY


def test_an_open_list_of_microphones_survives_new_ones(it: Bar, qtbot: Any) -> None:
    it.bar.show_inputs((), "")
    it.bar.picker.showPopup()
    view = it.bar.picker.view()
    qtbot.waitUntil(view.isVisible)
    devices = [InputDevice(i, f"Microphone {i}", "ALSA", 1, 48000, i == 0) for i in range(3)]
    it.bar.show_inputs(devices, "")
    assert view.isVisible()
    assert view.height() >= 3 * TARGET
    it.bar.picker.hidePopup()


def test_a_notice_stays_beside_the_state(it: Bar) -> None:
    it.record()
    it.tell(notice="The microphone offers 44.1 kHz only.")
    it.tell(notice="")
    assert it.bar.status.text() == "Recording · Headset · The microphone offers 44.1 kHz only."


def test_pause_marker_name_and_stop_reach_the_take(it: Bar, qtbot: Any) -> None:
    it.record()
    it.bar.pause.click()
    it.bar.pause.click()
    it.bar.marker.click()
    it.control.poll()
    assert it.bar.status.text().endswith("1 marker")
    it.bar.title.selectAll()
    qtbot.keyClicks(it.bar.title, "x")
    it.bar.button.click()
    assert it.take.calls == ["pause", "resume", "marker", "rename x", "stop"]
    with qtbot.waitSignal(it.control.ended) as ended:
        it.take.now = replace(it.take.now, state=TakeState.FINISHED)
    assert ended.args[2]
    assert it.bar.button.accessibleName() == "Record"
    assert it.bar._elapsed.text() == "00:00"
    assert not it.control.busy


def test_a_take_that_ends_by_itself_says_so(it: Bar, qtbot: Any) -> None:
    it.record()
    it.take.error = DiskFull("The disk is full.", "Everything up to here is kept.")
    with qtbot.waitSignal(it.control.ended) as ended:
        it.take.now = replace(it.take.now, state=TakeState.FINISHED)
    assert ended.args[1] is it.take.error
    assert not ended.args[2]


def test_a_refusal_leaves_the_bar_ready(it: Bar, qtbot: Any) -> None:
    it.takes.refusal = VoiceRecorderError("The microphone is busy.")
    with qtbot.waitSignal(it.control.refused):
        it.bar.button.click()
    assert not it.control.busy
    assert it.bar.status.text() == READY


def test_stop_pressed_while_the_microphone_opens_is_not_forgotten(it: Bar, qtbot: Any) -> None:
    with qtbot.waitSignal(it.control.started):
        it.control.start()
        it.control.stop()
    assert it.take.calls == ["stop"]


def test_ending_the_session_waits_for_the_take(it: Bar) -> None:
    it.record()
    assert it.control.finish_now(1.0)
    assert it.take.calls == ["stop", "wait"]


def test_a_blocked_verdict_is_said_before_record_is_pressed(it: Bar) -> None:
    it.bar.show_preflight(Verdict(Status.BLOCKED, ("Only 3 MB are free.",), 3, 4, 0), 10.0)
    assert it.bar.status.text() == "Only 3 MB are free."
    assert it.bar._left.text() == "less than a minute left"
    it.bar.show_preflight(Verdict(Status.HEALTHY, (), 3, 4, 0), None)
    assert it.bar.status.text() == READY
