"""What listening needs beyond the facts of a recording: samples, pauses, and markers that are kept."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui import marker_places
from voice_recorder.ui.banner import Toast
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_actions import patient
from voice_recorder.ui.marker_places import Markers
from voice_recorder.ui.play_rules import Stretch, pauses
from voice_recorder.ui.player import Player
from voice_recorder.ui.wave_painting import Samples
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Job, Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services


class DetailSound(QObject):
    """Does in lanes what the waveform, the transport and the markers of the detail ask for."""

    failed = Signal(object)
    changed = Signal()
    """The markers in the library are others."""

    def __init__(
        self, services: Services, lanes: Lanes, detail: Detail, player: Player, toast: Toast, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lanes = lanes
        self._detail = detail
        self._player = player
        self._toast = toast
        self._jobs = Jobs()
        self._samples_job: Job | None = None
        self._voices_job: Job | None = None
        self._skipping = services.settings.current.playback_skip_silence
        self._skipped_in: Recording | None = None
        self._storing: dict[str, list[Markers]] = {}
        detail.shown.connect(self._on_shown)
        detail.waveform.samples_wanted.connect(self._read_samples)
        detail.waveform.flag_moved.connect(self._move_marker)
        detail.markers.labelled.connect(self._label_marker)
        detail.markers.deleted.connect(self._delete_marker)
        detail.transport.skip_chosen.connect(self._set_skipping)
        detail.transport.show_skipping(enabled=self._skipping)

    @Slot()
    def _on_shown(self) -> None:
        recording = self._detail.recording
        assert recording is not None
        storing = self._storing.get(recording.id)
        if storing:  # the facts were read before
            self._detail.show_markers(storing[-1])
        if not _sounds_alike(recording, self._skipped_in):
            self._find_pauses()

    # Samples

    @Slot(float, float)
    def _read_samples(self, start_s: float, end_s: float) -> None:
        recording = self._detail.recording
        if recording is None:
            return
        if self._samples_job is not None:
            self._jobs.drop(self._samples_job)
        previewed = self._detail.previewed

        def read() -> Samples:
            with self._services.rendering.open(recording, previewed) as rendered:
                rate = rendered.sample_rate_hz
                first, last = math.floor(start_s * rate), math.ceil(end_s * rate)
                return Samples.of(first / rate, rate, rendered.read(first, last - first))

        def show(samples: Samples) -> None:
            self._samples_job = None
            same = _sounds_alike(recording, self._detail.recording) and previewed == self._detail.previewed
            if same and len(samples.mean):
                self._detail.waveform.show_samples(samples)

        self._samples_job = self._jobs.post(self._lanes.detail, plain(read), show, self._on_samples_failed)

    def _on_samples_failed(self, _error: VoiceRecorderError) -> None:
        """The peaks stay in the place of the samples; playing says what is wrong."""
        self._samples_job = None

    # Pauses

    @Slot(bool)
    def _set_skipping(self, enabled: bool) -> None:
        self._skipping = enabled
        setting = plain(self._services.settings.set, "playback.skip_silence", enabled)
        self._lanes.edits.post(setting, None, self.failed.emit)
        self._find_pauses()

    def _find_pauses(self) -> None:
        if self._voices_job is not None:
            self._jobs.drop(self._voices_job)
            self._voices_job = None
        self._player.skip(())
        recording = self._detail.recording
        sounds = recording is not None and recording.state is not RecordingState.RECORDING
        self._skipped_in = recording if self._skipping and sounds else None
        self._detail.transport.show_skipping(enabled=self._skipping, ready=not self._skipping or not sounds)
        if self._skipped_in is not None:
            self._ask_for_voices(self._skipped_in)

    def _ask_for_voices(self, recording: Recording) -> None:
        def find(cancel: threading.Event, report: Progress) -> Sequence[Stretch]:
            return self._services.voices.ranges(recording, cancel, report)

        def found(voices: Sequence[Stretch] | None) -> None:
            self._voices_job = None
            if voices is not None:
                self._player.skip(pauses(voices, recording.duration_s) if voices else ())
                self._detail.transport.show_skipping(enabled=True)

        self._voices_job = self._jobs.post(
            self._lanes.listening, find, found, self._on_voices_failed, self._on_voices_progressed
        )

    def _on_voices_progressed(self, done: int, total: int, _text: str) -> None:
        per_cent = 100 * done // total if total else None
        self._detail.transport.show_skipping(enabled=True, ready=False, per_cent=per_cent)

    def _on_voices_failed(self, error: VoiceRecorderError) -> None:
        self._voices_job = None
        self._skipping = False
        self._detail.transport.show_skipping(enabled=False)
        self.failed.emit(error)

    # Markers

    @Slot()
    def add_marker(self) -> None:
        """Mark the place that is just heard."""
        recording = self._detail.recording
        if recording is not None and self._detail.transport.isEnabled() and recording.duration_s > 0:
            self._store(marker_places.added(recording, self._markers, self._player.position_s))

    @Slot(int, float)
    def _move_marker(self, number: int, second: float) -> None:
        recording = self._detail.recording
        if recording is not None and number < len(self._markers):
            self._store(marker_places.moved(recording, self._markers, number, second))

    @Slot(int, str)
    def _label_marker(self, number: int, label: str) -> None:
        if number < len(self._markers):
            self._store(marker_places.renamed(self._markers, number, label))

    @Slot(int)
    def _delete_marker(self, number: int) -> None:
        before, recording_id = self._markers, self._detail.recording_id
        if number < len(before):
            self._store(marker_places.without(before, number))
            self._toast.offer(tr("The marker was deleted."), lambda: self._store(before, recording_id))

    @property
    def _markers(self) -> Markers:
        return self._detail.facts.markers if self._detail.facts is not None else ()

    def _store(self, markers: Markers, recording_id: str = "") -> None:
        recording_id = recording_id or self._detail.recording_id
        if recording_id == self._detail.recording_id:
            self._detail.show_markers(markers)
        self._storing.setdefault(recording_id, []).append(markers)

        def stored(_result: object) -> None:
            self._end_storing(recording_id)
            self.changed.emit()

        def failed(error: VoiceRecorderError) -> None:
            self._end_storing(recording_id)
            self.changed.emit()  # what is in the library is shown again
            self.failed.emit(error)

        work = patient(self._services.edits.set_markers, recording_id, markers)
        self._lanes.edits.post(work, stored, failed)

    def _end_storing(self, recording_id: str) -> None:
        waiting = self._storing[recording_id]
        waiting.pop(0)
        if not waiting:
            del self._storing[recording_id]


def _sounds_alike(one: Recording | None, other: Recording | None) -> bool:
    return (
        one is not None
        and other is not None
        and (one.id, one.edit_list, one.masters) == (other.id, other.edit_list, other.masters)
    )
