"""The page of the settings where a provider is chosen, tested, changed and given up.

What is typed is a draft: nothing of it is in force until it was saved, and it is tested before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QMessageBox, QVBoxLayout, QWidget
from typing_extensions import override

from voice_recorder.cloud.kinds import KINDS
from voice_recorder.domain.errors import SecretsUnavailable, VoiceRecorderError
from voice_recorder.domain.ports import Plan, ProviderKind
from voice_recorder.ui import provider_words as words
from voice_recorder.ui.controls import label
from voice_recorder.ui.in_force_card import InForceCard
from voice_recorder.ui.language import tr
from voice_recorder.ui.provider_buttons import ProviderButtons
from voice_recorder.ui.provider_form import ProviderForm
from voice_recorder.ui.provider_work import (
    Tested,
    interruptible,
    stored_secrets,
    try_out,
)
from voice_recorder.ui.question import question
from voice_recorder.ui.said import said
from voice_recorder.ui.sentence import Outcome, Sentence
from voice_recorder.ui.setting_row import Choice
from voice_recorder.ui.theme import Space, Theme, Type
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Job

if TYPE_CHECKING:
    from voice_recorder.services import Services


class ProviderPage(QWidget):
    """See the module. ``saving`` is true while a choice is being made; ``settled`` tells the end of it."""

    provider_changed = Signal()
    """A provider was chosen or given up."""
    newly_chosen = Signal()
    """Copies go to another place than before."""
    settled = Signal()
    told = Signal(QWidget)
    """Something new stands in this part of the page."""

    def __init__(self, services: Services, lanes: Lanes, theme: Theme) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self.saving = False
        self._jobs = Jobs()
        self._testing: Job | None = None
        self._make_parts()
        self._arrange()
        self._go_to_chosen()
        self._show_kind()
        self.choice.currentIndexChanged.connect(self._show_kind)
        self.status.changed.connect(self._show_state)

    def _make_parts(self) -> None:
        self.status = InForceCard(self._services, self._lanes.pages, self._theme)
        self.choice = Choice()
        self.choice.setAccessibleName(tr("Provider"))
        self.choice.setAccessibleDescription(words.purpose())
        self.choice.addItem(tr("None"), "")
        for kind in KINDS.values():
            self.choice.addItem(tr(kind.title), kind.name)
        self.choice.setMaximumWidth(260)
        self.forms = {kind.name: ProviderForm(kind) for kind in KINDS.values()}
        for form in self.forms.values():
            form.edited.connect(self._on_edited)
        self.keyring = Sentence(self._theme)
        self.buttons = ProviderButtons()
        self.buttons.connect_to(self.use, self.test, self.stop, self.cancel)
        self._draft = label(words.draft(), kind="muted", size=Type.SMALL, wrap=True)
        self.outcome = Outcome(self._theme)

    def _arrange(self) -> None:
        title = label(tr("Provider"))
        title.setBuddy(self.choice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, Space.M)
        layout.setSpacing(Space.S)
        layout.addWidget(label(words.purpose(), kind="muted", wrap=True))
        layout.addWidget(self.status)
        layout.addSpacing(Space.S)
        layout.addWidget(title)
        layout.addWidget(self.choice)
        for part in (*self.forms.values(), self.keyring, self.buttons, self._draft, self.outcome):
            layout.addWidget(part)

    # What is shown

    @property
    def kind(self) -> ProviderKind | None:
        """The kind that is looked at, which need not be in force."""
        return KINDS.get(self.choice.currentData())

    @property
    def _form(self) -> ProviderForm:
        return self.forms[self.choice.currentData()]

    @property
    def busy(self) -> bool:
        """Whether a test runs or a choice is being saved."""
        return self._testing is not None or self.saving

    def fits(self, looked_for: str) -> bool:
        """Whether the page is what somebody looks for."""
        parts = [tr("cloud provider backup key test connection"), words.purpose()]
        for kind in KINDS.values():
            parts += [tr(kind.title), *(f"{tr(f.title)} {tr(f.text)}" for f in kind.fields)]
        everything = " ".join(parts).casefold()
        return all(word in everything for word in looked_for.casefold().split())

    def report(self, text: str) -> None:
        """Say what came of something that the page has led to."""
        self.outcome.well(text)
        self.told.emit(self.outcome)

    def _go_to_chosen(self) -> None:
        chosen = self.status.now.choice.kind.name if self.status.now.choice else ""
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))

    @Slot()
    def _show_kind(self) -> None:
        self.outcome.hide()
        self.keyring.hide()
        for name, form in self.forms.items():
            form.setVisible(name == self.choice.currentData())
        if self.kind is not None and not self._form.is_changed:
            self._fill()
        self._ask_keyring()
        self._show_state()

    def _fill(self) -> None:
        """Show what is stored for the kind."""
        stored = self._services.settings.provider_values(self._form.kind.name)
        problem = self._form.show_known(stored, self._services.config.home)
        if problem:
            self.outcome.trouble(problem)

    def _ask_keyring(self) -> None:
        """Find out which secrets are stored; only when it is seen, as the keyring may ask for a password."""
        kind = self.kind
        if kind is None or not self.isVisible() or not any(f.secret for f in kind.fields):
            return
        form = self._form

        def finished(names: Sequence[str] | None) -> None:
            form.show_stored(names or ())

        def failed(error: VoiceRecorderError) -> None:
            if isinstance(error, SecretsUnavailable) and kind is self.kind:
                self._say_keyring(error, kind)

        self._jobs.post(self._lanes.machine, plain(stored_secrets, self._services, kind), finished, failed)

    def _say_keyring(self, error: SecretsUnavailable, kind: ProviderKind) -> None:
        self.keyring.say("info", "muted", said(error.title), words.keyring_words(kind))
        self.keyring.show()

    @Slot()
    def _show_state(self) -> None:
        kind = self.kind is not None
        in_use = self.status.now.choice is not None and self.status.now.choice.kind is self.kind
        is_new = kind and (not in_use or self._form.is_changed)
        self.choice.setEnabled(not self.busy)
        self.buttons.show_for(
            kind=kind,
            may_use=is_new or bool(self.status.now.halted),
            may_stop=bool(self._services.settings.current.cloud_provider),
            testing=self._testing is not None,
            saving=self.saving,
        )
        for form in self.forms.values():
            form.setEnabled(not self.busy)
        self._draft.setVisible(is_new and not self.busy)

    @Slot()
    def _on_edited(self) -> None:
        self.outcome.hide()
        self._show_state()

    # Testing

    @Slot()
    def test(self) -> None:
        """Try what stands in the fields, and save nothing."""
        self._begin_test(self._on_tested)

    @Slot()
    def use(self) -> None:
        """Try what stands in the fields, and let copies go there if it works."""
        self._begin_test(self._on_tested_for_use)

    def _begin_test(self, finished: Callable[[Tested | None], None]) -> None:
        kind = self.kind
        if kind is None or self.busy:
            return

        def begun(_done: int, _total: int, _text: str) -> None:
            self.outcome.note(tr("Testing the connection…"))

        waits = self._lanes.cloud.busy
        waiting = tr("Waiting for other work with the provider…")
        self.outcome.note(waiting if waits else tr("Testing the connection…"))
        self._form.mark_missing(())
        work = interruptible(try_out, self._services, kind, self._form.typed)
        self._testing = self._jobs.post(self._lanes.cloud, work, finished, self._on_test_failed, begun)
        self._show_state()
        self.told.emit(self.outcome)

    @Slot()
    def cancel(self) -> None:
        """Give up a test that runs."""
        if self._testing is not None:
            self._jobs.drop(self._testing)
            self._end_test()
            unchanged = words.unchanged_words(self.status.now)
            self.outcome.note(tr("The test was cancelled. {unchanged}", unchanged=unchanged))
            self.told.emit(self.outcome)

    def _end_test(self) -> None:
        self._testing = None
        self._show_state()

    def _on_tested(self, tested: Tested | None) -> None:
        self._end_test()
        if tested is not None and not self._tell_trouble(tested):
            self.report(words.success_words(tested, self.status.now))

    def _on_tested_for_use(self, tested: Tested | None) -> None:
        self._end_test()
        if tested is not None and not self._tell_trouble(tested):
            self._save(tested)

    def _tell_trouble(self, tested: Tested) -> bool:
        """Show what keeps a test from being a success, if anything."""
        if tested.missing:
            self.outcome.trouble(words.missing_words(tested))
            if tested.keyring is not None:
                self._say_keyring(tested.keyring, tested.kind)
            self._form.mark_missing(tested.missing)
            return True
        self._form.take_over({**tested.values, **tested.secrets})
        if tested.trouble is not None:
            text = words.trouble_words(tested, self.status.now)
            self.outcome.trouble(text, tr("Save anyway"), lambda: self._save(tested))
            self.told.emit(self.outcome)
            return True
        return False

    def _on_test_failed(self, error: VoiceRecorderError) -> None:
        self._end_test()
        self._tell_failure(error)

    def _tell_failure(self, error: VoiceRecorderError) -> None:
        text = words.failure_words(error, self._form.kind, self.status.now)
        if isinstance(error, SecretsUnavailable):
            self.keyring.hide()  # the same is said here
            self.outcome.trouble(text, tr("Try again"), self.use)
        else:
            self.outcome.trouble(text)
        self.told.emit(self.outcome)

    # Choosing

    def _save(self, tested: Tested) -> None:
        before = self.status.now.place
        self.saving = True
        self.outcome.note(tr("Saving…"))
        self._show_state()

        def chosen(_choice: object) -> None:
            self._fill()
            self._form.hide_secrets()
            self._ask_keyring()
            self._jobs.post(self._lanes.cloud, plain(self._services.sync.begin), begun, begun_badly)

        def begun(plan: Plan | None) -> None:
            self._settle(plan)
            self.outcome.well(words.saved_words(tested, plan))
            self._announce(before)

        def begun_badly(error: VoiceRecorderError) -> None:
            self._settle()
            self.outcome.trouble(
                tr(
                    "Saved. {error} Until that is over, what is to be sent waits here.",
                    error=said(error.title),
                )
            )
            self._announce(before)

        def failed(error: VoiceRecorderError) -> None:
            self._settle()
            self._tell_failure(error)
            self.settled.emit()

        choose = plain(self._services.providers.choose, tested.kind.name, tested.values, tested.secrets)
        self._jobs.post(self._lanes.edits, choose, chosen, failed)

    def _announce(self, before: str) -> None:
        self.told.emit(self.outcome)
        self.provider_changed.emit()
        if self.status.now.place != before:
            self.newly_chosen.emit()
        self.settled.emit()

    @Slot()
    def stop(self) -> None:
        """Ask, then send nothing any more."""
        if self.status.now.choice is None:
            self._stop()  # what was chosen makes no sense, so nobody has to be asked
            return
        box = question(self, self._theme, *words.stop_words(self.status.now))
        stop = box.addButton(tr("Stop backing up"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(tr("Keep backing up"), QMessageBox.ButtonRole.RejectRole))

        def answered() -> None:
            if box.clickedButton() is stop:
                self._stop()
            else:
                self._go_to_chosen()

        box.finished.connect(answered)
        box.open()

    def _stop(self) -> None:
        self.saving = True
        self._show_state()

        def finished(_settings: object) -> None:
            self._settle()
            self.outcome.note(tr("Nothing is sent any more. The copies stay where they are."))
            self.provider_changed.emit()
            self.settled.emit()

        def failed(error: VoiceRecorderError) -> None:
            self._settle()
            self.outcome.trouble(f"{said(error)} {words.unchanged_words(self.status.now)}")
            self.settled.emit()

        self._jobs.post(self._lanes.edits, plain(self._services.providers.choose_none), finished, failed)

    def _settle(self, plan: Plan | None = None) -> None:
        self.saving = False
        self.status.settle(plan)

    # The page itself

    def abandon(self) -> None:
        """Hear of nothing any more, for when the page goes; not to be called while it is ``saving``."""
        self.status.abandon()
        self._jobs.drop_all()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_keyring()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for form in self.forms.values():
            form.hide_secrets()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return in a field means the page's own button, not the end of the dialog."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(self.focusWidget(), QLineEdit):
            self.use()
        else:
            super().keyPressEvent(event)
