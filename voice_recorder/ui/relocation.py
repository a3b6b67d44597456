"""Moving the recordings folder: where it is, the question, the way there, and the start anew."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.controls import label, row, set_kind
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import megabytes
from voice_recorder.ui.provider_words import breakable
from voice_recorder.ui.said import said
from voice_recorder.ui.show_in_folder import open_folder
from voice_recorder.ui.theme import Space, Type
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lane import Lane, plain
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.relocating import Outlook, Relocation
    from voice_recorder.ui.main_window import MainWindow

WIDTH = 480


class FolderRow(QWidget):
    """A line of the settings: where the recordings are, with the ways to see and to move them."""

    move_asked = Signal()
    failed = Signal(object)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._words = tr("Recordings are in {folder}", folder=folder)
        text = label(breakable(self._words), wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(self._words)
        self.show_button = QPushButton(tr("Show"))
        self.show_button.setAccessibleName(tr("Show the recordings folder"))
        self.show_button.clicked.connect(self._show)
        self.move_button = QPushButton(tr("Move…"))
        self.move_button.setAccessibleName(tr("Move the recordings folder"))
        self.move_button.clicked.connect(self.move_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, Space.S, 0, Space.S)
        layout.setSpacing(Space.M)
        layout.addWidget(text, 1)
        layout.addWidget(self.show_button)
        layout.addWidget(self.move_button)

    def fits(self, words: str) -> bool:
        """Whether it is what somebody looks for."""
        everything = f"{self._words} {self.move_button.accessibleName()}".casefold()
        return all(word in everything for word in words.casefold().split())

    @Slot()
    def _show(self) -> None:
        open_folder(self._folder, self.failed.emit)


class RelocationDialog(QDialog):
    """Says what a move takes, does it, and tells. Nothing else can be done in the program meanwhile."""

    moved = Signal()
    """The recordings are in another folder, and that has been read: the program must start anew."""

    def __init__(self, services: Services, lane: Lane, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Move the recordings folder"))
        self.setWindowModality(Qt.WindowModality.ApplicationModal)
        self._services = services
        self._lane = lane
        self._folder = folder
        self._jobs = Jobs()
        self._cancel: threading.Event | None = None
        self._is_moved = False
        self.heading = label(size=Type.HEADING, wrap=True)
        self.text = label(kind="muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.leave = QPushButton(tr("Cancel"))
        self.leave.clicked.connect(self.reject)
        self.go = QPushButton(tr("Move"))
        set_kind(self.go, "primary")
        self.go.clicked.connect(self._move)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        layout.setSpacing(Space.M)
        layout.addWidget(self.heading)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addStretch(1)
        layout.addWidget(row(None, self.leave, self.go))
        self._say(tr("Looking at both folders…"), str(folder), busy=True)
        self._jobs.post(lane, plain(services.relocating.look, folder), self._on_looked, self._on_failed)

    @override
    def done(self, result: int) -> None:
        """Close; call off a move that is under way, which then says so."""
        if self._cancel is not None:
            self._cancel.set()
            self.leave.setEnabled(False)
            self._say(tr("Cancelling…"), tr("Everything stays where it is."), busy=True)
            return
        self._jobs.drop_all()
        super().done(result)
        if self._is_moved:
            self.moved.emit()

    def _say(
        self, heading: str, text: str, *, busy: bool = False, go: str = "", trouble: bool = False
    ) -> None:
        self.heading.setText(heading)
        self.text.setText(breakable(text))
        set_kind(self.heading, "caution" if trouble else "")
        self.setAccessibleDescription(f"{heading} {text}")
        self.bar.setVisible(busy)
        self.go.setVisible(bool(go))
        self.go.setText(go)
        self.go.setDefault(bool(go))
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.setFixedSize(WIDTH, layout.totalHeightForWidth(WIDTH))

    def _on_looked(self, found: Outlook | None) -> None:
        if found is None:
            return
        told = tr(
            "%n file(s), {size}, from {old} to {new}. There {free} are free.", "", found.files,
            size=megabytes(found.size_bytes), old=self._services.config.raw_recordings_path,
            new=found.folder, free=megabytes(found.free_bytes),
        )  # fmt: skip
        how = tr(
            "Each file is copied and its copy read back; only then the old folder is emptied. You cannot"
            " record meanwhile, and Voice Recorder starts again afterwards."
        )
        self._say(tr("Move the recordings?"), f"{told}\n\n{how}", go=tr("Move"))

    @Slot()
    def _move(self) -> None:
        if self._is_moved:
            self.accept()
            return

        def work(cancel: threading.Event, report: Progress) -> Relocation:
            return self._services.relocating.move(self._folder, cancel, report)

        self.bar.setRange(0, 0)
        self._say(tr("Moving the recordings…"), tr("Every file is copied and read back."), busy=True)
        job = self._jobs.post(self._lane, work, self._on_moved, self._on_failed, self._on_progress)
        self._cancel = job.cancel

    def _on_progress(self, done: int, total: int, _name: str) -> None:
        if self._cancel is not None and not self._cancel.is_set():
            self.bar.setRange(0, total)
            self.bar.setValue(done)

    def _on_moved(self, moved: Relocation | None) -> None:
        self._cancel = None
        if moved is None:
            self.reject()
            return
        self._is_moved = True
        self.leave.hide()
        words = tr("The recordings are in {folder}. Voice Recorder starts again now.", folder=moved.folder)
        self._say(tr("Moved."), words, go=tr("Start again"))

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._cancel = None
        self.leave.setEnabled(True)
        self.leave.setText(tr("Close"))
        self._say(said(error.title), said(error.detail), trouble=True)


class Relocations(QObject):
    """The window's side: asks for a folder unless something is in the way."""

    moved = Signal()
    """As of the dialog."""

    def __init__(self, window: MainWindow, services: Services, lane: Lane) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._lane = lane
        self.dialog: RelocationDialog | None = None
        """The dialog while it is open."""

    @property
    def busy(self) -> bool:
        """Whether a move is being asked about or under way: no take may start."""
        return self.dialog is not None

    @Slot()
    def ask(self) -> None:
        """Have the new folder chosen."""
        if self._refuses():
            return
        chooser = QFileDialog(self._window, tr("The new place of the recordings"))
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(self.begin)
        chooser.open()

    @Slot(str)
    def begin(self, folder: str) -> None:
        """Ask whether to move the recordings to ``folder``, then do it."""
        if self._refuses():
            return
        self.dialog = RelocationDialog(self._services, self._lane, Path(folder), self._window)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.moved.connect(self.moved)
        self.dialog.show()

    def _refuses(self) -> bool:
        """Whether something is in the way; then it was said."""
        window = self._window
        if window.control.busy:
            reason = tr("A recording is running; stop it before its folder is moved.")
        elif window.errands.busy:
            reason = tr("Wait until what is being done above the list is over, or cancel it.")
        else:
            return self.busy
        window.show_error(VoiceRecorderError(tr("The recordings folder cannot be moved now."), reason))
        return True

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
