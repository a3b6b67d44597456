"""What joins the window to the desktop around it: tray, notifications, the key that records from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from voice_recorder.ui import stillness
from voice_recorder.ui.global_shortcut import GlobalShortcut
from voice_recorder.ui.notifications import Notifications
from voice_recorder.ui.tray import Tray, tray_is_there
from voice_recorder.workers.lane import plain

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.ui.main_window import MainWindow
    from voice_recorder.ui.theme import Theme
    from voice_recorder.workers.cloud_worker import CloudWork
    from voice_recorder.workers.lanes import Lanes


class Desktop(QObject):
    """Follows the settings; ``show`` decides whether the window comes or only its icon."""

    def __init__(
        self, application: QApplication, services: Services, lanes: Lanes, theme: Theme, window: MainWindow,
        cloud: CloudWork,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._application = application
        self._services = services
        self._lanes = lanes
        self._window = window
        control = window.control
        self.tray = Tray(theme, control, window)
        self.tray.record_asked.connect(window.toggle_elsewhere)
        self.tray.window_asked.connect(self._toggle_window)
        self.tray.quit_asked.connect(window.closing.quit)
        self.notifications = told = Notifications(window, self.tray, lanes.machine)
        control.started.connect(told.on_started)
        control.polled.connect(told.on_polled)
        control.ended.connect(told.on_ended)
        control.refused.connect(told.on_refused)
        cloud.state_changed.connect(told.on_queue)
        self.global_record = GlobalShortcut(self)
        self.global_record.pressed.connect(window.toggle_elsewhere)
        self.global_record.refused.connect(window.show_error)
        window.hidden_to_tray.connect(self._on_hidden)
        window.settings_applied.connect(self.apply_settings)
        self._starts_at_login = services.settings.current.appearance_start_at_login
        if self._starts_at_login:
            self._enter_at_login(True)  # the program may have moved since
        self.apply_settings()

    def show(self, *, hidden: bool) -> None:
        """Show the window, or with ``hidden`` only the icon in the tray, if there is one."""
        if not (hidden and self.tray.visible):
            self._window.show()

    def close(self) -> None:
        """Take the icon away and give the key back."""
        self.global_record.release()
        self.tray.set_visible(False)

    @Slot()
    def apply_settings(self) -> None:
        """Put the settings in force."""
        now = self._services.settings.current
        stillness.choose(self._application, now.appearance_reduced_motion)
        self.tray.set_visible(now.appearance_tray and tray_is_there())
        self._window.closing.stays_in_tray = self.tray.visible and now.appearance_close_to_tray
        self.notifications.enabled = now.appearance_notifications
        self.global_record.choose(now.shortcuts_global_record)
        if now.appearance_start_at_login != self._starts_at_login:
            self._starts_at_login = now.appearance_start_at_login
            self._enter_at_login(self._starts_at_login)

    def _enter_at_login(self, wanted: bool) -> None:
        self._lanes.edits.post(plain(self._services.autostart.apply, wanted), None, self._window.show_error)

    @Slot()
    def _toggle_window(self) -> None:
        if self._window.isVisible() and not self._window.isMinimized():
            self._window.hide()
        else:
            self._window.come_forward()

    @Slot()
    def _on_hidden(self) -> None:
        if self._window.first_time("stays in tray"):
            self.notifications.say_it_stays()
