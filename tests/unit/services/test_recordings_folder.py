"""A folder that is not there is told from files that are gone."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_recorder import app
from voice_recorder.domain.errors import PreflightBlocked, RecordingsAway
from voice_recorder.domain.preflight import Purpose
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import voice
from voice_recorder.services.recordings_folder import recordings_are_away


def state(services: Services, recording: Recording) -> MasterState:
    return services.library.get(recording.id).masters[0].state


def test_an_emptied_folder_of_our_own_is_there_and_its_files_are_missing(
    services: Services, note: Recording
) -> None:
    for path in services.config.raw_recordings_path.iterdir():
        path.unlink()
    assert services.preflight.look_at_folder()
    assert len(services.verifying.run().missing) == 1
    assert state(services, note) is MasterState.MISSING


def test_an_empty_folder_on_another_disk_than_before_is_not_ours(services: Services, note: Recording) -> None:
    for path in services.config.raw_recordings_path.iterdir():
        path.unlink()
    config = replace(services.config, recordings_device=-1)
    assert recordings_are_away(config, services.figures)


def test_nothing_is_done_to_files_while_the_folder_is_away(
    services: Services, note: Recording, tmp_path: Path
) -> None:
    folder = services.config.raw_recordings_path
    unproved = replace(services.library.get(note.id).masters[0], sha256=None)
    services.library.store_reading(note.id, unproved, "made", "")
    folder.rename(tmp_path / "pulled out")
    with pytest.raises(RecordingsAway, match="is not there"):
        services.verifying.run()
    with pytest.raises(RecordingsAway):
        services.takes.start()
    with pytest.raises(PreflightBlocked, match="is not there"):
        services.preflight.require(Purpose.IMPORT, 1)
    services.proving.run_pending()
    assert services.recovery.run().recovered == []
    assert services.sidecars.write_pending(threading.Event()) == 0
    services.housekeeping.run()
    assert not folder.exists()
    assert state(services, note) is MasterState.RECORDED
    (tmp_path / "pulled out").rename(folder)
    assert services.verifying.run().checked == 1


def test_an_empty_folder_outside_of_the_home_folder_is_one_without_its_disk(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(tmp_path / "disk"))
    sound = tmp_path / "note.wav"
    soundfile.write(sound, np.asarray(voice(48000, 4800)), 48000)
    services = app.build()
    try:
        made = services.importing.run([sound]).recordings[0]
        folder = services.config.raw_recordings_path
        folder.rename(tmp_path / "unmounted")
        folder.mkdir()
        services.scrubbing.bytes_per_s = 1e12
        services.scrubbing.is_busy = lambda: False
        report = services.scrubbing.run(now=datetime.now(UTC) + timedelta(days=40))
        assert report is not None
        assert (report.away, report.missing) == (True, 0)
        services.alerts.refresh()
        (alert,) = services.sync_log.alerts()
        assert (alert.kind, str(folder) in alert.words) == ("recordings_away", True)
        assert state(services, made) is MasterState.RECORDED
        assert list(folder.iterdir()) == []
    finally:
        services.close()
