"""Keeps the computer from falling asleep during a take, and notices when it slept all the same."""

import logging
import sys
import threading
import time

from wakepy import keep

_log = logging.getLogger(__name__)
SLEPT_S = 1.0
_ENDS_WITHIN_S = 0.1


class Awake:
    """Holds sleep off inside a ``with``; where the system does not let it, the log says so.

    The desktop is asked in a thread of its own: one that does not answer must delay nothing.
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="take-awake", daemon=True)

    def __enter__(self) -> "Awake":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_ENDS_WITHIN_S)

    def _hold(self) -> None:
        with keep.running(on_fail=lambda result: None) as mode:
            if not mode.active:
                _log.warning("sleep could not be held off on this system")
            self._over.wait()


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
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # goes on in sleep; time.monotonic() stops
    # On Windows it goes on in sleep itself, so that the loss meter sees the gap.
    return time.monotonic()  # pragma: no cover - Windows
