"""Three seconds of level meter, and what they showed, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.phrases import is_fit, microphone_verdict
from voice_recorder.ui.said import said
from voice_recorder.workers.lane import Lane, plain

if TYPE_CHECKING:
    from voice_recorder.services import Services

TEST_MS = 3000
POLL_MS = 40


class MicrophoneTest(QObject):
    """Holds the microphone while it runs and gives it back afterwards."""

    started = Signal()
    levels_changed = Signal(object, object)
    ended = Signal(str)
    """The verdict, or why there was none."""

    def __init__(self, services: Services, lane: Lane) -> None:
        super().__init__()
        self._services = services
        self._lane = lane
        self._meter: Any = None
        self._opening = False
        self._given_up = False
        self.in_order = True
        """Whether the last test found nothing to mend."""
        self._loudest: float | None = None
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether the microphone is being tried."""
        return self._opening or self._meter is not None

    @Slot()
    def start(self) -> None:
        """Open the microphone of the settings, in a lane."""
        if self.running:
            return
        self._opening = True
        self._given_up = False
        self._loudest = None
        device = self._services.settings.current.audio_device or None
        self.started.emit()
        self._lane.post(plain(self._services.takes.open_meter, device), self._on_opened, self._on_failed)

    def give_up(self) -> None:
        """End without a verdict, because the microphone is needed for a take."""
        self._given_up = True
        if self._meter is not None:
            self._end("")

    @Slot()
    def _poll(self) -> None:
        if self._meter is None:
            return
        peak, rms = self._meter.levels()
        if peak is not None and (self._loudest is None or peak > self._loudest):
            self._loudest = peak
        self.levels_changed.emit(peak, rms)
        if self._clock.elapsed() >= TEST_MS:
            self.in_order = is_fit(self._loudest)
            self._end(microphone_verdict(self._loudest))

    def _end(self, verdict: str) -> None:
        self._timer.stop()
        meter, self._meter = self._meter, None
        self._lane.post(plain(meter.close))
        self.ended.emit(verdict)

    def _on_opened(self, meter: Any) -> None:
        self._opening = False
        self._meter = meter
        if meter is None:
            self.ended.emit("")
        elif self._given_up:
            self._end("")
        else:
            self._clock.start()
            self._timer.start()

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._opening = self.in_order = False
        self.ended.emit(said(error))
