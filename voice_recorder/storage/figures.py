"""The sums behind the dashboard and the alerts, each of one pass through its table."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from statistics import median
from typing import Any

from sqlalchemy import Select, and_, case, delete, exists, func, insert, literal, or_, select, text, true

from voice_recorder.domain.chunks import SIMPLE_UP_TO_BYTES
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import TransferState
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.rows import to_ms

_a = t.attempts.c
_m = t.masters.c
_p = t.receipts.c
_t = t.transfers.c
# As literals, or SQLite does not see that a partial index fits.
_IN_TROUBLE = and_(text("masters.state <> 'recorded'"), true())
_NOT_DONE = and_(text("transfers.state NOT IN ('backed_up', 'cancelled')"), true())
_OUTCOMES = (_a.outcome, func.count(), func.sum(_a.ended_ms - _a.started_ms), func.sum(_a.sent_bytes))
_MOST_REASONS = 10
_KEPT = "figures "
_NOTES = "noted "
_MOST_NOTES = 200


@dataclass(frozen=True)
class Uploads:
    """What came of tries to send; seconds and bytes are those of the tries that arrived."""

    done: int = 0
    failed: int = 0
    parked: int = 0
    seconds: float = 0.0
    sent_bytes: int = 0

    @property
    def success_rate(self) -> float | None:
        """How many of those that were tried to their end arrived, 0 to 1; None without any."""
        ended = self.done + self.failed
        return self.done / ended if ended else None

    @property
    def seconds_per_mb(self) -> float | None:
        """Seconds a megabyte took; None when none was sent."""
        return self.seconds / (self.sent_bytes / 1_000_000) if self.sent_bytes else None

    def __add__(self, other: "Uploads") -> "Uploads":
        return Uploads(
            self.done + other.done, self.failed + other.failed, self.parked + other.parked,
            self.seconds + other.seconds, self.sent_bytes + other.sent_bytes,
        )  # fmt: skip

    def __sub__(self, other: "Uploads") -> "Uploads":
        return Uploads(
            self.done - other.done, self.failed - other.failed, self.parked - other.parked,
            self.seconds - other.seconds, self.sent_bytes - other.sent_bytes,
        )  # fmt: skip


@dataclass(frozen=True)
class Copies:
    """The receipts at a place: how many, the masters' bytes and their copies', how many masters are freed."""

    masters: int
    original_bytes: int
    copy_bytes: int
    freed: int


@dataclass(frozen=True)
class Noted:
    """What was noted under one name: how often (of the newest 200), the newest, the middle, the largest."""

    count: int
    last: float
    median: float
    largest: float


@dataclass(frozen=True)
class Growth:
    """A day with recordings: how many were made and the bytes of them here; of all until its end."""

    day: str
    recordings: int
    size_bytes: int
    total_recordings: int
    total_size_bytes: int


class Figures:
    """Counts what lies in the library. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_MOST_NOTES))
        self._lock = threading.Lock()

    def masters_by_state(self) -> dict[MasterState, int]:
        """How many masters are in each state but *recorded*, those in the trash included."""
        with self._database.session() as connection:
            rows = connection.execute(select(_m.state, func.count()).where(_IN_TROUBLE).group_by(_m.state))
            found = {MasterState(state): count for state, count in rows}
        return {state: found.get(state, 0) for state in MasterState if state is not MasterState.RECORDED}

    def expects_files(self) -> bool:
        """Whether a master should lie in the recordings folder, by what is known of it."""
        links, r = t.recording_masters.c, t.recordings.c
        in_use = exists().where(
            links.master_key == _m.key, r.key == links.recording_key, r.trashed_ms.is_(None)
        )
        here = _m.state.in_([MasterState.RECORDED.value, MasterState.DAMAGED.value])
        with self._database.session() as connection:
            return connection.scalar(select(_m.key).where(here, in_use).limit(1)) is not None

    def restorable(self, place: str) -> int:
        """How many masters that are damaged or missing have a proved copy of the original at a place."""
        same = or_(_p.sha256 == _m.sha256, _p.send_as == SendAs.FLAC.value)
        trouble = _m.state.in_([MasterState.DAMAGED.value, MasterState.MISSING.value])
        copied = exists().where(_p.master_key == _m.key, _p.place == place, same)
        with self._database.session() as connection:
            return connection.scalar(select(func.count()).where(_IN_TROUBLE, trouble, copied)) or 0

    def growth(self) -> list[Growth]:
        """The days with recordings, oldest first; the trash counts, audio that is in the cloud only does not.

        A master of several recordings counts on the day of the first.
        """
        links, r = t.recording_masters.c, t.recordings.c
        first = select(func.min(links.recording_key).label("key"), links.master_key.label("master_key"))
        owner = first.group_by(links.master_key).subquery()
        here = case((_m.state == MasterState.FREED.value, 0), else_=_m.size_bytes)
        sizes = (
            select(r.local_day, func.sum(here))
            .select_from(owner)
            .join(t.recordings, r.key == owner.c.key)
            .join(t.masters, _m.key == owner.c.master_key)
            .group_by(r.local_day)
        )
        days = select(r.local_day, func.count()).group_by(r.local_day).order_by(r.local_day)
        with self._database.session() as connection:
            size_of = {str(day): int(size) for day, size in connection.execute(sizes)}
            made = [(str(day), int(count)) for day, count in connection.execute(days)]
        recordings = accumulate(count for _, count in made)
        total_bytes = accumulate(size_of.get(day, 0) for day, _ in made)
        return [
            Growth(day, count, size_of.get(day, 0), total, size)
            for (day, count), total, size in zip(made, recordings, total_bytes, strict=True)
        ]

    def unproved(self) -> int:
        """How many finished masters have no SHA-256 yet."""
        unproved = select(func.count()).where(_m.sha256.is_(None), _m.state == MasterState.RECORDED.value)
        with self._database.session() as connection:
            return connection.scalar(unproved) or 0

    def queue(self, place: str) -> dict[TransferState, tuple[int, int]]:
        """The entries that are not backed up, those in the trash left out: how many, bytes still to be sent.

        Of those whose copy is not prepared yet the masters' sizes count.
        """
        links, r = t.recording_masters.c, t.recordings.c
        left = func.coalesce(_t.copy_bytes, _m.size_bytes) - _t.bytes_sent
        in_use = exists().where(
            links.master_key == _t.master_key, r.key == links.recording_key, r.trashed_ms.is_(None)
        )
        with self._database.session() as connection:
            rows = connection.execute(
                select(_t.state, func.count(), func.sum(left))
                .join(t.masters, _m.key == _t.master_key)
                .where(_t.place == place, _NOT_DONE, in_use)
                .group_by(_t.state)
            )
            found = {TransferState(state): (count, left) for state, count, left in rows}
        done = (TransferState.BACKED_UP, TransferState.CANCELLED)
        return {state: found.get(state, (0, 0)) for state in TransferState if state not in done}

    def failures(self, place: str) -> dict[str, int]:
        """How many entries stand failed or removed, by the kind of their error, most frequent first."""
        stuck = _t.state.in_([TransferState.FAILED.value, TransferState.REMOVED.value])
        with self._database.session() as connection:
            rows = connection.execute(
                select(_t.error_kind, func.count())
                .where(_t.place == place, stuck)
                .group_by(_t.error_kind)
                .order_by(func.count().desc())
            )
            return {str(kind): int(count) for kind, count in rows}

    def reasons(self, since: datetime) -> list[tuple[str, int]]:
        """Why tries failed since then, in words, and how often; the ten most frequent."""
        with self._database.session() as connection:
            rows = connection.execute(
                select(_a.reason, func.count())
                .where(_a.outcome == "failed", _a.ended_ms >= to_ms(since))
                .group_by(_a.reason)
                .order_by(func.count().desc(), _a.reason)
                .limit(_MOST_REASONS)
            )
            return [(str(reason), int(count)) for reason, count in rows]

    def uploads_per_day(self, since: datetime) -> dict[str, Uploads]:
        """What came of the tries that ended since then, by the day they ended by the clock here."""
        day = func.date(_a.ended_ms / 1000, "unixepoch", "localtime")
        return self._uploads(
            select(day, *_OUTCOMES).where(_a.ended_ms >= to_ms(since)).group_by(day, _a.outcome).order_by(day)
        )

    def chunked_uploads(self, since: datetime) -> Uploads:
        """What came of those tries among them that sent in chunks."""
        large = select(_t.key).where(_t.copy_bytes > SIMPLE_UP_TO_BYTES)
        return self._uploads(
            select(literal(""), *_OUTCOMES)
            .where(_a.ended_ms >= to_ms(since), _a.transfer_key.in_(large))
            .group_by(_a.outcome)
        ).get("", Uploads())

    def _uploads(self, tries: Select[Any]) -> dict[str, Uploads]:
        found: dict[str, Uploads] = {}
        with self._database.session() as connection:
            for group, outcome, count, ms, sent in connection.execute(tries):
                if outcome == "done":
                    some = Uploads(done=count, seconds=ms / 1000, sent_bytes=sent)
                else:
                    some = Uploads(failed=count) if outcome == "failed" else Uploads(parked=count)
                found[group] = found.get(group, Uploads()) + some
        return found

    def copies(self, place: str) -> Copies:
        """The receipts at a place and what they saved."""
        freed = func.sum(case((_m.state == MasterState.FREED.value, 1), else_=0))
        with self._database.session() as connection:
            row = connection.execute(
                select(func.count(), func.sum(_m.size_bytes), func.sum(_p.size_bytes), freed)
                .select_from(t.receipts)
                .join(t.masters, _m.key == _p.master_key)
                .where(_p.place == place)
            ).one()
        return Copies(row[0], row[1] or 0, row[2] or 0, row[3] or 0)

    # What was measured

    def note(self, name: str, value: float) -> None:
        """Keep how long something took, or how much it was; ``name`` ends in its unit.

        Costs no more than a list: ``keep_notes`` writes them down later. The newest 200 of a name stay.
        """
        with self._lock:
            self._notes[name].append(round(float(value), 3))

    def keep_notes(self) -> None:
        """Write down what was noted since the last time, for all processes. StorageError."""
        with self._lock:
            news = {name: list(values) for name, values in self._notes.items()}
            self._notes.clear()
        for name, values in news.items():
            self.keep(_NOTES + name, {"values": (self._noted(name) + values)[-_MOST_NOTES:]})

    def noted(self, name: str) -> Noted | None:
        """What was noted under a name, in this process and before; None without anything."""
        with self._lock:
            news = list(self._notes.get(name, ()))
        values = (self._noted(name) + news)[-_MOST_NOTES:]
        return Noted(len(values), values[-1], median(values), max(values)) if values else None

    def _noted(self, name: str) -> list[float]:
        kept = self.kept(_NOTES + name)
        return list(kept["values"]) if kept else []

    def keep(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep the last figures of some work, as JSON, for all processes."""
        c = t.flags.c
        with self._database.session(write=True) as connection:
            connection.execute(delete(t.flags).where(c.name == _KEPT + name))
            connection.execute(insert(t.flags).values(name=_KEPT + name, value=json.dumps(document)))

    def kept(self, name: str) -> dict[str, Any] | None:
        """The last figures of some work; None before it was ever done."""
        with self._database.session() as connection:
            value = connection.scalar(select(t.flags.c.value).where(t.flags.c.name == _KEPT + name))
        found: dict[str, Any] | None = None if value is None else json.loads(value)
        return found
