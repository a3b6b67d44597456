"""Listening in the window: markers, keys, pauses, places, and edits that arrive while it is open."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from tests.ui.conftest import Add
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import Marker, Recording, Segment
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.ui import marker_places
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.play_rules import Loop
from voice_recorder.ui.wave_painting import RULER

Open = Callable[[], MainWindow]


def stored(services: Services, recording: Recording) -> list[tuple[float, str]]:
    rate = recording.masters[0].sample_rate_hz
    return [(marker.frame / rate, marker.label) for marker in services.library.markers(recording.id)]


def test_m_marks_the_place_that_is_heard_and_its_name_is_kept(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    window = open_window()
    detail = window.library.detail
    assert not detail.markers.isVisible()
    window.library.player.seek(0.25)
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert [flag.at_s for flag in detail.waveform.flags] == [0.25]
    row = detail.markers.rows[0]
    row.label.setFocus()
    qtbot.keyClicks(row.label, "figures m1")  # no key of ours while that is typed
    qtbot.keyClick(row.label, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stored(services, made) == [(0.25, "figures m1")], timeout=5000)
    qtbot.waitUntil(lambda: [f.label for f in detail.waveform.flags] == ["figures m1"])


def test_a_marker_is_dragged_jumped_to_deleted_and_had_back(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note", markers=(0.2, 0.6))
    window = open_window()
    detail, player = window.library.detail, window.library.player
    wave = detail.waveform
    head = QPoint(round(wave.x_of(0.2)) + 3, RULER + 6)
    qtbot.mousePress(wave, Qt.MouseButton.LeftButton, pos=head)
    target = QPoint(round(wave.x_of(0.4)), RULER + 6)
    qtbot.mouseMove(wave, target - QPoint(20, 0))
    qtbot.mouseMove(wave, target)
    qtbot.mouseRelease(wave, Qt.MouseButton.LeftButton, pos=target)
    qtbot.waitUntil(
        lambda: [s for s, _ in stored(services, made)] == [pytest.approx(0.4, abs=0.01), 0.6], timeout=5000
    )
    detail.markers.rows[0].time.click()
    assert player.position_s == pytest.approx(0.4, abs=0.01)
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert player.position_s == 0.6
    detail.markers.rows[0].delete.click()
    qtbot.waitUntil(lambda: len(stored(services, made)) == 1, timeout=5000)
    window.library.toast.undo.click()
    qtbot.waitUntil(lambda: len(stored(services, made)) == 2, timeout=5000)
    assert len(detail.waveform.flags) == 2


def test_what_cannot_be_stored_is_said_and_the_library_is_shown_again(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note", markers=(0.2,))
    window = open_window()
    detail = window.library.detail
    qtbot.waitUntil(lambda: detail.waveform.has_peaks, timeout=5000)
    nowhere = Marker("no such master", 1)
    with qtbot.waitSignal(window.library.failed, timeout=5000):
        window.library.sound._store((nowhere,))
    qtbot.waitUntil(lambda: [f.at_s for f in detail.waveform.flags] == [0.2], timeout=5000)
    assert stored(services, made) == [(0.2, "here")]


def test_keys_set_a_loop_and_single_keys_can_be_switched_off(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    add("Note", markers=(0.5,))
    window = open_window()
    player, detail = window.library.player, window.library.detail
    player.seek(0.25)
    qtbot.keyClick(window, Qt.Key.Key_A)
    player.seek(0.75)
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert player.loop == Loop(0.25, 0.75)
    assert detail.transport.loop.isChecked()
    picture = detail.waveform.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert player.loop is None
    assert detail.waveform.grab().toImage() != picture
    services.settings.set("shortcuts.single_keys", False)
    window._apply_settings()
    for key in (Qt.Key.Key_A, Qt.Key.Key_1, Qt.Key.Key_J):
        qtbot.keyClick(window, key)
    assert player.loop is None
    assert player.position_s == 0.25


def test_the_loop_button_goes_through_a_b_and_none(open_window: Open, add: Add) -> None:
    add("Note")
    window = open_window()
    player, button = window.library.player, window.library.detail.transport.loop
    names = [button.accessibleName()]
    for place in (0.2, 0.6, 0.7):
        player.seek(place)
        button.click()
        names.append(button.accessibleName())
    assert names == ["Loop: from here (A)", "Loop: up to here (B)", "End the loop", "Loop: from here (A)"]
    assert not button.isChecked()


def test_what_is_selected_is_looped_and_the_button_shows_where_it_plays(open_window: Open, add: Add) -> None:
    add("Note")
    window = open_window()
    player, detail = window.library.player, window.library.detail
    detail.waveform.select(0.4, 0.8)
    detail.transport.loop.click()
    assert player.loop == Loop(0.4, 0.8)
    assert player.position_s == 0.4


def test_silence_is_looked_for_once_and_the_choice_is_kept(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    add("Note")
    window = open_window()
    skip = window.library.detail.transport.skip
    skip.click()
    assert "looking" in skip.accessibleName()
    qtbot.waitUntil(lambda: skip.accessibleName() == "Do not skip silence", timeout=20000)
    qtbot.waitUntil(lambda: services.settings.current.playback_skip_silence)
    skip.click()
    assert skip.accessibleName() == "Skip silence"
    qtbot.waitUntil(lambda: not services.settings.current.playback_skip_silence)


def test_a_place_of_another_recording_is_shown_when_that_is(open_window: Open, add: Add, qtbot: Any) -> None:
    other = add("Other", 5)
    add("Note")
    window = open_window()
    detail, player = window.library.detail, window.library.player
    detail.show_place(0.7, other.id)
    assert player.position_s == 0.0
    window.library.list.select(other.id)
    qtbot.waitUntil(lambda: player.position_s == 0.7, timeout=5000)
    detail.show_place(0.3)
    assert player.position_s == 0.3


def test_an_edit_changes_length_peaks_and_what_is_played(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Note", markers=(0.1, 0.9))
    window = open_window()
    detail = window.library.detail
    qtbot.waitUntil(lambda: detail.waveform.has_peaks, timeout=5000)
    window.library.player.seek(0.3)
    whole = Timeline.of(made)
    services.edits.apply(made.id, "Trim", whole.trim(0.5, 1.0), expected=whole.segments)
    window.library.model.refresh()
    qtbot.waitUntil(lambda: detail.waveform.duration_s == 0.5, timeout=5000)
    assert window.library.player.position_s == 0.3
    assert [flag.at_s for flag in detail.waveform.flags] == [pytest.approx(0.4)]
    assert window.library.player._source.rendered is not None
    assert "0:00 / 0:00" in detail.transport._time.text()


def test_the_samples_of_a_deep_zoom_are_read_beside_the_window(
    open_window: Open, add: Add, qtbot: Any
) -> None:
    add("Note")
    window = open_window()
    wave = window.library.detail.waveform
    qtbot.waitUntil(lambda: wave.has_peaks, timeout=5000)
    wave.zoom(40, 100)
    qtbot.waitUntil(lambda: wave.sound.has_samples(wave.view), timeout=5000)
    samples = wave.sound.samples
    assert samples is not None
    begin = round(samples.start_s * 8000)
    expected = np.sin(np.arange(8000) / 8) * np.linspace(0.1, 0.8, 8000)
    np.testing.assert_allclose(samples.mean, expected[begin : begin + len(samples.mean)], atol=1e-3)


def test_a_theme_that_changes_paints_the_waveform_anew(open_window: Open, add: Add) -> None:
    add("Note")
    window = open_window()
    window._theme.choose("light")
    light = window.library.detail.waveform.grab().toImage()
    window._theme.choose("dark")
    QApplication.processEvents()
    dark = window.library.detail.waveform.grab().toImage()
    assert light.pixelColor(2, 2).lightness() > 200 > 60 > dark.pixelColor(2, 2).lightness()


def test_the_controls_fold_in_a_narrow_window(open_window: Open, add: Add) -> None:
    add("Note")
    window = open_window()
    transport = window.library.detail.transport
    for width, rows in ((300, 2), (700, 1)):
        transport.setFixedWidth(width)
        QApplication.processEvents()
        for button in (transport.play, transport.skip, transport.loop, transport.speed):
            right = button.mapTo(transport, QPoint(button.width(), 0)).x()
            assert right <= width
        tops = {w.mapTo(transport, QPoint()).y() > 40 for w in (transport.play, transport.skip)}
        assert len(tops) == rows


def test_markers_of_sound_that_was_cut_out_are_kept_without_a_flag(add: Add) -> None:
    made = add("Note")
    master = made.masters[0]
    markers = (Marker(master.id, 800, "in"), Marker(master.id, 6000, "out"), Marker("another", 5, "lost"))
    cut = replace(made, edit_list=(Segment(master.id, 400, 2000), Segment(master.id, 700, 900)))
    found = marker_places.flags(cut, markers)
    assert [(f.number, round(f.at_s, 4)) for f in found] == [(0, 0.05), (0, 0.2125)]
    moved = marker_places.moved(cut, markers, 0, 0.1)
    assert moved == (Marker(master.id, 1200, "in"), *markers[1:])
    assert Timeline.of(cut).seconds_of(master.id, 1200)
    assert marker_places.without(markers, 1) == (markers[0], markers[2])


def test_a_take_that_runs_has_nothing_to_mark_or_play(
    open_window: Open, add: Add, services: Services, qtbot: Any
) -> None:
    made = add("Running", state=MasterState.RECORDING)
    window = open_window()
    window.library.sound.add_marker()
    assert stored(services, made) == []
    assert not window.library.detail.strip.isEnabled()
