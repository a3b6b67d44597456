"""A new database from the folders alone: by the sidecars, and by the sound where there is none.

The library as it was is set aside, never removed, and replaced at the very end: cut off at any moment, the
old one stands or the new one.
"""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voice_recorder.domain.errors import LibraryBusy, LibraryTooNew, NotFound, VoiceRecorderError
from voice_recorder.domain.words import tr
from voice_recorder.services.adopting import Adopting, AdoptionReport, Progress
from voice_recorder.services.returning import put_in_place, refuse_while_recording, replace_file
from voice_recorder.services.sidecars import Sidecars
from voice_recorder.storage.backups import check_database
from voice_recorder.storage.change_watch import ChangeWatch
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.opening import make_database, open_database
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)
_ENDINGS = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class RebuildReport:
    """``set_aside`` is where the library as it was is kept; None when there was none."""

    found: AdoptionReport
    set_aside: Path | None


def rebuild(
    config: StorageConfig, cancel: threading.Event | None = None, progress: Progress | None = None
) -> RebuildReport:
    """Put a library made from the recordings folder and the trash in the library's place.

    What the library as it is has not yet said in sidecars is written there first, if it can be read.
    LibraryBusy while a window is open, a take runs, something is sent or changed; NotFound when there is
    nothing to make it from; LibraryTooNew; Cancelled; StorageError. Nothing was changed then.
    """
    cancel = cancel or threading.Event()
    with _alone(config):
        _write_what_is_stale(config, cancel)
        migrates = _held(config, "migration.lock", tr("The library is being brought up to date."))
        with _unchanged(config) as refuse_when_changed, migrates:
            unfinished = config.database_path.with_name("library.rebuilding.tmp")
            _remove(unfinished)
            try:
                found = _fill(config, unfinished, cancel, progress)
                check_database(unfinished)
                refuse_when_changed()
                aside = _put_in_place(config, unfinished)
            finally:
                _remove(unfinished)
    _log.warning(
        "rebuilt: %d by sidecars, %d by sound, %d masters missing; before: %s",
        len(found.described), len(found.adopted), len(found.missing), aside,
    )  # fmt: skip
    return RebuildReport(found, aside)


@contextlib.contextmanager
def _alone(config: StorageConfig) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        held.enter_context(_held(config, "window.lock", tr("The window is open.")))
        refuse_while_recording(config)
        for path in sorted(config.locks_path.glob("transfer-*.lock")):
            held.enter_context(_held(config, path.name, tr("Something is being backed up.")))
        yield


@contextlib.contextmanager
def _held(config: StorageConfig, name: str, why_not: str) -> Iterator[None]:
    with FileLock(config.locks_path / name) as lock:
        if not lock.acquire():
            raise LibraryBusy(why_not, tr("Nothing was changed; end it or let it end, then try again."))
        yield


@contextlib.contextmanager
def _unchanged(config: StorageConfig) -> Iterator[Callable[[], None]]:
    """Watch the library as it is, if it can be read: what is yielded raises LibraryBusy once it changed.

    The new one would know nothing of that. Takes hold a lock, and may not have a row yet.
    """
    watch: ChangeWatch | None = None
    if config.database_path.exists():
        with contextlib.suppress(sqlite3.Error):  # a damaged one is replaced
            watch = ChangeWatch(config.database_path)

    def refuse_when_changed() -> None:
        refuse_while_recording(config)
        if watch is None:
            return
        changed = False
        with contextlib.suppress(sqlite3.Error):
            changed = watch.changed()
        watch.close()
        if changed:
            raise LibraryBusy(
                tr("The library was changed meanwhile."), tr("It was left as it is; try again.")
            )

    try:
        yield refuse_when_changed
    finally:
        if watch is not None:
            watch.close()


def _write_what_is_stale(config: StorageConfig, cancel: threading.Event) -> None:
    """Let nothing be lost that only the library knows: it may be in good order, and ahead of its sidecars."""
    if not config.database_path.exists():
        return
    try:
        database = open_database(config)
        try:
            Sidecars(config, database).write_pending(cancel)
        finally:
            database.dispose()
    except (LibraryTooNew, LibraryBusy):
        raise
    except VoiceRecorderError as error:
        _log.warning("the library as it was could not be asked: %s", error)


def _fill(
    config: StorageConfig, path: Path, cancel: threading.Event, progress: Progress | None
) -> AdoptionReport:
    database = make_database(path)
    try:
        adopting = Adopting(config, Library(database, config), cancel, progress)
        report = adopting.run(everything=True)
    finally:
        database.dispose()
    if not adopting.has_found and config.database_path.exists():
        raise NotFound(
            tr(
                "There is no recording in {folder} to make a library from.",
                folder=repr(str(config.raw_recordings_path)),
            ),
            tr("The library was left as it is; if the recordings are on another disk, connect it first."),
        )
    return report


def _put_in_place(config: StorageConfig, new: Path) -> Path | None:
    if not config.database_path.exists():
        replace_file(config.database_path, new)
        return None
    aside = config.backups_path / f"before-rebuild-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db"
    put_in_place(config.database_path, new, aside)
    return aside


def _remove(unfinished: Path) -> None:
    with os_errors_converted(tr("{name} could not be removed:", name=repr(unfinished.name))):
        for ending in _ENDINGS:
            unfinished.with_name(unfinished.name + ending).unlink(missing_ok=True)
