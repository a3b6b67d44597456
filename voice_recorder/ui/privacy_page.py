"""The page of the settings that says what leaves this computer, and removes what the program has noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.preflight import in_mb
from voice_recorder.services.playback_cache import clear_playback_cache
from voice_recorder.ui.controls import label
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said
from voice_recorder.ui.sentence import Outcome
from voice_recorder.ui.show_in_folder import open_folder
from voice_recorder.ui.theme import Space, Theme, Type
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice_recorder.services import Services


class PrivacyPage(QWidget):
    """Has no settings: sentences, and three buttons."""

    def __init__(self, services: Services, lanes: Lanes, theme: Theme) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._jobs = Jobs()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, Space.M)
        self._layout.setSpacing(Space.M)
        self._words = self._sentences()
        for sentence in self._words:
            self._layout.addWidget(label(sentence, wrap=True))
        self.logs = self._add(
            tr("Logs"),
            tr("What the program did, for finding faults. No sound, no key, no link; they stay here."),
            tr("Open the logs folder"),
            self._open_logs,
        )
        self.cache = self._add(
            tr("Fetched audio"),
            tr("Recordings that are in the cloud only, kept for listening. They can be fetched again."),
            tr("Clear"),
            self._clear_cache,
        )
        self.alerts = self._add(
            tr("Alerts"),
            tr("What the program has warned of. What is still so is said again."),
            tr("Clear"),
            self._clear_alerts,
        )
        self.outcome = Outcome(theme)
        self._layout.addWidget(self.outcome)

    def fits(self, words: str) -> bool:
        """Whether the page is what somebody looks for."""
        everything = " ".join([tr("Privacy"), *self._words]).casefold()
        return all(word in everything for word in words.casefold().split())

    def abandon(self) -> None:
        """Hear of nothing any more, for when the page goes."""
        self._jobs.drop_all()

    def _sentences(self) -> list[str]:
        return [
            tr("Nothing leaves this computer but the copies that go to the provider you choose, and what you"
               " export or share yourself. Without a provider nothing leaves it at all."),
            tr("There is no account, no statistics and no search for updates. Keys are kept in the system's"
               " keyring, never in a file."),
        ]  # fmt: skip

    def _add(self, title: str, text: str, button: str, slot: Callable[[], None]) -> QPushButton:
        made = QPushButton(button)
        made.setAccessibleName(f"{title}: {button}")
        made.setAccessibleDescription(text)
        made.clicked.connect(slot)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(title, wrap=True))
        words.addWidget(label(text, kind="muted", size=Type.SMALL, wrap=True))
        line = QHBoxLayout()
        line.setSpacing(Space.M)
        line.addLayout(words, 1)
        line.addWidget(made)
        self._layout.addLayout(line)
        self._words += [title, text]
        return made

    @Slot()
    def _open_logs(self) -> None:
        open_folder(self._services.config.logs_path, self._on_failed)

    @Slot()
    def _clear_cache(self) -> None:
        def cleared(freed_bytes: int | None) -> None:
            words = tr("{size} of fetched audio is gone from this computer.", size=in_mb(freed_bytes or 0))
            self.outcome.well(words if freed_bytes else tr("There was no fetched audio."))

        work = plain(clear_playback_cache, self._services.config)
        self._jobs.post(self._lanes.errands, work, cleared, self._on_failed)

    @Slot()
    def _clear_alerts(self) -> None:
        def clear() -> int:
            alerts = self._services.sync_log.alerts()
            for alert in alerts:
                self._services.sync_log.clear_alert(alert.kind)
            return len(alerts)

        def cleared(count: int | None) -> None:
            words = tr("%n alert(s) cleared.", "", count or 0)
            self.outcome.well(words if count else tr("There was no alert."))

        self._jobs.post(self._lanes.edits, plain(clear), cleared, self._on_failed)

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self.outcome.trouble(said(error))
