"""Markers and the seconds at which they are heard: flags for the waveform, places for the library."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.hits import Hit
from voice_recorder.domain.recording import Marker, Recording
from voice_recorder.ui.waveform import Flag

Markers = tuple[Marker, ...]


def flags(recording: Recording, markers: Sequence[Marker], hits: Collection[Hit] = ()) -> list[Flag]:
    """Where the markers are heard, in order; one whose sound was cut out has no flag, and is kept.

    ``hits`` are the places that a search found.
    """
    timeline = Timeline.of(recording)
    known = {segment.master_id for segment in timeline.segments}
    found = [
        Flag(float(second), marker.label, number, Hit(float(second), marker.label) in hits)
        for number, marker in enumerate(markers)
        if marker.master_id in known
        for second in timeline.seconds_of(marker.master_id, marker.frame)
    ]
    return sorted(found, key=lambda flag: (flag.at_s, flag.number))


def added(recording: Recording, markers: Markers, at_s: float, label: str = "") -> Markers:
    """With one more at ``at_s``. EditRefused for a recording without sound."""
    place = Timeline.of(recording).place_at(at_s)
    return (*markers, Marker(place.master_id, place.frame, label))


def moved(recording: Recording, markers: Markers, number: int, at_s: float) -> Markers:
    """With one elsewhere."""
    place = Timeline.of(recording).place_at(at_s)
    return _changed(markers, number, replace(markers[number], master_id=place.master_id, frame=place.frame))


def renamed(markers: Markers, number: int, label: str) -> Markers:
    """With another label for one."""
    return _changed(markers, number, replace(markers[number], label=label))


def without(markers: Markers, number: int) -> Markers:
    """With one less."""
    return (*markers[:number], *markers[number + 1 :])


def _changed(markers: Markers, number: int, marker: Marker) -> Markers:
    return (*markers[:number], marker, *markers[number + 1 :])
