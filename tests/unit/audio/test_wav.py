"""C2.3 and C3.1: WAV files of any length that can be mended after a crash."""

import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.processes import require
from voice_recorder.audio.wav import (
    HEADER_BYTES,
    Origin,
    TakeHeader,
    complete,
    frames_in,
    header,
    read_header,
)
from voice_recorder.domain.errors import DamagedAudio
from voice_recorder.domain.recording import AudioFormat

ORIGIN = Origin("0123456789abcdef" * 2, "2024-05-17T12:30:15.123456+00:00", -570)
FORMATS = [
    AudioFormat(rate, channels, depth)
    for rate in (44100, 48000, 96000) for channels in (1, 2) for depth in (16, 24)
]  # fmt: skip

origins = st.builds(
    Origin,
    st.text(st.characters(codec="ascii", exclude_characters='"\\', exclude_categories=["Cc"]), max_size=32),
    st.datetimes().map(lambda at: at.isoformat()),
    st.integers(-14 * 60, 14 * 60),
)


@given(
    audio_format=st.sampled_from(FORMATS),
    origin=origins,
    frames=st.integers(0, 10**13),
    tail=st.binary(max_size=9),
)
def test_what_a_header_says_comes_back_whatever_follows_it(
    audio_format: AudioFormat, origin: Origin, frames: int, tail: bytes
) -> None:
    raw = header(audio_format, origin, frames)
    assert len(raw) == HEADER_BYTES
    assert read_header(io.BytesIO(raw + tail)) == TakeHeader(audio_format, origin)


@given(
    raw=st.one_of(
        st.binary(max_size=HEADER_BYTES + 5), st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES)
    )
)
def test_garbage_is_no_header(raw: bytes) -> None:
    with pytest.raises(DamagedAudio):
        read_header(io.BytesIO(raw))


@given(at=st.integers(0, HEADER_BYTES - 1), byte=st.integers(0, 255))
def test_a_header_with_a_wrong_byte_is_read_or_refused_and_never_breaks(at: int, byte: int) -> None:
    raw = bytearray(header(AudioFormat(), ORIGIN, 48000))
    raw[at] = byte
    try:
        read = read_header(io.BytesIO(bytes(raw)))
    except DamagedAudio:
        return
    assert read.format.bytes_per_frame > 0
    assert read.format.sample_rate_hz > 0


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "[]",
        "{}",
        "null",
        '["a", "b"]',
        '["a", "b", "c"]',
        '["a", "b", 1e999]',
        '["a", "b", NaN]',
        "[" * 128,
    ],
)
def test_a_header_whose_origin_is_no_origin_is_refused(origin: str) -> None:
    raw = header(AudioFormat(), ORIGIN, 0)
    start = raw.index(b"vrec") + 8
    raw = raw[:start] + origin.encode().ljust(128) + raw[start + 128 :]
    with pytest.raises(DamagedAudio, match="no header of a take"):
        read_header(io.BytesIO(raw))


def test_an_origin_that_does_not_fit_is_a_bug_and_not_cut_off() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        header(AudioFormat(), Origin("x" * 128, "", 0), 0)


def test_the_longest_id_and_time_that_occur_fit() -> None:
    assert len(header(AudioFormat(), ORIGIN, 0)) == HEADER_BYTES
    assert len(json.dumps([ORIGIN.recording_id, ORIGIN.started_at, ORIGIN.utc_offset_min])) < 100


def samples_for(audio_format: AudioFormat, frames: int) -> bytes:
    return np.random.default_rng(frames).bytes(frames * audio_format.bytes_per_frame)


@pytest.mark.parametrize("audio_format", FORMATS, ids=str)
@pytest.mark.parametrize("frames", [0, 1, 999, 1000])
def test_c1_2_every_format_is_completed_and_read_back_exactly(
    tmp_path: Path, audio_format: AudioFormat, frames: int
) -> None:
    path = tmp_path / "take.wav"
    sound = samples_for(audio_format, frames)
    path.write_bytes(header(audio_format, ORIGIN, 0) + sound)
    assert complete(path, audio_format, ORIGIN) == frames
    assert path.stat().st_size % 2 == 0
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    with soundfile.SoundFile(path) as read:
        assert (read.samplerate, read.channels) == (audio_format.sample_rate_hz, audio_format.channels)
        assert (read.subtype, read.frames) == (f"PCM_{audio_format.bit_depth}", frames)
        values = read.read(dtype="int32", always_2d=True)
    little = np.ascontiguousarray(values, "<i4").view(np.uint8).reshape(-1, 4)
    assert little[:, 4 - audio_format.bit_depth // 8 :].tobytes() == sound


@pytest.mark.parametrize("torn", [1, 2, 3, 4, 5])
def test_c3_1_a_torn_last_frame_is_cut_off_and_nothing_else(tmp_path: Path, torn: int) -> None:
    path, audio_format = tmp_path / "take.wav", AudioFormat(48000, 2, 24)
    sound = samples_for(audio_format, 333)
    path.write_bytes(header(audio_format, ORIGIN, 0) + sound + b"\x55" * torn)
    assert complete(path, audio_format, ORIGIN) == 333
    assert path.read_bytes()[HEADER_BYTES:] == sound


def test_an_odd_length_gets_its_pad_byte_once(tmp_path: Path) -> None:
    path, audio_format = tmp_path / "take.wav", AudioFormat(48000, 1, 24)
    sound = samples_for(audio_format, 333)
    path.write_bytes(header(audio_format, ORIGIN, 0) + sound)
    assert [complete(path, audio_format, ORIGIN) for _ in range(3)] == [333] * 3
    assert path.read_bytes()[HEADER_BYTES:] == sound + b"\0"
    assert frames_in(path.stat().st_size, audio_format) == 333


def test_c3_1_a_file_that_ends_within_its_header_becomes_an_empty_take(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(header(AudioFormat(), ORIGIN, 0)[:40])
    assert complete(path, AudioFormat(), ORIGIN) == 0
    assert path.read_bytes() == header(AudioFormat(), ORIGIN, 0)


@given(frames=st.integers(0, 10**12), audio_format=st.sampled_from(FORMATS), torn=st.integers(0, 11))
def test_frames_are_counted_from_the_size_alone(frames: int, audio_format: AudioFormat, torn: int) -> None:
    torn %= audio_format.bytes_per_frame
    size = HEADER_BYTES + frames * audio_format.bytes_per_frame + torn
    assert frames_in(size, audio_format) == frames
    assert frames_in(torn, audio_format) == 0


def test_s8_1_the_header_does_not_change_what_other_programs_hear(tmp_path: Path) -> None:
    require(["ffmpeg", "sox"], "Other programs that read a take")
    path = tmp_path / "take.wav"
    sound = samples_for(AudioFormat(), 4800)
    path.write_bytes(header(AudioFormat(), ORIGIN, 0) + sound)
    complete(path, AudioFormat(), ORIGIN)
    for command in (
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-"],
        ["sox", str(path), "-t", "raw", "-"],
    ):
        heard = subprocess.run(command, capture_output=True, check=True)
        assert heard.stdout == sound
        assert heard.stderr == b""


def head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)


LARGE = AudioFormat(96000, 2, 24)
FRAMES = 5_000_000_000 // 6


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "take.wav"
    if shutil.disk_usage(path.parent).free < 10_000_000:
        pytest.skip("no room")
    path.write_bytes(header(LARGE, ORIGIN, 0))
    os.truncate(path, HEADER_BYTES + FRAMES * LARGE.bytes_per_frame)
    with path.open("r+b") as file:  # a sound at the very end
        file.seek(-6, os.SEEK_END)
        file.write(b"\x01\x02\x03\x04\x05\x06")
    assert complete(path, LARGE, ORIGIN) == FRAMES
    if path.stat().st_blocks * 512 > 100_000_000:
        pytest.skip("this disk has no sparse files")
    return path


class TestBeyondFourGigabytes:
    """C2.3: RF64 as EBU Tech 3306 has it. The file is sparse: it takes no room and no time.

    sox reads all of it to tell its length, which takes a minute: the integration tests do that.
    """

    def test_libsndfile_reads_it_to_its_last_frame(self, large: Path) -> None:
        with soundfile.SoundFile(large) as sound:
            assert (sound.format, sound.frames, sound.samplerate) == ("RF64", FRAMES, 96000)
            sound.seek(FRAMES - 1)
            last = sound.read(dtype="int32", always_2d=True)
        assert last.tolist() == [[0x03020100, 0x06050400]]

    def test_ffmpeg_knows_its_length(self, large: Path) -> None:
        require(["ffprobe"], "ffmpeg's view of a large take")
        command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", str(large)]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert float(found["streams"][0]["duration"]) == pytest.approx(FRAMES / 96000, abs=1e-3)

    def test_ffmpeg_plays_its_end(self, large: Path) -> None:
        require(["ffmpeg"], "ffmpeg's view of a large take")
        start = str((FRAMES - 9600) / 96000)
        command = ["ffmpeg", "-v", "error", "-ss", start, "-i", str(large), "-f", "s32le", "-"]
        heard = subprocess.run(command, capture_output=True, check=True)
        assert heard.stdout.endswith(b"\x00\x01\x02\x03\x00\x04\x05\x06")
        assert len(heard.stdout) // 8 == pytest.approx(9600, abs=10)
        assert heard.stderr == b""

    def test_its_header_is_still_that_of_the_take_and_completing_again_changes_nothing(
        self, large: Path
    ) -> None:
        before = (large.stat().st_size, head_of(large))
        with large.open("rb") as file:
            assert read_header(file) == TakeHeader(LARGE, ORIGIN)
        assert complete(large, LARGE, ORIGIN) == FRAMES
        assert (large.stat().st_size, head_of(large)) == before


@pytest.mark.parametrize("audio_format", FORMATS, ids=str)
def test_c2_3_the_change_to_rf64_comes_exactly_where_32_bits_end(audio_format: AudioFormat) -> None:
    last = (0xFFFFFFFF - (HEADER_BYTES - 8)) // audio_format.bytes_per_frame
    while True:  # an odd length has a pad byte that counts
        size = last * audio_format.bytes_per_frame
        if HEADER_BYTES - 8 + size + size % 2 <= 0xFFFFFFFF:
            break
        last -= 1
    assert header(audio_format, ORIGIN, last)[:4] == b"RIFF"
    large = header(audio_format, ORIGIN, last + 1)
    assert (large[:8], large[12:16]) == (b"RF64\xff\xff\xff\xff", b"ds64")
    assert int.from_bytes(large[28:36], "little") == (last + 1) * audio_format.bytes_per_frame
    assert int.from_bytes(large[36:44], "little") == last + 1
