"""Which microphones there are, kept true in the recorder bar while the window is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from voice_recorder.ui.input_watch import InputWatch
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.upkeep import Upkeep

if TYPE_CHECKING:
    from voice_recorder.audio.devices import InputDevice
    from voice_recorder.services import Services
    from voice_recorder.ui.recorder_bar import RecorderBar
    from voice_recorder.ui.take_control import TakeControl

LOOK_AGAIN_MS = 5000


class Microphones(QObject):
    """Asks again when one is plugged in, and every few seconds while there is none."""

    def __init__(
        self, services: Services, lane: Lane, upkeep: Upkeep, bar: RecorderBar, control: TakeControl,
        parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._services = services
        self._upkeep = upkeep
        self._bar = bar
        self._control = control
        self.inputs: tuple[InputDevice, ...] = ()
        self._watch = InputWatch(lane, self)
        self._watch.inputs_changed.connect(upkeep.list_inputs)
        self.look_again = QTimer(self)  # who waits for a microphone is not left to what Qt hears of it
        self.look_again.setSingleShot(True)
        self.look_again.setInterval(LOOK_AGAIN_MS)
        self.look_again.timeout.connect(upkeep.list_inputs)
        upkeep.inputs_listed.connect(self._on_inputs)
        bar.picker.opened.connect(upkeep.list_inputs)

    def start(self) -> None:
        """Look now, and whenever something is plugged in or out."""
        self._upkeep.list_inputs()
        self._watch.start()

    def stop(self) -> None:
        """Ask no more."""
        self.look_again.stop()

    @Slot(object)
    def _on_inputs(self, inputs: Sequence[InputDevice]) -> None:
        self.inputs = tuple(inputs)
        self._bar.show_inputs(self.inputs, self._services.settings.current.audio_device)
        self._control.listen()
        if not self.inputs:
            self.look_again.start()
