"""A take that is made for a recording: over a part of it, or at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.take import TakeSnapshot
from voice_recorder.services.attaching import Attached, TakePlace, attach_take
from voice_recorder.ui.edit_actions import EditActions
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_actions import patient
from voice_recorder.ui.phrases import clock
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.said import said
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.take import Take


class EditTake(QObject):
    """At most one. Whatever goes wrong, what was said stays a recording of its own."""

    failed = Signal(object)
    attached = Signal(str)
    """The recording of this id has the take now."""

    def __init__(
        self,
        services: Services,
        lanes: Lanes,
        control: TakeControl,
        bar: RecorderBar,
        edits: EditActions,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lane = lanes.edits
        self._control = control
        self._bar = bar
        self._edits = edits
        self._place: TakePlace | None = None
        self._title = ""
        self._take: Take | None = None
        edits.take_asked.connect(self.start)
        control.started.connect(self._on_started)
        control.refused.connect(self._on_refused)
        control.ended.connect(self._on_ended)

    @property
    def going(self) -> bool:
        """Whether a take for a recording starts, runs, or is about to become part of it."""
        return self._place is not None

    @Slot(object, str)
    def start(self, place: TakePlace, title: str) -> None:
        """Record for ``place`` in the recording called ``title``."""
        if self._control.busy or self.going:
            self.failed.emit(VoiceRecorderError(
                tr("A recording is running already."), tr("Stop it first; nothing was changed.")
            ))  # fmt: skip
            return
        self._place, self._title = place, title
        self._edits.hold(place.recording_id, tr("Just now something is recorded into it. Stop that first."))
        self._bar.show_context(_words(place, title))
        self._control.start()
        self._control.rename(tr("{title} (addition)", title=title))

    @Slot(str)
    def _on_started(self, _recording_id: str) -> None:
        if self.going:
            self._take = self._services.takes.running

    @Slot(object)
    def _on_refused(self, _error: object) -> None:
        if self.going:
            self._end()

    @Slot(object, object, bool)
    def _on_ended(self, _snapshot: TakeSnapshot, error: VoiceRecorderError | None, _asked: bool) -> None:
        place, take = self._place, self._take
        if place is None:
            return
        kept = take.kept_ids if take is not None else ()
        self._bar.show_context("")
        if error is not None or not kept:
            self._end()
            if kept:
                self._say_kept(error)
            return
        work = patient(attach_take, self._services.editing, place, kept)
        self._lane.post(work, self._on_attached, self._on_lost)

    def _on_attached(self, attached: Attached) -> None:
        self._end()
        self.attached.emit(attached.recording.id)
        self._edits.show_part(attached.recording, attached.start_s, attached.end_s)

    def _on_lost(self, error: VoiceRecorderError) -> None:
        self._end()
        self._say_kept(error)
        self._edits.changed.emit()

    def _say_kept(self, error: VoiceRecorderError | None) -> None:
        title = tr("{title} (addition)", title=self._title)
        kept = tr("What you said is kept as a recording of its own: “{title}”.", title=title)
        why = said(error) if error is not None else ""
        self.failed.emit(VoiceRecorderError(why or tr("It was not put in."), kept))

    def _end(self) -> None:
        assert self._place is not None
        recording_id = self._place.recording_id
        self._place = self._take = None
        self._bar.show_context("")
        self._edits.hold(recording_id, "")


def _words(place: TakePlace, title: str) -> str:
    if place.at_s is None:
        return tr("Appending to “{title}”", title=title)
    return tr("Recording over {place} of “{title}”", place=clock(place.at_s), title=title)
