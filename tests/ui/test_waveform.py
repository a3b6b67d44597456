"""The waveform and its overview as widgets: what is drawn, and what mouse and keys do."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from voice_recorder.audio.peaks import Peaks
from voice_recorder.ui import wave_words
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.wave_overview import WaveStrip
from voice_recorder.ui.wave_painting import RULER, SIDE, Samples
from voice_recorder.ui.wave_view import WaveView
from voice_recorder.ui.waveform import Flag, Waveform

DURATION_S = 100.0
WIDTH = 616  # 600 pixels of sound
BELOW_FLAGS = 100


@pytest.fixture
def wave(qapp: QApplication) -> Iterator[Waveform]:
    """A recording of 100 s, silent but for its second half; six pixels a second."""
    wave = Waveform(Theme(qapp, "light"))
    wave.resize(WIDTH, wave.height())
    wave.show_recording(DURATION_S, b"")
    level = np.where(np.arange(10_000) < 5000, 0, 100).astype(np.int8)
    wave.show_peaks(Peaks(100.0, -level, level))
    wave.show()
    yield wave
    wave.close()
    wave.deleteLater()


def pixels(wave: Waveform) -> QImage:
    return wave.grab().toImage()


def colours_at(image: QImage, x: int) -> set[str]:
    return {QColor(image.pixel(x, y)).name() for y in range(RULER + 3, image.height() - 3)}


def at(wave: Waveform, second: float, y: int = BELOW_FLAGS) -> QPoint:
    return QPoint(round(wave.x_of(second)), y)


def drag(qtbot: Any, wave: Waveform, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(wave, Qt.MouseButton.LeftButton, pos=start)
    middle = QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2)
    for place in (middle, end):
        qtbot.mouseMove(wave, place)
    qtbot.mouseRelease(wave, Qt.MouseButton.LeftButton, pos=end)


def wheel(wave: Waveform, x: float, turn: int, keys: Qt.KeyboardModifier) -> None:
    place = QPointF(x, BELOW_FLAGS)
    event = QWheelEvent(
        place, wave.mapToGlobal(place), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(wave, event)


def test_silence_is_low_sound_is_high_and_what_was_played_is_tinted(wave: Waveform) -> None:
    heights = wave.column_heights
    assert len(heights) == 200
    assert max(heights[:99]) == 0
    assert min(heights[101:]) > 0.7
    wave.show_position(75.0)
    image = pixels(wave)
    colours = wave._theme.colours
    columns = {second: SIDE + round(second * 6) // 3 * 3 for second in (60, 90)}
    assert colours.wave_played in colours_at(image, columns[60])
    assert colours.wave in colours_at(image, columns[90])
    assert colours.wave_played not in colours_at(image, columns[90])


def test_a_moving_cursor_repaints_only_what_it_passed(wave: Waveform, qtbot: Any) -> None:
    wave.show_position(50.0)
    QApplication.processEvents()
    regions: list[Any] = []

    original = wave.paintEvent
    wave.paintEvent = lambda event: (regions.append(event.rect()), original(event))[1]  # type: ignore[method-assign]
    wave.show_position(50.5)
    qtbot.waitUntil(lambda: bool(regions), timeout=2000)
    assert max(region.width() for region in regions) < 30
    assert pixels(wave) == _fresh(wave)


def _fresh(wave: Waveform) -> QImage:
    """The same, painted as a whole."""
    wave.update()
    QApplication.processEvents()
    return pixels(wave)


@pytest.mark.parametrize("x", [30.0, 300.0, 590.0])
def test_zooming_keeps_the_second_under_the_pointer(wave: Waveform, x: float) -> None:
    before = wave.second_at(x)
    for _ in range(40):
        wheel(wave, x, 120, Qt.KeyboardModifier.ControlModifier)
        assert abs(wave.x_of(before) - x) <= 1
    assert wave.view.span_s < 0.01
    for _ in range(40):
        wheel(wave, x, -120, Qt.KeyboardModifier.ControlModifier)
    assert wave.view.is_whole


def test_the_wheel_scrolls_what_is_zoomed_in_and_leaves_the_rest_to_the_page(wave: Waveform) -> None:
    wheel(wave, 300, -120, Qt.KeyboardModifier.NoModifier)
    assert wave.view.start_s == 0
    wave.zoom(4, 300)
    start = wave.view.start_s
    wheel(wave, 300, -120, Qt.KeyboardModifier.NoModifier)
    assert wave.view.start_s > start
    wheel(wave, 300, 12000, Qt.KeyboardModifier.ShiftModifier)
    assert wave.view.start_s == 0


def test_scrolling_moves_the_same_columns(wave: Waveform) -> None:
    rng = np.random.default_rng(4)
    level = rng.integers(0, 120, 10_000).astype(np.int8)
    wave.show_peaks(Peaks(100.0, -level, level))
    wave.zoom(3, 300)
    before = wave.column_heights
    wave.set_view(wave.view.scrolled(30))
    assert wave.column_heights[:-11] == before[10:-1]


def test_a_click_seeks_a_drag_selects(wave: Waveform, qtbot: Any) -> None:
    sought: list[float] = []
    selected: list[tuple[float, float]] = []
    wave.sought.connect(sought.append)
    wave.selection_changed.connect(lambda start, end: selected.append((start, end)))
    qtbot.mouseClick(wave, Qt.MouseButton.LeftButton, pos=at(wave, 25))
    assert sought == [pytest.approx(25, abs=0.2)]
    drag(qtbot, wave, at(wave, 60), at(wave, 40))
    assert len(sought) == 1
    assert wave.selection == selected[-1] == (pytest.approx(40, abs=0.2), pytest.approx(60, abs=0.2))
    assert "0:20.0 selected" in wave.accessibleDescription()
    drag(qtbot, wave, at(wave, 60), at(wave, 70))  # its edge
    assert wave.selection == (pytest.approx(40, abs=0.2), pytest.approx(70, abs=0.2))
    qtbot.keyClick(wave, Qt.Key.Key_Escape)
    assert wave.selection is None
    assert selected[-1][0] == selected[-1][1]


def test_the_ruler_scrubs(wave: Waveform, qtbot: Any) -> None:
    sought: list[float] = []
    scrubbing: list[bool] = []
    wave.sought.connect(sought.append)
    wave.scrubbing_changed.connect(scrubbing.append)
    drag(qtbot, wave, at(wave, 10, 5), at(wave, 30, 5))
    assert sought == [pytest.approx(s, abs=0.2) for s in (10, 20, 30)]
    assert scrubbing == [True, False]
    assert wave.selection is None


def test_keys_seek_extend_the_selection_and_zoom(wave: Waveform, qtbot: Any) -> None:
    wave.seek(50)
    qtbot.keyClick(wave, Qt.Key.Key_Right)
    assert wave.position_s == 55
    qtbot.keyClick(wave, Qt.Key.Key_PageUp)
    assert wave.position_s == 25
    step = wave.view.ruler_step_s / 5
    for _ in range(3):
        qtbot.keyClick(wave, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert wave.selection == (25, 25 + 3 * step)
    for _ in range(5):
        qtbot.keyClick(wave, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert wave.selection == (25 - 2 * step, 25)
    qtbot.keyClick(wave, Qt.Key.Key_Home, Qt.KeyboardModifier.ShiftModifier)
    assert wave.selection == (0, 25)
    qtbot.keyClick(wave, Qt.Key.Key_Plus)
    assert not wave.view.is_whole
    qtbot.keyClick(wave, Qt.Key.Key_0)
    assert wave.view.is_whole
    qtbot.keyClick(wave, Qt.Key.Key_End)
    assert wave.position_s == DURATION_S


def test_flags_are_clicked_dragged_and_bound_a_double_click(wave: Waveform, qtbot: Any) -> None:
    wave.show_flags([Flag(20.0, "figures", 0), Flag(80.0, "", 1)])
    sought: list[float] = []
    moved: list[tuple[int, float]] = []
    wave.sought.connect(sought.append)
    wave.flag_moved.connect(lambda number, second: moved.append((number, second)))
    head = at(wave, 20, RULER + 6) + QPoint(3, 0)
    qtbot.mouseClick(wave, Qt.MouseButton.LeftButton, pos=head)
    assert sought == [20.0]
    drag(qtbot, wave, head, at(wave, 30, RULER + 6))
    assert moved == [(0, pytest.approx(30, abs=0.2))]
    assert wave_words.hint(wave, at(wave, 80)) == "Marker at 1:20.0"
    qtbot.mouseDClick(wave, Qt.MouseButton.LeftButton, pos=at(wave, 50))
    assert wave.selection == (pytest.approx(30, abs=0.2), 80)


def test_the_view_turns_the_page_with_the_cursor_unless_somebody_looked_elsewhere(wave: Waveform) -> None:
    wave.zoom(10, SIDE)
    wave.show_position(9.9)
    start = wave.view.start_s
    assert start == 0
    wave.show_position(10.1)
    assert wave.view.start_s > 8
    assert wave.view.shows(10.1)
    wave.set_view(wave.view.starting_at(50))
    wave.show_position(10.2)
    assert wave.view.start_s == pytest.approx(50, abs=0.1)
    wave.seek(20)
    assert wave.view.shows(20)


def test_deeper_than_the_peaks_the_samples_are_asked_for_and_drawn(wave: Waveform, qtbot: Any) -> None:
    with qtbot.waitSignal(wave.samples_wanted, timeout=2000) as wanted:
        wave.zoom(400, 300)
    start, end = wanted.args
    assert start <= wave.view.start_s < wave.view.end_s <= end
    blank = pixels(wave)
    rate = 8000
    frames = np.sin(np.arange(round((end - start) * rate)) / 40).astype(np.float32)[:, None]
    wave.show_samples(Samples.of(start, rate, frames))
    assert wave.sound.has_samples(wave.view)
    assert pixels(wave) != blank
    columns = [colours_at(pixels(wave), x) for x in range(SIDE + 5, SIDE + 590)]
    assert all(wave._theme.colours.wave in c or wave._theme.colours.wave_played in c for c in columns)
    before = pixels(wave)
    wave.zoom(30, 300)
    assert pixels(wave) != before


def test_a_place_is_pointed_out_for_a_moment(wave: Waveform, qtbot: Any) -> None:
    wave.zoom(10, SIDE)
    plain = wave.view
    wave.show_place(70.0)
    assert wave.view != plain
    assert wave.view.shows(70.0)
    shown = pixels(wave)
    qtbot.waitUntil(lambda: pixels(wave) != shown, timeout=4000)


def test_an_edit_keeps_what_is_in_view(wave: Waveform) -> None:
    wave.zoom(8, 300)
    view = wave.view
    wave.show_length(90.0)
    assert (wave.view.pixel_s, wave.view.first) == pytest.approx((view.pixel_s, view.first))
    assert wave.duration_s == 90.0
    wave.zoom_to_fit()
    wave.show_length(60.0)
    assert wave.view.is_whole


def test_a_frame_in_the_overview_is_dragged(wave: Waveform, qapp: QApplication, qtbot: Any) -> None:
    holder = QWidget()
    strip = WaveStrip(wave._theme, wave)
    strip.setParent(holder)
    strip.resize(WIDTH, strip.sizeHint().height())
    holder.show()
    overview = strip.overview
    assert not strip.fit.isEnabled()
    whole = overview.grab().toImage()
    strip.zoom_in.click()
    strip.zoom_in.click()
    assert overview.grab().toImage() != whole
    wave.set_view(wave.view.starting_at(0))
    start = overview.frame().center().toPoint()
    qtbot.mousePress(overview, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(overview, start + QPoint(100, 0))
    qtbot.mouseRelease(overview, Qt.MouseButton.LeftButton, pos=start + QPoint(100, 0))
    assert overview.frame().center().x() == pytest.approx(start.x() + 100, abs=2)
    qtbot.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPoint(overview.width() - 20, 10))
    assert wave.view.end_s == pytest.approx(DURATION_S, abs=0.5)
    strip.fit.click()
    assert wave.view.is_whole
    holder.close()


def test_a_running_take_and_an_empty_recording_are_drawn(wave: Waveform) -> None:
    wave.setEnabled(False)
    pixels(wave)
    wave.setEnabled(True)
    wave.show_recording(0.0, b"")
    pixels(wave)
    assert wave.second_at(300) == 0.0


def test_ruler_labels_have_room_at_every_zoom() -> None:
    view = WaveView.whole(4 * 3600, 800)
    seen: set[str] = set()
    while view.pixel_s > 2e-5:
        ticks = view.ticks()
        places = [x for x, _words in ticks]
        assert all(b - a >= 84 for a, b in pairwise(places))
        assert len({words for _x, words in ticks}) == len(ticks)
        seen.update(words for _x, words in ticks)
        view = view.zoomed(1.7, 400)
    assert {"0:00", "1:00:00", "2:00:00"} <= seen
