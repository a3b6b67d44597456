"""Collecting garbage stops all threads of Python, the window's too: for 0.2 s among 100,000 results."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 200
_guard = threading.Lock()
_holding = [0]


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


def spare_what_stays() -> None:
    """Leave what is there now out of later collections: modules and the window stay until the end."""
    gc.freeze()


def _hold(more: int) -> None:
    with _guard:
        _holding[0] += more
        (gc.disable if _holding[0] else gc.enable)()
