"""A source of sound for a take that delivers what a test wants, faster than time passes."""

import time
from collections.abc import Iterator

import numpy as np

from tests.fakes.speech import Samples
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.services.sound_source import Heard, Sound


class PlayedSource:
    """Delivers ``samples`` (48 kHz mono) in uneven pieces of about ``piece_s`` a read, then nothing more."""

    def __init__(self, samples: Samples, piece_s: float = 0.9) -> None:
        self.format = AudioFormat()
        self.device_name = "Played"
        self.notice = ""
        self.seeks = False
        self.is_lost = False
        self.is_closed = False
        self.started_at = time.monotonic()
        self._samples = samples
        self._piece = round(piece_s * 48000)
        self.at = 0

    @property
    def is_through(self) -> bool:
        return self.at >= len(self._samples)

    def has_heard_until(self, at: float) -> bool:
        return True

    def read(self) -> Iterator[Heard]:
        piece = self._samples[self.at : self.at + self._piece + self.at % 977]
        if len(piece):
            sound = Sound(piece[:, np.newaxis], self.started_at + self.at / 48000)
            self.at += len(piece)
            yield sound

    def dropped_frames(self, *, at_end: bool = False) -> int:
        return 0

    def close(self) -> None:
        self.is_closed = True
