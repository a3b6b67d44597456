"""Where somebody speaks: speech, silence, noise and clicks, at every rate."""

import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from tests.conftest import Speech
from voice_recorder.audio.voice_activity import PADDING_S, WINDOW_S, VoiceDetector, voice_ranges
from voice_recorder.domain.errors import Cancelled, DamagedAudio

RATE = 48000


def with_gap(speech: Speech, gap_s: float = 3.0) -> np.ndarray:
    """Two seconds of nothing, the voice, a gap with a little noise, the voice again, two seconds."""
    quiet = np.zeros(2 * RATE, np.int16)
    noise = np.random.default_rng(3).normal(0, 20, round(gap_s * RATE)).astype(np.int16)
    return np.concatenate([quiet, speech.samples, noise, speech.samples, quiet])


@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (16000, 1), (44100, 2)])
def test_every_word_is_in_a_range_and_the_gap_is_not(
    tmp_path: Path, speech: Speech, rate: int, channels: int
) -> None:
    sound = soxr.resample(with_gap(speech) / 32768, RATE, rate)
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.stack([sound] * channels, 1), rate)
    ranges = voice_ranges(path)
    assert ranges == tuple(sorted(ranges))
    is_voice = np.zeros(len(sound), bool)
    for start, end in ranges:
        is_voice[start:end] = True
    spoken = speech.duration_s
    for begin in (2.0, 2.0 + spoken + 3.0):
        loud = np.abs(sound[round(begin * rate) : round((begin + spoken) * rate)]) > 0.05
        there = is_voice[round(begin * rate) : round((begin + spoken) * rate)]
        assert np.count_nonzero(loud & there) >= 0.999 * np.count_nonzero(loud)
    middle = is_voice[round((2.6 + spoken) * rate) : round((4.4 + spoken) * rate)]
    assert not middle.any()
    assert not is_voice[: round(1.2 * rate)].any()


def test_a_range_begins_before_the_first_sound_of_a_word(tmp_path: Path, speech: Speech) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, with_gap(speech), RATE)
    first = int(np.flatnonzero(np.abs(with_gap(speech).astype(int)) > 500)[0])
    start = voice_ranges(path)[0][0]
    assert first - 2 * PADDING_S * RATE < start < first


def test_frames_of_a_copy_count_at_the_rate_of_its_master(tmp_path: Path, speech: Speech) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, with_gap(speech), RATE)
    halves = voice_ranges(path, sample_rate_hz=RATE // 2)
    assert halves == tuple((start // 2, end // 2) for start, end in voice_ranges(path))


def test_neither_silence_nor_a_click_is_a_voice() -> None:
    detector = VoiceDetector(RATE)
    sound = np.zeros((RATE, 1), np.int32)
    sound[RATE // 2] = 1 << 30
    decisions = [speaks for _ in range(3) for speaks in detector.add(sound)]
    assert len(decisions) >= 2.9 / WINDOW_S
    assert sum(decisions) * WINDOW_S < 0.1
    assert detector.quiet_s > 0.4


def test_decisions_do_not_depend_on_the_size_of_the_blocks(speech: Speech) -> None:
    whole, pieces = VoiceDetector(RATE), VoiceDetector(RATE)
    samples = speech.samples[: 2 * RATE, np.newaxis]
    together = [pieces.add(samples[at : at + 1111]) for at in range(0, len(samples), 1111)]
    assert whole.add(samples) == [speaks for part in together for speaks in part]
    assert any(whole.add(samples))


def test_it_reports_and_can_be_cancelled(tmp_path: Path, speech: Speech) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, speech.samples, RATE)
    cancel, told = threading.Event(), []

    def report(done: int, total: int) -> None:
        told.append((done, total))
        if done > RATE:
            cancel.set()

    with pytest.raises(Cancelled):
        voice_ranges(path, cancel, report)
    assert 1 <= len(told) < 5
    assert {total for _, total in told} == {len(speech.samples)}


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.wav"
    path.write_text("Dear Ines")
    with pytest.raises(DamagedAudio):
        voice_ranges(path)


def test_what_only_ffmpeg_reads_is_listened_to_as_well(tmp_path: Path, speech: Speech) -> None:
    plain, packed = tmp_path / "talk.wav", tmp_path / "talk.m4a"
    soundfile.write(plain, with_gap(speech), RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-i", plain, "-b:a", "128k", packed], check=True)
    (start, *_), (*_, end) = voice_ranges(plain)[0], voice_ranges(plain)[-1]
    (its_start, *_), (*_, its_end) = voice_ranges(packed)[0], voice_ranges(packed)[-1]
    assert abs(start - its_start) < 0.3 * RATE
    assert abs(end - its_end) < 0.3 * RATE


def test_a_damaged_file_is_listened_to_up_to_the_damage(tmp_path: Path, speech: Speech) -> None:
    path = tmp_path / "talk.flac"
    soundfile.write(path, with_gap(speech), RATE)
    whole = voice_ranges(path)
    content = bytearray(path.read_bytes())
    content[-len(content) // 3 :] = bytes(len(content) - len(content) * 2 // 3)
    path.write_bytes(content[: len(content)])
    heard = voice_ranges(path)
    assert heard
    assert heard[0] == whole[0]
    assert heard[-1][1] < whole[-1][1]
