"""Tells when a microphone is plugged in. QtMultimedia is loaded only once the window stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLoggingCategory, QObject, QTimer, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaDevices

AFTER_START_MS = 2500


def quiet_multimedia() -> None:
    """Call before QtMultimedia is used. It tells on stderr which FFmpeg it brought along, and warns where
    PipeWire's library, which serves only to film the screen, is not installed: neither concerns anybody.
    """
    QLoggingCategory.setFilterRules("qt.multimedia.ffmpeg.info=false\nqt.multimedia.symbolsresolver=false")


class InputWatch(QObject):
    """Emits when the system's list of inputs changes, as far as Qt hears of it."""

    inputs_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
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
        from PySide6 import QtMultimedia  # noqa: F401

        QTimer.singleShot(0, self, self._watch)  # loading it took a moment already

    @Slot()
    def _watch(self) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        self._devices = QMediaDevices(self)
        self._devices.audioInputsChanged.connect(self.inputs_changed)


def output_names() -> list[str]:
    """The outputs of this machine, as the setting ``audio.output_device`` names them."""
    quiet_multimedia()
    from PySide6.QtMultimedia import QMediaDevices

    return [device.description() for device in QMediaDevices.audioOutputs()]
