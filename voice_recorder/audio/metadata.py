"""What an audio file holds, by its content: format, length, digest, levels and peaks, in constant memory."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from voice_recorder.audio import ffmpeg
from voice_recorder.audio.completeness import is_cut_off, mp3_tells_its_length
from voice_recorder.audio.devices import quiet_stderr
from voice_recorder.audio.levels import TakeLevels, measure
from voice_recorder.audio.peaks import PeakCollector, Peaks
from voice_recorder.audio.wav import HEADER_BYTES, frames_in, read_header
from voice_recorder.domain.errors import Cancelled, DamagedAudio
from voice_recorder.domain.recording import Health, Master
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr

_BLOCK_BYTES = 1 << 20
_BLOCK_FRAMES = 1 << 16
_UNKNOWN_LENGTH = (1 << 63) - 1  # of a FLAC file that was written into a pipe
Block = npt.NDArray[np.int16]


@dataclass(frozen=True)
class AudioType:
    """The kind of a file: container, codec, MIME type and the ending its name should have."""

    format: str
    codec: str
    mime_type: str
    suffix: str
    bit_depth: int | None = None


@dataclass(frozen=True)
class AudioReading:
    """All that reading a file from end to end shows.

    ``samples_sha256`` is the digest of the sound alone, for takes of this program. ``is_damaged``: only a
    part of what the file should hold could be read.
    """

    type: AudioType
    size_bytes: int
    sha256: str
    samples_sha256: str | None
    frames: int
    sample_rate_hz: int
    channels: int
    bitrate_bps: int | None
    health: Health
    peaks: Peaks
    is_damaged: bool

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate_hz

    def master(self, master_id: str, name: str, created_at: datetime) -> Master:
        """A master with all that was read. Nothing of it was proved against what a microphone delivered."""
        return Master(
            id=master_id,
            name=name,
            state=MasterState.DAMAGED if self.is_damaged else MasterState.RECORDED,
            created_at=created_at,
            frames=self.frames,
            sample_rate_hz=self.sample_rate_hz,
            channels=self.channels,
            bit_depth=self.type.bit_depth,
            format=self.type.format,
            codec=self.type.codec,
            bitrate_bps=self.bitrate_bps,
            mime_type=self.type.mime_type,
            size_bytes=self.size_bytes,
            sha256=self.sha256,
            samples_sha256=None,
            health=self.health,
            overview=self.peaks.overview(),
        )


def read_audio(path: Path, cancel: threading.Event | None = None) -> AudioReading:
    """Read a file from end to end.

    Raises DamagedAudio when it has no readable frame or is no audio, Cancelled, OSError.
    """
    cancel = cancel or threading.Event()
    size, sha256, samples_sha256 = digest(path, cancel)
    if size == 0:
        raise DamagedAudio(tr("{name} is empty.", name=repr(path.name)), tr("It was left as it is."))
    try:
        with path.open("rb") as file, _opened(file) as sound:
            audio_type = _type_of(sound)
            with quiet_stderr() if audio_type.format == "mp3" else nullcontext():  # mpg123 thinks aloud
                decoded = _decode(_blocks(sound, file), sound.samplerate, cancel)
            promised, rate, channels = _promised_frames(sound, path), sound.samplerate, sound.channels
    except soundfile.LibsndfileError:
        stream = ffmpeg.open_stream(path)  # DamagedAudio when ffmpeg cannot read it either
        audio_type = AudioType(stream.format, stream.codec, stream.mime_type, stream.suffix)
        decoded = _decode(stream.blocks(), stream.sample_rate_hz, cancel)
        promised, rate, channels = stream.promised_frames, stream.sample_rate_hz, stream.channels
    frames, health, peaks = decoded
    if frames == 0:
        raise DamagedAudio(
            tr("{name} holds no readable sound.", name=repr(path.name)), tr("It was left as it is.")
        )
    return AudioReading(
        type=audio_type,
        size_bytes=size,
        sha256=sha256,
        samples_sha256=samples_sha256,
        frames=frames,
        sample_rate_hz=rate,
        channels=channels,
        bitrate_bps=round(size * 8 * rate / frames),
        health=health,
        peaks=peaks,
        is_damaged=frames < promised or is_cut_off(path),
    )


def digest(path: Path, cancel: threading.Event | None = None) -> tuple[int, str, str | None]:
    """Size, SHA-256 of the file and, for a take of this program, of its samples; in one pass."""
    whole = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        sound_end = _sound_end(file)
        samples = hashlib.sha256() if sound_end else None
        while block := file.read(_BLOCK_BYTES):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            whole.update(block)
            if samples is not None:
                samples.update(block[max(0, HEADER_BYTES - size) : max(0, sound_end - size)])
            size += len(block)
    return size, whole.hexdigest(), samples.hexdigest() if samples else None


def _sound_end(file: BinaryIO) -> int:
    """Where the samples of a take end in its file; 0 for any other file. Leaves the file at its start."""
    try:
        take = read_header(file)
    except DamagedAudio:
        return 0
    finally:
        file.seek(0)
    frames = frames_in(os.fstat(file.fileno()).st_size, take.format)
    return HEADER_BYTES + frames * take.format.bytes_per_frame


def _decode(
    blocks: Iterator[Block], sample_rate_hz: int, cancel: threading.Event
) -> tuple[int, Health, Peaks]:
    levels = TakeLevels(sample_rate_hz)
    peaks = PeakCollector(sample_rate_hz)
    for block in blocks:
        if cancel.is_set():
            raise Cancelled
        levels.add(measure(block))
        peaks.add(block)
    return levels.frames, levels.health(0), peaks.finish()


def _opened(file: BinaryIO) -> soundfile.SoundFile:
    """The sound in ``file``, by its descriptor.

    Not by its name: by some endings (.au, .vox, .raw) any bytes would count as sound, and a name need not be
    text. Not as a file object: what libsndfile asks of it in a broken file raises inside the C callback,
    which prints a traceback.
    """
    file.seek(0)
    with quiet_stderr():
        return soundfile.SoundFile(file.fileno(), closefd=False)


def _blocks(sound: soundfile.SoundFile, file: BinaryIO) -> Iterator[Block]:
    is_float = sound.subtype in ("FLOAT", "DOUBLE")  # read as integers they would not be scaled
    at, size = 0, _BLOCK_FRAMES
    while size:
        try:
            if sound.tell() != at:  # an error has cost it its place
                sound = _opened(file)
                sound.seek(at)
            block = sound.read(size, dtype="float32" if is_float else "int16", always_2d=True)
        except soundfile.LibsndfileError:
            size //= 16  # come closer to what is unreadable: all that stands before it counts
            continue
        if not len(block):
            return
        at += len(block)
        yield _to_int16(block) if is_float else block


def _to_int16(block: npt.NDArray[np.float32]) -> Block:
    scaled = np.rint(np.clip(np.nan_to_num(block), -1.0, 1.0) * 32768.0)
    samples: Block = np.clip(scaled, -32768, 32767).astype(np.int16)
    return samples


_BIT_DEPTHS = {
    "PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64,
    "ALAC_16": 16, "ALAC_20": 20, "ALAC_24": 24, "ALAC_32": 32,
}  # fmt: skip
_CODECS = {
    "PCM_S8": "pcm_s8", "PCM_U8": "pcm_u8", "PCM_16": "pcm_s16", "PCM_24": "pcm_s24", "PCM_32": "pcm_s32",
    "FLOAT": "pcm_f32", "DOUBLE": "pcm_f64", "MPEG_LAYER_III": "mp3",
}  # fmt: skip
_FORMATS = {
    "WAV": ("wav", "audio/wav"), "WAVEX": ("wav", "audio/wav"), "RF64": ("wav", "audio/wav"),
    "W64": ("w64", "audio/x-w64"), "FLAC": ("flac", "audio/flac"), "OGG": ("ogg", "audio/ogg"),
    "MP3": ("mp3", "audio/mpeg"), "AIFF": ("aiff", "audio/aiff"), "CAF": ("caf", "audio/x-caf"),
    "AU": ("au", "audio/basic"),
}  # fmt: skip


def _type_of(sound: soundfile.SoundFile) -> AudioType:
    container, mime_type = _FORMATS.get(sound.format, (sound.format.lower(), "application/octet-stream"))
    suffix = container
    if sound.format == "FLAC" or container == "ogg":
        codec = "flac" if sound.format == "FLAC" else sound.subtype.lower()
        suffix = "opus" if codec == "opus" else container
    else:
        codec = _CODECS.get(sound.subtype, sound.subtype.lower())
        if codec.startswith("pcm_") and sound.subtype not in ("PCM_S8", "PCM_U8"):
            codec += "be" if sound.format in ("AIFF", "AU") else "le"
    return AudioType(container, codec, mime_type, suffix, _BIT_DEPTHS.get(sound.subtype))


def _promised_frames(sound: soundfile.SoundFile, path: Path) -> int:
    """How many frames the file says it holds; 0 when it does not say."""
    is_guess = sound.format == "MP3" and not mp3_tells_its_length(path)
    return 0 if is_guess or sound.frames == _UNKNOWN_LENGTH else int(sound.frames)
