"""The figures of the dashboard, as ``metrics --json`` prints them."""

from dataclasses import asdict
from typing import Any

from voice_recorder.domain.states import MasterState
from voice_recorder.services.preflight import Preflight
from voice_recorder.storage import disk
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig

TREND_DAYS = 30


class Metrics:
    """Counts what there is to count."""

    def __init__(self, config: StorageConfig, library: Library, preflight: Preflight) -> None:
        self._config = config
        self._library = library
        self._preflight = preflight

    def collect(self) -> dict[str, Any]:
        """Size of the library, its growth, the room left, recordings in trouble, database sessions."""
        totals = self._library.totals()
        trend = self._library.made_per_day(TREND_DAYS)
        per_day = sum(size for _, _, size in trend) / len(trend) if trend else 0
        free = disk.free_bytes(self._config.raw_recordings_path)
        return {
            "library": {
                **totals,
                "average_size_bytes": round(totals["size_bytes"] / totals["masters"])
                if totals["masters"]
                else 0,
                "shelves": {shelf.value: count for shelf, count in self._library.counts().items()},
                "unproved": len(self._library.unproved()),
                "missing": len(self._library.in_state(MasterState.MISSING)),
                "damaged": len(self._library.in_state(MasterState.DAMAGED)),
            },
            "trend": [
                {"day": day, "recordings": count, "size_bytes": size} for day, count, size in reversed(trend)
            ],
            "disk": {
                "free_bytes": free,
                "time_left_s": round(self._preflight.time_left_s()),
                "days_left": round(free / per_day) if per_day else None,
                "trash_bytes": disk.folder_bytes(self._config.trash_path),
                "cache_bytes": disk.folder_bytes(self._config.cache_path),
            },
            "sessions": asdict(self._library.database.metrics),
        }
