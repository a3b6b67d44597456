"""S10 from the command line: `cleanup` and `cleanup --dry-run`."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.library import opened, with_notes

OLD_S = 3 * 3600


@pytest.fixture
def leftovers(home: Path, tmp_path: Path) -> list[Path]:
    """A library with a note, an unfinished file and a copy that nothing needs."""
    with_notes(tmp_path / "notes", ["kept"])
    paths = [home / "cache" / "x.tmp", home / "cloud_copies" / f"{'a' * 32}.mp3"]
    for path in paths:
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - OLD_S,) * 2)
    return paths


def test_a_dry_run_lists_what_cleanup_then_removes(leftovers: list[Path], run_cli: RunCli) -> None:
    dry = run_cli("cleanup", "--dry-run", "--json")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert dry.json["dry_run"] is True
    assert [item["path"] for item in dry.json["removed"]] == [str(path) for path in leftovers]
    assert {item["size_bytes"] for item in dry.json["removed"]} == {1000}
    assert all(item["why"] for item in dry.json["removed"])
    assert all(path.exists() for path in leftovers)
    real = run_cli("cleanup", "--json")
    assert real.returncode == 0
    assert real.json == {**dry.json, "dry_run": False}
    assert (real.json["freed_bytes"], real.json["failed"]) == (2000, [])
    assert not any(path.exists() for path in leftovers)
    again = run_cli("cleanup", "--json")
    assert again.json["removed"] == []
    with opened() as services:
        (note,) = services.library.with_ids(None)
        assert services.library.path_of(note.masters[0]).exists()
        assert services.metrics.collect()["cleanup"]["removed"] == 0


def test_what_could_not_be_removed_is_said_and_the_exit_code_is_1(
    leftovers: list[Path], run_here: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == leftovers[0]:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    result = run_here("cleanup", "--json")
    assert result.returncode == 1
    (failed,) = result.json["failed"]
    assert failed["path"] == str(leftovers[0])
    assert failed["error"]["kind"] == "storage_error"
    assert "Permission denied" in result.stderr
    assert [item["path"] for item in result.json["removed"]] == [str(leftovers[1])]


def test_people_read_what_went_and_how_much_room_it_made(leftovers: list[Path], run_here: RunCli) -> None:
    said = run_here("cleanup", "--dry-run").stdout
    assert "2 would go, 0.0 MB" in said
    assert "a compressed copy that nothing needs" in said
    assert "2 removed" in run_here("cleanup").stdout


def test_s9_1_the_trash_waits_until_the_clock_is_known_to_be_right(
    leftovers: list[Path], run_here: RunCli
) -> None:
    with opened() as services:
        (note,) = services.library.with_ids(None)
        services.trash.delete([note.id])
        services.library.set_trashed(note.id, datetime.now(UTC) - timedelta(days=31))
        path = services.library.path_of(note.masters[0])
    first = run_here("cleanup", "--json")
    assert first.json["waiting"] == 1
    assert path.exists()
    second = run_here("cleanup", "--json")
    assert [item["path"] for item in second.json["removed"]] == [str(path)]
    assert not path.exists()


def test_people_are_told_that_the_trash_waits(leftovers: list[Path], run_here: RunCli) -> None:
    with opened() as services:
        (note,) = services.library.with_ids(None)
        services.trash.delete([note.id])
        services.library.set_trashed(note.id, datetime.now(UTC) - timedelta(days=31))
    assert "Past their date in the trash: 1." in run_here("cleanup").stdout
