"""The background scrub: reads every master again in the course of weeks, and notices what has changed.

How much may be read follows from the time that has passed: a day earns the size of the library divided by
``storage.scrub_days``. What was earned and not yet read stands in the library, so a scrub that was cut off
goes on where it was.
"""

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import Cancelled, RecordingsAway
from voice_recorder.services.alerts import Alerts
from voice_recorder.services.recordings_folder import recordings_are_away
from voice_recorder.services.verifying import Verifying, VerifyReport
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.scrubs import Scrubs
from voice_recorder.storage.settings_file import SettingsFile

_log = logging.getLogger(__name__)

BYTES_PER_S = 10_000_000
PAUSE_S = 5.0
_BLOCK_BYTES = 1 << 18
_BUSY_PERCENT = 50.0
_AT_ONCE = 50
_MARK_EVERY_S = 60.0
_USUAL_DAYS = 30
_FIGURE = "scrub"


@dataclass(frozen=True)
class ScrubReport:
    """What one scrub did. ``away``: it read nothing more because the recordings folder is not there."""

    at: datetime
    took_s: float = 0.0
    checked: int = 0
    missing: int = 0
    changed: int = 0
    damaged: int = 0
    read_bytes: int = 0
    owed_bytes: int = 0
    away: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether everything that was read was as it should be."""
        return not (self.missing or self.changed or self.damaged or self.away)


class Scrubbing:
    """Reads masters slowly, one at a time, and never beside a take."""

    def __init__(
        self,
        config: StorageConfig,
        settings: SettingsFile,
        library: Library,
        verifying: Verifying,
        figures: Figures,
        alerts: Alerts,
        is_taking: Callable[[], bool],
    ) -> None:
        """``is_taking`` tells whether a take runs."""
        self._config = config
        self._settings = settings
        self._library = library
        self._verifying = verifying
        self._figures = figures
        self._alerts = alerts
        self._scrubs = Scrubs(library.database)
        self._is_taking = is_taking
        self.is_busy: Callable[[], bool] = processor_is_busy
        """Whether the machine has better things to do."""
        self.bytes_per_s = BYTES_PER_S
        """How fast it reads at most."""

    def run(self, cancel: threading.Event | None = None, now: datetime | None = None) -> ScrubReport | None:
        """Read what is due; None when there was nothing to do. Rests while a take runs or others work.

        Ends early, with what was found until then, when ``cancel`` is set. StorageError when the library
        cannot be used.
        """
        now = now or datetime.now(UTC)
        days = self._settings.current.storage_scrub_days
        owed = self._owed(days, now) if days else 0
        due = self._scrubs.due(now - timedelta(days=days), now, _AT_ONCE) if owed > 0 else []
        if not due:
            return None
        pace = Pace(cancel or threading.Event(), self._is_taking, self.is_busy, self.bytes_per_s)
        report = self._work_off(due, owed, pace, now)
        self._figures.keep(_FIGURE, {**asdict(report), "at": now.isoformat()})
        if not report.is_sound:
            _log.error("the scrub found that not all is as it was: %s", report)
            self._alerts.refresh(now)
        return report

    def figures(self, now: datetime | None = None) -> dict[str, Any]:
        """The last scrub, and how much of the library was read in the time in which all of it should be."""
        days = self._settings.current.storage_scrub_days
        now = now or datetime.now(UTC)
        coverage = self._scrubs.coverage(now - timedelta(days=days or _USUAL_DAYS), now)
        oldest = coverage.oldest_at
        return {
            "every_days": days or None,
            "masters": coverage.masters,
            "read_in_time": coverage.read,
            "oldest_at": oldest.isoformat(timespec="seconds") if oldest else None,
            "last": self._figures.kept(_FIGURE),
        }

    def _owed(self, days: int, now: datetime) -> int:
        """How many bytes may be read now; at the first time, and after a clock was ahead, a day's share."""
        whole = self._scrubs.coverage(now, now).size_bytes
        last = self._figures.kept(_FIGURE)
        if last is None or datetime.fromisoformat(last["at"]) > now:
            return math.ceil(whole / days)
        passed = now - datetime.fromisoformat(last["at"])
        earned = whole * (passed / timedelta(days=days))
        return min(whole, round(int(last["owed_bytes"]) + earned))

    def _work_off(
        self, due: Sequence[tuple[str, int]], owed: int, pace: "Pace", now: datetime
    ) -> ScrubReport:
        found, read, started, away = VerifyReport(), _Read(self._scrubs, now), time.monotonic(), False
        try:
            for master_id, size_bytes in due:
                if read.size_bytes >= owed:
                    break
                away = self._is_away(master_id)
                if away:
                    break
                self._check(master_id, found, pace)
                read.add(master_id, size_bytes)
        except Cancelled:
            _log.info("the scrub was cut off; it goes on later")
        except RecordingsAway:  # just now
            away = True
        finally:
            read.mark()
        return ScrubReport(
            now, round(time.monotonic() - started, 3), found.checked, len(found.missing), len(found.changed),
            len(found.damaged), read.size_bytes, owed - read.size_bytes, away,
        )  # fmt: skip

    def _check(self, master_id: str, found: VerifyReport, pace: "Pace") -> None:
        for recording in self._library.owners(master_id)[:1]:
            master = next(master for master in recording.masters if master.id == master_id)
            with correlated(recording.id):
                self._verifying.check(recording, master, found, pace.cancel, pace.digest)

    def _is_away(self, master_id: str) -> bool:
        """Whether this file is missing because the whole folder is: no word on the file then."""
        masters = [m for owner in self._library.owners(master_id) for m in owner.masters if m.id == master_id]
        is_here = bool(masters) and self._library.path_of(masters[0]).exists()
        return not is_here and recordings_are_away(self._config, self._figures)


class _Read:
    """Which masters were read, entered in the library once a minute: each entry wakes who watches it."""

    def __init__(self, scrubs: Scrubs, at: datetime) -> None:
        self.size_bytes = 0
        self._scrubs = scrubs
        self._at = at
        self._ids: list[str] = []
        self._marked = time.monotonic()

    def add(self, master_id: str, size_bytes: int) -> None:
        self._ids.append(master_id)
        self.size_bytes += size_bytes
        if time.monotonic() - self._marked >= _MARK_EVERY_S:
            self.mark()

    def mark(self) -> None:
        self._scrubs.mark(self._ids, self._at)
        self._ids, self._marked = [], time.monotonic()


class Pace:
    """Reads files so slowly that nobody notices, and not at all while there is something better to do."""

    def __init__(
        self,
        cancel: threading.Event,
        is_taking: Callable[[], bool],
        is_busy: Callable[[], bool],
        bytes_per_s: float,
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.cancel = cancel
        self._is_taking = is_taking
        self._is_busy = is_busy
        self._bytes_per_s = bytes_per_s
        self._pause_s = pause_s
        self._looked = float("-inf")

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file. OSError; Cancelled when ``cancel`` is set."""
        whole = hashlib.sha256()
        with path.open("rb") as file:
            self._wait_for_rest()
            while block := file.read(_BLOCK_BYTES):
                whole.update(block)
                self._wait(len(block) / self._bytes_per_s)
                self._wait_for_rest()
        return whole.hexdigest()

    def _wait_for_rest(self) -> None:
        while self._is_taking() or self._finds_it_busy():
            self._wait(self._pause_s)

    def _finds_it_busy(self) -> bool:
        """Looks every few seconds only: what is told of a shorter time says nothing."""
        if time.monotonic() - self._looked < self._pause_s:
            return False
        self._looked = time.monotonic()
        return self._is_busy()

    def _wait(self, seconds: float) -> None:
        if self.cancel.wait(seconds):
            raise Cancelled


def processor_is_busy() -> bool:
    """Whether the processor was, by more than half, since the last question."""
    import psutil  # 20 ms, and not wanted before the window stands

    return bool(psutil.cpu_percent() > _BUSY_PERCENT)
