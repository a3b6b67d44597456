"""The steps of an edit history as rows of the table ``edit_steps``."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from voice_recorder.domain.edit_history import EditHistory, EditStep
from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Recording, Segment
from voice_recorder.domain.words import tr
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


def with_edit(
    stored: StoredSteps, name: str, before: Sequence[Segment], after: Sequence[Segment]
) -> EditHistory:
    """The stored history with one more step, which made ``after`` of ``before``."""
    history, now = stored.history, datetime.now(UTC)
    if not stored.numbers:
        first = FIRST_STEP if stored.last is None else _FIRST_AGAIN
        history = history.with_step(EditStep(first, now, tuple(before)))
    return history.with_step(EditStep(name, now, tuple(after)))


def store_steps(connection: Connection, key: int, stored: StoredSteps, history: EditHistory) -> None:
    """Let the rows say ``history``, which was made of the stored one; those that cannot be read stay."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(stored.history.steps, history.steps, strict=False))
    numbers = list(stored.numbers[: len(list(pairs))])
    dropped = stored.numbers[len(numbers) :]
    if dropped:
        connection.execute(delete(t.edit_steps).where(_s.recording_key == key, _s.number >= dropped[0]))
    last = numbers[-1] if numbers else stored.last
    for step in history.steps[len(numbers) :]:
        last = 0 if last is None else last + 1
        _insert(connection, key, last, step)
        numbers.append(last)
    touch(connection, [key], edit_number=numbers[history.current])


def require_readable(stored: StoredSteps) -> None:
    """EditRefused when there are steps that cannot be read."""
    if not stored.is_readable:
        raise EditRefused(
            tr("The earlier edits of this recording cannot be read."),
            tr("It was left as it is; perhaps a newer version of the program made them."),
        )


def _checked(segments: tuple[Segment, ...], frames: Mapping[str, int]) -> tuple[Segment, ...]:
    """The same segments; ValueError when there are none or they refer to what the recording does not have."""
    if not segments or any(s.to_frame > frames.get(s.master_id, 0) for s in segments):
        raise ValueError("it is no edit list of this recording")
    return segments


def _insert(connection: Connection, key: int, number: int, step: EditStep) -> None:
    row: dict[str, Any] = {
        "recording_key": key, "number": number, "name": step.name, "at_ms": to_ms(step.at),
        "segments": segments_json(step.segments),
    }  # fmt: skip
    connection.execute(insert(t.edit_steps).values(row))
