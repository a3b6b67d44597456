"""What can be done with recordings from the list, and the toast that takes it back."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from voice_recorder.domain.library_query import Shelf
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.services import Services
from voice_recorder.services.take_part import take_lock
from voice_recorder.ui.empty_words import first_run
from voice_recorder.ui.main_window import MainWindow

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # which the offscreen platform lacks


def _menu(window: MainWindow, qtbot: Any, row: int = 1) -> dict[str, Any]:
    """Press the right button on a row; the actions of the menu by their words."""
    rows = window.library.list
    at = rows.visualRect(rows.model().index(row, 0)).center()
    if not rows.selectionModel().isSelected(rows.model().index(row, 0)):
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=at)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, rows.viewport().mapToGlobal(at), Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(rows.viewport(), event)
    (menu,) = [m for m in window.library.findChildren(QMenu) if m.isVisible()]
    return {a.text().partition("\t")[0]: a for a in menu.actions() if a.text()}


def _trigger(actions: dict[str, Any], text: str) -> None:
    menu = actions[text].parent()
    actions[text].trigger()
    menu.close()


def test_the_menu_does_what_it_says(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    made = add("Note")
    add("Other", 30)
    window = open_window()
    actions = _menu(window, qtbot)
    assert list(actions) == [
        "Play or pause", "Rename", "Make a favourite", "Archive", "Move to folder", "Tag…", "Export…",
        "Show in folder", "Move to the trash",
    ]  # fmt: skip
    _trigger(actions, "Rename")
    assert window.library.detail.title.hasFocus()
    _trigger(_menu(window, qtbot), "Make a favourite")
    qtbot.waitUntil(lambda: services.library.get(made.id).favourite)
    row = window.library.model.index(1, 0)
    qtbot.waitUntil(lambda: row.data(Qt.ItemDataRole.AccessibleTextRole).endswith("favourite"))
    _trigger(_menu(window, qtbot), "No longer a favourite")
    qtbot.waitUntil(lambda: not services.library.get(made.id).favourite)
    _trigger(_menu(window, qtbot), "Archive")
    qtbot.waitUntil(lambda: window.library.toast.accessibleName().endswith("moved to the archive."))
    assert services.library.get(made.id).archived
    window.library.toast.undo.click()
    qtbot.waitUntil(lambda: not services.library.get(made.id).archived)
    qtbot.waitUntil(lambda: window.library.model.total == 2)
    _trigger(_menu(window, qtbot), "Move to the trash")
    qtbot.waitUntil(lambda: services.library.get(made.id).state is RecordingState.TRASHED)
    window.library.sidebar.choose(Shelf.TRASH)
    qtbot.waitUntil(lambda: window.library.detail.recording_id == made.id)
    actions = _menu(window, qtbot)
    assert list(actions) == ["Play or pause", "Restore", "Show in folder", "Delete for ever…"]
    _trigger(actions, "Restore")
    qtbot.waitUntil(lambda: services.library.get(made.id).state is RecordingState.RECORDED)


def test_many_at_once(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    ids = {add("One").id, add("Two").id}
    window = open_window()
    window.library.list.selectAll()
    actions = _menu(window, qtbot)
    assert "Rename" not in actions
    _trigger(actions, "Move to the trash (2 recordings)")
    qtbot.waitUntil(lambda: window.library.model.total == 0)
    qtbot.waitUntil(window.library.toast.isVisible)
    window.library.toast.undo.click()
    qtbot.waitUntil(
        lambda: {r.id for r in services.library.page(window.library.model.query, 9).recordings} == ids
    )


def test_a_take_that_runs_elsewhere_can_be_neither_played_nor_deleted(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    made = add("Elsewhere", state=MasterState.RECORDING)
    lock = take_lock(services.config, made.id)
    assert lock.acquire()
    window = open_window()
    actions = _menu(window, qtbot)
    assert not actions["Play or pause"].isEnabled()
    assert not actions["Move to the trash"].isEnabled()
    actions["Rename"].parent().close()
    lock.release()


def test_the_undo_of_the_last_recording_can_be_seen_and_pressed(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    made = add("The only one")
    window = open_window()
    pane = window.library
    qtbot.keyClick(pane.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(pane.empty.isVisible)
    qtbot.waitUntil(pane.toast.isVisible)
    assert pane.empty._sentence.text() != first_run()[1]  # it is in the trash, and no first note is to come
    qtbot.wait(50)
    above: QPoint = pane.toast.mapTo(pane._content, pane.toast.undo.geometry().center())
    assert isinstance(pane._content.childAt(above), QPushButton)
    pane.toast.undo.click()
    qtbot.waitUntil(lambda: services.library.get(made.id).state is RecordingState.RECORDED)
