"""A thousand mutated audio files through import, in one process: no crash, no bug, nothing half-filled."""

import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Speech
from tests.fakes.library import opened, write_note
from tests.integration.test_import import make_m4a, nothing_half_filled

SEED = 20
FILES = 1000
FFMPEG_FILES = 40
KINDS = {
    "wav": {}, "w24.wav": {"subtype": "PCM_24"}, "float.wav": {"subtype": "FLOAT"}, "flac": {}, "mp3": {},
    "ogg": {}, "opus": {"format": "OGG", "subtype": "OPUS"}, "aiff": {}, "au": {}, "caf": {}, "w64": {},
    "ulaw.wav": {"subtype": "ULAW"}, "adpcm.wav": {"subtype": "MS_ADPCM"},
}  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """``content`` with a few things done to it, most of them in its first bytes, where the fields are."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        if not data:
            break
        at = min(chance.randrange(len(data)), chance.choice([32, 128, 512, len(data)]))
        size = chance.choice([1, 2, 4, 8, 64])
        match chance.randrange(6):
            case 0:
                data[at : at + size] = chance.randbytes(size)
            case 1:
                data[at : at + size] = b"\xff" * size
            case 2:
                data[at : at + size] = bytes(size)
            case 3:
                del data[at:]
            case 4:
                del data[at : at + size]
            case _:
                data[at:at] = data[at : at + chance.choice([4, 64, 1000])]
    return bytes(data)


def make_mutants(folder: Path) -> Iterator[Path]:
    chance = random.Random(SEED)
    wholes = []
    for name, options in KINDS.items():
        kind = {"format": name.rpartition(".")[2].upper(), **options}
        rate, channels = chance.choice([8000, 48000]), chance.choice([1, 2])
        path = write_note(
            folder / f"whole.{name}", 0.2, rate=rate, channels=channels, seed=len(wholes), **kind
        )
        wholes.append((name, path.read_bytes()))
        path.unlink()
    for number in range(FILES):
        name, content = chance.choice(wholes)
        path = folder / f"{number:04}.{name}"
        path.write_bytes(mutated(content, chance))
        yield path


def test_a_thousand_mutated_files(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    paths = list(make_mutants(folder))
    # Each of the thousand copies is synced to the disk otherwise, which is not what is tried here.
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    with opened() as services:
        logging.getLogger("voice_recorder").setLevel(logging.CRITICAL)
        report = services.importing.run(paths)
        assert len(report.recordings) + len(report.duplicates) + len(report.failed) == FILES
        assert len(report.recordings) > 100, "some mutations leave sound"
        assert len(report.failed) > 100, "some leave none"
        assert capfd.readouterr().err == "", "no library may speak to people in our place"
        for path, error in report.failed:
            assert repr(path.name) in error.title
            assert error.detail
        for recording in report.recordings:
            (master,) = recording.masters
            assert master.frames > 0
            assert master.sample_rate_hz > 0
            assert master.channels > 0
        verified = services.verifying.run()
        assert not verified.missing
        assert not verified.changed
        assert not verified.unknown
        assert {f.recording_id for f in verified.damaged} == {
            r.id for r in report.recordings if r.state.value == "damaged"
        }
    nothing_half_filled(home, len(report.recordings))


def test_mutated_files_that_go_to_ffmpeg(home: Path, tmp_path: Path, speech: Speech) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    chance = random.Random(SEED)
    paths = []
    for name in ("a.m4a", "a.webm"):
        content = make_m4a(tmp_path, speech, name).read_bytes()
        for number in range(FFMPEG_FILES // 2):
            path = folder / f"{number}{name}"
            path.write_bytes(mutated(content, chance))
            paths.append(path)
    with opened() as services:
        report = services.importing.run(paths)
        assert len(report.recordings) + len(report.duplicates) + len(report.failed) == FFMPEG_FILES
        assert report.recordings
        assert services.verifying.run().unknown == []
    nothing_half_filled(home, len(report.recordings))
