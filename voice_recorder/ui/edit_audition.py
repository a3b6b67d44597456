"""Hears and shows a change of the level before it is made: measured in a lane, played by the player."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import Cancelled, EditRefused, VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.edit_words import is_worth_it, loudness_words
from voice_recorder.ui.language import tr
from voice_recorder.ui.player import Player
from voice_recorder.ui.wave_painting import Sound
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks
    from voice_recorder.services import Services
    from voice_recorder.services.editing import NormaliseAdvice


@dataclass(frozen=True)
class Part:
    """A stretch of a recording, in seconds of what is heard of it."""

    recording: Recording
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Change:
    """What would be done to a part: its level as ``advice`` says, or less noise without one."""

    part: Part
    timeline: Timeline
    advice: NormaliseAdvice | None = None


class EditAudition(QObject):
    """At most one change at a time; it ends with Apply, Discard, or when another recording is shown."""

    failed = Signal(object)
    applied = Signal(object)
    """Make this ``Change``; then ``close``."""
    ended = Signal()

    def __init__(
        self, services: Services, lanes: Lanes, detail: Detail, player: Player, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lanes = lanes
        self._detail = detail
        self._player = player
        self._panel = detail.preview
        self._jobs = Jobs()
        self._part: Part | None = None
        self._change: Change | None = None
        self._sound_before: Sound | None = None
        self._sound_after: Sound | None = None
        self._panel.before_asked.connect(self._hear_before)
        self._panel.after_asked.connect(self._hear_after)
        self._panel.applied.connect(self._apply)
        self._panel.discarded.connect(self.discard)

    @property
    def part(self) -> Part | None:
        """What is changed."""
        return self._part

    @property
    def going(self) -> bool:
        """Whether a change is measured or heard."""
        return self._part is not None

    def normalise(self, part: Part) -> None:
        """Measure a part, then let it be heard as loud as it should be."""
        self._begin(part)
        self._panel.show_measuring(tr("Normalise"), tr("Measuring how loud it is…"))
        self._detail.edit_bar.put_away(True)  # only now: what has the focus must not be hidden

        def measure(cancel: threading.Event, report: Progress) -> NormaliseAdvice:
            return self._services.editing.advise(
                part.recording.id, part.start_s, part.end_s, cancel=cancel,
                progress=lambda done, total: report(done, total, ""),
            )  # fmt: skip

        self._jobs.post(
            self._lanes.listening, measure, self._on_measured, self._on_failed, self._panel.show_progress
        )

    def reduce_noise(self, part: Part) -> None:
        """Let a part be heard with less noise."""
        self._begin(part)
        timeline = Timeline.of(part.recording).reduce_noise(part.start_s, part.end_s)
        self._panel.show_ready(
            tr("Reduce noise"), tr("What hums and hisses all the time becomes quieter; voices stay.")
        )
        self._detail.edit_bar.put_away(True)
        self._show(Change(part, timeline))

    def _begin(self, part: Part) -> None:
        self.discard()
        self._part = part
        self._sound_before = self._detail.waveform.sound

    def _on_measured(self, advice: NormaliseAdvice | None) -> None:
        part = self._part
        if part is None or advice is None:
            self.discard()
            return
        worth_it = is_worth_it(advice)
        self._panel.show_ready(tr("Normalise"), loudness_words(advice), worth_it=worth_it)
        if worth_it:
            timeline = Timeline.of(part.recording)
            factor = 10 ** (advice.gain_db / 20)
            self._show(Change(part, timeline.amplify(part.start_s, part.end_s, factor), advice))

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self.discard()
        if not isinstance(error, Cancelled):
            self.failed.emit(error)

    def _show(self, change: Change) -> None:
        """Hear it from now on, and see it as soon as it is drawn."""
        self._change = change
        self._player.preview(change.timeline)
        self._detail.previewed = change.timeline

        def draw(cancel: threading.Event, _report: Progress) -> Peaks:
            return self._services.peaks.load(change.part.recording.id, cancel, change.timeline)

        self._jobs.post(self._lanes.detail, draw, self._on_drawn, self._on_not_drawn)

    def _on_drawn(self, peaks: Peaks | None) -> None:
        from voice_recorder.audio.peaks import Pyramid

        if peaks is not None and self._sound_before is not None:
            self._sound_after = Sound(self._sound_before.overview, Pyramid(peaks))
            if self._panel.after.isChecked():
                self._detail.waveform.show_sound(self._sound_after)

    def _on_not_drawn(self, _error: VoiceRecorderError) -> None:
        """It stays drawn as it was; playing says what is wrong."""

    @Slot()
    def _hear_before(self) -> None:
        self._hear(None, self._sound_before)

    @Slot()
    def _hear_after(self) -> None:
        if self._change is not None:
            self._hear(self._change.timeline, self._sound_after)

    def _hear(self, timeline: Timeline | None, sound: Sound | None) -> None:
        assert self._part is not None
        self._player.preview(timeline)
        self._detail.previewed = timeline
        if sound is not None:
            self._detail.waveform.show_sound(sound)
        if not self._player.playing:
            self._player.seek(self._part.start_s)
            self._player.play()

    @Slot()
    def _apply(self) -> None:
        change = self._change
        if change is None:
            return
        if change.part.recording.edit_list != (self._detail.recording or change.part.recording).edit_list:
            self.discard()
            self.failed.emit(EditRefused(
                tr("The recording was changed meanwhile."), tr("Nothing was changed now; try again.")
            ))  # fmt: skip
            return
        self._player.preview(change.timeline)
        self._close()
        self.applied.emit(change)

    @Slot()
    def discard(self) -> None:
        """Let it be heard and seen as it is."""
        if self._part is None:
            return
        self._player.preview(None)
        before, same = self._sound_before, self._part.recording.id == self._detail.recording_id
        if same and before is not None and self._change is not None:
            self._detail.waveform.show_sound(before)
        self._close()

    def _close(self) -> None:
        self._jobs.drop_all()
        focused = self._panel.window().focusWidget()
        if focused is not None and self._panel.isAncestorOf(focused):
            self._detail.waveform.setFocus()
        self._part = self._change = self._sound_before = self._sound_after = None
        self._detail.previewed = None
        self._detail.edit_bar.put_away(False)
        self._panel.hide()
        self.ended.emit()
