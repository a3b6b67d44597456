"""K1: copies for the cloud are exact in length, really 128 kbps, tagged, private, and never half there."""

import itertools
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp3 import MP3

from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.processes import require
from tests.fakes.small_disk import small_disk
from tests.unit.audio.sounds import cut, ffmpeg
from tests.unit.storage.programs import run_python
from voice_recorder.audio.encoder import Encoded, encode, m4a_available
from voice_recorder.audio.mp3_info import crc16
from voice_recorder.audio.tags import CopyTags, tag
from voice_recorder.audio.wav import HEADER_BYTES, Origin, header
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import Cancelled, DamagedAudio, DiskFull, EncodingError
from voice_recorder.domain.recording import AudioFormat

Samples = npt.NDArray[np.int16]
TAGS = CopyTags("Bees", datetime(2024, 5, 17, 14, 30, 15, tzinfo=timezone(timedelta(hours=2))), "ab" * 16)
COPIES = [kind for kind in SendAs if kind is not SendAs.ORIGINAL]
BY_LIBSNDFILE = [SendAs.MP3, SendAs.OPUS, SendAs.FLAC]
_MPEG1_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000)}


def voice(frames: int, channels: int = 1, seed: int = 1) -> Samples:
    """Noise below some kHz that swells and fades: no two stretches of it are alike."""
    noise = np.random.default_rng(seed).normal(0, 1, (frames + 24, channels))
    smooth = np.cumsum(noise, axis=0)
    smooth = smooth[24:] - smooth[:-24]
    swell = 0.55 + 0.45 * np.sin(np.arange(frames) / 5000)
    scaled: Samples = np.clip(smooth * swell[:, None] * 1400, -32000, 32000).astype(np.int16)
    return scaled


@pytest.fixture
def master(tmp_path: Path) -> Callable[..., Path]:
    """Writes samples into a WAV file."""

    def write(
        samples: npt.NDArray[Any], rate: int = 48000, subtype: str = "PCM_16", format: str = "WAV"
    ) -> Path:
        path = tmp_path / "master.wav"
        if subtype == "FLOAT" and samples.dtype == np.int16:
            samples = samples / 32768.0  # soundfile would not
        soundfile.write(path, samples, rate, subtype=subtype, format=format)
        return path

    return write


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[..., tuple[Path, Encoded]]:
    """Encodes a master; the copy and what is said of it."""

    def make(source: Path, kind: SendAs = SendAs.MP3, tags: CopyTags = TAGS) -> tuple[Path, Encoded]:
        if kind is SendAs.M4A:
            require(["ffmpeg", "ffprobe"], "M4A")
        target = tmp_path / f"copy{kind.suffix}"
        encoded = encode(source, target, kind, tags)
        assert encoded.size_bytes == target.stat().st_size
        return target, encoded

    return make


Master = Callable[..., Path]
CopyOf = Callable[..., tuple[Path, Encoded]]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def resampled_frames(frames: int, rate: int, copy_rate: int) -> int:
    return int(frames * copy_rate / rate + 0.5)


def decoded_by_ffmpeg(path: Path) -> Samples:
    require(["ffmpeg"], "A second decoder")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-f", "s16le", "-ac", "1", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.int16)


def mpeg_frames(path: Path) -> Iterator[tuple[int, int]]:
    """Bit rate in kbps and sample rate of every frame, each exactly where the one before it ends."""
    content = path.read_bytes()
    at = 10 + sum((content[6 + i] & 0x7F) << 7 * (3 - i) for i in range(4))  # behind the ID3 tag
    while at < len(content):
        assert content[at] == 0xFF
        assert content[at + 1] & 0xE6 == 0xE2, "no Layer III frame"
        version, flags = content[at + 1] >> 3 & 3, content[at + 2]
        kbps = (_MPEG1_KBPS if version == 3 else _MPEG2_KBPS)[flags >> 4]
        rate = _RATES[version][flags >> 2 & 3]
        yield kbps, rate
        at += (144 if version == 3 else 72) * kbps * 1000 // rate + (flags >> 1 & 1)
    assert at == len(content), "the last frame is torn"


class TestLength:
    @pytest.mark.parametrize("channels", [1, 2])
    @pytest.mark.parametrize(
        ("rate", "copy_rate"),
        [(8000, 16000), (11025, 22050), (16000, 16000), (24000, 24000), (32000, 32000), (44100, 44100),
         (48000, 48000), (88200, 44100), (96000, 48000), (192000, 48000)],
    )  # fmt: skip
    def test_an_mp3_copy_is_128_kbps_throughout_and_as_long_as_its_master(
        self, master: Master, copy_of: CopyOf, rate: int, copy_rate: int, channels: int
    ) -> None:
        source = master(voice(rate + 77, channels), rate)
        target, encoded = copy_of(source)
        frames = resampled_frames(rate + 77, rate, copy_rate)
        assert (encoded.frames, encoded.sample_rate_hz) == (frames, copy_rate)
        assert set(mpeg_frames(target)) == {(128, copy_rate)}
        assert soundfile.info(target).frames == len(soundfile.read(target)[0]) == frames
        assert len(decoded_by_ffmpeg(target)) == frames
        assert MP3(target).info.length == pytest.approx(frames / copy_rate, abs=1e-6)

    @pytest.mark.parametrize("frames", [1, 480, 575, 576, 577, 1151, 1152, 1153, 2304])
    def test_the_shortest_mp3_copies_are_exact_too(
        self, master: Master, copy_of: CopyOf, frames: int
    ) -> None:
        target, encoded = copy_of(master(voice(frames)))
        assert encoded.frames == soundfile.info(target).frames == len(soundfile.read(target)[0]) == frames
        assert len(decoded_by_ffmpeg(target)) == frames

    @pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000])
    @pytest.mark.parametrize("seconds", [0.01, 1.003])
    def test_an_opus_copy_is_as_long_as_its_master(
        self, master: Master, copy_of: CopyOf, rate: int, seconds: float
    ) -> None:
        target, encoded = copy_of(master(voice(round(rate * seconds)), rate), SendAs.OPUS)
        assert encoded.frames == resampled_frames(round(rate * seconds), rate, encoded.sample_rate_hz)
        assert soundfile.info(target).frames == len(soundfile.read(target)[0]) == encoded.frames
        assert len(decoded_by_ffmpeg(target)) == encoded.frames * 48000 // encoded.sample_rate_hz

    @pytest.mark.parametrize("kind", COPIES)
    def test_a_single_sample_of_192_khz_makes_a_copy(
        self, master: Master, copy_of: CopyOf, kind: SendAs
    ) -> None:
        _, encoded = copy_of(master(voice(1), 192000), kind)
        assert encoded.frames == 1

    def test_an_m4a_copy_is_as_long_as_its_master(self, master: Master, copy_of: CopyOf) -> None:
        target, encoded = copy_of(master(voice(132300, 2), 44100), SendAs.M4A)
        assert (encoded.frames, encoded.sample_rate_hz) == (132300, 44100)
        probe = ["ffprobe", "-v", "error", "-show_entries", "stream=duration", "-of", "csv=p=0", target]
        told = subprocess.run(probe, check=True, capture_output=True, text=True).stdout
        assert float(told) == pytest.approx(3.0, abs=0.001)


class TestSound:
    @pytest.mark.parametrize("kind", COPIES)
    @pytest.mark.parametrize(("rate", "subtype"), [(48000, "PCM_16"), (44100, "PCM_24"), (96000, "FLOAT")])
    def test_a_copy_sounds_like_its_master_and_begins_where_it_does(
        self, master: Master, copy_of: CopyOf, kind: SendAs, rate: int, subtype: str
    ) -> None:
        samples = voice(2 * rate)[:, 0]
        target, encoded = copy_of(master(samples, rate, subtype), kind)
        if kind is SendAs.M4A:
            heard = decoded_by_ffmpeg(target)[: encoded.frames]
        else:
            heard = soundfile.read(target, dtype="int16")[0]
        played = soxr.resample(samples, rate, encoded.sample_rate_hz)
        _, offset = share_within_one_lsb(played, heard)
        assert abs(offset) <= (1 if kind is SendAs.OPUS else 0)  # Opus codes speech at a rate of its own
        assert np.corrcoef(played, heard)[0, 1] > (0.8 if kind is SendAs.OPUS else 0.95)

    def test_both_channels_stay_on_their_sides(self, master: Master, copy_of: CopyOf) -> None:
        samples = voice(48000, 2)
        samples[:, 1] = 0
        for kind in BY_LIBSNDFILE:
            heard = soundfile.read(copy_of(master(samples), kind)[0])[0]
            assert np.abs(heard[:, 0]).max() > 20 * np.abs(heard[:, 1]).max()

    def test_more_channels_are_mixed_to_two(self, master: Master, copy_of: CopyOf) -> None:
        samples = np.zeros((48000, 4), np.int16)
        samples[:, 2] = voice(48000)[:, 0]
        for kind in (SendAs.MP3, SendAs.OPUS):
            heard = soundfile.read(copy_of(master(samples), kind)[0])[0]
            assert heard.shape[1] == 2
            assert np.abs(heard[:, 0]).max() > 20 * np.abs(heard[:, 1]).max()

    @pytest.mark.parametrize("format", ["WAV", "RF64", "AIFF"])
    @pytest.mark.parametrize(("subtype", "channels"), [("PCM_16", 1), ("PCM_24", 2), ("PCM_24", 4)])
    def test_a_flac_copy_holds_every_bit(
        self, master: Master, copy_of: CopyOf, format: str, subtype: str, channels: int
    ) -> None:
        fine = voice(48000, channels).astype(np.int32) << 16
        if subtype == "PCM_24":
            fine += np.random.default_rng(2).integers(0, 256, fine.shape, np.int32) << 8
        source = master(fine, 44100, subtype, format)
        target, encoded = copy_of(source, SendAs.FLAC)
        assert np.array_equal(soundfile.read(target, dtype="int32", always_2d=True)[0], fine)
        assert soundfile.info(target).subtype == subtype
        assert (encoded.frames, encoded.sample_rate_hz) == (48000, 44100)

    @pytest.mark.parametrize("kind", COPIES)
    def test_silence_stays_silent(self, master: Master, copy_of: CopyOf, kind: SendAs) -> None:
        target, _ = copy_of(master(np.zeros(96000, np.int16)), kind)
        assert np.abs(decoded_by_ffmpeg(target).astype(int)).max() <= 2

    @pytest.mark.parametrize("kind", COPIES)
    def test_a_square_wave_of_full_scale_keeps_its_signs(
        self, master: Master, copy_of: CopyOf, kind: SendAs
    ) -> None:
        square = np.where(np.arange(96000) // 240 % 2, 32767, -32768).astype(np.int16)
        heard = decoded_by_ffmpeg(copy_of(master(square), kind)[0])[:96000]
        middle = np.arange(96000) % 240 == 120
        middle[:4800] = middle[-4800:] = False
        assert (np.sign(heard[middle]) == np.sign(square[middle])).all()

    @pytest.mark.parametrize("kind", COPIES)
    def test_numbers_that_are_no_sound_do_no_harm(
        self, master: Master, copy_of: CopyOf, kind: SendAs
    ) -> None:
        wild = voice(96000)[:, 0] / np.float32(32768)
        wild[48000:48003] = np.nan, np.inf, -50.0
        heard = decoded_by_ffmpeg(copy_of(master(wild, 96000, "FLOAT"), kind)[0])
        assert np.abs(heard[-4800:].astype(int)).max() > 1000

    def test_opus_spends_32_kbps_on_one_channel_and_48_on_two(self, master: Master, copy_of: CopyOf) -> None:
        for channels, kbps in ((1, 32), (2, 48)):
            source = master(voice(20 * 48000, channels))
            _, encoded = copy_of(source, SendAs.OPUS)
            assert encoded.size_bytes * 8 / 20 / 1000 == pytest.approx(kbps, rel=0.25)


class TestTags:
    TITLES = (
        "Bees",
        "",
        "Grüße 😀 שלום",
        "x" * 10_000,
        "😀" * 10_000,
        "nul\0 and \ud800 alone",
        "a\nb\tc = d",
    )

    @pytest.mark.parametrize("kind", COPIES)
    @pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
    def test_a_copy_tells_title_date_and_recording_and_keeps_its_length(
        self, master: Master, copy_of: CopyOf, kind: SendAs, title: str
    ) -> None:
        tags = CopyTags(title, TAGS.created_at, TAGS.recording_id)
        target, encoded = copy_of(master(voice(4800)), kind, tags)
        found = mutagen.File(target).tags
        names = {
            SendAs.MP3: ("TIT2", "TDRC", "TXXX:recording_id"),
            SendAs.M4A: ("\xa9nam", "\xa9day", "----:com.apple.iTunes:RECORDING_ID"),
        }.get(kind, ("TITLE", "DATE", "RECORDING_ID"))
        said = [str(found[name][0]) if name in found else None for name in names[:2]]
        told = title.replace("\0", " ").replace("\ud800", "?") or None
        assert said[0] == told
        assert said[1].replace(" ", "T") == "2024-05-17T12:30:15"
        recording_id = found[names[2]][0]
        assert (recording_id.decode() if kind is SendAs.M4A else recording_id) == "ab" * 16
        assert len(decoded_by_ffmpeg(target)[: encoded.frames]) == encoded.frames
        if kind is not SendAs.M4A:
            assert len(soundfile.read(target)[0]) == encoded.frames

    def test_a_copy_that_had_no_tags_at_all_gets_them(self, master: Master, tmp_path: Path) -> None:
        target = ffmpeg(master(voice(4800)), tmp_path / "bare.m4a", "-fflags", "+bitexact", "-f", "mov")
        assert mutagen.File(target).tags is None
        with target.open("r+b") as file:
            tag(file, SendAs.M4A, TAGS)
        assert mutagen.File(target).tags["\xa9nam"] == ["Bees"]

    def test_tags_are_not_put_into_anything_else(self, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_bytes(b"no sound" * 100)
        for kind in (SendAs.FLAC, SendAs.OPUS, SendAs.M4A):
            with other.open("r+b") as file, pytest.raises(EncodingError, match="title could not be written"):
                tag(file, kind, TAGS)


class TestWork:
    @pytest.mark.parametrize("kind", COPIES)
    def test_a_cancelled_copy_leaves_nothing(self, master: Master, tmp_path: Path, kind: SendAs) -> None:
        source, target = master(voice(1_000_000)), tmp_path / "copy"
        cancel, told = threading.Event(), []

        def stop(done: int, total: int) -> None:
            told.append((done, total))
            cancel.set()

        with pytest.raises(Cancelled):
            encode(source, target, kind, TAGS, cancel, stop)
        assert 0 < told[0][0] < told[0][1] == 1_000_000
        assert names_in(tmp_path) == ["master.wav"]

    @pytest.mark.parametrize("kind", COPIES)
    def test_progress_only_grows_seldom_comes_and_ends_at_the_end(
        self, master: Master, tmp_path: Path, kind: SendAs
    ) -> None:
        source = master(voice(2_000_000))
        told: list[tuple[int, int]] = []
        started = time.monotonic()
        encode(source, tmp_path / "copy", kind, TAGS, progress=lambda *now: told.append(now))
        assert len(told) <= 2 + (time.monotonic() - started) / 0.1
        assert all(before < after for (before, _), (after, _) in itertools.pairwise(told))
        assert told[-1] == (2_000_000, 2_000_000)
        assert {total for _, total in told} == {2_000_000}

    def test_a_copy_is_for_its_owner_alone_and_takes_the_place_of_an_older_one(
        self, master: Master, tmp_path: Path
    ) -> None:
        source = master(voice(4800))
        for kind in COPIES:
            target = tmp_path / "copy"
            target.write_bytes(b"old" * 1_000_000)
            target.chmod(0o644)
            encoded = encode(source, target, kind, TAGS)
            assert stat.S_IMODE(target.stat().st_mode) == 0o600
            assert target.stat().st_size == encoded.size_bytes < 100_000

    def test_two_copies_made_at_once_equal_those_made_one_after_the_other(
        self, master: Master, tmp_path: Path
    ) -> None:
        source = master(voice(1_000_000, 2))
        for name in ("alone", "left", "right"):
            (tmp_path / name).mkdir()
        encode(source, tmp_path / "alone" / "copy", SendAs.MP3, TAGS)
        sides = [tmp_path / side / "copy" for side in ("left", "right")]
        threads = [threading.Thread(target=encode, args=(source, at, SendAs.MP3, TAGS)) for at in sides]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alone = (tmp_path / "alone" / "copy").read_bytes()
        assert [path.read_bytes() == alone for path in sides] == [True, True]

    @pytest.mark.parametrize("kind", BY_LIBSNDFILE)
    def test_memory_does_not_grow_with_the_length(self, tmp_path: Path, kind: SendAs) -> None:
        minutes = {SendAs.MP3: 10, SendAs.OPUS: 3, SendAs.FLAC: 20}[kind]
        take, frames = AudioFormat(48000, 2, 24), minutes * 60 * 48000
        source = tmp_path / "long.wav"
        with source.open("wb") as file:
            file.write(header(take, Origin("ab" * 16, "2024-05-17T12:30:15+00:00", 0), frames))
            file.truncate(HEADER_BYTES + frames * take.bytes_per_frame)  # silence, without room on the disk
        said = run_python(
            """
            import resource
            from datetime import UTC, datetime
            from voice_recorder.audio.encoder import encode
            from voice_recorder.audio.tags import CopyTags, tag
            from voice_recorder.domain.compression import SendAs

            tags = CopyTags("long", datetime.now(UTC), "ab" * 16)
            def peak_kb():
                return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            def make(source):
                return encode(Path(source), Path(sys.argv[2]), SendAs(sys.argv[3]), tags)
            idle = peak_kb()
            print(make(sys.argv[1]).frames, peak_kb() - idle)
            """,
            source,
            tmp_path / "copy",
            kind,
        )
        encoded_frames, grown_kb = map(int, said.split())
        assert encoded_frames == frames
        assert grown_kb < 40_000, f"{source.stat().st_size / 1e6:.0f} MB took {grown_kb} kB"


class TestFailures:
    @pytest.mark.parametrize("kind", COPIES)
    def test_a_disk_that_fills_is_named_and_left_as_it_was(self, master: Master, kind: SendAs) -> None:
        source = master(voice(2_000_000))
        with small_disk(0.06) as disk:
            with pytest.raises(DiskFull, match=r"the disk is full.*recording is kept"):
                encode(source, disk / "copy", kind, TAGS)
            assert names_in(disk) == []

    @pytest.mark.parametrize("room_kb", [4, 8, 16, 24])
    @pytest.mark.parametrize("kind", COPIES)
    def test_a_disk_may_fill_at_the_tags_too(
        self, master: Master, tmp_path: Path, kind: SendAs, room_kb: int
    ) -> None:
        source = master(voice(2400))
        tags = CopyTags("x" * 10_000, TAGS.created_at, TAGS.recording_id)
        with small_disk(room_kb / 1024) as disk:
            try:
                encode(source, disk / "copy", kind, tags)
            except DiskFull:
                assert names_in(disk) == []
            else:
                encode(source, tmp_path / "whole", kind, tags)
                assert (disk / "copy").stat().st_size == (tmp_path / "whole").stat().st_size
                assert room_kb > 4

    def test_what_is_no_sound_is_said_to_be_none(self, tmp_path: Path) -> None:
        sources = {"garbage": b"\x07\x05" * 5000, "empty": b"", "header only": b"RIFF\x24\0\0\0WAVE"}
        for name, content in sources.items():
            (tmp_path / name).write_bytes(content)
        (tmp_path / "folder").mkdir()
        before = names_in(tmp_path)
        for name in [*sources, "folder", "nowhere"]:
            with pytest.raises(DamagedAudio, match=f"'{name}'.*no copy of it was made"):
                encode(tmp_path / name, tmp_path / "copy", SendAs.MP3, TAGS)
        assert names_in(tmp_path) == before

    def test_a_master_without_a_frame_makes_no_copy(self, master: Master, tmp_path: Path) -> None:
        source = master(np.empty((0, 1), np.int16))
        with pytest.raises(DamagedAudio, match="not complete"):
            encode(source, tmp_path / "copy", SendAs.MP3, TAGS)

    @pytest.mark.parametrize("format", ["WAV", "RF64", "AIFF"])
    def test_a_master_that_lost_its_end_makes_no_copy(
        self, master: Master, tmp_path: Path, format: str
    ) -> None:
        source = cut(master(voice(48000), format=format), tmp_path / "short", 0.7)
        with pytest.raises(DamagedAudio, match="not complete"):
            encode(source, tmp_path / "copy", SendAs.MP3, TAGS)
        assert not (tmp_path / "copy").exists()

    def test_a_master_with_a_hole_makes_no_copy(self, master: Master, tmp_path: Path) -> None:
        source = master(voice(480_000), format="FLAC")
        content = bytearray(source.read_bytes())
        content[200_000:220_000] = bytes(20_000)
        source.write_bytes(content)
        with pytest.raises(DamagedAudio, match=r"ended before its end|cannot be read to its end"):
            encode(source, tmp_path / "copy", SendAs.MP3, TAGS)
        assert names_in(tmp_path) == ["master.wav"]

    @pytest.mark.parametrize("kind", COPIES)
    def test_a_master_cut_while_it_is_read_makes_no_copy(
        self, master: Master, tmp_path: Path, kind: SendAs
    ) -> None:
        source = master(voice(1_000_000))
        with pytest.raises(DamagedAudio, match=r"ended before its end|cannot be read to its end"):
            encode(
                source,
                tmp_path / "copy",
                kind,
                TAGS,
                progress=lambda done, total: os.truncate(source, 100_000),
            )
        assert names_in(tmp_path) == ["master.wav"]

    def test_a_master_changed_while_it_is_read_makes_no_copy(self, master: Master, tmp_path: Path) -> None:
        source = master(voice(1_000_000))

        def write_on(done: int, total: int) -> None:
            with source.open("ab") as file:
                file.write(b"more")

        with pytest.raises(DamagedAudio, match="changed while"):
            encode(source, tmp_path / "copy", SendAs.MP3, TAGS, progress=write_on)
        assert names_in(tmp_path) == ["master.wav"]

    @pytest.mark.parametrize("kind", COPIES)
    def test_what_goes_wrong_in_whoever_listens_is_not_blamed_on_the_file(
        self, master: Master, tmp_path: Path, kind: SendAs
    ) -> None:
        def fail(done: int, total: int) -> None:
            raise LookupError("nobody listens")

        with pytest.raises(LookupError, match="nobody listens"):
            encode(master(voice(300_000)), tmp_path / "copy", kind, TAGS, progress=fail)
        assert names_in(tmp_path) == ["master.wav"]

    def test_a_master_is_never_replaced_by_its_copy(self, master: Master, tmp_path: Path) -> None:
        source = master(voice(4800))
        before = source.read_bytes()
        with pytest.raises(ValueError, match="place of its master"):
            encode(source, tmp_path / "." / source.name, SendAs.MP3, TAGS)
        assert source.read_bytes() == before

    def test_a_folder_that_is_not_there_is_said_in_words(self, master: Master, tmp_path: Path) -> None:
        with pytest.raises(EncodingError, match=r"could not be written: No such file.*recording is kept"):
            encode(master(voice(4800)), tmp_path / "nowhere" / "copy", SendAs.MP3, TAGS)

    def test_nine_channels_are_more_than_flac_has(self, master: Master, tmp_path: Path) -> None:
        source = master(voice(4800, 9))
        with pytest.raises(EncodingError, match="FLAC cannot hold this sound"):
            encode(source, tmp_path / "copy", SendAs.FLAC, TAGS)
        assert names_in(tmp_path) == ["master.wav"]


class TestWithoutLameenc:
    @pytest.mark.parametrize(("rate", "copy_rate"), [(8000, 16000), (44100, 44100), (48000, 48000)])
    def test_mp3_copies_are_as_exact_by_libsndfile(
        self, master: Master, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, rate: int, copy_rate: int
    ) -> None:
        monkeypatch.setitem(sys.modules, "lameenc", None)  # as if there were no wheel
        target, encoded = copy_of(master(voice(2 * rate + 7), rate))
        frames = resampled_frames(2 * rate + 7, rate, copy_rate)
        assert set(mpeg_frames(target)) == {(128, copy_rate)}
        assert encoded.frames == soundfile.info(target).frames == len(decoded_by_ffmpeg(target)) == frames
        assert mutagen.File(target).tags["TIT2"] == "Bees"

    def test_a_full_disk_is_named_there_too(self, master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "lameenc", None)
        source = master(voice(1_000_000))
        with small_disk(0.06) as disk:
            with pytest.raises(DiskFull):
                encode(source, disk / "copy", SendAs.MP3, TAGS)
            assert names_in(disk) == []


class TestM4a:
    def test_it_is_available_where_ffmpeg_is(self) -> None:
        assert m4a_available()[0] == bool(shutil.which("ffmpeg"))

    def test_without_ffmpeg_the_reason_is_said(
        self, master: Master, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = master(voice(4800))
        monkeypatch.setenv("PATH", str(tmp_path))
        assert m4a_available() == (False, "ffmpeg is not installed")
        with pytest.raises(EncodingError, match="ffmpeg, which is not installed"):
            encode(source, tmp_path / "copy", SendAs.M4A, TAGS)
        assert names_in(tmp_path) == ["master.wav"]

    @pytest.mark.skipif(os.name == "nt", reason="The stand-in is a shell script.")
    @pytest.mark.parametrize("frames", [10, 1_000_000])
    def test_an_ffmpeg_that_fails_leaves_nothing(
        self, master: Master, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int
    ) -> None:
        source = master(voice(frames))
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "ffmpeg").write_text("#!/bin/sh\nexit 1\n", "utf-8")
        (programs / "ffmpeg").chmod(0o700)
        monkeypatch.setenv("PATH", str(programs))
        with pytest.raises(EncodingError, match="ffmpeg could not write"):
            encode(source, tmp_path / "copy", SendAs.M4A, TAGS)
        assert not (tmp_path / "copy").exists()


class TestChecksum:
    def test_the_standard_check_value(self) -> None:
        assert crc16(b"123456789") == 0xBB3D

    @given(st.binary(max_size=1500), st.integers(0, 1500))
    def test_it_equals_the_slow_way_wherever_the_data_is_cut(self, data: bytes, at: int) -> None:
        slow = 0
        for byte in data:
            slow ^= byte
            for _ in range(8):
                slow = slow >> 1 ^ (0xA001 if slow & 1 else 0)
        assert crc16(data[at:], crc16(data[:at])) == slow

    def test_the_info_frame_tells_bytes_and_checksums_of_its_file(
        self, master: Master, copy_of: CopyOf
    ) -> None:
        target, _ = copy_of(master(voice(100_000, 2), 44100))
        content = target.read_bytes()
        begin = content.index(b"Info") - 4 - 32  # header and side information of MPEG-1 stereo
        info, music = content[begin : begin + 417], content[begin + 417 :]
        assert int.from_bytes(info[36 + 12 : 36 + 16], "big") == len(info) + len(music)
        assert int.from_bytes(info[184:188], "big") == len(info) + len(music)
        assert int.from_bytes(info[188:190], "big") == crc16(music)
        assert int.from_bytes(info[190:192], "big") == crc16(info[:190])


def test_a_date_is_told_in_utc() -> None:
    assert TAGS.values["DATE"] == TAGS.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
