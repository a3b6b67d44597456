"""One key that records and stops while another program has the keyboard, where the system lends one."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.global_key import parsed
from voice_recorder.ui.global_portal import PortalKey
from voice_recorder.ui.global_windows import WindowsKey
from voice_recorder.ui.global_x11 import X11Key
from voice_recorder.ui.language import tr

Held = X11Key | PortalKey | WindowsKey


def way_of_system() -> type[Held] | None:
    """How this system lends a key; None where it lends none."""
    platform = QGuiApplication.platformName()
    if platform == "windows":
        return WindowsKey
    if sys.platform.startswith("linux"):
        if platform.startswith("wayland") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
            return PortalKey
        if platform == "xcb":
            return X11Key
    return None


def note_for_settings() -> tuple[str, bool]:
    """What to say below the setting, and whether the setting can be used at all."""
    way = way_of_system()
    if way is None:
        return tr("This system lends no key to a program that is in the background."), False
    if way is PortalKey:
        return tr("Your desktop asks whether it may, and can give another key."), True
    return "", True


class GlobalShortcut(QObject):
    """Holds at most one key. What keeps it from being held is told by ``refused``."""

    pressed = Signal()
    refused = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._text = ""
        self._held: Held | None = None

    def choose(self, text: str) -> None:
        """Hold the key of the setting ``shortcuts.global_record``, or none with an empty one."""
        if text == self._text:
            return
        self.release()
        self._text = text
        way = way_of_system()
        if not text or way is None:
            return
        try:
            held = way(parsed(text))
        except VoiceRecorderError as error:
            self.refused.emit(error)
            return
        held.pressed.connect(self.pressed)
        if isinstance(held, PortalKey):
            held.refused.connect(self.refused)
        self._held = held

    def release(self) -> None:
        """Give the key back."""
        if self._held is not None:
            self._held.release()
        self._held, self._text = None, ""
