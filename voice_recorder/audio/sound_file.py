"""Reading masters from any place: files are opened when first needed, and only a few stay open."""

import threading
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from voice_recorder.audio import ffmpeg
from voice_recorder.audio.devices import quiet_stderr
from voice_recorder.domain.errors import Cancelled, DamagedAudio, NotFound
from voice_recorder.domain.words import tr

Samples = npt.NDArray[Any]
_MOST_OPEN = 4
_RUN_UP_S = 1
_BLOCK_FRAMES = 1 << 16
_NOTHING_MADE = tr("Nothing was made of it; the file was left as it is.")
_INTEGERS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True)
class Source:
    """Where a master's sound is read: its file, or the fetched copy of it.

    ``frames`` and ``sample_rate_hz`` are the master's; a copy may have another rate and end a little early.
    """

    path: Path
    title: str
    frames: int
    sample_rate_hz: int
    is_copy: bool = False


class OpenSound(Protocol):
    """A file whose samples can be read from any place."""

    sample_rate_hz: int
    channels: int
    integer_bits: int | None
    """The bits of its samples when they are integers; None for floating-point and compressed ones."""

    def read(self, at: int, frames: int, dtype: str) -> Samples:
        """Up to ``frames`` frames from ``at``, shape (frames, channels); fewer at the end of the file."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class OpenFiles:
    """The files that are open: the few that were used last."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, OpenSound] = OrderedDict()

    def of(self, source: Source) -> OpenSound:
        """The open file of ``source``. NotFound when it is not there, DamagedAudio when it cannot be read."""
        sound = self._open.pop(source.path, None) or _opened(source)
        self._open[source.path] = sound
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)[1].close()
        return sound

    def close(self) -> None:
        """Close all of them."""
        while self._open:
            self._open.popitem()[1].close()


def _opened(source: Source) -> OpenSound:
    try:
        file = source.path.open("rb")
    except FileNotFoundError as error:
        raise missing(source.title, source.path.name) from error
    except OSError as error:
        raise _unreadable(source, error.strerror or str(error)) from error
    try:
        return _Libsndfile(source, file)
    except soundfile.LibsndfileError:
        file.close()
        return _Ffmpeg(source, ffmpeg.open_stream(source.path))


def missing(title: str, name: str) -> NotFound:
    """The error for a master whose file is gone."""
    return NotFound(
        tr("The audio file {name} of “{title}” is not there any more.", name=repr(name), title=title),
        tr("Nothing was made of it. Put the file back into the recordings folder, or import it again."),
    )


def _unreadable(source: Source, why: str) -> DamagedAudio:
    return DamagedAudio(
        tr(
            "{name} of “{title}” cannot be read: {reason}.",
            name=repr(source.path.name),
            title=source.title,
            reason=why,
        ),
        _NOTHING_MADE,
    )


class _Libsndfile:
    """By its descriptor: what the file holds counts, not its name."""

    def __init__(self, source: Source, file: BinaryIO) -> None:
        self._source = source
        self._file = file
        with quiet_stderr():
            self._sound = soundfile.SoundFile(file.fileno(), closefd=False)
        self._is_mp3 = self._sound.format == "MP3"
        self.sample_rate_hz: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.integer_bits = None if self._is_lossy() else _INTEGERS.get(self._sound.subtype)

    def _is_lossy(self) -> bool:
        return self._sound.format in ("MP3", "OGG")

    def read(self, at: int, frames: int, dtype: str) -> Samples:
        try:
            with quiet_stderr() if self._is_mp3 else nullcontext():  # mpg123 thinks aloud
                if self._sound.tell() != at:
                    self._sound.seek(at)
                samples: Samples = self._sound.read(frames, dtype=dtype, always_2d=True)
        except soundfile.LibsndfileError as error:
            raise _unreadable(self._source, error.error_string) from error
        return samples

    def close(self) -> None:
        self._sound.close()
        self._file.close()


class _Ffmpeg:
    """What only ffmpeg reads, as a stream in 16 bits; going back begins it anew."""

    integer_bits: int | None = 16

    def __init__(self, source: Source, stream: ffmpeg.FfmpegStream) -> None:
        self._source = source
        self._stream = stream
        self.sample_rate_hz = stream.sample_rate_hz
        self.channels = stream.channels
        self._blocks = stream.blocks()
        self._at = -1
        self._rest = np.empty((0, self.channels), np.int16)

    def read(self, at: int, frames: int, dtype: str) -> Samples:
        if at != self._at:
            self._go_to(at)
        parts, wanted = [], frames
        while wanted:
            if not len(self._rest):
                self._rest = next(self._blocks, self._rest)
                if not len(self._rest):
                    break
            parts.append(self._rest[:wanted])
            self._rest = self._rest[wanted:]
            wanted -= len(parts[-1])
        samples = np.concatenate(parts) if parts else self._rest
        self._at = at + len(samples)
        kind = np.dtype(dtype)
        return samples / kind.type(32768) if kind.kind == "f" else samples.astype(kind)

    def _go_to(self, at: int) -> None:
        """Begin a little before ``at``, on a whole second: there ffmpeg and we mean the same frame."""
        self.close()
        start_s = max(0, at // self.sample_rate_hz - _RUN_UP_S)
        self._blocks = self._stream.blocks(start_s)
        skip = at - start_s * self.sample_rate_hz
        for block in self._blocks:
            if skip < len(block):
                self._rest = block[skip:]
                break
            skip -= len(block)

    def close(self) -> None:
        self._blocks.close()
        self._rest = self._rest[:0]


def decoded(path: Path, cancel: threading.Event) -> tuple[int, int]:
    """How many frames a file really holds, read from end to end, and its rate. DamagedAudio, Cancelled."""
    files, source = OpenFiles(), Source(path, path.name, 0, 0)
    try:
        sound = files.of(source)
        frames = 0
        while block := len(sound.read(frames, _BLOCK_FRAMES, "int16")):
            if cancel.is_set():
                raise Cancelled
            frames += block
        return frames, sound.sample_rate_hz
    finally:
        files.close()
