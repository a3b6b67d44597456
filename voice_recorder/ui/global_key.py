"""The key that records from anywhere, as the different systems want to hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from voice_recorder.domain.errors import ConfigurationError, VoiceRecorderError
from voice_recorder.ui.language import tr
from voice_recorder.ui.shortcuts import first_of

_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Meta": Qt.KeyboardModifier.MetaModifier,
}


class KeyTaken(VoiceRecorderError):
    """The key cannot be had, because another program holds it or the desktop refuses."""


@dataclass(frozen=True)
class GlobalKey:
    """One key with its modifiers (``Ctrl``, ``Alt``, ``Shift``, ``Meta``); ``name`` as Qt writes it."""

    name: str
    modifiers: frozenset[str]
    shown: str


def parsed(text: str) -> GlobalKey:
    """The key that a setting names. ConfigurationError for one that would be taken from all programs."""
    sequence = QKeySequence(text)
    refused = tr("{key} cannot record from anywhere.", key=text)
    if sequence.count() != 1 or first_of(sequence).key() is Qt.Key.Key_unknown:
        raise ConfigurationError(refused, tr("It takes one key, such as Ctrl+Alt+R."))
    pressed = first_of(sequence)
    modifiers = frozenset(n for n, value in _MODIFIERS.items() if pressed.keyboardModifiers() & value)
    name = QKeySequence(pressed.key()).toString()
    is_function_key = Qt.Key.Key_F1 <= pressed.key() <= Qt.Key.Key_F35
    if not is_function_key and not modifiers & {"Ctrl", "Alt", "Meta"}:
        advice = tr("Other programs would lack it; hold Ctrl, Alt or the system's key with it.")
        raise ConfigurationError(refused, advice)
    return GlobalKey(name, modifiers, sequence.toString(QKeySequence.SequenceFormat.NativeText))


def taken(key: GlobalKey) -> KeyTaken:
    """What to say when another program holds the key."""
    return KeyTaken(
        tr("{key} cannot record from anywhere: another program holds it.", key=key.shown),
        tr("Choose another key in the settings, or free it there."),
    )
