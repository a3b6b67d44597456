"""Where sound comes out: the output that the settings name, else the system's default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from voice_recorder.ui.input_watch import quiet_multimedia

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioOutput, QMediaDevices


class SoundOutput(QObject):
    """Owns the QAudioOutput. QtMultimedia is loaded by ``ready``."""

    unplugged = Signal(str)
    """The output of this name, which was in use, is gone."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._name = ""
        self._output: QAudioOutput | None = None
        self._devices: QMediaDevices | None = None
        self._in_use: QAudioDevice | None = None

    def choose(self, name: str) -> None:
        """Play through the output of this name; empty, or one that is not there, means the default."""
        self._name = name
        if self._output is not None:
            self._follow()

    def set_muted(self, muted: bool) -> None:
        """Whether nothing is to be heard."""
        if self._output is not None:
            self._output.setMuted(muted)

    def ready(self) -> QAudioOutput | None:
        """The output, set to a device that is there; None when this computer has none."""
        quiet_multimedia()
        from PySide6.QtMultimedia import QAudioOutput, QMediaDevices

        if not QMediaDevices.audioOutputs():
            return None
        if self._output is None:
            self._output = QAudioOutput(self)
            self._devices = QMediaDevices(self)
            self._devices.audioOutputsChanged.connect(self._on_outputs)
        self._follow()
        return self._output

    def _follow(self) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        assert self._output is not None
        there = QMediaDevices.audioOutputs()
        named = [device for device in there if device.description() == self._name]
        device = named[0] if named else QMediaDevices.defaultAudioOutput()
        if there and device != self._in_use:
            self._in_use = device
            self._output.setDevice(device)

    @Slot()
    def _on_outputs(self) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        gone = self._in_use
        if gone is not None and gone.id() not in [device.id() for device in QMediaDevices.audioOutputs()]:
            self._in_use = None
            self.unplugged.emit(gone.description())
        self._follow()
