"""What the bar says of a take in every state, with a take that tells what the test wants."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from voice_recorder.domain.errors import DiskFull, VoiceRecorderError
from voice_recorder.domain.preflight import Status, Verdict
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.settings import Theme as Choice
from voice_recorder.domain.take import WARNINGS, TakeSnapshot, TakeState, Warn
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.recorder_bar import READY, RecorderBar
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.lane import Lane

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # which the offscreen platform lacks


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
