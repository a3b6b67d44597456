"""A key that is ours wherever it is pressed, on an X display."""

from __future__ import annotations

from itertools import product
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

from voice_recorder.ui.global_key import GlobalKey, KeyTaken, taken
from voice_recorder.ui.language import tr

_MASKS = {"Shift": 1, "Ctrl": 4, "Alt": 8, "Meta": 64}
_LOCKS = (2, 16)
"""Caps Lock and Num Lock count as modifiers; the key works with each of them on or off."""
_KEYSYMS = {
    "Space": "space", "Ins": "Insert", "Del": "Delete", "PgUp": "Prior", "PgDown": "Next",
    "Backspace": "BackSpace", "Esc": "Escape", "Enter": "KP_Enter", "Media Play": "XF86_AudioPlay",
    "Media Record": "XF86_AudioRecord",
    ",": "comma", ".": "period", "-": "minus", "+": "plus", "=": "equal", ";": "semicolon", "/": "slash",
}  # fmt: skip


class X11Key(QObject):
    """Holds a key by a connection of its own to the display. KeyTaken when it cannot be had."""

    pressed = Signal()

    def __init__(self, key: GlobalKey) -> None:
        super().__init__()
        from Xlib import error
        from Xlib.display import Display

        self._released_at = -1
        try:
            self._display: Any = Display()
        except (error.DisplayError, OSError) as reason:
            raise KeyTaken(tr("The display lends no keys."), str(reason)) from reason
        try:
            self._grab(key)
        except KeyTaken:
            self._display.close()
            raise
        self._notifier = QSocketNotifier(self._display.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def release(self) -> None:
        """Give the key back to everybody."""
        self._notifier.setEnabled(False)
        self._display.close()

    def _grab(self, key: GlobalKey) -> None:
        from Xlib import XK, X, error

        if {"Ctrl", "Alt"} <= key.modifiers and key.name.startswith("F") and len(key.name) > 1:
            raise taken(key)  # the display keeps these for changing to a text console
        name = _KEYSYMS.get(key.name, key.name.lower() if len(key.name) == 1 else key.name)
        XK.load_keysym_group("xf86")
        code = self._display.keysym_to_keycode(XK.string_to_keysym(name))
        if not code:
            raise KeyTaken(
                tr("{key} cannot record from anywhere: this keyboard lacks it.", key=key.shown),
                tr("Choose another key in the settings."),
            )
        root = self._display.screen().root
        mask = sum(_MASKS[name] for name in key.modifiers)
        refused = error.CatchError(error.BadAccess)
        for locks in product(*((0, lock) for lock in _LOCKS)):
            root.grab_key(code, mask | sum(locks), False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
        self._display.sync()
        if refused.get_error() is not None:
            raise taken(key)

    @Slot()
    def _read(self) -> None:
        from Xlib import X, error

        try:
            while self._display.pending_events():
                event = self._display.next_event()
                if event.type == X.KeyRelease:
                    self._released_at = event.time
                elif event.type == X.KeyPress and event.time != self._released_at:  # else it is held down
                    self.pressed.emit()
        except (error.ConnectionClosedError, OSError):
            self._notifier.setEnabled(False)  # the display goes, and so does the window
