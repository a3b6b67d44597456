"""What moves in the list between two readings of the library, so that it need not be read every second."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from voice_recorder.domain.errors import NotFound, VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.ui.motion import Motion
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services

READ_ALL_EVERY_MS = 5_000


class Rows(Protocol):
    """The list that is kept alive."""

    def refresh(self) -> None:
        """Read everything again."""

    def ids_in_view(self) -> list[str]:
        """The recordings that can be seen."""

    def replace(self, recordings: Sequence[Recording]) -> None:
        """Show these recordings as they are now."""

    def touch(self, ids: Iterable[str]) -> None:
        """Draw the rows of these anew."""


class LiveRows(QObject):
    """Knows the motion of each recording, and reads again only what it must.

    While copies move, the library changes every second: then the rows in view are read, and all of it at most
    every five seconds.
    """

    renewed = Signal(object)
    """These recordings were read again."""

    def __init__(self, services: Services, lane: Lane, rows: Rows, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._lane = lane
        self._rows = rows
        self._motions: dict[str, Motion] = {}
        self._ended: dict[str, Motion] = {}
        self._others_move = False
        self._reading = False
        self._wanted: set[str] = set()
        self._read_at = QElapsedTimer()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._read_all)

    def motion(self, recording_id: str) -> Motion | None:
        """How a recording moves; what has just ended keeps its last until it was read again."""
        return self._motions.get(recording_id) or self._ended.get(recording_id)

    def show(self, motions: Mapping[str, Motion]) -> None:
        """Take over what moves now."""
        before, self._motions = self._motions, dict(motions)
        ended = before.keys() - self._motions.keys()
        self._rows.touch([i for i, motion in self._motions.items() if before.get(i) != motion])
        if ended:
            self._ended.update({i: before[i] for i in ended})
            self._read(ended)

    def set_others_move(self, others_move: bool) -> None:
        """Tell whether entries are under way, in whatever process."""
        self._others_move = others_move

    def note_reading(self) -> None:
        """All was read just now."""
        self._later.stop()
        self._read_at.start()

    @Slot()
    def catch_up(self) -> None:
        """The library has changed: show it, without reading all of it each second while copies move."""
        moving = bool(self._motions) or self._others_move
        left_ms = READ_ALL_EVERY_MS - self._read_at.elapsed() if self._read_at.isValid() else 0
        if not moving or left_ms <= 0:
            self._rows.refresh()
            return
        self._read(self._rows.ids_in_view())
        if not self._later.isActive():
            self._later.start(left_ms)

    @Slot()
    def _read_all(self) -> None:
        self._rows.refresh()

    def _read(self, ids: Iterable[str]) -> None:
        self._wanted.update(ids)
        if self._reading or not self._wanted:
            return
        self._reading = True
        asked, self._wanted = sorted(self._wanted), set()

        def work(cancel: threading.Event, _report: Progress) -> tuple[Recording, ...]:
            return () if cancel.is_set() else self._services.library.with_ids(asked)

        def failed(error: VoiceRecorderError) -> None:
            self._on_read(asked, ())
            if isinstance(error, NotFound):  # deleted for ever meanwhile
                self._rows.refresh()

        self._lane.post(work, lambda found: self._on_read(asked, found or ()), failed)

    def _on_read(self, asked: Sequence[str], found: Sequence[Recording]) -> None:
        self._reading = False
        for recording_id in asked:
            self._ended.pop(recording_id, None)
        self._rows.replace(found)
        self._rows.touch(asked)
        if found:
            self.renewed.emit([recording.id for recording in found])
        self._read(())
