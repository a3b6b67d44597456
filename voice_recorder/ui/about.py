"""Which program this is, and where it keeps the recordings."""

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

from voice_recorder import __version__
from voice_recorder.ui.language import tr
from voice_recorder.ui.question import question
from voice_recorder.ui.theme import Theme


def show_about(parent: QWidget, theme: Theme, recordings_folder: Path) -> None:
    """Open the box; it deletes itself."""
    box = question(
        parent,
        theme,
        f"Voice Recorder {__version__}",
        tr("Record voice notes and never lose one.")
        + "\n\n"
        + tr("Your recordings are in {folder}", folder=recordings_folder),
    )
    box.setIconPixmap(parent.windowIcon().pixmap(64, 64))
    box.addButton(tr("Close"), QMessageBox.ButtonRole.RejectRole)
    box.open()
