"""What is done unasked: a daily backup, the reserve, and what a clock that can be believed makes due."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.storage.backups import list_backups

NOW = datetime.now(UTC)


def test_a_backup_a_day_and_three_in_all(services: Services, note: Recording, home: Path) -> None:
    """S3.2: a damaged library always has a fresh copy to go back to."""
    for hours in (0, 1, 25, 26, 50, 75, 100):
        services.housekeeping.run(NOW + timedelta(hours=hours))
    backups = list_backups(home / "backups")
    assert len(backups) == 3


def test_the_reserve_is_made_again(services: Services, home: Path) -> None:
    """S6: given up on a full disk, it comes back when there is room."""
    (home / "reserve.bin").unlink()
    services.housekeeping.run(NOW)
    assert (home / "reserve.bin").stat().st_size == 4 * 1024 * 1024


def test_thirty_days_in_the_trash_and_no_fewer(services: Services, note: Recording) -> None:
    """S9.1, S9.2: day by day, the note is there until its thirty days are over."""
    services.trash.delete([note.id])
    path = services.library.path_of(note.masters[0])
    for day in range(30):
        services.housekeeping.run(NOW + timedelta(days=day))
        assert path.exists(), day
    services.housekeeping.run(NOW + timedelta(days=30, hours=1))
    assert not path.exists()
    assert services.library.history(note.id)[-1].kind == "deleted for ever"


def test_a_clock_that_leaps_empties_nothing(services: Services, note: Recording) -> None:
    """Section 10, a wrong clock: a year ahead for one run, back for the next."""
    services.trash.delete([note.id])
    services.housekeeping.run(NOW)
    services.housekeeping.run(NOW + timedelta(days=365))
    services.housekeeping.run(NOW + timedelta(hours=1))
    assert services.library.path_of(note.masters[0]).exists()


def test_old_recordings_go_to_the_trash_when_the_owner_wants_it(services: Services, note: Recording) -> None:
    """S9.4: opt-in, and favourites stay."""
    services.housekeeping.run(NOW)
    services.settings.set("storage.trash_after_days", 5)
    services.library.set_favourite(note.id, True)
    services.housekeeping.run(NOW + timedelta(days=6))
    assert services.library.get(note.id).trashed_at is None
    services.library.set_favourite(note.id, False)
    services.housekeeping.run(NOW + timedelta(days=6, hours=1))
    assert services.library.get(note.id).trashed_at is not None


def test_s10_the_clean_up_is_done_by_the_hour_unless_the_clock_leaps(services: Services, home: Path) -> None:
    """Section 10, a wrong clock: what is fresh now is not old because a clock says so for an hour."""
    services.housekeeping.run(NOW)
    fresh = home / "cache" / "fresh.tmp"
    fresh.touch()
    services.housekeeping.run(NOW + timedelta(days=3650))
    assert fresh.exists()
    services.housekeeping.run(NOW)
    services.housekeeping.run(NOW + timedelta(minutes=59))
    assert fresh.exists()
    services.housekeeping.run(NOW + timedelta(hours=2))
    assert not fresh.exists()
    assert services.metrics.collect()["cleanup"]["removed"] == 1


def test_a_freeing_that_was_cut_off_is_settled(services: Services, note: Recording) -> None:
    """The library says it is in the cloud only, and the file is still here: it is the master again."""
    freed = replace(note.masters[0], state=MasterState.FREED)
    services.library.store_reading(note.id, freed, "freed")
    services.housekeeping.run(NOW)
    assert services.library.get(note.id).masters[0].state is MasterState.RECORDED


def test_s13_alerts_are_looked_at_by_the_hour_whatever_the_clock(services: Services, note: Recording) -> None:
    services.library.store_reading(note.id, replace(note.masters[0], state=MasterState.DAMAGED), "damaged")
    os.truncate(services.library.path_of(note.masters[0]), 10)
    services.housekeeping.run(NOW)
    assert [alert.kind for alert in services.sync_log.alerts()] == ["damage_found"]


def test_a_backup_that_cannot_be_made_keeps_nothing_else_from_being_done(
    services: Services, home: Path, note: Recording
) -> None:
    (home / "backups").rmdir()
    (home / "backups").touch()
    services.housekeeping.run(NOW)
    leftover = home / "cache" / "a.tmp"
    leftover.touch()
    services.housekeeping.run(NOW + timedelta(hours=2))
    assert not leftover.exists()
