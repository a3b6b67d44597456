"""A question that does not block: open it, and hear of the answer by its ``finished`` signal."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from voice_recorder.ui.theme import Theme


def question(parent: QWidget, theme: Theme, text: str, explanation: str) -> QMessageBox:
    """A box without buttons yet, to be opened with ``open()``; it deletes itself."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("Voice Recorder")
    box.setText(text)
    box.setInformativeText(explanation)
    box.setIconPixmap(theme.icon("warning", "caution", 40).pixmap(40, 40))
    return box
