"""What the window remembers from one start to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from voice_recorder.ui.library_pane import LibraryPane


class WindowMemory(QObject):
    """Keeps ``window.ini`` in the library's folder."""

    def __init__(self, home: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.settings = QSettings(str(home / "window.ini"), QSettings.Format.IniFormat, self)

    def restore(self, window: QMainWindow, library: LibraryPane) -> None:
        """Give the window the size and the borders that it had."""
        window.resize(1220, 750)
        geometry, outer, inner = (self.settings.value(key) for key in ("geometry", "outer", "inner"))
        if geometry is not None:
            window.restoreGeometry(geometry)
        if outer is not None and inner is not None:
            library.restore_layout(outer, inner)

    def keep(self, window: QMainWindow, library: LibraryPane) -> None:
        """Remember the size and the borders."""
        outer, inner = library.save_layout()
        for key, value in (("geometry", window.saveGeometry()), ("outer", outer), ("inner", inner)):
            self.settings.setValue(key, value)
        self.settings.sync()
