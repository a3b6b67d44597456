"""A multipart form that is read as it comes, block by block."""

import re
from pathlib import Path
from typing import BinaryIO, Self


class Form:
    """``fields`` and a file, of which ``file_bytes`` came so far; they go to ``path``, from ``offset`` on."""

    def __init__(self, boundary: bytes, path: Path, offset: int) -> None:
        self.fields: dict[str, str] = {}
        self.file_bytes = 0
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"
        self._path = path
        self._offset = offset
        self._file: BinaryIO | None = None
        self._name: str | None = None
        self._value = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def feed(self, block: bytes) -> None:
        """Take the next bytes of the body."""
        self._buffer += block
        while True:
            end = self._buffer.find(self._delimiter)
            if end < 0:
                self._take(max(0, len(self._buffer) - len(self._delimiter)))
                return
            head_end = self._buffer.find(b"\r\n\r\n", end)
            if head_end < 0:
                self._take(end)
                return  # the rest of the next part's head, or of the end of the form, is to come
            self._take(end)
            self._end_part()
            self._begin_part(self._buffer[: head_end - end].decode())
            self._buffer = self._buffer[head_end - end + 4 :]

    def _take(self, size: int) -> None:
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        if self._file is not None:
            self._file.write(data)
            self.file_bytes += len(data)
        else:
            self._value += data
            if self._name is not None and self._buffer.startswith(self._delimiter + b"--"):
                self._end_part()

    def _begin_part(self, head: str) -> None:
        name = re.search(r'name="([^"]*)"', head)
        self._name, self._value = name[1] if name else "", b""
        if "filename" in head:
            self._file = self._path.open("r+b" if self._offset else "wb")
            self._file.seek(self._offset)
            self._file.truncate()

    def _end_part(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        elif self._name is not None:
            self.fields[self._name] = self._value.decode()
        self._name = None
