"""What keys do on a waveform that has the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from voice_recorder.ui.waveform import Waveform

SMALL_STEP_S = 5.0
LARGE_STEP_S = 30.0
_EXTENDING = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


def press(wave: Waveform, event: QKeyEvent) -> bool:
    """Do what a key stands for; whether it was one of ours."""
    key = Qt.Key(event.key())
    places, acts = _places(wave), _acts(wave)
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and key in _EXTENDING:
        _extend_selection(wave, key)
    elif key in places:
        wave.seek(places[key])
    elif key in acts:
        acts[key]()
    elif key == Qt.Key.Key_Escape and wave.selection is not None:
        wave.clear_selection()
    else:
        return False
    return True


def _places(wave: Waveform) -> dict[Qt.Key, float]:
    at = wave.position_s
    return {
        Qt.Key.Key_Left: at - SMALL_STEP_S,
        Qt.Key.Key_Right: at + SMALL_STEP_S,
        Qt.Key.Key_PageUp: at - LARGE_STEP_S,
        Qt.Key.Key_PageDown: at + LARGE_STEP_S,
        Qt.Key.Key_Home: 0.0,
        Qt.Key.Key_End: wave.duration_s,
    }


def _acts(wave: Waveform) -> dict[Qt.Key, Callable[[], None]]:
    return {
        Qt.Key.Key_Plus: wave.zoom_in, Qt.Key.Key_Equal: wave.zoom_in,
        Qt.Key.Key_Minus: wave.zoom_out, Qt.Key.Key_0: wave.zoom_to_fit,
    }  # fmt: skip


def _extend_selection(wave: Waveform, key: Qt.Key) -> None:
    """Move the end of the selection that was moved last; it begins at the cursor."""
    start, end = wave.selection or (wave.position_s, wave.position_s)
    fixed, moving = (end, start) if wave.mouse.moves_start else (start, end)
    step = wave.view.ruler_step_s / 5
    moving = {
        Qt.Key.Key_Left: moving - step, Qt.Key.Key_Right: moving + step,
        Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: wave.duration_s,
    }[key]  # fmt: skip
    wave.mouse.moves_start = moving < fixed
    wave.select(fixed, moving)
