"""Copies of the database, made while it may be in use."""

import contextlib
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.fakes.small_disk import fill, small_disk
from tests.unit.recordings import a_recording
from voice_recorder.domain.errors import LibraryDamaged, NotFound, StorageError
from voice_recorder.storage.backups import (
    BACKUPS_KEPT,
    check_database,
    copy_database,
    find_backup,
    list_backups,
    make_backup,
)
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig


def titles(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM recordings ORDER BY key")]


def test_a_backup_holds_what_is_committed_and_nothing_of_a_change_under_way(
    library: Library, config: StorageConfig
) -> None:
    library.add(a_recording(title="kept"), "imported")
    with contextlib.closing(sqlite3.connect(config.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE recordings SET title = 'half way'")
        backup = make_backup(config.database_path, config.backups_path)
    library.add(a_recording(title="made since"), "imported")
    assert titles(backup.path) == ["kept"]
    check_database(backup.path)


def test_s1_6_a_backup_is_its_owners_alone_and_nothing_else_is_left(
    library: Library, config: StorageConfig
) -> None:
    backup = make_backup(config.database_path, config.backups_path)
    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
    assert backup.size_bytes == backup.path.stat().st_size > 0
    assert list(config.backups_path.iterdir()) == [backup.path]


def test_s3_2_the_last_three_backups_stay(library: Library, config: StorageConfig) -> None:
    made = [make_backup(config.database_path, config.backups_path) for _ in range(5)]
    kept = list_backups(config.backups_path)
    assert [backup.name for backup in kept] == [backup.name for backup in reversed(made[-BACKUPS_KEPT:])]
    assert kept[0].made_at >= kept[-1].made_at


def test_a_clock_that_was_once_wrong_does_not_cost_the_new_backup(
    library: Library, config: StorageConfig
) -> None:
    """Three backups 'from 2099' sort before the one just made, which must not be the one to go."""
    for number in range(3):
        copy_database(config.database_path, config.backups_path / f"library-2099010{number}T000000000000.db")
    backup = make_backup(config.database_path, config.backups_path)
    assert backup.path.exists()
    assert len(list_backups(config.backups_path)) == BACKUPS_KEPT


def test_a_backup_is_found_by_its_name_with_or_without_ending(
    library: Library, config: StorageConfig
) -> None:
    backup = make_backup(config.database_path, config.backups_path)
    assert find_backup(config.backups_path, backup.name).path == backup.path
    assert find_backup(config.backups_path, backup.path.stem).path == backup.path
    with pytest.raises(NotFound, match="'library-1999'"):
        find_backup(config.backups_path, "library-1999")


def test_copying_replaces_all_that_the_target_held(
    library: Library, config: StorageConfig, tmp_path: Path
) -> None:
    library.add(a_recording(title="new"), "imported")
    target = tmp_path / "old.db"
    with contextlib.closing(sqlite3.connect(target)) as other:
        other.executescript("CREATE TABLE other (x); INSERT INTO other VALUES (1);")
    copy_database(config.database_path, target)
    assert titles(target) == ["new"]
    with contextlib.closing(sqlite3.connect(target)) as copied:
        assert copied.execute("SELECT count(*) FROM sqlite_master WHERE name = 'other'").fetchone() == (0,)


def test_a_damaged_database_makes_no_backup_and_costs_no_older_one(
    library: Library, config: StorageConfig
) -> None:
    good = make_backup(config.database_path, config.backups_path)
    library.database.dispose()
    config.database_path.write_bytes(b"no database" * 1000)
    with pytest.raises(LibraryDamaged, match="cannot be copied"):
        make_backup(config.database_path, config.backups_path)
    assert list(config.backups_path.iterdir()) == [good.path]


def test_a_backup_on_a_full_disk_fails_in_words_and_leaves_no_rest(
    library: Library, config: StorageConfig
) -> None:
    with small_disk(2) as folder:
        fill(folder)
        with pytest.raises(StorageError, match="full"):
            make_backup(config.database_path, folder)
        assert [path.name for path in folder.iterdir()] == ["ballast"]


def test_check_finds_a_damaged_copy(library: Library, config: StorageConfig) -> None:
    for _ in range(50):
        library.add(a_recording(notes="word " * 500), "imported")
    backup = make_backup(config.database_path, config.backups_path)
    check_database(backup.path)
    with backup.path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(40960))
    with pytest.raises(LibraryDamaged, match="copy of the library is damaged"):
        check_database(backup.path)
    backup.path.write_bytes(b"no database" * 1000)
    with pytest.raises(LibraryDamaged, match="not a database"):
        check_database(backup.path)


def test_a_damage_that_copies_without_an_error_makes_no_backup_either(
    library: Library, config: StorageConfig
) -> None:
    """SQLite copies page by page and looks at none; three such copies would push out every good one."""
    for _ in range(20):
        library.add(a_recording(), "imported")
    good = [make_backup(config.database_path, config.backups_path) for _ in range(BACKUPS_KEPT)]
    library.database.dispose()
    with contextlib.closing(sqlite3.connect(config.database_path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'masters'").fetchone()[0]
    with config.database_path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    for _ in range(BACKUPS_KEPT):
        with pytest.raises(LibraryDamaged):
            make_backup(config.database_path, config.backups_path)
    assert sorted(config.backups_path.iterdir()) == [backup.path for backup in good]
    for backup in good:
        check_database(backup.path)
