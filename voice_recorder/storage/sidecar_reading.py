"""Reads sidecars, strictly: what makes no sense is passed over part by part, and said."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

from voice_recorder.domain.edit_history import EditStep
from voice_recorder.domain.ports import Digest, DigestScheme
from voice_recorder.domain.recording import (
    Health,
    HistoryEntry,
    Marker,
    Master,
    Recording,
    Segment,
    TakeEvent,
    TakeEventKind,
)
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Receipt
from voice_recorder.domain.words import tr
from voice_recorder.storage.segments import segment_from
from voice_recorder.storage.sidecar import FORMAT, MAX_BYTES, VERSION, DamagedSidecar, Described, Sidecar

_LARGEST = 1 << 53
_T = TypeVar("_T")
_Document = dict[str, Any]


def read_sidecar(path: Path) -> Sidecar:
    """What the sidecar at ``path`` says. DamagedSidecar when it does not even describe its master.

    FileNotFoundError when there is none.
    """
    document = _document_at(path)
    problems: list[str] = []
    try:
        if document["format"] != FORMAT:
            raise ValueError("it has another format")
        if _whole(document, "version") > VERSION:
            problems.append("a newer program wrote it: only what this one knows was read")
        master = _master_from(document["master"], problems)
        receipts = _each(document, "receipts", lambda part: _receipt_from(part, master), problems)
        described = _each(document, "recordings", lambda part: _described_from(part, problems), problems)
        written_at = _time(document, "written")
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise DamagedSidecar(
            tr("The sidecar {name} makes no sense: {reason}.", name=repr(path.name), reason=_words(error))
        ) from None
    by_id = {d.recording.id: d for d in described if master.id in {m.id for m in d.recording.masters}}
    if len(by_id) < len(described):
        problems.append("a recording is in it twice, or has another master")
    return Sidecar(master, receipts, tuple(by_id.values()), written_at, tuple(dict.fromkeys(problems)))


def version_at(path: Path) -> int:
    """The version of the sidecar that is there; 0 of none, or of one that cannot be read."""
    try:
        return int(_document_at(path)["version"])
    except (DamagedSidecar, FileNotFoundError, KeyError, TypeError, ValueError, OverflowError):
        return 0


def _document_at(path: Path) -> _Document:
    """The JSON object in a file. DamagedSidecar, FileNotFoundError."""
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is no file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError("it is too large")
        document = json.loads(data, parse_constant=_refuse)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedSidecar(
            tr("The sidecar {name} cannot be read: {reason}.", name=repr(path.name), reason=_words(error))
        ) from None
    if not isinstance(document, dict):
        raise DamagedSidecar(
            tr("The sidecar {name} cannot be read: it holds no object.", name=repr(path.name))
        )
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return (str(error) or type(error).__name__).rstrip(".")[:200]


def _each(
    document: Mapping[str, Any], key: str, parse: Callable[[Any], _T], problems: list[str]
) -> tuple[_T, ...]:
    """The parts of a list that can be understood."""
    parts = document.get(key, [])
    if not isinstance(parts, list):
        problems.append(f"{key!r} is no list")
        return ()
    understood = []
    for part in parts:
        try:
            understood.append(parse(part))
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            problems.append(f"a part of {key!r} makes no sense: {_words(error)}")
    return tuple(understood)


def _whole(part: Mapping[str, Any], key: str, low: int = 0, high: int = _LARGEST) -> int:
    value = part[key]
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{key!r} is no whole number that can be right")
    return value


def _optional_whole(part: Mapping[str, Any], key: str) -> int | None:
    return None if part.get(key) is None else _whole(part, key)


def _text(part: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = part[key] if default is None else part.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is no text")
    value.encode()  # half a character cannot be stored
    return value


def _flag(part: Mapping[str, Any], key: str) -> bool:
    value = part.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{key!r} is neither true nor false")
    return value


def _time(part: Mapping[str, Any], key: str) -> datetime:
    at = datetime.fromisoformat(_text(part, key)).astimezone(UTC)
    if not 1900 < at.year < 9000:
        raise ValueError(f"{key!r} is no date that can be right")
    return at


def _id(part: Mapping[str, Any], key: str = "id") -> str:
    value = _text(part, key)
    if not re.fullmatch("[0-9a-f]{32}", value):
        raise ValueError(f"{value[:40]!r} is no id")
    return value


def _digest(part: Mapping[str, Any], key: str, length: int = 64) -> str:
    value = _text(part, key)
    if not re.fullmatch(f"[0-9a-f]{{{length}}}", value):
        raise ValueError(f"{key!r} is no digest")
    return value


def _file_name(part: Mapping[str, Any]) -> str:
    value = _text(part, "name")
    if (
        not value
        or value.startswith(".")
        or len(value.encode()) > 240
        or re.search(r'[/\\\x00-\x1f:*?"<>|]', value)
    ):
        raise ValueError(f"{value[:40]!r} is no name of a master")
    return value


def _reference_from(part: Mapping[str, Any]) -> Master:
    return Master(
        id=_id(part), name=_file_name(part), state=MasterState.MISSING, created_at=_time(part, "created"),
        frames=_whole(part, "frames"), sample_rate_hz=_whole(part, "sample_rate_hz", 1, 10_000_000),
        channels=_whole(part, "channels", 1, 1024), bit_depth=None, format="", codec="", bitrate_bps=None,
        mime_type="", size_bytes=0, sha256=None, samples_sha256=None,
    )  # fmt: skip


def _master_from(part: Mapping[str, Any], problems: list[str]) -> Master:
    return replace(
        _reference_from(part),
        state=MasterState(_text(part, "state")),
        bit_depth=_optional_whole(part, "bit_depth"),
        format=_text(part, "format"),
        codec=_text(part, "codec"),
        bitrate_bps=_optional_whole(part, "bitrate_bps"),
        mime_type=_text(part, "mime_type"),
        size_bytes=_whole(part, "size_bytes"),
        sha256=None if part["sha256"] is None else _digest(part, "sha256"),
        samples_sha256=None if part["samples_sha256"] is None else _digest(part, "samples_sha256"),
        health=_health_from(part.get("health"), problems),
        events=_each(part, "events", _event_from, problems),
        overview=base64.b64decode(_text(part, "overview", ""), validate=True)[:1024],
    )


def _health_from(part: Any, problems: list[str]) -> Health:
    try:
        dropped, peak = _whole(part, "dropped_samples"), part["peak_dbfs"]
        clipped, silent = float(part["clipped_share"]), float(part["silent_share"])
        if not (0 <= clipped <= 1 and 0 <= silent <= 1):
            raise ValueError("a share is not between 0 and 1")
        return Health(dropped, clipped, silent, None if peak is None else float(peak))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        problems.append(f"'health' makes no sense: {_words(error)}")
        return Health()


def _event_from(part: Mapping[str, Any]) -> TakeEvent:
    kind = TakeEventKind(_text(part, "kind"))
    return TakeEvent(kind, _whole(part, "frame"), _whole(part, "length_frames"), _text(part, "detail", ""))


def _receipt_from(part: Mapping[str, Any], master: Master) -> Receipt:
    digest = part["digest"]
    receipt = Receipt(
        master_id=master.id,
        place=_text(part, "place"),
        remote_id=_text(part, "remote_id"),
        send_as=_text(part, "send_as"),
        size_bytes=_whole(part, "size_bytes"),
        md5=_digest(part, "md5", 32),
        sha256=_digest(part, "sha256"),
        digest=Digest(
            DigestScheme(_text(digest, "scheme")), _text(digest, "value"), _whole(digest, "part_bytes")
        ),
        etag=_text(part, "etag", ""),
        lossless=_flag(part, "lossless"),
        verified_at=_time(part, "verified"),
    )
    if receipt.send_as == "original" and receipt.sha256 != master.sha256:
        raise ValueError("the receipt of an original has another SHA-256 than its master")
    return receipt


def _described_from(part: Mapping[str, Any], problems: list[str]) -> Described:
    masters = tuple(map(_reference_from, part["masters"]))
    frames = {master.id: master.frames for master in masters}
    recording = Recording(
        id=_id(part),
        title=_text(part, "title"),
        created_at=_time(part, "created"),
        updated_at=_time(part, "updated"),
        utc_offset_min=_whole(part, "utc_offset_min", -24 * 60 + 1, 24 * 60 - 1),
        masters=masters,
        notes=_text(part, "notes", ""),
        tags=tuple(sorted(set(_each(part, "tags", _tag_from, problems)))),
        folder=None if part.get("folder") is None else _text(part, "folder"),
        favourite=_flag(part, "favourite"),
        archived=_flag(part, "archived"),
        recovered=_flag(part, "recovered"),
        trashed_at=None if part.get("trashed") is None else _time(part, "trashed"),
    )
    recording.created_at.astimezone(timezone(timedelta(minutes=recording.utc_offset_min)))
    edit_list = _edits_from(part, "edit_list", frames, problems)
    steps = _each(part, "edit_steps", lambda step: _step_from(step, frames), problems)
    numbered = dict(steps)
    number = _whole(part, "edit_number") if "edit_number" in part else 0
    if steps and (number not in numbered or len(numbered) < len(steps)):
        problems.append("'edit_number' is none of 'edit_steps'")
        numbered = {}
    return Described(
        recording=replace(recording, edit_list=edit_list),
        markers=_each(part, "markers", lambda marker: _marker_from(marker, frames), problems),
        history=_each(part, "history", _entry_from, problems),
        steps=tuple(sorted(numbered.items(), key=lambda item: item[0])),
        edit_number=number if numbered else 0,
    )


def _tag_from(part: Any) -> str:
    return _text({"tag": part}, "tag")


def _marker_from(part: Mapping[str, Any], frames: Mapping[str, int]) -> Marker:
    master_id = _id(part, "master")
    if master_id not in frames:
        raise ValueError("a marker is in another recording's master")
    return Marker(master_id, _whole(part, "frame"), _text(part, "label", ""))


def _entry_from(part: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(_time(part, "at"), _text(part, "kind"), _text(part, "detail", ""))


def _edits_from(
    part: Mapping[str, Any], key: str, frames: Mapping[str, int], problems: list[str]
) -> tuple[Segment, ...]:
    """An edit list, whole or not at all: with a part left out it would be another one."""
    try:
        return _segments_from(part.get(key, []), frames)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        problems.append(f"{key!r} makes no sense: {_words(error)}")
        return ()


def _step_from(part: Mapping[str, Any], frames: Mapping[str, int]) -> tuple[int, EditStep]:
    segments = _segments_from(part["segments"], frames)
    return _whole(part, "number"), EditStep(_text(part, "name"), _time(part, "at"), segments)


def _segments_from(parts: Iterable[Any], frames: Mapping[str, int]) -> tuple[Segment, ...]:
    segments = tuple(map(segment_from, parts))
    if any(segment.to_frame > frames.get(segment.master_id, 0) for segment in segments):
        raise ValueError("it has a part that no master of the recording has")
    return segments
