"""Recordings become files: whole, named for their titles, and in nobody's way."""

import hashlib
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.fakes.processes import wait_until
from tests.fakes.small_disk import fill, small_disk
from tests.unit.audio.sounds import ffmpeg
from tests.unit.recordings import a_master, a_recording, new_id
from voice_recorder.audio.sound_file import decoded
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EditRefused, NotFound
from voice_recorder.domain.exported import ExportFormat
from voice_recorder.domain.recording import Master, Ramp, Recording, Segment
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.exporting import Exporting, ExportResult
from voice_recorder.services.rendering import Rendering
from voice_recorder.storage.paths import StorageConfig

_CODECS = {"PCM_16": ("pcm_s16le", 16), "PCM_24": ("pcm_s24le", 24), "FLOAT": ("pcm_f32le", 32)}
Samples = npt.NDArray[np.int32]


def noise(frames: int, channels: int = 1, seed: int = 1, bits: int = 16) -> Samples:
    values = np.random.default_rng(seed).integers(-8000, 8000, (frames, channels))
    return (values << 16 | (values & 255) << 8 if bits == 24 else values << 16).astype(np.int32)


def put_master(services: Services, samples: Samples, rate: int = 48000, subtype: str = "PCM_16") -> Master:
    name = f"{new_id()}.wav"
    path = services.config.raw_recordings_path / name
    soundfile.write(path, samples, rate, subtype=subtype)
    codec, bits = _CODECS[subtype]
    content = path.read_bytes()
    return a_master(
        name=name, frames=len(samples), sample_rate_hz=rate, channels=samples.shape[1], codec=codec,
        bit_depth=bits, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def put(services: Services, *masters: Master, **values: Any) -> Recording:
    recording = a_recording(*masters, **values)
    services.library.add(recording, "made")
    return recording


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def export(services: Services, recording: Recording, kind: str, folder: Path, **more: Any) -> ExportResult:
    return services.exporting.run([recording.id], ExportFormat(kind), folder, **more)[0]


def exported(services: Services, recording: Recording, kind: str, folder: Path, **more: Any) -> Path:
    result = export(services, recording, kind, folder, **more)
    assert result.error is None
    assert result.path is not None
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    return result.path


def words_of(result: ExportResult) -> str:
    assert not result.ok
    assert result.path is None
    assert result.error is not None
    return str(result.error)


def samples_of(path: Path) -> Samples:
    samples: Samples = soundfile.read(path, dtype="int32", always_2d=True)[0]
    return samples


def test_what_was_never_edited_is_copied_byte_for_byte(services: Services, out: Path) -> None:
    master = put_master(services, noise(10_000, 2))
    path = exported(services, put(services, master, title="Two / one"), "wav", out)
    assert path.name == "Two - one.wav"
    assert path.read_bytes() == services.library.path_of(master).read_bytes()
    assert path.stat().st_nlink == 1


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_two_masters_become_one_file_with_every_sample(
    services: Services, out: Path, subtype: str, bits: int, kind: str
) -> None:
    first, second = noise(70_001, bits=bits), noise(500, seed=2, bits=bits)
    masters = put_master(services, first, subtype=subtype), put_master(services, second, subtype=subtype)
    path = exported(services, put(services, *masters), kind, out)
    assert np.array_equal(samples_of(path), np.concatenate([first, second]))
    assert soundfile.info(str(path)).subtype == subtype


def test_floating_point_stays_floating_point(services: Services, out: Path) -> None:
    masters = [put_master(services, noise(500, seed=seed), subtype="FLOAT") for seed in (1, 2)]
    path = exported(services, put(services, *masters), "wav", out)
    assert soundfile.info(str(path)).subtype == "FLOAT"
    assert np.array_equal(samples_of(path), np.concatenate([noise(500, seed=seed) for seed in (1, 2)]))


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "m4a"])
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_edits_are_heard_and_the_length_is_exact(services: Services, out: Path, kind: str, rate: int) -> None:
    master = put_master(services, noise(2 * rate), rate)
    cut = Segment(master.id, 100, rate + 1), Segment(master.id, rate + 500, rate + 700, (Ramp(1, 0),))
    recording = put(services, master, edit_list=cut)
    path = exported(services, recording, kind, out)
    frames, own_rate = decoded(path, threading.Event())
    lacking = (rate + 1 - 100 + 200) * own_rate / rate - frames
    assert -2048 <= lacking <= 0 if kind == "m4a" else abs(lacking) <= 0.5
    if kind in ("wav", "flac"):
        samples = samples_of(path)
        assert np.array_equal(samples[: rate - 99], noise(2 * rate)[100 : rate + 1])
        assert np.abs(samples[-1]) < 100 << 16


def test_a_selection_is_exported(services: Services, out: Path) -> None:
    recording = put(services, put_master(services, noise(96_000)))
    middle = exported(services, recording, "wav", out, start_s=0.5, end_s=1)
    assert np.array_equal(samples_of(middle), noise(96_000)[24_000:48_000])
    to_the_end = exported(services, recording, "wav", out, start_s=1.5)
    assert np.array_equal(samples_of(to_the_end), noise(96_000)[72_000:])
    assert "Nothing is selected" in words_of(export(services, recording, "wav", out, start_s=3, end_s=4))


@pytest.mark.parametrize(
    ("kind", "title", "date", "comment"),
    [
        ("flac", "title", "date", "comment"), ("opus", "title", "date", "comment"),
        ("mp3", "TIT2", "TDRC", "COMM::XXX"), ("m4a", "\xa9nam", "\xa9day", "\xa9cmt"),
    ],
)  # fmt: skip
def test_a_file_says_what_it_is(
    services: Services, out: Path, kind: str, title: str, date: str, comment: str
) -> None:
    recording = put(services, put_master(services, noise(48_000)), title="Käse: ja?", notes="From\nthe shop")
    tags = mutagen.File(exported(services, recording, kind, out)).tags
    said = [
        str(tags[name][0] if isinstance(tags[name], list) else tags[name]) for name in (title, date, comment)
    ]
    assert said == ["Käse: ja?", said[1], "From\nthe shop"]
    assert said[1].replace("T", " ").startswith("2024-05-17 12:30")
    assert recording.id in str(tags.pprint())


def test_a_wav_file_says_what_it_is(services: Services, out: Path) -> None:
    masters = [put_master(services, noise(500, seed=seed)) for seed in (1, 2)]
    recording = put(services, *masters, title="Käse", notes="From the shop")
    with soundfile.SoundFile(exported(services, recording, "wav", out)) as sound:
        assert (sound.title, sound.date) == ("Käse", "2024-05-17T12:30:15")
        assert sound.comment == f"From the shop\nRecording {recording.id}"


def test_nothing_is_ever_replaced(services: Services, out: Path) -> None:
    recordings = [put(services, put_master(services, noise(100, seed=seed)), title="Same") for seed in (1, 2)]
    (out / "Same.flac").write_text("mine")
    ids = [recording.id for recording in (*recordings, recordings[0])]
    results = services.exporting.run(ids, ExportFormat.FLAC, out)
    assert [result.id for result in results] == ids
    assert sorted(path.name for path in out.iterdir()) == [
        "Same (2).flac", "Same (3).flac", "Same (4).flac", "Same.flac",
    ]  # fmt: skip
    assert (out / "Same.flac").read_text() == "mine"
    assert results[0].path is not None
    assert np.array_equal(samples_of(results[0].path), noise(100, seed=1))


def test_one_that_fails_stops_no_other(services: Services, out: Path) -> None:
    gone = put_master(services, noise(100))
    services.library.path_of(gone).unlink()
    good = [put(services, put_master(services, noise(100, seed=seed)), title=f"{seed}") for seed in (1, 2, 3)]
    ids = [good[0].id, put(services, gone, title="Lost").id, "0" * 32, good[1].id, good[2].id]
    results = services.exporting.run(ids, ExportFormat.MP3, out)
    assert [result.ok for result in results] == [True, False, False, True, True]
    assert gone.name in words_of(results[1])
    assert "import it again" in words_of(results[1])
    assert isinstance(results[2].error, NotFound)
    assert sorted(path.name for path in out.iterdir()) == ["1.mp3", "2.mp3", "3.mp3"]


def test_what_is_in_the_cloud_only_has_to_be_fetched(services: Services, out: Path) -> None:
    master = replace(put_master(services, noise(100)), state=MasterState.FREED)
    services.library.path_of(master).unlink()
    assert "Fetch it first" in words_of(export(services, put(services, master), "wav", out))


def test_a_fetched_copy_is_exported(services: Services, out: Path, tmp_path: Path) -> None:
    master = replace(put_master(services, noise(48_000)), state=MasterState.FREED)
    copy = shutil.move(services.library.path_of(master), tmp_path / "copy.wav")
    exporting = Exporting(
        services.config, services.library, Rendering(services.library, lambda _: Path(copy))
    )
    result = exporting.run([put(services, master).id], ExportFormat.WAV, out)[0]
    assert result.path is not None
    assert np.array_equal(samples_of(result.path), noise(48_000))


def test_trash_and_running_takes_stay_where_they_are(services: Services, out: Path) -> None:
    trashed = put(services, put_master(services, noise(100)), trashed_at=datetime(2024, 6, 1, tzinfo=UTC))
    running = put(services, replace(put_master(services, noise(100)), state=MasterState.RECORDING))
    assert "Restore it" in words_of(export(services, trashed, "wav", out))
    assert "Stop it" in words_of(export(services, running, "wav", out))


def test_a_master_that_is_not_what_it_was_is_not_copied(services: Services, out: Path) -> None:
    master = replace(put_master(services, noise(100)), sha256="0" * 64)
    assert "checksum" in words_of(export(services, put(services, master), "wav", out))
    assert list(out.iterdir()) == []


def test_a_recording_without_sound_says_so(services: Services, out: Path) -> None:
    empty = a_master(frames=0)
    assert "holds no sound" in words_of(export(services, put(services, empty), "wav", out))


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_a_cancelled_export_leaves_nothing_behind(services: Services, out: Path, kind: str) -> None:
    recordings = [put(services, put_master(services, noise(3_000_000, seed=seed))) for seed in (1, 2, 3)]
    cancel = threading.Event()
    told: list[tuple[int, int, str]] = []

    def report(done: int, total: int, title: str) -> None:
        told.append((done, total, title))
        cancel.set()

    results = services.exporting.run(
        [recording.id for recording in recordings], ExportFormat(kind), out, cancel, report
    )
    assert "stopped" in words_of(results[2])
    assert told[0][1:] == (3 * 62_500, "A note")
    finished = {result.path for result in results if result.path}
    assert set(out.iterdir()) == finished


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_progress_reaches_its_end(services: Services, out: Path, kind: str) -> None:
    ids = [put(services, put_master(services, noise(48_000 * seed))).id for seed in (1, 2)]
    told: list[tuple[int, int, str]] = []
    services.exporting.run(
        [*ids, "f" * 32], ExportFormat(kind), out, report=lambda *words: told.append(words)
    )
    assert told[-1] == (3000, 3000, "A note")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="A folder that refuses even root is needed.")
def test_a_folder_that_refuses_is_said(services: Services) -> None:
    recording = put(services, put_master(services, noise(100)))
    assert "cannot be written to" in words_of(export(services, recording, "wav", Path("/proc")))


def test_a_folder_that_is_not_there_is_said_for_each(services: Services, out: Path) -> None:
    recording = put(services, put_master(services, noise(100)))
    words = words_of(export(services, recording, "wav", out / "gone"))
    assert "there is no folder" in words
    assert "gone" in words
    assert not (out / "gone").exists()
    (out / "a file").touch()
    assert "there is no folder" in words_of(export(services, recording, "wav", out / "a file"))


def test_a_folder_that_vanishes_in_the_middle(services: Services, out: Path) -> None:
    recording = put(services, put_master(services, noise(3_000_000)))
    words = words_of(
        export(services, recording, "flac", out, report=lambda *_: shutil.rmtree(out, ignore_errors=True))
    )
    assert "could not be exported" in words
    assert "Nothing was written" in words


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a"])
def test_a_disk_that_fills_in_the_middle(services: Services, kind: str) -> None:
    """In the testing environment room is not checked before."""
    recording = put(services, put_master(services, noise(2_000_000)))
    other = put(services, put_master(services, noise(100)), title="Short")
    with small_disk(2) as folder:
        ballast = fill(folder, leave_bytes=150_000)
        assert "disk is full" in words_of(export(services, recording, kind, folder))
        assert list(folder.iterdir()) == [ballast]
        wait_until(lambda: shutil.disk_usage(folder).free > 100_000, "the room of the removed file")
        assert export(services, other, kind, folder).ok
        assert {path.name for path in folder.iterdir()} == {ballast.name, f"Short.{kind}"}


def test_room_is_asked_for_before(
    services: Services, config_of: Callable[..., StorageConfig], out: Path
) -> None:
    master = put_master(services, noise(400_000))
    ids = [put(services, master, title="Long").id]
    with small_disk(0.5) as folder:
        checking = Exporting(config_of(enable_disk_space_check=True), services.library, services.rendering)
        for kind in (ExportFormat.WAV, ExportFormat.FLAC):
            words = words_of(checking.run(ids, kind, folder)[0])
            assert "are needed" in words
            assert "Long" in words
        assert checking.run(ids, ExportFormat.OPUS, folder)[0].ok
    greedy = config_of(enable_disk_space_check=True, min_disk_space_mb=10**9)
    exporting = Exporting(greedy, services.library, services.rendering)
    assert "are needed" in words_of(exporting.run(ids, ExportFormat.OPUS, out)[0])


@pytest.fixture
def config_of(services: Services) -> Callable[..., StorageConfig]:
    return lambda **changes: replace(services.config, **changes)


def test_what_a_killed_export_left_is_removed_by_the_next(services: Services, out: Path) -> None:
    mark = services.exporting._mark
    ours, live = out / f".{mark}-aa.exporting", out / f".{mark}-bb.exporting"
    others = out / ".12345678-cc.exporting"
    for path in (ours, live, others):
        path.write_text("half")
    recording = put(services, put_master(services, noise(100)), title="A")
    with services.exporting._holding(f"{mark}-bb"):
        export(services, recording, "wav", out)
        assert {path.name for path in out.iterdir()} == {live.name, others.name, "A.wav"}


def test_a_file_system_without_links_replaces_nothing_either(
    services: Services, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    (out / "A note.wav").write_text("mine")
    path = exported(services, put(services, put_master(services, noise(100))), "wav", out)
    assert path.name == "A note (2).wav"
    assert (out / "A note.wav").read_text() == "mine"


def test_an_m4a_master_without_ffmpeg_to_write_one_is_refused_in_words(
    services: Services, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(out))
    words = words_of(export(services, put(services, put_master(services, noise(100))), "m4a", out))
    assert "Install ffmpeg" in words
    assert list(out.iterdir()) == []


def test_a_file_that_lacks_sound_is_no_export(
    services: Services, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ffmpeg that ends well and writes a tenth of a second."""
    real = shutil.which("ffmpeg")
    shim = tmp_path / "bin" / "ffmpeg"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\ncase "$*" in *ipod*) exec {real} -t 0.1 "$@";; *) exec {real} "$@";; esac\n')
    shim.chmod(0o700)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=":")
    words = words_of(export(services, put(services, put_master(services, noise(48_000))), "m4a", out))
    assert "did not hold all of its sound" in words
    assert list(out.iterdir()) == []


def test_an_imported_m4a_is_exported_as_wav(services: Services, out: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "s.wav", noise(96_000), 48_000, subtype="PCM_16")
    path = ffmpeg(tmp_path / "s.wav", tmp_path / "s.m4a", "-c:a", "aac")
    recording = services.importing.run([path]).recordings[0]
    assert len(samples_of(exported(services, recording, "wav", out))) == recording.masters[0].frames


class TestRendering:
    """What is opened, and what is said when it cannot be."""

    def test_the_highest_rate_and_the_most_channels(self, services: Services) -> None:
        masters = put_master(services, noise(44_100), 44_100), put_master(services, noise(960, 2), 96_000)
        with services.rendering.open(put(services, *masters)) as rendered:
            assert (rendered.sample_rate_hz, rendered.channels, rendered.frames) == (96_000, 2, 96_960)
            assert rendered.read(0, 10).shape == (10, 2)

    def test_only_what_is_heard_counts(self, services: Services) -> None:
        low, high = put_master(services, noise(100), 8000), put_master(services, noise(100, 2), 96_000)
        recording = put(services, low, high, edit_list=(Segment(low.id, 0, 50),))
        services.library.path_of(high).unlink()
        with services.rendering.open(recording) as rendered:
            assert (rendered.sample_rate_hz, rendered.channels, rendered.frames) == (8000, 1, 50)

    def test_a_part_of_another_recording_is_heard(self, services: Services) -> None:
        one, other = (put(services, put_master(services, noise(100, seed=seed))) for seed in (1, 2))
        joined = Timeline.of(one).append(Timeline.of(other))
        with services.rendering.open(one, joined) as rendered:
            sound = rendered.read(0, 1000)
        wanted = np.concatenate([noise(100, seed=seed) for seed in (1, 2)]) / 2**31
        assert np.array_equal(sound, wanted.astype(np.float32))

    def test_a_part_of_nothing_known_is_refused(self, services: Services) -> None:
        recording = put(services, put_master(services, noise(100)))
        stray = Timeline((Segment("nobody", 0, 10),), {"nobody": 48_000})
        with pytest.raises(NotFound):
            services.rendering.open(recording, stray)

    def test_nothing_cannot_be_heard(self, services: Services) -> None:
        with pytest.raises(EditRefused):
            services.rendering.open(put(services, a_master(frames=0)))
