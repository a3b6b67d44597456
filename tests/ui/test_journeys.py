"""The journeys with real clicks and keys; the event loop never stands still for 50 ms in them (W1)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.conftest import Speech
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.fakes.watchdog import MAY_BLOCK_S, EventLoopWatch
from tests.ui.conftest import Add
from voice_recorder.domain.library_query import Shelf
from voice_recorder.domain.states import RecordingState
from voice_recorder.services import Services
from voice_recorder.ui.edit_bar import Tool
from voice_recorder.ui.export_dialog import ExportDialog
from voice_recorder.ui.window_app import WindowApp

pytestmark = [pytest.mark.display, pytest.mark.qt_log_ignore("propagateSizeHints")]
Left = Qt.MouseButton.LeftButton
Open = Callable[[], WindowApp]


@contextmanager
def unblocked(app: WindowApp, qtbot: Any) -> Iterator[None]:
    """Once all that a start still has to do is done, nothing may block the loop."""
    qtbot.waitUntil(lambda: not any(lane.busy for lane in app.lanes.all), timeout=20_000)
    qtbot.wait(200)
    with EventLoopWatch() as watch:
        yield
    worst = watch.worst
    assert worst.blocked_s < MAY_BLOCK_S, f"{1000 * worst.blocked_s:.0f} ms in {worst.where}"


def press(widget: QWidget, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    QTest.keyClick(widget, key, held)


def drag(widget: QWidget, start_x: float, end_x: float, y: int) -> None:
    QTest.mousePress(widget, Left, pos=QPoint(round(start_x), y))
    for part in range(1, 9):
        at = start_x + (end_x - start_x) * part / 8
        QTest.mouseMove(widget, QPoint(round(at), y))
        QApplication.processEvents()
    QTest.mouseRelease(widget, Left, pos=QPoint(round(end_x), y))


def test_record_name_mark_and_find(
    open_app: Open, services: Services, with_microphone: VirtualMicrophone, speech: Speech, qtbot: Any,
) -> None:  # fmt: skip
    app = open_app()
    window = app.window
    with unblocked(app, qtbot):
        QTest.mouseClick(window.bar.button, Left)
        qtbot.waitUntil(lambda: window.control.running, timeout=10_000)
        with_microphone.play(speech.path)
        qtbot.wait(1200)
        press(window, Qt.Key.Key_M)
        qtbot.wait(800)
        QTest.mouseClick(window.bar.button, Left)
        qtbot.waitUntil(lambda: window.library.detail.title.hasFocus(), timeout=10_000)
        QTest.keyClicks(window.library.detail.title, "Budget call with Ines")
        press(window.library.detail.title, Qt.Key.Key_Return)
        qtbot.waitUntil(
            lambda: services.library.with_ids(None)[0].title == "Budget call with Ines", timeout=5000
        )
        (made,) = services.library.with_ids(None)
        (marker,) = services.library.markers(made.id)
        assert 0.5 < marker.frame / made.masters[0].sample_rate_hz < made.duration_s
        press(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: window.header.search.hasFocus())
        QTest.keyClicks(window.header.search, "nothing like this")
        qtbot.waitUntil(lambda: window.library.model.total == 0, timeout=5000)
        window.header.search.selectAll()
        QTest.keyClicks(window.header.search, "bud ine")
        qtbot.waitUntil(lambda: window.library.model.total == 1, timeout=5000)


def test_trim_and_undo_after_a_restart(open_app: Open, add: Add, services: Services, qtbot: Any) -> None:
    made = add("Budget call")
    sound = services.library.path_of(made.masters[0]).read_bytes()
    app = open_app()
    detail = app.window.library.detail
    qtbot.waitUntil(lambda: detail.waveform.has_peaks, timeout=5000)
    with unblocked(app, qtbot):
        QTest.mouseClick(detail.transport.edit, Left)
        wave = detail.waveform
        drag(wave, wave.width() * 0.25, wave.width() * 0.75, wave.height() // 2)
        qtbot.waitUntil(lambda: wave.selection is not None)
        QTest.mouseClick(detail.edit_bar.buttons[Tool.TRIM], Left)
        qtbot.waitUntil(lambda: services.library.get(made.id).duration_s < 0.6, timeout=5000)
        assert services.library.path_of(made.masters[0]).read_bytes() == sound
        qtbot.waitUntil(lambda: wave.duration_s < 0.6, timeout=5000)
    app.shut_down()
    app.window.hide()

    again = open_app()
    wave = again.window.library.detail.waveform
    qtbot.waitUntil(lambda: wave.has_peaks and 0 < wave.duration_s < 0.6, timeout=5000)
    with unblocked(again, qtbot):
        press(again.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: services.library.get(made.id).duration_s == 1.0, timeout=5000)
        qtbot.waitUntil(lambda: wave.duration_s == 1.0, timeout=5000)


def test_export(open_app: Open, add: Add, services: Services, tmp_path: Path, qtbot: Any) -> None:
    made = add("Budget: call")
    services.settings.set("export.format", "flac")
    app = open_app()
    with unblocked(app, qtbot):
        app.window.library.deeds.ask_export([made.id])
        dialog = app.window.findChild(ExportDialog)
        qtbot.waitUntil(dialog.isVisible)
        dialog.set_folder(str(tmp_path))
        press(dialog, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(list(tmp_path.glob("*.flac"))), timeout=10_000)
        (file,) = tmp_path.glob("*.flac")
        assert file.stem.startswith("Budget")
        assert soundfile.info(file).frames == made.masters[0].frames
        qtbot.waitUntil(lambda: not app.window.errands.busy, timeout=5000)


def test_batch_delete_and_restore(open_app: Open, add: Add, services: Services, qtbot: Any) -> None:
    for number in range(30):
        add(f"Note {number}", number)
    app = open_app()
    library = app.window.library
    with unblocked(app, qtbot):
        library.list.setFocus()
        press(library.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: library.list.count == 30, timeout=5000)
        press(library.list, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: services.library.counts()[Shelf.TRASH] == 30, timeout=10_000)
        qtbot.waitUntil(library.toast.isVisible, timeout=5000)
        QTest.mouseClick(library.toast.undo, Left)
        qtbot.waitUntil(lambda: services.library.counts()[Shelf.ALL] == 30, timeout=10_000)
        assert {r.state for r in services.library.with_ids(None)} == {RecordingState.RECORDED}
        assert all(services.library.path_of(r.masters[0]).exists() for r in services.library.with_ids(None))
        qtbot.waitUntil(lambda: library.model.total == 30, timeout=5000)
