"""Choosing what to import. The dialogs do not block; what was chosen is told to a slot."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from voice_recorder.ui.language import tr

SOUND_FILES = "*.wav *.flac *.mp3 *.ogg *.oga *.opus *.aif *.aiff *.m4a *.aac *.mp4 *.mov *.webm"


def choose_files(parent: QWidget, chosen: Callable[[list[str]], None]) -> None:
    """Have sound files chosen; ``chosen`` is a slot of ``parent``."""
    dialog = _dialog(parent, tr("Import files"), chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters([tr("Sound ({patterns})", patterns=SOUND_FILES), tr("All files (*)")])
    dialog.open()


def choose_folder(parent: QWidget, chosen: Callable[[list[str]], None]) -> None:
    """Have a folder chosen; ``chosen`` is a slot of ``parent``."""
    dialog = _dialog(parent, tr("Import folder"), chosen)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.open()


def _dialog(parent: QWidget, title: str, chosen: Callable[[list[str]], None]) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(chosen)
    return dialog
