"""The bytes of a file on their way to a provider."""

import hashlib
import io
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from voice_recorder.domain.errors import Cancelled, FileRejected
from voice_recorder.domain.ports import OutgoingFile, UploadControl
from voice_recorder.domain.words import tr

_HASH_BLOCK_BYTES = 1 << 20


class OutgoingPart:
    """Bytes ``start`` to ``end`` of a file, read only when they are asked for.

    Every read first tells ``control.sending`` where it is and raises Cancelled when the upload is called off,
    FileRejected when the file is gone or has another size than it had. Use as a context manager.
    """

    def __init__(self, file: OutgoingFile, start: int, end: int, control: UploadControl) -> None:
        self._name = repr(str(file.path))
        self._start = start
        self._end = end
        self._control = control
        self.cancel = control.cancel
        try:
            self._file = io.FileIO(file.path)
        except OSError as error:
            raise self._unreadable(error) from error
        if os.fstat(self._file.fileno()).st_size != file.size_bytes:
            self._file.close()
            raise self._rejected(
                tr(
                    "The file {path} could not be sent: it has another size than when it was queued.",
                    path=self._name,
                )
            )
        self._file.seek(start)

    def __len__(self) -> int:
        return self._end - self._start

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, fewer at the end, all that are left by default."""
        position = self._file.tell()
        left = self._end - position
        wanted = left if size < 0 else min(size, left)
        self._control.sending(position)
        return self._next(wanted) if wanted else b""

    def sha256(self) -> bytes:
        """The binary digest of the part; nothing is said to be sent."""
        digest = hashlib.sha256()
        self._file.seek(self._start)
        while (left := self._end - self._file.tell()) > 0:
            digest.update(self._next(min(left, _HASH_BLOCK_BYTES)))
        self._file.seek(self._start)
        return digest.digest()

    def blocks(self, size: int) -> Iterator[bytes]:
        """All bytes of the part in blocks of ``size``."""
        self.seek(0)
        while block := self.read(size):
            yield block

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place counted in the part, as files do."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._end}[whence]
        return self._file.seek(base + offset) - self._start

    def tell(self) -> int:
        """The place in the part."""
        return self._file.tell() - self._start

    def _next(self, size: int) -> bytes:
        if self.cancel.is_set():
            raise Cancelled
        try:
            block = self._file.read(size)
        except OSError as error:
            raise self._unreadable(error) from error
        if not block:
            raise self._rejected(tr("The file {path} could not be sent: it became shorter.", path=self._name))
        return block

    def _unreadable(self, error: OSError) -> FileRejected:
        title = tr("The file {path} could not be sent: it cannot be read.", path=self._name)
        if error.strerror:
            title = tr("The file {path} could not be sent: {reason}.", path=self._name, reason=error.strerror)
        return self._rejected(title)

    def _rejected(self, title: str) -> FileRejected:
        return FileRejected(title, tr("Nothing was changed; check the recording, then send it again."))
