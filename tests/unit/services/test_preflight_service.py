"""The numbers behind the verdict, taken from a real disk and a real library."""

from pathlib import Path

import pytest

from tests.fakes.small_disk import fill, small_disk
from voice_recorder import app
from voice_recorder.domain.errors import PreflightBlocked
from voice_recorder.domain.preflight import Purpose, Status
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services


def test_a_healthy_machine(services: Services) -> None:
    """S5.1, S5.2: everything is measured, and the verdict is kept for Record."""
    assert services.preflight.latest is None
    verdict = services.preflight.refresh()
    assert verdict.status is Status.HEALTHY
    assert services.preflight.latest == verdict
    assert services.preflight.time_left_s() > 0


def test_what_can_be_freed_is_named(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """S5.2: the reason names the need and what the trash and the cache hold."""
    with small_disk(40) as disk:
        monkeypatch.setenv("VOICE_RECORDER_ENV", "development")
        monkeypatch.setenv("VOICE_RECORDER_HOME", str(disk / "home"))
        services = app.build()
        (disk / "home" / "trash" / "old.wav").write_bytes(b"x" * 3_000_000)
        fill(disk, leave_bytes=5_000_000)
        verdict = services.preflight.refresh()
        assert verdict.status is Status.BLOCKED
        assert "50 MB are needed; 3.0 MB can be freed" in verdict.reasons[0]
        with pytest.raises(PreflightBlocked):
            services.takes.start()
        services.close()


def test_a_quota_warns_and_deletes_nothing(services: Services, note: Recording) -> None:
    """S9.3."""
    services.settings.set("storage.quota_mb", 1)
    assert services.preflight.check(Purpose.TAKE).status is Status.HEALTHY
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE masters SET size_bytes = 2000000")
    fresh = type(services.preflight)(services.config, services.settings, services.library)
    verdict = fresh.check(Purpose.TAKE)
    assert verdict.status is Status.WARNING
    assert "nothing is deleted" in verdict.reasons[0]
    assert services.library.path_of(note.masters[0]).exists()


def test_a_library_that_is_damaged_blocks_and_breaks_no_check(services: Services) -> None:
    services.library.database.dispose()
    for leftover in ("-wal", "-shm"):
        Path(f"{services.config.database_path}{leftover}").unlink(missing_ok=True)
    services.config.database_path.write_bytes(b"this is no database, and never was one" * 100)
    verdict = services.preflight.check(Purpose.TAKE, thorough=True)
    assert verdict.blocked
    assert any("library" in reason.lower() for reason in verdict.reasons)


def test_a_library_that_cannot_be_asked_now_is_not_called_damaged(services: Services) -> None:
    services.library.database.dispose()
    database = services.config.database_path
    for leftover in ("-wal", "-shm"):
        Path(f"{database}{leftover}").unlink(missing_ok=True)
    database.rename(database.with_name("aside.db"))
    database.mkdir()
    assert not services.preflight.check(Purpose.TAKE, thorough=True).blocked


def test_a_folder_that_is_gone_blocks(services: Services) -> None:
    """A recordings folder on a disk that was unmounted."""
    services.config.raw_recordings_path.rmdir()
    verdict = services.preflight.check(Purpose.TAKE)
    assert verdict.blocked
    assert "is not there" in verdict.reasons[0]
    assert services.preflight.time_left_s() == 0
