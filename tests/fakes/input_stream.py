"""A stream as ``audio.capture.InputStream`` is one, from a device that offers one rate and two channels."""

import threading
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


class LiveInputStream(FakeInputStream):
    """Delivers as time passes; what is heard while it ``loses`` is lost, as when a computer is too busy."""

    def __init__(self, device: InputDevice, audio_format: AudioFormat) -> None:
        super().__init__(device, audio_format)
        self._began_at = time.monotonic()
        self._heard = 0
        self._loses = False
        self._lock = threading.Lock()

    def lose(self, seconds: float) -> None:
        self._hear()
        self._loses = True
        time.sleep(seconds)
        self._hear()
        self._loses = False

    def read(self) -> Any:
        self._hear()
        with self._lock:
            return super().read()

    def frame_at(self, at: float) -> int:
        return max(0, round((at - self._began_at) * self.format.sample_rate_hz))

    def _hear(self) -> None:
        with self._lock:
            heard = round((time.monotonic() - self._began_at) * self.format.sample_rate_hz)
            if not self._loses:
                self._waiting += heard - self._heard
                self.first_sample_at = self._began_at
            self._heard = heard
