"""The backup in the list and in the detail: what moves, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from voice_recorder.domain.recording import Recording
from voice_recorder.ui.backup_deeds import Deed, Offer, offers
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.cloud_questions import ask, free_words
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.language import tr
from voice_recorder.ui.motion import motions_of
from voice_recorder.ui.recordings_list import RecordingsList
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.theme import Theme

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.activity import Activity
    from voice_recorder.services.fetching import Downloading
    from voice_recorder.services.queue_state import QueueState

WAITS_SHOWN_EVERY_MS = 15_000


class LibraryBackup(QObject):
    """Shows how recordings are backed up, and does what is asked about it."""

    shelf_wanted = Signal(bool)
    """Whether there is a shelf for what is not backed up."""

    def __init__(
        self,
        services: Services,
        theme: Theme,
        cloud: CloudActions,
        model: RecordingsModel,
        view: RecordingsList,
        detail: Detail,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._theme = theme
        self._cloud = cloud
        self._model = model
        self._list = view
        self._detail = detail
        self._waits = QTimer(self)  # the next try is always nearer than it was
        self._waits.setInterval(WAITS_SHOWN_EVERY_MS)
        self._waits.timeout.connect(self._show_waits)
        self._waits.start()
        detail.backup.asked.connect(self.take_offer)
        detail.backup.link_asked.connect(cloud.copy_link)
        cloud.changed.connect(model.refresh)

    @Slot(object, object)
    def show_motions(self, activities: Sequence[Activity], downloads: Sequence[Downloading]) -> None:
        """Let what is under way move in the list and in the detail."""
        self._model.live.show(motions_of(activities, downloads))
        self.show()

    @Slot(object)
    def show_queue(self, state: QueueState) -> None:
        """Take over how the queue stands."""
        self.shelf_wanted.emit(bool(state.place))
        self._model.live.set_others_move(bool(state.under_way))
        self.show()

    def show(self) -> None:
        """Bring the detail's backup up to date."""
        facts = self._detail.facts
        if facts is None:
            return
        recording = facts.recording
        motion = self._model.live.motion(recording.id)
        offered = offers([recording], facts.backup.place, lossy_consent=self._cloud.lossy_consent)
        self._detail.backup.show_backup(recording, facts.backup, motion, self._cloud.obstacle, offered)

    def offers(self, recordings: Sequence[Recording]) -> Sequence[Offer]:
        """What can be done about the backup of these."""
        return offers(recordings, self._cloud.place, lossy_consent=self._cloud.lossy_consent)

    @Slot(object)
    def take_offer(self, offer: Offer) -> None:
        """Do what was offered, a link apart; freeing asks first."""
        if offer.deed is Deed.FREE:
            self._ask_to_free(offer.ids)
        else:
            cloud = self._cloud
            do = {Deed.SEND: cloud.send, Deed.CANCEL: cloud.cancel, Deed.FETCH: cloud.fetch}
            do[offer.deed](offer.ids)

    def copy_link(self, recording_id: str, life_s: int) -> None:
        """Put a link to the copy into the clipboard."""
        self._cloud.copy_link(recording_id, life_s)

    def _ask_to_free(self, ids: Sequence[str]) -> None:
        chosen = [r for r in self._list.selected_recordings() if r.id in ids]
        if not chosen and self._detail.recording is not None:
            chosen = [self._detail.recording]
        full = self._services.settings.current.sync_full_check
        words = free_words(chosen, self._cloud.place, full_check=full)
        if len(ids) == 1:
            title = tr("Free the audio of “{title}” on this computer?", title=chosen[0].title)
        else:
            title = tr("Free the audio of %n recording(s) on this computer?", "", len(ids))
        ask(
            self._list.window(), self._theme, title, words, (tr("Check and free"), tr("Keep")),
            lambda: self._cloud.free(ids),
        )  # fmt: skip

    @Slot()
    def _show_waits(self) -> None:
        self._list.viewport().update()
        self.show()
