"""A finished take becomes part of the recording for which it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_recorder.domain.recording import Recording

if TYPE_CHECKING:
    from voice_recorder.services.editing import Editing


@dataclass(frozen=True)
class TakePlace:
    """Where a take is to be heard in a recording, in seconds.

    Without ``at_s`` at the end; with it in the place of what was there from then on for as long as the take
    lasts; with ``until_s``, too, in the place of exactly that stretch, however long the take is.
    """

    recording_id: str
    at_s: float | None = None
    until_s: float | None = None


@dataclass(frozen=True)
class Attached:
    """The recording that has a take now, and from when to when it is heard."""

    recording: Recording
    start_s: float
    end_s: float


def attach_take(editing: Editing, place: TakePlace, take_ids: Sequence[str]) -> Attached:
    """Make a finished take, which may have split itself into several recordings, part of another one.

    EditRefused when the recording cannot be edited, NotFound for an id that is none: then all stays as it is.
    """
    before = editing.timeline(place.recording_id)
    length_s = sum(editing.timeline(take_id).duration_s for take_id in take_ids)
    start_s = before.duration_s if place.at_s is None else min(place.at_s, before.duration_s)
    recording = editing.attach(place.recording_id, take_ids, place.at_s, place.until_s)
    return Attached(recording, start_s, start_s + length_s)
