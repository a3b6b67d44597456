"""Tells when a microphone is plugged in. QtMultimedia is loaded in a lane, once the window stands."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import PySide6
from PySide6.QtCore import QLibrary, QLoggingCategory, QObject, QTimer, Signal, Slot

from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaDevices

AFTER_START_MS = 2500
_BLOCK_BYTES = 1 << 20
_FOLDERS = (".", "Qt/lib", "Qt/plugins/multimedia", "plugins/multimedia")
"""Where the wheel keeps libraries and plugins on one system or another, beside ``PySide6/__init__.py``."""
_LIBRARY = re.compile(
    r"(lib)?Qt6?Multimedia(\.abi3)?\.(so|pyd|dll)(\.\d+)?"
    r"|\w*mediaplugin\.(so|dll|dylib)"
    r"|(lib)?(av|sw)[a-z]+[.-](so\.)?\d+(\.dylib|\.dll)?"
)


def quiet_multimedia() -> None:
    """Call before QtMultimedia is used. It tells on stderr which FFmpeg it brought along, and warns where
    PipeWire's library, which serves only to film the screen, is not installed: neither concerns anybody.
    """
    QLoggingCategory.setFilterRules("qt.multimedia.ffmpeg.info=false\nqt.multimedia.symbolsresolver=false")


def load_multimedia(cancel: threading.Event, _report: Progress) -> None:
    """Import QtMultimedia; for a lane.

    Its libraries are read once before: whoever loads one holds Python's lock, and from a cold disk that took
    seconds in which the window stood still. Reading a file does not hold it.
    """
    block = bytearray(_BLOCK_BYTES)
    for path in multimedia_libraries():
        with path.open("rb", buffering=0) as library:
            while library.readinto(block) and not cancel.is_set():
                pass
    if not cancel.is_set():
        from PySide6 import QtMultimedia  # noqa: F401

        for plugin in filter(lambda path: "plugin" in path.name, multimedia_libraries()):
            QLibrary(
                str(plugin)
            ).load()  # with what it needs of the system; else the first device asks for it


def multimedia_libraries() -> list[Path]:
    """The files that make up QtMultimedia: the module, Qt's library, its plugins and FFmpeg's libraries."""
    wheel = Path(PySide6.__file__).parent
    files = [path for folder in _FOLDERS for path in (wheel / folder).glob("*")]
    return [path for path in files if _LIBRARY.fullmatch(path.name) and path.is_file()]


class InputWatch(QObject):
    """Emits when the system's list of inputs changes, as far as Qt hears of it."""

    inputs_changed = Signal()

    def __init__(self, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._lane = lane
        self._devices: QMediaDevices | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_START_MS)
        self._timer.timeout.connect(self._begin)

    def start(self) -> None:
        """Begin to watch in a while."""
        self._timer.start()

    @Slot()
    def _begin(self) -> None:
        quiet_multimedia()
        self._lane.post(load_multimedia, self._watch)

    def _watch(self, _loaded: None) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        self._devices = QMediaDevices(self)
        self._devices.audioInputsChanged.connect(self.inputs_changed)


def output_names() -> list[str]:
    """The outputs of this machine, as the setting ``audio.output_device`` names them."""
    quiet_multimedia()
    from PySide6.QtMultimedia import QMediaDevices

    return [device.description() for device in QMediaDevices.audioOutputs()]
