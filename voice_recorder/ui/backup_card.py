"""The backup of the selected recording: where its copy is, what was compared, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui.backup_deeds import Deed, Offer, link_lives
from voice_recorder.ui.backup_words import BackupFacts, backup_text, if_lost
from voice_recorder.ui.controls import Card, label
from voice_recorder.ui.language import tr
from voice_recorder.ui.motion import Motion, motion_in_library
from voice_recorder.ui.theme import Space, Theme


class BackupCard(Card):
    """Words that are kept up to date, and the buttons that fit the state."""

    asked = Signal(object)
    """An ``Offer`` was taken."""
    link_asked = Signal(str, int)
    """A link to this recording, good for so many seconds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "cloud-off", tr("Backup"))
        self._recording_id = ""
        self._offers: dict[Deed, Offer] = {}
        self.buttons = {deed: QPushButton() for deed in Deed}
        self.verdict = label(wrap=True)
        self.verdict.setAccessibleName(tr("If this computer were lost"))
        self._link_menu = QMenu(self)
        for words, life_s in link_lives():
            action = self._link_menu.addAction(tr("Good for {time}", time=words))
            action.setData(life_s)
        self._link_menu.triggered.connect(self._on_link)
        self.buttons[Deed.LINK].setMenu(self._link_menu)
        self._line = QWidget()
        layout = QHBoxLayout(self._line)
        layout.setContentsMargins(0, Space.XS, 0, 0)
        layout.setSpacing(Space.S)
        for deed, button in self.buttons.items():
            layout.addWidget(button)
            button.setProperty("deed", deed.value)
            button.hide()
            if deed is not Deed.LINK:
                button.clicked.connect(self._on_clicked)
        layout.addStretch(1)
        own = self.layout()
        assert isinstance(own, QBoxLayout)
        own.setStretchFactor(self.text, 0)
        own.addWidget(self.verdict)
        own.addWidget(self._line)
        own.addStretch(1)

    def show_backup(
        self,
        recording: Recording,
        facts: BackupFacts,
        motion: Motion | None,
        obstacle: str,
        offered: Sequence[Offer],
    ) -> None:
        """Show how the recording is backed up now; the focus stays where it is."""
        self._recording_id = recording.id
        moving = motion or motion_in_library(recording)
        text = backup_text(recording, facts, moving, obstacle)
        _say(self.text, text)
        _say(self.verdict, if_lost(recording, facts))
        self.show_picture(_picture(recording, facts, moving))
        self._offers = {offer.deed: offer for offer in offered if offer.possible}
        for deed, button in self.buttons.items():
            self._show_button(deed, button)
        self._line.setVisible(bool(self._offers))

    def _show_button(self, deed: Deed, button: QPushButton) -> None:
        offer = self._offers.get(deed)
        blocker = QSignalBlocker(button)
        if offer is not None and button.text() != offer.text:
            button.setText(offer.text)
        if button.isHidden() is (offer is not None):
            if offer is None and button.hasFocus():
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            button.setVisible(offer is not None)
        blocker.unblock()

    def _on_clicked(self) -> None:
        offer = self._offers.get(Deed(str(self.sender().property("deed"))))
        if offer is not None:
            self.asked.emit(offer)

    def _on_link(self, action: QAction) -> None:
        self.link_asked.emit(self._recording_id, int(action.data()))


def _say(where: QLabel, text: str) -> None:
    if text != where.text():
        where.setText(text)
    where.setVisible(bool(text))


def _picture(recording: Recording, facts: BackupFacts, motion: Motion | None) -> str:
    if motion is not None:
        return "cloud-up"
    if recording.state is RecordingState.CLOUD_ONLY:
        return "cloud"
    complete = facts.receipts and len(facts.receipts) >= len(recording.masters)
    return "cloud-tick" if complete else "cloud" if facts.place else "cloud-off"
