"""Exported files: their formats, and names that every system takes."""

import re
import unicodedata
from enum import StrEnum

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.recording import Master

_MOST_NAME_BYTES = 180  # of the 255 that file systems have: a number, the ending and a mark are still to come
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
_TURNS_TEXT_AROUND = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class ExportFormat(StrEnum):
    """What an exported file is."""

    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"
    OPUS = "opus"
    M4A = "m4a"

    @property
    def suffix(self) -> str:
        """The ending of the file's name, with its dot."""
        return f".{self}"

    @property
    def send_as(self) -> SendAs | None:
        """The encoder that makes it; None for WAV, which needs none."""
        return None if self is ExportFormat.WAV else SendAs(self.value)

    def estimated_bytes(self, channels: int, pcm_bytes: int, duration_s: float) -> int:
        """What a file is likely to take at most, when its samples alone are ``pcm_bytes``."""
        if self.send_as is None or self is ExportFormat.FLAC:
            return pcm_bytes
        return round(self.send_as.estimated_bps(channels, 0) / 8 * duration_s)

    def is_of(self, master: Master) -> bool:
        """Whether a master is such a file already. An MP4 may hold more than sound: it never counts."""
        if self is ExportFormat.OPUS:
            return (master.format, master.codec) == ("ogg", "opus")
        return self is not ExportFormat.M4A and master.format == self.value


def file_name(title: str) -> str:
    """``title`` as the name of a file, without its ending, as Windows, macOS and Linux all take it."""
    text = title.encode("utf-8", "replace").decode()
    text = "".join(" " if _is_no_letter(char) else char for char in unicodedata.normalize("NFC", text))
    text = _FORBIDDEN.sub("-", text)
    name = _tidy(" ".join(text.split()))
    name = _tidy(name.encode()[:_MOST_NAME_BYTES].decode(errors="ignore"))
    return f"_{name}" if _DEVICES.match(name) else name or "Recording"


def _tidy(name: str) -> str:
    """Windows drops dots and spaces at the end; a dot at the beginning hides a file."""
    return name.strip(" .")


def _is_no_letter(char: str) -> bool:
    """Control characters, and those that make a name look like another one."""
    return unicodedata.category(char) == "Cc" or unicodedata.bidirectional(char) in _TURNS_TEXT_AROUND
