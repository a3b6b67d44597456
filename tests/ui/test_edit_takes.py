"""Takes that become part of a recording: over a selection, from the cursor on, and at its end."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import Qt

from tests.conftest import Speech
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.ui.conftest import Add
from voice_recorder.services import Services
from voice_recorder.services.editing import NormaliseAdvice
from voice_recorder.ui.edit_bar import Tool
from voice_recorder.ui.main_window import MainWindow

Open = Callable[[], MainWindow]
pytestmark = [
    pytest.mark.display,
    pytest.mark.qt_log_ignore("propagateSizeHints"),
    pytest.mark.usefixtures("with_microphone"),
]


def heard(services: Services, recording_id: str) -> npt.NDArray[np.float32]:
    with services.rendering.open(services.library.get(recording_id)) as rendered:
        return rendered.read(0, rendered.frames)[:, 0]


def begin(window: MainWindow, qtbot: Any, tool: Tool) -> None:
    qtbot.mouseClick(window.library.detail.edit_bar.buttons[tool], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.control.running, timeout=8000)


def stop(window: MainWindow, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: window.bar._elapsed.text() >= "00:01", timeout=8000)
    qtbot.mouseClick(window.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.edit_take.going and not window.control.busy, timeout=8000)


def opened(open_window: Open, qtbot: Any) -> MainWindow:
    window = open_window()
    qtbot.waitUntil(lambda: window.library.detail.waveform.has_peaks, timeout=5000)
    window.library.detail.transport.edit.click()
    return window


def test_a_selection_is_recorded_over_and_what_came_is_selected(
    open_window: Open, add: Add, services: Services, qtbot: Any, with_microphone: VirtualMicrophone,
    speech: Speech,
) -> None:  # fmt: skip
    made = add("Budget call")
    services.editing.append(made.id, add("More").id)
    whole = heard(services, made.id)
    window = opened(open_window, qtbot)
    detail = window.library.detail
    detail.waveform.select(0.5, 1.25)
    begin(window, qtbot, Tool.RECORD_OVER)
    with_microphone.play(speech.path)
    assert window.bar.status.text().startswith("Recording over 0:00 of “Budget call”")
    assert not detail.edit_bar.buttons[Tool.CUT].isEnabled()
    qtbot.waitUntil(lambda: window.library.model.total == 2, timeout=5000)  # while it runs it has its row
    stop(window, qtbot)
    qtbot.waitUntil(lambda: services.library.get(made.id).duration_s != 2.0, timeout=5000)
    (recording,) = services.library.with_ids(None)  # and no more
    take_s = recording.duration_s - 1.25
    assert take_s > 0.9
    selected = pytest.approx((0.5, 0.5 + take_s), abs=0.001)
    qtbot.waitUntil(lambda: detail.waveform.selection == selected, timeout=5000)
    assert window.library.list.selected_id == made.id
    after, rate = heard(services, made.id), 48000  # the take's
    assert len(after) == round(recording.duration_s * rate)
    spoken = after[round(0.5 * rate) : round((0.5 + take_s) * rate)]
    assert np.abs(spoken).max() > 0.05  # the voice
    np.testing.assert_allclose(after[: rate // 2 : 6], whole[:4000], atol=0.02)  # at the higher rate
    np.testing.assert_allclose(after[-round(0.7 * rate) :: 6], whole[-5600:], atol=0.02)
    assert services.editing.history(made.id).undo_name.startswith("Replaced 0.8 s by")
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: detail.waveform.duration_s == 2.0, timeout=5000)
    assert detail.edit_bar.buttons[Tool.CUT].isHidden() or detail.edit_bar.buttons[Tool.CUT].isEnabled()


def test_more_is_recorded_at_the_end(open_window: Open, add: Add, services: Services, qtbot: Any) -> None:
    made = add("Budget call")
    window = opened(open_window, qtbot)
    begin(window, qtbot, Tool.APPEND)
    qtbot.waitUntil(lambda: window.bar.status.text().startswith("Appending to “Budget call”"), timeout=5000)
    stop(window, qtbot)
    detail = window.library.detail
    qtbot.waitUntil(lambda: detail.waveform.selection is not None, timeout=5000)
    (recording,) = services.library.with_ids(None)
    assert recording.id == made.id
    assert len(recording.masters) == 2
    assert detail.waveform.selection == pytest.approx((1.0, recording.duration_s), abs=0.001)
    assert not detail.title.hasFocus()
    assert not window.bar.status.text().startswith("Appending")


def test_what_cannot_be_put_in_stays_a_recording_of_its_own_and_is_said(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Budget call")
    window = opened(open_window, qtbot)
    window.library.player.seek(0.5)
    begin(window, qtbot, Tool.RECORD_OVER)
    services.trash.delete([made.id])
    stop(window, qtbot)
    qtbot.waitUntil(lambda: "“Budget call (addition)”" in window.banner.text, timeout=5000)
    (kept,) = [r for r in services.library.with_ids(None) if r.id != made.id and r.trashed_at is None]
    assert kept.title == "Budget call (addition)"
    assert kept.duration_s > 0.9


def test_closing_the_window_in_such_a_take_keeps_it_in_its_place(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Budget call")
    window = opened(open_window, qtbot)
    begin(window, qtbot, Tool.APPEND)
    qtbot.waitUntil(lambda: window.bar._elapsed.text() >= "00:01", timeout=8000)
    window.closing.finish_and_close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=8000)
    qtbot.waitUntil(lambda: len(services.library.get(made.id).masters) == 2, timeout=8000)


def test_a_second_take_is_refused_in_words(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    add("Budget call")
    window = opened(open_window, qtbot)
    window.control.start()
    qtbot.waitUntil(lambda: window.control.running, timeout=8000)
    qtbot.mouseClick(window.library.detail.edit_bar.buttons[Tool.APPEND], Qt.MouseButton.LeftButton)
    assert "running already" in window.banner.text
    window.control.stop()
    qtbot.waitUntil(lambda: not window.control.busy, timeout=8000)


def test_before_and_after_are_heard_in_turn_while_it_plays(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Budget call")
    for _ in range(5):
        services.editing.append(made.id, add("More").id)
    services.editing.normalise(made.id, 0, 9, NormaliseAdvice(0, 0, -30, False))
    window = opened(open_window, qtbot)
    preview, player = window.library.detail.preview, window.library.player
    window.library.detail.waveform.select(1.0, 5.5)
    qtbot.mouseClick(window.library.detail.edit_bar.buttons[Tool.NORMALISE], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(preview.apply.isVisible, timeout=10_000)
    assert not player.playing
    qtbot.mouseClick(preview.after, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: player.playing and player.position_s > 1.2, timeout=8000)
    assert player._source.preview is not None
    at_s = player.position_s
    qtbot.mouseClick(preview.before, Qt.MouseButton.LeftButton)
    assert player._source.preview is None
    qtbot.waitUntil(lambda: player.playing and player.position_s > at_s, timeout=8000)
    qtbot.mouseClick(preview.discard, Qt.MouseButton.LeftButton)
    assert not preview.isVisible()
    player.stop()
