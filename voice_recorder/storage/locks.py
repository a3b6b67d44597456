"""Locks that the system drops with the process (flock, LockFileEx): who owns a running take, who migrates."""

import contextlib
import os
from pathlib import Path
from typing import IO

import portalocker

from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.words import tr
from voice_recorder.storage.paths import FILE_MODE


class FileLock:
    """An exclusive lock on a file of its own. A dead owner's lock is free at once.

    Use as a context manager after ``acquire``, or ``release`` it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take the lock; False when somebody else holds it and ``wait`` is False. StorageError."""
        flags = portalocker.LockFlags.EXCLUSIVE
        if not wait:
            flags |= portalocker.LockFlags.NON_BLOCKING
        while True:
            try:
                file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, FILE_MODE), "r+b")
            except OSError as error:
                raise StorageError(
                    tr(
                        "The lock {file} cannot be made: {reason}.",
                        file=repr(str(self.path)),
                        reason=error.strerror,
                    )
                ) from error
            try:
                portalocker.lock(file, flags)
            except portalocker.AlreadyLocked:
                file.close()
                return False
            except portalocker.LockException as error:
                file.close()
                raise StorageError(
                    tr(
                        "The folder {folder} is on a disk without file locks.",
                        folder=repr(str(self.path.parent)),
                    ),
                    tr("Set VOICE_RECORDER_HOME to a folder on a local disk."),
                ) from error
            if self._is_current(file):
                self._file = file
                return True
            file.close()  # its last owner removed it between our open and our lock

    def release(self, *, remove: bool = True) -> None:
        """Give the lock back. Safe to call twice."""
        if self._file is None:
            return
        if remove and os.name == "posix":  # Windows cannot remove an open file; there it stays, empty
            with contextlib.suppress(OSError):  # an empty file more does no harm; a lock that stays does
                self.path.unlink()
        portalocker.unlock(self._file)
        self._file.close()
        self._file = None

    def _is_current(self, file: IO[bytes]) -> bool:
        if os.name != "posix":
            return True
        try:
            return os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
