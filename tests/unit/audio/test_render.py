"""A timeline as sound: exact to the frame, from any place, in constant memory."""

import threading
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.unit.audio import sounds
from tests.unit.recordings import a_master
from voice_recorder.audio.render import Rendered, finest_subtype
from voice_recorder.audio.sound_file import Source, decoded
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import Cancelled, DamagedAudio, NotFound
from voice_recorder.domain.recording import Ramp, Segment

Pcm = npt.NDArray[np.int32]


class Masters:
    """Files and the rendering of segments of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: dict[str, Source] = {}

    def add(self, name: str, samples: Pcm, rate: int = 48000, subtype: str = "PCM_16") -> None:
        path = self.folder / f"{name}.wav"
        soundfile.write(path, samples, rate, subtype=subtype)
        self.sources[name] = Source(path, "A note", len(samples), rate)

    def refer(self, name: str, path: Path, frames: int, rate: int, *, is_copy: bool = False) -> None:
        self.sources[name] = Source(path, "A note", frames, rate, is_copy)

    def rendered(self, *segments: Segment, rate: int = 48000, channels: int = 1) -> Rendered:
        rates = {name: source.sample_rate_hz for name, source in self.sources.items()}
        return Rendered(Timeline(segments, rates), self.sources, rate, channels)


@pytest.fixture
def masters(tmp_path: Path) -> Masters:
    return Masters(tmp_path)


def noise(frames: int, channels: int = 1, bits: int = 16, seed: int = 1) -> Pcm:
    """All values that so many bits can have, in the high bits of 32."""
    most = 1 << (bits - 1)
    values = np.random.default_rng(seed).integers(-most, most, (frames, channels))
    values[0], values[-1] = -most, most - 1
    return (values << (32 - bits)).astype(np.int32)


def all_of(rendered: Rendered, dtype: str = "float32") -> npt.NDArray[np.float64]:
    with rendered:
        return np.concatenate(list(rendered.blocks(dtype=dtype)))


def sine(seconds: float, rate: int, hz: float = 440, at_s: float = 0) -> npt.NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hz * (at_s + np.arange(round(seconds * rate)) / rate))


def as_pcm(samples: npt.NDArray[np.float64]) -> Pcm:
    return np.rint(samples * 2**31).astype(np.int32).reshape(-1, 1)


@pytest.mark.parametrize(
    ("subtype", "bits", "dtype"),
    [("PCM_16", 16, "int16"), ("PCM_16", 16, "int32"), ("PCM_24", 24, "int32"), ("PCM_32", 32, "int32")],
)
def test_what_nothing_changes_keeps_every_integer(
    masters: Masters, subtype: str, bits: int, dtype: str
) -> None:
    samples = noise(100_001, 2, bits)
    masters.add("a", samples, subtype=subtype)
    rendered = all_of(masters.rendered(Segment("a", 0, 100_001), channels=2), dtype)
    assert np.array_equal(rendered, samples >> (16 if dtype == "int16" else 0))


def test_a_float_holds_every_integer_of_24_bits(masters: Masters) -> None:
    samples = noise(100_001, 1, 24)
    masters.add("a", samples, subtype="PCM_24")
    rendered = all_of(masters.rendered(Segment("a", 0, 100_001)))
    assert rendered.dtype == np.float32
    assert np.array_equal((rendered.astype(np.float64) * 2**31).astype(np.int32), samples)


def test_a_gain_of_one_through_floating_point_changes_no_24_bit_sample(masters: Masters) -> None:
    samples = noise(70_000, 1, 24)
    masters.add("a", samples, subtype="PCM_24")
    through = all_of(masters.rendered(Segment("a", 0, 70_000, (Ramp(1, 1),))), "int32")
    assert np.array_equal(through, samples)


def test_cuts_fall_on_the_frame_and_nothing_is_smoothed(masters: Masters) -> None:
    samples = noise(50_000)
    masters.add("a", samples)
    segments = Segment("a", 40_000, 41_001), Segment("a", 7, 9), Segment("a", 100, 30_000)
    wanted = np.concatenate([samples[s.from_frame : s.to_frame] for s in segments]) >> 16
    assert np.array_equal(all_of(masters.rendered(*segments), "int16"), wanted)


def test_a_fade_is_a_straight_line_that_begins_and_ends_where_it_says(masters: Masters) -> None:
    masters.add("a", np.full((200_000, 1), 1 << 30, np.int32), subtype="PCM_32")
    fade_in = Segment("a", 0, 100_000, (Ramp(0, 1),))
    fade_out = Segment("a", 100_000, 200_000, (Ramp(1, 0),))
    rendered = all_of(masters.rendered(fade_in, fade_out), "float64")[:, 0]
    line = np.arange(100_000) / 100_000
    assert np.allclose(rendered[:100_000], 0.5 * line, atol=1e-12, rtol=0)
    assert np.allclose(rendered[100_000:], 0.5 * (1 - line), atol=1e-12, rtol=0)
    assert (rendered[0], rendered[100_000]) == (0, 0.5)


def test_a_fade_that_is_cut_in_two_sounds_as_before(masters: Masters) -> None:
    masters.add("a", noise(100_000))
    whole = Segment("a", 0, 100_000, (Ramp(0.1, 0.9), Ramp(1, 0)))
    before = all_of(masters.rendered(whole), "int16")
    after = all_of(masters.rendered(whole.part(0, 33_333), whole.part(33_333, 100_000)), "int16")
    assert np.array_equal(before, after)


def test_gains_are_multiplied_and_what_is_too_loud_is_clipped(masters: Masters) -> None:
    masters.add("a", np.array([[1 << 30], [-(1 << 30)]], np.int32))
    segment = Segment("a", 0, 2, (Ramp(3, 3), Ramp(0.5, 0.5)))
    assert all_of(masters.rendered(segment))[:, 0].tolist() == [0.75, -0.75]
    louder = Segment("a", 0, 2, (Ramp(3, 3),))
    assert all_of(masters.rendered(louder))[:, 0].tolist() == [1.5, -1.5]
    assert all_of(masters.rendered(louder), "int16")[:, 0].tolist() == [32767, -32768]


@pytest.mark.parametrize("own_rate", [8000, 11025, 32000, 44100, 96000])
def test_another_rate_is_resampled_to_the_exact_number_of_frames(masters: Masters, own_rate: int) -> None:
    masters.add("b", as_pcm(sine(3, own_rate)), own_rate)
    masters.add("a", noise(1000))
    first, last = own_rate // 3, 2 * own_rate + 17
    segments = Segment("a", 0, 1000), Segment("b", first, last), Segment("a", 0, 1000)
    rendered = masters.rendered(*segments)
    length = round(Fraction((last - first) * 48000, own_rate))
    assert rendered.frames == 2000 + length
    sound = all_of(rendered, "float64")[:, 0]
    assert len(sound) == rendered.frames
    wanted = sine(length / 48000 + 1, 48000, at_s=first / own_rate)[:length]
    assert np.abs(sound[1000 : 1000 + length] - wanted).max() < 1e-3  # up to the cuts: no click
    assert np.array_equal(sound[:1000], sound[-1000:])


@pytest.mark.parametrize("own_rate", [8000, 44_100, 47_999, 192_000])
def test_the_whole_of_a_master_of_another_rate_has_all_its_frames(masters: Masters, own_rate: int) -> None:
    masters.add("b", noise(2 * own_rate + 1), own_rate)
    sound = all_of(masters.rendered(Segment("b", 0, 2 * own_rate + 1)))
    assert len(sound) == round(Fraction((2 * own_rate + 1) * 48_000, own_rate))


def test_mono_sounds_on_both_channels(masters: Masters) -> None:
    mono, stereo = noise(500), noise(500, 2, seed=2)
    masters.add("m", mono)
    masters.add("s", stereo)
    rendered = masters.rendered(Segment("m", 0, 500), Segment("s", 0, 500), channels=2)
    assert np.array_equal(all_of(rendered, "int32"), np.concatenate([np.repeat(mono, 2, axis=1), stereo]))


def test_two_channels_of_more_leave_the_others_silent(masters: Masters) -> None:
    stereo = noise(500, 2)
    masters.add("s", stereo)
    sound = all_of(masters.rendered(Segment("s", 0, 500), channels=4), "int32")
    assert np.array_equal(sound, np.pad(stereo, ((0, 0), (0, 2))))


def test_any_place_sounds_as_it_does_in_the_stream(masters: Masters) -> None:
    masters.add("a", noise(90_000, 1, 24), subtype="PCM_24")
    masters.add("b", as_pcm(sine(3, 44_100)), 44_100)
    segments = (
        Segment("a", 5, 60_000, (Ramp(0, 1),)),
        Segment("b", 4_410, 120_000, (Ramp(1, 0.5),)),
        Segment("a", 0, 90_000),
    )
    whole = all_of(masters.rendered(*segments))
    with masters.rendered(*segments) as rendered:
        for at in (0, 1, 59_990, 59_995, 100_001, 185_000, len(whole) - 100, 3, len(whole)):
            part = rendered.read(at, 3000)
            assert part.shape == whole[at : at + 3000].shape
            assert np.abs(part - whole[at : at + 3000]).max(initial=0) < 1e-6
        parts = [rendered.read(at, 777) for at in range(0, len(whole), 777)]
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-6


def test_a_compressed_copy_stands_for_its_master(masters: Masters, tmp_path: Path) -> None:
    """A fetched Opus copy has 48 kHz whatever its master had, and may lack a little of the end."""
    soundfile.write(tmp_path / "copy.opus", sine(1.99, 48_000), 48_000, format="OGG", subtype="OPUS")
    masters.refer("c", tmp_path / "copy.opus", 88_200, 44_100, is_copy=True)
    sound = all_of(masters.rendered(Segment("c", 22_050, 88_200), rate=44_100))[:, 0]
    assert len(sound) == 66_150
    assert np.abs(sound[100:60_000] - sine(1.5, 44_100, at_s=0.5)[100:60_000]).max() < 0.05


def test_what_only_ffmpeg_reads_is_cut_at_the_same_frame(masters: Masters, tmp_path: Path) -> None:
    rate, seconds = 44_100, 6
    chirp = 0.5 * np.sin(
        2 * np.pi * (200 + 60 * np.arange(seconds * rate) / rate) * np.arange(seconds * rate) / rate
    )
    source = sounds.write(tmp_path / "s.wav", np.rint(chirp * 32767).astype(np.int16).reshape(-1, 1), rate)
    path = sounds.ffmpeg(source, tmp_path / "s.m4a", "-c:a", "aac", "-b:a", "128k")
    masters.refer("m", path, seconds * rate, rate)
    whole = all_of(masters.rendered(Segment("m", 0, seconds * rate), rate=rate))
    with masters.rendered(Segment("m", 0, seconds * rate), rate=rate) as rendered:
        for at in (5 * rate + 11, 3 * rate - 1, 40):
            assert np.array_equal(rendered.read(at, 4000), whole[at : at + 4000])
    assert np.array_equal(
        all_of(masters.rendered(Segment("m", 100_000, 100_500), rate=rate), "int16"),
        np.rint(whole[100_000:100_500] * 32768).astype(np.int16),
    )


def test_a_master_that_is_not_there_is_named(masters: Masters, tmp_path: Path) -> None:
    masters.refer("x", tmp_path / "gone.wav", 10, 48_000)
    with masters.rendered(Segment("x", 0, 10)) as rendered, pytest.raises(NotFound, match=r"gone\.wav"):
        rendered.read(0, 10)


def test_a_master_that_ends_too_early_is_damaged(masters: Masters) -> None:
    masters.add("a", noise(100))
    masters.refer("a", masters.sources["a"].path, 5000, 48_000)
    with pytest.raises(DamagedAudio, match="ended before its end"):
        all_of(masters.rendered(Segment("a", 0, 5000)))


def test_what_cannot_be_opened_is_said(masters: Masters, tmp_path: Path) -> None:
    masters.refer("d", tmp_path, 10, 48_000)
    with pytest.raises(DamagedAudio, match="cannot be read"):
        all_of(masters.rendered(Segment("d", 0, 10)))


def test_a_broken_file_is_damaged(masters: Masters, tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "f.flac", sounds.tone(4), format="FLAC", subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    masters.refer("f", path, 4 * sounds.RATE, sounds.RATE)
    with pytest.raises(DamagedAudio, match=r"f\.flac"):
        all_of(masters.rendered(Segment("f", 0, 4 * sounds.RATE)))


def test_it_can_be_called_off(masters: Masters) -> None:
    masters.add("a", noise(300_000))
    cancel = threading.Event()
    with masters.rendered(Segment("a", 0, 300_000)) as rendered:
        blocks = rendered.blocks(cancel)
        next(blocks)
        cancel.set()
        with pytest.raises(Cancelled):
            next(blocks)


def test_many_masters_need_few_open_files(masters: Masters) -> None:
    names = [f"m{number}" for number in range(12)]
    for number, name in enumerate(names):
        masters.add(name, np.full((10, 1), number << 16, np.int32))
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("Open files are counted in /proc.")
    before, most = len(list(folder.iterdir())), 0
    with masters.rendered(*(Segment(name, 0, 10) for name in names * 2)) as rendered:
        values = []
        for block in rendered.blocks(dtype="int16"):
            most = max(most, len(list(folder.iterdir())))
            values.append(int(block[0, 0]))
    assert values == list(range(12)) * 2
    assert most <= before + 4
    assert len(list(folder.iterdir())) == before


def test_an_hour_takes_no_more_memory_than_a_minute(masters: Masters) -> None:
    """Resampled, faded and cut: one minute is heard sixty times."""
    masters.add("a", noise(44_100 * 60), 44_100)
    minute = Segment("a", 0, 44_100 * 60, (Ramp(0.5, 1),))

    def peak(times: int) -> int:
        tracemalloc.start()
        with masters.rendered(*[minute] * times) as rendered:
            frames = sum(len(block) for block in rendered.blocks())
        assert frames == times * 48_000 * 60
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(60) < peak(1) + 1_000_000


def test_the_finest_of_the_masters_says_how_samples_are_kept() -> None:
    coarse, fine = a_master(codec="pcm_u8", bit_depth=8), a_master(codec="pcm_s24le", bit_depth=24)
    assert finest_subtype([coarse]) == "PCM_16"
    assert finest_subtype([a_master(codec="mp3", bit_depth=None)]) == "PCM_16"
    assert finest_subtype([a_master(), fine, coarse]) == "PCM_24"
    assert finest_subtype([fine, a_master(codec="pcm_s32le", bit_depth=32)]) == "PCM_32"
    assert finest_subtype([fine, a_master(codec="pcm_f32le", bit_depth=32)]) == "FLOAT"
    assert finest_subtype([a_master(codec="pcm_f64le", bit_depth=64)]) == "DOUBLE"


def test_the_frames_of_a_file_are_counted_by_reading_it(masters: Masters) -> None:
    masters.add("a", noise(70_001), 32_000)
    never, now = threading.Event(), threading.Event()
    now.set()
    assert decoded(masters.sources["a"].path, never) == (70_001, 32_000)
    with pytest.raises(Cancelled):
        decoded(masters.sources["a"].path, now)
