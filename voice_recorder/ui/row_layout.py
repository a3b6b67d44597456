"""The days of the list: which row each begins at, and the steps from one list of days to another."""

from __future__ import annotations

import operator
from bisect import bisect_right
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


class Rows:
    """Which row is a heading, and which is the recording at what place in the query's order."""

    def __init__(self, days: Sequence[DayCount] = ()) -> None:
        self.days = list(days)
        self.starts = first_rows(days)
        """The row of each day's heading."""
        self._firsts = [start - section for section, start in enumerate(self.starts)]

    def __len__(self) -> int:
        return self.starts[-1] + self.days[-1].count + 1 if self.days else 0

    @property
    def recordings(self) -> int:
        """How many rows are no headings."""
        return len(self) - len(self.days)

    def day(self, row: int) -> DayCount | None:
        """The day that a row heads, if it does."""
        section = self._section(row)
        return self.days[section] if section is not None and self.starts[section] == row else None

    def offset(self, row: int) -> int | None:
        """The place of the recording in a row; None for a heading and for no row."""
        section = self._section(row)
        if section is None or self.starts[section] == row:
            return None
        return row - section - 1

    def row_at(self, offset: int) -> int:
        """The row of the recording at a place."""
        return offset + bisect_right(self._firsts, offset)

    def place_from(self, row: int) -> int:
        """The place of the recording in a row, or of the next one below a heading."""
        if row >= len(self):
            return self.recordings
        section = bisect_right(self.starts, row) - 1
        return row - section if self.starts[section] == row else row - section - 1

    def places_between(self, first_row: int, last_row: int) -> range:
        """The places in these rows, as far as there are such rows; a heading counts as its neighbours."""
        if not self.days:
            return range(0)
        first, last = (max(0, min(row, len(self) - 1)) for row in (first_row, last_row))
        low, high = (max(0, row - bisect_right(self.starts, row)) for row in (first, last))
        return range(low, high + 1)

    def _section(self, row: int) -> int | None:
        return bisect_right(self.starts, row) - 1 if 0 <= row < len(self) else None


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
