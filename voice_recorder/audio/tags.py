"""What a cloud copy says about itself: title, date and the id of its recording."""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, Any

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import EncodingError
from voice_recorder.domain.words import tr

_ID3_UTF8 = 3
_ROOM_BESIDE_VALUES = 200


@dataclass(frozen=True)
class CopyTags:
    """What is written into a copy. Texts may be empty and hold any character; dates are told in UTC."""

    title: str
    created_at: datetime
    recording_id: str
    comment: str = ""

    @property
    def values(self) -> dict[str, str]:
        """By their names in FLAC and Ogg. There is none that would be empty."""
        date = self.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        texts = {"TITLE": _plain(self.title), "COMMENT": _plain(self.comment)}
        named = {name: text for name, text in texts.items() if text}
        return {**named, "DATE": date, "RECORDING_ID": self.recording_id}

    @property
    def info(self) -> dict[str, str]:
        """As soundfile names them in WAV, which has no other place for the id than the comment."""
        values = self.values
        comment = f"{values.get('COMMENT', '')}\nRecording {self.recording_id}".strip()
        return {"title": values.get("TITLE", ""), "date": values["DATE"], "comment": comment}

    @property
    def size_bytes(self) -> int:
        """The room that they take in a file, at most."""
        return sum(len(value.encode()) for value in self.values.values()) + _ROOM_BESIDE_VALUES


def _plain(text: str) -> str:
    """Without lone surrogates, and without what ends a text."""
    return text.encode(errors="replace").decode().replace("\0", " ")


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
    if "COMMENT" in values:
        tag.add(frames.COMM(encoding=_ID3_UTF8, lang="XXX", desc="", text=values["COMMENT"]))
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
            tr("The title could not be written into the copy."), tr("The recording is kept.")
        ) from error


def _mp4_items(values: dict[str, str]) -> dict[str, object]:
    items: dict[str, object] = {
        "\xa9day": values["DATE"],
        "----:com.apple.iTunes:RECORDING_ID": [values["RECORDING_ID"].encode()],
    }
    named = {"TITLE": "\xa9nam", "COMMENT": "\xa9cmt"}
    return items | {key: values[name] for name, key in named.items() if name in values}
