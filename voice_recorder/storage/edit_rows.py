"""The steps of an edit history as rows of the table ``edit_steps``."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select

from voice_recorder.domain.edit_history import EditHistory, EditStep
from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Recording, Segment
from voice_recorder.storage import schema as t
from voice_recorder.storage.keys import touch
from voice_recorder.storage.rows import from_ms, to_ms
from voice_recorder.storage.segments import segments_from_json, segments_json

_log = logging.getLogger(__name__)
_s = t.edit_steps.c
FIRST_STEP = "As recorded"
_FIRST_AGAIN = "As it was"


@dataclass(frozen=True)
class StoredSteps:
    """The history of a recording as its rows have it, with the ``numbers`` of its steps.

    ``last`` is the highest number of all rows, those included that cannot be read; None without any.
    """

    history: EditHistory
    numbers: Sequence[int]
    last: int | None

    @property
    def is_readable(self) -> bool:
        """Whether the history says all that the rows do, or there are none."""
        return bool(self.numbers) or self.last is None


def read_steps(
    connection: Connection, key: int, recording: Recording, heard: Sequence[Segment]
) -> StoredSteps:
    """The steps of ``recording``, of which ``heard`` is heard.

    Only those behind the last row that cannot be read; none when what is heard is not among them.
    """
    rows = connection.execute(
        select(_s.number, _s.name, _s.at_ms, _s.segments).where(_s.recording_key == key).order_by(_s.number)
    ).all()
    frames = {master.id: master.frames for master in recording.masters}
    steps: dict[int, EditStep] = {}
    for number, name, at_ms, text in rows:
        try:
            steps[number] = EditStep(name, from_ms(at_ms), _checked(segments_from_json(text), frames))
        except (ValueError, TypeError, OverflowError) as error:
            _log.warning("step %s of the edits of %s cannot be read: %s", number, recording.id, error)
            steps.clear()
    current = connection.scalar(select(t.recordings.c.edit_number).where(t.recordings.c.key == key))
    last = rows[-1].number if rows else None
    if current not in steps or steps[current].segments != tuple(heard):
        return StoredSteps(EditHistory(), (), last)
    numbers = list(steps)
    return StoredSteps(EditHistory(tuple(steps.values()), numbers.index(current)), numbers, last)


def add_step(
    connection: Connection,
    key: int,
    stored: StoredSteps,
    name: str,
    before: Sequence[Segment],
    after: Sequence[Segment],
) -> None:
    """Enter one more step, in place of those that were undone; rows that cannot be read stay."""
    if stored.numbers:
        number = stored.numbers[stored.history.current]
        connection.execute(delete(t.edit_steps).where(and_(_s.recording_key == key, _s.number > number)))
    else:
        number = 0 if stored.last is None else stored.last + 1
        _insert(connection, key, number, FIRST_STEP if number == 0 else _FIRST_AGAIN, before)
    _insert(connection, key, number + 1, name, after)
    touch(connection, [key], edit_number=number + 1)


def go_to(connection: Connection, key: int, stored: StoredSteps, history: EditHistory) -> None:
    """Let the step be heard that ``history``, the stored one undone or redone, says."""
    touch(connection, [key], edit_number=stored.numbers[history.current])


def require_readable(stored: StoredSteps) -> None:
    """EditRefused when there are steps that cannot be read."""
    if not stored.is_readable:
        raise EditRefused(
            "The earlier edits of this recording cannot be read.",
            "It was left as it is; perhaps a newer version of the program made them.",
        )


def _checked(segments: tuple[Segment, ...], frames: Mapping[str, int]) -> tuple[Segment, ...]:
    """The same segments; ValueError when there are none or they refer to what the recording does not have."""
    if not segments or any(s.to_frame > frames.get(s.master_id, 0) for s in segments):
        raise ValueError("it is no edit list of this recording")
    return segments


def _insert(connection: Connection, key: int, number: int, name: str, segments: Sequence[Segment]) -> None:
    row: dict[str, Any] = {
        "recording_key": key, "number": number, "name": name, "at_ms": to_ms(datetime.now(UTC)),
        "segments": segments_json(segments),
    }  # fmt: skip
    connection.execute(insert(t.edit_steps).values(row))
