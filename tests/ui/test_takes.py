"""Takes through the window, with a real (virtual) microphone."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from tests.conftest import Speech, StartCli
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder.domain.errors import NoInputDevice, VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.take import TakePlan
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.stop_rule import StopRule
from voice_recorder.ui.window_app import BugReporter, WindowApp

Open = Callable[[], MainWindow]
pytestmark = [
    pytest.mark.qt_log_ignore("propagateSizeHints"),  # which the offscreen platform lacks
    pytest.mark.usefixtures("with_microphone"),
]


def _record(window: MainWindow, qtbot: Any) -> None:
    qtbot.mouseClick(window.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.control.running, timeout=5000)


def _heard(window: MainWindow, qtbot: Any, seconds: int = 1) -> None:
    qtbot.waitUntil(lambda: window.bar._elapsed.text() >= f"00:0{seconds}", timeout=8000)


def _stop(window: MainWindow, qtbot: Any) -> None:
    with qtbot.waitSignal(window.control.ended, timeout=5000):
        qtbot.mouseClick(window.bar.button, Qt.MouseButton.LeftButton)


def _only(services: Services) -> Recording:
    (recording,) = services.library.with_ids(None)
    return recording


def test_a_take_is_listed_selected_and_its_title_stands_ready(
    open_window: Open, services: Services, qtbot: Any, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    window = open_window()
    assert window.library.empty.isVisible()
    _record(window, qtbot)
    with_microphone.play(speech.path)
    _heard(window, qtbot, 2)
    qtbot.waitUntil(lambda: window.library.model.total == 1)
    spoken = window.library.model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "recording since" in spoken
    assert window.bar._wave._peaks
    _stop(window, qtbot)
    qtbot.waitUntil(window.library.detail.title.hasFocus, timeout=5000)
    assert window.library.detail.title.selectedText() == _only(services).title
    qtbot.keyClicks(window.library.detail.title, "Budget call with Ines")
    qtbot.keyClick(window.library.detail.title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _only(services).title == "Budget call with Ines")
    qtbot.waitUntil(lambda: _only(services).masters[0].sha256 is not None, timeout=10_000)
    assert _only(services).state is RecordingState.RECORDED
    qtbot.waitUntil(lambda: window.library.detail.waveform.has_peaks, timeout=5000)


def test_who_types_elsewhere_is_left_alone(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    add("Note")
    window = open_window()
    _record(window, qtbot)
    _heard(window, qtbot)
    window.header.search.setFocus()
    with qtbot.waitSignal(window.control.ended, timeout=5000):
        window.control.stop()
    qtbot.waitUntil(lambda: window.library.model.total == 2)
    qtbot.waitUntil(lambda: window.library.detail.title.text().startswith("20"))
    assert window.header.search.hasFocus()


def test_pause_marker_and_name_during_a_take(open_window: Open, services: Services, qtbot: Any) -> None:
    window = open_window()
    _record(window, qtbot)
    _heard(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_M)
    window.bar.title.setFocus()
    window.bar.title.selectAll()
    qtbot.keyClicks(window.bar.title, "Named m and r")
    qtbot.keyClick(window.bar.title, Qt.Key.Key_Return)
    window.bar.pause.click()
    qtbot.waitUntil(lambda: window.bar.status.text().startswith("Paused"))
    assert window.bar.pause.accessibleName() == "Go on recording"
    window.bar.pause.click()
    qtbot.waitUntil(lambda: not window.bar.status.text().startswith("Paused"))
    _stop(window, qtbot)
    made = _only(services)
    assert made.title == "Named m and r"
    assert len(services.library.markers(made.id)) == 1


def test_closing_during_a_take_asks_and_keeps_it_either_way(
    open_window: Open, services: Services, qtbot: Any
) -> None:
    window = open_window()
    _record(window, qtbot)
    _heard(window, qtbot)
    for answer in ("Keep recording", "Stop and save"):
        assert not window.close()
        box = next(b for b in window.findChildren(QMessageBox) if b.isVisible())
        next(b for b in box.findChildren(QPushButton) if b.text() == answer).click()
        if answer == "Keep recording":
            qtbot.wait(100)
            assert window.control.running
            assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    assert _only(services).state is RecordingState.RECORDED


def test_a_title_given_in_the_detail_of_a_running_take_is_kept(
    open_window: Open, services: Services, qtbot: Any
) -> None:
    window = open_window()
    _record(window, qtbot)
    qtbot.waitUntil(lambda: window.library.detail.recording_id != "", timeout=5000)
    detail = window.library.detail
    assert "being recorded" in detail._meta.text()
    assert not detail.transport._time.isVisible()
    detail.title.make_ready()
    qtbot.keyClicks(detail.title, "Named in the detail")
    qtbot.keyClick(detail.title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.bar.title.text() == "Named in the detail")
    _heard(window, qtbot)
    _stop(window, qtbot)
    assert _only(services).title == "Named in the detail"
    qtbot.waitUntil(lambda: detail.transport._time.isVisible(), timeout=5000)


def test_what_stood_in_the_way_of_a_take_is_unsaid_when_one_starts(open_window: Open, qtbot: Any) -> None:
    window = open_window()
    window.control.refused.emit(NoInputDevice("This computer has no microphone.", "Plug one in."))
    assert window.banner.isVisible()
    _record(window, qtbot)
    assert not window.banner.isVisible()
    window.show_error(VoiceRecorderError("Something else."))
    _heard(window, qtbot)
    _stop(window, qtbot)
    assert window.banner.text == "Something else."


def test_a_take_of_another_process_that_dies_is_recovered_while_the_window_is_open(
    open_window: Open, services: Services, start_cli: StartCli, qtbot: Any
) -> None:
    window = open_window()
    other = start_cli("record", "--title", "From the terminal")
    qtbot.waitUntil(lambda: window.library.model.total == 1, timeout=15_000)
    row = window.library.model.index(1, 0)
    assert "recording since" in row.data(Qt.ItemDataRole.AccessibleTextRole)
    window._upkeep.look_for_dead_takes()
    qtbot.wait(300)
    assert _only(services).state is RecordingState.RECORDING  # it lives, so it is left alone
    window.library.detail.title.make_ready()
    qtbot.keyClicks(window.library.detail.title, "Named in the window")
    qtbot.keyClick(window.library.detail.title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _only(services).title == "Named in the window")
    other.kill()
    other.wait(10)
    window._upkeep.look_for_dead_takes()
    qtbot.waitUntil(lambda: "was recovered" in window.banner.text, timeout=5000)
    assert _only(services).state is RecordingState.RECORDED
    assert _only(services).recovered
    assert _only(services).title == "Named in the window"
    qtbot.waitUntil(lambda: not services.library.unproved(), timeout=10_000)


def test_the_session_ends_during_a_take(
    qapp: QApplication, services: Services, qtbot: Any, open_window: Open
) -> None:
    app = WindowApp(qapp, services)
    app.show()
    app.window.control.start()
    qtbot.waitUntil(lambda: app.window.control.running, timeout=5000)
    _heard(app.window, qtbot)
    app.end_take()
    assert _only(services).state is RecordingState.RECORDED
    app.shut_down()
    app.shut_down()
    app.window.hide()
    app.window.deleteLater()


def test_a_bug_leaves_a_running_take_alone(open_window: Open, services: Services, qtbot: Any) -> None:
    window = open_window()
    bugs = BugReporter()
    bugs.reported.connect(window.show_error)
    _record(window, qtbot)
    bugs.install()
    try:
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("oops"), None)
    finally:
        bugs.uninstall()
    assert "a running one goes on" in window.banner.text
    _heard(window, qtbot)
    _stop(window, qtbot)
    assert _only(services).duration_s > 0.5


def test_trying_the_microphone_ends_with_a_verdict_in_words(
    open_window: Open, qtbot: Any, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    window = open_window()
    with_microphone.play(speech.path)
    qtbot.mouseClick(window.library.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.bar._meter.loudest_dbfs is not None, timeout=5000)
    with qtbot.waitSignal(window.microphone.ended, timeout=8000) as told:
        pass
    assert "works" in told.args[0]
    assert window.bar.status.text() == told.args[0]
    assert window.bar._middle.currentIndex() == 0


def test_record_does_not_wait_for_a_test_of_the_microphone(
    open_window: Open, services: Services, qtbot: Any
) -> None:
    window = open_window()
    window.microphone.start()
    qtbot.wait(300)
    _record(window, qtbot)
    _heard(window, qtbot)
    _stop(window, qtbot)
    assert _only(services).duration_s > 0.5


def test_the_picker_offers_what_is_plugged_in_and_keeps_the_choice(
    open_window: Open, services: Services, qtbot: Any
) -> None:
    window = open_window()
    picker = window.bar.picker
    qtbot.waitUntil(lambda: picker.findData("mic") >= 0, timeout=15_000)
    picker.setCurrentIndex(picker.findData("mic"))
    picker.activated.emit(picker.currentIndex())
    qtbot.waitUntil(lambda: services.settings.current.audio_device == "mic")
    picker.show_inputs((), "mic")
    assert picker.currentText() == "mic (not connected)"


def test_time_left_is_said_in_hours(open_window: Open, qtbot: Any) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: window.bar._left.text().endswith("left"), timeout=10_000)


def test_a_take_that_ends_by_the_clock_in_parts_is_listed_and_asks_for_no_name(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    """C8.3, C8.5: both recordings are there, and what was selected stays selected."""
    note = add("Note")
    window = open_window()
    take = services.takes.start_from(GeneratedVoice(), "Talk", plan=TakePlan(split_after_s=1.0))
    window.control._on_started(take)
    window.control.choose_rule(StopRule(at=datetime.now(UTC) + timedelta(seconds=1.6)))
    with qtbot.waitSignal(window.control.split, timeout=5000):
        pass
    with qtbot.waitSignal(window.control.ended, timeout=10_000) as ended:
        pass
    assert not ended.args[2]
    qtbot.waitUntil(lambda: window.library.model.total == 3, timeout=5000)
    titles = {recording.title for recording in services.library.with_ids(None)}
    assert titles == {"Note", "Talk", "Talk (2)"}
    assert window.library.detail.recording_id == note.id
    assert not window.library.detail.title.hasFocus()
    assert window.control.rule is None


def test_what_the_menu_beside_record_changes_is_stored_and_in_force(
    open_window: Open, services: Services, qtbot: Any
) -> None:
    """C8.1: listening begins by the menu, is said, goes over into the take, and ends by its button."""
    window = open_window()
    entry = next(a for a in window.bar.menu.actions() if a.text() == "Keep what was said before Record")
    next(action for action in entry.menu().actions() if action.text() == "5 s").trigger()
    qtbot.waitUntil(window.bar.stop_listening.isVisible, timeout=8000)
    assert services.settings.current.take_pre_record_s == 5
    assert window.bar.status.text() == "Listening: the last 5 s are kept in memory."
    qtbot.wait(1500)
    _record(window, qtbot)
    _heard(window, qtbot, 2)
    assert "before Record" in window.bar.status.text() or "silence" in window.bar.status.text()
    assert not window.bar.stop_listening.isVisible()
    _stop(window, qtbot)
    events = _only(services).masters[0].events
    assert [event.kind.value for event in events] == ["pre_recorded"]
    assert events[0].frame > 48000
    qtbot.waitUntil(window.bar.stop_listening.isVisible, timeout=8000)
    qtbot.mouseClick(window.bar.stop_listening, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.bar.stop_listening.isVisible(), timeout=8000)
    assert services.settings.current.take_pre_record_s == 0
