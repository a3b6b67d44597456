"""Watches Qt's event loop: how long it stood still, and in whose code.

On a machine that many processes share, a thread is also late because it was not given a processor. Linux
says how long each thread waited for one (``/proc/.../schedstat``). What the loop's own thread waited, and the
longest that another thread did on which it may have waited in turn, is taken off: no program can help it.
Coverage is not measured in the loop's thread meanwhile, as it doubles the time of everything.
"""

import gc
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QTimer, Slot

BEAT_MS = 10
LOOK_AFTER_S = 0.045
MAY_BLOCK_S = 0.05
"""W1: what nothing may block the loop for."""


@dataclass(frozen=True)
class Stall:
    """The loop stood still for ``blocked_s``, nobody else to blame; ``where`` says in what code."""

    blocked_s: float
    where: str


class EventLoopWatch(QObject):
    """``with EventLoopWatch() as watch:`` in the loop's own thread; then ``watch.worst``."""

    def __init__(self) -> None:
        super().__init__()
        self.stalls: list[Stall] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._on_beat)
        self._owner, self._native = threading.get_ident(), threading.get_native_id()
        self._beat_at = time.monotonic()
        self._waited = _waits()
        self._seen = ""
        self._ended = threading.Event()
        self._looker = threading.Thread(target=self._look, name="event-loop-watch")

    @property
    def worst(self) -> Stall:
        """The longest stall."""
        return max(self.stalls, key=lambda stall: stall.blocked_s, default=Stall(0.0, ""))

    def over(self, seconds: float) -> list[Stall]:
        """The stalls longer than ``seconds``."""
        return [stall for stall in self.stalls if stall.blocked_s > seconds]

    def __enter__(self) -> "EventLoopWatch":
        self._trace = sys.gettrace()
        sys.settrace(None)
        gc.freeze()  # as the program does: all that the tests have made is no part of it
        self._beat_at = time.monotonic()
        self._timer.start()
        self._looker.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._on_beat()
        self._timer.stop()
        self._ended.set()
        self._looker.join()
        sys.settrace(self._trace)
        gc.unfreeze()

    @Slot()
    def _on_beat(self) -> None:
        now, waited = time.monotonic(), _waits()
        blocked_s = now - self._beat_at - BEAT_MS / 1000 - self._starved_s(waited)
        if blocked_s > 0:
            self.stalls.append(Stall(blocked_s, self._seen))
        self._beat_at, self._waited, self._seen = now, waited, ""

    def _starved_s(self, waited: dict[int, int]) -> float:
        longer = {thread: ns - self._waited.get(thread, ns) for thread, ns in waited.items()}
        own = longer.pop(self._native, 0)
        return (own + max(longer.values(), default=0)) / 1e9

    def _stack(self) -> str:
        """Where the loop's thread is. Its frames are let go at once: they hold painters and the like."""
        return "".join(traceback.format_stack(sys._current_frames().get(self._owner))[-6:])

    def _look(self) -> None:
        """Note what the loop's thread is doing when it is late, once a stall."""
        while not self._ended.wait(0.01):
            if time.monotonic() - self._beat_at > LOOK_AFTER_S and not self._seen:
                self._seen = self._stack()


def _waits() -> dict[int, int]:
    """For how many nanoseconds each thread of this process has waited for a processor."""
    waits = {}
    for path in Path("/proc/self/task").glob("*/schedstat"):
        try:
            waits[int(path.parent.name)] = int(path.read_text().split()[1])
        except (OSError, ValueError, IndexError):
            continue  # a thread that has just ended
    return waits
