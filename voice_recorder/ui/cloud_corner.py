"""The cloud in the window as a whole: the word in the recorder bar, the panel, alerts, and the one offer."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QSettings, Signal, Slot

from voice_recorder.domain.library_query import Shelf
from voice_recorder.services.queue_state import QueueState
from voice_recorder.storage.sync_log import Alert
from voice_recorder.ui.banner import Banner
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_pane import LibraryPane
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.said import said
from voice_recorder.ui.take_words import IS_SENT, STAYS_HERE
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.transfer_words import indicator
from voice_recorder.ui.transfers_panel import TransfersPanel
from voice_recorder.workers.cloud_worker import CloudWork

OFFERED_FROM = 5
OFFERED = "cloud_offered"
TO_SETTINGS = frozenset({"key_refused", "uploads_failing", "plan_nearly_full", "quota_exceeded"})
TO_TRANSFERS = frozenset({"queue_long"})


def offer_words() -> str:
    """The one offer."""
    return tr(
        "Your recordings are on this computer only. A backup keeps a verified copy of each somewhere else:"
        " in a folder on another disk, or in the cloud."
    )


class CloudCorner(QObject):
    """Says what the cloud has to say, once, and opens what is behind it."""

    settings_asked = Signal(str)
    """Somebody wants this page of the settings."""

    def __init__(
        self,
        theme: Theme,
        work: CloudWork,
        actions: CloudActions,
        library: LibraryPane,
        banner: Banner,
        bar: RecorderBar,
        remembered: QSettings,
    ) -> None:
        super().__init__(library)
        self._theme = theme
        self._work = work
        self._actions = actions
        self._banner = banner
        self._bar = bar
        self._remembered = remembered
        self._library = library
        self._panel: TransfersPanel | None = None
        self._counts: Mapping[Shelf, int] = {}
        self._known = False
        self._told: dict[str, str] = {}
        bar.transfers.clicked.connect(self.open_panel)
        banner.dismissed.connect(self._on_dismissed)
        work.state_changed.connect(self._on_state)
        work.activity_changed.connect(self._on_activities)
        work.activity_changed.connect(library.backup.show_motions)
        work.state_changed.connect(library.backup.show_queue)
        work.place_changed.connect(library.model.refresh)
        library.model.counted.connect(self.show_counts)
        library.player.playing_changed.connect(work.watch_activities)  # it may come from the cloud

    @property
    def panel(self) -> TransfersPanel | None:
        """The panel, once it was opened."""
        return self._panel

    @Slot()
    def open_panel(self) -> None:
        """Show what goes to the cloud."""
        if self._panel is None:
            self._panel = TransfersPanel(self._theme, self._work, self._actions, self._library.window())
            self._panel.settings_asked.connect(self._open_provider)
        self._panel.show()
        self._panel.raise_()
        self._panel.activateWindow()

    @Slot(object)
    def show_counts(self, counts: Mapping[Shelf, int]) -> None:
        """Take over how many recordings there are, and how many without a copy."""
        self._counts = counts
        self._show_indicator()
        self._speak()

    @Slot(object)
    def _on_state(self, state: QueueState) -> None:
        self._known = True
        if state.place and self._banner.text == offer_words():
            self._banner.hide()
        sent = IS_SENT if self._actions.automatic else ""
        self._bar.show_where_it_goes(sent if state.place else STAYS_HERE)
        self._show_indicator()
        self._speak()

    @Slot(object, object)
    def _on_activities(self, _activities: object, _downloads: object) -> None:
        self._show_indicator()

    def _show_indicator(self) -> None:
        missing = self._counts.get(Shelf.NOT_BACKED_UP, 0)
        moving = len(self._work.activities)
        self._bar.transfers.show_indicator(
            indicator(self._work.state, moving, self._actions.obstacle, missing)
        )

    # What is said once

    def _speak(self) -> None:
        if not self._known or not self._banner.isHidden():
            return
        fresh = [
            a for a in self._work.state.alerts if a.shown_at is None and self._told.get(a.kind) != a.words
        ]
        if fresh:
            self._tell(fresh[0])
        elif self._may_offer():
            self._banner.say(
                offer_words(),
                news=True,
                button=tr("Set up backup"),
                action=self._open_provider,
                later=tr("Not now"),
            )

    def _tell(self, alert: Alert) -> None:
        button, action = "", None
        if alert.kind in TO_SETTINGS:
            page = "storage" if alert.kind == "quota_exceeded" else "cloud"
            button, action = tr("Open settings"), lambda: self.settings_asked.emit(page)
        elif alert.kind in TO_TRANSFERS:
            button, action = tr("Show transfers"), self.open_panel
        self._told[alert.kind] = alert.words
        self._banner.say(said(alert.words), button=button, action=action)
        self._actions.mark_shown(alert.kind)

    def _may_offer(self) -> bool:
        here = sum(self._counts.get(shelf, 0) for shelf in (Shelf.ALL, Shelf.ARCHIVE))
        return not self._work.state.place and here >= OFFERED_FROM and not self._remembered.contains(OFFERED)

    @Slot(str)
    def _on_dismissed(self, text: str) -> None:
        if text == offer_words():
            self._remembered.setValue(OFFERED, "yes")
            self._remembered.sync()
        for kind, words in self._told.items():
            if said(words) == text:
                self._actions.clear_alert(kind)
        self._speak()

    @Slot()
    def _open_provider(self) -> None:
        self.settings_asked.emit("cloud")
