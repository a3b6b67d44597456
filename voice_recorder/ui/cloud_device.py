"""A cloud copy as Qt's media player reads it, while it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QIODevice, QObject, Signal
from typing_extensions import override

from voice_recorder.domain.errors import Cancelled, VoiceRecorderError

if TYPE_CHECKING:
    from voice_recorder.services.cloud_stream import CloudStream


class CloudDevice(QIODevice):
    """Reads from a stream; owns it.

    The player's FFmpeg reads in threads of its own, which may wait for bytes; the thread of the window never
    does. Call ``end`` before the player lets go of it: it waits for a read that waits.
    """

    broke = Signal(object)
    """A read failed, with the reason; emitted in the thread that reads."""

    def __init__(self, stream: CloudStream, parent: QObject) -> None:
        super().__init__(parent)
        self._stream = stream
        self.error: VoiceRecorderError | None = None
        self._over = False
        # Without Qt's own buffer: it would ask for more than is there, and wait.
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def end(self) -> None:
        """Read no more: waiting reads return at once."""
        self._over = True
        self._stream.close()

    @override
    def isSequential(self) -> bool:
        return False

    @override
    def size(self) -> int:
        return self._stream.size_bytes

    @override
    def atEnd(self) -> bool:
        # Python cannot return -1 from readData, and FFmpeg asks again and again after reading nothing.
        return self._over or self.pos() >= self._stream.size_bytes

    @override
    def readData(self, maxlen: int) -> bytes:
        try:
            return self._stream.read_at(self.pos(), maxlen)
        except Cancelled:
            self._over = True
        except VoiceRecorderError as error:
            self._over = True
            if self.error is None:
                self.error = error
                self.broke.emit(error)
        return b""

    @override
    def writeData(self, data: bytes, len: int) -> int:  # type: ignore[override]
        return -1
