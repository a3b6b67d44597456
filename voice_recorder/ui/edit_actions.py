"""Edits of the recording that is shown: each in a lane, one after the other, the view kept where it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EditRefused, VoiceRecorderError
from voice_recorder.domain.recording import Recording, Segment
from voice_recorder.domain.states import RecordingState
from voice_recorder.services.attaching import TakePlace
from voice_recorder.ui.banner import Toast
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.edit_audition import Change, EditAudition, Part
from voice_recorder.ui.edit_bar import EditState, Tool
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_actions import patient
from voice_recorder.ui.player import Player
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from voice_recorder.services import Services


@dataclass(frozen=True)
class _Look:
    """How a recording was shown when it was edited."""

    recording: Recording
    position_s: float
    view_start_s: float
    selection: tuple[float, float] | None

    def place_now(self, at_s: float, now: Timeline) -> float:
        """Where that is heard now which was heard at ``at_s``, or where it was cut out."""
        before = Timeline.of(self.recording)
        if at_s <= 0 or not before.segments:
            return 0.0
        if at_s >= before.duration_s:
            return now.duration_s
        place = before.place_at(at_s)
        found = now.seconds_of(place.master_id, place.frame)
        if found:
            return float(min(found, key=lambda second: abs(second - at_s)))
        begin = self.selection[0] if self.selection else at_s
        return min(begin, at_s, now.duration_s)


class EditActions(QObject):
    """Does what the edit bar and the keys ask for."""

    failed = Signal(object)
    edited = Signal(str)
    """The recording of this id is heard otherwise now."""
    changed = Signal()
    """There are other recordings in the library."""
    made = Signal(str)
    """A new recording that should be shown."""
    take_asked = Signal(object, str)
    """A take for this ``TakePlace`` should be made; and the title of that recording."""
    export_asked = Signal(object, float, float)
    """Ids, and two seconds between which that recording should be exported."""

    def __init__(
        self, services: Services, lanes: Lanes, detail: Detail, player: Player, toast: Toast, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lane = lanes.edits
        self._detail = detail
        self._player = player
        self._toast = toast
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()
        self._look: _Look | None = None
        self._stored: Recording | None = None
        self._held: dict[str, str] = {}
        self._select_in: tuple[Recording, float, float] | None = None
        self.audition = EditAudition(services, lanes, detail, player, self)
        self.audition.failed.connect(self.failed)
        self.audition.applied.connect(self._apply)
        self.audition.ended.connect(self._show_state)
        detail.edit_bar.asked.connect(self.ask)
        detail.shown.connect(self._on_shown)
        self._deeds: dict[Tool, Callable[[], None]] = {
            Tool.TRIM: lambda: self._of_part(services.editing.trim),
            Tool.CUT: lambda: self._of_part(services.editing.cut),
            Tool.FADE_IN: lambda: self._of_part(services.editing.fade_in),
            Tool.FADE_OUT: lambda: self._of_part(services.editing.fade_out),
            Tool.SPLIT: self._split,
            Tool.APPEND: self._append,
            Tool.RECORD_OVER: self._record_over,
            Tool.NORMALISE: self._normalise,
            Tool.REDUCE_NOISE: self._reduce_noise,
            Tool.EXPORT: self._export,
            Tool.UNDO: lambda: self._step(services.editing.undo),
            Tool.REDO: lambda: self._step(services.editing.redo),
            Tool.AS_RECORDED: self._take_all_back,
        }

    # What people ask for

    @Slot(object)
    def ask(self, tool: Tool) -> None:
        """Use a tool on what is shown, when the edits asked for before are done."""
        recording = self._detail.recording
        if recording is None or self.audition.going or not self._detail.edit_bar.state.possible:
            return
        self._waiting.append((recording.id, partial(self._use, tool)))
        self._next()

    @Slot()
    def trim(self) -> None:
        """Keep only what is selected."""
        if self._detail.waveform.selection is not None:
            self.ask(Tool.TRIM)

    @Slot()
    def undo(self) -> None:
        """Take back what a toast offers to take back, else the last edit."""
        if self._toast.isVisible() and not self._toast.undo.isHidden():
            self._toast.undo.click()
        else:
            self.ask(Tool.UNDO)

    @Slot()
    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        self.ask(Tool.REDO)

    def cut_in_waveform(self) -> bool:
        """Cut what is selected in a waveform that has the focus; whether the key was meant for that."""
        wave = self._detail.waveform
        if not wave.hasFocus() or (wave.selection is None and self._look is None):
            return False
        if wave.selection is not None:
            self.ask(Tool.CUT)
        return True

    def join(self, ids: Sequence[str]) -> None:
        """Make a new recording in which these are heard one after another, the oldest first."""

        def work() -> Recording:
            parts = sorted((self._services.library.get(i) for i in ids), key=lambda r: r.created_at)
            title = tr("{title} (joined)", title=parts[0].title)
            return self._services.editing.join([part.id for part in parts], title)

        def done(joined: Recording) -> None:
            self.made.emit(joined.id)
            words = tr("Joined into “{title}”. The parts stay as they are.", title=joined.title)
            self._toast.offer(words, partial(self._remove, joined.id))

        self._lane.post(patient(work), done, self.failed.emit)

    def hold(self, recording_id: str, reason: str) -> None:
        """Let the tools do nothing to a recording, and say why; with an empty reason they work again."""
        if reason:
            self._held[recording_id] = reason
        else:
            self._held.pop(recording_id, None)
        self._show_state()

    def show_part(self, recording: Recording, start_s: float, end_s: float) -> None:
        """Select this part of a recording as soon as it is shown as it is now."""
        self._select_in = (recording, start_s, end_s)
        self.edited.emit(recording.id)

    # The tools

    def _use(self, tool: Tool) -> None:
        if self._detail.edit_bar.buttons[tool].isEnabled() and not self.audition.going:
            self._toast.hide()
            self._deeds[tool]()

    def _of_part(self, edit: Callable[[str, float, float], Recording]) -> None:
        selection = self._detail.waveform.selection
        if selection is not None:
            self._do(lambda recording_id: edit(recording_id, *selection))

    def _step(self, step: Callable[[str], Recording]) -> None:
        self._do(step, anyhow=True)

    def _take_all_back(self) -> None:
        history = self._detail.edit_bar.state.history
        if history.steps:
            self._do_all_over(history.steps[0].segments)

    def _do_all_over(self, segments: tuple[Segment, ...]) -> None:
        recording = self._detail.recording
        assert recording is not None
        now = Timeline.of(recording)
        before = Timeline(segments, now.rates)
        self._do(lambda recording_id: self._services.editing.apply(recording_id, "As recorded", before, now))

    def _split(self) -> None:
        at_s = self._player.position_s

        def split(recording_id: str) -> Recording:
            first, second = self._services.editing.split(recording_id, at_s)
            made.append(second.id)
            return first

        def undo(recording_id: str) -> None:
            self._remove(made[0])
            if recording_id == self._detail.recording_id:
                self.ask(Tool.UNDO)
            else:
                self._lane.post(patient(self._services.editing.undo, recording_id), None, self.failed.emit)

        def done(first: Recording) -> None:
            self.changed.emit()
            self._toast.offer(tr("Split into two recordings."), partial(undo, first.id))

        made: list[str] = []
        self._do(split, then=done)

    def _append(self) -> None:
        self._ask_for_take(None, None)

    def _record_over(self) -> None:
        self._ask_for_take(*(self._detail.waveform.selection or (self._player.position_s, None)))

    def _ask_for_take(self, at_s: float | None, until_s: float | None) -> None:
        recording = self._detail.recording
        assert recording is not None
        self.take_asked.emit(TakePlace(recording.id, at_s, until_s), recording.title)

    def _normalise(self) -> None:
        self.audition.normalise(self._part())

    def _reduce_noise(self) -> None:
        self.audition.reduce_noise(self._part())

    def _part(self) -> Part:
        recording = self._detail.recording
        assert recording is not None
        start_s, end_s = self._detail.waveform.selection or (0.0, recording.duration_s)
        return Part(recording, start_s, end_s)

    @Slot(object)
    def _apply(self, change: Change) -> None:
        part, editing = change.part, self._services.editing

        def apply() -> None:
            if change.advice is None:
                self._do(lambda recording_id: editing.reduce_noise(recording_id, part.start_s, part.end_s))
            else:
                self._do(
                    lambda recording_id: editing.normalise(
                        recording_id, part.start_s, part.end_s, change.advice
                    )
                )

        self._waiting.append((part.recording.id, apply))
        self._next()

    def _export(self) -> None:
        if self._detail.waveform.selection is not None:
            self.export_asked.emit([self._detail.recording_id], *self._detail.waveform.selection)

    def _remove(self, recording_id: str) -> None:
        def removed(_results: object) -> None:
            self.changed.emit()

        self._lane.post(plain(self._services.trash.delete, [recording_id]), removed, self.failed.emit)

    # One after the other

    def _next(self) -> None:
        """Begin what waits, unless an edit is not yet shown: places in it would mean others."""
        while self._waiting and self._look is None:
            recording_id, deed = self._waiting.popleft()
            if recording_id == self._detail.recording_id:
                deed()

    def _do(
        self,
        edit: Callable[[str], Recording],
        *,
        anyhow: bool = False,
        then: Callable[[Recording], None] | None = None,
    ) -> None:
        """Have ``edit`` done to the recording as it is shown, or ``anyhow`` as it is."""
        recording, wave = self._detail.recording, self._detail.waveform
        assert recording is not None
        heard = Timeline.of(recording).segments
        self._look = _Look(recording, self._player.position_s, wave.view.start_s, wave.selection)

        def work() -> Recording:
            if not anyhow and self._services.editing.timeline(recording.id).segments != heard:
                raise EditRefused(
                    tr("The recording was changed meanwhile."), tr("Nothing was changed now; try again.")
                )
            return edit(recording.id)

        def done(edited: Recording) -> None:
            self._stored = edited
            self.edited.emit(edited.id)
            if then is not None:
                then(edited)

        def failed(error: VoiceRecorderError) -> None:
            self._look = None
            self._waiting.clear()
            self.edited.emit(recording.id)  # as it is now
            self.failed.emit(error)

        self._lane.post(patient(work), done, failed)

    @Slot()
    def _on_shown(self) -> None:
        recording, look, stored = self._detail.recording, self._look, self._stored
        assert recording is not None
        if look is not None and look.recording.id != recording.id:
            self._look = self._stored = None
        elif look is not None and stored is not None and recording.updated_at >= stored.updated_at:
            self._look = self._stored = None
            self._keep_look(look, recording)
        if self.audition.going and not self._is_auditioned(recording):
            self.audition.discard()
        self._select_part(recording)
        self._show_state()
        self._next()

    def _select_part(self, recording: Recording) -> None:
        if self._select_in is None:
            return
        wanted, start_s, end_s = self._select_in
        if wanted.id == recording.id and recording.updated_at >= wanted.updated_at:
            self._select_in = None
            self._player.seek(start_s)
            self._detail.waveform.select(start_s, end_s)

    def _is_auditioned(self, recording: Recording) -> bool:
        part = self.audition.part
        return (
            part is not None
            and part.recording.id == recording.id
            and part.recording.edit_list == recording.edit_list
            and recording.state is not RecordingState.TRASHED
        )

    def _keep_look(self, look: _Look, recording: Recording) -> None:
        """The cursor and the view stay where that is heard which was heard there."""
        now, wave = Timeline.of(recording), self._detail.waveform
        if now.duration == Timeline.of(look.recording).duration:
            return  # what is heard anywhere is heard there still
        self._player.seek(look.place_now(look.position_s, now))
        if not wave.view.is_whole:
            wave.set_view(wave.view.starting_at(look.place_now(look.view_start_s, now)))

    @Slot()
    def _show_state(self) -> None:
        facts = self._detail.facts
        if facts is None:
            return
        recording = facts.recording
        possible = recording.state not in (RecordingState.RECORDING, RecordingState.TRASHED)
        state = EditState(
            possible and bool(recording.masters),
            self._held.get(recording.id, facts.silent),
            facts.edits,
            unreadable=facts.edits_unreadable,
        )
        bar = self._detail.edit_bar
        bar.show_state(state)
        self._detail.transport.edit.setVisible(state.possible)
