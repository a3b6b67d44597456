from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.domain.settings import Theme as Choice
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.ui.recording_delegate import columns
from voice_recorder.ui.recordings_list import RecordingsList
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.theme import DAY_HEIGHT, ROW_HEIGHT, Theme
from voice_recorder.workers.lane import Lane


@pytest.fixture
def view(services: Services, lane: Lane, qapp: Any, qtbot: Any) -> RecordingsList:
    model = RecordingsModel(services, lane)
    theme = Theme(qapp, Choice.LIGHT.value)
    view = RecordingsList(theme, model)
    view.setProperty("theme", theme)
    view.test_theme = theme  # type: ignore[attr-defined]
    view.test_model = model  # type: ignore[attr-defined]
    view.resize(320, 500)
    qtbot.addWidget(view)
    view.show()
    return view


def _load(view: RecordingsList, qtbot: Any) -> RecordingsModel:
    model: RecordingsModel = view.test_model  # type: ignore[attr-defined]
    with qtbot.waitSignal(model.refreshed):
        model.refresh() if model.ready else model.show_query(LibraryQuery())
    return model


def test_headings_are_lower_than_rows(view: RecordingsList, qtbot: Any, add: Any) -> None:
    add("one")
    add("two", 48)
    model = _load(view, qtbot)
    heights = [view.rowHeight(row) for row in range(model.rowCount())]
    assert heights == [DAY_HEIGHT, ROW_HEIGHT, DAY_HEIGHT, ROW_HEIGHT]
    add("three", 0)
    _load(view, qtbot)
    assert [view.rowHeight(row) for row in range(model.rowCount())] == [
        DAY_HEIGHT, ROW_HEIGHT, ROW_HEIGHT, DAY_HEIGHT, ROW_HEIGHT,
    ]  # fmt: skip


def test_heights_and_place_follow_another_query(view: RecordingsList, qtbot: Any, add: Any) -> None:
    for i in range(12):
        add(f"talk {i}", i)
    add("apart", 50)
    add("apart as well", 100)
    model = _load(view, qtbot)
    view.scrollToBottom()
    for query in (LibraryQuery(search="apart"), LibraryQuery(), LibraryQuery(search="talk"), LibraryQuery()):
        with qtbot.waitSignal(model.refreshed):
            model.show_query(query)
        heights = [view.rowHeight(row) for row in range(model.rowCount())]
        assert heights == [DAY_HEIGHT if model.is_heading(row) else ROW_HEIGHT for row in range(len(heights))]
        assert view.verticalScrollBar().value() == 0
        view.scrollToBottom()


def test_the_selection_stays_on_its_recording_when_rows_move(
    view: RecordingsList, qtbot: Any, add: Any
) -> None:
    chosen = add("chosen", 0.02)
    add("other", 0.04)
    model = _load(view, qtbot)
    view.select(chosen.id)
    assert view.currentIndex().row() == 1
    add("new one above", 0)
    _load(view, qtbot)
    assert view.selected_id == chosen.id
    assert view.currentIndex().row() == model.row_of(chosen.id) == 2
    assert view.selected_ids() == [chosen.id]


def test_arrows_step_over_headings(view: RecordingsList, qtbot: Any, add: Any) -> None:
    first, second = add("first"), add("second", 72)
    _load(view, qtbot)
    view.select(first.id)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.selected_id == second.id
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.selected_id == first.id


def test_a_click_selects_and_tells_once(view: RecordingsList, qtbot: Any, add: Any) -> None:
    made = add("first")
    _load(view, qtbot)
    with qtbot.waitSignal(view.selected) as told:
        place = QPoint(40, DAY_HEIGHT + 20)
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [made.id]
    with qtbot.assertNotEmitted(view.selected):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 10))


def _colours(image: QImage, top: int, bottom: int) -> set[int]:
    return {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(top, bottom)}


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK])
@pytest.mark.parametrize(
    "fields",
    [{}, {"favourite": True}, {"recovered": True}, {"state": MasterState.MISSING},
     {"state": MasterState.DAMAGED}, {"state": MasterState.RECORDING}],
    ids=["plain", "favourite", "recovered", "missing", "damaged", "recording"],
)  # fmt: skip
def test_every_kind_of_row_is_painted(
    view: RecordingsList, qtbot: Any, add: Any, fields: Any, choice: Choice
) -> None:
    made = add("A title that is much too long for the narrow column in which it has to stand", **fields)
    view.test_theme.choose(choice.value)  # type: ignore[attr-defined]
    _load(view, qtbot)
    view.select(made.id)
    image = view.grab().toImage()
    record = view.test_theme.colour("record").rgb()  # type: ignore[attr-defined]
    seen = _colours(image, DAY_HEIGHT, DAY_HEIGHT + ROW_HEIGHT)
    assert len(seen) > 20
    assert (record in seen) == (fields.get("state") is MasterState.RECORDING)


def test_rows_on_their_way_are_skeletons(view: RecordingsList, qtbot: Any, add_many: Any) -> None:
    add_many(3000)
    model = _load(view, qtbot)
    skeleton = view.test_theme.colour("skeleton").rgb()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() > 100_000)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    assert skeleton in _colours(view.grab().toImage(), 0, 400)
    rows = range(view.rowAt(0), view.rowAt(499) + 1)
    qtbot.waitUntil(lambda: all(model.recording(row) or model.is_heading(row) for row in rows))
    assert skeleton not in _colours(view.grab().toImage(), 0, 400)


@pytest.mark.parametrize(("overview", "count", "expected"), [(b"", 4, []), (b"\x01\x05\x02\x03", 2, [5, 3])])
def test_columns_of_the_small_waveform(overview: bytes, count: int, expected: list[int]) -> None:
    assert columns(overview, count) == expected


def test_more_columns_than_peaks() -> None:
    assert columns(b"\x01\x09", 4) == [1, 1, 9, 9]
