"""What only ffmpeg can read: M4A/AAC, and the sound of MP4, MOV and WebM."""

import json
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_recorder.domain.errors import DamagedAudio, EncodingError
from voice_recorder.domain.words import tr

_BLOCK_FRAMES = 1 << 16
_TIMEOUT_S = 30
# By the bytes in the file, never by its name: ISO media ("ftyp"), Matroska/WebM, and bare AAC.
_MP4 = ("mp4", "audio/mp4", "m4a")
_WEBM = ("webm", "audio/webm", "webm")
_FORMATS = {
    "m4a": _MP4, "mov": _MP4, "mp4": _MP4, "matroska": _WEBM, "webm": _WEBM,
    "aac": ("aac", "audio/aac", "aac"),
}  # fmt: skip


def is_present() -> bool:
    """Whether ffmpeg and ffprobe are installed."""
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


@dataclass(frozen=True)
class FfmpegStream:
    """The first sound stream of a file, decoded by ffmpeg to 16 bit."""

    path: Path
    format: str
    codec: str
    mime_type: str
    suffix: str
    sample_rate_hz: int
    channels: int
    promised_frames: int

    def blocks(self, start_s: int = 0) -> Generator[npt.NDArray[np.int16], None, None]:
        """The samples from ``start_s`` on, in blocks of shape (frames, channels)."""
        seek = ["-ss", str(start_s)] if start_s else []
        command = [
            "ffmpeg", "-v", "error", "-nostdin", *seek, "-i", _as_file(self.path), "-map", "0:a:0",
            "-f", "s16le", "-acodec", "pcm_s16le", "-ac", str(self.channels),
            "-ar", str(self.sample_rate_hz), "-",
        ]  # fmt: skip
        frame_bytes = 2 * self.channels
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            try:
                while data := process.stdout.read(_BLOCK_FRAMES * frame_bytes):
                    whole = len(data) // frame_bytes * frame_bytes
                    if whole:
                        yield np.frombuffer(data[:whole], np.int16).reshape(-1, self.channels)
            finally:
                process.kill()


def open_stream(path: Path) -> FfmpegStream:
    """The sound of ``path``. DamagedAudio when it has none, EncodingError when ffmpeg is needed."""
    if not _looks_like_media(path):
        raise DamagedAudio(
            tr("{name} is not a sound file that can be read.", name=repr(path.name)),
            tr("It was left as it is."),
        )
    if not is_present():
        raise EncodingError(
            tr("{name} can only be read with ffmpeg, which is not installed.", name=repr(path.name)),
            tr("It was left as it is. Install ffmpeg and try again."),
        )
    found = _probe(path)
    streams = [s for s in found.get("streams", []) if s.get("codec_type") == "audio"]
    names = found.get("format", {}).get("format_name", "").split(",")
    known = next((_FORMATS[name] for name in names if name in _FORMATS), None)
    stream = streams[0] if streams else {}
    rate, channels = int(stream.get("sample_rate", 0)), int(stream.get("channels", 0))
    if known is None or not rate or not channels or "codec_name" not in stream:
        raise DamagedAudio(
            tr("{name} holds no sound that can be read.", name=repr(path.name)), tr("It was left as it is.")
        )
    duration_s = float(stream.get("duration") or found["format"].get("duration") or 0)
    if known[0] == "aac":
        duration_s = 0  # bare AAC does not tell its length: ffprobe's is a guess
    return FfmpegStream(
        path, known[0], stream["codec_name"], known[1], known[2], rate, channels,
        int(duration_s * rate * 0.98),  # a container's duration may count padding that is not decoded
    )  # fmt: skip


def _looks_like_media(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" or head[:4] == b"\x1aE\xdf\xa3" or head[:2] in (b"\xff\xf1", b"\xff\xf9")


def _as_file(path: Path) -> str:
    return f"file:{path}"  # or a colon in the name would make it a protocol


def _probe(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", _as_file(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise DamagedAudio(
            tr("{name} holds no sound that can be read.", name=repr(path.name)), tr("It was left as it is.")
        ) from None
    return found
