"""Import into the library: files and folders that are chosen, or dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.ui.import_dialogs import choose_files, choose_folder


class Imports(QObject):
    """Asks what to import, and has it done."""

    def __init__(self, window: QWidget, errands: ErrandStrip) -> None:
        super().__init__(window)
        self._window = window
        self._errands = errands

    @Slot()
    def ask_for_files(self) -> None:
        """Have files chosen."""
        choose_files(self._window, self._import)

    @Slot()
    def ask_for_folder(self) -> None:
        """Have a folder chosen."""
        choose_folder(self._window, self._import)

    @staticmethod
    def welcome(event: QDragEnterEvent) -> None:
        """Accept what is dragged over the window if there are files in it; not what comes from its list."""
        if event.source() is None and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def take(self, event: QDropEvent) -> None:
        """Import the files that were dropped."""
        event.acceptProposedAction()
        self._import([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    @Slot(list)
    def import_files(self, names: list[str]) -> None:
        """Import these, as when they were pasted."""
        self._import(names)

    @Slot(list)
    def _import(self, names: list[str]) -> None:
        if names:
            self._errands.import_files([Path(name) for name in names])
