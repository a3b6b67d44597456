"""Where playing goes by itself: back to A at the end of a loop, over pauses. Seconds, without a player."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHORTEST_PAUSE_S = 0.8
KEPT_S = 0.2
"""How much of a pause is heard all the same, so that sentences stay apart."""
LEAD_S = 0.012
"""A jump begins so much early: the player needs a moment for it."""

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Loop:
    """From ``start_s`` to ``end_s`` and again; without an end while that is still to be chosen."""

    start_s: float
    end_s: float | None = None


def pauses(voices: Iterable[Stretch], duration_s: float) -> tuple[Stretch, ...]:
    """What is jumped over: all but ``KEPT_S`` of every pause between, before and after ``voices``."""
    edges = [0.0, *(second for voice in sorted(voices) for second in voice), duration_s]
    quiet = [(edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2)]
    half = KEPT_S / 2
    return tuple((a + half, b - half) for a, b in quiet if b - a > SHORTEST_PAUSE_S)


def jump(
    before_s: float, now_s: float, loop: Loop | None, skipped: Sequence[Stretch], speed: float = 1.0
) -> float | None:
    """Where to go on when playing came from ``before_s`` to ``now_s``; None for just on."""
    soon = now_s + LEAD_S * speed
    if loop is not None and loop.end_s is not None and before_s < loop.end_s <= soon:
        return loop.start_s
    for start, end in skipped:
        if start <= soon < end - KEPT_S / 2:
            if loop is not None and loop.end_s is not None and start < loop.end_s <= end:
                return loop.start_s  # the loop ends in the pause
            return end
    return None
