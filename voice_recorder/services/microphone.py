"""A microphone that a take can rely on: when its device disappears, the next one goes on in its place."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import soxr

from voice_recorder.audio.capture import InputStream, LossMeter, with_channels
from voice_recorder.audio.devices import InputDevice, choose, list_inputs, look_again
from voice_recorder.audio.levels import Samples
from voice_recorder.domain.errors import DeviceUnavailable
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.words import tr
from voice_recorder.services.sound_source import Changed, Dropped, Heard, Lost, Sound

_log = logging.getLogger(__name__)
RETRY_S = 0.5


class Microphone:
    """The sound of one take, whatever devices it comes from; a ``SoundSource``."""

    def __init__(self, wanted: str | None, preferred: str, audio_format: AudioFormat) -> None:
        """Open ``wanted`` (an index, name or part of one), else the ``preferred`` input, else the default.

        Raises DeviceUnavailable when ``wanted`` does not exist or nothing can be opened.
        """
        device, self.notice = _pick(wanted, preferred)
        self._stream: InputStream | None = _open(device, audio_format)
        self.format = replace(
            audio_format,
            sample_rate_hz=self._stream.format.sample_rate_hz,
            channels=self._stream.format.channels,
        )
        if self.format != audio_format:
            self.notice = _format_notice(device, self.format)
        self._loss = LossMeter(self.format.sample_rate_hz)
        self._lost_before = 0  # frames lost on streams that have ended
        self._overflowed = 0
        self._resampler: soxr.ResampleStream | None = None
        self._read_frames = 0
        self._silent_since: float | None = None
        self._tried_at = 0.0
        self.device_name = device.name
        self.seeks = True

    @property
    def is_lost(self) -> bool:
        """Whether no device delivers just now."""
        return self._stream is None

    @property
    def started_at(self) -> float | None:
        """When the present stream's first sample was heard, by the monotonic clock."""
        return self._stream.first_sample_at if self._stream else None

    def has_heard_until(self, at: float) -> bool:
        """Whether all that was said by ``at`` has arrived."""
        stream = self._stream
        if stream is None:
            return True
        heard = stream.received_frames + self._loss.shift_frames
        return stream.first_sample_at is not None and heard >= stream.frame_at(at)

    def read(self) -> Iterator[Heard]:
        """What came since the last call, in its order."""
        stream = self._stream
        if stream is None:
            if self.seeks:
                self._seek()
            return
        lost = stream.is_lost  # asked first: what the stream still holds is read after it
        yield from self._read(stream)
        if lost:
            end = self._end_of(stream)
            # Not at_end: the time without sound up to now is the gap, which is marked as such.
            self._close_stream(stream, self.dropped_frames())
            if self._silent_since is None:  # else this device never spoke, and the gap began earlier
                self._silent_since = end
            yield Lost(stream.device.name, end)

    def dropped_frames(self, *, at_end: bool = False) -> int:
        """The frames lost so far, as far as is known: by the clock, by full memory, by PortAudio's word.

        ``at_end`` counts what only the last second shows, which may yet be made good while sound comes.
        """
        if self._stream is None:
            return self._lost_before
        by_clock = self._loss.finish() if at_end else self._loss.lost_frames
        return self._lost_before + max(by_clock, self._stream.flags) + self._overflowed

    def close(self) -> None:
        """Give the device back; the counts stay."""
        if self._stream is not None:
            self._close_stream(self._stream, self.dropped_frames(at_end=True))

    def _read(self, stream: InputStream) -> Iterator[Heard]:
        samples = stream.read()
        started_at = stream.first_sample_at
        if started_at is None:
            return
        if self._silent_since is not None:
            yield Changed(stream.device.name, max(0.0, started_at - self._silent_since))
            self._silent_since = None
        self._loss.add(time.monotonic(), started_at, stream.received_frames)
        if stream.overflowed_frames > self._overflowed:
            yield Dropped(stream.overflowed_frames - self._overflowed)
            self._overflowed = stream.overflowed_frames
        if len(samples):
            # What was lost, and the drift of the device's clock, move all that follows.
            at = started_at + (self._read_frames + self._loss.shift_frames) / stream.format.sample_rate_hz
            self._read_frames += len(samples)
            yield Sound(self._converted(samples), at)

    def _converted(self, samples: Samples) -> Samples:
        samples = with_channels(samples, self.format.channels)
        if self._resampler is None:
            return samples
        converted: Samples = self._resampler.resample_chunk(np.ascontiguousarray(samples))
        return converted.reshape(-1, self.format.channels)

    def _end_of(self, stream: InputStream) -> float:
        if stream.first_sample_at is None:
            return time.monotonic()
        return stream.first_sample_at + self._read_frames / stream.format.sample_rate_hz

    def _close_stream(self, stream: InputStream, dropped_frames: int) -> None:
        self._lost_before = dropped_frames
        stream.close()
        self._stream = None

    def _seek(self) -> None:
        if time.monotonic() - self._tried_at < RETRY_S:
            return
        self._tried_at = time.monotonic()
        try:
            inputs = look_again()
        except DeviceUnavailable as error:
            _log.info("%s", error)
            return
        for device in _next_devices(inputs, self.device_name):
            try:
                stream = _open(device, self.format)
            except DeviceUnavailable as error:
                _log.info("%s", error)
                continue
            self._take_over(stream)
            return

    def _take_over(self, stream: InputStream) -> None:
        _log.warning("the take goes on with %s at %s", stream.device.name, stream.format)
        rate = stream.format.sample_rate_hz
        self._stream, self._read_frames, self._overflowed = stream, 0, 0
        self._loss = LossMeter(rate)
        self._resampler = None
        if rate != self.format.sample_rate_hz:
            dtype = "int16" if self.format.bit_depth == 16 else "int32"
            self._resampler = soxr.ResampleStream(
                rate, self.format.sample_rate_hz, self.format.channels, dtype=dtype
            )
        self.device_name = stream.device.name


def _pick(wanted: str | None, preferred: str) -> tuple[InputDevice, str]:
    if wanted:
        try:
            return choose(list_inputs(), wanted), ""
        except DeviceUnavailable:
            return choose(look_again(), wanted), ""
    for inputs in (list_inputs, look_again):  # what was plugged in since start-up shows at the second look
        try:
            return choose(inputs(), preferred), ""
        except DeviceUnavailable:
            continue
    device = choose(list_inputs(), None)
    return device, tr(
        "{wanted} is not there; recording from {device} instead.",
        wanted=repr(preferred),
        device=repr(device.name),
    )


def _open(device: InputDevice, audio_format: AudioFormat) -> InputStream:
    """A stream in ``audio_format``, or in what the device offers instead."""
    channels = min(audio_format.channels, device.max_channels)
    try:
        return InputStream(device, replace(audio_format, channels=channels))
    except DeviceUnavailable:
        rate = device.default_sample_rate_hz
        if rate == audio_format.sample_rate_hz:
            raise
        return InputStream(device, replace(audio_format, channels=channels, sample_rate_hz=rate))


def _format_notice(device: InputDevice, audio_format: AudioFormat) -> str:
    name, rate = repr(device.name), f"{audio_format.sample_rate_hz / 1000:g}"
    if audio_format.channels == 1:
        return tr(
            "{device} does not offer the chosen format; recording at {rate} kHz mono instead.",
            device=name,
            rate=rate,
        )
    return tr(
        "{device} does not offer the chosen format; recording at {rate} kHz stereo instead.",
        device=name,
        rate=rate,
    )


def _next_devices(inputs: Sequence[InputDevice], before: str) -> list[InputDevice]:
    """Where to look for sound: the same device, then the system's default, then the others."""
    return sorted(inputs, key=lambda device: (device.name != before, not device.is_default, device.index))
