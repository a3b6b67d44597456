"""Attempts, runs, alerts, and the flags that all processes on a library share."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.unit.cloud_rows import ELSEWHERE, PLACE, entry, finished, now, prepared
from tests.unit.recordings import AT, a_master, a_recording
from voice_recorder.domain.ports import Plan
from voice_recorder.storage import schema as t
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers

AT_ONCE = timedelta(0)


@pytest.fixture
def log(library: Library) -> SyncLog:
    return SyncLog(library.database)


@pytest.fixture
def other(config: StorageConfig, log: SyncLog) -> Iterator[SyncLog]:
    """The same log, as another process sees it."""
    database = open_database(config)
    yield SyncLog(database)
    database.dispose()


# Attempts


def test_every_try_of_all_masters_is_listed_oldest_first(library: Library, log: SyncLog) -> None:
    recording = a_recording(a_master(), a_master())
    library.add(recording, "imported")
    library.add(a_recording(), "imported")
    transfers = Transfers(library.database)
    transfers.enqueue(PLACE, [recording.id])
    first, second = transfers.listed(PLACE)
    mine, key = transfers.begin_attempt(prepared(transfers, first))
    log.end_attempt(key, "failed", "The network is gone.", 1000)
    transfers.change(mine, mine.state.QUEUED)
    finished(transfers, transfers.get(first.id))
    transfers.begin_attempt(prepared(transfers, second))
    tries = log.attempts(recording.id)
    assert [(a.number, a.outcome, a.reason, a.sent_bytes) for a in tries] == [
        (1, "failed", "The network is gone.", 1000), (2, "done", "", 480_000), (1, "", "", 0),
    ]  # fmt: skip
    assert [a.ended_at is None for a in tries] == [False, False, True]
    assert all(a.ended_at is None or a.started_at <= a.ended_at for a in tries)
    assert log.outcomes_since(datetime.now(UTC) - timedelta(hours=1)) == {"failed": 1, "done": 1}
    assert log.outcomes_since(datetime.now(UTC) + timedelta(seconds=1)) == {}


# Runs


def test_u2_3_a_run_is_kept_with_what_it_did_and_the_session_metrics(log: SyncLog) -> None:
    key = log.begin_run(PLACE)
    (running,) = log.runs()
    assert (running.ended_at, running.done, dict(running.sessions)) == (None, 0, {})
    log.end_run(key, done=3, failed=1, sent_bytes=5000)
    (run,) = log.runs()
    assert (run.done, run.failed, run.sent_bytes) == (3, 1, 5000)
    assert run.ended_at is not None
    assert run.started_at <= run.ended_at
    assert run.sessions["committed"] >= 2
    assert set(run.sessions) >= {"active", "opened", "rolled_back", "failed", "longest_s"}


def test_a_run_that_did_nothing_is_not_kept_but_one_that_sent_a_part_is(log: SyncLog) -> None:
    log.end_run(log.begin_run(PLACE), done=0, failed=0, sent_bytes=0)
    assert log.runs() == ()
    log.end_run(log.begin_run(PLACE), done=0, failed=0, sent_bytes=7)
    for done in range(1, 4):
        log.end_run(log.begin_run(PLACE), done=done, failed=0, sent_bytes=0)
    assert [run.done for run in log.runs()] == [3, 2, 1, 0]
    assert [run.done for run in log.runs(2)] == [3, 2]


# Alerts


def test_s13_an_alert_is_news_once_keeps_its_time_and_takes_new_words(log: SyncLog, other: SyncLog) -> None:
    assert log.raise_alert("disk_low", "Little room.")
    (first,) = other.alerts()
    assert not other.raise_alert("disk_low", "Hardly any room.")
    (alert,) = log.alerts()
    assert (alert.words, alert.raised_at, alert.shown_at) == ("Hardly any room.", first.raised_at, None)
    assert log.alert("disk_low") == alert
    assert log.alert("quota_exceeded") is None


def test_s13_shown_once_and_cleared_by_its_owner(log: SyncLog) -> None:
    log.raise_alert("disk_low", "Little room.")
    log.raise_alert("queue_long", "Many wait.")
    log.mark_shown("disk_low")
    assert [alert.shown_at is not None for alert in log.alerts()] == [True, False]
    log.raise_alert("disk_low", "Still little room.")
    assert log.alerts()[0].shown_at is not None
    log.clear_alert("disk_low")
    assert [alert.kind for alert in log.alerts()] == ["queue_long"]


def test_s13_what_was_cleared_is_quiet_for_a_while_and_then_news_again(log: SyncLog) -> None:
    log.raise_alert("disk_low", "Little room.")
    log.mark_shown("disk_low")
    log.clear_alert("disk_low")
    assert not log.raise_alert("disk_low", "Little room.")
    assert log.alerts() == ()
    assert log.raise_alert("disk_low", "Little room.", quiet_for=AT_ONCE)
    assert log.alerts()[0].shown_at is None


def test_section_10_an_alert_cleared_by_a_clock_that_was_wrong_is_not_quiet_for_years(
    library: Library, log: SyncLog
) -> None:
    log.raise_alert("disk_low", "Little room.")
    log.clear_alert("disk_low")
    in_a_year = round((datetime.now(UTC) + timedelta(days=365)).timestamp() * 1000)
    with library.database.session(write=True) as connection:
        connection.execute(update(t.alerts).values(cleared_ms=in_a_year))
    assert log.raise_alert("disk_low", "Little room.")


def test_an_alert_whose_cause_is_gone_is_forgotten(log: SyncLog) -> None:
    log.settle_alert("disk_low")
    log.raise_alert("disk_low", "Little room.")
    log.settle_alert("disk_low")
    assert log.alerts() == ()
    assert log.raise_alert("disk_low", "Little room again.")


# Flags


def test_u2_2_a_pause_holds_in_every_process(log: SyncLog, other: SyncLog) -> None:
    assert not other.paused
    log.set_paused(True)
    assert other.paused
    other.set_paused(True)
    other.set_paused(False)
    assert not log.paused


def test_u4_3_a_refused_key_halts_every_process_and_is_said_each_time_it_is_refused(
    log: SyncLog, other: SyncLog
) -> None:
    log.go_on()
    log.halt("The key was refused.")
    assert other.halted == "The key was refused."
    (alert,) = other.alerts()
    assert (alert.kind, alert.words) == ("key_refused", "The key was refused.")
    other.go_on()
    assert (log.halted, log.alerts()) == ("", ())
    log.halt("Refused again.")
    log.clear_alert("key_refused")
    log.halt("Refused a third time.")
    assert log.alerts()[0].words == "Refused a third time."


def test_u2_1_what_is_made_after_the_choice_goes_by_itself_and_the_first_choice_counts(
    log: SyncLog, other: SyncLog
) -> None:
    assert log.automatic_since(PLACE) is None
    log.set_automatic_since(PLACE, AT)
    log.set_automatic_since(PLACE, AT + timedelta(days=9))
    assert other.automatic_since(PLACE) == AT
    other.set_automatic_since(PLACE, AT - timedelta(days=9))
    assert log.automatic_since(PLACE) == AT - timedelta(days=9)
    assert log.automatic_since(ELSEWHERE) is None


def test_a_plan_is_kept_by_place(log: SyncLog, other: SyncLog) -> None:
    assert log.plan(PLACE) == Plan()
    plan = Plan("Free", 100_000_000, 0.93)
    log.set_plan(PLACE, plan)
    assert other.plan(PLACE) == plan
    assert other.plan(ELSEWHERE) == Plan()


def test_the_attempts_of_a_deleted_recording_are_gone_with_it(library: Library, log: SyncLog) -> None:
    recording = a_recording()
    library.add(recording, "imported")
    transfers = Transfers(library.database)
    transfers.enqueue(PLACE)
    finished(transfers, entry(transfers), verified_at=now())
    library.forget(recording.id, "deleted for ever")
    assert log.attempts(recording.id) == ()
    assert log.outcomes_since(AT) == {}
