"""The figures of the dashboard, as ``metrics --json`` prints them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import PENDING
from voice_recorder.services.preflight import Preflight
from voice_recorder.services.providers import Providers
from voice_recorder.services.scrubbing import Scrubbing
from voice_recorder.storage import disk
from voice_recorder.storage.figures import Figures, Growth, Noted, Uploads
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.sync_log import SyncLog

TREND_DAYS = 30
"""The days that rates and uploads are told of."""
MOST_DAYS = 366
MOST_WEEKS = 260
NOTED = ("waveform_drawn_ms", "peaks_made_ms", "cleanup_ms")
"""What is timed while it is done; see ``Figures.note``."""
REFUSALS = ("credentials_rejected", "secrets_unavailable", "file_rejected", "preflight_blocked")
"""Kinds of errors that are not tried again by themselves until their owner has done something."""
_RUNS = 10


class Metrics:
    """Counts what there is to count."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        preflight: Preflight,
        log: SyncLog,
        figures: Figures,
        providers: Providers,
        scrubbing: Scrubbing,
    ) -> None:
        self._config = config
        self._library = library
        self._preflight = preflight
        self._log = log
        self._figures = figures
        self._providers = providers
        self._scrubbing = scrubbing

    def collect(self) -> dict[str, Any]:
        """Size of the library, its growth, the room left, recordings in trouble, the cloud, alerts, sessions.

        Uploads and their failures are those of the last 30 days by the clock here, today included; queue,
        receipts and plan are those of the provider chosen now, as it was last asked. Times are UTC in
        ISO 8601. What was not measured yet, or cannot be said, is None.
        """
        place = self._providers.place()
        first_day = datetime.now(UTC).astimezone().date() - timedelta(days=TREND_DAYS - 1)
        since = datetime.combine(first_day, time.min).astimezone(UTC)
        growth = self._figures.growth()
        return {
            "library": self._library_figures(place),
            "trend": [asdict(day) for day in growth[-MOST_DAYS:]],
            "weeks": _weeks(growth)[-MOST_WEEKS:],
            "disk": self._disk_figures(_bytes_per_day(growth, datetime.now(UTC).astimezone().date())),
            "queue": self._queue_figures(place),
            "uploads": self._upload_figures(since),
            "failures": self._failure_figures(place, since),
            "receipts": self._receipt_figures(place),
            "plan": {**asdict(self._log.plan(place)), "place": place} if place else None,
            "sync_runs": [
                {**asdict(run), "started_at": _moment(run.started_at), "ended_at": _moment(run.ended_at)}
                for run in self._log.runs(_RUNS)
            ],
            "alerts": [
                {
                    "kind": alert.kind, "words": alert.words, "raised_at": _moment(alert.raised_at),
                    "shown": alert.shown_at is not None,
                }
                for alert in self._log.alerts()
            ],
            "cleanup": self._figures.kept("cleanup"),
            "scrub": self._scrubbing.figures(),
            "times": {name: _noted(self._figures.noted(name)) for name in NOTED},
            "sessions": asdict(self._library.database.metrics),
        }  # fmt: skip

    def _library_figures(self, place: str) -> dict[str, Any]:
        totals = self._library.totals()
        states = self._figures.masters_by_state()
        here = totals["masters"] - states[MasterState.FREED]
        return {
            **totals,
            "average_size_bytes": round(totals["size_bytes"] / here) if here else None,
            "shelves": {shelf.value: count for shelf, count in self._library.counts().items()},
            "unproved": self._figures.unproved(),
            "missing": states[MasterState.MISSING],
            "damaged": states[MasterState.DAMAGED],
            "restorable": self._figures.restorable(place),
            "freed": states[MasterState.FREED],
        }

    def _disk_figures(self, bytes_per_day: float | None) -> dict[str, Any]:
        free = disk.free_bytes(self._config.raw_recordings_path)
        return {
            "free_bytes": free,
            "time_left_s": round(self._preflight.time_left_s()),
            "bytes_per_day": None if bytes_per_day is None else round(bytes_per_day),
            "days_left": round(free / bytes_per_day) if bytes_per_day else None,
            "trash_bytes": disk.folder_bytes(self._config.trash_path),
            "cache_bytes": disk.folder_bytes(self._config.cache_path),
            "cloud_copies_bytes": disk.folder_bytes(self._config.cloud_copies_path),
        }

    def _queue_figures(self, place: str) -> dict[str, Any]:
        queue = self._figures.queue(place)
        return {
            **{state.value: count for state, (count, _) in queue.items()},
            "waiting_bytes": sum(left for state, (_, left) in queue.items() if state in PENDING),
            "paused": self._log.paused,
            "halted": self._log.halted or None,
        }

    def _upload_figures(self, since: datetime) -> dict[str, Any]:
        per_day = self._figures.uploads_per_day(since)
        total = sum(per_day.values(), Uploads())
        chunked = self._figures.chunked_uploads(since)
        return {
            **_uploads(total),
            "simple": _uploads(total - chunked),
            "chunked": _uploads(chunked),
            "per_day": [
                {
                    "day": day, "uploads": on.done, "failed": on.failed, "sent_bytes": on.sent_bytes,
                    "success_rate": _rounded(on.success_rate),
                    "seconds_per_mb": _rounded(on.seconds_per_mb),
                }
                for day, on in per_day.items()
            ],
        }  # fmt: skip

    def _failure_figures(self, place: str, since: datetime) -> dict[str, Any]:
        kinds = self._figures.failures(place)
        return {
            "by_kind": {kind: count for kind, count in kinds.items() if kind not in REFUSALS},
            "refusals": {kind: count for kind, count in kinds.items() if kind in REFUSALS},
            "reasons": [{"reason": reason, "count": count} for reason, count in self._figures.reasons(since)],
        }

    def _receipt_figures(self, place: str) -> dict[str, Any]:
        copies = self._figures.copies(place)
        original, sent = copies.original_bytes, copies.copy_bytes
        return {
            "masters": copies.masters,
            "freed": copies.freed,
            "original_bytes": original,
            "copy_bytes": sent,
            "average_copy_bytes": round(sent / copies.masters) if copies.masters else None,
            "saved_bytes": original - sent,
            "saved_share": round(1 - sent / original, 4) if original else None,
        }


def _bytes_per_day(growth: Sequence[Growth], today: date) -> float | None:
    """How fast the library grew in the last 30 days, or since it was begun; None when it did not."""
    since = (today - timedelta(days=TREND_DAYS - 1)).isoformat()
    grown = sum(day.size_bytes for day in growth if day.day >= since)
    if not grown:
        return None
    days = (today - date.fromisoformat(growth[0].day)).days + 1
    return grown / max(1, min(TREND_DAYS, days))


def _weeks(growth: Sequence[Growth]) -> list[dict[str, Any]]:
    """The same by weeks, which begin on Monday."""
    weeks: dict[str, dict[str, Any]] = {}
    for on in growth:
        day = date.fromisoformat(on.day)
        monday = (day - timedelta(days=day.weekday())).isoformat()
        week = weeks.setdefault(monday, {"week": monday, "recordings": 0, "size_bytes": 0})
        week["recordings"] += on.recordings
        week["size_bytes"] += on.size_bytes
        week["total_recordings"], week["total_size_bytes"] = on.total_recordings, on.total_size_bytes
    return list(weeks.values())


def _noted(noted: Noted | None) -> dict[str, Any] | None:
    return None if noted is None else asdict(noted)


def _uploads(uploads: Uploads) -> dict[str, Any]:
    return {
        "done": uploads.done,
        "failed": uploads.failed,
        "parked": uploads.parked,
        "success_rate": _rounded(uploads.success_rate),
        "sent_bytes": uploads.sent_bytes,
        "seconds_per_mb": _rounded(uploads.seconds_per_mb),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
