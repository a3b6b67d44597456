"""Pixel Recorder's search that finds the moment: the places in a recording that match, and the way there."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.ui.conftest import Add
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import Marker, Recording
from voice_recorder.services import Services
from voice_recorder.ui.main_window import MainWindow

Open = Callable[[], MainWindow]
Marked = Callable[[str, Mapping[float, str]], Recording]
FORTH, BACK = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def marked(add: Add, services: Services) -> Marked:
    """Add a recording of a second with named markers, by where they are."""

    def marked(title: str, names: Mapping[float, str]) -> Recording:
        made = add(title)
        master = made.masters[0]
        rate = master.sample_rate_hz
        services.edits.set_markers(
            made.id, [Marker(master.id, round(s * rate), name) for s, name in names.items()]
        )
        return made

    return marked


@pytest.fixture
def call(marked: Marked, add: Add) -> Recording:
    add("Groceries", 2)
    return marked("A call", {0.2: "Budget", 0.5: "Figures", 0.8: "The budget again"})


def look_for(window: MainWindow, words: str, qtbot: Any) -> None:
    field = window.header.search
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, words)
    qtbot.waitUntil(lambda: window.library.model.query.search == words and window.library.model.ready)


def found_flags(window: MainWindow) -> list[float]:
    return [flag.at_s for flag in window.library.detail.waveform.flags if flag.found]


def test_a_search_points_out_the_moments_and_f3_goes_from_one_to_the_next(
    open_window: Open, call: Recording, qtbot: Any
) -> None:
    window = open_window()
    detail, player = window.library.detail, window.library.player
    assert not detail.hits.isVisible()
    look_for(window, "budg", qtbot)
    qtbot.waitUntil(lambda: detail.recording_id == call.id and found_flags(window) == [0.2, 0.8])
    assert window.library.model.total == 1
    assert player.position_s == 0.0  # only shown: jumping is asked for
    assert detail.hits.isVisible()
    assert detail.hits.text.text() == "2 places with “budg”"
    times = [row.time for row in detail.markers.rows]
    found = "Found by the search"
    assert [time.accessibleDescription() for time in times] == [found, "", found]
    reached = []
    for modifier in (FORTH, FORTH, FORTH, BACK, BACK):
        qtbot.keyClick(window.header.search, Qt.Key.Key_F3, modifier)
        reached.append((player.position_s, detail.hits.text.text()))
    first, second = (0.2, "Place 1 of 2 with “budg”"), (0.8, "Place 2 of 2 with “budg”")
    assert reached == [first, second, first, second, first]
    assert not player.playing
    window.header.search.clear()
    qtbot.waitUntil(lambda: not detail.hits.isVisible())
    assert found_flags(window) == []
    qtbot.keyClick(window, Qt.Key.Key_F3)
    assert player.position_s == 0.2


def test_enter_in_the_search_field_and_the_buttons_do_the_same(
    open_window: Open, call: Recording, qtbot: Any
) -> None:
    window = open_window()
    detail, player = window.library.detail, window.library.player
    look_for(window, "budget", qtbot)
    qtbot.waitUntil(lambda: found_flags(window) == [0.2, 0.8])
    qtbot.keyClick(window.header.search, Qt.Key.Key_Return)
    assert player.position_s == 0.2
    qtbot.keyClick(window.header.search, Qt.Key.Key_Enter, BACK)
    assert player.position_s == 0.8
    for button, place in ((detail.hits.previous, 0.2), (detail.hits.next, 0.8)):
        assert min(button.width(), button.height()) >= 32
        button.click()
        assert player.position_s == place
    names = [button.accessibleName() for button in (detail.hits.previous, detail.hits.next)]
    assert names == ["Go to the place found before", "Go to the next place found"]
    assert detail.hits.next.toolTip() == "Go to the next place found (F3)"


def test_enter_looks_at_once_for_what_was_just_typed_and_jumps_nowhere(
    open_window: Open, call: Recording, qtbot: Any
) -> None:
    window = open_window()
    player = window.library.player
    look_for(window, "budget", qtbot)
    qtbot.waitUntil(lambda: found_flags(window) == [0.2, 0.8])
    field = window.header.search
    field.selectAll()
    qtbot.keyClicks(field, "fig")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.library.model.query.search == "fig"
    assert found_flags(window) == [0.5]
    assert player.position_s == 0.0
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert player.position_s == 0.5


def test_from_a_place_chosen_by_hand_the_way_goes_to_the_nearest_ones(
    open_window: Open, marked: Marked, qtbot: Any
) -> None:
    marked("Note", {0.0: "one", 0.3: "one", 0.6: "one", 0.9: "one"})
    window = open_window()
    hits, player = window.library.detail.hits, window.library.player
    look_for(window, "one", qtbot)
    qtbot.waitUntil(lambda: len(found_flags(window)) == 4)
    reached = []
    for at, go in ((0.0, hits.go_on), (0.4, hits.go_on), (0.4, hits.go_back), (0.95, hits.go_on)):
        player.seek(at)
        go()
        reached.append(player.position_s)
    assert reached == [0.0, 0.6, 0.3, 0.0]
    player.seek(0.1)  # as after a moment of playing
    hits.go_back()
    assert player.position_s == 0.9


def test_the_view_scrolls_there_and_what_plays_goes_on_from_there(
    open_window: Open, call: Recording, qtbot: Any
) -> None:
    window = open_window()
    detail, player = window.library.detail, window.library.player
    wave, page = detail.waveform, detail._scroll.verticalScrollBar()
    look_for(window, "again", qtbot)
    qtbot.waitUntil(lambda: found_flags(window) == [0.8])
    wave.zoom(20, wave.x_of(0.1))
    assert not wave.view.shows(0.8)
    page.setValue(page.maximum())
    player.loop_over(0.0, 1.0)
    player.toggle()
    qtbot.waitUntil(lambda: player.playing, timeout=8000)
    detail.hits.go_on()
    assert player.position_s == 0.8
    assert player.playing
    assert wave.view.shows(0.8)
    assert page.value() <= wave.geometry().bottom()
    player.pause()


def test_hits_follow_markers_and_edits_that_come_while_the_search_stands(
    open_window: Open, call: Recording, services: Services, qtbot: Any
) -> None:
    window = open_window()
    detail = window.library.detail
    look_for(window, "budget", qtbot)
    qtbot.waitUntil(lambda: found_flags(window) == [0.2, 0.8])
    row = detail.markers.rows[1]
    row.label.setFocus()
    row.label.selectAll()
    qtbot.keyClicks(row.label, "Budget, too")
    qtbot.keyClick(row.label, Qt.Key.Key_Return)
    assert found_flags(window) == [0.2, 0.5, 0.8]
    assert detail.hits.text.text() == "3 places with “budget”"
    qtbot.waitUntil(lambda: services.library.markers(call.id)[1].label == "Budget, too")
    whole = Timeline.of(call)
    services.edits.apply(call.id, "Trim", whole.trim(0.4, 0.7), expected=whole.segments)
    window.library.model.refresh()
    qtbot.waitUntil(lambda: found_flags(window) == [pytest.approx(0.1)])
    assert detail.hits.text.text() == "1 place with “budget”"
    services.edits.undo(call.id)
    window.library.model.refresh()
    qtbot.waitUntil(lambda: found_flags(window) == [0.2, 0.5, 0.8])


def test_what_was_found_is_drawn_otherwise(open_window: Open, call: Recording, qtbot: Any) -> None:
    window = open_window()
    wave = window.library.detail.waveform
    qtbot.waitUntil(lambda: wave.has_peaks)
    theme = window._theme

    def drawn(role: str) -> set[int]:
        """Columns in the row through the middle of the flags that have the colour of ``role``."""
        picture, wanted = wave.grab().toImage(), theme.colour(role).rgb()
        return {x for x in range(picture.width()) if picture.pixelColor(x, 28).rgb() == wanted}

    assert drawn("found") == set()
    look_for(window, "budget", qtbot)
    qtbot.waitUntil(lambda: found_flags(window) == [0.2, 0.8])
    places = [round(wave.x_of(second)) for second in (0.2, 0.5, 0.8)]
    found, others = drawn("found"), drawn("accent")
    assert all(any(abs(x - place) < 8 for x in found) for place in (places[0], places[2]))
    assert not any(abs(x - places[1]) < 12 for x in found)
    assert any(abs(x - places[1]) < 8 for x in others)


@pytest.mark.parametrize("words", ['" * ( ) -', "call", "x" * 10_000])
def test_where_nothing_matches_inside_there_is_no_line_and_no_jump(
    open_window: Open, call: Recording, words: str, qtbot: Any
) -> None:
    window = open_window()
    detail, player = window.library.detail, window.library.player
    player.seek(0.3)
    window.header.search.setText(words)
    qtbot.waitUntil(lambda: window.library.model.query.search == words)
    qtbot.keyClick(window, Qt.Key.Key_F3)
    qtbot.keyClick(window, Qt.Key.Key_F3, BACK)
    assert not detail.hits.isVisible()
    assert player.position_s == 0.3


def test_long_words_are_said_in_short(open_window: Open, marked: Marked, qtbot: Any) -> None:
    long = "x" * 10_000
    marked("Note", {0.5: long})
    window = open_window()
    window.header.search.setText(long)
    qtbot.waitUntil(lambda: found_flags(window) == [0.5])
    assert window.library.detail.hits.text.text() == f"1 place with “{'x' * 39}…”"
