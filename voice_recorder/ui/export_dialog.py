"""Export: as what, where to, and under which names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from voice_recorder.audio.encoder import m4a_available
from voice_recorder.domain.exported import ExportFormat, file_name
from voice_recorder.ui.controls import ElidedLabel, label, row
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said
from voice_recorder.ui.theme import Space

WIDTH = 460


@dataclass(frozen=True)
class ExportPlan:
    """What was decided."""

    format: ExportFormat
    folder: Path


def format_names() -> dict[ExportFormat, str]:
    """The formats in words."""
    return {
        ExportFormat.WAV: tr("WAV"), ExportFormat.FLAC: tr("FLAC"), ExportFormat.MP3: tr("MP3, 128 kbit/s"),
        ExportFormat.OPUS: tr("Opus"), ExportFormat.M4A: tr("M4A (AAC)"),
    }  # fmt: skip


def format_meaning(export_format: ExportFormat) -> str:
    """What a format is good for."""
    return {
        ExportFormat.WAV: tr("Every sample as it is heard. Large, and opens everywhere."),
        ExportFormat.FLAC: tr("Every sample as it is heard, in about half the room of WAV."),
        ExportFormat.MP3: tr("Small, and plays on everything. A little of the sound is lost."),
        ExportFormat.OPUS: tr("The smallest at the same quality; for newer players and browsers."),
        ExportFormat.M4A: tr("Small; what phones and tablets like best."),
    }[export_format]


class ExportDialog(QDialog):
    """Asks for a format and a folder; ``decided`` tells them once."""

    decided = Signal(object)

    def __init__(
        self, count: int, title: str, wanted: str, folder: str, parent: QWidget, *, part: str = ""
    ) -> None:
        """``title`` is of the only one, ``part`` which part of it; ``wanted`` and ``folder`` as last time."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Export"))
        self._title = title
        self._folder = Path(folder or _usual_folder())
        one = tr("“{title}”", title=title if len(title) < 80 else f"{title[:79]}…")
        what = label(one if title else tr("%n recording(s)", "", count), kind="heading", wrap=True)
        if part:
            what.setText(f"{what.text()}, {part}")
        self.format = QComboBox()
        self.format.setAccessibleName(tr("Format"))
        self._meaning = label(kind="muted", wrap=True)
        self._path = ElidedLabel()
        self.choose = QPushButton(tr("Choose…"))
        self.choose.setAccessibleName(tr("Choose the folder"))
        self.choose.clicked.connect(self._ask_for_folder)
        self._names = label(kind="muted", wrap=True)
        self._fill(wanted)
        self.format.currentIndexChanged.connect(self._show)
        buttons = QDialogButtonBox()
        self.go = buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setProperty("kind", "primary")
        buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._decide)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.setHorizontalSpacing(Space.L)
        form.setVerticalSpacing(Space.M)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        form.addRow(tr("Format"), self.format)
        form.addRow("", self._meaning)
        form.addRow(tr("Folder"), self._where())
        form.addRow(tr("Names"), self._names)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        layout.setSpacing(Space.L)
        layout.addWidget(what)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(WIDTH)
        self._show()

    def _where(self) -> QWidget:
        line = row(self._path, self.choose)
        layout = line.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(0, 1)
        return line

    def set_folder(self, folder: str) -> None:
        """Write the files there."""
        self._folder = Path(folder)
        self._show()

    def _fill(self, wanted: str) -> None:
        for each, name in format_names().items():
            self.format.addItem(name, each)
        available, reason = m4a_available()
        model = self.format.model()
        if not available and isinstance(model, QStandardItemModel):
            item = model.item(self.format.findData(ExportFormat.M4A))
            item.setEnabled(False)
            item.setToolTip(said(reason))
            item.setText(tr("{name} (needs ffmpeg)", name=item.text()))
        found = self.format.findData(ExportFormat(wanted))
        usable = available or wanted != ExportFormat.M4A
        self.format.setCurrentIndex(found if usable else self.format.findData(ExportFormat.MP3))

    @Slot()
    def _show(self) -> None:
        chosen = ExportFormat(self.format.currentData())
        meaning = format_meaning(chosen)
        available, reason = m4a_available()
        missing = "" if available else tr("M4A: {reason}", reason=said(reason))
        self._meaning.setText("\n".join(filter(None, (meaning, missing))))
        self._path.say(str(self._folder))
        if self._title:
            name = f"{file_name(self._title)}{chosen.suffix}"
            self._names.setText(tr("“{name}”. A file that is there is never replaced.", name=name))
        else:
            words = tr("Each file has the title of its recording. A file that is there is never replaced.")
            self._names.setText(words)

    @Slot()
    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, tr("Export into"), str(self._folder))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.set_folder)
        dialog.open()

    @Slot()
    def _decide(self) -> None:
        self.decided.emit(ExportPlan(ExportFormat(self.format.currentData()), self._folder))
        self.accept()


def _usual_folder() -> str:
    places = QStandardPaths.StandardLocation
    music = QStandardPaths.writableLocation(places.MusicLocation)
    return music if Path(music).is_dir() else QStandardPaths.writableLocation(places.HomeLocation)
