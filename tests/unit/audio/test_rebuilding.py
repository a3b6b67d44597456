"""WAV files had back from FLAC: the very bytes, or nothing."""

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_recorder.audio.rebuilding import rebuild_wav
from voice_recorder.audio.wav import Origin, header
from voice_recorder.domain.errors import Cancelled, EncodingError
from voice_recorder.domain.recording import AudioFormat

OURS = Origin("0123456789abcdef0123456789abcdef", "2026-05-04T03:02:01.000+00:00", 120)
OTHER = Origin("0123456789abcdef0123456789abcdef", "2026-05-04T03:02:01.001+00:00", 120)


def take(folder: Path, depth: int, frames: int) -> tuple[Path, str]:
    """A take of ours with noise in it as FLAC, and the SHA-256 of its WAV file."""
    noise = np.random.default_rng(depth).integers(-(2**31), 2**31, frames, dtype=np.int32)
    sound = (noise >> (32 - depth)) << (32 - depth)
    raw = sound.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 4 - depth // 8 :].tobytes()
    data = header(AudioFormat(48000, 1, depth), OURS, frames) + raw + b"\0" * (len(raw) % 2)
    flac = folder / "take.flac"
    soundfile.write(flac, sound, 48000, subtype=f"PCM_{depth}")
    return flac, hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("depth", "frames"), [(16, 48000), (24, 48000), (24, 70001)])
def test_a_take_comes_back_byte_for_byte(tmp_path: Path, depth: int, frames: int) -> None:
    flac, sha256 = take(tmp_path, depth, frames)
    target = tmp_path / "take.wav"
    assert rebuild_wav(flac, target, [OTHER, OURS], sha256)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == sha256


def test_without_the_right_header_nothing_is_written(tmp_path: Path) -> None:
    flac, sha256 = take(tmp_path, 16, 1000)
    assert not rebuild_wav(flac, tmp_path / "take.wav", [OTHER], sha256)
    assert not (tmp_path / "take.wav").exists()


def test_what_is_no_flac_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "bad.flac").write_bytes(b"no sound at all")
    with pytest.raises(EncodingError, match=r"'bad.flac' could not be read"):
        rebuild_wav(tmp_path / "bad.flac", tmp_path / "take.wav", [OURS], "0" * 64)


def test_it_can_be_called_off(tmp_path: Path) -> None:
    flac, sha256 = take(tmp_path, 16, 1000)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        rebuild_wav(flac, tmp_path / "take.wav", [OURS], sha256, cancel)
