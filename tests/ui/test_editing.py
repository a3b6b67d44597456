"""Editing in the window: real keys and clicks, and what is heard afterwards, sample for sample."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from tests.fakes.watchdog import EventLoopWatch
from tests.ui.conftest import Add
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.editing import NormaliseAdvice
from voice_recorder.storage import schema
from voice_recorder.ui import edit_words, phrases
from voice_recorder.ui.edit_bar import OF_A_PART, OF_ALL, Tool
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.window_app import WindowApp

Open = Callable[[], MainWindow]
RATE = 8000


def heard(services: Services, recording_id: str) -> npt.NDArray[np.float32]:
    with services.rendering.open(services.library.get(recording_id)) as rendered:
        return rendered.read(0, rendered.frames)[:, 0]


def opened(open_window: Open, qtbot: Any) -> MainWindow:
    window = open_window()
    qtbot.waitUntil(lambda: window.library.detail.waveform.has_peaks, timeout=5000)
    return window


def click(window: MainWindow, qtbot: Any, tool: Tool) -> None:
    button = window.library.detail.edit_bar.buttons[tool]
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def drag(window: MainWindow, qtbot: Any, start_s: float, end_s: float) -> None:
    """Select with the mouse, near enough; then exactly, as by the fields."""
    wave = window.library.detail.waveform
    first, last = (QPoint(round(wave.x_of(s)), 90) for s in (start_s, end_s))
    qtbot.mousePress(wave, Qt.MouseButton.LeftButton, pos=first)
    qtbot.mouseMove(wave, last)
    qtbot.mouseRelease(wave, Qt.MouseButton.LeftButton, pos=last)
    assert wave.selection == pytest.approx((start_s, end_s), abs=0.01)
    bar = window.library.detail.edit_bar
    for field, value, near in ((bar.start, start_s, start_s + 0.02), (bar.end, end_s, end_s - 0.02)):
        for typed in (near, value):  # what a field shows already, rounded, would change nothing
            field.setFocus()
            field.selectAll()
            qtbot.keyClicks(field, f"0:{typed:05.2f}")
            qtbot.keyClick(field, Qt.Key.Key_Return)
    assert wave.selection == (start_s, end_s)
    wave.setFocus()


def until_shown(window: MainWindow, seconds: float, qtbot: Any) -> None:
    wave = window.library.detail.waveform
    qtbot.waitUntil(lambda: wave.duration_s == pytest.approx(seconds), timeout=5000)


def test_what_is_selected_is_cut_by_del_undone_and_trimmed_by_keys(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    whole = heard(services, made.id)
    window = opened(open_window, qtbot)
    detail = window.library.detail
    drag(window, qtbot, 0.25, 0.5)
    window.library.player.seek(0.75)
    qtbot.keyClick(detail.waveform, Qt.Key.Key_Delete)
    until_shown(window, 0.75, qtbot)
    assert (heard(services, made.id) == np.concatenate([whole[:2000], whole[4000:]])).all()
    assert window.library.player.position_s == pytest.approx(0.5)  # where that is heard now
    assert "edited: 0:00 of 0:01" in detail._meta.text()
    assert "0:00 of 0:01 is heard" in detail._meta.toolTip()
    assert detail.edit_bar.buttons[Tool.UNDO].accessibleName() == "Undo Cut 0.2 s"
    assert "Ctrl+Z" in detail.edit_bar.buttons[Tool.UNDO].toolTip()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    until_shown(window, 1.0, qtbot)
    assert window.library.player.position_s == pytest.approx(0.75)
    assert (heard(services, made.id) == whole).all()
    qtbot.keyClick(
        window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    until_shown(window, 0.75, qtbot)
    click(window, qtbot, Tool.AS_RECORDED)
    until_shown(window, 1.0, qtbot)
    drag(window, qtbot, 0.5, 0.75)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    until_shown(window, 0.25, qtbot)
    assert (heard(services, made.id) == whole[4000:6000]).all()
    assert services.library.get(made.id).trashed_at is None


def test_del_elsewhere_still_moves_to_the_trash(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    window = opened(open_window, qtbot)
    window.library.detail.waveform.select(0.2, 0.4)
    window.library.list.setFocus()
    qtbot.keyClick(window.library.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: services.library.get(made.id).trashed_at is not None, timeout=5000)


def test_the_tools_come_with_a_selection_and_nothing_jumps(open_window: Open, add: Add, qtbot: Any) -> None:
    add("Note")
    window = opened(open_window, qtbot)
    detail = window.library.detail
    bar, below = detail.edit_bar, detail._health
    assert not any(bar.buttons[t].isVisible() for t in Tool)
    places = []

    def look() -> None:
        QApplication.processEvents()
        places.append(below.mapTo(window, QPoint()).y())

    def is_at_rest() -> bool:
        look()
        return places[-30:] == places[-1:] * 30

    qtbot.waitUntil(is_at_rest, timeout=10_000)  # what was just recorded is still being looked at
    detail.waveform.select(0.2, 0.6)
    look()
    assert all(bar.buttons[t].isVisible() for t in OF_A_PART)
    assert not any(bar.buttons[t].isVisible() for t in OF_ALL)
    detail.waveform.clear_selection()
    look()
    assert len(set(places[-3:])) == 1
    detail.transport.edit.click()
    assert all(bar.buttons[t].isVisible() for t in OF_ALL)
    places.clear()
    look()
    detail.waveform.select(0.1, 0.3)
    look()
    assert len(set(places)) == 1
    assert (bar.start.text(), bar.end.text()) == ("0:00.10", "0:00.30")
    for tool in Tool:
        assert bar.buttons[tool].accessibleName()
        assert bar.buttons[tool].height() >= 32


def test_fades_are_heard_and_drawn_and_the_zoom_stays(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    whole = heard(services, made.id)
    window = opened(open_window, qtbot)
    wave = window.library.detail.waveform
    wave.zoom(2, 300)
    view, before = wave.view, wave.sound
    wave.select(0.5, 1.0)
    click(window, qtbot, Tool.FADE_OUT)
    click(window, qtbot, Tool.FADE_IN)  # waits for the other one, then uses the same selection
    qtbot.waitUntil(lambda: len(services.editing.history(made.id).steps) == 3, timeout=5000)
    line = np.arange(4000) / 4000
    expected = np.concatenate([whole[:4000], whole[4000:] * line * (1 - line)])
    np.testing.assert_allclose(heard(services, made.id), expected, atol=1e-4)
    qtbot.waitUntil(lambda: wave.sound is not before and wave.sound.peaks is not None, timeout=5000)
    assert wave.view == view
    assert wave.selection == (0.5, 1.0)


def test_normalising_is_measured_seen_and_heard_before_it_is_applied(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    services.editing.normalise(made.id, 0, 1, NormaliseAdvice(0, 0, -30, False))
    quiet = heard(services, made.id)
    window = opened(open_window, qtbot)
    detail, player = window.library.detail, window.library.player
    detail.transport.edit.click()
    before = max(detail.waveform.column_heights)
    click(window, qtbot, Tool.NORMALISE)
    qtbot.waitUntil(detail.preview.apply.isVisible, timeout=10_000)
    assert not detail.edit_bar.isVisible()
    assert "LUFS" in detail.preview.words.text()
    assert "becomes" in detail.preview.words.text()
    qtbot.waitUntil(lambda: max(detail.waveform.column_heights) > 5 * before, timeout=5000)
    assert player._source.preview is not None
    assert detail.preview.after.hasFocus()
    qtbot.keyClick(detail.preview.after, Qt.Key.Key_Escape)
    assert player._source.preview is None
    assert max(detail.waveform.column_heights) == before
    assert detail.edit_bar.isVisible()
    assert (heard(services, made.id) == quiet).all()
    click(window, qtbot, Tool.NORMALISE)
    qtbot.waitUntil(detail.preview.apply.isVisible, timeout=10_000)
    qtbot.mouseClick(detail.preview.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(services.editing.history(made.id).steps) == 3, timeout=5000)
    loud = heard(services, made.id)
    factor = np.abs(loud).max() / np.abs(quiet).max()
    assert factor > 5
    np.testing.assert_allclose(loud, quiet * factor, atol=1e-3)
    qtbot.waitUntil(detail.edit_bar.isVisible, timeout=5000)


def test_less_noise_is_heard_before_and_discarded_with_another_recording(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    other, made = add("Other", 5), add("Note")
    window = opened(open_window, qtbot)
    detail = window.library.detail
    detail.waveform.select(0.2, 0.8)
    click(window, qtbot, Tool.REDUCE_NOISE)
    assert detail.preview.isVisible()
    assert window.library.player._source.preview is not None
    window.library.list.select(other.id)
    qtbot.waitUntil(lambda: detail.recording_id == other.id, timeout=5000)
    assert not detail.preview.isVisible()
    assert not services.library.get(made.id).edit_list
    window.library.list.select(made.id)
    qtbot.waitUntil(lambda: detail.recording_id == made.id, timeout=5000)
    detail.waveform.select(0.2, 0.8)
    click(window, qtbot, Tool.REDUCE_NOISE)
    detail.preview.apply.click()
    qtbot.waitUntil(
        lambda: any(s.noise_reduced for s in services.library.get(made.id).edit_list), timeout=5000
    )


def test_undo_goes_on_after_a_restart_and_back_to_as_recorded(
    open_app: Callable[[], WindowApp], add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    whole = heard(services, made.id)
    app = open_app()
    qtbot.waitUntil(lambda: app.window.library.detail.waveform.has_peaks, timeout=5000)
    app.window.library.detail.transport.edit.click()
    for _ in range(2):
        app.window.library.detail.waveform.select(0.1, 0.2)
        click(app.window, qtbot, Tool.CUT)
        left = app.window.library.detail.waveform.duration_s - 0.1
        until_shown(app.window, left, qtbot)
    app.shut_down()
    app.window.hide()
    again = open_app().window
    qtbot.waitUntil(lambda: again.library.detail.waveform.has_peaks, timeout=5000)
    click(again, qtbot, Tool.UNDO)
    click(again, qtbot, Tool.UNDO)  # quickly, in order
    until_shown(again, 1.0, qtbot)
    assert (heard(services, made.id) == whole).all()
    click(again, qtbot, Tool.REDO)
    until_shown(again, 0.9, qtbot)
    click(again, qtbot, Tool.AS_RECORDED)
    until_shown(again, 1.0, qtbot)
    click(again, qtbot, Tool.UNDO)
    until_shown(again, 0.9, qtbot)


def test_split_makes_two_and_the_toast_makes_one_of_them_again(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    whole = heard(services, made.id)
    window = opened(open_window, qtbot)
    window.library.detail.transport.edit.click()
    window.library.player.seek(0.25)
    click(window, qtbot, Tool.SPLIT)
    qtbot.waitUntil(lambda: window.library.model.total == 2, timeout=5000)
    until_shown(window, 0.25, qtbot)
    assert window.library.list.selected_id == made.id
    (second,) = [r for r in services.library.with_ids(None) if r.id != made.id]
    assert (heard(services, second.id) == whole[2000:]).all()
    assert window.library.toast.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    until_shown(window, 1.0, qtbot)
    qtbot.waitUntil(lambda: services.library.get(second.id).trashed_at is not None, timeout=5000)


def test_joining_makes_a_new_recording_of_the_oldest_first(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    new, old = add("New"), add("Old", 3)
    services.editing.trim(old.id, 0, 0.5)
    parts = np.concatenate([heard(services, old.id), heard(services, new.id)])
    window = opened(open_window, qtbot)
    window.library.join([new.id, old.id])
    qtbot.waitUntil(lambda: window.library.model.total == 3, timeout=5000)
    qtbot.waitUntil(lambda: window.library.detail.title.text() == "Old (joined)", timeout=5000)
    joined = window.library.detail.recording_id
    assert (heard(services, joined) == parts).all()
    window.library.toast.undo.click()
    qtbot.waitUntil(lambda: services.library.get(joined).trashed_at is not None, timeout=5000)


def test_what_was_changed_elsewhere_is_not_cut_and_is_shown_anew(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    window = opened(open_window, qtbot)
    services.editing.trim(made.id, 0, 0.5)
    window.library.detail.waveform.select(0.6, 0.8)
    click(window, qtbot, Tool.CUT)
    until_shown(window, 0.5, qtbot)
    assert "changed meanwhile" in window.banner.text
    assert len(services.editing.history(made.id).steps) == 2


def test_tools_say_why_they_do_nothing(open_window: Open, add: Add, services: Services, qtbot: Any) -> None:
    made = add("Note")
    services.library.path_of(made.masters[0]).unlink()
    window = open_window()
    bar = window.library.detail.edit_bar
    window.library.detail.transport.edit.click()
    window.library.detail.waveform.select(0.1, 0.2)
    assert not bar.buttons[Tool.CUT].isEnabled()
    assert "missing" in bar.buttons[Tool.CUT].toolTip()
    window.library.edits.trim()
    assert not services.library.get(made.id).edit_list


def test_a_take_that_runs_and_the_trash_have_no_tools(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    add("Running", state=MasterState.RECORDING)
    window = open_window()
    assert not window.library.detail.edit_bar.isVisible()
    assert not window.library.detail.transport.edit.isVisible()


def test_steps_of_a_newer_version_are_left_alone_and_editing_goes_on(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    services.editing.cut(made.id, 0.0, 0.1)
    with services.library.database.session(write=True) as connection:
        connection.execute(schema.edit_steps.update().values(segments='{"version": 99}'))
    window = opened(open_window, qtbot)
    window.library.detail.transport.edit.click()
    click(window, qtbot, Tool.UNDO)
    qtbot.waitUntil(lambda: "cannot be read" in window.banner.text, timeout=5000)
    window.library.detail.waveform.select(0.0, 0.1)
    click(window, qtbot, Tool.CUT)
    until_shown(window, 0.8, qtbot)


def test_no_edit_blocks_the_window(open_window: Open, add: Add, qtbot: Any) -> None:
    add("Note")
    window = opened(open_window, qtbot)
    detail = window.library.detail
    detail.transport.edit.click()
    with EventLoopWatch() as watch:
        for number in range(4):
            detail.waveform.select(0.1, 0.15)
            window.library.edits.ask(Tool.CUT)
            until_shown(window, 1 - 0.05 * (number + 1), qtbot)
        for _ in range(6):  # more than there are: the last ones do nothing
            window.library.edits.undo()
        until_shown(window, 1.0, qtbot)
    assert not window.banner.isVisible()
    assert not watch.over(0.05), watch.worst


@pytest.mark.parametrize(
    ("advice", "words"),
    [
        (
            NormaliseAdvice(-27, -12, 11, False),
            "-27 LUFS, quiet. It becomes -16 LUFS, as loud as most podcasts.",
        ),
        (NormaliseAdvice(-40, -12, 11, True), "-40 LUFS, very quiet. It becomes -29 LUFS, limited by its "),
        (NormaliseAdvice(-16, -3, 0.1, False), "-16 LUFS, comfortable. That is as loud as it should be."),
        (
            NormaliseAdvice(-18, 0, -1, True),
            "-18 LUFS, comfortable. Its loudest peak leaves no room to make it ",
        ),
        (NormaliseAdvice(-8, -1, -8, False), "-8 LUFS, loud. It becomes -16 LUFS, as loud as most podcasts."),
    ],
)
def test_loudness_in_words(advice: NormaliseAdvice, words: str) -> None:
    assert edit_words.loudness_words(advice).replace("\N{MINUS SIGN}", "-").startswith(words)


def test_every_name_that_an_edit_gives_a_step_has_words(add: Add, services: Services) -> None:
    made, other = add("Note"), add("Other")
    editing = services.editing
    editing.cut(made.id, 0.1, 0.2)
    editing.trim(made.id, 0, 0.8)
    editing.insert(made.id, 0.1, other.id)
    editing.fade_in(made.id, 0, 0.1)
    editing.fade_out(made.id, 0, 0.1)
    editing.reduce_noise(made.id, 0, 0.1)
    editing.reduce_noise(made.id, 0, 0.1, reduced=False)
    editing.normalise(made.id, 0, 1, NormaliseAdvice(0, 0, -3, False))
    editing.split(made.id, 0.7)
    editing.record_over(made.id, 0.1, add("Take").id)
    editing.append(made.id, add("Take").id)
    names = [step.name for step in editing.history(made.id).steps]
    assert len(names) == 12
    for name in [*names, "Replaced 0:03 by 0:05"]:
        assert edit_words.step_words(name) == name
        assert sum(re.fullmatch(pattern, name) is not None for pattern in edit_words._steps()) == 1
    assert edit_words.step_words("Something newer") == "Something newer"


def test_what_was_edited_without_cutting_says_so(add: Add, services: Services) -> None:
    made = add("Note")
    assert edit_words.facts_line(made) == phrases.meta_line(made)
    assert edit_words.heard_words(made) == ""
    faded = services.editing.fade_in(made.id, 0, 0.5)
    assert "edited: 0:01" in edit_words.facts_line(faded)
    cut = services.editing.cut(made.id, 0, 0.5)
    assert "edited: 0:00 of 0:01" in edit_words.facts_line(cut)
    assert Timeline.of(cut).duration_s == 0.5
