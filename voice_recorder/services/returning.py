"""Going back to a backup of the library without losing a recording made since."""

import logging
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from voice_recorder.domain.errors import LibraryBusy, LibraryDamaged, StorageError, VoiceRecorderError
from voice_recorder.domain.recording import Marker, Recording
from voice_recorder.domain.words import tr
from voice_recorder.services.recovery import Recovery
from voice_recorder.storage.backups import Backup, check_database, copy_database, find_backup
from voice_recorder.storage.disk import os_errors_converted, replace_durably
from voice_recorder.storage.engine import Database
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReturnReport:
    """``carried_over``: rows from the library as it was; ``adopted``: takes known by their files alone."""

    backup: Backup
    set_aside: Path
    carried_over: int
    adopted: int


def return_to(config: StorageConfig, name: str) -> ReturnReport:
    """Put the backup called ``name`` in the library's place.

    The library as it was is set aside, not removed. What it knows of recordings made since is carried over;
    if it cannot be read, the takes are found again by their files. NotFound, LibraryBusy, StorageError.
    """
    backup = find_backup(config.backups_path, name)
    with FileLock(config.locks_path / "migration.lock") as lock:
        if not lock.acquire():
            raise LibraryBusy(tr("The library is being brought up to date."), tr("Try again in a moment."))
        refuse_while_recording(config)
        unfinished = config.database_path.with_name("library.returning.tmp")
        try:
            copy_database(backup.path, unfinished)  # first: a damaged backup must not cost the library
            check_database(unfinished)
            newer = _newer(config, unfinished)
            aside = config.database_path.with_name(
                f"library.before-return-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db"
            )
            put_in_place(config.database_path, unfinished, aside)
        finally:
            unfinished.unlink(missing_ok=True)
    database = open_database(config)
    try:
        library = Library(database, config)
        # What was restored since must not be removed because the backup still has it in the trash.
        library.count_trash_from(datetime.now(UTC))
        carried = _carry_over(newer, library)
        adopted = len(Recovery(config, library).run().recovered)
    finally:
        database.dispose()
    _log.warning("returned to %s; %d carried over, %d adopted", backup.name, carried, adopted)
    return ReturnReport(backup, aside, carried, adopted)


def _newer(config: StorageConfig, backup: Path) -> list[tuple[Recording, tuple[Marker, ...]]]:
    """What the library as it is has and the backup has not, as far as it can be read."""
    newer = []
    with _opened(backup, config) as old, _opened(config.database_path, config) as library:
        try:
            known, names = old.known_ids(), old.known_names()
            ids = sorted(library.known_ids() - known)
            new_names = sorted(library.known_names() - names)
        except StorageError as error:
            _log.warning("the library cannot be read: %s", error)
            return []
        for recording_id in ids:
            try:
                newer.append((library.get(recording_id), library.markers(recording_id)))
            except VoiceRecorderError as error:
                _log.warning("%s cannot be read: %s", recording_id, error)
        carried = {master.id for recording, _markers in newer for master in recording.masters}
        for recording in _owners(library, new_names):
            if recording.id in known:
                newer += _attached_since(recording, library.markers(recording.id), names, carried)
    return newer


def _owners(library: Library, names: Sequence[str]) -> Iterable[Recording]:
    """The recordings with these masters; one that cannot be read keeps no other back."""
    owners: dict[str, Recording] = {}
    for name in names:
        try:
            owners.update((recording.id, recording) for recording in library.with_masters_named([name]))
        except VoiceRecorderError as error:
            _log.warning("who has %s cannot be read: %s", name, error)
    return owners.values()


def _attached_since(
    recording: Recording, markers: Sequence[Marker], names: Set[str], carried: Set[str]
) -> Iterator[tuple[Recording, tuple[Marker, ...]]]:
    """What became part of a recording that the backup has without it: a recording again."""
    masters = tuple(m for m in recording.masters if m.name not in names and m.id not in carried)
    if masters:
        own = {master.id for master in masters}
        again = replace(
            recording, id=uuid.uuid4().hex, masters=masters, edit_list=(), created_at=masters[0].created_at
        )
        yield again, tuple(marker for marker in markers if marker.master_id in own)


@contextmanager
def _opened(path: Path, config: StorageConfig) -> Iterator[Library]:
    database = Database(path)
    try:
        yield Library(database, config)
    finally:
        database.dispose()


def refuse_while_recording(config: StorageConfig) -> None:
    """LibraryBusy while a take runs."""
    for path in config.raw_recordings_path.glob(".take-*.lock"):
        with FileLock(path) as lock:
            if not lock.acquire():
                raise LibraryBusy(tr("A recording is running."), tr("Stop it first; nothing was changed."))


def put_in_place(database: Path, new: Path, aside: Path) -> None:
    """Set ``database`` aside and let ``new`` take its place.

    A readable library is overwritten by SQLite itself, in one transaction that open programs see. Only a
    damaged one is replaced as a file, its log removed first, which must not be applied to another database.
    """
    try:
        copy_database(database, aside)
        check_database(aside)
        copy_database(new, database)
    except LibraryDamaged:
        with os_errors_converted(tr("The library could not be set aside:")):
            for ending in ("", "-wal", "-shm"):
                part = database.with_name(database.name + ending)
                if part.exists():
                    shutil.copyfile(part, aside.with_name(aside.name + ending))
        replace_file(database, new)


def replace_file(database: Path, new: Path) -> None:
    """Let the file ``new`` be the database; the log of another one is removed first."""
    with os_errors_converted(tr("The library could not be put in place:")):
        for ending in ("-wal", "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
        replace_durably(new, database)


def _has_other_masters(recording: Recording, library: Library) -> bool:
    """Whether files of this recording are masters of their own in ``library``, as when they were adopted."""
    ids = {master.name: master.id for master in recording.masters}
    found = library.with_masters_named(ids)
    return any(ids.get(m.name, m.id) != m.id for other in found for m in other.masters)


def _carry_over(newer: list[tuple[Recording, tuple[Marker, ...]]], library: Library) -> int:
    known = library.known_ids()
    carried = 0
    for recording, markers in newer:
        if recording.id in known or _has_other_masters(recording, library):
            continue
        try:
            library.add(recording, "carried over", markers)
            carried += 1
        except VoiceRecorderError as error:
            _log.warning("%s could not be carried over: %s", recording.id, error)
    return carried
