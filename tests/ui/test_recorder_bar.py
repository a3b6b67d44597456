"""What the bar says of a take in every state, with a take that tells what the test wants."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QTime
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu

from voice_recorder.audio.devices import InputDevice
from voice_recorder.domain.errors import DiskFull, VoiceRecorderError
from voice_recorder.domain.preflight import Status, Verdict
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.settings import Settings
from voice_recorder.domain.settings import Theme as Choice
from voice_recorder.domain.take import WARNINGS, TakePlan, TakeSnapshot, TakeState, Warn
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.take_words import (
    LOST_AND_PAUSED,
    LOST_AND_WAITING,
    NO_MICROPHONE,
    READY,
    READY_BY_MOUSE,
    STAYS_HERE,
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
        self.ends_at: datetime | None = None
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
        self.settings = self
        self.current = Settings()
        self.asked: dict[str, Any] = {}
        self.deaf: VoiceRecorderError | None = None

    def plan(self) -> TakePlan:
        return TakePlan()

    def start(self, **asked: Any) -> ScriptedTake:
        self.asked = asked
        if self.refusal:
            raise self.refusal
        return self.take

    def listen(self) -> int:
        if self.deaf:
            raise self.deaf
        return self.current.take_pre_record_s


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


def test_a_microphone_that_a_test_finds_fault_with_is_cautioned_of(it: Bar) -> None:
    it.microphone.ended.emit("The microphone works.")
    assert it.bar.status.property("kind") == "muted"
    it.microphone.in_order = False
    it.microphone.ended.emit("Nothing but silence arrived.")
    assert it.bar.status.property("kind") == "caution"


def test_two_warnings_are_read_in_full_in_the_smallest_window(it: Bar) -> None:
    it.bar.resize(900, it.bar.height())
    it.record()
    it.tell(warnings=(Warn.CLIPPING, Warn.SAMPLES_LOST), time_left_s=95.0)
    status = it.bar.status
    assert status.fitting(status.rect()) == status.text()
    status.resize(status.width() // 4, status.height())
    assert status.fitting(status.rect()).endswith("…")


def test_keys_are_named_only_while_they_work(it: Bar) -> None:
    it.bar.show_keys("", "")
    assert it.bar.status.text() == READY_BY_MOUSE
    assert it.bar.button.toolTip() == "Record"
    it.bar.show_keys("R", "M")
    assert it.bar.status.text() == READY
    assert it.bar.button.toolTip() == "Record (R)"
    it.bar.show_keys("F9", "M")
    assert it.bar.status.text() == READY_BY_MOUSE
    assert it.bar.button.toolTip() == "Record (F9)"


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


# How a take goes, beyond Record and Stop


def actions(menu: QMenu) -> dict[str, QAction]:
    return {action.text(): action for action in menu.actions() if action.text()}


def submenu(it: Bar, name: str) -> QMenu:
    menu = actions(it.bar.menu)[name].menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    return menu


def test_waiting_for_a_voice_parts_and_the_countdown_are_said(it: Bar) -> None:
    it.record()
    it.tell(state=TakeState.WAITING_FOR_VOICE, elapsed_s=0.0)
    assert it.bar.status.text() == "Waiting for a voice · Headset"
    assert it.bar.marker.isEnabled()
    assert not it.bar._wave._live
    it.tell(state=TakeState.RECORDING, part=3, stops_in_s=724.0, before_s=15.0)
    assert it.bar.status.text() == (
        "Recording · Stops in 12:04 · Part 3 · Headset · begins 15 s before Record"
    )


def test_listening_is_visible_and_can_be_switched_off_where_it_shows(it: Bar, qtbot: Any) -> None:
    assert not it.bar.stop_listening.isVisible()
    it.takes.current = Settings(take_pre_record_s=15)
    with qtbot.waitSignal(it.control.listening_changed):
        it.control.listen()
    assert it.bar.status.text() == "Listening: the last 15 s are kept in memory."
    assert it.bar.stop_listening.isVisible()
    with qtbot.waitSignal(it.bar.setting_chosen) as chosen:
        it.bar.stop_listening.click()
    assert chosen.args == ["take.pre_record_s", 0]
    it.takes.current = Settings()
    with qtbot.waitSignal(it.control.listening_changed):
        it.control.listen()
    assert it.bar.status.text() == READY
    assert not it.bar.stop_listening.isVisible()


def test_listening_ends_with_the_press_and_comes_back_after_the_take(it: Bar, qtbot: Any) -> None:
    it.takes.current = Settings(take_pre_record_s=5)
    with qtbot.waitSignal(it.control.listening_changed):
        it.control.listen()
    it.record()
    assert not it.bar.stop_listening.isVisible()
    with qtbot.waitSignal(it.control.listening_changed) as changed:
        it.take.now = replace(it.take.now, state=TakeState.FINISHED)
    assert changed.args == [5]


def test_a_microphone_that_cannot_be_listened_to_is_not_said_to_be(it: Bar, qtbot: Any) -> None:
    it.takes.current = Settings(take_pre_record_s=5)
    with qtbot.waitSignal(it.control.listening_changed):
        it.control.listen()
    it.takes.deaf = VoiceRecorderError("The microphone is busy.")
    with qtbot.waitSignal(it.control.listening_changed) as changed:
        it.control.listen()
    assert changed.args == [0]
    assert it.bar.status.text() == READY


def test_voice_activation_is_said_before_record_is_pressed(it: Bar) -> None:
    it.bar.show_settings(Settings(take_voice_activated=True))
    assert it.bar.status.text() == f"Press R to record as soon as somebody speaks. {STAYS_HERE}"
    assert actions(it.bar.menu)["Record only while somebody speaks"].isChecked()
    it.bar.show_settings(Settings())
    assert it.bar.status.text() == READY


@pytest.mark.parametrize(
    ("where", "what", "expected"),
    [
        ("", "Record only while somebody speaks", ["take.voice_activated", True]),
        ("Go on in a new recording", "Every 30 min", ["take.split_min", 30]),
        ("Go on in a new recording", "At a silence of 10 s", ["take.split_silence_s", 10]),
        ("Keep what was said before Record", "15 s", ["take.pre_record_s", 15]),
    ],
)
def test_the_menu_changes_settings(it: Bar, qtbot: Any, where: str, what: str, expected: list[Any]) -> None:
    menu = submenu(it, where) if where else it.bar.menu
    with qtbot.waitSignal(it.bar.setting_chosen) as chosen:
        actions(menu)[what].trigger()
    assert chosen.args == expected


def test_the_menu_shows_what_the_settings_say_also_what_it_does_not_offer(it: Bar) -> None:
    it.bar.show_settings(Settings(take_split_min=7, take_split_silence_s=25, take_pre_record_s=45))
    ticked = {
        action.text()
        for name in ("Go on in a new recording", "Keep what was said before Record")
        for action in submenu(it, name).actions()
        if action.isChecked()
    }
    assert ticked == {"Every 7 min", "At a silence of 25 s", "45 s"}


def test_the_end_can_be_chosen_before_and_during_a_take_and_is_forgotten_after(it: Bar, qtbot: Any) -> None:
    actions(submenu(it, "Stop by itself"))["Stops after 30 min"].trigger()
    assert it.bar.status.text() == f"Stops after 30 min · {READY}"
    it.record()
    half_an_hour = datetime.now(UTC) + timedelta(minutes=30)
    assert abs(it.takes.asked["ends_at"] - half_an_hour) < timedelta(minutes=1)
    actions(submenu(it, "Stop by itself"))["Never"].trigger()
    assert it.take.ends_at is None
    actions(submenu(it, "Stop by itself"))["Stops after 1 h"].trigger()
    assert it.take.ends_at is not None
    with qtbot.waitSignal(it.control.ended) as ended:
        it.take.now = replace(it.take.now, state=TakeState.FINISHED)
    assert not ended.args[2]  # nobody is asked for a name
    assert it.bar.status.text() == READY


def test_a_time_of_day_is_asked_for_and_cancelling_changes_nothing(it: Bar) -> None:
    actions(submenu(it, "Stop by itself"))["At a time of day…"].trigger()
    assert it.bar.menu.dialog is not None
    it.bar.menu.dialog.reject()
    assert it.control.rule is None
    actions(submenu(it, "Stop by itself"))["At a time of day…"].trigger()
    it.bar.menu.dialog.time.setTime(QTime(3, 30))
    it.bar.menu.dialog.accept()
    rule = it.control.rule
    assert rule is not None
    at = rule.ends_at()
    assert (at.hour, at.minute) == (3, 30)
    assert timedelta() < at - datetime.now(UTC) <= timedelta(days=1)
    assert it.bar.status.text() == f"Stops at 03:30 · {READY}"
    ticked = [action for action in submenu(it, "Stop by itself").actions() if action.isChecked()]
    assert [action.text() for action in ticked] == ["Stops at 03:30"]


def test_in_a_take_only_its_end_can_be_chosen(it: Bar) -> None:
    it.record()
    enabled = {name for name, action in actions(it.bar.menu).items() if action.isEnabled()}
    assert enabled == {"Stop by itself", "Recording settings…"}


def test_a_new_part_has_a_name_of_its_own(it: Bar, qtbot: Any) -> None:
    it.record()
    it.bar.title.setFocus()
    with qtbot.waitSignal(it.control.split) as split:
        it.tell(recording_id="def", title="Talk (2)", part=2)
    assert split.args == ["def"]
    assert it.bar.title.text() == "Talk (2)"
    assert not it.bar.title.hasFocus()


def test_nothing_in_the_bar_moves_when_a_take_starts(it: Bar, qapp: QApplication) -> None:
    it.bar.resize(900, it.bar.height())
    qapp.processEvents()
    before = [part.geometry() for part in (it.bar.button, it.bar.options, it.bar._elapsed, it.bar._pages)]
    it.record()
    it.tell(state=TakeState.WAITING_FOR_VOICE, stops_in_s=100.0)
    qapp.processEvents()
    after = [part.geometry() for part in (it.bar.button, it.bar.options, it.bar._elapsed, it.bar._pages)]
    assert after == before
    assert min(it.bar.options.width(), it.bar.options.height()) >= TARGET
    assert it.bar.options.accessibleName() == "How to record"
