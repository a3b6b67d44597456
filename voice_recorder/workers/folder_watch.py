"""Notices while the window is open that the recordings folder goes, comes back, or may not be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from voice_recorder.domain.errors import RecordingsAway, VoiceRecorderError
from voice_recorder.workers.lane import Lane, plain

if TYPE_CHECKING:
    from voice_recorder.services import Services

LOOK_EVERY_MS = 2000


class FolderWatch(QObject):
    """Looks every two seconds: a disk that is unmounted tells nobody."""

    went_away = Signal(object)
    """RecordingsAway: the folder is not there."""
    came_back = Signal()
    rights_changed = Signal()

    def __init__(self, services: Services, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._lane = lane
        self._looking = False
        self._away = False
        self._writable = True
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Look from now on."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Look now, unless that is being done."""
        if not self._looking:
            self._looking = True
            work = plain(self._services.preflight.look_at_folder)
            self._lane.post(work, self._on_there, self._on_failed)

    def _on_there(self, writable: bool | None) -> None:
        self._looking = False
        if self._away:
            self._away = False
            self.came_back.emit()
        if writable is not None and writable != self._writable:
            self._writable = writable
            self.rights_changed.emit()

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._looking = False
        if isinstance(error, RecordingsAway) and not self._away:  # a busy library is asked again
            self._away = True
            self.went_away.emit(error)
