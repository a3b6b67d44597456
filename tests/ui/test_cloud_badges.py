"""What a row, its tool tip and a screen reader say of a backup."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.fakes.backup_states import OFFLINE, back_up, enter, enter_offline, enter_refused, enter_removed
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import SyncState, SyncStatus, TransferState
from voice_recorder.services import Services
from voice_recorder.ui.badges import badge_of
from voice_recorder.ui.motion import Going, Motion
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.roles import Role
from voice_recorder.workers.lane import Lane

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
FAILED = SyncStatus(
    SyncState.FAILED, "s3:aws/notes", attempts=3, next_attempt_at=NOW + timedelta(minutes=5), error=OFFLINE,
    error_kind="network_unreachable",
)  # fmt: skip


@pytest.fixture
def rows(services: Services, lane: Lane, qtbot: Any, qtmodeltester: Any) -> RecordingsModel:
    model = RecordingsModel(services, lane)
    qtmodeltester.check(model)
    return model


def _said(rows: RecordingsModel, qtbot: Any) -> tuple[str, str, str]:
    """Badge, spoken text and tool tip of the only row."""
    with qtbot.waitSignal(rows.refreshed, timeout=10_000):
        rows.refresh() if rows.ready else rows.show_query(LibraryQuery())
    at = rows.index(1, 0)
    return (
        at.data(Role.BADGE),
        at.data(Qt.ItemDataRole.AccessibleTextRole),
        at.data(Qt.ItemDataRole.ToolTipRole),
    )


def test_without_a_provider_there_is_no_badge(rows: RecordingsModel, add: Any, qtbot: Any) -> None:
    add("Note")
    assert _said(rows, qtbot) == ("", "Note, 1 second", "Note")


def test_a_row_follows_its_copy_from_the_queue_to_the_proof(
    rows: RecordingsModel, add: Any, folder: Any, services: Services, qtbot: Any
) -> None:
    made = add("Budget call with Ines")
    enter(services, made, TransferState.QUEUED)
    key, spoken, tip = _said(rows, qtbot)
    assert key == "queued"
    assert spoken == "Budget call with Ines, 1 second, waiting to be backed up"
    assert f"the folder {folder}" in tip
    enter(services, made, TransferState.UPLOADING, bytes_sent=62, copy_bytes=100)
    key, spoken, tip = _said(rows, qtbot)
    assert key == "uploading"
    assert spoken.endswith("being sent, 62 %")
    enter(services, made, TransferState.QUEUED)
    back_up(services, made)
    key, spoken, tip = _said(rows, qtbot)
    assert key == "backed_up"
    assert spoken == "Budget call with Ines, 1 second, backed up"
    assert "The copy was proved on" in tip
    services.freeing.free([made.id])
    key, spoken, tip = _said(rows, qtbot)
    assert (key, spoken) == ("cloud_only", "Budget call with Ines, 1 second, in the cloud only")
    assert "Fetch" in tip


def test_a_failure_says_the_reason_the_attempt_the_next_try_and_what_to_do(
    rows: RecordingsModel, add: Any, folder: Any, services: Services, qtbot: Any
) -> None:
    made = add("Interview 3")
    enter_offline(services, made)
    key, spoken, tip = _said(rows, qtbot)
    assert key == "failed"
    assert spoken.endswith("backup failed")
    assert tip.split("\n") == [
        "Interview 3", OFFLINE, "Attempt 3 of 12. The next try is in 5 min.", "'Retry' tries it at once.",
    ]  # fmt: skip
    assert rows.index(1, 0).data(Role.MARK).text == "retry 5m"
    enter_refused(services, made)
    _said(rows, qtbot)
    assert rows.index(1, 0).data(Role.MARK).text == "key refused"
    enter_removed(services, made)
    key, spoken, tip = _said(rows, qtbot)
    assert (key, spoken) == ("removed", "Interview 3, 1 second, removed from the cloud")
    assert "'Send again'" in tip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "retry now"), (40, "retry 40s"), (300, "retry 5m"), (7200, "retry 2h"), (-60, "retry now")],
)
def test_the_next_try_in_a_few_letters(add: Any, seconds: float, text: str) -> None:
    sync = replace(FAILED, next_attempt_at=NOW + timedelta(seconds=seconds))
    assert badge_of(replace(add("Note"), sync=sync), now=NOW).text == text


def test_what_matters_more_is_shown(add: Any) -> None:
    proved = SyncStatus(SyncState.BACKED_UP, "s3:aws/notes", verified_at=NOW)
    missing = add("Missing", state=MasterState.MISSING, sync=proved)
    assert badge_of(replace(missing, sync=proved)).key == "missing"
    recovered = replace(add("Recovered", recovered=True), sync=proved)
    badge = badge_of(recovered)
    assert (badge.key, badge.spoken) == ("recovered", "recovered, backed up")
    assert "cut off" in badge.reason
    assert "Backed up" in badge.reason
    assert badge_of(replace(recovered, sync=FAILED), now=NOW).key == "failed"
    assert badge_of(replace(recovered, sync=FAILED, trashed_at=NOW), now=NOW).key == "recovered"
    assert badge_of(replace(missing, trashed_at=NOW, sync=FAILED)).key == ""


def test_what_moves_here_is_newer_than_the_library(
    rows: RecordingsModel, add: Any, folder: Any, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    enter(services, made, TransferState.QUEUED)
    _said(rows, qtbot)
    at = rows.index(1, 0)
    with qtbot.waitSignal(rows.dataChanged):
        rows.live.show({made.id: Motion(Going.DOWNLOADING, 40, 100)})
    assert at.data(Role.MARK).icon == "arrow-down"
    assert at.data(Role.MARK).text == "40 %"
    enter(services, made, TransferState.FAILED)
    rows.live.show({})
    assert at.data(Role.MARK).text == "40 %"  # until it was read again
    qtbot.waitUntil(lambda: at.data(Role.BADGE) == "failed")


def test_while_copies_move_only_the_rows_in_view_are_read_each_second(
    rows: RecordingsModel, add: Any, folder: Any, services: Services, qtbot: Any, monkeypatch: Any
) -> None:
    made = add("Note")
    enter(services, made, TransferState.UPLOADING)
    _said(rows, qtbot)
    rows.look_at(0, 1)
    rows.live.set_others_move(True)
    readings: list[Any] = []
    days = services.library.days
    monkeypatch.setattr(services.library, "days", lambda query: readings.append(query) or days(query))
    enter(services, made, TransferState.VERIFYING)
    for _ in range(3):
        rows.live.catch_up()
    qtbot.waitUntil(lambda: rows.index(1, 0).data(Role.BADGE) == "verifying")
    assert not readings
    rows.live.set_others_move(False)
    with qtbot.waitSignal(rows.refreshed):
        rows.live.catch_up()
    assert len(readings) == 1
