"""Export from the window, with real files."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QWidget

from voice_recorder.domain.exported import ExportFormat
from voice_recorder.services import Services
from voice_recorder.ui.export_dialog import ExportDialog
from voice_recorder.ui.main_window import MainWindow

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support|propagateSizeHints")


def _dialog(window: MainWindow) -> ExportDialog:
    return next(d for d in window.findChildren(ExportDialog) if d.isVisible())


def test_many_are_exported_with_their_titles_and_the_choice_is_remembered(
    open_window: Open, add: Any, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    ids = [add("Alder").id, add("Birch/2", 30).id]
    (tmp_path / "out").mkdir()
    window = open_window()
    pane = window.library
    pane.list.selectAll()
    qtbot.waitUntil(
        lambda: "16" in pane.selection.page.facts.text() or "kB" in pane.selection.page.facts.text()
    )
    qtbot.mouseClick(pane.selection.page.export, Qt.MouseButton.LeftButton)
    dialog = _dialog(window)
    dialog.set_folder(str(tmp_path / "out"))
    dialog.format.setCurrentIndex(dialog.format.findData(ExportFormat.FLAC))
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(pane.toast.isVisible, timeout=15_000)
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["Alder.flac", "Birch-2.flac"]
    assert soundfile.info(tmp_path / "out" / "Alder.flac").frames == 8000
    assert pane.toast.undo.text() == "Show in folder"
    qtbot.waitUntil(lambda: services.settings.current.export_folder == str(tmp_path / "out"))
    pane.deeds.ask_export(ids[:1], 0, 1)
    again = _dialog(window)
    assert again.format.currentData() == ExportFormat.FLAC
    again.reject()


def test_what_cannot_be_exported_is_told_one_by_one(
    open_window: Open, add: Any, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    ids = [add("Alder").id, add("Birch", 1).id]
    services.library.path_of(services.library.get(ids[1]).masters[0]).unlink()
    window = open_window()
    window.library.deeds.ask_export(ids)
    dialog = _dialog(window)
    dialog.set_folder(str(tmp_path))
    dialog.format.setCurrentIndex(dialog.format.findData(ExportFormat.FLAC))
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "1 of 2 could not be exported" in window.banner.text, timeout=15_000)
    assert (tmp_path / "Alder.flac").exists()


def test_a_part_of_one_says_which(qtbot: Any) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ExportDialog(1, "A/B", "mp3", "", parent, part="from 0:01 to 0:02")
    assert "“A-B.mp3”" in dialog._names.text()
    dialog.format.setCurrentIndex(dialog.format.findData(ExportFormat.WAV))
    assert "“A-B.wav”" in dialog._names.text()


def test_m4a_is_greyed_out_without_ffmpeg(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert shutil.which("ffmpeg") is None
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ExportDialog(2, "", "m4a", "", parent)
    model = dialog.format.model()
    assert isinstance(model, QStandardItemModel)
    assert not model.item(dialog.format.findData(ExportFormat.M4A)).isEnabled()
    assert dialog.format.currentData() == ExportFormat.MP3
    assert "ffmpeg" in dialog._meaning.text()
