"""Edit lists as JSON and as rows of the table ``segments``."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from voice_recorder.domain.recording import Ramp, Segment
from voice_recorder.storage import schema as t


def segment_document(segment: Segment) -> dict[str, Any]:
    """A segment as JSON has it; ``segment_from`` reads it."""
    document: dict[str, Any] = {
        "master": segment.master_id, "from": segment.from_frame, "to": segment.to_frame,
    }  # fmt: skip
    if segment.gains:
        document["gains"] = [[gain.start, gain.end] for gain in segment.gains]
    if segment.noise_reduced:
        document["noise_reduced"] = True
    return document


def segment_from(document: Any) -> Segment:
    """What ``segment_document`` made. ValueError for anything else, as an edited sidecar may hold."""
    try:
        master_id, start, end = document["master"], document["from"], document["to"]
        gains = tuple(Ramp(float(a), float(b)) for a, b in document.get("gains", ()))
        reduced = document.get("noise_reduced", False)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no segment: {document!r}") from error
    right = isinstance(master_id, str) and type(start) is int and type(end) is int and 0 <= start < end
    levels = [level for gain in gains for level in (gain.start, gain.end)]
    if not right or not isinstance(reduced, bool) or not all(math.isfinite(x) and x >= 0 for x in levels):
        raise ValueError(f"this is no segment: {document!r}")
    return Segment(master_id, start, end, gains, reduced)


def segments_json(segments: Iterable[Segment]) -> str:
    """An edit list as JSON text."""
    return json.dumps([segment_document(segment) for segment in segments], separators=(",", ":"))


def segments_from_json(text: str) -> tuple[Segment, ...]:
    """The edit list in ``text``. ValueError when there is none."""
    try:
        documents = json.loads(text)
    except RecursionError as error:
        raise ValueError("this is no edit list") from error
    if not isinstance(documents, list):
        raise ValueError("this is no edit list")
    return tuple(map(segment_from, documents))


def replace_segments(
    connection: Connection, recording_key: int, segments: Iterable[Segment], master_keys: Mapping[str, int]
) -> None:
    """Let a recording have this edit list; ``master_keys`` has the key of every master by its id."""
    connection.execute(delete(t.segments).where(t.segments.c.recording_key == recording_key))
    for position, segment in enumerate(segments):
        row: dict[str, Any] = {
            "recording_key": recording_key, "position": position,
            "master_key": master_keys[segment.master_id],
            "from_frame": segment.from_frame, "to_frame": segment.to_frame,
            "gains": _gains_json(segment.gains), "noise_reduced": segment.noise_reduced,
        }  # fmt: skip
        connection.execute(insert(t.segments).values(row))


def read_segments(connection: Connection, keys: Sequence[int]) -> Mapping[int, list[Segment]]:
    """The edit lists of the recordings with these keys."""
    c = t.segments.c
    rows = connection.execute(
        select(c.recording_key, t.masters.c.id, c.from_frame, c.to_frame, c.gains, c.noise_reduced)
        .join(t.masters, t.masters.c.key == c.master_key)
        .where(c.recording_key.in_(keys))
        .order_by(c.recording_key, c.position)
    )
    segments: defaultdict[int, list[Segment]] = defaultdict(list)
    for key, master_id, start, end, gains, reduced in rows:
        ramps = tuple(Ramp(*pair) for pair in json.loads(gains)) if gains else ()
        segments[key].append(Segment(master_id, start, end, ramps, bool(reduced)))
    return segments


def _gains_json(gains: Sequence[Ramp]) -> str:
    return json.dumps([[gain.start, gain.end] for gain in gains]) if gains else ""
