"""When the window cannot open: tells a person who started it from a menu, without a terminal."""

import contextlib
import os
import subprocess
import sys

SHOW_FAILURE = "--show-failure"
"""The hidden command of the process that shows the box; the words follow it."""
_NO_PEOPLE = ("offscreen", "minimal")


def tell(words: str) -> None:
    """Show ``words`` in a box that a process of its own owns: this one ends at once with its exit code."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform in _NO_PEOPLE or (sys.stderr is not None and sys.stderr.isatty()):
        return
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "voice_recorder"]
    nothing = subprocess.DEVNULL
    with contextlib.suppress(OSError):
        subprocess.Popen(
            [*program, SHOW_FAILURE, words],
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )


def show(words: str) -> int:
    """Show the box until it is closed; the exit code."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication, QMessageBox

    from voice_recorder.ui import language
    from voice_recorder.ui.language import tr
    from voice_recorder.ui.said import said
    from voice_recorder.ui.theme import Theme, resources

    application = QApplication(sys.argv[:1])
    language.choose(application, "")  # the settings may be what cannot be read
    application.setApplicationDisplayName("Voice Recorder")
    application.setWindowIcon(QIcon(str(resources() / "icons" / "app.svg")))
    theme = Theme(application)
    box = QMessageBox()
    box.setWindowTitle("Voice Recorder")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(tr("Voice Recorder cannot open."))
    box.setInformativeText(said(words))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setIconPixmap(theme.icon("warning", "caution", 40).pixmap(40, 40))
    box.addButton(tr("Close"), QMessageBox.ButtonRole.RejectRole)
    box.exec()
    return 0
