"""Recordings on their way to other programs: dragged out of the list, or copied and pasted elsewhere.

What is handed over are copies named for the titles, when they are few and small: made in a lane from the
moment the mouse goes down, in a folder that goes with the window. A link would be quicker, but a program that
saves into what it opened would write into the master. Where there is no copy, the master itself is named, and
the only thing offered is to copy it.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt, QTemporaryDir, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QWidget

from voice_recorder.domain import words
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.exported import file_name
from voice_recorder.domain.recording import Recording
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.ui.sidebar import SELECTION_MIME
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services

MOST_COPIES = 10
MOST_BYTES = 100_000_000
GNOME_COPIED = "x-special/gnome-copied-files"
"""How the file managers of GNOME, Xfce and Cinnamon learn that files are to be copied."""


class Outgoing(QObject):
    """Prepares files for other programs and hands them over."""

    def __init__(self, services: Services, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._lane = lane
        self._folder: QTemporaryDir | None = None  # goes with this object
        self._copies: dict[tuple[str, str], list[Path]] = {}
        self._making: set[tuple[str, str]] = set()
        self._number = 0

    def prepare(self, recordings: Sequence[Recording], done: Callable[[], None] | None = None) -> None:
        """Make copies of these, if they are few and small; ``done`` is called in any case."""
        new = [r for r in recordings if _key(r) not in self._copies and _key(r) not in self._making]
        fits = len(recordings) <= MOST_COPIES and sum(r.size_bytes for r in recordings) <= MOST_BYTES
        if not fits or not new:
            if done is not None:
                done()
            return
        self._number += 1
        self._folder = self._folder or QTemporaryDir()
        target = Path(self._folder.path()) / str(self._number)
        self._making.update(map(_key, new))

        def work(cancel: threading.Event, _report: Progress) -> dict[tuple[str, str], list[Path]]:
            return {_key(r): self._copy(r, target / str(at), cancel) for at, r in enumerate(new)}

        def made(copies: dict[tuple[str, str], list[Path]] | None) -> None:
            self._making.difference_update(map(_key, new))
            self._copies.update({key: paths for key, paths in (copies or {}).items() if paths})
            if done is not None:
                done()

        def failed(_error: VoiceRecorderError) -> None:
            made(None)  # a full disk: the masters themselves are named

        self._lane.post(work, made, failed)

    def _copy(self, recording: Recording, folder: Path, cancel: threading.Event) -> list[Path]:
        paths: list[Path] = []
        with os_errors_converted(
            words.tr("The recording could not be copied:"), words.tr("It is as it was.")
        ):
            folder.mkdir(parents=True)
            for number, source in enumerate(self.masters([recording]), 1):
                if cancel.is_set():
                    return []
                count = f" ({number})" if number > 1 else ""
                path = folder / f"{file_name(recording.title)}{count}{source.suffix}"
                shutil.copyfile(source, path)
                paths.append(path)
        return paths

    def masters(self, recordings: Sequence[Recording]) -> list[Path]:
        """The files of these that are on this computer."""
        paths = (self._services.library.path_of(master) for r in recordings for master in r.masters)
        return [path for path in paths if path.is_file()]

    def files(self, recordings: Sequence[Recording]) -> list[Path]:
        """What is handed over of these: copies where there are some, else the masters."""
        return [path for r in recordings for path in self._copies.get(_key(r)) or self.masters([r])]

    def data(self, recordings: Sequence[Recording]) -> QMimeData:
        """These as files, for a drag or the clipboard."""
        urls = [QUrl.fromLocalFile(str(path)) for path in self.files(recordings)]
        data = QMimeData()
        if urls:
            data.setUrls(urls)
            lines = ["copy", *(bytes(url.toEncoded().data()).decode() for url in urls)]
            data.setData(GNOME_COPIED, "\n".join(lines).encode())
        return data

    def drag(self, source: QWidget, recordings: Sequence[Recording]) -> None:
        """Let the selection be dragged: its files to other programs, itself onto the sidebar.

        Copying is all that is offered, so that no file manager moves a master away.
        """
        drag = QDrag(source)
        data = self.data(recordings)
        data.setData(SELECTION_MIME, b"selected")
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)


def _key(recording: Recording) -> tuple[str, str]:
    return recording.id, recording.title
