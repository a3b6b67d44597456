"""Compressed copies of masters, for the cloud: streamed in constant memory, tagged, exact in length.

A master is read in blocks, and before each of them the work may be called off. The encoders run without the
interpreter's lock, so that two threads encode two masters in the time of one.
"""

import errno
import io
import os
import shutil
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy.typing as npt
import soundfile
from typing_extensions import Buffer, override

from voice_recorder.audio import mp3_info
from voice_recorder.audio.completeness import is_cut_off
from voice_recorder.audio.devices import quiet_stderr
from voice_recorder.audio.sound import Progress, Samples16, Sound, Told, clipped
from voice_recorder.audio.tags import CopyTags, id3, tag
from voice_recorder.domain.compression import M4A_BPS, SendAs, opus_bps
from voice_recorder.domain.errors import Cancelled, DamagedAudio, DiskFull, EncodingError
from voice_recorder.domain.words import tr

# LAME's, from 0 (best) to 9: that of ffmpeg. 3 takes 5 % longer and 2 twice as long, for what nobody hears at
# this bit rate; from 7 on the noise of coding is no longer shaped.
MP3_QUALITY = 5
_OPUS_RATES_HZ = (8000, 12000, 16000, 24000, 48000)
_BLOCK_FRAMES = 1 << 17
_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_LARGEST_WAV_BYTES = (1 << 32) - (1 << 20)
_KEPT = tr("The recording is kept as it is.")
_importing_pydub = threading.Lock()


@dataclass(frozen=True)
class Encoded:
    """A finished copy. ``frames`` count at the copy's own sample rate."""

    size_bytes: int
    frames: int
    sample_rate_hz: int


def encode(
    source: Path,
    target: Path,
    send_as: SendAs,
    tags: CopyTags,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> Encoded:
    """Make a compressed copy of the uncompressed master ``source`` as ``target``, synced, mode 0600.

    ``send_as`` is anything but the original, which needs no encoder. Lossy copies have the master's sample
    rate where the format has it, and one or two channels: of more, the odd ones are mixed to the left and the
    even ones to the right. FLAC keeps channels, rate and up to 24 bits. ``progress`` is told (frames done,
    frames in all), ten times a second at most. Whatever goes wrong leaves no target.

    Raises Cancelled; DamagedAudio when the master cannot be read, is cut off or changes meanwhile; DiskFull;
    EncodingError.
    """
    if target.resolve() == source.resolve():
        raise ValueError("the copy would take the place of its master")
    with (
        _new_file(target, tr("The compressed copy could not be written:"), 0o600) as file,
        _opened(source, cancel or threading.Event(), progress) as master,
    ):
        return _written(master, file, _WRITERS[send_as], tags)


def encode_sound(sound: Sound, target: Path, send_as: SendAs | None, tags: CopyTags, title: str) -> Encoded:
    """Write any sound as ``target``, synced; a compressed copy as ``encode`` makes it, or WAV for None.

    WAV has the sound's own kind of samples; beyond 4 GB it is RF64. ``title`` begins the sentence when it
    cannot be written, up to the colon before the reason. Whatever goes wrong leaves no target: DiskFull,
    EncodingError, what the sound raises.
    """
    with _new_file(target, title, 0o666) as file:
        return _written(sound, file, _WRITERS[send_as] if send_as else _write_wav, tags)


def _written(sound: Sound, file: "_CopyFile", write: "_Writer", tags: CopyTags) -> Encoded:
    frames, sample_rate_hz = write(sound, file, tags)
    return Encoded(file.seek(0, os.SEEK_END), frames, sample_rate_hz)


def m4a_available() -> tuple[bool, str]:
    """Whether M4A can be written on this machine, and if not, the reason in words."""
    return (True, "") if _converter() else (False, tr("ffmpeg is not installed"))


class _Master(Sound):
    """The sound of a file."""

    def __init__(
        self, sound: soundfile.SoundFile, name: str, cancel: threading.Event, progress: Progress | None
    ) -> None:
        super().__init__(sound.frames, sound.samplerate, sound.channels, sound.subtype)
        self._sound = sound
        self._name = repr(name)
        self._cancel = cancel
        self._told = Told(progress, sound.frames)

    @override
    def blocks(self, dtype: str) -> Iterator[npt.NDArray[Any]]:
        done = 0
        while done < self.frames:
            if self._cancel.is_set():
                raise Cancelled
            try:
                block = self._sound.read(_BLOCK_FRAMES, dtype=dtype, always_2d=True)
            except soundfile.LibsndfileError as error:
                raise _damaged(tr("{name} cannot be read to its end.", name=self._name)) from error
            if not len(block):
                raise _damaged(tr("{name} ended before its end.", name=self._name))
            yield block
            done += len(block)
            self._told.tell(done)


@contextmanager
def _opened(path: Path, cancel: threading.Event, progress: Progress | None) -> Iterator[_Master]:
    name = repr(path.name)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            with quiet_stderr():  # by its descriptor: what it holds counts, not its name
                sound = stack.enter_context(soundfile.SoundFile(file.fileno(), closefd=False))
            is_short = is_cut_off(path) or not sound.frames
            before = os.fstat(file.fileno())
        except OSError as error:
            reason = error.strerror
            raise _damaged(tr("{name} cannot be read: {reason}.", name=name, reason=reason)) from error
        except soundfile.LibsndfileError as error:
            raise _damaged(tr("{name} is not a sound file that can be read.", name=name)) from error
        if is_short:
            raise _damaged(tr("{name} is not complete.", name=name))
        yield _Master(sound, path.name, cancel, progress)
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise _damaged(tr("{name} changed while it was read.", name=name))


def _damaged(title: str) -> DamagedAudio:
    return DamagedAudio(title, tr("It was left as it is, and no copy of it was made."))


class _CopyFile(io.FileIO):
    """A file to which a write goes whole or raises: unbuffered ones may stop short on a full disk."""

    @override
    def write(self, data: Buffer, /) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while len(rest):
            rest = rest[super().write(rest) :]
        return size


@contextmanager
def _new_file(target: Path, title: str, mode: int) -> Iterator[_CopyFile]:
    """A new file, synced at the end and gone after any failure. The boundary for errors of writing."""
    try:
        target.unlink(missing_ok=True)
        with _CopyFile(target, "x+", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            yield file
            os.fsync(file.fileno())
    except BaseException as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        what = title + " "
        if error.errno in _NO_ROOM:
            raise DiskFull(
                what + tr("the disk is full."), _KEPT + " " + tr("Make room and try again.")
            ) from error
        raise EncodingError(what + (error.strerror or str(error)) + ".", _KEPT) from error


def _write_mp3(master: Sound, file: _CopyFile, tags: CopyTags) -> tuple[int, int]:
    """128 kbps CBR. Rates below 16 kHz, which MP3 has up to 64 kbps only, are raised."""
    rate = _rate_for(master.sample_rate_hz, mp3_info.SAMPLE_RATES_HZ)
    channels = min(2, master.channels)
    file.write(id3(tags))
    try:
        import lameenc
    except ImportError:  # no wheel for this platform: three times slower, and as exact
        level = (320 - mp3_info.KBPS) / 288 if rate >= 32000 else (160 - mp3_info.KBPS) / 152
        frames = _write_by_libsndfile(
            master.samples(rate, channels), file, rate, channels, format="MP3", subtype="MPEG_LAYER_III",
            bitrate_mode="CONSTANT", compression_level=level,
        )  # fmt: skip
        return frames, rate
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(mp3_info.KBPS)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    encoder.set_quality(MP3_QUALITY)
    info = mp3_info.Mp3Info(rate, channels, MP3_QUALITY)
    start = file.tell()
    file.write(bytes(info.size_bytes))  # the Info frame comes here when all is known
    frames = 0
    for block in master.samples(rate, channels):
        encoded = encoder.encode(block.tobytes())
        info.add(encoded)
        file.write(encoded)
        frames += len(block)
    encoded = encoder.flush()
    info.add(encoded)
    file.write(encoded)
    file.seek(start)
    file.write(info.frame(frames))
    return frames, rate


def _write_opus(master: Sound, file: _CopyFile, tags: CopyTags) -> tuple[int, int]:
    rate = _rate_for(master.sample_rate_hz, _OPUS_RATES_HZ)
    channels = min(2, master.channels)
    level = (256 - opus_bps(channels) / channels / 1000) / 250
    frames = _write_by_libsndfile(
        master.samples(rate, channels), file, rate, channels, format="OGG", subtype="OPUS",
        compression_level=level, room_for_tags=tags.size_bytes,
    )  # fmt: skip
    tag(file, SendAs.OPUS, tags)
    return frames, rate


def _write_wav(sound: Sound, file: _CopyFile, tags: CopyTags) -> tuple[int, int]:
    size = sound.frames * sound.channels * sound.sample_bytes
    frames = _write_by_libsndfile(
        sound.blocks(sound.dtype), file, sound.sample_rate_hz, sound.channels, subtype=sound.subtype,
        format="WAV" if size < _LARGEST_WAV_BYTES else "RF64", info=tags.info,
    )  # fmt: skip
    return frames, sound.sample_rate_hz


def _write_flac(master: Sound, file: _CopyFile, tags: CopyTags) -> tuple[int, int]:
    dtype = "int16" if master.has_16_bits else "float32" if master.has_floats else "int32"
    frames = _write_by_libsndfile(
        clipped(master.blocks(dtype)), file, master.sample_rate_hz, master.channels, format="FLAC",
        subtype="PCM_16" if master.has_16_bits else "PCM_24", room_for_tags=tags.size_bytes,
    )  # fmt: skip
    tag(file, SendAs.FLAC, tags)
    return frames, master.sample_rate_hz


def _write_m4a(master: Sound, file: _CopyFile, tags: CopyTags) -> tuple[int, int]:
    """AAC by ffmpeg, fed through a pipe.

    pydub's own export holds the whole recording in memory (343 MB for half an hour) and cannot be called off,
    so pydub is only asked which converter it would take.
    """
    converter = _converter()
    if converter is None:
        raise EncodingError(
            tr("M4A is written by ffmpeg, which is not installed."), _KEPT + " " + tr("Install ffmpeg.")
        )
    rate = _rate_for(master.sample_rate_hz, mp3_info.SAMPLE_RATES_HZ)
    channels = min(2, master.channels)
    command = [
        converter, "-v", "error", "-nostdin", "-y", "-f", "s16le", "-ar", str(rate), "-ac", str(channels),
        "-i", "pipe:0", "-c:a", "aac", "-b:a", str(M4A_BPS), "-movflags", "+faststart", "-f", "ipod",
        f"file:{file.name}",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        try:
            frames = _feed(process.stdin, master.samples(rate, channels))
            process.wait()
        finally:
            process.kill()
            _close(process.stdin)
    if process.returncode:
        file.seek(0, os.SEEK_END)
        file.write(bytes(1 << 20))  # raises where the reason was a full disk
        raise EncodingError(tr("ffmpeg could not write the compressed copy."), _KEPT)
    tag(file, SendAs.M4A, tags)
    return frames, rate


def _feed(pipe: IO[bytes], blocks: Iterator[Samples16]) -> int:
    """Write all blocks and close the pipe; the number of frames, fewer where the reader ended early."""
    frames = 0
    for block in blocks:
        try:
            pipe.write(block.tobytes())
        except OSError:  # its exit status tells
            break
        frames += len(block)
    _close(pipe)
    return frames


def _close(pipe: IO[bytes]) -> None:
    with suppress(OSError):  # of a reader that has ended
        pipe.close()


def _converter() -> str | None:
    if shutil.which("ffmpeg") is None:  # pydub would warn
        return None
    with _importing_pydub, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a module that it imports and Python 3.13 no longer has
        from pydub.utils import get_encoder_name

        name: str = get_encoder_name()
    return shutil.which(name)


_Writer = Callable[[Sound, _CopyFile, CopyTags], tuple[int, int]]
_WRITERS: dict[SendAs, _Writer] = {
    SendAs.MP3: _write_mp3,
    SendAs.OPUS: _write_opus,
    SendAs.FLAC: _write_flac,
    SendAs.M4A: _write_m4a,
}


def _rate_for(sample_rate_hz: int, allowed: tuple[int, ...]) -> int:
    """The rate of a copy: the master's, a multiple of it, the next higher one, or else the highest."""
    higher = [rate for rate in allowed if rate >= sample_rate_hz]
    if not higher:
        return 44100 if 44100 in allowed and sample_rate_hz % 44100 == 0 else 48000
    return next((rate for rate in higher if rate % sample_rate_hz == 0), higher[0])


class _Outlet:
    """Where libsndfile writes: from the place on at which the file stands.

    It asks from C, through which no exception passes: it is told that all went well, and ``check`` raises
    what did not. Told the truth, libsndfile and soundfile each answer in several ways, or not at all.
    """

    def __init__(self, file: _CopyFile) -> None:
        self._file = file
        self._start = file.tell()
        self._failure: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write all, unless something went wrong before."""
        if self._failure is None:
            try:
                self._file.write(data)
            except OSError as error:
                self._failure = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As files do."""
        place = offset + self._start if whence == os.SEEK_SET else offset
        return self._file.seek(place, whence) - self._start

    def tell(self) -> int:
        """As files do."""
        return self._file.tell() - self._start

    def check(self) -> None:
        """Raise what went wrong."""
        if self._failure:
            raise self._failure


def _write_by_libsndfile(
    blocks: Iterator[npt.NDArray[Any]],
    file: _CopyFile,
    sample_rate_hz: int,
    channels: int,
    *,
    room_for_tags: int = 0,
    info: Mapping[str, str] | None = None,
    **kind: Any,
) -> int:
    """Encode ``blocks``; the number of frames. With room for them, tags need not move all that follows."""
    outlet = _Outlet(file)
    frames = 0
    try:
        with soundfile.SoundFile(outlet, "w", sample_rate_hz, channels, **kind) as sound:
            if room_for_tags:
                sound.comment = " " * room_for_tags
            for name, words in (info or {}).items():
                setattr(sound, name, words)
            for block in blocks:
                sound.write(block)
                outlet.check()
                frames += len(block)
    except soundfile.LibsndfileError as error:
        title = tr(
            "{format} cannot hold this sound: {reason}", format=kind["format"], reason=error.error_string
        )
        raise EncodingError(title, _KEPT) from error
    outlet.check()
    return frames
