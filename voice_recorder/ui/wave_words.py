"""What a waveform says: under the pointer, and to a screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import spoken_length
from voice_recorder.ui.wave_view import exact_clock

if TYPE_CHECKING:
    from voice_recorder.ui.waveform import Waveform


def hint(wave: Waveform, at: QPoint) -> str:
    """The marker that is here, else the second."""
    flag = wave.mouse.flag_at(at, anywhere=True)
    if flag is None:
        return exact_clock(wave.second_at(at.x()))
    if flag.label:
        return tr("Marker: {label}", label=flag.label)
    return tr("Marker at {place}", place=exact_clock(flag.at_s))


def description(wave: Waveform) -> str:
    """Where the cursor is, and what is selected."""
    place, whole = spoken_length(wave.position_s), spoken_length(wave.duration_s)
    words = tr("{place} of {whole}; arrow keys move five seconds", place=place, whole=whole)
    if wave.selection is None:
        return words
    start, end = wave.selection
    return f"{words}; " + tr(
        "{length} selected, from {start} to {end}",
        length=exact_clock(end - start), start=exact_clock(start), end=exact_clock(end),
    )  # fmt: skip
