"""Moving the recordings folder to another place, so that at every moment one place has everything.

Every file is copied and its copy read back; only then the program is told where the recordings are from now
on, in one atomic step; only after that the files in the old place are removed. Cut off before that step,
the old place is in force and a new attempt goes on with what was copied; cut off after it, ``finish``
removes what is left of the old place.
"""

import contextlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from voice_recorder.audio.metadata import digest
from voice_recorder.domain.errors import Cancelled, ConfigurationError, DiskFull, LibraryBusy, StorageError
from voice_recorder.domain.preflight import MB, in_mb
from voice_recorder.domain.words import tr
from voice_recorder.storage import disk
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import (
    FILE_MODE,
    FOLDER_MODE,
    MOVED_RECORDINGS,
    StorageConfig,
    folders_left,
)

_log = logging.getLogger(__name__)
_UNFINISHED = ".moving"
_UNCHANGED = tr("Everything is where it was.")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Outlook:
    """What a move would take: ``files`` of ``size_bytes`` to ``folder``, where ``free_bytes`` are free."""

    folder: Path
    files: int
    size_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Relocation:
    """``files`` of ``size_bytes`` are in ``folder`` now; ``left`` could not be removed from the old place."""

    folder: Path
    files: int
    size_bytes: int
    left: tuple[Path, ...]


class Relocating:
    """Moves the recordings folder. The program is to be started anew afterwards."""

    def __init__(self, config: StorageConfig) -> None:
        self._config = config

    def look(self, folder: Path) -> Outlook:
        """What moving to ``folder`` would take; nothing is copied. The errors of ``move``."""
        new = self._usable(folder)
        with self._undisturbed(self._config.raw_recordings_path):
            files, size_bytes = self._survey(new)
        return Outlook(new, len(files), size_bytes, disk.free_bytes(new))

    def move(
        self, folder: Path, cancel: threading.Event | None = None, progress: Progress | None = None
    ) -> Relocation:
        """Move all recordings to ``folder``, which is made when it is not there.

        LibraryBusy while something records, ConfigurationError or StorageError for a folder that will not do,
        DiskFull, Cancelled; then everything is where it was.
        """
        cancel = cancel or threading.Event()
        old, new = self._config.raw_recordings_path, self._usable(folder)
        with self._undisturbed(old) as look_again:
            files, total = self._survey(new)
            done = 0
            for path in files:
                if progress:
                    progress(done // MB, max(1, total // MB), path.name)
                _copy(path, new / path.name, cancel)
                done += path.stat().st_size
            look_again()
            for path in _files(old):
                if path not in files:  # it came meanwhile
                    _copy(path, new / path.name, cancel)
            look_again()
            disk.sync_folder(new)
            self._point_to(new, leaving=old)
        _log.info("the recordings folder is now %s, with %d files", new, len(files))
        return Relocation(new, len(files), total, tuple(self.finish(cancel)))

    def finish(self, cancel: threading.Event | None = None) -> list[Path]:
        """Remove from a folder that was left what the new one has; what had to stay there."""
        left_behind = folders_left(self._config.home)
        if left_behind is None:
            return []
        old, new = left_behind
        if not old.is_dir() or not new.is_dir():
            return []
        try:
            with self._undisturbed(old):
                left = [path for path in _files(old) if not _has_followed(path, new / path.name, cancel)]
            with self._undisturbed(old):  # a program that was open all the time may have begun something
                left = left or _files(old)
        except LibraryBusy:
            return _files(old)
        if not left:
            self._point_to(new, leaving=None)
            for rest in (*old.glob(".take-*.lock"), *old.glob(".import-*.lock"), old / ".reserve.bin"):
                rest.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # somebody else's files keep it
                old.rmdir()
        return left

    def _usable(self, folder: Path) -> Path:
        if os.environ.get("VOICE_RECORDER_RECORDINGS_DIR"):
            raise ConfigurationError(
                tr("VOICE_RECORDER_RECORDINGS_DIR says where the recordings are."),
                tr("Change that variable, or unset it, and move the folder then."),
            )
        old, new = self._config.raw_recordings_path.resolve(), folder.expanduser().resolve()
        if new == old or new.is_relative_to(old) or old.is_relative_to(new):
            raise ConfigurationError(
                tr("{folder} is the recordings folder, inside of it or around it.", folder=repr(str(new))),
                tr("Choose another one."),
            )
        with disk.os_errors_converted(
            tr("The folder {folder} cannot be used:", folder=repr(str(new))), _UNCHANGED
        ):
            new.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            strangers = sorted(path.name for path in new.iterdir() if not (old / _original(path)).exists())
        if strangers:
            raise StorageError(
                tr(
                    "The folder {folder} is not empty: it has {name}.",
                    folder=repr(str(new)),
                    name=repr(strangers[0]),
                ),
                tr("Choose an empty one. Everything is where it was."),
            )
        if not disk.is_writable(new):
            raise StorageError(
                tr("The folder {folder} cannot be written to.", folder=repr(str(new))), _UNCHANGED
            )
        return new

    @contextlib.contextmanager
    def _undisturbed(self, folder: Path) -> Iterator[Callable[[], None]]:
        """Nobody records into ``folder``, imports or moves files of the trash meanwhile. LibraryBusy.

        A take may begin all the same: what is yielded looks again, and raises LibraryBusy then.
        """
        with ExitStack() as held:
            mine: set[Path] = set()

            def look() -> None:
                for path in (*folder.glob(".take-*.lock"), *folder.glob(".import-*.lock")):
                    if path not in mine and not held.enter_context(FileLock(path)).acquire():
                        raise LibraryBusy(
                            tr("Something is being recorded or imported."),
                            tr("Wait for it; nothing was changed."),
                        )
                    mine.add(path)

            look()
            for name in ("import.lock", "trash.lock"):
                lock = held.enter_context(FileLock(self._config.locks_path / name))
                lock.acquire(wait=True)
            yield look

    def _survey(self, new: Path) -> tuple[list[Path], int]:
        """What there is to move, and its size in bytes. DiskFull when it does not fit."""
        with disk.os_errors_converted(tr("The recordings folder could not be read:"), _UNCHANGED):
            files = _files(self._config.raw_recordings_path)
            self._make_sure_of_room(files, new)
            return files, sum(path.stat().st_size for path in files)

    def _make_sure_of_room(self, files: list[Path], new: Path) -> None:
        there = {path.name: path.stat().st_size for path in new.iterdir()}
        need = sum(path.stat().st_size for path in files if path.name not in there)
        spare = self._config.min_disk_space_mb * MB
        if need and new.stat().st_dev == self._config.raw_recordings_path.stat().st_dev:
            spare = 0  # on the same disk the room comes back
        if disk.free_bytes(new) < need + spare:
            raise DiskFull(
                tr(
                    "{need} are needed on the disk of {folder}, {free} are free.",
                    need=in_mb(need + spare),
                    folder=repr(str(new)),
                    free=in_mb(disk.free_bytes(new)),
                ),
                _UNCHANGED,
            )

    def _point_to(self, new: Path, leaving: Path | None) -> None:
        document = {"recordings": str(new), **({"leaving": str(leaving)} if leaving else {})}
        with disk.os_errors_converted(
            tr("The new folder could not be noted:"), tr("The old one is in force.")
        ):
            text = json.dumps(document, indent=2, ensure_ascii=False)
            disk.write_durably(self._config.home / MOVED_RECORDINGS, text.encode())


def _files(folder: Path) -> list[Path]:
    """All that is in the folder but locks and the reserve."""
    passed_over = (".lock", ".reserve.bin")
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.endswith(passed_over))


def _original(copy: Path) -> str:
    return copy.name.removesuffix(_UNFINISHED)


def _copy(source: Path, target: Path, cancel: threading.Event) -> None:
    """Copy and read back; one that is there already from an attempt before is read only."""
    if cancel.is_set():
        raise Cancelled
    unfinished = target.with_name(target.name + _UNFINISHED)
    name, folder = repr(source.name), repr(str(target.parent))
    what = tr("{name} could not be copied to {folder}:", name=name, folder=folder)
    try:
        with disk.os_errors_converted(what, _UNCHANGED):
            wanted = digest(source, cancel)
            if target.exists() and digest(target, cancel) == wanted:
                return
            shutil.copy2(source, unfinished)
            unfinished.chmod(FILE_MODE)
            disk.sync_file(unfinished)
            if digest(unfinished, cancel) != wanted:
                raise StorageError(
                    tr("{name} could not be copied to {folder}: the copy differs.", name=name, folder=folder),
                    _UNCHANGED,
                )
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _has_followed(old: Path, new: Path, cancel: threading.Event | None) -> bool:
    """Remove ``old`` once ``new`` is its like; what came meanwhile is copied first, what differs stays."""
    cancel = cancel or threading.Event()
    try:
        if not new.exists():
            _copy(old, new, cancel)
        if digest(new, cancel) != digest(old, cancel):
            return False
        old.unlink()
    except (OSError, StorageError, Cancelled) as error:
        _log.warning("%s stays in the folder that was left: %r", old.name, error)
        return False
    return True
