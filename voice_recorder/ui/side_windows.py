"""What opens beside the window: settings, help, dashboard, about, the recordings folder.

Each is imported when it is opened; ``ui.warm_up`` has done it before in a lane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from voice_recorder.ui.show_in_folder import open_folder
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.cloud_worker import CloudWork
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.upkeep import Upkeep

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.ui.help_window import HelpWindow
    from voice_recorder.ui.main_window import MainWindow


class SideWindows(QObject):
    """Opens them over the window that they belong to."""

    settings_applied = Signal()
    move_asked = Signal()
    """The recordings folder is to be moved."""

    def __init__(
        self, window: MainWindow, services: Services, lanes: Lanes, theme: Theme, upkeep: Upkeep,
        cloud: CloudWork,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window = window
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._upkeep = upkeep
        self._cloud = cloud
        self.help: HelpWindow | None = None
        """The help, once it was opened."""

    @Slot()
    @Slot(str)
    def open_settings(self, page: str = "") -> None:
        """Show the settings, at ``page`` if it is given."""
        from voice_recorder.ui.input_watch import output_names
        from voice_recorder.ui.settings_dialog import SettingsDialog

        inputs = [device.name for device in self._window.microphones.inputs]
        dialog = SettingsDialog(
            self._services, self._lanes, self._theme, inputs, output_names(), self._window
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if page:
            dialog.show_page(page)
        dialog.applied.connect(self.settings_applied)
        dialog.applied.connect(self._upkeep.check_preflight)  # the format decides how long one can record
        dialog.applied.connect(self._cloud.settings_changed)
        dialog.provider_changed.connect(self._cloud.provider_changed)
        dialog.move_asked.connect(self.move_asked)
        dialog.open()

    @Slot()
    @Slot(str)
    def open_help(self, page: str = "") -> None:
        """Show the help, at ``page`` if it is given."""
        from voice_recorder.ui.help_window import HelpWindow

        if self.help is None:
            self.help = HelpWindow(self._theme, self._window.shortcuts, self._window)
        self.help.open_at(page)

    @Slot()
    def open_dashboard(self) -> None:
        """Show the figures of the library in a window of their own."""
        from voice_recorder.ui.dashboard import show_dashboard

        show_dashboard(self._services, self._lanes.queue, self._theme, self._upkeep, self._window)

    @Slot()
    def open_recordings(self) -> None:
        """Show the recordings folder in the file manager."""
        open_folder(self._services.config.raw_recordings_path, self._window.show_error)

    @Slot()
    def show_about(self) -> None:
        """Say what this program is."""
        from voice_recorder.ui.about import show_about

        show_about(self._window, self._theme, self._services.config.raw_recordings_path)
