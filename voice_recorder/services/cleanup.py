"""Clean-up: what crashes, failures and time have left behind goes, hourly and on demand.

What is in the trash follows the trash's own rule; all else can be made or fetched again.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.words import tr
from voice_recorder.services.leftovers import Find, Leftovers, Removed, Search, size_of
from voice_recorder.services.trash import KEPT_DAYS, Trash
from voice_recorder.storage.disk import os_errors_converted, write_durably
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)

LONGEST_ABSENCE = timedelta(days=7)


@dataclass
class CleanupReport:
    """What was done. ``waiting`` recordings are past their date in the trash, but the clock is in doubt."""

    dry_run: bool
    removed: list[Removed] = field(default_factory=list)
    failed: list[tuple[Path, VoiceRecorderError]] = field(default_factory=list)
    waiting: int = 0

    @property
    def freed_bytes(self) -> int:
        """The room that was won."""
        return sum(removed.size_bytes for removed in self.removed)


class Cleanup:
    """Removes leftovers. Any thread may call any method, and several processes at once."""

    def __init__(
        self, config: StorageConfig, library: Library, leftovers: Leftovers, figures: Figures, trash: Trash
    ) -> None:
        self._config = config
        self._library = library
        self._leftovers = leftovers
        self._figures = figures
        self._trash = trash

    def run(
        self,
        now: datetime | None = None,
        *,
        dry_run: bool = False,
        cancel: threading.Event | None = None,
    ) -> CleanupReport:
        """Remove what is due; one thing that cannot be removed disturbs no other.

        With ``dry_run`` the report lists what would go, and nothing is touched. When ``cancel`` is set, what
        was done until then. StorageError when the library cannot be written.
        """
        now = now or datetime.now(UTC)
        cancel = cancel or threading.Event()
        started = time.monotonic()
        report = CleanupReport(dry_run)
        past_trash: Search = partial(self._past_trash, report)
        for look in (*self._leftovers.kinds(), past_trash):
            try:
                for find in look(now):
                    if cancel.is_set():
                        return report
                    self._settle(find, report)
            except VoiceRecorderError as error:  # what cannot be looked for disturbs nothing else
                _log.warning("clean-up: %s", error)
                report.failed.append((self._config.home, error))
        if not dry_run:
            self._keep_figures(now, time.monotonic() - started, report)
        return report

    def _settle(self, find: Find, report: CleanupReport) -> None:
        try:
            with self._held(find.lock, dry_run=report.dry_run) as mine:
                if not mine or not find.goes():
                    return
                if not report.dry_run:
                    find.remove()
        except FileNotFoundError:
            return
        except VoiceRecorderError as error:
            _log.warning("clean-up of %s: %s", find.parts[0].path, error)
            report.failed.append((Path(find.parts[0].path), error))
            return
        report.removed += find.parts
        if not report.dry_run:
            for part in find.parts:
                _log.info("removed %s (%d bytes): %s", part.path, part.size_bytes, part.why)

    @contextmanager
    def _held(self, name: str, *, dry_run: bool) -> Iterator[bool]:
        """Whether nobody else has the lock called ``name``; nobody gets it meanwhile."""
        if not name:
            yield True
            return
        lock = FileLock(self._config.locks_path / name)
        was_there = lock.path.exists()
        try:
            yield lock.acquire()
        finally:
            lock.release(remove=not (dry_run and was_there))

    def _past_trash(self, report: CleanupReport, now: datetime) -> Iterator[Find]:
        due = self._library.trashed_before(now - timedelta(days=KEPT_DAYS))
        if not clock_is_plausible(self._config, now, noting=not report.dry_run):
            report.waiting = len(due)
            return
        for recording in due:
            yield Find(self._parts_of(recording), partial(self._remove, recording))

    def _parts_of(self, recording: Recording) -> tuple[Removed, ...]:
        why = f"{KEPT_DAYS} days in the trash"
        paths = [self._config.trash_path / master.name for master in recording.masters]
        files = tuple(Removed(str(path), size_of(path), why) for path in paths if path.exists())
        return files or (Removed(recording.id, 0, why),)

    def _remove(self, recording: Recording) -> None:
        for result in self._trash.delete_for_ever([recording.id]):
            if result.error:
                raise result.error

    def _keep_figures(self, now: datetime, took_s: float, report: CleanupReport) -> None:
        figures = {
            "at": now.isoformat(timespec="seconds"), "took_s": round(took_s, 3),
            "removed": len(report.removed), "freed_bytes": report.freed_bytes, "failed": len(report.failed),
        }  # fmt: skip
        self._figures.keep("cleanup", figures)


def clock_is_plausible(config: StorageConfig, now: datetime, *, noting: bool = True) -> bool:
    """Whether the clock stands where it can after the last time it was asked; else it is asked again.

    A clock that is wrong for an hour must not make a month of what was deleted a minute ago. Of the first
    time nothing is known. ``noting`` keeps ``now`` for the next time. StorageError.
    """
    stamp = config.home / "housekeeping.stamp"
    try:
        before: datetime | None = datetime.fromisoformat(stamp.read_text("ascii"))
    except (OSError, ValueError):
        before = None
    if noting:
        with os_errors_converted(tr("The time of this housekeeping could not be kept:")):
            write_durably(stamp, now.isoformat().encode())
    return before is not None and before <= now <= before + LONGEST_ABSENCE
