"""A stream as ``audio.capture.InputStream`` is one, from a device that offers one rate and two channels."""

import time
from typing import Any

import numpy as np

from voice_recorder.audio.devices import InputDevice
from voice_recorder.domain.errors import DeviceUnavailable
from voice_recorder.domain.recording import AudioFormat

DEVICE = InputDevice(0, "old headset", "test", 1, 44100, True)


class FakeInputStream:
    """Delivers a tone of 1 kHz, as much as the test asks for."""

    def __init__(self, device: InputDevice, audio_format: AudioFormat) -> None:
        if audio_format.sample_rate_hz != device.default_sample_rate_hz:
            raise DeviceUnavailable(f"{device.name} refuses {audio_format.sample_rate_hz} Hz.")
        self.device = device
        self.format = audio_format
        self.received_frames = 0
        self.overflowed_frames = 0
        self.flags = 0
        self.is_lost = False
        self.is_closed = False
        self.first_sample_at: float | None = None
        self._waiting = 0

    def deliver(self, seconds: float) -> None:
        self.first_sample_at = self.first_sample_at or time.monotonic() - seconds
        self._waiting += round(seconds * self.format.sample_rate_hz)

    def read(self) -> Any:
        frames, self._waiting = self._waiting, 0
        at = (self.received_frames + np.arange(frames)) / self.format.sample_rate_hz
        self.received_frames += frames
        tone = np.rint(10000 * np.sin(2 * np.pi * 1000 * at)).astype(np.int16)
        return np.repeat(tone[:, np.newaxis], self.format.channels, axis=1)

    def frame_at(self, at: float) -> int:
        return self.received_frames

    def close(self) -> None:
        self.is_closed = True
