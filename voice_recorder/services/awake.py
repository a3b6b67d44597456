"""Keeps the computer from falling asleep during a take, and notices when it slept all the same."""

import logging
import time
from contextlib import ExitStack

from wakepy import keep

_log = logging.getLogger(__name__)
SLEPT_S = 1.0


class Awake:
    """Holds sleep off between ``start`` and ``stop``, both in one thread; ``active`` tells if it could."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.active = False

    def start(self) -> None:
        """Ask the system not to sleep by itself."""
        mode = self._stack.enter_context(keep.running(on_fail=lambda result: None))
        self.active = mode.active
        if not self.active:
            _log.warning("sleep could not be held off on this system")

    def stop(self) -> None:
        """Let the system sleep as usual again."""
        self._stack.close()
        self.active = False


class SleepWatch:
    """Finds out how long the computer slept, from a clock that goes on in sleep against one that stops."""

    def __init__(self) -> None:
        self._before = _asleep_clock() - time.monotonic()

    def slept_s(self) -> float:
        """Seconds asleep since the last call; 0 for less than a second."""
        now = _asleep_clock() - time.monotonic()
        slept = now - self._before
        self._before = now
        return slept if slept >= SLEPT_S else 0.0


def _asleep_clock() -> float:
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()  # elsewhere the monotonic clock itself goes on in sleep: the loss meter sees it
