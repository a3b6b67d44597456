"""What the window does to recordings: small changes, each in a lane, each followed by a fresh look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from voice_recorder.domain.errors import LibraryBusy, VoiceRecorderError
from voice_recorder.ui.phrases import items, joined
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
    trashed = Signal(object, str)
    """The ids that are now in the trash, and a sentence."""
    told = Signal(str)

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

    def set_favourite(self, recording_id: str, favourite: bool) -> None:
        """Add to the favourites, or take away from them."""
        self._do(plain(self._services.library.set_favourite, recording_id, favourite))

    def set_archived(self, recording_id: str, archived: bool) -> None:
        """Take out of the main list, or back into it."""
        self._do(plain(self._services.library.set_archived, recording_id, archived))

    def delete(self, ids: Sequence[str]) -> None:
        """Move to the trash."""
        self._lane.post(plain(self._services.trash.delete, list(ids)), self._on_deleted, self._on_failed)

    def restore(self, ids: Sequence[str]) -> None:
        """Take out of the trash."""
        self._lane.post(plain(self._services.trash.restore, list(ids)), self._on_restored, self._on_failed)

    def delete_for_ever(self, ids: Sequence[str]) -> None:
        """Remove from the trash and the disk; whoever calls this has asked."""
        self._lane.post(
            plain(self._services.trash.delete_for_ever, list(ids)), self._on_removed, self._on_failed
        )

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

    def _on_deleted(self, results: Sequence[Any] | None) -> None:
        done = self._report(results, "could not be moved to the trash")
        if done:
            verb = "is" if len(done) == 1 else "are"
            self.trashed.emit(done, f"{items(len(done), 'recording')} {verb} in the trash.")

    def _on_restored(self, results: Sequence[Any] | None) -> None:
        done = self._report(results, "could not be restored")
        if done:
            verb = "is" if len(done) == 1 else "are"
            self.told.emit(f"{items(len(done), 'recording')} {verb} back in the library.")

    def _on_removed(self, results: Sequence[Any] | None) -> None:
        done = self._report(results, "could not be deleted")
        if done:
            verb = "was" if len(done) == 1 else "were"
            self.told.emit(f"{items(len(done), 'recording')} {verb} deleted for ever.")

    def _report(self, results: Sequence[Any] | None, what: str) -> list[str]:
        results = results or ()
        self.changed.emit()
        errors = [str(r.error) for r in results if not r.ok]
        if errors:
            self.failed.emit(
                VoiceRecorderError(f"{items(len(errors), 'recording')} {what}.", joined(errors, 3))
            )
        return [r.id for r in results if r.ok]

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self.changed.emit()
        self.failed.emit(error)
