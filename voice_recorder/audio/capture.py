"""A microphone's stream: the callback copies into a ring and counts, and nothing else."""

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_recorder.audio.devices import InputDevice, portaudio, quiet
from voice_recorder.audio.levels import Samples
from voice_recorder.domain.errors import DeviceUnavailable
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.words import tr

LATENCY_S = 0.2  # less loses silently when Python is busy (measured)
BLOCK_S = 0.05
RING_S = 30.0
STALL_S = 1.5
FIRST_BLOCK_S = 3.5
WAIT_FADES = 0.995

_log = logging.getLogger(__name__)


class Ring:
    """Bytes from one producer to one consumer without a lock: each side moves only its own counter."""

    def __init__(self, capacity_bytes: int) -> None:
        self._memory = memoryview(bytearray(capacity_bytes))
        self._capacity = capacity_bytes
        self._written = 0
        self._read = 0

    def write(self, block: Any, size: int) -> bool:
        """Copy ``size`` bytes in; False, and nothing copied, when they do not fit."""
        if size > self._capacity - (self._written - self._read):
            return False
        at = self._written % self._capacity
        first = min(size, self._capacity - at)
        source = memoryview(block)
        self._memory[at : at + first] = source[:first]
        self._memory[: size - first] = source[first:size]
        self._written += size
        return True

    def read(self) -> bytes:
        """All that has been written and not read."""
        size = self._written - self._read
        at = self._read % self._capacity
        first = min(size, self._capacity - at)
        data = bytes(self._memory[at : at + first]) + bytes(self._memory[: size - first])
        self._read += size
        return data


class InputStream:
    """A running stream from one device. Samples are int16, or int32 with 24-bit samples in the upper bytes.

    ``received_frames`` counts what PortAudio delivered, ``overflowed_frames`` what of it found no room in
    the ring, ``flags`` how often PortAudio itself reported a loss.
    """

    def __init__(self, device: InputDevice, audio_format: AudioFormat) -> None:
        """Open and start. DeviceUnavailable says why it did not work."""
        self.device = device
        self.format = audio_format
        self.received_frames = 0
        self.overflowed_frames = 0
        self.flags = 0
        self._dtype: Any = np.int16 if audio_format.bit_depth == 16 else np.int32
        self._frame_bytes = np.dtype(self._dtype).itemsize * audio_format.channels
        self._ring = Ring(int(RING_S * audio_format.sample_rate_hz) * self._frame_bytes)
        self._started_at = time.monotonic()
        self._first_sample_at: float | None = None
        self._last_block_at = self._started_at
        self._longest_wait_s = 0.0
        self._finished = False
        quiet.begin()  # what C code prints when a device goes away is for no terminal
        try:
            self._stream = self._open()
        except BaseException:
            quiet.end()
            raise

    def read(self) -> Samples:
        """The samples since the last call, of shape (frames, channels)."""
        data: Samples = np.frombuffer(self._ring.read(), self._dtype).reshape(-1, self.format.channels)
        return data

    @property
    def is_lost(self) -> bool:
        """Whether the device is gone: the stream ended, or has been still for longer than ever before."""
        patience_s = max(STALL_S, 3 * self._longest_wait_s) if self.received_frames else FIRST_BLOCK_S
        return self._finished or time.monotonic() - self._last_block_at > patience_s

    def frame_at(self, at: float) -> int:
        """The frame that the microphone heard at the monotonic time ``at``."""
        if self._first_sample_at is None:
            return 0
        return max(0, round((at - self._first_sample_at) * self.format.sample_rate_hz))

    @property
    def first_sample_at(self) -> float | None:
        """When, by the monotonic clock, the first sample was heard; None before it came."""
        return self._first_sample_at

    def close(self) -> None:
        """Stop and give the device back. What was not read is gone. Safe to call twice."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)
        quiet.end()

    def _open(self) -> Any:
        sounddevice = portaudio()
        try:
            stream = sounddevice.RawInputStream(
                device=self.device.index,
                samplerate=self.format.sample_rate_hz,
                channels=self.format.channels,
                dtype=np.dtype(self._dtype).name,
                blocksize=int(BLOCK_S * self.format.sample_rate_hz),
                latency=LATENCY_S,
                callback=self._receive,
                finished_callback=self._finish,
            )
            stream.start()
        except sounddevice.PortAudioError as error:
            reason = str(error.args[0]).removeprefix("Error opening RawInputStream: ")
            raise DeviceUnavailable(
                tr(
                    "The microphone {name} could not be opened: {reason}.",
                    name=repr(self.device.name),
                    reason=reason,
                ),
                tr("Nothing was recorded. It may be in use by another program; choose another or try again."),
            ) from error
        return stream

    def _receive(self, block: Any, frames: int, times: Any, status: Any) -> None:
        now = time.monotonic()
        if self._first_sample_at is None:
            age_s = times.currentTime - times.inputBufferAdcTime
            if not 0 < age_s < 1:  # not every host API tells
                age_s = frames / self.format.sample_rate_hz
            self._first_sample_at = now - age_s
        else:  # the longest wait, forgotten over some seconds
            self._longest_wait_s = max(now - self._last_block_at, self._longest_wait_s * WAIT_FADES)
        if status:
            self.flags += 1
        if not self._ring.write(block, frames * self._frame_bytes):
            self.overflowed_frames += frames
        self.received_frames += frames
        self._last_block_at = now

    def _finish(self) -> None:
        self._finished = True


class LossMeter:
    """Finds silent loss: the frames that the clock says should have come, against those that came.

    Deliveries are uneven and a device's clock drifts, so only a lasting step counts: the smallest deficit of
    one window against that of the window before. A deficit that is made good later is taken back.
    """

    WINDOW_S = 2.5
    LAST_S = 1.0
    STEP_S = 0.04
    NOISE_S = 0.005

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._window: list[tuple[float, float]] = []
        self._recent: deque[tuple[float, float]] = deque()  # the last second, also across windows
        self._baseline: float | None = None
        self._first: float | None = None
        self._lost = 0.0

    def add(self, now: float, first_sample_at: float, received_frames: int) -> None:
        """Note how many frames have been received by ``now``."""
        deficit = (now - first_sample_at) * self._rate - received_frames
        if self._baseline is None:
            # The first block has only just arrived: nothing can be missing yet.
            self._baseline = self._first = deficit
        self._window.append((now, deficit))
        self._recent.append((now, deficit))
        while self._recent[0][0] < now - self.LAST_S:
            self._recent.popleft()
        if now - self._window[0][0] >= self.WINDOW_S:
            self._lost = self._judge(self._window, remember=True)
            self._window = []

    @property
    def shift_frames(self) -> float:
        """How many frames later than by its count a frame was heard: lost ones, and the clocks' drift."""
        if self._first is None or not self._recent:
            return 0.0
        return min(deficit for _, deficit in list(self._recent)) - self._first

    @property
    def lost_frames(self) -> int:
        """The frames known to be lost in the windows that have ended."""
        return round(self._lost)

    def finish(self) -> int:
        """The frames lost in all, with what the last second shows."""
        recent = list(self._recent)  # another thread may be adding to it
        return round(self._judge(recent, remember=False)) if recent else self.lost_frames

    def _judge(self, window: Iterable[tuple[float, float]], *, remember: bool) -> float:
        deficit = min(value for _, value in window)
        step = 0.0 if self._baseline is None else deficit - self._baseline
        if remember:
            self._baseline = deficit
        if abs(step) <= self.STEP_S * self._rate:
            return self._lost
        lost = self._lost + step
        return lost if lost > self.NOISE_S * self._rate else 0.0  # what is left of one that was made good


def with_channels(samples: Samples, channels: int) -> Samples:
    """``samples`` with so many channels: each the mean of those there are."""
    if samples.shape[1] == channels:
        return samples
    mixed = np.empty((len(samples), channels), samples.dtype)
    mixed[:] = np.rint(samples.mean(axis=1, keepdims=True, dtype=np.float64))
    return mixed


def to_bytes(samples: Samples) -> bytes:
    """The samples as a WAV file holds them: 16 bit, or 24 bit from the upper bytes of 32."""
    if samples.dtype == np.int16:
        return samples.astype("<i2", copy=False).tobytes()
    little: npt.NDArray[np.uint8] = np.ascontiguousarray(samples, "<i4").view(np.uint8).reshape(-1, 4)
    return little[:, 1:].tobytes()
