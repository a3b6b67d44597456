"""The quiet work beside the window: pre-flight, recovery, proofs, housekeeping, and looking for changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.states import MasterState
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.domain.preflight import Verdict
    from voice_recorder.services import Services
    from voice_recorder.storage.change_watch import ChangeWatch

PREFLIGHT_EVERY_MS = 20_000
CHANGES_EVERY_MS = 1_000
HOUSEKEEPING_EVERY_MS = 3_600_000
DEAD_TAKES_EVERY_MS = 15_000
SCRUB_EVERY_MS = 300_000


class Upkeep(QObject):
    """Runs the services that nobody asks for, in lanes of their own, by timers of the window's thread."""

    library_changed = Signal()
    recovered = Signal(object)
    proved = Signal()
    """The background pass has taken checksums: what has one can be backed up."""
    preflight_changed = Signal(object, object)
    """The verdict, and the seconds of sound that fit on the disk, or None."""
    inputs_listed = Signal(object)
    failed = Signal(object)

    def __init__(self, services: Services, lanes: Lanes) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._watch: ChangeWatch | None = None
        self._looking = False
        self._proving = False
        self._prove_again = False
        self._describing = False
        self._describe_again = False
        self._listing = False
        self._checking = False
        self._taking = False
        self._preflight_timer = self._timer(PREFLIGHT_EVERY_MS, self.check_preflight)
        self._changes_timer = self._timer(CHANGES_EVERY_MS, self._look_for_changes)
        self._housekeeping_timer = self._timer(HOUSEKEEPING_EVERY_MS, self._housekeep)
        self._dead_takes_timer = self._timer(DEAD_TAKES_EVERY_MS, self.look_for_dead_takes)
        self._scrub_timer = self._timer(SCRUB_EVERY_MS, self.scrub)
        self._timers = (
            self._preflight_timer, self._changes_timer, self._housekeeping_timer, self._dead_takes_timer,
            self._scrub_timer,
        )  # fmt: skip

    def start(self) -> None:
        """Begin, with the recovery of takes that were cut off."""
        self._lanes.pages.post(plain(self._begin_to_watch), None, self._on_look_failed)
        self._lanes.upkeep.post(plain(self._services.recovery.run), self._on_recovered, self._on_failed)
        self._lanes.upkeep.post(plain(self._services.housekeeping.run), self._on_changed, self._on_failed)
        self.prove()
        self.describe()
        self.check_preflight()
        self._lanes.take.post(plain(self._services.takes.warm_up), None, self._ignore)
        for timer in self._timers:
            timer.start()

    def stop(self) -> None:
        """No further timers; the lanes are shut down by their owner."""
        for timer in self._timers:
            timer.stop()

    @Slot(bool)
    def set_taking(self, taking: bool) -> None:
        """While a take runs it watches the disk itself, so pre-flight rests."""
        self._taking = taking
        if not taking:
            self.check_preflight()

    @Slot()
    def prove(self) -> None:
        """Have the background pass look at every recording that has no checksum yet."""
        if self._proving:
            self._prove_again = True
            return
        self._proving = True

        def work(cancel: threading.Event, _report: Progress) -> int:
            proved: int = self._services.proving.run_pending(cancel)
            return proved

        self._lanes.upkeep.post(work, self._on_proved, self._on_proving_failed)

    @Slot()
    def describe(self) -> None:
        """Have sidecars written for what has changed, slowly and beside all other work."""
        if self._describing:
            self._describe_again = True
            return
        self._describing = True
        self._lanes.scrub.post(self._describe, self._on_described, self._on_not_described)

    def _describe(self, cancel: threading.Event, _report: Progress) -> int:
        written: int = self._services.sidecars.write_pending(cancel)
        return written

    @Slot()
    def look_for_dead_takes(self) -> None:
        """Recover takes of other processes that died, so that nothing is said to be recording that is not."""
        self._lanes.upkeep.post(plain(self._recover_dead_takes), self._on_dead_takes, self._ignore)

    @Slot()
    def scrub(self) -> None:
        """Read again what is due, slowly; unless that is being done."""
        if not self._lanes.scrub.busy:
            self._lanes.scrub.post(self._scrub, None, self._ignore)

    def _scrub(self, cancel: threading.Event, _report: Progress) -> None:
        self._services.figures.keep_notes()
        self._services.scrubbing.run(cancel)

    @Slot()
    def check_preflight(self) -> None:
        """Refresh the pre-flight verdict unless a take runs or one check is already under way."""
        if self._taking or self._checking:
            return
        self._checking = True
        self._lanes.machine.post(plain(self._look_at_the_disk), self._on_preflight, self._on_preflight_failed)

    @Slot()
    def list_inputs(self) -> None:
        """Ask for the inputs of this machine anew."""
        if self._listing:
            return
        self._listing = True
        self._lanes.machine.post(self._list_inputs, self._on_inputs, self._on_inputs_failed)

    def _list_inputs(self, cancel: threading.Event, _report: Progress) -> Any:
        return self._services.devices.list_inputs_fresh(cancel)

    def _timer(self, interval_ms: int, slot: Any) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    @Slot()
    def _look_for_changes(self) -> None:
        if not self._looking:
            self._looking = True
            self._lanes.pages.post(
                plain(self._changed_since_last_asked), self._on_looked, self._on_look_failed
            )

    def _begin_to_watch(self) -> ChangeWatch:
        self._watch = self._services.library.watch()  # made in the thread that uses it
        self._lanes.pages.do_last(self._watch.close)
        return self._watch

    def _changed_since_last_asked(self) -> bool:
        return (self._watch or self._begin_to_watch()).changed()

    def _on_looked(self, changed: bool) -> None:
        self._looking = False
        if changed:
            self.library_changed.emit()
            self.describe()

    def _on_look_failed(self, _error: VoiceRecorderError) -> None:
        self._looking = False  # a busy library is asked again in a second

    def _recover_dead_takes(self) -> Any:
        running = self._services.takes.running
        ours = running.recording_id if running is not None else ""
        others = [r for r in self._services.library.in_state(MasterState.RECORDING) if r.id != ours]
        return self._services.recovery.run() if others else None

    def _on_dead_takes(self, report: Any) -> None:
        if report is not None and report.recovered:
            self._on_recovered(report)
            self.prove()

    def _on_recovered(self, report: Any) -> None:
        if report is not None and report.recovered:
            self.recovered.emit(report)
        self.library_changed.emit()

    def _on_changed(self, _result: object) -> None:
        self.library_changed.emit()

    def _on_proved(self, proved: int | None) -> None:
        self._proving = False
        if proved:
            self.library_changed.emit()
            self.proved.emit()
        if self._prove_again:
            self._prove_again = False
            self.prove()

    def _on_described(self, _written: int | None) -> None:
        self._describing = False
        if self._describe_again:
            self._describe_again = False
            self.describe()

    def _on_not_described(self, _error: VoiceRecorderError) -> None:
        self._describing = False  # tried again after the next change

    def _on_proving_failed(self, error: VoiceRecorderError) -> None:
        self._proving = False
        self._prove_again = False
        self.failed.emit(error)

    def _look_at_the_disk(self) -> tuple[Verdict, float | None]:
        preflight = self._services.preflight
        return preflight.refresh(), preflight.time_left_s()

    def _on_preflight(self, found: tuple[Verdict, float | None] | None) -> None:
        self._checking = False
        if found is not None:
            self.preflight_changed.emit(*found)

    def _on_preflight_failed(self, error: VoiceRecorderError) -> None:
        self._checking = False
        self.failed.emit(error)

    def _on_inputs(self, inputs: object) -> None:
        self._listing = False
        self.inputs_listed.emit(inputs or ())

    def _on_inputs_failed(self, _error: VoiceRecorderError) -> None:
        self._listing = False
        self.inputs_listed.emit(())

    @Slot()
    def _housekeep(self) -> None:
        self._lanes.upkeep.post(plain(self._services.housekeeping.run), self._on_changed, self._on_failed)

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self.failed.emit(error)

    def _ignore(self, _error: VoiceRecorderError) -> None:
        """Nothing to say: what fails here is tried again, or the first take says it."""
