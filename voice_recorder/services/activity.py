"""What the queue does at this moment in this process, for windows and progress lines."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from voice_recorder.domain.ports import Provider
from voice_recorder.domain.transfers import Transfer, TransferState

_SPEED_OVER_S = 5.0


@dataclass(frozen=True)
class Activity:
    """One entry under way. ``done`` of ``total`` are bytes; speed in bytes per second, None while unknown."""

    transfer_id: str
    master_id: str
    recording_id: str
    title: str
    state: TransferState
    done: int
    total: int
    bytes_per_s: float | None

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds to go at this speed."""
        return (self.total - self.done) / self.bytes_per_s if self.bytes_per_s else None


@dataclass
class Task:
    """One entry in the hands of a thread. Positions are written by that thread and read by others."""

    transfer: Transfer
    recording_id: str
    title: str
    state: TransferState
    provider: Provider | None = None
    total: int = 0
    done: int = 0
    cancel: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    _seen: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=64))

    def move(self, done: int) -> None:
        """Note how far it is."""
        self.done = done
        now = time.monotonic()
        if not self._seen or now - self._seen[-1][0] > _SPEED_OVER_S / 60:
            self._seen.append((now, done))

    def look(self) -> Activity:
        """How it stands now."""
        return Activity(
            self.transfer.id, self.transfer.master_id, self.recording_id, self.title, self.state, self.done,
            self.total, self._speed() if self.state is TransferState.UPLOADING else None,
        )  # fmt: skip

    def _speed(self) -> float | None:
        seen = [(at, done) for at, done in tuple(self._seen) if at > time.monotonic() - _SPEED_OVER_S]
        if len(seen) < 2 or seen[-1][0] - seen[0][0] < 0.3:
            return None
        return max(0.0, (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0]))


class Throttle:
    """Keeps all uploads together to a bandwidth. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at = 0.0

    def pass_bytes(self, count: int, limit_bytes_per_s: int, cancel: threading.Event) -> None:
        """Wait until ``count`` bytes may go; at once without a limit (0) or when ``cancel`` is set."""
        if not limit_bytes_per_s:
            return
        with self._lock:
            start = max(time.monotonic(), self._free_at)
            self._free_at = start + count / limit_bytes_per_s
        cancel.wait(max(0.0, start - time.monotonic()))
