"""Masters had back from FLAC: the samples that it holds behind the header that the WAV file had.

FLAC keeps every sample and no header. The headers of takes and the usual ones of other programs are tried;
only the SHA-256 of the whole tells whether one of them was it.
"""

import hashlib
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

from voice_recorder.audio.capture import to_bytes
from voice_recorder.audio.wav import Origin, header
from voice_recorder.domain.errors import Cancelled, EncodingError
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.words import tr

_BLOCK_FRAMES = 1 << 16
_MAX_RIFF = 0xFFFFFFFF
_PLAIN = struct.Struct("<4sI4s 4sIHHIIHH 4sI")


def rebuild_wav(
    flac: Path, target: Path, origins: Sequence[Origin], sha256: str, cancel: threading.Event | None = None
) -> bool:
    """Write the WAV file with this SHA-256 to ``target``; False, and nothing is written, when it cannot be.

    ``origins`` are those that a take of ours may have had. EncodingError when the FLAC file cannot be read,
    Cancelled, OSError.
    """
    cancel = cancel or threading.Event()
    try:
        with soundfile.SoundFile(flac) as sound:
            depth = 16 if sound.subtype == "PCM_16" else 24
            audio_format = AudioFormat(sound.samplerate, sound.channels, depth)
            headers = _headers(audio_format, origins, sound.frames)
            found = _fitting(headers, sound, depth, sha256, cancel)
            if found is None:
                return False
            sound.seek(0)
            with target.open("wb") as file:
                file.write(found)
                for block in _blocks(sound, depth, cancel):
                    file.write(block)
    except soundfile.LibsndfileError as error:
        raise EncodingError(
            tr("{name} could not be read: {reason}", name=repr(flac.name), reason=error.error_string)
        ) from error
    return True


def _headers(audio_format: AudioFormat, origins: Sequence[Origin], frames: int) -> list[bytes]:
    own = [header(audio_format, origin, frames) for origin in origins]
    data_bytes = frames * audio_format.bytes_per_frame
    if data_bytes + data_bytes % 2 > _MAX_RIFF - _PLAIN.size:
        return own
    plain = _PLAIN.pack(
        b"RIFF", _PLAIN.size - 8 + data_bytes + data_bytes % 2, b"WAVE",
        b"fmt ", 16, 1, audio_format.channels, audio_format.sample_rate_hz, audio_format.bytes_per_second,
        audio_format.bytes_per_frame, audio_format.bit_depth, b"data", data_bytes,
    )  # fmt: skip
    return [*own, plain]


def _fitting(
    headers: Sequence[bytes], sound: soundfile.SoundFile, depth: int, sha256: str, cancel: threading.Event
) -> bytes | None:
    digests = [hashlib.sha256(start) for start in headers]
    for block in _blocks(sound, depth, cancel):
        for digest in digests:
            digest.update(block)
    fitting = (start for start, d in zip(headers, digests, strict=True) if d.hexdigest() == sha256)
    return next(fitting, None)


def _blocks(sound: soundfile.SoundFile, depth: int, cancel: threading.Event) -> Iterator[bytes]:
    """The samples as a WAV file holds them, with the pad byte of an odd length."""
    size_bytes = 0
    dtype = "int16" if depth == 16 else "int32"
    while len(samples := sound.read(_BLOCK_FRAMES, dtype=dtype, always_2d=True)):
        if cancel.is_set():
            raise Cancelled
        block = to_bytes(samples)
        size_bytes += len(block)
        yield block
    if size_bytes % 2:
        yield b"\0"
