"""S2: what a file holds, by its content, in one streaming pass of constant memory."""

import hashlib
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from tests.unit.audio.sounds import RATE, cut, ffmpeg, tone, write
from tests.unit.storage.programs import run_python
from voice_recorder.audio.metadata import digest, read_audio
from voice_recorder.audio.wav import HEADER_BYTES, Origin, complete, header
from voice_recorder.domain.errors import Cancelled, DamagedAudio, EncodingError, VoiceRecorderError
from voice_recorder.domain.recording import AudioFormat

ORIGIN = Origin("ab" * 16, "2024-05-17T12:30:15+00:00", 120)
KINDS = {
    # name: (soundfile's format and subtype, what is to be found)
    "pcm16.wav": (("WAV", "PCM_16"), ("wav", "pcm_s16le", "audio/wav", "wav", 16)),
    "pcm24.wav": (("WAV", "PCM_24"), ("wav", "pcm_s24le", "audio/wav", "wav", 24)),
    "pcm32.wav": (("WAV", "PCM_32"), ("wav", "pcm_s32le", "audio/wav", "wav", 32)),
    "pcm8.wav": (("WAV", "PCM_U8"), ("wav", "pcm_u8", "audio/wav", "wav", 8)),
    "float.wav": (("WAV", "FLOAT"), ("wav", "pcm_f32le", "audio/wav", "wav", 32)),
    "double.wav": (("WAV", "DOUBLE"), ("wav", "pcm_f64le", "audio/wav", "wav", 64)),
    "extensible.wav": (("WAVEX", "PCM_16"), ("wav", "pcm_s16le", "audio/wav", "wav", 16)),
    "large.wav": (("RF64", "PCM_16"), ("wav", "pcm_s16le", "audio/wav", "wav", 16)),
    "phone.wav": (("WAV", "ULAW"), ("wav", "ulaw", "audio/wav", "wav", None)),
    "note.flac": (("FLAC", "PCM_16"), ("flac", "flac", "audio/flac", "flac", 16)),
    "note24.flac": (("FLAC", "PCM_24"), ("flac", "flac", "audio/flac", "flac", 24)),
    "note.mp3": (("MP3", "MPEG_LAYER_III"), ("mp3", "mp3", "audio/mpeg", "mp3", None)),
    "note.ogg": (("OGG", "VORBIS"), ("ogg", "vorbis", "audio/ogg", "ogg", None)),
    "note.opus": (("OGG", "OPUS"), ("ogg", "opus", "audio/ogg", "opus", None)),
    "note.aiff": (("AIFF", "PCM_16"), ("aiff", "pcm_s16be", "audio/aiff", "aiff", 16)),
    "float.aiff": (("AIFF", "FLOAT"), ("aiff", "pcm_f32be", "audio/aiff", "aiff", 32)),
    "note.caf": (("CAF", "PCM_16"), ("caf", "pcm_s16le", "audio/x-caf", "caf", 16)),
    "note.au": (("AU", "PCM_16"), ("au", "pcm_s16be", "audio/basic", "au", 16)),
    "note.w64": (("W64", "PCM_16"), ("w64", "pcm_s16le", "audio/x-w64", "w64", 16)),
}
CONTAINERS = {
    "note.m4a": ("mp4", "aac", "audio/mp4", "m4a", ("-c:a", "aac")),
    "note.mp4": ("mp4", "aac", "audio/mp4", "m4a", ("-c:a", "aac")),
    "note.mov": ("mp4", "aac", "audio/mp4", "m4a", ("-c:a", "aac")),
    "note.webm": ("webm", "opus", "audio/webm", "webm", ("-c:a", "libopus")),
    "note.mkv": ("webm", "vorbis", "audio/webm", "webm", ("-c:a", "libvorbis")),
    "note.aac": ("aac", "aac", "audio/aac", "aac", ("-c:a", "aac")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sounds")


@pytest.fixture(scope="module")
def sound_file(folder: Path) -> Callable[[str], Path]:
    """Three seconds of a tone in one of ``KINDS`` or ``CONTAINERS``, made once."""

    def make(name: str) -> Path:
        path = folder / name
        if path.exists():
            return path
        if name in KINDS:
            container, subtype = KINDS[name][0]
            return write(path, tone(3), format=container, subtype=subtype)
        source = folder / "pcm16.wav"
        if not source.exists():
            make("pcm16.wav")
        return ffmpeg(source, path, *CONTAINERS[name][4])

    return make


class TestKinds:
    @pytest.mark.parametrize("name", list(KINDS))
    def test_s2_1_everything_about_a_file_is_found(
        self, sound_file: Callable[[str], Path], name: str
    ) -> None:
        path = sound_file(name)
        reading = read_audio(path)
        found = reading.type
        assert (found.format, found.codec, found.mime_type, found.suffix, found.bit_depth) == KINDS[name][1]
        assert (reading.sample_rate_hz, reading.channels) == (RATE, 1)
        assert reading.duration_s == pytest.approx(3.0, abs=0.06)
        assert reading.size_bytes == path.stat().st_size
        assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert reading.samples_sha256 is None  # only takes of this program have it
        assert reading.bitrate_bps == pytest.approx(path.stat().st_size * 8 / reading.duration_s, abs=1)
        assert not reading.is_damaged

    @pytest.mark.parametrize("name", [*KINDS, *CONTAINERS])
    def test_s2_1_the_peaks_and_levels_are_those_of_the_sound(
        self, sound_file: Callable[[str], Path], name: str
    ) -> None:
        reading = read_audio(sound_file(name))
        assert reading.health.peak_dbfs == pytest.approx(-6, abs=2.5)
        assert reading.health.silent_share < 0.1
        assert reading.health.clipped_share == 0
        assert len(reading.peaks.maxima) == pytest.approx(300, abs=8)
        assert 50 < np.median(reading.peaks.maxima) < 80
        assert len(reading.peaks.overview()) == 96

    @pytest.mark.parametrize("name", list(CONTAINERS))
    def test_s11_1_what_only_ffmpeg_reads(self, sound_file: Callable[[str], Path], name: str) -> None:
        path = sound_file(name)
        reading = read_audio(path)
        found = reading.type
        assert (found.format, found.codec, found.mime_type, found.suffix) == CONTAINERS[name][:4]
        assert found.bit_depth is None
        assert (reading.sample_rate_hz, reading.channels) == (RATE, 1)
        assert reading.duration_s == pytest.approx(3.0, abs=0.1)
        assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert not reading.is_damaged

    def test_s11_1_the_sound_of_a_film(self, folder: Path, sound_file: Callable[[str], Path]) -> None:
        picture = ("-f", "lavfi", "-i", "color=size=16x16:rate=5:duration=3", "-map", "1:v", "-map", "0:a")
        film = ffmpeg(sound_file("pcm16.wav"), folder / "film.mp4", *picture)
        reading = read_audio(film)
        assert (reading.type.codec, reading.is_damaged) == ("aac", False)
        assert reading.duration_s == pytest.approx(3.0, abs=0.1)

    def test_a_film_without_sound_is_no_sound_file(self, folder: Path) -> None:
        picture = ("-f", "lavfi", "-i", "color=size=16x16:rate=5:duration=1", "-map", "1:v")
        source = write(folder / "any.wav", tone(0.1))
        with pytest.raises(DamagedAudio, match=r"silent\.mp4' holds no sound"):
            read_audio(ffmpeg(source, folder / "silent.mp4", *picture))

    @pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (96000, 1), (8000, 2)])
    def test_rate_and_channels(self, tmp_path: Path, rate: int, channels: int) -> None:
        path = write(tmp_path / "x.wav", tone(0.5, rate=rate, channels=channels), rate)
        reading = read_audio(path)
        assert (reading.sample_rate_hz, reading.channels) == (rate, channels)
        assert (reading.frames, reading.duration_s) == (rate // 2, 0.5)
        m4a = read_audio(ffmpeg(path, tmp_path / "x.m4a"))
        assert (m4a.sample_rate_hz, m4a.channels) == (rate, channels)

    def test_s2_1_the_type_is_that_of_the_content_whatever_the_name_says(
        self, sound_file: Callable[[str], Path], tmp_path: Path
    ) -> None:
        endings = [".wav", ".mp3", ".flac", ".raw", ".vox", ".gsm", ".au", ".txt", ".m4a", ""]
        names = ("pcm16.wav", "note.flac", "note.mp3", "note.ogg", "note.aiff", "note.m4a")
        for number, name in enumerate(names):
            for ending in endings[number % 2 :: 2]:
                renamed = tmp_path / f"renamed{ending}"
                renamed.write_bytes(sound_file(name).read_bytes())
                reading = read_audio(renamed)
                assert reading.type == read_audio(sound_file(name)).type, (name, ending)
                assert reading.duration_s == pytest.approx(3.0, abs=0.1)

    @pytest.mark.parametrize(
        "name",
        ['it\'s "quoted"', "two\nlines", "\N{STUDIO MICROPHONE}", "a:b", "-i", "%d", "x" * 251, "caf\udce9"],
    )
    def test_hostile_names(self, sound_file: Callable[[str], Path], tmp_path: Path, name: str) -> None:
        for source in ("pcm16.wav", "note.m4a"):
            path = tmp_path / f"{name}{Path(source).suffix}"
            path.write_bytes(sound_file(source).read_bytes())
            assert read_audio(path).duration_s == pytest.approx(3.0, abs=0.1)

    def test_an_overdriven_float_file_counts_as_clipped_and_does_not_wrap_round(self, tmp_path: Path) -> None:
        values = np.array([0.0, 2.0, -2.0, np.nan, np.inf, -np.inf, 0.5, -1.0], np.float32)
        path = tmp_path / "loud.wav"
        soundfile.write(path, np.tile(values, 600), RATE, subtype="FLOAT")
        reading = read_audio(path)
        assert reading.health.peak_dbfs == pytest.approx(0, abs=0.01)
        assert reading.health.clipped_share == pytest.approx(5 / 8)
        assert reading.health.silent_share == pytest.approx(2 / 8)


class TestOwnTakes:
    def take(self, path: Path, sound: bytes) -> Path:
        path.write_bytes(header(AudioFormat(), ORIGIN, 0) + sound)
        complete(path, AudioFormat(), ORIGIN)
        return path

    def test_c4_2_the_digest_of_the_samples_is_theirs_alone(self, tmp_path: Path) -> None:
        sound = tone(30).tobytes()  # more than one block
        path = self.take(tmp_path / "take.wav", sound)
        reading = read_audio(path)
        assert reading.samples_sha256 == hashlib.sha256(sound).hexdigest()
        assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest(path) == (path.stat().st_size, reading.sha256, reading.samples_sha256)

    def test_c4_2_a_pad_byte_is_no_sample(self, tmp_path: Path) -> None:
        audio_format, sound = AudioFormat(48000, 1, 24), os.urandom(3 * 333)
        path = tmp_path / "take.wav"
        path.write_bytes(header(audio_format, ORIGIN, 0) + sound)
        complete(path, audio_format, ORIGIN)
        assert path.stat().st_size == HEADER_BYTES + len(sound) + 1
        assert digest(path)[2] == hashlib.sha256(sound).hexdigest()

    def test_one_changed_byte_changes_the_digest(self, tmp_path: Path) -> None:
        sound = tone(1).tobytes()
        path = self.take(tmp_path / "take.wav", sound)
        before = digest(path)
        content = bytearray(path.read_bytes())
        content[HEADER_BYTES + 5000] ^= 1
        path.write_bytes(content)
        assert all(a != b for a, b in zip(before[1:], digest(path)[1:], strict=True))

    def test_a_take_without_any_sound_has_no_readable_frame(self, tmp_path: Path) -> None:
        with pytest.raises(DamagedAudio, match="no readable sound"):
            read_audio(self.take(tmp_path / "take.wav", b""))


class TestDamage:
    @pytest.mark.parametrize(
        "name",
        ["pcm16.wav", "pcm24.wav", "float.wav", "large.wav", "note.flac", "note.mp3", "note.aiff", "note.ogg",
         "note.opus", "note.webm"],
    )  # fmt: skip
    def test_s2_2_a_truncated_file_yields_what_can_be_read_and_is_damaged(
        self, folder: Path, tmp_path: Path, name: str
    ) -> None:
        long = folder / f"long-{name}"
        if not long.exists():
            if name in KINDS:
                write(long, tone(20), format=KINDS[name][0][0], subtype=KINDS[name][0][1])
            else:
                ffmpeg(write(folder / "long.wav", tone(20)), long, *CONTAINERS[name][4])
        reading = read_audio(cut(long, tmp_path / name, 0.6))
        assert reading.is_damaged
        assert reading.duration_s == pytest.approx(12, abs=1.5)
        assert reading.health.peak_dbfs == pytest.approx(-6, abs=2.5)
        assert not read_audio(long).is_damaged

    def test_s2_2_an_mp4_with_its_index_in_front_yields_what_can_be_read(
        self, folder: Path, tmp_path: Path
    ) -> None:
        source = write(folder / "long.wav", tone(20))
        whole = ffmpeg(source, tmp_path / "whole.m4a", "-c:a", "aac", "-movflags", "+faststart")
        assert not read_audio(whole).is_damaged
        reading = read_audio(cut(whole, tmp_path / "cut.m4a", 0.6))
        assert reading.is_damaged
        assert 8 < reading.duration_s < 16

    @pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
    @pytest.mark.parametrize("name", ["note.m4a", "note.mp4"])
    def test_s2_2_an_mp4_without_its_index_is_refused(
        self, sound_file: Callable[[str], Path], tmp_path: Path, name: str, share: float
    ) -> None:
        with pytest.raises(DamagedAudio):
            read_audio(cut(sound_file(name), tmp_path / name, share))

    @pytest.mark.parametrize("name", [*KINDS, *CONTAINERS])
    def test_s2_2_cut_anywhere_it_is_read_or_refused_in_words(
        self, sound_file: Callable[[str], Path], tmp_path: Path, name: str
    ) -> None:
        whole = read_audio(sound_file(name))
        content = sound_file(name).read_bytes()
        for length in (1, 3, 4, 11, 12, 20, 43, 44, 45, 100, 500, len(content) // 2, len(content) - 1):
            path = tmp_path / name
            path.write_bytes(content[:length])
            try:
                reading = read_audio(path)
            except VoiceRecorderError as error:
                title = error.title
                assert name in title
                continue
            assert 0 < reading.frames <= whole.frames
            assert reading.size_bytes == length

    @pytest.mark.parametrize(
        "content", [b"", b"\0" * 5000, b"RIFF", b"ID3", b"fLaC" + b"\0" * 100, b"OggS" * 50]
    )
    @pytest.mark.parametrize("name", ["x.wav", "x.mp3", "x.au", "x.vox", "x.gsm", "x.raw", "x.m4a"])
    def test_s2_2_what_holds_no_sound_is_refused_by_name(
        self, tmp_path: Path, name: str, content: bytes
    ) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DamagedAudio, match=rf"'{name}'.*left as it is"):
            read_audio(path)
        assert path.read_bytes() == content

    def test_s2_2_random_bytes_are_no_sound_under_any_name(self, tmp_path: Path) -> None:
        for seed in range(30):
            content = np.random.default_rng(seed).bytes(5000 + 997 * seed)
            for name in ("x.wav", "x.au", "x.snd", "x.vox", "x.gsm", "x.raw", "x.flac", "x.ogg"):
                path = tmp_path / name
                path.write_bytes(content)
                with pytest.raises(DamagedAudio):
                    read_audio(path)

    @pytest.mark.parametrize("said", [10, 44, 0x60000000, 0xFFFFFFFF])
    def test_a_wav_file_that_says_a_wrong_size_is_read_to_its_real_end(
        self, sound_file: Callable[[str], Path], tmp_path: Path, said: int
    ) -> None:
        """All ones are what programs leave that wrote into a pipe."""
        content = bytearray(sound_file("pcm16.wav").read_bytes())
        assert content[36:40] == b"data"
        content[4:8] = content[40:44] = said.to_bytes(4, "little")
        path = tmp_path / "wrong.wav"
        path.write_bytes(content)
        reading = read_audio(path)
        if said in (0x60000000, 0xFFFFFFFF):
            assert reading.frames == 3 * RATE
        assert reading.is_damaged == (said == 0x60000000)

    def test_a_file_written_into_a_pipe_is_not_damaged(
        self, sound_file: Callable[[str], Path], tmp_path: Path
    ) -> None:
        """It does not say how long it is: nothing is missing of what it promised."""
        for ending, options in {
            "wav": (), "flac": (), "mp3": ("-c:a", "libmp3lame"), "ogg": ("-c:a", "libvorbis"), "aiff": (),
            "webm": ("-c:a", "libopus"), "adts": ("-c:a", "aac"),
        }.items():  # fmt: skip
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-i",
                str(sound_file("pcm16.wav")),
                *options,
                "-f",
                ending,
                "-",
            ]
            path = tmp_path / f"piped.{ending}"
            path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
            reading = read_audio(path)
            assert not reading.is_damaged, ending
            assert reading.duration_s == pytest.approx(3.0, abs=0.1), ending

    def test_an_mp3_that_does_not_tell_its_length_is_not_damaged_and_one_that_does_can_be(
        self, tmp_path: Path
    ) -> None:
        """The estimate for a file of varying bit rate is far off."""
        quiet_then_loud = np.concatenate([np.zeros((RATE * 4, 1), np.int16), tone(4)])
        source = write(tmp_path / "x.wav", quiet_then_loud)
        for tagged in ((), ("-metadata", "title=" + "long " * 2000)):
            told = ffmpeg(source, tmp_path / "told.mp3", "-q:a", "5", *tagged)
            untold = ffmpeg(source, tmp_path / "untold.mp3", "-q:a", "5", "-write_xing", "0", *tagged)
            assert not read_audio(told).is_damaged
            assert not read_audio(untold).is_damaged
            assert read_audio(cut(told, tmp_path / "cut.mp3", 0.7)).is_damaged

    def test_s2_2_ten_thousand_mutations_in_small(
        self, sound_file: Callable[[str], Path], tmp_path: Path
    ) -> None:
        """Each is read or refused in words; ``make torture`` has the large number."""
        random = np.random.default_rng(20240517)
        refused = 0
        for name in (
            "pcm16.wav",
            "large.wav",
            "float.aiff",
            "note.flac",
            "note.mp3",
            "note.ogg",
            "note.opus",
        ):
            content = sound_file(name).read_bytes()
            for _ in range(12):
                spoilt = np.frombuffer(content, np.uint8).copy()
                places = random.integers(0, min(len(content), 400), 4)
                spoilt[places] = random.integers(0, 256, len(places))
                path = tmp_path / name
                path.write_bytes(spoilt.tobytes())
                try:
                    reading = read_audio(path)
                except VoiceRecorderError:
                    refused += 1
                    continue
                assert reading.frames > 0
                assert reading.sample_rate_hz > 0
        assert refused > 0


class TestWithoutFfmpeg:
    def test_s11_1_what_needs_ffmpeg_says_so(
        self, sound_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        paths = [sound_file(name) for name in ("note.m4a", "note.webm", "note.aac")]
        monkeypatch.setenv("PATH", str(tmp_path))
        for path in paths:
            with pytest.raises(EncodingError, match=rf"'{path.name}' can only be read with ffmpeg.*Install"):
                read_audio(path)

    def test_everything_else_needs_no_ffmpeg_and_junk_is_not_blamed_on_it(
        self, sound_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        paths = [sound_file(name) for name in ("pcm16.wav", "note.mp3", "note.opus")]
        monkeypatch.setenv("PATH", str(tmp_path))
        for path in paths:
            assert not read_audio(path).is_damaged
        (tmp_path / "junk.m4a").write_bytes(b"junk" * 1000)
        with pytest.raises(DamagedAudio):
            read_audio(tmp_path / "junk.m4a")


class TestStreaming:
    def test_s2_1_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        """A process of its own reads 20 s and then 20 min; the second must not cost more."""
        short, long = write(tmp_path / "s.wav", tone(20)), tmp_path / "l.wav"
        with soundfile.SoundFile(long, "w", RATE, 1, "PCM_16") as sound:
            minute = tone(60)
            for _ in range(20):
                sound.write(minute)
        program = """
            import resource
            from voice_recorder.audio.metadata import read_audio
            for name in sys.argv[1:]:
                read_audio(Path(name))
                print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        """
        first_kib, second_kib = map(int, run_python(program, short, long).split())
        assert long.stat().st_size > 100_000_000
        assert second_kib - first_kib < 8192

    @pytest.mark.parametrize("name", ["pcm16.wav", "note.m4a"])
    def test_reading_can_be_called_off(self, sound_file: Callable[[str], Path], name: str) -> None:
        path = sound_file(name)
        cancel = threading.Event()
        cancel.set()
        with pytest.raises(Cancelled):
            read_audio(path, cancel)
        assert read_audio(path, threading.Event()).frames > 0

    def test_reading_can_be_called_off_at_any_moment_without_leaving_ffmpeg_behind(
        self, sound_file: Callable[[str], Path]
    ) -> None:
        class CalledOffLater(threading.Event):
            """Set from the n-th time on that somebody looks."""

            def __init__(self, looks: int) -> None:
                super().__init__()
                self.left = looks

            def is_set(self) -> bool:
                self.left -= 1
                return self.left < 0

        for name, looks in (("pcm16.wav", 2), ("pcm16.wav", 3), ("note.m4a", 2), ("note.aac", 3)):
            with pytest.raises(Cancelled):
                read_audio(sound_file(name), CalledOffLater(looks))
        assert not [child for child in psutil.Process().children() if child.name() == "ffmpeg"]

    def test_a_file_that_is_not_there_is_the_systems_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            read_audio(tmp_path / "nothing.wav")
