"""What is said while somebody looks at another window, each thing once.

On Linux by the desktop's notification service, which needs no tray; elsewhere by the icon in the tray.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QSystemTrayIcon

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.take import WARNINGS, TakeSnapshot, Warn
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services.queue_state import QueueState
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import spoken_length
from voice_recorder.ui.said import said
from voice_recorder.ui.session_bus import call, has_session_bus
from voice_recorder.workers.lane import plain

if TYPE_CHECKING:
    from voice_recorder.ui.main_window import MainWindow
    from voice_recorder.ui.tray import Tray
    from voice_recorder.workers.lane import Lane

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_SERVERS_CHOICE = -1
_NORMAL, _CRITICAL = 1, 2
_WARNINGS = (Warn.DEVICE_LOST, Warn.DISK_LOW)
"""What of a running take cannot wait until somebody looks at the window."""


def notify(title: str, words: str, *, urgent: bool = False) -> None:
    """Have the desktop show a notification; for a lane. BusRefused."""
    hints = {"urgency": ("y", _CRITICAL if urgent else _NORMAL), "desktop-entry": ("s", "voice-recorder")}
    body: tuple[object, ...] = (
        "Voice Recorder",
        0,
        "voice-recorder",
        title,
        words,
        [],
        hints,
        _SERVERS_CHOICE,
    )
    call(_NAME, _PATH, _NAME, "Notify", "susssasa{sv}i", *body)


class Notifications(QObject):
    """Listens to the window's parts, and speaks while nobody looks at the window."""

    def __init__(self, window: MainWindow, tray: Tray, lane: Lane) -> None:
        super().__init__(window)
        self._window = window
        self._tray = tray
        self._lane = lane
        self.enabled = True
        self._said: set[str] = set()
        """What was said of the running take."""
        self._backup_trouble = ""

    @Slot(str)
    def on_started(self, _recording_id: str) -> None:
        """A take begins: nothing was said of it."""
        self._said.clear()

    @Slot(object)
    def on_polled(self, snapshot: TakeSnapshot) -> None:
        """A running take: a lost microphone and a full disk cannot wait."""
        for warning in _WARNINGS:
            if warning in snapshot.warnings and warning.value not in self._said:
                self._said.add(warning.value)
                self._say(tr("The recording needs you"), tr(WARNINGS[warning]), urgent=True)

    @Slot(object, object, bool)
    def on_ended(self, snapshot: TakeSnapshot, error: VoiceRecorderError | None, asked: bool) -> None:
        """The end of a take: early, with what was kept, or as it was asked for in the tray."""
        if error is not None or not asked:
            words = said(error) if error else tr("What was recorded is kept.")
            self._say(tr("The recording has ended"), words, urgent=True)
        else:
            length = spoken_length(snapshot.elapsed_s)
            self._say(tr("The recording is saved"), f"{snapshot.title}, {length}")

    @Slot(object)
    def on_refused(self, error: VoiceRecorderError) -> None:
        """A take that could not begin."""
        self._say(tr("Recording did not start"), said(error), urgent=True)

    @Slot(object)
    def on_queue(self, state: QueueState) -> None:
        """The queue to the cloud: what will not be tried again by itself is said once."""
        trouble = _trouble(state)
        if trouble and trouble != self._backup_trouble:
            self._say(tr("The backup needs you"), trouble)
        self._backup_trouble = trouble

    def say_it_stays(self) -> None:
        """The window is gone, but the program is not: for the first time that happens."""
        words = tr("Click its icon in the tray to come back, or choose Quit in its menu.")
        self._say(tr("Voice Recorder goes on in the tray"), words)

    def _say(self, title: str, words: str, *, urgent: bool = False) -> None:
        if not self.enabled or self._window.isActiveWindow():
            return

        def by_the_tray(_error: VoiceRecorderError | None = None) -> None:
            if self._tray.visible:
                icons = QSystemTrayIcon.MessageIcon
                kind = icons.Warning if urgent else icons.Information
                self._tray.icon.showMessage(title, words, kind)

        if has_session_bus():
            self._lane.post(plain(_notify, title, words, urgent), None, by_the_tray)
        else:
            by_the_tray()


def _notify(title: str, words: str, urgent: bool) -> None:
    notify(title, words, urgent=urgent)


def _trouble(state: QueueState) -> str:
    """Why nothing goes to the cloud until its owner does something; empty when all is well or will be."""
    if state.halted:
        return said(state.halted)
    given_up = state.count(TransferState.FAILED)
    if given_up and state.next_at is None:
        return tr(
            "%n file(s) could not be sent and wait for you. They are safe on this computer.", "", given_up
        )
    return ""
