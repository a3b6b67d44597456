"""The disk under a running take: synced twice a second, watched, and never waited for by the sound."""

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.library import opened
from tests.fakes.processes import wait_until
from tests.fakes.small_disk import small_disk
from voice_recorder.domain.errors import DiskFull, StorageError
from voice_recorder.domain.recording import AudioFormat, TakeEventKind
from voice_recorder.domain.take import Warn
from voice_recorder.services import Services, take_file
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.take_disk import TakeDisk
from voice_recorder.services.take_series import TakeSeries
from voice_recorder.storage.disk import sync_data


@pytest.fixture
def nearly_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The recordings are on a disk of 20 MB: less room than a running take needs to go on."""
    with small_disk(20) as disk:
        monkeypatch.setenv("VOICE_RECORDER_ENV", "production")
        monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(disk / "recordings"))
        with opened() as services:
            yield services


def told_by(services: Services, stopping: threading.Event) -> tuple[TakeDisk, TakeSeries, list[StorageError]]:
    """The disk of a take after its first look, the take's recordings, and why no more can be kept."""
    told: list[StorageError] = []
    series = TakeSeries(services.config, services.library, AudioFormat(), "Talk", 0)
    disk = TakeDisk(services.config, series, told.append)
    written = threading.Event()
    thread = threading.Thread(target=disk.keep_synced, args=(stopping, written))
    thread.start()
    wait_until(lambda: disk.time_left_s is not None, "the first look")
    written.set()
    thread.join()
    series.end(0)
    assert series.finish_ended() is None
    return disk, series, told


def test_below_the_hard_floor_a_take_is_told_to_end(nearly_full: Services) -> None:
    disk, series, told = told_by(nearly_full, threading.Event())
    assert {type(error) for error in told} == {DiskFull}
    assert disk.is_low
    assert disk.time_left_s == 0
    assert [event.kind for event in series.now.events] == [TakeEventKind.DISK_LOW]


def test_one_that_ends_already_is_not_said_to_end_for_the_disk(nearly_full: Services) -> None:
    (stopping := threading.Event()).set()
    disk, _, told = told_by(nearly_full, stopping)
    assert disk.is_low
    assert told == []


def test_sound_that_cannot_be_brought_to_the_disk_ends_the_take_and_is_kept(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    take = services.takes.start_from(GeneratedVoice())
    wait_until(lambda: take.snapshot().elapsed_s > 0.5, "sound")
    monkeypatch.setattr(take_file, "sync_data", fail)
    assert take.wait(20)
    assert take.error is not None
    assert take.error.title == "The take could not be synced to the disk: Input/output error."
    (kept,) = (services.library.get(recording_id) for recording_id in take.kept_ids)
    assert kept.duration_s >= 0.5
    assert services.proving.run_pending() == 1
    assert services.library.get(kept.id).state.value == "recorded"


def test_a_slow_disk_is_said_and_the_sound_does_not_wait_for_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = threading.Event(), threading.Event()

    def sync_slowly(descriptor: int) -> None:
        slow.set()
        quick.wait(20)
        sync_data(descriptor)

    monkeypatch.setattr(take_file, "sync_data", sync_slowly)
    take = services.takes.start_from(GeneratedVoice())
    assert slow.wait(20)
    elapsed_s = take.snapshot().elapsed_s
    wait_until(lambda: take.snapshot().elapsed_s > elapsed_s + 1, "a second of sound while the disk is slow")
    quick.set()
    wait_until(lambda: Warn.DISK_SLOW in take.snapshot().warnings, "the slow disk to be said")
    wait_until(lambda: Warn.DISK_SLOW not in take.snapshot().warnings, "the disk to be quick again")
    take.stop()
    assert take.wait(20)
    assert take.error is None
