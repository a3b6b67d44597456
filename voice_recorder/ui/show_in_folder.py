"""Showing a file where it lies: selected in the file manager where that is possible, else its folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.language import tr
from voice_recorder.ui.session_bus import BusRefused, call, has_session_bus
from voice_recorder.workers.lane import Lane, plain

Failed = Callable[[VoiceRecorderError], None]
_MANAGER = "org.freedesktop.FileManager1"


def select_file(path: Path) -> bool:
    """Ask the file manager to show ``path`` and select it; whether it does. Takes a while: for a lane."""
    if sys.platform == "win32":
        subprocess.Popen(f'explorer /select,"{path}"')  # a list would be quoted as explorer does not read it
        return True
    if sys.platform == "darwin":
        return subprocess.run(["open", "-R", str(path)], check=False).returncode == 0
    if not has_session_bus():
        return False
    try:
        place = "/org/freedesktop/FileManager1"
        call(_MANAGER, place, _MANAGER, "ShowItems", "ass", [path.as_uri()], "")
    except BusRefused:
        return False
    return True


def show_file(path: Path, lane: Lane, failed: Failed) -> None:
    """Show ``path`` in its folder; ``failed`` hears of it when no program does."""

    def asked(selected: bool | None) -> None:
        if not selected and not _open(path.parent):
            failed(
                VoiceRecorderError(tr("No program opened the folder."), tr("The file is {path}.", path=path))
            )

    lane.post(plain(select_file, path), asked, failed)


def open_folder(folder: Path, failed: Failed) -> None:
    """Open ``folder``; ``failed`` hears of it when no program does."""
    if not _open(folder):
        failed(VoiceRecorderError(tr("No program opened the folder."), tr("It is {path}.", path=folder)))


def _open(folder: Path) -> bool:
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
