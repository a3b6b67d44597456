"""When each master was last read to see whether it is still as it was."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update

from voice_recorder.domain.states import MasterState
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.rows import from_ms, to_ms

_m = t.masters.c
_IS_HERE = and_(
    _m.sha256.is_not(None), _m.state.not_in([MasterState.RECORDING.value, MasterState.FREED.value])
)


@dataclass(frozen=True)
class Coverage:
    """The masters that can be read here: how many, their bytes, and how many were read lately.

    ``oldest_at`` is when the one was read that waits longest; None when one of them never was.
    """

    masters: int
    size_bytes: int
    read: int
    oldest_at: datetime | None


class Scrubs:
    """The memory of the background scrub. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before: datetime, now: datetime, number: int) -> list[tuple[str, int]]:
        """The ``number`` masters that wait longest of those not read since ``before``: id, size in bytes.

        A take was read when it was proved, so one made since then is not due. What is dated later than
        ``now``, by a clock that was wrong, says nothing.
        """
        waits = and_(_IS_HERE, ~_read_between(before, now))
        with self._database.session() as connection:
            rows = connection.execute(
                select(_m.id, _m.size_bytes).where(waits).order_by(_m.scrubbed_ms, _m.key).limit(number)
            )
            return [(master_id, size_bytes) for master_id, size_bytes in rows]

    def mark(self, master_ids: Collection[str], at: datetime) -> None:
        """Enter that these masters were read at ``at``."""
        if master_ids:
            with self._database.session(write=True) as connection:
                here = _m.id.in_(list(master_ids))
                connection.execute(update(t.masters).where(here).values(scrubbed_ms=to_ms(at)))

    def coverage(self, since: datetime, now: datetime) -> Coverage:
        """How much of what is here was read, or proved as a new take, from ``since`` to ``now``."""
        with self._database.session() as connection:
            row = connection.execute(
                select(
                    func.count(),
                    func.sum(_m.size_bytes),
                    func.sum(case((_read_between(since, now), 1), else_=0)),
                    func.min(_m.scrubbed_ms),
                ).where(_IS_HERE)
            ).one()
        return Coverage(row[0], row[1] or 0, row[2] or 0, from_ms(row[3]) if row[3] else None)


def _read_between(since: datetime, now: datetime) -> ColumnElement[bool]:
    times = to_ms(since), to_ms(now)
    return or_(_m.scrubbed_ms.between(*times), _m.created_ms.between(*times))
