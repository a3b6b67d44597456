"""The days of the list: which row each begins at, and the steps from one list of days to another."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

from voice_recorder.domain.library_query import DayCount

SMALL_CHANGES = 40


def first_rows(days: Sequence[DayCount]) -> list[int]:
    """The row of each day's heading."""
    rows, at = [], 0
    for day in days:
        rows.append(at)
        at += day.count + 1
    return rows


@dataclass(frozen=True)
class Change:
    """The day at ``at`` is new, or has another count from now on (0: it goes)."""

    at: int
    count: int = 0
    new_day: DayCount | None = None


def changes(old: list[DayCount], new: list[DayCount], *, oldest_first: bool = False) -> list[Change] | None:
    """The steps from ``old`` to ``new``, newest day first unless told; None when a reset is simpler."""
    stands_before = operator.lt if oldest_first else operator.gt
    steps: list[Change] = []
    at = was = 0
    while was < len(old) or at < len(new):
        if was == len(old) or (at < len(new) and stands_before(new[at].day, old[was].day)):
            steps.append(Change(at, new_day=new[at]))
            at += 1
        elif at == len(new) or stands_before(old[was].day, new[at].day):
            steps.append(Change(at))
            was += 1
        else:
            if old[was].count != new[at].count:
                steps.append(Change(at, new[at].count))
            was += 1
            at += 1
        if len(steps) > SMALL_CHANGES:
            return None
    return steps
