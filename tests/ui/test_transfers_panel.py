"""The word in the recorder bar, the panel behind it, alerts, and the one offer of a backup."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from tests.fakes.backup_states import enter, enter_offline, enter_removed
from voice_recorder.domain.library_query import Shelf
from voice_recorder.domain.transfers import SyncState, TransferState
from voice_recorder.services import Services
from voice_recorder.services.activity import Activity
from voice_recorder.services.queue_state import QueueState
from voice_recorder.storage.queue_rows import QueueRow
from voice_recorder.ui.cloud_corner import offer_words
from voice_recorder.ui.controls import IconButton
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.transfer_words import indicator, line_of, why_nothing_moves
from voice_recorder.ui.transfers_model import TransferRole, TransfersModel
from voice_recorder.ui.transfers_panel import TransfersPanel

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # which the offscreen platform lacks
S = TransferState
AT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def _row(name: str, state: TransferState = S.QUEUED, **fields: Any) -> QueueRow:
    row = QueueRow(name, f"r-{name}", f"Note {name}", state, 0, None, "", "", 0, 0)
    return replace(row, **fields)


def _open_panel(window: MainWindow, qtbot: Any) -> TransfersPanel:
    qtbot.waitUntil(window.bar.transfers.isVisible, timeout=5000)
    qtbot.mouseClick(window.bar.transfers, Qt.MouseButton.LeftButton)
    panel = window.cloud.panel
    assert panel is not None
    qtbot.waitUntil(panel.isVisible)
    return panel


def _titles(model: TransfersModel) -> list[str]:
    return [str(model.index(i).data()) for i in range(model.rowCount())]


def test_rows_come_go_and_move_without_losing_their_place(qtmodeltester: Any, qtbot: Any) -> None:
    model = TransfersModel()
    qtmodeltester.check(model)
    model.show_rows([_row("a"), _row("b"), _row("c")])
    with qtbot.assertNotEmitted(model.modelReset):
        model.show_rows([_row("c", S.UPLOADING), _row("a"), _row("d")])
        assert _titles(model) == ["Note c", "Note a", "Note d"]
        model.show_rows([_row("d"), _row("e"), _row("a")])
        assert _titles(model) == ["Note d", "Note e", "Note a"]
    with qtbot.waitSignal(model.modelReset):
        model.show_rows([_row(str(i)) for i in range(200)])
    assert model.rowCount() == 200
    model.show_rows([])
    assert model.rowCount() == 0


def test_a_row_tells_how_far_it_is(qtbot: Any) -> None:
    model = TransfersModel()
    model.show_rows([_row("a")])
    with qtbot.waitSignal(model.dataChanged):
        model.show_activities([Activity("a", "m", "r-a", "Note a", S.UPLOADING, 6_200, 10_000, 1000.0)])
    line = model.index(0).data(TransferRole.LINE)
    assert line.share == pytest.approx(0.62)
    assert line.words == "62 %, 6 kB of 10 kB, 1 kB/s, 4 s left"
    spoken = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Note a, 62 %, 6 kB of 10 kB, 1 kB/s, 4 s left"
    model.show_activities([])
    assert model.index(0).data(TransferRole.LINE).words == "Waiting"


def test_a_failed_row_says_the_reason_and_the_next_try() -> None:
    failed = _row(
        "a", S.FAILED, error="The key was refused. Test it.", next_attempt_at=AT + timedelta(minutes=5)
    )
    line = line_of(failed, None, AT)
    assert line.words == "The key was refused. Next try in 5 min"
    assert line.can_retry
    assert line.reason == "The key was refused. Test it."
    assert "Not tried again" in line_of(replace(failed, next_attempt_at=None), None, AT).words
    assert line_of(_row("a", S.REMOVED), None).can_retry
    assert not line_of(_row("a", S.VERIFYING), None).can_retry


@pytest.mark.parametrize(
    ("state", "moving", "left_over", "text"),
    [
        (QueueState(), 0, 0, ""),
        (QueueState("folder:/x"), 0, 0, "All backed up"),
        (QueueState("folder:/x"), 0, 12, "12 not backed up"),
        (QueueState("folder:/x", {S.QUEUED: 3}), 0, 3, "3 waiting"),
        (QueueState("folder:/x", {S.QUEUED: 3}), 2, 3, "Sending 2"),
        (QueueState("folder:/x", {S.UPLOADING: 1}), 0, 1, "Sending 1"),
        (QueueState("folder:/x", {S.QUEUED: 3}, paused=True), 0, 3, "Paused"),
        (QueueState("folder:/x", {S.FAILED: 1}), 0, 1, "Needs attention"),
        (QueueState("folder:/x", {S.FAILED: 1}, next_at=AT), 0, 1, "1 waiting"),
        (QueueState("folder:/x", {S.QUEUED: 3}, halted="The key was refused."), 0, 3, "Needs attention"),
    ],
)
def test_the_queue_in_two_words(state: QueueState, moving: int, left_over: int, text: str) -> None:
    assert indicator(state, moving, "", left_over).text == text


def test_why_nothing_moves() -> None:
    waiting = QueueState("folder:/x", {S.QUEUED: 3})
    assert why_nothing_moves(waiting, 1, "Sending is paused.") == ""
    assert why_nothing_moves(waiting, 0, "Waiting until the computer is idle.").startswith("Waiting until")
    offline = QueueState(
        "folder:/x", {S.FAILED: 3}, next_at=AT + timedelta(minutes=4), waits_for_network=True
    )
    assert "out of reach" in why_nothing_moves(offline, 0, "", AT)
    assert "in 4 min" in why_nothing_moves(offline, 0, "", AT)
    assert why_nothing_moves(QueueState("folder:/x"), 0, "") == ""


def test_pausing_resuming_retrying_and_cancelling_by_clicks(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    waiting, failed, gone = add("Waiting"), add("Failed", 1), add("Removed", 2)
    old = add("Made before the choice", 3)
    services.sync.pause()
    enter(services, waiting, S.QUEUED)
    enter_offline(services, failed, minutes=60)
    enter_removed(services, gone)
    services.sync.pause()
    window = open_window()
    panel = _open_panel(window, qtbot)
    qtbot.waitUntil(lambda: _titles(panel.model) == ["Failed", "Removed", "Waiting"], timeout=5000)
    assert panel._reason.text() == "Sending is paused."
    assert panel.pause.text() == "Resume"
    panel.list.setCurrentIndex(panel.model.index(2))
    assert panel.cancel.isEnabled()
    assert not panel.retry.isEnabled()
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: _titles(panel.model) == ["Failed", "Removed"], timeout=5000)
    assert services.library.get(waiting.id).sync.state is SyncState.OFF
    row = panel.list.visualRect(panel.model.index(1))
    qtbot.mouseClick(
        panel.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(row.right() - 56, row.center().y())
    )
    qtbot.waitUntil(lambda: services.library.get(gone.id).sync.state is SyncState.QUEUED, timeout=5000)
    qtbot.waitUntil(panel.retry_failed.isVisible, timeout=5000)
    qtbot.mouseClick(panel.retry_failed, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: services.library.get(failed.id).sync.state is SyncState.QUEUED, timeout=5000)
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    for made in (failed, gone):
        qtbot.waitUntil(
            lambda made=made: services.library.get(made.id).sync.state is SyncState.BACKED_UP, timeout=10_000
        )
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel.empty, timeout=5000)
    assert services.library.get(old.id).sync.state is SyncState.OFF
    panel.close_button.click()
    assert not panel._timer.isActive()


def test_a_long_queue_shows_its_beginning_and_a_count(
    open_window: Open, add_many: Callable[[int], None], folder: Path, services: Services, qtbot: Any
) -> None:
    add_many(1000)
    services.sync.pause()
    services.sync.queue()
    services.sync.pause()
    window = open_window()
    panel = _open_panel(window, qtbot)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 200, timeout=10_000)
    assert panel._more.text() == "And 800 more"
    assert panel._counts.text() == "1,000 waiting."


def test_the_shelf_is_there_only_with_a_provider(
    open_window: Open, add: Any, services: Services, folder: Path, qtbot: Any
) -> None:
    made = add("Note")
    services.settings.set("sync.automatically", False)
    services.proving.run_pending()
    window = open_window()
    sidebar = window.library.sidebar
    row = next(i for i in range(sidebar.count()) if sidebar.item(i).text() == "Not backed up")
    qtbot.waitUntil(lambda: not sidebar.isRowHidden(row), timeout=5000)
    sidebar.choose(Shelf.NOT_BACKED_UP)
    qtbot.waitUntil(lambda: window.library.model.query.shelf is Shelf.NOT_BACKED_UP)
    qtbot.waitUntil(lambda: window.library.model.total == 1)
    window.library.backup._cloud.send([made.id])
    qtbot.waitUntil(lambda: window.library.empty.isVisible(), timeout=15_000)
    assert window.library.empty._sentence.text() == "Everything is backed up."
    services.providers.choose_none()
    window._cloud.provider_changed()
    qtbot.waitUntil(lambda: sidebar.isRowHidden(row), timeout=5000)
    assert window.library.shelf is Shelf.ALL


def test_an_alert_is_shown_once_with_a_way_out_and_can_be_cleared(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    services.sync_log.halt("The key was refused. Open the settings.")
    window = open_window()
    qtbot.waitUntil(window.banner.isVisible, timeout=5000)
    assert window.banner.text == "The key was refused. Open the settings."
    assert window.banner._action.text() == "Open settings"
    qtbot.waitUntil(lambda: bool(services.sync_log.alerts()[0].shown_at), timeout=5000)
    assert window.bar.transfers.text() == "Needs attention"
    window.banner._action.click()
    qtbot.waitUntil(lambda: window.findChild(SettingsDialog) is not None)
    window.findChild(SettingsDialog).accept()
    qtbot.waitUntil(lambda: not services.sync_log.alerts(), timeout=5000)
    services.sync_log.raise_alert("queue_long", "130 files wait.")
    services.sync_log.mark_shown("queue_long")
    panel = _open_panel(window, qtbot)
    qtbot.waitUntil(lambda: [a.kind for a in panel._alerts] == ["queue_long"], timeout=5000)
    assert not window.banner.isVisible()
    panel._alert_box.itemAt(0).widget().findChild(IconButton).click()
    qtbot.waitUntil(lambda: not services.sync_log.alerts(), timeout=5000)
    qtbot.waitUntil(lambda: panel._alert_box.count() == 0, timeout=5000)


def test_a_backup_is_offered_once(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    for i in range(5):
        add(f"Note {i}", i)
    window = open_window()
    qtbot.waitUntil(lambda: window.banner.text == offer_words() and window.banner.isVisible(), timeout=5000)
    window.banner._later.click()
    window.close()
    again = open_window()
    qtbot.waitUntil(lambda: again.cloud._known, timeout=5000)
    qtbot.wait(300)
    assert not again.banner.isVisible()


def test_few_recordings_are_left_in_peace(open_window: Open, add: Any, qtbot: Any) -> None:
    add("Note")
    window = open_window()
    qtbot.waitUntil(lambda: window.cloud._known, timeout=5000)
    qtbot.wait(200)
    assert not window.banner.isVisible()
    assert window.bar.transfers.isHidden()
