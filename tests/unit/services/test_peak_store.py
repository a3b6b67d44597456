"""The peaks of a recording: a cache that may vanish or rot at any time."""

from pathlib import Path

import pytest

from voice_recorder.domain.errors import StorageError
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
