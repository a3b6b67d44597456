"""The recordings folder goes while the window is open: said at once, nothing lost, and all goes on after."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.removable_disk import RemovableDisk, removable_disk
from voice_recorder.app import build
from voice_recorder.domain.errors import RecordingsAway, StorageError
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.ui.main_window import MainWindow

Open = Callable[[], MainWindow]


@pytest.fixture
def disk() -> Iterator[RemovableDisk]:
    with removable_disk() as disk:
        yield disk


@pytest.fixture
def services(home: Path, disk: RemovableDisk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A library whose recordings lie on a disk of their own."""
    monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(disk.folder))
    services = build()
    yield services
    services.close()


def test_a_disk_that_is_pulled_out_is_said_and_missed_by_nobody_when_it_is_back(
    disk: RemovableDisk, open_window: Open, services: Services, add: Any, qtbot: Any
) -> None:
    made = [add("Interview", 1), add("Idea")]
    window = open_window()
    refused: list[StorageError] = []
    window.control.refused.connect(refused.append)
    disk.pull_out()
    qtbot.waitUntil(lambda: "is not there" in window.banner.text, timeout=10_000)
    assert window.banner.isVisible()
    qtbot.waitUntil(lambda: "is not there" in window.bar.status.text(), timeout=10_000)
    window.control.start()
    qtbot.waitUntil(lambda: bool(refused), timeout=5000)
    assert "is not there" in str(refused[0])
    services.housekeeping.run()
    services.recovery.run()
    services.sidecars.write_pending()
    window.errands.verify()
    qtbot.waitUntil(lambda: not window.errands.busy, timeout=10_000)
    assert "is not there" in window.banner.text
    assert list(disk.folder.iterdir()) == [], "nothing is written to the place of the disk"
    disk.plug_in()
    qtbot.waitUntil(lambda: "there again" in window.banner.text, timeout=10_000)
    qtbot.waitUntil(lambda: "is not there" not in window.bar.status.text(), timeout=10_000)
    assert [services.library.get(r.id).masters[0].state for r in made] == [MasterState.RECORDED] * 2
    assert services.verifying.run().checked == 2


def test_a_refusal_does_not_wait_until_the_disk_was_looked_at(
    disk: RemovableDisk, services: Services, add: Any
) -> None:
    add("Note")
    assert not services.preflight.refresh().blocked
    disk.pull_out()
    with pytest.raises(RecordingsAway, match="is not there"):
        services.takes.start()
    assert list(disk.folder.iterdir()) == []
    verdict = services.preflight.refresh()
    assert verdict.blocked
    assert len(verdict.reasons) == 1
    assert services.preflight.time_left_s() >= 0


def test_a_folder_that_may_not_be_written_to_any_more_is_said(
    disk: RemovableDisk, open_window: Open, add: Any, qtbot: Any
) -> None:
    add("Note")
    window = open_window()
    qtbot.waitUntil(lambda: window.bar.status.text() != "", timeout=5000)
    disk.pull_out()
    disk.plug_in(read_only=True)
    qtbot.waitUntil(lambda: "cannot be written to" in window.bar.status.text(), timeout=10_000)
    disk.pull_out()
    disk.plug_in()
    qtbot.waitUntil(lambda: "cannot be written to" not in window.bar.status.text(), timeout=10_000)
