"""The window's company: tray, notifications, the key from anywhere, the file manager."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QMainWindow

from tests.fakes.desktop_services import calls, desktop_services
from tests.fakes.processes import require
from voice_recorder.domain.errors import ConfigurationError, VoiceRecorderError
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.settings import ReducedMotion
from voice_recorder.domain.take import TakeSnapshot, TakeState, Warn
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.queue_state import QueueState
from voice_recorder.ui import stillness
from voice_recorder.ui.global_key import KeyTaken, parsed
from voice_recorder.ui.global_portal import PortalKey, trigger
from voice_recorder.ui.global_shortcut import GlobalShortcut, note_for_settings
from voice_recorder.ui.global_windows import virtual_key
from voice_recorder.ui.meters import STILL_MS, LiveWaveform
from voice_recorder.ui.session_bus import BusRefused, call
from voice_recorder.ui.show_in_folder import select_file
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.window_app import WindowApp

OpenApp = Callable[[], WindowApp]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A session bus with a desktop's services on it; the file of what they were asked."""
    with desktop_services(tmp_path) as (address, log):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield log


def snapshot(*warnings: Warn, state: TakeState = TakeState.RECORDING) -> TakeSnapshot:
    sound = AudioFormat(48000, 1, 16)
    return TakeSnapshot("a", "Talk", state, sound, "mic", elapsed_s=62, warnings=warnings)


def told(log: Path) -> list[tuple[str, str]]:
    return [(body[3], body[4]) for body in calls(log, "Notify")]


def record(app: WindowApp, services: Services, qtbot: Any) -> None:
    services.takes.start_from(GeneratedVoice(), "Talk")
    app.window.control._on_started(services.takes.running)
    qtbot.wait(300)


# The tray


def test_the_tray_is_red_while_a_take_runs_and_says_how_long(
    open_app: OpenApp, services: Services, qtbot: Any
) -> None:
    app = open_app()
    tray = app.desktop.tray
    assert (tray.record.text(), tray.pause.isEnabled()) == ("Record", False)
    assert tray.icon.toolTip() == "Voice Recorder"
    idle = tray.icon.icon().cacheKey()
    record(app, services, qtbot)
    assert (tray.record.text(), tray.pause.isEnabled()) == ("Stop and save", True)
    assert tray.icon.icon().cacheKey() != idle
    pixels = tray.icon.icon().pixmap(24, 24).toImage()
    assert pixels.pixelColor(2, 12).name() == app.theme.colours.record
    assert tray.icon.toolTip().startswith("Recording, 00:0")
    tray.pause.trigger()
    qtbot.waitUntil(lambda: tray.pause.text() == "Go on recording", timeout=3000)
    tray.record.trigger()
    qtbot.waitUntil(lambda: not app.window.control.busy, timeout=10_000)
    assert tray.icon.toolTip() == "Voice Recorder"


def test_a_take_stopped_in_the_tray_neither_brings_the_window_nor_asks_for_a_name(
    open_app: OpenApp, services: Services, add: Any, qtbot: Any
) -> None:
    before = add("Before", 5)
    app = open_app()
    window = app.window
    record(app, services, qtbot)
    window.hide()
    app.desktop.tray.record.trigger()
    qtbot.waitUntil(lambda: not window.control.busy and window.library.model.total == 2, timeout=10_000)
    qtbot.wait(300)
    assert not window.isVisible()
    assert window.library.detail.recording_id == before.id
    assert not window.library.detail.title.hasFocus()


@pytest.mark.qt_log_ignore("does not support raise")  # which the offscreen platform lacks
def test_a_click_on_the_icon_hides_the_window_and_brings_it_back(open_app: OpenApp) -> None:
    app = open_app()
    tray = app.desktop.tray
    tray.icon.activated.emit(tray.icon.ActivationReason.Trigger)
    assert not app.window.isVisible()
    tray.menu.aboutToShow.emit()
    assert tray.show_window.text() == "Show the window"
    tray.icon.activated.emit(tray.icon.ActivationReason.Trigger)
    assert app.window.isVisible()


@pytest.mark.qt_log_ignore("does not support raise")  # which the offscreen platform lacks
def test_closing_leaves_the_program_in_the_tray_only_where_that_is_wanted_and_quit_ends_it(
    open_app: OpenApp, desktop: Path, qtbot: Any
) -> None:
    window = open_app().window
    ended: list[bool] = []
    window.closed.connect(lambda: ended.append(True))
    window.closing.stays_in_tray = True  # as Desktop sets it where there is a tray
    window.close()
    assert not window.isVisible()
    assert not ended
    qtbot.waitUntil(lambda: len(told(desktop)) == 1, timeout=10_000)
    assert told(desktop)[0][0] == "Voice Recorder goes on in the tray"
    window.come_forward()
    window.close()
    qtbot.wait(300)
    assert len(told(desktop)) == 1  # it is said once
    window.closing.quit()
    assert ended


def test_the_end_of_the_session_is_not_held_up_by_the_tray(open_app: OpenApp) -> None:
    window = open_app().window
    ended: list[bool] = []
    window.closed.connect(lambda: ended.append(True))
    window.closing.stays_in_tray = True
    window.closing.let_session_end()
    window.close()
    assert ended


# Notifications


def test_what_cannot_wait_is_said_once_while_nobody_looks(
    open_app: OpenApp, desktop: Path, qtbot: Any
) -> None:
    app = open_app()
    app.window.hide()
    say = app.desktop.notifications
    say.on_started("a")
    for _ in range(3):
        say.on_polled(snapshot(Warn.DEVICE_LOST, Warn.DISK_LOW))
    say.on_ended(snapshot(), VoiceRecorderError("The disk is full.", "The take is kept."), True)
    halted = QueueState(place="folder:/x", halted="The key was refused.")
    for state in (halted, halted, QueueState(place="folder:/x", counts={TransferState.FAILED: 2})):
        say.on_queue(state)
    qtbot.waitUntil(lambda: len(told(desktop)) == 5, timeout=15_000)
    qtbot.wait(200)
    titles = [title for title, _ in told(desktop)]
    assert titles == [
        "The recording needs you", "The recording needs you", "The recording has ended",
        "The backup needs you", "The backup needs you",
    ]  # fmt: skip
    assert told(desktop)[2][1] == "The disk is full. The take is kept."
    assert told(desktop)[4][1].startswith("2 files could not be sent and wait for you.")


def test_nothing_is_said_to_who_looks_at_the_window_or_wants_no_notifications(
    open_app: OpenApp, services: Services, desktop: Path, qtbot: Any
) -> None:
    app = open_app()
    qtbot.waitUntil(app.window.isActiveWindow)
    app.desktop.notifications.on_ended(snapshot(), None, True)
    app.window.hide()
    services.settings.set("appearance.notifications", False)
    app.window._apply_settings()
    app.desktop.notifications.on_ended(snapshot(), None, True)
    services.settings.set("appearance.notifications", True)
    app.window._apply_settings()
    app.desktop.notifications.on_ended(snapshot(), None, True)
    qtbot.waitUntil(lambda: bool(told(desktop)), timeout=10_000)
    assert told(desktop) == [("The recording is saved", "Talk, 1 minute")]


def test_a_bus_that_refuses_or_is_not_there_is_said_in_words(
    desktop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BusRefused, match="refused"):
        call("org.freedesktop.Notifications", "/x", "org.x", "Nothing", "")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    with pytest.raises(BusRefused, match="did not answer"):
        call("org.freedesktop.Notifications", "/x", "org.x", "Nothing", "")


def test_the_file_manager_is_asked_to_select_the_file(desktop: Path, tmp_path: Path) -> None:
    assert select_file(tmp_path / "a b.wav")
    assert calls(desktop, "ShowItems") == [[[(tmp_path / "a b.wav").as_uri()], ""]]


def test_without_a_file_manager_on_the_bus_the_folder_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert not select_file(Path("/a.wav"))


# The key from anywhere


@pytest.mark.parametrize("key", ["R", "Shift+R", "Ctrl+K, Ctrl+R", "nonsense", "Space"])
def test_a_key_that_all_programs_need_is_refused(key: str, qapp: QApplication) -> None:
    with pytest.raises(ConfigurationError):
        parsed(key)


def test_a_key_is_written_as_each_system_wants_it(qapp: QApplication) -> None:
    key = parsed("Ctrl+Alt+R")
    assert (key.name, key.modifiers) == ("R", {"Ctrl", "Alt"})
    assert trigger(key) == "CTRL+ALT+r"
    assert [virtual_key(n) for n in ("R", "F9", "7", "Ins", "Media Play")] == [0x52, 0x78, 0x37, 0x2D, 0]


def test_where_no_key_can_be_had_the_settings_say_so(qapp: QApplication) -> None:
    words, usable = note_for_settings()  # of the offscreen platform
    assert (bool(words), usable) == (True, False)


def test_a_desktop_lends_a_key_by_its_portal(desktop: Path, qapp: QApplication, qtbot: Any) -> None:
    held = PortalKey(parsed("Ctrl+Alt+R"))
    qtbot.waitSignal(held.pressed, timeout=10_000).wait()
    (_session, shortcuts, _parent, _options) = calls(desktop, "BindShortcuts")[0]
    assert shortcuts[0][1]["preferred_trigger"] == ["s", "CTRL+ALT+r"]
    held.release()


def test_a_desktop_that_lends_no_key_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, qtbot: Any
) -> None:
    with desktop_services(tmp_path, "--refuse") as (address, _log):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        held = PortalKey(parsed("Ctrl+Alt+R"))
        with qtbot.waitSignal(held.refused, timeout=10_000) as refused:
            pass
        assert "does not lend a key" in str(refused.args[0])
        held.release()


@pytest.mark.display
def test_the_key_works_while_another_program_has_the_keyboard_and_is_held_by_one_only(
    qapp: QApplication, qtbot: Any
) -> None:
    require(["xdotool"], "Pressing keys")
    parent = QMainWindow()
    shortcut, second = GlobalShortcut(parent), GlobalShortcut(parent)
    pressed: list[bool] = []
    refused: list[VoiceRecorderError] = []
    shortcut.pressed.connect(lambda: pressed.append(True))
    second.refused.connect(refused.append)
    shortcut.choose("Ctrl+Alt+R")
    subprocess.run(["xdotool", "key", "ctrl+alt+r"], check=True)
    qtbot.waitUntil(lambda: len(pressed) == 1, timeout=5000)
    second.choose("Ctrl+Alt+R")
    second.choose("Ctrl+Alt+F9")  # which the display needs itself
    assert [type(error) for error in refused] == [KeyTaken] * 2
    assert "another program holds it" in str(refused[0])
    shortcut.choose("")
    second.choose("Ctrl+Alt+R")
    subprocess.run(["xdotool", "key", "ctrl+alt+r"], check=True)
    qtbot.wait(300)
    assert len(pressed) == 1
    second.release()


@pytest.mark.display
def test_the_key_records_and_stops_with_the_window_hidden(
    open_app: OpenApp, services: Services, with_microphone: Any, qtbot: Any
) -> None:
    services.settings.set("shortcuts.global_record", "Ctrl+F10")
    app = open_app()
    app.window.hide()
    subprocess.run(["xdotool", "key", "ctrl+F10"], check=True)
    qtbot.waitUntil(lambda: app.window.control.running, timeout=15_000)
    qtbot.wait(500)
    subprocess.run(["xdotool", "key", "ctrl+F10"], check=True)
    qtbot.waitUntil(lambda: not app.window.control.busy, timeout=15_000)
    qtbot.waitUntil(lambda: app.window.library.model.total == 1, timeout=10_000)
    assert not app.window.isVisible()
    qtbot.waitUntil(lambda: not app.lanes.machine.busy, timeout=30_000)  # it lists the inputs


# The rest


def test_with_reduced_motion_the_live_waveform_does_not_glide(qapp: QApplication) -> None:
    wave = LiveWaveform(Theme(qapp, "light"))
    wave.resize(200, 40)

    def drawn() -> bytes:
        return bytes(wave.grab().toImage().constBits())

    def moves() -> bool:
        wave.show_peaks([], live=False)
        wave.show_peaks([0.1], live=True)
        before = drawn()
        wave.show_peaks([0.1, 0.9], live=True)
        return drawn() != before

    try:
        stillness.choose(qapp, ReducedMotion.OFF.value)
        assert moves()
        stillness.choose(qapp, ReducedMotion.ON.value)
        assert not all(moves() for _ in range(5))  # a machine may take longer than that between two
        time.sleep(STILL_MS / 1000 + 0.05)
        before = drawn()
        wave.show_peaks([0.9, 0.9], live=True)
        assert drawn() != before  # but it shows, now and then, what is heard
    finally:
        stillness.choose(qapp, ReducedMotion.SYSTEM.value)


def test_reduced_motion_stops_the_blinking_and_the_fading(qapp: QApplication) -> None:
    try:
        stillness.choose(qapp, ReducedMotion.ON.value)
        assert stillness.is_still()
        assert qapp.cursorFlashTime() == 0
        stillness.choose(qapp, ReducedMotion.OFF.value)
        assert not stillness.is_still()
        assert qapp.cursorFlashTime() > 0
    finally:
        stillness.choose(qapp, ReducedMotion.SYSTEM.value)


def test_a_window_whose_screen_is_gone_comes_to_one_that_is_there(
    open_app: OpenApp, services: Services
) -> None:
    window = open_app().window
    window.setGeometry(5000, 4000, 900, 600)
    window._memory.keep(window, window.library)
    window.setGeometry(0, 0, 820, 520)
    window._memory.restore(window, window.library)
    room = window.screen().availableGeometry()
    assert room.intersects(QRect(window.frameGeometry()))
    seen = room.intersected(window.frameGeometry())
    assert min(seen.width(), seen.height()) >= 48


def test_a_maximised_window_comes_back_maximised(open_app: OpenApp) -> None:
    window = open_app().window
    window.showMaximized()
    window._memory.keep(window, window.library)
    window.showNormal()
    window._memory.restore(window, window.library)
    assert window.isMaximized()
