"""The queue beside the window: it runs by itself, never blocks, and ends in time."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.fakes.backup_states import choose_folder, enter_offline
from tests.fakes.watchdog import MAY_BLOCK_S, EventLoopWatch
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import SyncState, TransferState
from voice_recorder.services import Services
from voice_recorder.services.queue_state import read_queue
from voice_recorder.ui.window_app import WindowApp

OpenApp = Callable[[], WindowApp]


def _state(services: Services, recording_id: str) -> SyncState:
    return services.library.get(recording_id).sync.state


@pytest.fixture
def slow(services: Services, folder: Path, tmp_path: Path) -> list[str]:
    """Queue four notes of 1 MB that need 40 s together; their ids."""
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    noise = np.random.default_rng(1)
    for i in range(4):
        soundfile.write(sounds / f"Note {i}.wav", noise.integers(-9000, 9000, 500_000, "int16"), 48_000)
    services.settings.set("sync.limit_kb_per_s", 100)
    made = [recording.id for recording in services.importing.run([sounds]).recordings]
    services.sync.queue(made)
    return made


def test_what_is_recorded_after_the_choice_goes_by_itself(
    open_app: OpenApp, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    app = open_app()
    assert app.lanes.sync.busy
    made = add("Note")
    app.upkeep.prove()
    qtbot.waitUntil(lambda: _state(services, made.id) is SyncState.BACKED_UP, timeout=10_000)
    qtbot.waitUntil(lambda: app.window.bar.transfers.text() == "All backed up", timeout=10_000)
    assert any(path.stat().st_size > 16_000 for path in folder.rglob("*") if path.is_file())


def test_it_rests_without_a_provider_and_begins_when_one_is_chosen(
    open_app: OpenApp, add: Any, services: Services, tmp_path: Path, qtbot: Any
) -> None:
    made = add("Note")
    services.proving.run_pending()
    app = open_app()
    qtbot.waitUntil(lambda: not app.lanes.sync.busy and not app.cloud.running)
    assert app.window.bar.transfers.isHidden()
    choose_folder(services, tmp_path / "copies")  # as another process does
    services.sync.queue([made.id])
    qtbot.waitUntil(lambda: _state(services, made.id) is SyncState.BACKED_UP, timeout=10_000)
    qtbot.waitUntil(app.window.bar.transfers.isVisible, timeout=5000)
    services.providers.choose_none()
    app.cloud.provider_changed()
    qtbot.waitUntil(app.window.bar.transfers.isHidden, timeout=5000)
    qtbot.waitUntil(lambda: not app.cloud.running, timeout=5000)


def test_another_provider_gets_the_next_copies(
    open_app: OpenApp, add: Any, folder: Path, services: Services, tmp_path: Path, qtbot: Any
) -> None:
    app = open_app()
    choose_folder(services, tmp_path / "elsewhere")
    with qtbot.waitSignal(app.cloud.place_changed):
        app.cloud.provider_changed()
    made = add("Note")
    app.upkeep.prove()
    qtbot.waitUntil(lambda: _state(services, made.id) is SyncState.BACKED_UP, timeout=10_000)
    assert services.library.get(made.id).sync.place.endswith("elsewhere")


def test_progress_is_told_a_few_times_a_second_and_only_while_something_runs(
    open_app: OpenApp, slow: list[str], services: Services, qtbot: Any
) -> None:
    app = open_app()
    told: list[float] = []
    app.cloud.activity_changed.connect(lambda *_: told.append(time.monotonic()))
    qtbot.waitUntil(lambda: any(activity.done for activity in app.cloud.activities), timeout=10_000)
    services.sync.pause()
    qtbot.waitUntil(lambda: not app.cloud.activities, timeout=10_000)
    qtbot.waitUntil(lambda: not app.cloud._activity_timer.isActive(), timeout=10_000)
    assert told
    assert len(told) <= 2 + (told[-1] - told[0]) / 0.1  # one that comes late may be close to the next


def test_quitting_parks_what_is_sent_within_three_seconds(
    open_app: OpenApp, slow: list[str], services: Services, qtbot: Any
) -> None:
    app = open_app()
    qtbot.waitUntil(lambda: all(_state(services, i) is SyncState.UPLOADING for i in slow), timeout=10_000)
    begun = time.monotonic()
    app.shut_down()
    assert time.monotonic() - begun < 3.0
    assert {_state(services, i) for i in slow} == {SyncState.QUEUED}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("uploading")]
    services.settings.set("sync.limit_kb_per_s", 0)
    assert services.sync.run().done == len(slow)


def test_the_event_loop_is_not_blocked_while_copies_move(
    open_app: OpenApp, slow: list[str], services: Services, qtbot: Any
) -> None:
    services.settings.set("sync.limit_kb_per_s", 1000)
    open_app()
    with EventLoopWatch() as watch:
        qtbot.waitUntil(lambda: all(_state(services, i) is SyncState.BACKED_UP for i in slow), timeout=20_000)
    assert watch.worst.blocked_s < MAY_BLOCK_S, watch.worst.where


def test_what_waits_for_the_network_goes_on_when_it_is_back(
    open_app: OpenApp, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    enter_offline(services, made, minutes=60)
    app = open_app()
    qtbot.waitUntil(lambda: app.cloud.state.waits_for_network, timeout=5000)
    app.cloud._probe()  # what the timer does every half minute
    qtbot.waitUntil(lambda: _state(services, made.id) is SyncState.BACKED_UP, timeout=10_000)


def test_the_probe_knows_a_folder_whose_disk_is_gone(folder: Path, services: Services) -> None:
    assert services.providers.is_reachable()
    shutil.rmtree(folder)
    folder.mkdir()  # as an empty mount point is
    assert not services.providers.is_reachable()


def test_receipts_are_kept_true_and_what_is_due_is_freed(
    open_app: OpenApp, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    kept, gone = add("Kept"), add("Gone")
    services.proving.run_pending()
    services.sync.queue()
    services.sync.run()
    next(folder.rglob(f"*{gone.masters[0].id}*")).unlink()
    services.settings.set("storage.free_local", True)
    services.settings.set("storage.free_after_h", 0)
    app = open_app()
    qtbot.waitUntil(lambda: _state(services, gone.id) is SyncState.REMOVED, timeout=10_000)
    qtbot.waitUntil(lambda: services.library.get(kept.id).state is RecordingState.CLOUD_ONLY, timeout=10_000)
    assert services.library.get(gone.id).state is RecordingState.RECORDED
    qtbot.waitUntil(lambda: app.window.bar.transfers.text() == "Needs attention", timeout=10_000)


def test_the_state_of_the_queue_in_one_reading(add: Any, folder: Path, services: Services) -> None:
    enter_offline(services, add("Note"))
    services.sync.queue([add("Unproved").id])
    state = read_queue(services, rows=10)
    assert state.place == f"folder:{folder}"
    assert [row.title for row in state.rows] == ["Note"]
    assert state.count(TransferState.FAILED) == state.waiting == 1
    assert state.waits_for_network
    assert state.next_at is not None
