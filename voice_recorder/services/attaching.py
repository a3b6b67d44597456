"""A finished take becomes part of the recording for which it was made."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice_recorder.domain.edit_history import clock
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import Recording
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

    EditRefused when the recording cannot be edited: what was not yet attached stays as it is, and no sound
    is lost at any time. NotFound for an id that is none.
    """
    before = editing.timeline(place.recording_id)
    takes = [editing.timeline(take_id) for take_id in take_ids]
    length_s = sum(take.duration_s for take in takes)
    start_s = before.duration_s if place.at_s is None else min(place.at_s, before.duration_s)
    if place.at_s is not None and place.until_s is not None:
        stretch = place.at_s, place.until_s
        recording = _replace(editing, place.recording_id, stretch, take_ids, before, takes)
        return Attached(recording, start_s, start_s + length_s)
    at_s = start_s
    for take_id, take in zip(take_ids, takes, strict=True):
        if place.at_s is None:
            recording = editing.append(place.recording_id, take_id)
        else:
            recording = editing.record_over(place.recording_id, at_s, take_id)
        at_s += take.duration_s
    return Attached(recording, start_s, at_s)


def _replace(
    editing: Editing,
    recording_id: str,
    stretch: tuple[float, float],
    take_ids: Sequence[str],
    before: Timeline,
    takes: Sequence[Timeline],
) -> Recording:
    """First the sound goes over, at the end; then one step takes it from there to its place.

    The steps between are taken back, so that one Undo brings back what was there before.
    """
    take = takes[0]
    for another in takes[1:]:
        take = take.append(another)
    edited = before.insert(stretch[1], take).cut(*stretch)
    for take_id in take_ids:
        editing.append(recording_id, take_id)
    for _ in take_ids:
        editing.undo(recording_id)
    name = f"Replaced {clock(before.duration + take.duration - edited.duration)} by {clock(take.duration)}"
    try:
        return editing.apply(recording_id, name, edited, before)
    except VoiceRecorderError:
        for _ in take_ids:
            editing.redo(recording_id)
        raise
