"""What a cloud copy says about itself: title, date and the id of its recording."""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, Any

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import EncodingError

_ID3_UTF8 = 3
_ROOM_BESIDE_VALUES = 200


@dataclass(frozen=True)
class CopyTags:
    """What is written into a copy. The title may be empty and hold any character; dates are told in UTC."""

    title: str
    created_at: datetime
    recording_id: str

    @property
    def values(self) -> dict[str, str]:
        """By their names in FLAC and Ogg. There is no title where it is empty."""
        title = self.title.encode(errors="replace").decode().replace("\0", " ")  # lone surrogates, and ends
        date = self.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return {**({"TITLE": title} if title else {}), "DATE": date, "RECORDING_ID": self.recording_id}

    @property
    def size_bytes(self) -> int:
        """The room that they take in a file, at most."""
        return sum(len(value.encode()) for value in self.values.values()) + _ROOM_BESIDE_VALUES


def id3(tags: CopyTags) -> bytes:
    """An ID3v2.4 tag, to stand before the frames of an MP3 file."""
    import mutagen.id3

    frames: Any = mutagen.id3  # it has hints for half of itself
    values = tags.values
    tag = frames.ID3()
    if "TITLE" in values:
        tag.add(frames.TIT2(encoding=_ID3_UTF8, text=values["TITLE"]))
    tag.add(frames.TDRC(encoding=_ID3_UTF8, text=values["DATE"]))
    tag.add(frames.TXXX(encoding=_ID3_UTF8, desc="recording_id", text=values["RECORDING_ID"]))
    out = BytesIO()
    tag.save(out, padding=lambda _: 0)
    return out.getvalue()


def tag(file: IO[bytes], kind: SendAs, tags: CopyTags) -> None:
    """Write the tags into a finished FLAC, Opus or M4A file. OSError, EncodingError."""
    from mutagen import MutagenError
    from mutagen.flac import FLAC
    from mutagen.mp4 import MP4
    from mutagen.oggopus import OggOpus

    kinds: dict[SendAs, Any] = {SendAs.FLAC: FLAC, SendAs.OPUS: OggOpus, SendAs.M4A: MP4}
    try:
        file.seek(0)
        tagged = kinds[kind](file)
        if tagged.tags is None:
            tagged.add_tags()
        tagged.tags.clear()
        tagged.tags.update(_mp4_items(tags.values) if kind is SendAs.M4A else tags.values)
        file.seek(0)
        tagged.save(file)
    except MutagenError as error:
        if error.args and isinstance(error.args[0], OSError):
            raise error.args[0] from None  # a full disk, for one
        raise EncodingError(
            "The title could not be written into the copy.", "The recording is kept."
        ) from error


def _mp4_items(values: dict[str, str]) -> dict[str, object]:
    items: dict[str, object] = {
        "\xa9day": values["DATE"],
        "----:com.apple.iTunes:RECORDING_ID": [values["RECORDING_ID"].encode()],
    }
    return items | ({"\xa9nam": values["TITLE"]} if "TITLE" in values else {})
