"""From the ids that people and commands use to the keys of rows, and what every change of a row notes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.rows import in_parts, to_ms

_r = t.recordings.c


def now_ms() -> int:
    """This moment."""
    return to_ms(datetime.now(UTC))


def key_of(connection: Connection, recording_id: str) -> int:
    """The key of the recording with this id, or with the only id that begins so; NotFound."""
    key: int | None = connection.scalar(select(_r.key).where(_r.id == recording_id))
    if key is not None:
        return key
    keys: Sequence[int] = ()
    if recording_id.isalnum():
        beginning = _r.id.startswith(recording_id, autoescape=True)
        keys = connection.scalars(select(_r.key).where(beginning).limit(2)).all()
    if len(keys) == 1:
        return keys[0]
    wanted = repr(recording_id)
    if keys:
        title = tr("More than one recording's id begins with {id}.", id=wanted)
    else:
        title = tr("There is no recording with the id {id}.", id=wanted)
    raise NotFound(title, tr("'list' shows the ids."))


def keys_of(connection: Connection, ids: Iterable[str]) -> Mapping[str, int | NotFound]:
    """The key of each of many recordings by the id that was given, or why it has none."""
    keys: dict[str, int | NotFound] = {}
    wanted = list(dict.fromkeys(ids))
    for part in in_parts(wanted):
        keys.update(
            (row.id, row.key) for row in connection.execute(select(_r.id, _r.key).where(_r.id.in_(part)))
        )
    for given in wanted:
        if given not in keys:
            try:
                keys[given] = key_of(connection, given)
            except NotFound as error:
                keys[given] = error
    return keys


def touch(connection: Connection, keys: Sequence[int], **values: Any) -> None:
    """Change columns of recordings, and note when."""
    for part in in_parts(keys):
        connection.execute(update(t.recordings).where(_r.key.in_(part)).values(updated_ms=now_ms(), **values))


def remember(connection: Connection, ids: Iterable[str], kind: str, detail: str = "") -> None:
    """Enter something into the history of recordings."""
    now = now_ms()
    rows = [{"recording_id": id_, "at_ms": now, "kind": kind, "detail": detail} for id_ in ids]
    if rows:
        connection.execute(insert(t.history), rows)
