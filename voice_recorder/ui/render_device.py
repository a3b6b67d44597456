"""A recording as it is heard, edits and all, for Qt's media player: a WAV file that exists nowhere."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QIODevice, QObject, Signal
from typing_extensions import override

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import Recording

if TYPE_CHECKING:
    from voice_recorder.services.rendering import Rendered

_SAMPLE_BYTES = 2
_LARGEST_RIFF = 0xFFFF_FFFF
_RIFF = struct.Struct("<4sI4s 4sIHHIIHH 4sI")
_RF64 = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHH 4sI")


@dataclass(frozen=True)
class Heard:
    """What is heard of a recording, and how it is opened; equal to another that sounds alike."""

    recording: Recording = field(compare=False)
    timeline: Timeline
    open_rendered: Callable[[Recording, Timeline], Rendered] = field(compare=False)

    @property
    def is_file(self) -> bool:
        """Whether the recording's only master sounds the same, so that it can be played as it is."""
        whole = Timeline(Timeline.of(_unedited(self.recording)).segments, self.timeline.rates)
        return len(self.recording.masters) == 1 and self.timeline == whole

    def open(self) -> Rendered:
        """The sound; VoiceRecorderError when a part of it is not there."""
        return self.open_rendered(self.recording, self.timeline)


def _unedited(recording: Recording) -> Recording:
    return replace(recording, edit_list=())


def wav_header(sample_rate_hz: int, channels: int, frames: int) -> bytes:
    """The head of a WAV file of 16 bits; RF64 (EBU Tech 3306) when it is too long for a plain one."""
    block = channels * _SAMPLE_BYTES
    size = frames * block
    layout = (b"fmt ", 16, 1, channels, sample_rate_hz, sample_rate_hz * block, block, 8 * _SAMPLE_BYTES)
    riff = _RIFF.size - 8 + size
    if riff <= _LARGEST_RIFF:
        return _RIFF.pack(b"RIFF", riff, b"WAVE", *layout, b"data", size)
    whole = _RF64.size - 8 + size
    sizes = (b"ds64", 28, whole, size, frames, 0)
    return _RF64.pack(b"RF64", _LARGEST_RIFF, b"WAVE", *sizes, *layout, b"data", _LARGEST_RIFF)


class RenderDevice(QIODevice):
    """Renders what the player asks for, in the threads in which its FFmpeg reads.

    The sound is opened by the first of them: the thread of the window does not wait for it.
    """

    broke = Signal(object)
    """It could not be opened or read, with the reason; emitted in the thread that reads."""

    def __init__(self, heard: Heard, parent: QObject) -> None:
        super().__init__(parent)
        self._heard = heard
        self._lock = threading.Lock()  # guards all that follows
        self._rendered: Rendered | None = None
        self._header = b""
        self._size = 0
        self._over = False
        self.error: VoiceRecorderError | None = None
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def end(self) -> None:
        """Read no more, and give the files back."""
        with self._lock:
            self._over = True
            if self._rendered is not None:
                self._rendered.close()
                self._rendered = None

    @override
    def isSequential(self) -> bool:
        return False

    @override
    def size(self) -> int:
        with self._lock:
            self._sound()
            return self._size

    @override
    def atEnd(self) -> bool:
        return self._over or self.pos() >= self.size()

    @override
    def readData(self, maxlen: int) -> bytes:
        with self._lock:
            try:
                return self._read(self.pos(), maxlen)
            except VoiceRecorderError as error:
                self._break(error)
                return b""

    @override
    def writeData(self, data: bytes, len: int) -> int:  # type: ignore[override]
        return -1

    def _sound(self) -> Rendered | None:
        if self._rendered is None and not self._over:
            try:
                rendered = self._heard.open()
            except VoiceRecorderError as error:
                self._break(error)
                return None
            self._rendered = rendered
            self._header = wav_header(rendered.sample_rate_hz, rendered.channels, rendered.frames)
            self._size = len(self._header) + rendered.frames * rendered.channels * _SAMPLE_BYTES
        return self._rendered

    def _break(self, error: VoiceRecorderError) -> None:
        self._over = True
        if self.error is None:
            self.error = error
            self.broke.emit(error)

    def _read(self, at: int, length: int) -> bytes:
        import numpy as np

        rendered = self._sound()
        if rendered is None:
            return b""
        if at < len(self._header):
            return self._header[at : at + length]
        block = rendered.channels * _SAMPLE_BYTES
        first, skipped = divmod(at - len(self._header), block)
        frames = rendered.read(first, -(-(skipped + length) // block))
        samples = np.clip(np.rint(frames * 32768), -32768, 32767).astype("<i2")
        return samples.tobytes()[skipped : skipped + length]
