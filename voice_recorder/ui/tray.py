"""The icon in the tray: whether a recording runs, and the few things that one wants from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from voice_recorder.domain.take import TakeSnapshot, TakeState
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import elapsed_clock
from voice_recorder.ui.theme import Theme, resources

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from voice_recorder.ui.take_control import TakeControl


def tray_is_there() -> bool:
    """Whether this desktop has a tray now; some get one a moment after the session began."""
    return QSystemTrayIcon.isSystemTrayAvailable()


class Tray(QObject):
    """An icon that is red while a take runs, with a menu; a click shows the window or hides it."""

    record_asked = Signal()
    window_asked = Signal()
    quit_asked = Signal()

    def __init__(self, theme: Theme, control: TakeControl, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._control = control
        self._window = window
        self._state: TakeState | None = None
        self._idle = QIcon(str(resources() / "icons" / "app.svg"))
        self.icon = QSystemTrayIcon(self._idle, self)
        self.menu = QMenu(window)
        self.record = self.menu.addAction("", self.record_asked.emit)
        self.pause = self.menu.addAction("", control.toggle_pause)
        self.menu.addSeparator()
        self.show_window = self.menu.addAction("", self.window_asked.emit)
        self.menu.addAction(tr("Quit"), self.quit_asked.emit)
        self.menu.aboutToShow.connect(self._name_window)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        control.started.connect(self._on_started)
        control.polled.connect(self._on_polled)
        control.ended.connect(self._on_ended)
        theme.changed.connect(self._show_state)
        self._name_window()
        self._show_state()
        self._say("Voice Recorder")

    @property
    def visible(self) -> bool:
        """Whether there is an icon that one can come back by."""
        return self.icon.isVisible()

    def set_visible(self, visible: bool) -> None:
        """Show the icon, or take it away."""
        self.icon.setVisible(visible)

    @Slot()
    def _name_window(self) -> None:
        shown = self._window.isVisible() and not self._window.isMinimized()
        self.show_window.setText(tr("Hide the window") if shown else tr("Show the window"))

    @Slot()
    def _show_state(self) -> None:
        busy, paused = self._state is not None, self._state is TakeState.PAUSED
        name = "tray-paused" if paused else "tray-recording"
        self.icon.setIcon(self._theme.icon(name, "muted" if paused else "record", 24) if busy else self._idle)
        self.record.setText(tr("Stop and save") if busy else tr("Record"))
        self.pause.setText(tr("Go on recording") if paused else tr("Pause"))
        self.pause.setEnabled(self._state in (TakeState.RECORDING, TakeState.PAUSED))

    def _say(self, words: str) -> None:
        if self.icon.toolTip() != words:
            self.icon.setToolTip(words)

    @Slot(str)
    def _on_started(self, _recording_id: str) -> None:
        self._state = TakeState.RECORDING
        self._show_state()

    @Slot(object)
    def _on_polled(self, snapshot: TakeSnapshot) -> None:
        time = elapsed_clock(snapshot.elapsed_s)
        paused = snapshot.state is TakeState.PAUSED
        self._say(tr("Paused at {time}", time=time) if paused else tr("Recording, {time}", time=time))
        if snapshot.state is not self._state and self._control.busy:
            self._state = snapshot.state
            self._show_state()

    @Slot(object, object, bool)
    def _on_ended(self, _snapshot: object, _error: object, _asked: bool) -> None:
        self._state = None
        self._show_state()
        self._say("Voice Recorder")

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.window_asked.emit()
