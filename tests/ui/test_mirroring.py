"""W8: what the window paints by itself begins at the right where the language does."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.domain.settings import Theme as Choice
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services import Services
from voice_recorder.storage.queue_rows import QueueRow
from voice_recorder.ui.banner import Banner
from voice_recorder.ui.controls import ElidedLabel
from voice_recorder.ui.detail_fields import TitleEdit
from voice_recorder.ui.meters import LevelMeter
from voice_recorder.ui.recordings_list import RecordingsList
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.transfers_list import TransfersList
from voice_recorder.ui.transfers_model import TransfersModel
from voice_recorder.workers.lane import Lane

LTR, RTL = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


@pytest.fixture(params=[LTR, RTL], ids=["from the left", "from the right"])
def direction(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Qt.LayoutDirection]:
    qapp.setLayoutDirection(request.param)
    yield request.param
    qapp.setLayoutDirection(LTR)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, Choice.LIGHT.value)


def picture(widget: QWidget) -> QImage:
    """What a widget shows, a pixel a point."""
    shown = widget.grab()
    shown.setDevicePixelRatio(1.0)
    return shown.toImage().scaled(widget.size())


def row_of(view: QAbstractItemView, index: QModelIndex) -> QImage:
    return picture(view.viewport()).copy(view.visualRect(index))


def where(image: QImage, colour: QColor, part: QRect | None = None) -> float:
    """How far from the left the pixels nearly of this colour are on average: 0 to 1."""
    part = part or image.rect()
    found = [
        x
        for y in range(part.top(), part.bottom() + 1)
        for x in range(part.left(), part.right() + 1)
        if distance(image.pixelColor(x, y), colour) < 60
    ]
    assert found, "the colour is nowhere"
    return sum(found) / len(found) / image.width()


def distance(one: QColor, other: QColor) -> int:
    return abs(one.red() - other.red()) + abs(one.green() - other.green()) + abs(one.blue() - other.blue())


def at_the_beginning(place: float, direction: Qt.LayoutDirection) -> bool:
    return place < 0.5 if direction is LTR else place > 0.5


def test_the_badge_of_a_recording_is_at_the_end_of_its_row(
    direction: Qt.LayoutDirection, theme: Theme, services: Services, lane: Lane, qtbot: Any, add: Any
) -> None:
    add("Talk", state=MasterState.MISSING)
    model = RecordingsModel(services, lane)
    view = RecordingsList(theme, model)
    qtbot.addWidget(view)
    view.resize(420, 300)
    view.show()
    with qtbot.waitSignal(model.refreshed):
        model.show_query(LibraryQuery())
    row = row_of(view, model.index(1, 0))
    title = QRect(0, 0, row.width(), row.height() // 2)
    assert at_the_beginning(where(row, theme.colour("text"), title), direction)
    assert not at_the_beginning(where(row, theme.colour("caution")), direction)


@pytest.fixture
def transfers(theme: Theme, qtbot: Any) -> TransfersList:
    model = TransfersModel()
    model.show_rows(
        [
            QueueRow("1", "r-1", "Talk", TransferState.FAILED, 1, None, "", "Refused.", 0, 0),
            QueueRow("2", "r-2", "Walk", TransferState.UPLOADING, 1, None, "", "", 30, 100),
        ]
    )
    view = TransfersList(theme, model)
    view.kept = model  # type: ignore[attr-defined]
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.show()
    return view


def test_the_sign_of_a_transfer_is_at_the_beginning_of_its_row(
    direction: Qt.LayoutDirection, theme: Theme, transfers: TransfersList
) -> None:
    model = transfers.model()
    assert at_the_beginning(where(row_of(transfers, model.index(0, 0)), theme.colour("caution")), direction)
    moving = row_of(transfers, model.index(1, 0))
    bar = moving.rect().adjusted(*((60, 0, 0, 0) if direction is LTR else (0, 0, -60, 0)))  # beside the sign
    done, all_of_it = (where(moving, theme.colour(role), bar) for role in ("accent", "border"))
    assert not at_the_beginning(done, direction)
    assert (done < all_of_it) is (direction is LTR)  # it fills from the beginning


def test_a_transfer_is_cancelled_where_its_cross_is_painted(
    direction: Qt.LayoutDirection, transfers: TransfersList, qtbot: Any
) -> None:
    row = transfers.visualRect(transfers.model().index(0, 0))
    left, right = QPoint(row.left() + 24, row.center().y()), QPoint(row.right() - 24, row.center().y())
    cross, sign = (right, left) if direction is LTR else (left, right)
    with qtbot.assertNotEmitted(transfers.cancel_asked):
        qtbot.mouseClick(transfers.viewport(), Qt.MouseButton.LeftButton, pos=sign)
    with qtbot.waitSignal(transfers.cancel_asked) as asked:
        qtbot.mouseClick(transfers.viewport(), Qt.MouseButton.LeftButton, pos=cross)
    assert asked.args == [["r-1"]]


def test_words_and_margins_begin_where_the_language_does(
    direction: Qt.LayoutDirection, theme: Theme, qtbot: Any
) -> None:
    words, banner = ElidedLabel("Talk"), Banner(theme)
    words.resize(300, 40)
    words.setStyleSheet("color: #ff0000; background: #ffffff")
    qtbot.addWidget(words)
    assert at_the_beginning(where(picture(words), QColor(Qt.GlobalColor.red)), direction)
    qtbot.addWidget(banner)
    margins = banner.layout().contentsMargins()
    assert (margins.left() > margins.right()) is (direction is LTR)


def test_a_name_begins_where_the_window_does_whatever_its_letters(
    direction: Qt.LayoutDirection, theme: Theme, qtbot: Any
) -> None:
    title = TitleEdit()
    qtbot.addWidget(title)
    title.setFixedSize(400, 40)
    title.show_title("Shopping")
    at = where(picture(title), theme.colour("text"))
    assert at < 0.4 if direction is LTR else at > 0.6


def test_a_level_grows_from_the_beginning(direction: Qt.LayoutDirection, theme: Theme, qtbot: Any) -> None:
    meter = LevelMeter(theme)
    qtbot.addWidget(meter)
    meter.resize(200, 14)
    meter.show_levels(-40.0, -45.0)
    assert at_the_beginning(where(picture(meter), theme.colour("good")), direction)
