"""Edits in words: steps, loudness, lengths, and why there is nothing to edit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import Recording
from voice_recorder.ui.language import is_mirrored, tr
from voice_recorder.ui.phrases import clock, meta_line

if TYPE_CHECKING:
    from voice_recorder.services.editing import NormaliseAdvice

VERY_QUIET_LUFS, QUIET_LUFS, LOUD_LUFS = -32.0, -20.0, -13.0
HARDLY_DB = 0.5
"""Less than this nobody hears."""
HARDLY_S = 0.05


def step_words(name: str) -> str:
    """The name of a step, which the library keeps in English, in the window's language."""
    for pattern, words in _steps().items():
        found = re.fullmatch(pattern, name)
        if found is not None:
            return words(*found.groups())
    return name


def _steps() -> Mapping[str, Callable[..., str]]:
    return {
        "As recorded": lambda: tr("As recorded"),
        "Reduced noise": lambda: tr("Reduced noise"),
        "Noise as recorded": lambda: tr("Noise as recorded"),
        r"Trimmed to (.+)": lambda length: tr("Trimmed to {length}", length=length),
        r"Cut (.+)": lambda length: tr("Cut {length}", length=length),
        r"Split at (.+)": lambda place: tr("Split at {place}", place=place),
        r"Appended (.+)": lambda length: tr("Appended {length}", length=length),
        r"Inserted (.+) at (.+)": lambda length, place: tr(
            "Inserted {length} at {place}", length=length, place=place
        ),
        r"Recorded over (.+) at (.+)": lambda length, place: tr(
            "Recorded over {length} at {place}", length=length, place=place
        ),
        r"Replaced (.+) by (.+)": lambda old, new: tr("Replaced {old} by {new}", old=old, new=new),
        r"Faded in (.+)": lambda length: tr("Faded in {length}", length=length),
        r"Faded out (.+)": lambda length: tr("Faded out {length}", length=length),
        r"Normalised by (.+) dB": lambda gain: tr("Normalised by {gain} dB", gain=gain),
    }


def facts_line(recording: Recording) -> str:
    """Date, length, format and size in one line; of an edited recording also how much of it is heard."""
    line, edited = meta_line(recording), edited_words(recording)
    length = f" · {clock(recording.duration_s)} · "
    return line.replace(length, f" · {edited} · ", 1) if edited else line


def edited_words(recording: Recording) -> str:
    """How much of what was recorded is heard; empty for a recording that nobody has edited."""
    whole = Timeline.of(replace(recording, edit_list=()))
    if not recording.edit_list or recording.edit_list == whole.segments:
        return ""
    heard_s, whole_s = recording.duration_s, whole.duration_s
    if heard_s >= whole_s - HARDLY_S:
        return tr("edited: {heard}", heard=clock(heard_s))
    return tr("edited: {heard} of {whole}", heard=clock(heard_s), whole=clock(whole_s))


def heard_words(recording: Recording) -> str:
    """The same as a sentence; empty for a recording that nobody has edited."""
    if not edited_words(recording):
        return ""
    whole_s = Timeline.of(replace(recording, edit_list=())).duration_s
    words = tr(
        "Edited: {heard} of {whole} is heard.", heard=clock(recording.duration_s), whole=clock(whole_s)
    )
    return words + " " + tr("Everything that was recorded is kept.")


def is_worth_it(advice: NormaliseAdvice) -> bool:
    """Whether normalising would be heard, and would not only take something away."""
    return abs(advice.gain_db) >= HARDLY_DB and not (advice.limited and advice.gain_db < 0)


def loudness_words(advice: NormaliseAdvice) -> str:
    """How loud something is, and what normalising would make of it."""
    now = tr(
        "{level} LUFS, {words}.", level=_level(advice.loudness_lufs), words=_loudness(advice.loudness_lufs)
    )
    would = _level(advice.loudness_lufs + advice.gain_db)
    if not is_worth_it(advice):
        if advice.limited:
            return f"{now} " + tr("Its loudest peak leaves no room to make it louder.")
        return f"{now} " + tr("That is as loud as it should be.")
    if advice.limited:
        return f"{now} " + tr("It becomes {level} LUFS, limited by its loudest peak.", level=would)
    return f"{now} " + tr("It becomes {level} LUFS, as loud as most podcasts.", level=would)


def _loudness(lufs: float) -> str:
    if lufs < VERY_QUIET_LUFS:
        return tr("very quiet", "loudness")
    if lufs < QUIET_LUFS:
        return tr("quiet", "loudness")
    return tr("comfortable", "loudness") if lufs <= LOUD_LUFS else tr("loud", "loudness")


def _level(lufs: float) -> str:
    whole = round(lufs)
    mark = "\N{LEFT-TO-RIGHT MARK}" if is_mirrored() else ""
    return f"{mark}\N{MINUS SIGN}{-whole}" if whole < 0 else str(whole)
