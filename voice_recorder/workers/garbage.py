"""Collecting garbage in the window's thread alone, and not while somebody would feel it.

Python collects in whatever thread happens to allocate. A QObject with a timer that dies in another thread
than its own leaves the timer behind, which ends the process. And a collection stops all threads: for 0.2 s
among 100,000 results.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer, Slot

MANY = 200
EVERY_MS = 1000
YOUNG_AT_MOST, MIDDLE_AT_MOST, OLD_AT_MOST = 2000, 10, 20
_guard = threading.Lock()
_holding = [0]


class GarbageCollection(QObject):
    """Takes the place of Python's own, from ``start`` to ``stop``, in the thread in which it was made."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._was_enabled = False

    def start(self) -> None:
        """Begin; what is there now is left out of later collections: modules and the window stay."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect as it did before. Nothing without ``start``."""
        if not self._timer.isActive():
            return
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    @Slot()
    def collect(self) -> None:
        """The youngest objects when there are many; older ones more rarely, as Python does it."""
        young, middle, old = gc.get_count()
        if _holding[0] or young < YOUNG_AT_MOST:
            return
        gc.collect(0 if middle < MIDDLE_AT_MOST else 1 if old < OLD_AT_MOST else 2)


@contextmanager
def uncollected(objects: int) -> Iterator[None]:
    """Hold collections off while many ``objects`` are worked with that make no cycles; nothing for few.

    Python gives such objects back by itself, when nobody needs them any more.
    """
    if objects <= MANY:
        yield
        return
    _hold(1)
    try:
        yield
    finally:
        _hold(-1)


def _hold(more: int) -> None:
    with _guard:
        _holding[0] += more
