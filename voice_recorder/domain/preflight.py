"""The pre-flight verdict, from numbers alone. ``services.preflight`` gathers the numbers."""

from dataclasses import dataclass
from enum import StrEnum

from voice_recorder.domain.words import tr

MB = 1_000_000
FLOOR_MARGIN_BYTES = 20 * MB
FLOOR_SECONDS = 60


class Status(StrEnum):
    """How a piece of work may proceed."""

    HEALTHY = "healthy"
    WARNING = "warning"
    BLOCKED = "blocked"


class Purpose(StrEnum):
    """The work that is about to start."""

    TAKE = "take"
    IMPORT = "import"
    RESTORE = "restore"
    MIGRATION = "migration"
    COMPRESSION = "compression"
    FETCH = "fetch"


@dataclass(frozen=True)
class Measurements:
    """What was found on this machine. None: not measured this time."""

    free_bytes: int
    writable: bool
    away: bool = False
    """Whether the recordings folder is not there at all."""
    free_inodes: int | None = None
    write_bytes_per_s: float | None = None
    database_intact: bool | None = None
    trash_bytes: int = 0
    cache_bytes: int = 0
    library_bytes: int = 0

    @property
    def freeable_bytes(self) -> int:
        """What can be had back without losing a recording that is not in the trash."""
        return self.trash_bytes + self.cache_bytes


@dataclass(frozen=True)
class Limits:
    """What the work needs. ``minimum_bytes`` is None when the space check is switched off."""

    minimum_bytes: int | None
    need_bytes: int = 0
    data_rate_bytes_per_s: int = 0
    quota_bytes: int | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether the work may start, why not, and what would help."""

    status: Status
    reasons: tuple[str, ...]
    free_bytes: int
    need_bytes: int
    freeable_bytes: int

    @property
    def blocked(self) -> bool:
        """Whether the work must not start."""
        return self.status is Status.BLOCKED


def hard_floor_bytes(data_rate_bytes_per_s: int) -> int:
    """The free space at which a running take is finished: one minute of sound plus 20 MB."""
    return FLOOR_SECONDS * data_rate_bytes_per_s + FLOOR_MARGIN_BYTES


def time_left_s(free_bytes: int, data_rate_bytes_per_s: int) -> float:
    """Seconds of sound that fit before the hard floor."""
    return max(0.0, (free_bytes - hard_floor_bytes(data_rate_bytes_per_s)) / data_rate_bytes_per_s)


def in_mb(size_bytes: float) -> str:
    """A size for people: ``1.5 GB``, ``340 MB``, ``0.4 MB``."""
    if size_bytes >= 1000 * MB:
        return f"{size_bytes / (1000 * MB):.1f} GB"
    return f"{size_bytes / MB:.0f} MB" if size_bytes >= 10 * MB else f"{size_bytes / MB:.1f} MB"


def judge(found: Measurements, limits: Limits) -> Verdict:
    """The verdict on work with these ``limits`` on a machine where this was ``found``."""
    blocking = _blocking_reasons(found, limits)
    warnings = _warnings(found, limits)
    status = Status.BLOCKED if blocking else Status.WARNING if warnings else Status.HEALTHY
    return Verdict(status, tuple(blocking + warnings), found.free_bytes, _need(limits), found.freeable_bytes)


def _need(limits: Limits) -> int:
    return max(limits.minimum_bytes or 0, limits.need_bytes)


def _blocking_reasons(found: Measurements, limits: Limits) -> list[str]:
    if found.away:
        return [tr("The recordings folder is not there; connect its disk or bring it back, and all goes on.")]
    reasons = []
    if not found.writable:
        reasons.append(tr("The recordings folder cannot be written to; check its permissions and its disk."))
    if limits.minimum_bytes is not None and found.free_bytes < _need(limits):
        reasons.append(_too_little(found, _need(limits)))
    if found.free_inodes is not None and found.free_inodes < 10:
        reasons.append(tr("The disk has no room for another file (no free inodes); delete some small files."))
    if found.database_intact is False:
        reasons.append(
            tr("The library's database is damaged; go back to a backup with 'voice-recorder backup'.")
        )
    return reasons


def _too_little(found: Measurements, need_bytes: int) -> str:
    free, need = in_mb(found.free_bytes), in_mb(need_bytes)
    if not found.freeable_bytes:
        return tr(
            "Only {free} are free and {need} are needed; nothing can be freed in the trash or the cache.",
            free=free,
            need=need,
        )
    return tr(
        "Only {free} are free and {need} are needed; {freeable} can be freed by emptying the trash and the"
        " cache.",
        free=free,
        need=need,
        freeable=in_mb(found.freeable_bytes),
    )


def _warnings(found: Measurements, limits: Limits) -> list[str]:
    reasons = []
    minimum = limits.minimum_bytes
    if minimum is not None and _need(limits) <= found.free_bytes < 2 * _need(limits):
        reasons.append(tr("The disk is getting full: {free} are free.", free=in_mb(found.free_bytes)))
    speed = found.write_bytes_per_s
    if speed is not None and speed < 4 * limits.data_rate_bytes_per_s:
        reasons.append(
            tr(
                "The disk is slow: it writes {size} a second, hardly more than the sound needs.",
                size=in_mb(speed),
            )
        )
    if limits.quota_bytes is not None and found.library_bytes > limits.quota_bytes:
        reasons.append(
            tr(
                "The library holds {size}, more than the {most} you allowed it; nothing is deleted, but you"
                " may want to archive or delete some recordings.",
                size=in_mb(found.library_bytes),
                most=in_mb(limits.quota_bytes),
            )
        )
    return reasons
