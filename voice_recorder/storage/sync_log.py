"""What the cloud work leaves behind for people: attempts, runs, alerts, and what all processes agree on."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from voice_recorder.domain.ports import Plan
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database, SessionMetrics
from voice_recorder.storage.rows import from_ms, to_ms

_PAUSED = "paused"
_HALTED = "key_refused"
_SINCE = "automatic_since "
_PLAN = "plan "


@dataclass(frozen=True)
class SyncRun:
    """One run of the queue; ``ended_at`` is None while it runs, or when its process died."""

    started_at: datetime
    ended_at: datetime | None
    done: int
    failed: int
    sent_bytes: int
    sessions: Mapping[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One try to send a copy. ``outcome`` is done, failed, parked or empty while it runs."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    reason: str
    sent_bytes: int


@dataclass(frozen=True)
class Alert:
    """Something its owner should know; shown once, and gone when it is cleared."""

    kind: str
    words: str
    raised_at: datetime
    shown_at: datetime | None


class SyncLog:
    """Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Attempts

    def end_attempt(self, key: int, outcome: str, reason: str = "", sent_bytes: int = 0) -> None:
        """Enter what came of a try that did not succeed."""
        values = {"ended_ms": _now_ms(), "outcome": outcome, "reason": reason, "sent_bytes": sent_bytes}
        with self._database.session(write=True) as connection:
            connection.execute(update(t.attempts).where(t.attempts.c.key == key).values(values))

    def attempts(self, recording_id: str) -> tuple[Attempt, ...]:
        """All tries to send a recording's masters, oldest first."""
        c, links = t.attempts.c, t.recording_masters.c
        with self._database.session() as connection:
            rows = connection.execute(
                select(c.number, c.started_ms, c.ended_ms, c.outcome, c.reason, c.sent_bytes)
                .join(t.transfers, t.transfers.c.key == c.transfer_key)
                .join(t.recording_masters, links.master_key == t.transfers.c.master_key)
                .join(t.recordings, t.recordings.c.key == links.recording_key)
                .where(t.recordings.c.id == recording_id)
                .order_by(c.key)
            )
            return tuple(
                Attempt(number, from_ms(started), _moment(ended), outcome, reason, sent)
                for number, started, ended, outcome, reason, sent in rows
            )

    def outcomes_since(self, at: datetime) -> dict[str, int]:
        """How many tries ended since then, by outcome."""
        c = t.attempts.c
        with self._database.session() as connection:
            rows = connection.execute(
                select(c.outcome, func.count()).where(c.ended_ms >= to_ms(at)).group_by(c.outcome)
            )
            return {str(outcome): int(count) for outcome, count in rows}

    # Runs

    def begin_run(self, place: str) -> int:
        """Enter that a run of the queue begins; its key."""
        with self._database.session(write=True) as connection:
            entered = connection.execute(insert(t.sync_runs).values(place=place, started_ms=_now_ms()))
            return int(entered.inserted_primary_key[0])  # type: ignore[index]

    def end_run(self, key: int, *, done: int, failed: int, sent_bytes: int) -> None:
        """Enter what a run has done; one that did nothing is not kept."""
        c = t.sync_runs.c
        metrics: SessionMetrics = self._database.metrics
        with self._database.session(write=True) as connection:
            if not (done or failed or sent_bytes):
                connection.execute(delete(t.sync_runs).where(c.key == key))
                return
            connection.execute(
                update(t.sync_runs)
                .where(c.key == key)
                .values(
                    ended_ms=_now_ms(), done=done, failed=failed, sent_bytes=sent_bytes,
                    sessions=json.dumps(asdict(metrics)),
                )
            )  # fmt: skip

    def runs(self, limit: int = 20) -> tuple[SyncRun, ...]:
        """The last runs, newest first."""
        c = t.sync_runs.c
        with self._database.session() as connection:
            rows = connection.execute(select(t.sync_runs).order_by(c.key.desc()).limit(limit)).mappings()
            return tuple(
                SyncRun(
                    from_ms(row["started_ms"]), _moment(row["ended_ms"]), row["done"], row["failed"],
                    row["sent_bytes"], json.loads(row["sessions"] or "{}"),
                )
                for row in rows
            )  # fmt: skip

    # Alerts

    def raise_alert(self, kind: str, words: str, quiet_for: timedelta = timedelta(days=1)) -> bool:
        """Enter something its owner should know; whether it is news.

        An alert that is up keeps its time and takes the new words; one that was cleared rises again only
        after ``quiet_for``.
        """
        c = t.alerts.c
        now = _now_ms()
        with self._database.session(write=True) as connection:
            row = connection.execute(select(t.alerts).where(c.kind == kind)).mappings().one_or_none()
            if row is not None and row["cleared_ms"] is None:
                connection.execute(update(t.alerts).where(c.kind == kind).values(words=words))
                return False
            # Cleared in the future: the clock was wrong then.
            if row is not None and 0 <= now - row["cleared_ms"] < quiet_for.total_seconds() * 1000:
                return False
            connection.execute(delete(t.alerts).where(c.kind == kind))
            connection.execute(insert(t.alerts).values(kind=kind, words=words, raised_ms=now))
            return True

    def settle_alert(self, kind: str) -> None:
        """Forget an alert whose cause is gone: should it come again, it is news."""
        with self._database.session() as connection:
            known = connection.scalar(select(t.alerts.c.key).where(t.alerts.c.kind == kind))
        if known is None:
            return  # nothing to write, which would wake all who watch the library
        with self._database.session(write=True) as connection:
            connection.execute(delete(t.alerts).where(t.alerts.c.kind == kind))

    def clear_alert(self, kind: str) -> None:
        """Take an alert down because its owner has seen it."""
        c = t.alerts.c
        with self._database.session(write=True) as connection:
            connection.execute(
                update(t.alerts).where(c.kind == kind, c.cleared_ms.is_(None)).values(cleared_ms=_now_ms())
            )

    def mark_shown(self, kind: str) -> None:
        """Enter that an alert was shown, so that it is not shown again."""
        c = t.alerts.c
        with self._database.session(write=True) as connection:
            connection.execute(update(t.alerts).where(c.kind == kind).values(shown_ms=_now_ms()))

    def alert(self, kind: str) -> Alert | None:
        """The alert of this kind, if it is up."""
        return next((alert for alert in self.alerts() if alert.kind == kind), None)

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts that are up, oldest first."""
        c = t.alerts.c
        with self._database.session() as connection:
            rows = connection.execute(
                select(c.kind, c.words, c.raised_ms, c.shown_ms).where(c.cleared_ms.is_(None)).order_by(c.key)
            )
            return tuple(
                Alert(kind, words, from_ms(raised), _moment(shown)) for kind, words, raised, shown in rows
            )

    # Flags

    @property
    def halted(self) -> str:
        """Why the queue waits for its owner, a refused key; empty when it does not."""
        return self._flag(_HALTED) or ""

    def halt(self, reason: str) -> None:
        """Stop the queue until its owner has done something, and say so once."""
        self._set_flag(_HALTED, reason)
        self.raise_alert(_HALTED, reason, quiet_for=timedelta(0))

    def go_on(self) -> None:
        """Let a queue that was halted be tried again."""
        if self.halted:
            self._set_flag(_HALTED, None)
            self.settle_alert(_HALTED)

    @property
    def paused(self) -> bool:
        """Whether its owner has paused the queue, in whatever process."""
        return self._flag(_PAUSED) is not None

    def set_paused(self, paused: bool) -> None:
        """Pause the queue, or let it go on."""
        self._set_flag(_PAUSED, str(_now_ms()) if paused else None)

    def automatic_since(self, place: str) -> datetime | None:
        """From when on new recordings go to a place by themselves; None before it was chosen."""
        value = self._flag(_SINCE + place)
        return None if value is None else from_ms(int(value))

    def set_automatic_since(self, place: str, at: datetime) -> None:
        """Let what is made from ``at`` on go to a place by itself; an earlier time stays."""
        before = self.automatic_since(place)
        if before is None or at < before:
            self._set_flag(_SINCE + place, str(to_ms(at)))

    def plan(self, place: str) -> Plan:
        """What the account at a place allowed when it was last asked."""
        known = json.loads(self._flag(_PLAN + place) or "{}")
        return Plan(**known.get("plan", {}))

    def plan_is_older_than(self, place: str, age: timedelta) -> bool:
        """Whether the plan at a place was last asked for so long ago, or by a clock that was ahead."""
        known = json.loads(self._flag(_PLAN + place) or "{}")
        return not timedelta(0) <= datetime.now(UTC) - from_ms(known.get("asked_ms", 0)) < age

    def set_plan(self, place: str, plan: Plan) -> None:
        """Keep what the account at a place allows."""
        self._set_flag(_PLAN + place, json.dumps({"plan": asdict(plan), "asked_ms": _now_ms()}))

    def _flag(self, name: str) -> str | None:
        with self._database.session() as connection:
            value: str | None = connection.scalar(select(t.flags.c.value).where(t.flags.c.name == name))
            return value

    def _set_flag(self, name: str, value: str | None) -> None:
        with self._database.session(write=True) as connection:
            connection.execute(delete(t.flags).where(t.flags.c.name == name))
            if value is not None:
                connection.execute(insert(t.flags).values(name=name, value=value))


def _now_ms() -> int:
    return to_ms(datetime.now(UTC))


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
