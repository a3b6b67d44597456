"""Many recordings at once: selected, counted, deleted and brought back."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.fakes.watchdog import EventLoopWatch
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.services import Services
from voice_recorder.ui.language import tr
from voice_recorder.ui.main_window import MainWindow

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support|propagateSizeHints")
STILL_S = 0.5
"""A window that waited for a batch would stand still for many seconds."""


def _press(window: MainWindow, qtbot: Any, key: Qt.Key, *, control: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    window.library.list.setFocus()
    qtbot.keyClick(window.library.list, key, modifiers)


def _facts(window: MainWindow) -> tuple[str, str]:
    page = window.library.selection.page
    return page.heading.text(), page.facts.text()


def _count(services: Services, query: LibraryQuery) -> int:
    return services.library.page(query, 1).total


def test_a_hundred_thousand_are_selected_and_added_up_at_once(
    open_window: Open, add_many: Any, qtbot: Any
) -> None:
    add_many(100_000)
    window = open_window()
    view = window.library.list
    with EventLoopWatch() as watch:
        _press(window, qtbot, Qt.Key.Key_A, control=True)
        assert view.count == 100_000
        assert _facts(window)[0] == tr("%n recording(s)", "", 100_000)
        qtbot.waitUntil(lambda: _facts(window)[1] == "27 h 46 min, 9.6 GB", timeout=60_000)
        at = view.visualRect(view.model().index(2, 0)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at)
        assert view.count == 99_999
        taken: list[Any] = []
        window.library.selection.with_ids(taken.append)  # before they are known
        qtbot.waitUntil(lambda: bool(taken), timeout=60_000)
    assert len(taken[0]) == 99_999
    assert f"{1:032x}" not in taken[0]
    assert watch.over(STILL_S) == []


def test_all_of_a_query_are_deleted_and_brought_back_while_the_window_answers(
    open_window: Open, add_many: Any, services: Services, qtbot: Any
) -> None:
    add_many(5_000)
    window = open_window()
    pane = window.library
    with EventLoopWatch() as watch:
        _press(window, qtbot, Qt.Key.Key_A, control=True)
        _press(window, qtbot, Qt.Key.Key_Delete)
        qtbot.waitUntil(window.errands.isVisible, timeout=30_000)
        qtbot.waitUntil(lambda: pane.model.total == 0 and not window.errands.busy, timeout=60_000)
        assert _count(services, LibraryQuery(Shelf.TRASH)) == 5_000
        pane.toast.undo.click()
        qtbot.waitUntil(lambda: pane.model.total == 5_000 and not window.errands.busy, timeout=60_000)
    assert _count(services, LibraryQuery(Shelf.TRASH)) == 0
    assert watch.over(STILL_S) == []


def test_a_selection_of_several_stays_on_its_recordings_when_rows_move(
    open_window: Open, add: Any, qtbot: Any
) -> None:
    ids = {add("One", 1).id, add("Two", 2).id}
    window = open_window()
    view = window.library.list
    view.selectAll()
    add("Three", 0)
    add("Yesterday's", 30)
    window.library.model.refresh()
    qtbot.waitUntil(lambda: window.library.model.total == 4)
    qtbot.waitUntil(lambda: set(view.selected_ids()) == ids and view.count == 2)
    assert window.library.detail.currentWidget() is window.library.selection.page


def test_what_is_all_or_nothing_offers_no_cancel(open_window: Open, services: Services, qtbot: Any) -> None:
    errands = open_window().errands
    let_go = threading.Event()
    ended: list[object] = []
    for cancellable in (False, True):
        let_go.clear()
        errands.run("Moving", lambda _c, _r: let_go.wait(5), ended.append, cancellable=cancellable)
        assert errands.isVisible()
        assert errands.cancel.isVisible() is cancellable
        let_go.set()
        qtbot.waitUntil(lambda: not errands.busy, timeout=5000)
    assert ended == [True, True]
