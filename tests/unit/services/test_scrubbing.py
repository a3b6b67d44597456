"""S7.2: the scrub reads everything again in the course of weeks, slowly, and says what has changed."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fakes.backup_states import back_up, choose_folder
from tests.fakes.processes import wait_until
from voice_recorder.domain.errors import Cancelled
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice, voice
from voice_recorder.services.scrubbing import Pace, processor_is_busy

LATER = datetime.now(UTC) + timedelta(days=40)
Make = Callable[..., Recording]


@pytest.fixture(autouse=True)
def _quick(services: Services) -> None:
    """As fast as it can be, however busy the machine of the test is."""
    services.scrubbing.bytes_per_s = 1e12
    services.scrubbing.is_busy = lambda: False


@pytest.fixture
def make(services: Services, tmp_path: Path) -> Make:
    """A recording with a file of its own, proved as imports are."""

    def make(seconds: float = 1.0) -> Recording:
        number = len(list(tmp_path.glob("note-*.wav")))
        path = tmp_path / f"note-{number}.wav"
        soundfile.write(path, np.roll(np.asarray(voice(48000, round(48000 * seconds))), number), 48000)
        return services.importing.run([path]).recordings[0]

    return make


def path_of(services: Services, recording: Recording) -> Path:
    return services.library.path_of(recording.masters[0])


def state(services: Services, recording: Recording) -> MasterState:
    return services.library.get(recording.id).masters[0].state


def flip(path: Path) -> None:
    """Change one bit in the middle, as a failing disk does."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def scrub_all(services: Services, now: datetime = LATER) -> None:
    """Until nothing is due any more: a month, day by day."""
    for day in range(31):
        services.scrubbing.run(now=now + timedelta(days=day))


def test_a_library_in_good_order_is_read_and_nothing_is_said(services: Services, make: Make) -> None:
    recordings = [make() for _ in range(3)]
    before = [services.library.history(r.id) for r in recordings]
    scrub_all(services)
    figures = services.scrubbing.figures(LATER + timedelta(days=30))
    assert (figures["masters"], figures["read_in_time"], figures["every_days"]) == (3, 3, 30)
    assert figures["oldest_at"] is not None
    assert figures["last"]["checked"] == 1
    assert services.sync_log.alerts() == ()
    assert [services.library.history(r.id) for r in recordings] == before


def test_a_flipped_bit_is_found_and_said_once(services: Services, make: Make) -> None:
    good, bad = make(), make()
    flip(path_of(services, bad))
    scrub_all(services)
    assert state(services, bad) is MasterState.DAMAGED
    assert state(services, good) is MasterState.RECORDED
    assert services.library.history(bad.id)[-1].kind == "changed"
    (alert,) = services.sync_log.alerts()
    assert alert.kind == "damage_found"
    assert "'Verify' names the recordings" in alert.words
    assert "No cloud copy holds the original" in alert.words
    services.sync_log.clear_alert("damage_found")
    scrub_all(services, LATER + timedelta(days=31))
    assert services.sync_log.alerts() == ()  # it was seen
    assert len([e for e in services.library.history(bad.id) if e.kind == "changed"]) == 1


def test_the_alert_names_the_way_back_where_there_is_one(
    services: Services, make: Make, tmp_path: Path
) -> None:
    services.settings.set("compression.send_as", "original")
    choose_folder(services, tmp_path / "copies")
    first, second = make(), make()
    back_up(services, first)
    flip(path_of(services, first))
    scrub_all(services)
    alert = services.sync_log.alert("damage_found")
    assert alert is not None
    assert "It can be put back from the proved cloud copy: fetch the recording." in alert.words
    flip(path_of(services, second))
    scrub_all(services, LATER + timedelta(days=31))
    alert = services.sync_log.alert("damage_found")
    assert alert is not None
    assert "1 of them can be put back" in alert.words
    assert services.metrics.collect()["library"]["restorable"] == 1
    assert all(result.ok for result in services.fetching.fetch([first.id]))
    assert state(services, first) is MasterState.RECORDED


def test_a_file_that_is_gone_is_missing_and_one_that_came_back_is_found(
    services: Services, make: Make, tmp_path: Path
) -> None:
    _, gone = make(), make()
    path = path_of(services, gone)
    path.rename(tmp_path / "elsewhere")
    scrub_all(services)
    assert state(services, gone) is MasterState.MISSING
    assert services.sync_log.alert("damage_found") is not None
    (tmp_path / "elsewhere").rename(path)
    scrub_all(services, LATER + timedelta(days=31))
    assert state(services, gone) is MasterState.RECORDED
    services.alerts.refresh()
    assert services.sync_log.alerts() == ()


def test_a_disk_that_is_not_connected_makes_nothing_missing(
    services: Services, make: Make, tmp_path: Path
) -> None:
    recordings = [make(), make()]
    folder = services.config.raw_recordings_path
    folder.rename(tmp_path / "unmounted")
    report = services.scrubbing.run(now=LATER)
    assert report is not None
    assert (report.away, report.missing, report.read_bytes) == (True, 0, 0)
    assert {state(services, r) for r in recordings} == {MasterState.RECORDED}
    (alert,) = services.sync_log.alerts()
    assert (alert.kind, str(folder) in alert.words) == ("recordings_away", True)
    assert services.scrubbing.figures()["last"]["away"]
    (tmp_path / "unmounted").rename(folder)
    scrub_all(services)
    services.alerts.refresh()
    assert services.sync_log.alerts() == ()
    assert services.scrubbing.figures(LATER + timedelta(days=30))["read_in_time"] == 2


def test_an_empty_folder_is_right_when_all_is_in_the_trash(services: Services, make: Make) -> None:
    services.trash.delete([make().id])
    services.alerts.refresh()
    assert services.sync_log.alerts() == ()


def test_a_new_take_is_not_read_at_once_and_off_is_off(services: Services, make: Make) -> None:
    make()
    assert services.scrubbing.run() is None
    services.settings.set("storage.scrub_days", 0)
    assert services.scrubbing.run(now=LATER) is None
    assert services.scrubbing.figures()["every_days"] is None


def test_an_empty_library_has_nothing_to_scrub(services: Services) -> None:
    assert services.scrubbing.run(now=LATER) is None
    assert services.scrubbing.figures() == {
        "every_days": 30, "masters": 0, "read_in_time": 0, "oldest_at": None, "last": None,
    }  # fmt: skip


def test_the_whole_library_takes_as_many_days_as_were_asked_for(services: Services, make: Make) -> None:
    """Ten equal masters in ten days: one a day, those that wait longest first, and then none."""
    services.settings.set("storage.scrub_days", 10)
    for _ in range(10):
        make()
    reports = [services.scrubbing.run(now=LATER + timedelta(days=day)) for day in range(15)]
    assert [report.checked if report else 0 for report in reports[1:9]] == [1] * 8
    assert sum(report.checked for report in reports[:10] if report) == 10
    at_once = services.scrubbing.run(now=LATER + timedelta(days=60))
    assert at_once is not None
    assert at_once.checked == 10  # a computer that was off for long catches up


def test_cut_off_it_goes_on_where_it_was(services: Services, make: Make) -> None:
    services.settings.set("storage.scrub_days", 1)
    recordings = [make() for _ in range(4)]
    cancel = threading.Event()
    seen: list[Path] = []
    read = Pace.digest

    def read_two(pace: Pace, path: Path) -> str:
        seen.append(path)
        if len(seen) == 3:
            cancel.set()
        return read(pace, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pace, "digest", read_two)
        report = services.scrubbing.run(cancel, now=LATER)
        assert report is not None
        assert report.checked == 2
        assert report.owed_bytes > 0
        assert services.scrubbing.figures(LATER)["read_in_time"] == 2
        rest = services.scrubbing.run(now=LATER + timedelta(seconds=1))
    assert rest is not None
    assert rest.checked == 2
    assert sorted(set(seen)) == sorted(path_of(services, r) for r in recordings)
    assert len(seen) == 5


def test_it_reads_no_faster_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(1_000_000))
    pace = Pace(threading.Event(), lambda: False, lambda: False, 2_000_000)
    started = time.monotonic()
    pace.digest(path)
    assert time.monotonic() - started >= 0.49


def test_it_rests_while_a_take_runs_or_the_machine_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(bytes(1000))
    taking, busy = [True, True, False], [True, False]
    pace = Pace(
        threading.Event(), lambda: bool(taking) and taking.pop(0), lambda: bool(busy) and busy.pop(0), 1e12,
        pause_s=0.01,
    )  # fmt: skip
    started = time.monotonic()
    pace.digest(path)
    assert time.monotonic() - started >= 0.03  # twice for the take, once for the processor
    assert not taking
    assert not busy


def test_a_take_of_this_program_is_known_to_run(services: Services) -> None:
    assert not services.scrubbing._is_taking()
    take = services.takes.start_from(GeneratedVoice(), "While scrubbing")
    assert services.scrubbing._is_taking()
    take.stop()
    wait_until(lambda: not services.scrubbing._is_taking(), "the end of the take")


def test_it_ends_at_once_while_it_rests(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(bytes(1000))
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    with pytest.raises(Cancelled):
        Pace(cancel, lambda: True, lambda: False, 1e12, pause_s=100).digest(path)


def test_the_processor_can_be_asked() -> None:
    assert isinstance(processor_is_busy(), bool)


def test_a_recording_that_was_deleted_for_ever_meanwhile_is_no_matter(services: Services, make: Make) -> None:
    services.settings.set("storage.scrub_days", 1)
    first, second = sorted((make(), make()), key=lambda r: path_of(services, r))
    due = services.scrubbing._scrubs.due(LATER, LATER, 5)
    assert len(due) == 2
    services.trash.delete([first.id])
    services.trash.delete_for_ever([first.id])
    report = services.scrubbing._work_off(due, 10**9, Pace(threading.Event(), bool, bool, 1e12), LATER)
    assert (report.checked, report.missing) == (1, 0)
    assert state(services, second) is MasterState.RECORDED


def test_long_scrubs_enter_what_they_read_now_and_then(
    services: Services, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_recorder.services.scrubbing._MARK_EVERY_S", 0.0)
    services.settings.set("storage.scrub_days", 1)
    make(), make()
    report = services.scrubbing.run(now=LATER)
    assert report is not None
    assert report.checked == services.scrubbing.figures(LATER)["read_in_time"] == 2


def test_a_clock_that_was_once_far_ahead_does_not_end_the_scrub(services: Services, make: Make) -> None:
    recording = make()
    scrub_all(services, LATER + timedelta(days=3650))
    assert services.scrubbing.figures(LATER)["read_in_time"] == 0, "nobody read it in the future"
    flip(path_of(services, recording))
    scrub_all(services)
    assert state(services, recording) is MasterState.DAMAGED


def test_what_is_dated_in_the_future_is_read_too(services: Services, make: Make) -> None:
    """As an import whose file has a wrong date: it was never read, and does not count as read."""
    recording = make()
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE masters SET created_ms = created_ms + 100000000000")
    flip(path_of(services, recording))
    assert services.scrubbing.figures(LATER)["read_in_time"] == 0
    scrub_all(services)
    assert state(services, recording) is MasterState.DAMAGED
