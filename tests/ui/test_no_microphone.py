from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder.services import Services
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.take_words import NO_MICROPHONE, READY

pytestmark = pytest.mark.usefixtures("no_microphone")


def test_record_without_a_microphone_is_refused_in_words(
    open_window: Callable[[], MainWindow], services: Services, qtbot: Any
) -> None:
    window = open_window()
    with qtbot.waitSignal(window.control.refused, timeout=10_000):
        qtbot.mouseClick(window.bar.button, Qt.MouseButton.LeftButton)
    assert "microphone" in window.banner.text or "sound input" in window.banner.text
    assert window.banner.isVisible()
    assert window.bar.button.accessibleName() == "Record"
    assert not window.control.busy
    assert services.library.with_ids(None) == ()


def test_a_microphone_that_comes_is_noticed(
    open_window: Callable[[], MainWindow], no_microphone: VirtualMicrophone, qtbot: Any
) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: window.bar.status.text() == NO_MICROPHONE, timeout=10_000)
    no_microphone.plug_in()
    window.microphones.look_again.setInterval(100)
    window.microphones.look_again.start()
    qtbot.waitUntil(lambda: window.bar.status.text() == READY, timeout=15_000)


def test_trying_a_microphone_that_is_not_there(open_window: Callable[[], MainWindow], qtbot: Any) -> None:
    window = open_window()
    with qtbot.waitSignal(window.microphone.ended, timeout=10_000) as told:
        window.bar.try_button.click()
    assert told.args[0]
    assert window.bar.status.text() == told.args[0]
