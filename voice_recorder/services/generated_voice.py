"""A voice made by arithmetic, for computers without a microphone: vowels gliding in sentences of a second."""

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from voice_recorder.domain.recording import AudioFormat
from voice_recorder.services.sound_source import Heard, Sound

_FORMANTS_HZ = (
    (700, 1220),
    (390, 2300),
    (300, 870),
    (530, 1840),
)  # a, e, u, i: as in Peterson and Barney 1952
_PITCH_HZ = 120.0
_HARMONICS = 24
_LOUDNESS = 0.3
_SENTENCE_S = 1.0
_SPOKEN_SHARE = 0.8


def voice(frames: int, sample_rate_hz: int, start: int = 0) -> npt.NDArray[np.int16]:
    """``frames`` samples of the voice, mono, from frame ``start`` of its endless talk."""
    t = (start + np.arange(frames)) / sample_rate_hz
    pitch = _PITCH_HZ * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * t))
    first, second = np.array(_FORMANTS_HZ, dtype=float)[(t / (_SENTENCE_S / 4)).astype(int) % 4].T
    sound = np.zeros(frames)
    for harmonic in range(1, _HARMONICS + 1):
        hz = harmonic * pitch
        strength = 1 / (1 + ((hz - first) / 90) ** 2) + 0.5 / (1 + ((hz - second) / 120) ** 2)
        sound += strength * np.sin(2 * np.pi * harmonic * _PITCH_HZ * t)
    within = (t % _SENTENCE_S) / _SENTENCE_S / _SPOKEN_SHARE
    envelope = np.where(within < 1, np.sin(np.pi * np.minimum(within, 1)) ** 0.5, 0.0)
    return np.rint(sound * envelope * _LOUDNESS * 32767 / 2).clip(-32768, 32767).astype(np.int16)


class GeneratedVoice:
    """A source of sound for a take that delivers the voice as time passes."""

    def __init__(self, audio_format: AudioFormat | None = None) -> None:
        self.format = audio_format or AudioFormat()
        self.device_name = "Generated voice"
        self.notice = ""
        self.seeks = False
        self.is_lost = False
        self.started_at = time.monotonic()
        self._frames = 0

    def has_heard_until(self, at: float) -> bool:
        """Always: it is made when it is asked for."""
        return True

    def read(self) -> Iterator[Heard]:
        """What the voice has said since the last call."""
        rate = self.format.sample_rate_hz
        due = int((time.monotonic() - self.started_at) * rate) - self._frames
        if due > 0:
            at = self.started_at + self._frames / rate
            mono = voice(due, rate, self._frames)
            self._frames += due
            yield Sound(np.repeat(mono[:, np.newaxis], self.format.channels, axis=1), at)

    def dropped_frames(self, *, at_end: bool = False) -> int:
        """None, ever."""
        return 0

    def close(self) -> None:
        """Nothing is held."""
