"""Durable file operations and what the disk has room for."""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from voice_recorder.domain.errors import DiskFull, StorageError
from voice_recorder.domain.words import tr
from voice_recorder.storage.paths import FILE_MODE

_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
RESERVE_BYTES = 4 * 1024 * 1024
_PROBE_BYTES = 1024 * 1024


@contextmanager
def os_errors_converted(what: str, kept: str = tr("Nothing was changed.")) -> Iterator[None]:
    """The boundary at which the file system's errors become ours.

    ``what`` could not be done, up to the colon before the reason: "The settings could not be saved:".
    """
    what += " "
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull(
                what + tr("the disk is full."), kept + " " + tr("Make room and try again.")
            ) from error
        reason = error.strerror or str(error)
        raise StorageError(what + reason + ".", kept) from error


def free_bytes(folder: Path) -> int:
    """Room on the disk of ``folder`` for a user without special rights."""
    return shutil.disk_usage(folder).free


def free_inodes(folder: Path) -> int | None:
    """How many more files fit; None where the file system does not count them."""
    if not hasattr(os, "statvfs"):
        return None
    stat = os.statvfs(folder)
    return stat.f_favail if stat.f_files else None


def folder_bytes(folder: Path) -> int:
    """Size of all files below ``folder``."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # others may remove files while we look
                total += (Path(root) / name).stat().st_size
    return total


def is_writable(folder: Path) -> bool:
    """Whether a file can really be made in ``folder``; a full disk still counts as writable."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        return error.errno in _NO_ROOM


def write_speed(folder: Path) -> float | None:
    """Bytes a second of a synced 1 MiB write; None when there is no room to try."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            started = time.perf_counter()
            file.write(os.urandom(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
            return _PROBE_BYTES / (time.perf_counter() - started)
    except OSError:
        return None


def sync_data(descriptor: int) -> None:
    """Bring a file's data to the disk."""
    if sys.platform == "linux":
        os.fdatasync(descriptor)
    elif sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync stops at the drive's cache there
    else:  # pragma: no cover - Windows
        os.fsync(descriptor)


def sync_file(path: Path) -> None:
    """Bring a file, with its length, to the disk."""
    with path.open("rb+") as file:
        sync_data(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system lets folders be synced."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_durably(source: Path, target: Path) -> None:
    """Sync ``source``, rename it over ``target`` and sync the folder."""
    sync_file(source)
    source.replace(target)
    sync_folder(target.parent)


def write_durably(path: Path, data: bytes) -> None:
    """Replace the contents of ``path`` atomically: after a crash it holds the old bytes or the new."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as file:
            file.write(data)
        replace_durably(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class Reserve:
    """Files of 4 MiB whose room lets a take be finished and the library be opened on a full disk."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def keep(self) -> None:
        """Make each file that is not there where there is ample room; real bytes, no hole."""
        for path in self._paths:
            if path.exists() or free_bytes(path.parent) < 3 * RESERVE_BYTES:
                continue
            with contextlib.suppress(DiskFull), os_errors_converted(tr("The reserve could not be made:")):
                write_durably(path, os.urandom(RESERVE_BYTES))

    def release(self) -> None:
        """Give their room to whoever needs it now."""
        for path in self._paths:
            path.unlink(missing_ok=True)

    def release_if_full(self) -> None:
        """Make room for SQLite, which needs some even to read."""
        for path in self._paths:
            if free_bytes(path.parent) < RESERVE_BYTES // 4:
                path.unlink(missing_ok=True)
