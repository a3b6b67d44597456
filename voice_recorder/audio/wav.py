"""WAV files of any length that can be mended after a crash.

The header has a fixed place for every field, so that a take appends sound only and its header is completed
in place. Beyond 4 GB the file becomes RF64 (EBU Tech 3306): the JUNK chunk behind the form type is the
room for ``ds64``. A private chunk ``vrec`` carries the recording's id and start before any sound, so that
the file alone tells whose it is.

    RIFF|RF64 size WAVE | JUNK|ds64 28 | fmt 16 | vrec 128 | data size | samples
"""

import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from voice_recorder.domain.errors import DamagedAudio
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.words import tr

_MAX_RIFF = 0xFFFFFFFF
_DS64_BYTES = 28
_ORIGIN_BYTES = 128
_PCM = 1
_LAYOUT = struct.Struct(f"<4sI4s 4sI{_DS64_BYTES}s 4sIHHIIHH 4sI{_ORIGIN_BYTES}s 4sI")
HEADER_BYTES = _LAYOUT.size


@dataclass(frozen=True)
class Origin:
    """Whose take a file is: the recording's id, its start in UTC (ISO 8601), the place's UTC offset."""

    recording_id: str
    started_at: str
    utc_offset_min: int


@dataclass(frozen=True)
class TakeHeader:
    """What the header of a take says."""

    format: AudioFormat
    origin: Origin


def header(audio_format: AudioFormat, origin: Origin, frames: int) -> bytes:
    """The header of a take with ``frames`` frames, ``HEADER_BYTES`` long."""
    data_bytes = frames * audio_format.bytes_per_frame
    riff_bytes = HEADER_BYTES - 8 + data_bytes + data_bytes % 2
    large = riff_bytes > _MAX_RIFF
    text = json.dumps([origin.recording_id, origin.started_at, origin.utc_offset_min]).encode()
    if len(text) > _ORIGIN_BYTES:
        raise ValueError("the origin does not fit into its chunk")
    ds64 = struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0) if large else b""
    return _LAYOUT.pack(
        b"RF64" if large else b"RIFF", _MAX_RIFF if large else riff_bytes, b"WAVE",
        b"ds64" if large else b"JUNK", _DS64_BYTES, ds64,
        b"fmt ", 16, _PCM, audio_format.channels, audio_format.sample_rate_hz,
        audio_format.bytes_per_second, audio_format.bytes_per_frame, audio_format.bit_depth,
        b"vrec", _ORIGIN_BYTES, text.ljust(_ORIGIN_BYTES),
        b"data", _MAX_RIFF if large else data_bytes,
    )  # fmt: skip


def read_header(file: IO[bytes]) -> TakeHeader:
    """What a take's header says, whatever its sizes claim. DamagedAudio when it is not a take's header."""
    raw = file.read(HEADER_BYTES)
    try:
        fields = _LAYOUT.unpack(raw)
        riff, form, fmt, vrec, data = fields[0], fields[2], fields[6], fields[14], fields[17]
        channels, rate, depth, origin = fields[9], fields[10], fields[13], fields[16]
        known = riff in (b"RIFF", b"RF64") and (form, fmt, vrec, data) == (b"WAVE", b"fmt ", b"vrec", b"data")
        audio_format = AudioFormat(rate, channels, depth)
        if not known or not audio_format.bytes_per_frame or not rate:
            raise ValueError
        recording_id, started_at, utc_offset_min = json.loads(origin)
        return TakeHeader(audio_format, Origin(str(recording_id), str(started_at), int(utc_offset_min)))
    except (struct.error, ValueError, TypeError, OverflowError):
        raise DamagedAudio(tr("The file has no header of a take."), tr("It was left as it is.")) from None


def frames_in(size_bytes: int, audio_format: AudioFormat) -> int:
    """How many whole frames a take of this size holds."""
    return max(0, size_bytes - HEADER_BYTES) // audio_format.bytes_per_frame


def complete(path: Path, audio_format: AudioFormat, origin: Origin) -> int:
    """Bring a take's header up to its size and cut a torn last frame; the number of frames. Not synced.

    Needs no room on the disk but the pad byte of an odd length.
    """
    with path.open("r+b") as file:
        frames = frames_in(os.fstat(file.fileno()).st_size, audio_format)
        data_bytes = frames * audio_format.bytes_per_frame
        file.truncate(HEADER_BYTES + data_bytes)
        if data_bytes % 2:
            file.seek(0, os.SEEK_END)
            file.write(b"\0")
        file.seek(0)
        file.write(header(audio_format, origin, frames))
    return frames
