"""S13: what its owner should know is said once, with the way out, and gone when it is over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from tests.fakes.small_disk import fill, small_disk
from tests.unit.cloud_rows import entry, finished
from tests.unit.recordings import a_recording
from voice_recorder import app
from voice_recorder.domain.ports import Plan
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services import Services
from voice_recorder.storage import schema as t
from voice_recorder.storage.paths import StorageConfig

NOW = datetime.now(UTC)


@pytest.fixture
def place(services: Services, tmp_path: Path) -> str:
    """Copies go to a folder."""
    choice = services.providers.choose("folder", {"path": str(tmp_path / "copies")}, {})
    return choice.place


def words(services: Services, kind: str) -> str:
    """What is said of this kind now; empty when nothing is."""
    services.alerts.refresh()
    alert = services.sync_log.alert(kind)
    return alert.words if alert else ""


def attempts(services: Services, place: str, **outcomes: int) -> None:
    """Tries of the one entry at a place that ended just now."""
    ended = round(NOW.timestamp() * 1000) - 60_000
    with services.library.database.session(write=True) as connection:
        key = connection.scalar(t.transfers.select().where(t.transfers.c.place == place))
        for outcome, count in outcomes.items():
            for number in range(count):
                connection.execute(
                    insert(t.attempts).values(
                        transfer_key=key, number=number, started_ms=ended - 500, ended_ms=ended,
                        outcome=outcome, reason="The network is gone." if outcome == "failed" else "",
                    )
                )  # fmt: skip


def test_nothing_is_said_of_a_library_in_good_order(services: Services, note: Recording, place: str) -> None:
    services.transfers.enqueue(place)
    services.alerts.refresh()
    assert services.sync_log.alerts() == ()


def test_without_a_provider_nothing_is_said_of_the_cloud(services: Services, note: Recording) -> None:
    services.transfers.enqueue("s3:former")
    attempts(services, "s3:former", failed=50)
    services.sync_log.set_plan("s3:former", Plan(used_share=1.0))
    services.alerts.refresh()
    assert services.sync_log.alerts() == ()


def test_over_a_hundred_pending_transfers(services: Services, place: str) -> None:
    recordings = [a_recording() for _ in range(101)]
    for recording in recordings:
        services.library.add(recording, "imported")
    services.transfers.enqueue(place)
    assert "101 files wait" in words(services, "queue_long")
    services.sync_log.set_paused(True)
    assert "paused: resume" in words(services, "queue_long")
    services.library.set_trashed(recordings[0].id, NOW)
    assert words(services, "queue_long") == ""


def test_what_is_backed_up_or_called_off_does_not_wait(services: Services, place: str) -> None:
    recordings = [a_recording() for _ in range(101)]
    for recording in recordings:
        services.library.add(recording, "imported")
    services.transfers.enqueue(place)
    finished(services.transfers, services.transfers.listed(place)[0])
    assert words(services, "queue_long") == ""


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ({"done": 18, "failed": 2}, "2 failed"),
        ({"done": 19, "failed": 1}, ""),
        ({"done": 17, "failed": 2}, ""),  # too few to tell
        ({"done": 10, "failed": 1, "parked": 50}, ""),  # parked ones do not count
        ({"failed": 1200}, "1,200 failed"),
    ],
)
def test_a_success_rate_under_95_per_cent(
    services: Services, note: Recording, place: str, outcomes: dict[str, int], said: str
) -> None:
    services.transfers.enqueue(place)
    attempts(services, place, **outcomes)
    text = words(services, "uploads_failing")
    assert bool(text) == bool(said)
    assert said in text
    if said:
        assert "Most often: The network is gone." in text
        services.alerts.refresh(NOW + timedelta(days=1, hours=1))  # a day later it is history
        assert services.sync_log.alert("uploads_failing") is None


def test_the_quota(services: Services, note: Recording) -> None:
    services.settings.set("storage.quota_mb", 1)
    assert words(services, "quota_exceeded") == ""
    with services.library.database.session(write=True) as connection:
        connection.execute(update(t.masters).values(size_bytes=1_500_000))
    assert "1.5 MB, more than the 1.0 MB" in words(services, "quota_exceeded")
    freed = replace(note.masters[0], state=MasterState.FREED, size_bytes=1_500_000)
    services.library.store_reading(note.id, freed, "freed")
    assert words(services, "quota_exceeded") == ""  # freed audio takes no room here


def test_a_plan_that_is_nearly_full(services: Services, place: str) -> None:
    services.sync_log.set_plan(place, Plan("Free", used_share=0.89))
    assert words(services, "plan_nearly_full") == ""
    services.sync_log.set_plan(place, Plan("Free", used_share=0.934))
    assert "your plan at folder includes is used by 93%" in words(services, "plan_nearly_full")
    services.providers.choose_none()
    assert words(services, "plan_nearly_full") == ""


@pytest.mark.parametrize("state", [MasterState.MISSING, MasterState.DAMAGED])
def test_damage_that_a_scrub_found(services: Services, note: Recording, state: MasterState) -> None:
    services.library.store_reading(note.id, replace(note.masters[0], state=state), "found")
    assert "1 audio file is damaged or missing" in words(services, "damage_found")
    services.library.store_reading(note.id, note.masters[0], "mended")
    assert words(services, "damage_found") == ""


@pytest.fixture
def on_small_disk(home: Path) -> Callable[[Path, bool], Services]:
    def opened(folder: Path, checked: bool) -> Services:
        environ = {"VOICE_RECORDER_HOME": str(folder), "VOICE_RECORDER_MIN_DISK_SPACE_MB": "1"}
        config = StorageConfig.from_environment("testing", environ)
        return app.build(replace(config, enable_disk_space_check=checked))

    return opened


def test_low_disk_also_when_idle(on_small_disk: Callable[[Path, bool], Services]) -> None:
    """A take needs a minute of sound plus 20 MB, 26 MB in all: warned of below twice that."""
    with small_disk(80) as folder:
        services = on_small_disk(folder, True)
        assert words(services, "disk_low") == ""
        ballast = fill(folder, leave_bytes=40_000_000)
        text = words(services, "disk_low")
        assert "are free, 26 MB are needed" in text
        assert "Make room" in text
        (folder / "trash" / "old.wav").write_bytes(bytes(20_000_000))
        services.preflight._sizes_at = float("-inf")
        text = words(services, "disk_low")
        assert "no recording can start" in text
        assert "Emptying the trash and the cache frees 20 MB" in text
        ballast.unlink()
        assert words(services, "disk_low") == ""
        services.close()


def test_where_the_space_check_is_off_or_the_folder_is_away_the_disk_is_not_judged(
    on_small_disk: Callable[[Path, bool], Services],
) -> None:
    with small_disk(20) as folder:
        services = on_small_disk(folder, False)
        assert words(services, "disk_low") == ""
        services.close()
        services = on_small_disk(folder, True)
        assert words(services, "disk_low")
        (folder / "recordings").rmdir()
        assert words(services, "disk_low") == ""
        services.close()


def test_shown_once_and_quiet_after_it_was_cleared(services: Services, place: str) -> None:
    services.sync_log.set_plan(place, Plan(used_share=0.95))
    assert words(services, "plan_nearly_full")
    services.sync_log.mark_shown("plan_nearly_full")
    services.alerts.refresh()
    (alert,) = services.sync_log.alerts()
    assert alert.shown_at is not None
    services.sync_log.clear_alert("plan_nearly_full")
    services.alerts.refresh()
    assert services.sync_log.alerts() == ()


def test_an_alert_of_the_queue_itself_stays_up(services: Services, note: Recording, place: str) -> None:
    services.transfers.enqueue(place)
    assert entry(services.transfers, place).state is TransferState.QUEUED
    services.sync_log.halt("The key was refused.")
    services.alerts.refresh()
    assert [alert.kind for alert in services.sync_log.alerts()] == ["key_refused"]
