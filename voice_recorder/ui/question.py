"""A question that does not block: open it, and hear of the answer by its ``finished`` signal."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from voice_recorder.ui.language import tr
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


def ask_about_take(parent: QWidget, theme: Theme, answered: Callable[[bool], None]) -> QMessageBox:
    """Ask what is to become of a running take; ``answered`` gets whether to stop it. The open box."""
    box = question(
        parent,
        theme,
        tr("A recording is running."),
        tr("Stop it and save it, or keep recording. Nothing is lost either way."),
    )
    stop = box.addButton(tr("Stop and save"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(tr("Keep recording"), QMessageBox.ButtonRole.RejectRole))
    box.finished.connect(lambda: answered(box.clickedButton() is stop))
    box.open()
    return box
