"""The file of a running take: appended to as sound comes, complete at any moment it may be cut off."""

import hashlib
import os
import threading
from datetime import datetime
from pathlib import Path

from voice_recorder.audio import wav
from voice_recorder.audio.capture import to_bytes
from voice_recorder.audio.levels import Samples
from voice_recorder.domain.errors import DiskFull, StorageError
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import (
    Reserve,
    os_errors_converted,
    replace_durably,
    sync_data,
    sync_file,
    sync_folder,
)
from voice_recorder.storage.paths import FILE_MODE

PART_SUFFIX = ".part"


def file_name(started_at: datetime, recording_id: str, suffix: str) -> str:
    """The name of a master: UTC time and the beginning of the recording's id, never its title."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{recording_id[:8]}.{suffix}"


class TakeFile:
    """A ``.part`` file beside its final place. One thread appends; any may call ``sync``."""

    def __init__(self, final: Path, audio_format: AudioFormat, origin: wav.Origin, reserve: Reserve) -> None:
        """Make the file with its header. DiskFull, StorageError."""
        self.final = final
        self.part = final.with_name(final.name + PART_SUFFIX)
        self.frames = 0
        self._format = audio_format
        self._origin = origin
        self._reserve = reserve
        self._samples = hashlib.sha256()
        self._closing = threading.Lock()
        with os_errors_converted(tr("The take could not be started:"), tr("Nothing was recorded.")):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._descriptor: int | None = os.open(self.part, flags, FILE_MODE)
            try:
                os.write(self._descriptor, wav.header(audio_format, origin, 0))
                sync_folder(self.part.parent)
            except OSError:
                self.discard()
                raise

    @property
    def samples_sha256(self) -> str:
        """Digest of all samples appended so far."""
        return self._samples.hexdigest()

    @property
    def size_bytes(self) -> int:
        """Size of the file once it is complete."""
        sound = self.frames * self._format.bytes_per_frame
        return wav.HEADER_BYTES + sound + sound % 2

    def begin(self, origin: wav.Origin) -> None:
        """Move the start to the first sound; the header tells it once the file is complete."""
        self._origin = origin

    def append(self, samples: Samples) -> None:
        """Write samples of shape (frames, channels) at the end, unbuffered.

        On a full disk the reserve is given up first. DiskFull when even that is used up, StorageError for
        another reason; what of the samples could be written is kept and counted.
        """
        data = to_bytes(samples)
        written, error = self._write(data)
        if isinstance(error, DiskFull):
            self._reserve.release()
            more, error = self._write(data[written:])
            written += more
        whole = written // self._format.bytes_per_frame * self._format.bytes_per_frame
        self._samples.update(data[:whole])
        self.frames += whole // self._format.bytes_per_frame
        if error is not None:
            raise error

    def sync(self) -> None:
        """Bring what was appended to the disk."""
        with self._closing, os_errors_converted(tr("The take could not be synced to the disk:")):
            if self._descriptor is not None:
                sync_data(self._descriptor)

    def complete(self) -> None:
        """Write the final header and sync; the file is whole, still under its ``.part`` name."""
        self._close()
        with os_errors_converted(tr("The take could not be completed:"), self._kept()):
            wav.complete(self.part, self._format, self._origin)
            sync_file(self.part)

    def put_in_place(self) -> None:
        """Give the file its final name, durably."""
        with os_errors_converted(tr("The take could not be renamed:"), self._kept()):
            replace_durably(self.part, self.final)

    def discard(self) -> None:
        """Remove a file that holds no sound."""
        self._close()
        self.part.unlink(missing_ok=True)

    def _kept(self) -> str:
        return tr("It is kept as {path}.", path=repr(str(self.part)))

    def _write(self, data: bytes) -> tuple[int, StorageError | None]:
        """How many bytes were written, and what kept the rest from it."""
        assert self._descriptor is not None
        written = 0
        try:
            with os_errors_converted(
                tr("The sound could not be written:"), tr("Everything up to here is kept.")
            ):
                while written < len(data):
                    written += os.write(self._descriptor, data[written:])
        except StorageError as error:
            return written, error
        return written, None

    def _close(self) -> None:
        with self._closing:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
