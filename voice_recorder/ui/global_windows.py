"""A key that is ours wherever it is pressed, on Windows."""

from __future__ import annotations

import sys

from PySide6.QtCore import QAbstractNativeEventFilter, QCoreApplication, QObject, Signal
from typing_extensions import override

from voice_recorder.ui.global_key import GlobalKey, taken

_WM_HOTKEY = 0x0312
_NO_REPEAT = 0x4000
_MASKS = {"Alt": 1, "Ctrl": 2, "Shift": 4, "Meta": 8}
_ID = 1
_VK_F1 = 0x70
_NAMED = {"Space": 0x20, "Ins": 0x2D, "Del": 0x2E, "PgUp": 0x21, "PgDown": 0x22, "Home": 0x24, "End": 0x23}


def virtual_key(name: str) -> int:
    """The virtual-key code of a key as Qt names it; 0 for one that has none of ours."""
    if name in _NAMED:
        return _NAMED[name]
    if len(name) == 1 and name.isascii() and name.isalnum():
        return ord(name.upper())
    if name[:1] == "F" and name[1:].isdigit():
        return _VK_F1 + int(name[1:]) - 1
    return 0


class _Messages(QAbstractNativeEventFilter):
    def __init__(self, key: WindowsKey) -> None:
        super().__init__()
        self._key = key

    @override
    def nativeEventFilter(self, kind: object, message: int) -> tuple[bool, int]:
        if sys.platform == "win32":
            from ctypes import wintypes

            told = wintypes.MSG.from_address(int(message))
            if told.message == _WM_HOTKEY and told.wParam == _ID:
                self._key.pressed.emit()
        return False, 0


class WindowsKey(QObject):
    """Holds a key for this thread. KeyTaken when it cannot be had."""

    pressed = Signal()

    def __init__(self, key: GlobalKey) -> None:
        super().__init__()
        if not self._register(key):
            raise taken(key)
        self._messages = _Messages(self)
        application = QCoreApplication.instance()
        assert application is not None
        application.installNativeEventFilter(self._messages)

    def release(self) -> None:
        """Give the key back to everybody."""
        application = QCoreApplication.instance()
        if application is not None:
            application.removeNativeEventFilter(self._messages)
        if sys.platform == "win32":
            import ctypes

            ctypes.windll.user32.UnregisterHotKey(None, _ID)

    def _register(self, key: GlobalKey) -> bool:
        if sys.platform == "win32":
            import ctypes

            code, mask = virtual_key(key.name), sum(_MASKS[name] for name in key.modifiers)
            return bool(code and ctypes.windll.user32.RegisterHotKey(None, _ID, mask | _NO_REPEAT, code))
        return False
