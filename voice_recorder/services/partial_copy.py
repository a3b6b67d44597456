"""A copy on its way from the cloud: a file with holes, and a journal that tells which of its bytes are there.

Neither is synced before all is there: what a power cut takes from them is found by the SHA-256 of the whole,
before the copy gets its name.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from voice_recorder.audio.metadata import digest
from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, replace_durably, sync_file
from voice_recorder.storage.paths import FILE_MODE, FOLDER_MODE

PART_SUFFIX = ".part"
JOURNAL_SUFFIX = ".part.json"
EVIDENCE_SUFFIX = ".differs"
_KEPT = tr("What was fetched so far is kept for the next try.")


class Spans:
    """Which bytes of a file are there: stretches (start, end) that do not touch, in their order."""

    def __init__(self, stretches: Iterable[tuple[int, int]] = ()) -> None:
        self.stretches: list[tuple[int, int]] = []
        for start, end in stretches:
            self.add(start, end)

    @property
    def total(self) -> int:
        """How many bytes are there."""
        return sum(end - start for start, end in self.stretches)

    def add(self, start: int, end: int) -> None:
        """Bytes ``start`` up to but not including ``end`` are there now."""
        if start >= end:
            return
        touching = [(start, end), *(s for s in self.stretches if s[0] <= end and start <= s[1])]
        apart = [s for s in self.stretches if s[1] < start or end < s[0]]
        merged = (min(s[0] for s in touching), max(s[1] for s in touching))
        self.stretches = sorted([*apart, merged])

    def end_of(self, offset: int) -> int:
        """Up to where all bytes from ``offset`` on are there; ``offset`` itself when that one is missing."""
        return next((end for start, end in self.stretches if start <= offset < end), offset)

    def hole(self, offset: int, size_bytes: int) -> int | None:
        """The first byte at or after ``offset`` that is missing in a file of this size; None without one."""
        missing = self.end_of(offset)
        return missing if missing < size_bytes else None


class PartialCopy:
    """``NAME.part`` and its journal beside ``final``, the name that the copy gets once it is proved.

    ``source`` tells one stored copy from another: the bytes of two are never mixed. One thread at a time.
    """

    def __init__(self, final: Path, size_bytes: int, source: str) -> None:
        self.final = final
        self.size_bytes = size_bytes
        self.spans = Spans()
        self.etag = self.last_modified = ""
        self._source = source
        self._part = final.with_name(final.name + PART_SUFFIX)
        self._journal = final.with_name(final.name + JOURNAL_SUFFIX)
        self._file: BinaryIO | None = None
        self._unfinished = False

    def open(self) -> None:
        """Go on with what is there, or begin. DiskFull, StorageError."""
        self.start_anew()
        with os_errors_converted(tr("The cloud copy could not be kept on this disk:"), _KEPT):
            self.final.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self._part, flags, FILE_MODE), "r+b", buffering=0)
            if os.fstat(self._file.fileno()).st_size == self.size_bytes:
                self._load()
            self._file.truncate(self.size_bytes)
        self._unfinished = True

    def open_proved(self) -> None:
        """Read from the copy that is complete already. StorageError."""
        with os_errors_converted(tr("The fetched copy could not be read:")):
            self._file = self.final.open("rb", buffering=0)
        self.spans = Spans([(0, self.size_bytes)])

    def start_anew(self) -> None:
        """Believe none of the bytes that are there."""
        self.spans, self.etag, self.last_modified = Spans(), "", ""

    def write(self, offset: int, block: bytes) -> None:
        """Keep bytes that came. DiskFull, StorageError."""
        assert self._file is not None
        view = memoryview(block)
        with os_errors_converted(tr("The cloud copy could not be kept on this disk:"), _KEPT):
            self._file.seek(offset)
            while view:
                view = view[self._file.write(view) :]
        self.spans.add(offset, offset + len(block))

    def read(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes that are there from ``offset`` on. StorageError."""
        assert self._file is not None
        with os_errors_converted(tr("The fetched copy could not be read:"), _KEPT):
            self._file.seek(offset)
            return self._file.read(min(size, self.spans.end_of(offset) - offset))

    def save(self) -> None:
        """Write the journal. DiskFull, StorageError."""
        document = {
            "source": self._source, "size_bytes": self.size_bytes, "etag": self.etag,
            "last_modified": self.last_modified, "ranges": self.spans.stretches,
        }  # fmt: skip
        temporary = self._journal.with_name(self._journal.name + ".tmp")
        with os_errors_converted(tr("The journal of a download could not be written:"), _KEPT):
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "w") as file:
                json.dump(document, file)
            temporary.replace(self._journal)

    def sha256(self, cancel: threading.Event) -> str:
        """The digest of the whole file, which is synced first. DiskFull, StorageError, Cancelled.

        The slow half of finishing: it alone needs no lock while others read.
        """
        with os_errors_converted(tr("The fetched copy could not be completed:"), _KEPT):
            sync_file(self._part)
            return digest(self._part, cancel)[1]

    def finish(self) -> None:
        """Give the proved file its name, durably; it can still be read. StorageError."""
        self._let_go()
        with os_errors_converted(tr("The fetched copy could not be completed:"), _KEPT):
            replace_durably(self._part, self.final)
            self._journal.unlink(missing_ok=True)
        self._unfinished = False
        self.open_proved()

    def set_aside(self) -> Path:
        """Keep a file whose bytes are wrong under another name, as evidence. StorageError."""
        self._let_go()
        evidence = self.final.with_name(self.final.name + EVIDENCE_SUFFIX)
        with os_errors_converted(tr("What came from the cloud could not be set aside:"), _KEPT):
            self._part.replace(evidence)
            self._journal.unlink(missing_ok=True)
        self._unfinished = False
        self.start_anew()
        return evidence

    def park(self) -> None:
        """Write nothing any more; what is there can still be read, and gone on with by somebody else."""
        if self._unfinished:
            self._unfinished = False
            with contextlib.suppress(StorageError):  # without a journal it begins anew, nothing worse
                self.save()

    def close(self) -> None:
        """Park it and let go of the file. Safe to call twice."""
        self.park()
        self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _load(self) -> None:
        try:
            document = json.loads(self._journal.read_bytes())
            ranges = [(int(start), int(end)) for start, end in document["ranges"]]
            known = document["source"] == self._source and document["size_bytes"] == self.size_bytes
            if known and all(0 <= start < end <= self.size_bytes for start, end in ranges):
                self.etag, self.last_modified = str(document["etag"]), str(document["last_modified"])
                self.spans = Spans(ranges)
        except (OSError, ValueError, KeyError, TypeError):  # whatever is wrong with it, begin anew
            self.start_anew()
