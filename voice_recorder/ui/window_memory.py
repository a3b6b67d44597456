"""What the window remembers from one start to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSettings
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from voice_recorder.ui.library_pane import LibraryPane

USUAL_SIZE = (1220, 750)
REACHABLE = 48
"""So many pixels of the window, each way, must lie on a screen to be taken hold of."""


class WindowMemory(QObject):
    """Keeps ``window.ini`` in the library's folder."""

    def __init__(self, home: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.settings = QSettings(str(home / "window.ini"), QSettings.Format.IniFormat, self)

    def restore(self, window: QMainWindow, library: LibraryPane) -> None:
        """Give the window the size, the place and the borders that it had, on a screen that is there."""
        window.resize(*USUAL_SIZE)
        geometry, outer, inner = (self.settings.value(key) for key in ("geometry", "outer", "inner"))
        if geometry is not None:
            window.restoreGeometry(geometry)
            _bring_onto_a_screen(window)
        if outer is not None and inner is not None:
            library.restore_layout(outer, inner)

    def keep(self, window: QMainWindow, library: LibraryPane) -> None:
        """Remember the size, the place and the borders; those of a window that was never shown are none."""
        if window.windowHandle() is None:
            return
        outer, inner = library.save_layout()
        for key, value in (("geometry", window.saveGeometry()), ("outer", outer), ("inner", inner)):
            self.settings.setValue(key, value)
        self.settings.sync()

    def once(self, what: str) -> bool:
        """Whether ``what`` is asked for the first time; from then on it is not."""
        key = f"told/{what}"
        if self.settings.contains(key):
            return False
        self.settings.setValue(key, "yes")
        self.settings.sync()
        return True


def _bring_onto_a_screen(window: QMainWindow) -> None:
    """Move the window where its screen is gone, and make it fit the one that it comes to."""
    frame = window.frameGeometry()
    for screen in QGuiApplication.screens():
        seen = screen.availableGeometry().intersected(frame)
        if seen.width() >= REACHABLE and seen.height() >= REACHABLE:
            return
    room = QGuiApplication.primaryScreen().availableGeometry()
    placed = QRect(room.topLeft(), window.size().boundedTo(room.size()))
    placed.moveCenter(room.center())
    window.setGeometry(placed)
