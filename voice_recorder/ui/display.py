"""Whether there is a display, asked before any of Qt is touched: a QApplication without one aborts."""

import os
import re
import socket
import sys
from pathlib import Path

_CONNECT_S = 2.0
_NEED_A_SERVER = ("xcb", "wayland")


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(";")[0].partition(":")[0]
    if platform and not platform.startswith(_NEED_A_SERVER):
        return True
    return _wayland_answers() or _x11_answers()


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    return _connects(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name))


def _x11_answers() -> bool:
    found = re.fullmatch(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?", os.environ.get("DISPLAY", ""))
    if found is None:
        return False
    number = int(found["number"])
    if found["host"] in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # where X servers listen by convention
        return _connects(path) or _connects(f"\0{path}")
    try:
        with socket.create_connection((found["host"], 6000 + number), _CONNECT_S):
            return True
    except OSError:
        return False


def _connects(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_CONNECT_S)
        try:
            client.connect(address)
        except OSError:
            return False
        return True
