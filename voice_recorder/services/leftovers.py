"""What crashes, failures and time have left behind: where to look for it, and when it may go.

Everything here can be made or fetched again. No file that a live transfer names is among it: whoever works on
a transfer holds its lock, so each find names the lock under which it is to be asked again whether it goes.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.transfers import Transfer, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.partial_copy import JOURNAL_SUFFIX, PART_SUFFIX
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.transfers import Transfers

STRAY_AFTER = timedelta(hours=1)
SESSIONS_KEPT = timedelta(hours=2)
FAILURES_KEPT = timedelta(days=7)

_MOVING = ".moving"
_COPY = re.compile(r"([0-9a-f]{32})\.[a-z0-9]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOCKS_GO = os.name == "posix"  # elsewhere a lock's file always stays, empty
_LOCKS = ("transfer-", "free-", "fetch-", "restore-")
_UNFINISHED = ("library.returning.tmp", "library.rebuilding.tmp")
_ANY_TEMPORARY = re.compile(r".+\.tmp")
_OWN_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}\.tmp|library\.(returning|rebuilding)\.tmp(-wal|-shm)?")
_Entry = os.DirEntry[str]


@dataclass(frozen=True)
class Removed:
    """What went, or would go: a file, or the place and name of an unfinished upload."""

    path: str
    size_bytes: int
    why: str


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Find:
    """Something that may go if ``goes`` still holds under ``lock`` (a name, empty for none).

    ``remove`` raises StorageError, and FileNotFoundError when somebody else was faster.
    """

    parts: tuple[Removed, ...]
    remove: Callable[[], object]
    lock: str = ""
    goes: Callable[[], bool] = _always


Search = Callable[[datetime], Iterator[Find]]
"""A look for all of a kind that is due at a moment. It raises StorageError."""


class Leftovers:
    """Finds leftovers; removes nothing by itself."""

    def __init__(
        self,
        config: StorageConfig,
        settings: SettingsFile,
        library: Library,
        transfers: Transfers,
        proofs: Proofs,
    ) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._transfers = transfers
        self._proofs = proofs

    def kinds(self) -> tuple[Search, ...]:
        """The searches, in their order; one that fails keeps no other from being done."""
        config = self._config
        cache = (config.cache_path, config.cache_path / "audio", config.cache_path / "peaks")
        ours = (config.backups_path, config.cloud_copies_path, *cache)
        # Home and the recordings folder may be folders that their owner keeps other things in.
        shared = {config.home, config.raw_recordings_path, config.trash_path}
        return (
            self._stale_locks,
            *(partial(self._temporary_files, folder, _ANY_TEMPORARY) for folder in ours),
            *(partial(self._temporary_files, folder, _OWN_TEMPORARY) for folder in shared),
            self._moving_files, self._unnamed_copies, self._ended_sessions, self._leftover_copies,
            self._old_audio, self._unused_peaks,
        )  # fmt: skip

    # Files that nobody finished

    def _temporary_files(self, folder: Path, names: re.Pattern[str], now: datetime) -> Iterator[Find]:
        for entry in _files(folder):
            if names.fullmatch(entry.name) and _is_older(entry, now, STRAY_AFTER):
                lock = "migration.lock" if entry.name.startswith(_UNFINISHED) else ""
                yield _file(entry, "a temporary file that was never finished", lock)

    def _moving_files(self, now: datetime) -> Iterator[Find]:
        """Half copies between recordings and trash, of masters that are there whole."""
        homes = (self._config.raw_recordings_path, self._config.trash_path)
        for entry in (e for home in homes for e in _files(home) if e.name.endswith(_MOVING)):
            if _is_older(entry, now, STRAY_AFTER):
                whole = [home / entry.name.removesuffix(_MOVING) for home in homes]
                why = "half a copy of a file that was moved"
                yield _file(entry, why, "trash.lock", partial(_is_any_there, whole))

    def _unnamed_copies(self, now: datetime) -> Iterator[Find]:
        named = self._transfers.copy_names()
        for entry in _files(self._config.cloud_copies_path):
            if entry.name in named or entry.name.endswith(".tmp"):
                continue
            copy = _COPY.fullmatch(entry.name)
            why = "a compressed copy that nothing needs"
            if copy is not None:
                goes = partial(self._is_unnamed, copy[1], entry.name)
                yield _file(entry, why, f"transfer-{copy[1]}.lock", goes)
            elif _is_older(entry, now, STRAY_AFTER):
                yield _file(entry, why)

    def _is_unnamed(self, transfer_id: str, name: str) -> bool:
        try:
            copy = self._transfers.get(transfer_id).copy
        except NotFound:
            return True
        return copy is None or copy.name != name

    # What transfers that ended have left

    def _ended_sessions(self, now: datetime) -> Iterator[Find]:
        for transfer in self._transfers.ended_before(now - SESSIONS_KEPT):
            if transfer.session.id:
                path = f"{transfer.place}/{transfer.remote_id}"
                parts = (Removed(path, 0, "an unfinished upload of a transfer that ended"),)
                yield self._left_by(transfer, parts, partial(self._proofs.give_up_session, transfer))

    def _leftover_copies(self, now: datetime) -> Iterator[Find]:
        for transfer in self._transfers.ended_before(now - FAILURES_KEPT):
            if transfer.copy is not None and transfer.copy.name:
                path = self._config.cloud_copies_path / transfer.copy.name
                why = "the copy of a transfer that failed or was cancelled"
                parts = (Removed(str(path), size_of(path), why),)
                yield self._left_by(transfer, parts, partial(self._drop_copy, transfer, path))

    def _left_by(self, transfer: Transfer, parts: tuple[Removed, ...], remove: Callable[[], object]) -> Find:
        return Find(parts, remove, f"transfer-{transfer.id}.lock", partial(self._is_over, transfer))

    def _is_over(self, transfer: Transfer) -> bool:
        """Whether it still stands as it was found: ended, and not to be tried again by itself."""
        try:
            now = self._transfers.get(transfer.id)
        except NotFound:
            return False
        over = now.state in (TransferState.FAILED, TransferState.CANCELLED) and now.next_attempt_at is None
        return over and (now.copy, now.session) == (transfer.copy, transfer.session)

    def _drop_copy(self, transfer: Transfer, path: Path) -> None:
        if transfer.session.id:
            self._proofs.give_up_session(transfer)
        self._transfers.forget_copy(transfer)  # first: what no row names goes the next time
        with os_errors_converted(
            tr("{name} could not be removed:", name=repr(path.name)), tr("It is tried again next time.")
        ):
            path.unlink(missing_ok=True)

    # What can be had again

    def _old_audio(self, now: datetime) -> Iterator[Find]:
        kept = timedelta(days=self._settings.current.storage_cache_days)
        for entry in _files(self._config.cache_path / "audio"):
            stem = entry.name.partition(".")[0]
            lock = f"fetch-{stem}.lock" if _SHA256.fullmatch(stem) else ""
            if entry.name.endswith((PART_SUFFIX, JOURNAL_SUFFIX)):
                if _is_older(entry, now, FAILURES_KEPT):
                    yield _file(entry, "fetched in part, and not gone on with", lock)
            elif not entry.name.endswith(".tmp") and _is_older(entry, now, kept, used=True):
                yield _file(entry, f"fetched audio that was not heard for {kept.days} days", lock)

    def _unused_peaks(self, now: datetime) -> Iterator[Find]:
        peaks = (e for e in _files(self._config.cache_path / "peaks") if e.name.endswith(".peaks"))
        old = [entry for entry in peaks if _is_older(entry, now, STRAY_AFTER)]
        known = self._library.known_digests() if old else set()
        for entry in old:
            if entry.name.removesuffix(".peaks") not in known:
                yield _file(entry, "the drawing of a recording that is gone")

    def _stale_locks(self, now: datetime) -> Iterator[Find]:
        for entry in _files(self._config.locks_path) if _LOCKS_GO else ():
            if entry.name.startswith(_LOCKS) and _is_older(entry, now, STRAY_AFTER):
                part = Removed(entry.path, 0, "the lock of a process that died")
                yield Find((part,), _leave_to_the_lock, entry.name)


def _leave_to_the_lock() -> None:
    """A lock that is given back removes its file; removed by anyone else, it might be another's by then."""


def size_of(path: Path) -> int:
    """The size of a file in bytes; 0 of one that is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _scan(folder: Path) -> list[_Entry]:
    with os_errors_converted(tr("The folder {folder} could not be read:", folder=repr(str(folder)))):
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []


def _files(folder: Path) -> Iterator[_Entry]:
    return (entry for entry in _scan(folder) if entry.is_file(follow_symlinks=False))


def _is_older(entry: _Entry, now: datetime, age: timedelta, *, used: bool = False) -> bool:
    """Whether a file was last written (or ``used``) so long ago; one from the future never was."""
    try:
        stat = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    at = max(stat.st_mtime, stat.st_atime) if used else stat.st_mtime
    return now.timestamp() - at > age.total_seconds()


def _is_any_there(paths: list[Path]) -> bool:
    return any(path.is_file() for path in paths)


def _file(entry: _Entry, why: str, lock: str = "", goes: Callable[[], bool] = _always) -> Find:
    path = Path(entry.path)
    return Find((Removed(entry.path, size_of(path), why),), partial(_unlink, path), lock, goes)


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        raise
    except OSError as error:
        with os_errors_converted(
            tr("{name} could not be removed:", name=repr(path.name)), tr("It is tried again next time.")
        ):
            raise error
