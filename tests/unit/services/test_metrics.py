"""W7: the figures of the dashboard are those of the library, the queue and the receipts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.unit.cloud_rows import a_copy, a_receipt
from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.ports import Plan
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services import Services
from voice_recorder.storage import schema as t
from voice_recorder.storage.figures import Figures, Noted

_T = TransferState


@pytest.fixture
def place(services: Services, tmp_path: Path) -> str:
    """Copies go to a folder."""
    return services.providers.choose("folder", {"path": str(tmp_path / "copies")}, {}).place


def backed_up(
    services: Services, place: str, *, copy_bytes: int = 500_000, original_bytes: int = 2_000_000
) -> Recording:
    """A recording with a receipt."""
    recording = a_recording(a_master(size_bytes=original_bytes))
    services.library.add(recording, "imported")
    services.transfers.enqueue(place, [recording.id])
    (mine,) = [x for x in services.transfers.listed(place) if x.master_id == recording.masters[0].id]
    copy = a_copy(size_bytes=copy_bytes)
    mine, attempt = services.transfers.begin_attempt(services.transfers.store_copy(mine, copy, "r"))
    mine = services.transfers.change(mine, _T.VERIFYING)
    receipt = a_receipt(mine.master_id, place, size_bytes=copy_bytes)
    services.transfers.finish(mine, receipt, attempt, copy_bytes)
    return recording


def tried(services: Services, recording: Recording, outcome: str, ago: timedelta, **values: Any) -> None:
    """Another try of it."""
    ended = round((datetime.now(UTC) - ago).timestamp() * 1000)
    with services.library.database.session(write=True) as connection:
        key = connection.scalar(
            select(t.transfers.c.key)
            .join(t.masters, t.masters.c.key == t.transfers.c.master_key)
            .where(t.masters.c.id == recording.masters[0].id)
        )
        took_ms = values.pop("took_ms", 1000)
        connection.execute(
            insert(t.attempts).values(
                transfer_key=key, number=9, started_ms=ended - took_ms, ended_ms=ended, outcome=outcome,
                **values,
            )
        )  # fmt: skip


def test_an_empty_library_has_figures_too(services: Services) -> None:
    figures = services.metrics.collect()
    assert figures["plan"] is None
    assert figures["cleanup"] is None
    assert figures["queue"]["waiting_bytes"] == 0
    assert figures["uploads"]["success_rate"] is None
    assert figures["uploads"]["seconds_per_mb"] is None
    assert figures["receipts"] == {
        "masters": 0, "freed": 0, "original_bytes": 0, "copy_bytes": 0, "average_copy_bytes": None,
        "saved_bytes": 0, "saved_share": None,
    }  # fmt: skip
    assert figures["alerts"] == figures["sync_runs"] == []


def test_what_does_not_exist_yet_is_null_and_no_made_up_0(services: Services) -> None:
    figures = services.metrics.collect()
    assert figures["trend"] == figures["weeks"] == []
    assert figures["library"]["average_size_bytes"] is None
    assert (figures["disk"]["bytes_per_day"], figures["disk"]["days_left"]) == (None, None)
    assert figures["times"] == {"waveform_drawn_ms": None, "peaks_made_ms": None, "cleanup_ms": None}
    assert figures["scrub"]["last"] is None
    assert figures["uploads"]["chunked"]["seconds_per_mb"] is None


def test_the_keys_that_are_promised(services: Services) -> None:
    """Who reads ``metrics --json`` by a program relies on these; units are in the names."""
    figures = services.metrics.collect()
    assert list(figures) == [
        "library", "trend", "weeks", "disk", "queue", "uploads", "failures", "receipts", "plan", "sync_runs",
        "alerts", "cleanup", "scrub", "times", "sessions",
    ]  # fmt: skip
    assert set(figures["library"]) == {
        "recordings", "masters", "size_bytes", "duration_s", "average_size_bytes", "shelves", "unproved",
        "missing", "damaged", "restorable", "freed",
    }  # fmt: skip
    assert set(figures["disk"]) == {
        "free_bytes", "time_left_s", "bytes_per_day", "days_left", "trash_bytes", "cache_bytes",
        "cloud_copies_bytes",
    }  # fmt: skip
    rates = {"done", "failed", "parked", "success_rate", "sent_bytes", "seconds_per_mb"}
    assert set(figures["uploads"]) == rates | {"simple", "chunked", "per_day"}
    assert set(figures["uploads"]["simple"]) == set(figures["uploads"]["chunked"]) == rates
    assert set(figures["failures"]) == {"by_kind", "refusals", "reasons"}
    assert set(figures["scrub"]) == {"every_days", "masters", "read_in_time", "oldest_at", "last"}
    assert set(figures["sessions"]) == {
        "active", "opened", "committed", "rolled_back", "failed", "longest_s",
    }  # fmt: skip


def on_day(services: Services, days_ago: int, *sizes: int) -> Recording:
    """A recording made so many days ago, of masters of these sizes."""
    at = datetime.now(UTC).astimezone().replace(hour=12) - timedelta(days=days_ago)
    masters = [a_master(size_bytes=size, created_at=at) for size in sizes]
    recording = a_recording(
        *masters, created_at=at, updated_at=at, utc_offset_min=round(at.utcoffset() / timedelta(minutes=1))
    )
    services.library.add(recording, "imported")
    return recording


def test_w7_the_trend_by_days_and_weeks_and_the_days_that_are_left(services: Services) -> None:
    on_day(services, 40, 1_000_000)
    on_day(services, 3, 2_000_000, 500_000)
    freed = on_day(services, 3, 7_000_000)
    on_day(services, 0, 600_000)
    services.library.store_reading(freed.id, replace(freed.masters[0], state=MasterState.FREED), "freed")
    joined = on_day(services, 0, 1)
    with services.library.database.session(write=True) as connection:  # a join refers to a former master
        key = connection.scalar(select(t.recordings.c.key).where(t.recordings.c.id == joined.id))
        connection.execute(insert(t.recording_masters).values(recording_key=key, position=1, master_key=1))
    figures = services.metrics.collect()
    trend = figures["trend"]
    assert [(d["recordings"], d["size_bytes"]) for d in trend] == [
        (1, 1_000_000), (2, 2_500_000), (2, 600_001),
    ]  # fmt: skip
    assert [(d["total_recordings"], d["total_size_bytes"]) for d in trend] == [
        (1, 1_000_000), (3, 3_500_000), (5, 4_100_001),
    ]  # fmt: skip
    assert trend[-1]["total_size_bytes"] == figures["library"]["size_bytes"]
    weeks = figures["weeks"]
    assert sum(week["recordings"] for week in weeks) == 5
    assert weeks[-1]["total_size_bytes"] == 4_100_001
    assert {datetime.fromisoformat(week["week"]).weekday() for week in weeks} == {0}
    disk = figures["disk"]
    assert disk["bytes_per_day"] == round(3_100_001 / 30)  # the day 40 days ago is history
    assert disk["days_left"] == round(disk["free_bytes"] / (3_100_001 / 30))


def test_a_young_library_is_not_averaged_over_days_before_it(services: Services) -> None:
    on_day(services, 4, 5_000_000)
    assert services.metrics.collect()["disk"]["bytes_per_day"] == 1_000_000


def test_what_was_timed_is_kept_for_all_processes_and_bounded(services: Services) -> None:
    for took_ms in (1.0, 9.0, 2.0):
        services.figures.note("waveform_drawn_ms", took_ms)
    drawn = {"count": 3, "last": 2.0, "median": 2.0, "largest": 9.0}
    assert services.metrics.collect()["times"]["waveform_drawn_ms"] == drawn
    assert Figures(services.library.database).noted("waveform_drawn_ms") is None  # not written down yet
    services.figures.keep_notes()
    other = Figures(services.library.database)
    assert other.noted("waveform_drawn_ms") == Noted(**drawn)
    for _ in range(500):
        other.note("waveform_drawn_ms", 4.0)
    other.keep_notes()
    services.figures.note("waveform_drawn_ms", 5.0)
    noted = services.figures.noted("waveform_drawn_ms")
    assert noted == Noted(200, 5.0, 4.0, 5.0)


def test_making_peaks_and_cleaning_up_are_timed(services: Services, note: Recording) -> None:
    for path in (services.config.cache_path / "peaks").iterdir():
        path.unlink()
    services.peaks.load(note.id)
    services.housekeeping.run()
    services.housekeeping.run()  # the clock is trusted from the second time on
    times = services.metrics.collect()["times"]
    assert times["peaks_made_ms"]["count"] == 1
    assert times["peaks_made_ms"]["last"] > 0
    assert times["cleanup_ms"]["count"] >= 1


def test_the_queue_by_state_and_the_bytes_that_wait(services: Services, place: str) -> None:
    backed_up(services, place)
    unprepared, ready, cancelled = (a_recording(a_master(size_bytes=1000)) for _ in range(3))
    for recording in (unprepared, ready, cancelled):
        services.library.add(recording, "imported")
    services.transfers.enqueue(place)
    services.transfers.cancel(place, [cancelled.id])
    (mine,) = [x for x in services.transfers.listed(place) if x.master_id == ready.masters[0].id]
    mine, _ = services.transfers.begin_attempt(
        services.transfers.store_copy(mine, a_copy(size_bytes=400), "r")
    )
    services.transfers.store_progress({mine.id: 150})
    services.sync_log.set_paused(True)
    queue = services.metrics.collect()["queue"]
    assert queue == {
        "queued": 1, "compressing": 0, "uploading": 1, "verifying": 0, "failed": 0, "removed": 0,
        "waiting_bytes": 1000 + 250, "paused": True, "halted": None,
    }  # fmt: skip
    services.library.set_trashed(unprepared.id, datetime.now(UTC))
    assert services.metrics.collect()["queue"]["waiting_bytes"] == 250


def test_k3_what_the_copies_save_and_how_many_masters_are_freed(services: Services, place: str) -> None:
    backed_up(services, place)
    freed = backed_up(services, place, copy_bytes=1_500_000)
    backed_up(services, "s3:former")
    gone = replace(freed.masters[0], state=MasterState.FREED)
    services.library.store_reading(freed.id, gone, "freed")
    figures = services.metrics.collect()
    assert figures["receipts"] == {
        "masters": 2, "freed": 1, "original_bytes": 4_000_000, "copy_bytes": 2_000_000,
        "average_copy_bytes": 1_000_000, "saved_bytes": 2_000_000, "saved_share": 0.5,
    }  # fmt: skip
    library = figures["library"]
    assert (library["masters"], library["freed"]) == (3, 1)
    assert (library["size_bytes"], library["average_size_bytes"]) == (4_000_000, 2_000_000)


def test_success_time_per_mb_and_chunked_against_simple(services: Services, place: str) -> None:
    small = backed_up(services, place)
    large = backed_up(services, place, copy_bytes=40_000_000)
    with services.library.database.session(write=True) as connection:
        connection.execute(t.attempts.delete())
    minute = timedelta(minutes=1)
    tried(services, small, "done", minute, sent_bytes=1_000_000, took_ms=2000)
    tried(services, small, "failed", minute, sent_bytes=1_000_000, reason="The network is gone.")
    tried(services, small, "parked", minute, sent_bytes=500)
    tried(services, large, "done", minute, sent_bytes=40_000_000, took_ms=20_000)
    tried(services, large, "done", timedelta(days=31), sent_bytes=40_000_000, took_ms=1)
    uploads = services.metrics.collect()["uploads"]
    assert uploads["simple"] == {
        "done": 1, "failed": 1, "parked": 1, "success_rate": 0.5, "sent_bytes": 1_000_000,
        "seconds_per_mb": 2.0,
    }  # fmt: skip
    assert uploads["chunked"] == {
        "done": 1, "failed": 0, "parked": 0, "success_rate": 1.0, "sent_bytes": 40_000_000,
        "seconds_per_mb": 0.5,
    }  # fmt: skip
    assert (uploads["done"], uploads["failed"], uploads["success_rate"]) == (2, 1, 0.6667)
    assert sum(day["uploads"] for day in uploads["per_day"]) == 2
    assert sum(day["sent_bytes"] for day in uploads["per_day"]) == 41_000_000


def test_uploads_of_several_days_are_told_day_by_day(services: Services, place: str) -> None:
    recording = backed_up(services, place)
    for days in (1, 1, 3):
        tried(services, recording, "done", timedelta(days=days), sent_bytes=10)
    per_day = services.metrics.collect()["uploads"]["per_day"]
    assert [day["uploads"] for day in per_day] == [1, 2, 1]
    assert [day["day"] for day in per_day] == sorted(day["day"] for day in per_day)
    tried(services, recording, "failed", timedelta(days=3), reason="No.")
    tried(services, recording, "done", timedelta(days=3), sent_bytes=2_000_000, took_ms=5000)
    three_days_ago = services.metrics.collect()["uploads"]["per_day"][0]
    assert (three_days_ago["uploads"], three_days_ago["failed"]) == (2, 1)
    assert three_days_ago["success_rate"] == 0.6667
    assert three_days_ago["seconds_per_mb"] == 3.0
    assert per_day[-1]["day"] == f"{datetime.now().astimezone():%Y-%m-%d}"


def test_failures_and_refusals_by_kind_and_the_most_frequent_reasons(services: Services, place: str) -> None:
    kinds = ["network_unreachable", "network_unreachable", "file_rejected", "credentials_rejected"]
    for kind in kinds:
        recording = a_recording()
        services.library.add(recording, "imported")
        services.transfers.enqueue(place, [recording.id])
        (mine,) = [x for x in services.transfers.listed(place) if x.master_id == recording.masters[0].id]
        services.transfers.change(mine, _T.FAILED, error_kind=kind, error="Words.")
        tried(services, recording, "failed", timedelta(minutes=1), reason=f"Because of {kind}.")
    failures = services.metrics.collect()["failures"]
    assert failures["by_kind"] == {"network_unreachable": 2}
    assert failures["refusals"] == {"file_rejected": 1, "credentials_rejected": 1}
    assert failures["reasons"][0] == {"reason": "Because of network_unreachable.", "count": 2}
    assert len(failures["reasons"]) == 3


def test_u2_3_runs_alerts_plan_and_sessions(services: Services, place: str) -> None:
    services.sync_log.set_plan(place, Plan("Free", 100_000_000, 0.42))
    services.sync_log.end_run(services.sync_log.begin_run(place), done=2, failed=1, sent_bytes=99)
    services.sync_log.raise_alert("disk_low", "Little room.")
    services.sync_log.mark_shown("disk_low")
    figures = services.metrics.collect()
    assert figures["plan"] == {
        "name": "Free", "max_file_bytes": 100_000_000, "used_share": 0.42, "place": place,
    }  # fmt: skip
    (run,) = figures["sync_runs"]
    assert (run["done"], run["failed"], run["sent_bytes"]) == (2, 1, 99)
    assert run["sessions"]["committed"] > 0
    assert run["started_at"] <= run["ended_at"]
    assert run["ended_at"].endswith("Z")
    (alert,) = figures["alerts"]
    assert (alert["kind"], alert["words"], alert["shown"]) == ("disk_low", "Little room.", True)
    assert figures["sessions"]["opened"] > 0


def test_recordings_in_trouble_are_counted(services: Services) -> None:
    for state in (MasterState.MISSING, MasterState.DAMAGED, MasterState.DAMAGED, MasterState.RECORDING):
        services.library.add(a_recording(a_master(state=state)), "imported")
    services.library.add(a_recording(a_master(sha256=None)), "imported")
    library = services.metrics.collect()["library"]
    assert (library["missing"], library["damaged"], library["unproved"]) == (1, 2, 1)
