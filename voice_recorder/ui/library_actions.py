"""What the window does to recordings: small changes, each in a lane, each followed by a fresh look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from voice_recorder.domain.errors import LibraryBusy, VoiceRecorderError
from voice_recorder.workers.lane import Lane, plain
from voice_recorder.workers.worker import Progress, Work

if TYPE_CHECKING:
    from voice_recorder.services import Services

PATIENCE_S = 30.0
TRY_AGAIN_S = 0.5


def patient(function: Callable[..., Any], *arguments: Any) -> Work:
    """Work that waits for a library that another program holds: what was typed must not be typed again."""

    def work(cancel: threading.Event, _report: Progress) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return function(*arguments)
            except LibraryBusy:
                if time.monotonic() > deadline or cancel.wait(TRY_AGAIN_S):
                    raise

    return work


class LibraryActions(QObject):
    """Changes recordings and settings without blocking the window."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, services: Services, lane: Lane) -> None:
        super().__init__()
        self._services = services
        self._lane = lane

    def rename(self, recording_id: str, title: str) -> None:
        """Give another title."""
        self._do(patient(self._services.library.rename, recording_id, title))

    def set_notes(self, recording_id: str, notes: str) -> None:
        """Replace the notes."""
        self._do(patient(self._services.library.set_notes, recording_id, notes))

    def set_setting(self, key: str, value: object, done: Callable[[], None] | None = None) -> None:
        """Change a setting and store it."""

        def after(_settings: object) -> None:
            if done is not None:
                done()

        self._lane.post(plain(self._services.settings.set, key, value), after, self._on_failed)

    def _do(self, work: Work) -> None:
        self._lane.post(work, self._on_done, self._on_failed)

    def _on_done(self, _result: object) -> None:
        self.changed.emit()

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self.changed.emit()
        self.failed.emit(error)
