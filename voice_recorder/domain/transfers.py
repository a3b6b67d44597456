"""The queue to the cloud: the states of a transfer, when it is tried again, and what a person sees of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from voice_recorder.domain.ports import Digest, RemoteCopy, UploadSession
from voice_recorder.domain.words import tr

MOST_UPLOADS = 5
QUICK_TRIES = 3
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=24)
"""A next try further away than this comes from a clock that was wrong: it counts as due."""

_QUICK_S = (1.0, 4.0)
_SLOW_S = (300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0)


class TransferState(StrEnum):
    """Where the copy of one master stands on its way to one place."""

    QUEUED = "queued"
    COMPRESSING = "compressing"
    UPLOADING = "uploading"
    VERIFYING = "verifying"
    BACKED_UP = "backed_up"
    FAILED = "failed"
    REMOVED = "removed"
    CANCELLED = "cancelled"


_T = TransferState
UNDER_WAY = frozenset({_T.COMPRESSING, _T.UPLOADING, _T.VERIFYING})
PENDING = frozenset({_T.QUEUED, *UNDER_WAY, _T.FAILED})
_STOPPED = frozenset({_T.QUEUED, _T.FAILED, _T.CANCELLED})
LEGAL_CHANGES: dict[TransferState, frozenset[TransferState]] = {
    _T.QUEUED: frozenset({_T.COMPRESSING, _T.UPLOADING, _T.FAILED, _T.CANCELLED}),
    _T.COMPRESSING: _STOPPED,
    _T.UPLOADING: frozenset({_T.VERIFYING}) | _STOPPED,
    _T.VERIFYING: frozenset({_T.BACKED_UP, _T.UPLOADING}) | _STOPPED,
    _T.BACKED_UP: frozenset({_T.REMOVED, _T.FAILED, _T.QUEUED}),
    _T.FAILED: frozenset({_T.QUEUED, _T.COMPRESSING, _T.UPLOADING, _T.CANCELLED}),
    _T.REMOVED: frozenset({_T.QUEUED, _T.FAILED, _T.CANCELLED}),
    _T.CANCELLED: frozenset({_T.QUEUED}),
}


def is_legal(before: TransferState, after: TransferState) -> bool:
    """Whether a transfer may go from ``before`` to ``after``; staying is always legal."""
    return before == after or after in LEGAL_CHANGES[before]


def wait_before_next_s(attempts: int, retry_after_s: float | None = None) -> float | None:
    """Seconds from the failure of attempt number ``attempts`` to the next one; None when there is none.

    Three quick tries, then slower ones over hours, each with a fifth of jitter; never before the provider's
    own ``retry_after_s``, but a day at most.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    if attempts < QUICK_TRIES:
        wait = _QUICK_S[attempts - 1]
    else:
        wait = _SLOW_S[min(attempts - QUICK_TRIES, len(_SLOW_S) - 1)]
    jittered = wait * random.uniform(0.8, 1.2)
    return min(max(jittered, retry_after_s or 0.0), LONGEST_WAIT.total_seconds())


@dataclass(frozen=True)
class PreparedCopy:
    """The file that is sent for a master, with the digests it had when it was finished.

    ``name`` is that of a file among the cloud copies, empty when the master itself is sent.
    """

    name: str
    send_as: str
    size_bytes: int
    mtime_ns: int
    md5: str
    sha256: str


@dataclass(frozen=True)
class Transfer:
    """One entry of the queue: the copy of one master on its way to one place.

    ``id`` names the upload in logs. ``copy`` is None until it is prepared. ``replaces``: what is stored there
    was proved wrong, and goes before this is sent.
    """

    id: str
    master_id: str
    place: str
    state: TransferState
    queued_at: datetime
    priority: int = 0
    attempts: int = 0
    next_attempt_at: datetime | None = None
    error_kind: str = ""
    error: str = ""
    remote_id: str = ""
    copy: PreparedCopy | None = None
    session: UploadSession = field(default_factory=UploadSession)
    replaces: bool = False


@dataclass(frozen=True)
class Receipt:
    """The stored proof that the cloud copy of a master equals what was sent.

    ``digest`` and ``etag`` are the provider's own, as they were when they proved the copy. ``lossless``: the
    copy holds the master's own bytes, so the master can be had back from it.
    """

    master_id: str
    place: str
    remote_id: str
    send_as: str
    size_bytes: int
    md5: str
    sha256: str
    digest: Digest
    etag: str
    lossless: bool
    verified_at: datetime

    def is_proved_by(self, copy: RemoteCopy) -> bool:
        """Whether what the provider now describes is by size and content what was proved."""
        return copy.size_bytes == self.size_bytes and copy.digest == self.digest

    def contradiction(self, copy: RemoteCopy) -> str | None:
        """Why what the provider now describes cannot be what was proved.

        None when it may be: a provider that tells nothing, or another kind of digest, proves neither.
        """
        if copy.size_bytes != self.size_bytes:
            has, sent = f"{copy.size_bytes:,}", f"{self.size_bytes:,}"
            return tr("It has {has} bytes; {sent} were sent.", has=has, sent=sent)
        told = copy.digest
        comparable = told is not None and (told.scheme, told.part_bytes) == (
            self.digest.scheme, self.digest.part_bytes,
        )  # fmt: skip
        return tr("Its digest is another one.") if comparable and told != self.digest else None


class SyncState(StrEnum):
    """What a person is told of a recording's backup."""

    OFF = "off"
    QUEUED = "queued"
    COMPRESSING = "compressing"
    UPLOADING = "uploading"
    VERIFYING = "verifying"
    BACKED_UP = "backed_up"
    FAILED = "failed"
    REMOVED = "removed"


@dataclass(frozen=True)
class SyncStatus:
    """The backup of a recording, or of one of its masters, at the place chosen now.

    ``error_kind`` is the error's class in snake_case. ``bytes_total`` is None until the copy is prepared.
    """

    state: SyncState = SyncState.OFF
    place: str = ""
    remote_id: str | None = None
    queued_at: datetime | None = None
    bytes_sent: int | None = None
    bytes_total: int | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    error_kind: str = ""
    error: str | None = None
    verified_at: datetime | None = None
    original_size_bytes: int | None = None
    compressed_size_bytes: int | None = None
    lossless: bool = False

    @property
    def provider(self) -> str | None:
        """The provider's name."""
        return self.place.partition(":")[0] or None


OFF = SyncStatus()

# What a person must know of comes first; a recording is backed up when all its masters are.
_BY_URGENCY = (
    SyncState.FAILED, SyncState.REMOVED, SyncState.UPLOADING, SyncState.VERIFYING, SyncState.COMPRESSING,
    SyncState.QUEUED, SyncState.OFF, SyncState.BACKED_UP,
)  # fmt: skip


def together(parts: Sequence[SyncStatus]) -> SyncStatus:
    """The status of a recording from those of all its masters."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return OFF
    worst = min(parts, key=lambda p: _BY_URGENCY.index(p.state))
    verified = [p.verified_at for p in parts]
    proved = None if None in verified else min(at for at in verified if at is not None)
    waits = [p.next_attempt_at for p in parts if p.next_attempt_at is not None]
    return SyncStatus(
        state=worst.state,
        place=worst.place,
        remote_id=next((p.remote_id for p in parts if p.remote_id), None),
        queued_at=min((p.queued_at for p in parts if p.queued_at), default=None),
        bytes_sent=_sum([p.bytes_sent for p in parts]),
        bytes_total=_sum([p.bytes_total for p in parts]),
        attempts=max(p.attempts for p in parts),
        next_attempt_at=min(waits, default=None),
        error_kind=worst.error_kind,
        error=worst.error,
        verified_at=proved,
        original_size_bytes=_sum([p.original_size_bytes for p in parts]),
        compressed_size_bytes=_sum([p.compressed_size_bytes for p in parts]),
        lossless=all(p.lossless for p in parts),
    )


def _sum(sizes: Sequence[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if known else None
