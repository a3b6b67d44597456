"""The peaks of a recording: a cache that may vanish or rot at any time."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_recorder.domain.errors import NotFound, StorageError
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services


def cached(home: Path) -> list[Path]:
    return list((home / "cache" / "peaks").iterdir())


def test_peaks_are_kept_and_made_again(services: Services, note: Recording, home: Path) -> None:
    """S2.1: what is in the cache equals what is read from the sound, whatever became of the cache."""
    first = services.peaks.load(note.id)
    assert first.bins_per_second == 100
    assert len(first.maxima) == 100
    for harm in (lambda path: path.unlink(), lambda path: path.write_bytes(b"rotten")):
        harm(cached(home)[0])
        again = services.peaks.load(note.id)
        assert (again.maxima == first.maxima).all()
        assert (again.minima == first.minima).all()
        assert len(cached(home)) == 1


def test_a_sound_that_is_gone_is_said(services: Services, note: Recording, home: Path) -> None:
    cached(home)[0].unlink()
    services.library.path_of(note.masters[0]).unlink()
    with pytest.raises(StorageError, match="could not be read"):
        services.peaks.load(note.id)


def test_what_is_heard_is_drawn_also_of_several_masters(
    services: Services, note: Recording, tmp_path: Path
) -> None:
    """W5: an edited recording is drawn as it is heard, from the cached peaks of its masters."""
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.full(24000, 0.5), 48000)
    loud = services.importing.run([path]).recordings[0]
    whole = services.peaks.load(note.id)
    services.editing.insert(note.id, 0.5, loud.id)
    drawn = services.peaks.load(note.id)
    assert drawn.maxima.tolist() == [*whole.maxima[:50], *[64] * 50, *whole.maxima[50:]]
    services.editing.cut(note.id, 0, 0.5)
    assert services.peaks.load(note.id).maxima.tolist() == [*[64] * 50, *whole.maxima[50:]]


def test_a_master_that_is_gone_is_drawn_as_silence_while_another_is_there(
    services: Services, note: Recording, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.full(24000, 0.5), 48000)
    loud = services.importing.run([path]).recordings[0]
    services.editing.append(note.id, loud.id)
    gone = services.library.get(note.id).masters[0]
    (home / "cache" / "peaks" / f"{gone.sha256}.peaks").unlink()
    services.library.path_of(gone).unlink()
    drawn = services.peaks.load(note.id)
    assert drawn.maxima.tolist() == [0] * 100 + [64] * 50


def test_a_recording_without_a_frame_or_a_master(services: Services, note: Recording) -> None:
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE masters SET frames = 0")
    assert len(services.peaks.load(note.id).maxima) == 100
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("DELETE FROM recording_masters")
    with pytest.raises(NotFound, match="no sound file"):
        services.peaks.load(note.id)
