"""The keys of the window: every action is declared here once, with its text and its usual key.

The window binds its deeds to them, the menus and tool tips name them, the settings change them and
the help lists them. What differs from the usual stands as JSON in the setting ``shortcuts.keys``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from voice_recorder.ui.language import tr

_log = logging.getLogger(__name__)
_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
_FIRST_SPECIAL = 0x01000000
"""Keys below write a letter or sign; those from here on (F2, Delete, arrows) do not."""
_OF_CONTROLS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
"""Keys that press what has the focus: they are ours only where nobody else wants them."""


@dataclass(frozen=True)
class Action:
    """Something that a key does; ``usual`` is a key sequence as Qt writes it in any language."""

    id: str
    text: str
    usual: str


def actions() -> tuple[Action, ...]:
    """Everything in the window that has a key, in the order in which it is shown."""
    return (
        Action("record", tr("Record, or stop and save"), "R"),
        Action("marker", tr("Mark this moment of a recording"), "M"),
        Action("play", tr("Play or pause"), "Space"),
        Action("shuttle_back", tr("Slower, or two seconds back"), "J"),
        Action("shuttle_pause", tr("Pause"), "K"),
        Action("shuttle_on", tr("Play, then twice as fast"), "L"),
        Action("loop_start", tr("Loop from here (A)"), "A"),
        Action("loop_end", tr("Loop up to here (B)"), "B"),
        Action("loop_clear", tr("End the loop"), "Shift+B"),
        Action("trim", tr("Trim to the selection"), "Ctrl+T"),
        Action("undo", tr("Undo"), "Ctrl+Z"),
        Action("redo", tr("Redo"), "Ctrl+Shift+Z"),
        Action("rename", tr("Rename the recording"), "F2"),
        Action("delete", tr("Move to the trash; on the waveform, cut out what is selected"), "Del"),
        Action("search", tr("Search"), "Ctrl+F"),
        Action("hit_on", tr("Go to the next place found"), "F3"),
        Action("hit_back", tr("Go to the place found before"), "Shift+F3"),
        Action("import", tr("Import files"), "Ctrl+O"),
        Action("settings", tr("Settings"), "Ctrl+,"),
        Action("help", tr("Help"), "F1"),
        Action("quit", tr("Quit"), "Ctrl+Q"),
    )


def first_of(sequence: QKeySequence) -> QKeyCombination:
    """The first key of a sequence that is not empty."""
    first: QKeyCombination = sequence[0]  # type: ignore[index]  # its stub lacks what it can do
    return first


def is_single(key: str) -> bool:
    """Whether a key is one that writes, pressed alone: it must not act in a text field."""
    sequence = QKeySequence(key)
    if sequence.isEmpty():
        return False
    first = first_of(sequence)
    return not (first.keyboardModifiers() & _MODIFIERS) and first.key().value < _FIRST_SPECIAL


def _presses_controls(key: str) -> bool:
    return any(QKeySequence(key) == QKeySequence(pressing) for pressing in _OF_CONTROLS)


def native(key: str) -> str:
    """A key as it is written on this system; empty for none."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def keys_in_force(stored: str) -> dict[str, str]:
    """The key of every action by its id, empty for none; ``stored`` is the setting ``shortcuts.keys``.

    What makes no sense there counts as not set.
    """
    changed = _read(stored)
    return {action.id: changed.get(action.id, action.usual) for action in actions()}


def with_key(stored: str, action_id: str, key: str) -> str:
    """What the setting becomes when an action gets ``key``, or none with an empty one."""
    keys = {**keys_in_force(stored), action_id: QKeySequence(key).toString()}
    changed = {action.id: keys[action.id] for action in actions() if keys[action.id] != action.usual}
    return json.dumps(changed) if changed else ""


def refusal(stored: str, action_id: str, key: str, global_key: str = "") -> str:
    """Why an action cannot have ``key``, in words; empty when it can."""
    sequence = QKeySequence(key)
    if sequence.isEmpty():
        return ""
    taken = {k: QKeySequence(v) for k, v in keys_in_force(stored).items() if k != action_id}
    other = next((a for a in actions() if a.id in taken and taken[a.id] == sequence), None)
    if other is not None:
        return tr(
            "{key} is taken already: “{action}”. Give that another key first.",
            key=native(key),
            action=other.text,
        )
    if global_key and QKeySequence(global_key) == sequence:
        return tr("{key} is taken already: it records from anywhere.", key=native(key))
    return ""


def _read(stored: str) -> Mapping[str, str]:
    try:
        found = json.loads(stored or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        _log.warning("the setting shortcuts.keys makes no sense; the usual keys are in force")
        return {}
    return {str(name): key for name, key in found.items() if isinstance(key, str)}


class Shortcuts(QObject):
    """Joins the actions to what the window does, by the keys in force."""

    changed = Signal()
    """Other keys are in force."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._deeds: dict[str, Callable[[], object]] = {}
        self._bound: dict[str, QShortcut] = {}
        self._keys = keys_in_force("")
        self._single_keys = True

    def bind(self, action_id: str, deed: Callable[[], object], *, repeats: bool = False) -> None:
        """Have a key do ``deed``, a bound method of a QObject; over and over if it ``repeats``."""
        self._deeds[action_id] = deed
        shortcut = QShortcut(self._window)
        shortcut.setAutoRepeat(repeats)
        shortcut.activated.connect(deed)
        self._bound[action_id] = shortcut
        self._set(action_id)

    def apply(self, stored: str, *, single_keys: bool) -> None:
        """Put the settings in force: ``shortcuts.keys``, and whether single keys do anything."""
        self._keys, self._single_keys = keys_in_force(stored), single_keys
        for action_id in self._bound:
            self._set(action_id)
        self.changed.emit()

    def hint(self, action_id: str) -> str:
        """The key as tool tips and menus name it; empty while it does nothing."""
        return native(self._keys[action_id]) if self._works(action_id) else ""

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key stands for that nobody who has the focus wanted; whether it was one of ours."""
        if event.isAutoRepeat():
            return False
        pressed = QKeySequence(event.keyCombination())
        for action_id, deed in self._deeds.items():
            key = self._keys[action_id]
            if self._works(action_id) and _presses_controls(key) and pressed == QKeySequence(key):
                deed()
                return True
        return False

    def _works(self, action_id: str) -> bool:
        key = self._keys[action_id]
        return bool(key) and (self._single_keys or not is_single(key))

    def _set(self, action_id: str) -> None:
        key = self._keys[action_id]
        self._bound[action_id].setKey(QKeySequence(key))
        self._bound[action_id].setEnabled(self._works(action_id) and not _presses_controls(key))
