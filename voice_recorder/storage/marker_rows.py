"""Markers as rows of the table ``markers``, and their names as words that the search finds."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, text, update

from voice_recorder.domain.recording import Marker
from voice_recorder.storage import schema as t
from voice_recorder.storage.rows import in_parts

_c = t.markers.c
_m = t.masters.c

# Those that are heard: without an edit list all of them, as ``Timeline.seconds_of`` has it.
_NAMES_HEARD = text(
    "SELECT coalesce(group_concat(label, char(10)), '') FROM markers WHERE recording_key = :key"
    " AND label <> '' AND (NOT EXISTS (SELECT 1 FROM segments WHERE recording_key = :key)"
    " OR EXISTS (SELECT 1 FROM segments WHERE recording_key = :key AND master_key = markers.master_key"
    " AND markers.frame BETWEEN from_frame AND to_frame))"
)
_SAY = text(f"UPDATE {t.SEARCH_TABLE} SET places = :names WHERE rowid = :key AND places IS NOT :names")


def read_markers(connection: Connection, key: int) -> list[Marker]:
    """The markers of a recording, as they were entered."""
    rows = select(_m.id, _c.frame, _c.label).join(t.masters, _m.key == _c.master_key)
    return [Marker(*row) for row in connection.execute(rows.where(_c.recording_key == key).order_by(_c.key))]


def replace_markers(connection: Connection, key: int, markers: Iterable[Marker]) -> None:
    """Let a recording have these markers and no others; their masters must be in the library."""
    gone = connection.execute(delete(t.markers).where(_c.recording_key == key)).rowcount
    markers = list(markers)
    keys: dict[str, int] = {}
    for part in in_parts(list({marker.master_id for marker in markers})):
        found = select(_m.id, _m.key).where(_m.id.in_(part))
        keys.update((row.id, row.key) for row in connection.execute(found))
    rows = [
        {"recording_key": key, "master_key": keys[m.master_id], "frame": m.frame, "label": m.label}
        for m in markers
    ]
    if rows:
        connection.execute(insert(t.markers), rows)
    if rows or gone:
        index_places(connection, [key])


def hand_over_markers(
    connection: Connection, givers: Sequence[int], taker: int, master_keys: Collection[int] | None = None
) -> None:
    """Let another recording have the markers of some, or only those on ``master_keys``."""
    where = [_c.recording_key.in_(givers)]
    if master_keys is not None:
        where.append(_c.master_key.in_(master_keys))
    connection.execute(update(t.markers).where(*where).values(recording_key=taker))
    index_places(connection, [*givers, taker])


def index_places(connection: Connection, keys: Iterable[int]) -> None:
    """Have the search find recordings by the names of the markers that are heard in them now.

    To be called whenever their markers or edit lists are others. What else has words at a place belongs here.
    """
    for key in keys:
        names = connection.scalar(_NAMES_HEARD, {"key": key})
        connection.execute(_SAY, {"key": key, "names": names})
