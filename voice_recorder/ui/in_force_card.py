"""The card that says which provider is in force, truthfully at all times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.ports import Plan
from voice_recorder.ui.provider_words import force_words
from voice_recorder.ui.provider_work import InForce, choice_in_force, in_force
from voice_recorder.ui.said import said
from voice_recorder.ui.sentence import Sentence
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lane import Lane, plain
from voice_recorder.workers.worker import Job

if TYPE_CHECKING:
    from voice_recorder.services import Services

LOOK_AGAIN_MS = 2000


class InForceCard(Sentence):
    """Looks again every two seconds while it is seen: the queue may have met a refused key."""

    changed = Signal()

    def __init__(self, services: Services, lane: Lane, theme: Theme) -> None:
        super().__init__(theme, card=True)
        self._services = services
        self._lane = lane
        self._jobs = Jobs()
        self._looking: Job | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_AGAIN_MS)
        self._timer.timeout.connect(self.look)
        self.now = InForce()
        self._show(choice_in_force(services))

    def settle(self, plan: Plan | None = None) -> None:
        """Show what is in force now that it may have changed; a look that began before counts no more."""
        self.abandon()
        self._show(replace(choice_in_force(self._services), plan=plan or Plan()))
        self.look()
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """Find out what is in force."""
        if self._looking is None:
            work = plain(in_force, self._services)
            self._looking = self._jobs.post(self._lane, work, self._on_looked, self._on_failed)

    def abandon(self) -> None:
        """Hear of nothing any more."""
        self._timer.stop()
        self._jobs.drop_all()
        self._looking = None

    def _on_looked(self, now: InForce) -> None:
        self._looking = None
        self._show(now)

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._looking = None
        self.say("warning", "caution", said(error))

    def _show(self, now: InForce) -> None:
        self.now = now
        text, more, caution = force_words(now)
        icon = "warning" if caution else "verify" if now.choice else "cloud-off"
        role = "caution" if caution else "good" if now.choice else "muted"
        if self.text != f"{text} {more}".strip():
            self.say(icon, role, text, more)
        self.changed.emit()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()
        self._timer.start()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
