"""The window's side of a running take: starting it in a lane, asking it how it is, ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.take import TakeSnapshot, TakeState
from voice_recorder.ui.stop_rule import StopRule
from voice_recorder.workers.lane import Lane, plain

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.take import Take

POLL_MS = 40
ENDED = (TakeState.FINISHED, TakeState.FAILED)


class TakeControl(QObject):
    """At most one take. The truth about it is its snapshot, asked for 25 times a second."""

    starting = Signal()
    started = Signal(str)
    polled = Signal(object)
    refused = Signal(object)
    ended = Signal(object, object, bool)
    """The last snapshot, the error or None, and whether Stop was pressed."""
    split = Signal(str)
    """The take goes on in this recording; the one before is being kept."""
    listening_changed = Signal(int)
    """How many seconds before Record are kept in memory now; 0 when nobody listens."""
    rule_changed = Signal(object)

    def __init__(self, services: Services, lane: Lane) -> None:
        super().__init__()
        self._services = services
        self._lane = lane
        self._take: Take | None = None
        self._is_starting = False
        self._stopping = False
        self._title = ""
        self._recording_id = ""
        self._listening_s = 0
        self.rule: StopRule | None = None
        """When the take that runs, or the next one, ends by itself."""
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)

    @property
    def busy(self) -> bool:
        """Whether a take is starting, running or finishing."""
        return self._is_starting or self._take is not None

    @property
    def running(self) -> bool:
        """Whether there is a take that can be stopped."""
        return self._take is not None and not self._stopping

    @Slot()
    def toggle(self) -> None:
        """Record, or stop."""
        if self.busy:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Begin a take with the device of the settings."""
        if self.busy:
            return
        self._is_starting = True
        self._stopping = False
        self._title = ""
        self.starting.emit()
        self._lane.post(plain(self._start), self._on_started, self._on_refused)

    def _start(self) -> Take:
        takes, rule = self._services.takes, self.rule
        return takes.start(plan=takes.plan(), ends_at=None if rule is None else rule.ends_at())

    @Slot(object)
    def choose_rule(self, rule: StopRule | None) -> None:
        """End the take that runs, or the next one, by itself; None leaves that to people."""
        self.rule = rule
        if self._take is not None:
            self._take.ends_at = None if rule is None else rule.ends_at()
        self.rule_changed.emit(rule)

    @Slot()
    def listen(self) -> None:
        """Keep the seconds before Record as the settings say; for whenever that may have changed."""
        wanted = self._services.settings.current.take_pre_record_s
        if (wanted or self._listening_s) and not self.busy:
            self._lane.post(plain(self._services.takes.listen), self._show_listening, self._on_deaf)

    def _show_listening(self, seconds: int | None) -> None:
        if (seconds or 0) != self._listening_s:
            self._listening_s = seconds or 0
            self.listening_changed.emit(self._listening_s)

    def _on_deaf(self, _error: VoiceRecorderError) -> None:
        self._show_listening(0)  # Record will say why; a new list of microphones is a new try

    def stop(self) -> None:
        """End the take; it answers at once and is listed a moment later."""
        self._stopping = True
        if self._take is not None:
            self._take.stop()
            self.poll()

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        if self._take is None:
            return
        if self._take.snapshot().state is TakeState.PAUSED:
            self._take.resume()
        else:
            self._take.pause()
        self.poll()

    def add_marker(self) -> bool:
        """Mark this moment; whether there was a take to mark."""
        if self._take is None or self._stopping:
            return False
        self._take.add_marker()
        return True

    def rename(self, title: str) -> None:
        """Name the take while it runs."""
        self._title = title
        if self._take is not None:
            self._take.rename(title)

    def finish_now(self, timeout_s: float) -> bool:
        """For shutting down: stop, and wait until the take is kept."""
        take = self._take or self._services.takes.running
        if take is None:
            return True
        take.stop()
        return bool(take.wait(timeout_s))

    @Slot()
    def poll(self) -> None:
        """Ask the take how it is, and tell."""
        if self._take is None:
            return
        snapshot: TakeSnapshot = self._take.snapshot()
        if snapshot.recording_id != self._recording_id and snapshot.state not in ENDED:
            self._recording_id = snapshot.recording_id
            self.split.emit(self._recording_id)
        self.polled.emit(snapshot)
        if snapshot.state in ENDED:
            error, asked = self._take.error, self._stopping
            self._timer.stop()
            self._take = None
            self._stopping = False
            self.choose_rule(None)
            self.ended.emit(snapshot, error, asked)
            self.listen()

    def _on_started(self, take: Any) -> None:
        self._is_starting = False
        if take is None:
            return
        self._take = take
        self._recording_id = take.recording_id
        self._show_listening(0)
        if self._title:
            take.rename(self._title)
        self.started.emit(take.recording_id)
        self._timer.start()
        if self._stopping:
            take.stop()
        self.poll()

    def _on_refused(self, error: VoiceRecorderError) -> None:
        self._is_starting = False
        self.refused.emit(error)
        self.listen()
