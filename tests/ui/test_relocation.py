"""W10: the recordings folder is moved from the window: the question, the way, the start anew."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.fakes.processes import wait_until
from voice_recorder.services import Services
from voice_recorder.storage.paths import MOVED_RECORDINGS, StorageConfig
from voice_recorder.ui.relocation import RelocationDialog
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.window_app import WindowApp

OpenApp = Callable[[], WindowApp]
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # which the offscreen platform lacks


def _dialog(app: WindowApp) -> RelocationDialog:
    dialog = app.window.relocations.dialog
    assert dialog is not None
    return dialog


def test_the_settings_say_where_the_recordings_are_and_lead_to_the_move(
    open_app: OpenApp, services: Services, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    app.window.side.open_settings("storage")
    (settings,) = app.window.findChildren(SettingsDialog)
    assert settings.folder.isVisible()
    assert settings.folder.fits(services.config.raw_recordings_path.name)
    settings.search.setText("move")
    assert settings.folder.isVisible()
    asked: list[bool] = []
    app.window.side.move_asked.connect(lambda: asked.append(True))
    monkeypatch.setattr("voice_recorder.ui.relocation.QFileDialog.open", lambda _dialog: None)
    settings.folder.move_button.click()
    qtbot.waitUntil(lambda: bool(asked))
    assert not settings.isVisible()


def test_a_move_is_asked_about_done_and_followed_by_a_start_anew(
    open_app: OpenApp, add: Any, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    made = add("Interview")
    before = services.library.path_of(made.masters[0]).read_bytes()
    app = open_app()
    window, target = app.window, tmp_path / "other disk" / "notes"
    window.relocations.begin(str(target))
    dialog = _dialog(app)
    qtbot.waitUntil(lambda: dialog.go.isVisible(), timeout=10_000)
    assert str(target) in dialog.text.text().replace("\u200b", "")
    assert "1 " in dialog.text.text() or "2 " in dialog.text.text()
    assert "free" in dialog.text.text()
    window.toggle_elsewhere()  # as from the tray, which no dialog holds back
    assert "being moved" in window.banner.text
    assert not window.control.busy
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.heading.text() == "Moved.", timeout=20_000)
    assert not app.starts_anew
    with qtbot.waitSignal(window.closed, timeout=10_000):
        dialog.go.click()
    assert app.starts_anew
    assert (target / made.masters[0].name).read_bytes() == before
    assert StorageConfig.from_environment().raw_recordings_path == target


def test_what_is_in_the_way_is_said_and_nothing_has_changed(
    open_app: OpenApp, add: Any, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    made = add("Interview")
    app = open_app()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "somebody's").write_text("letter")
    app.window.relocations.begin(str(tmp_path / "full"))
    dialog = _dialog(app)
    qtbot.waitUntil(lambda: "not empty" in dialog.heading.text(), timeout=10_000)
    assert not dialog.go.isVisible()
    dialog.leave.click()
    qtbot.waitUntil(lambda: not app.window.relocations.busy)
    assert services.library.path_of(made.masters[0]).exists()
    assert not (services.config.home / MOVED_RECORDINGS).exists()
    assert not app.starts_anew


def test_a_move_can_be_called_off_on_the_way(
    open_app: OpenApp, add: Any, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    made = add("Interview")
    app = open_app()
    held = services.relocating.move

    def slow(folder: Path, cancel: Any, progress: Any) -> Any:
        assert cancel.wait(20), "nobody called it off"
        return held(folder, cancel, progress)

    app.window.relocations.begin(str(tmp_path / "new"))
    dialog = _dialog(app)
    qtbot.waitUntil(lambda: dialog.go.isVisible(), timeout=10_000)
    services.relocating.move = slow  # type: ignore[method-assign]
    dialog.go.click()
    dialog.leave.click()
    qtbot.waitUntil(lambda: not app.window.relocations.busy, timeout=10_000)
    assert services.library.path_of(made.masters[0]).exists()
    assert not (services.config.home / MOVED_RECORDINGS).exists()
    assert app.window.isVisible()


def test_nothing_is_moved_while_something_else_is_under_way(
    open_app: OpenApp, qtbot: Any, tmp_path: Path
) -> None:
    app = open_app()
    app.window.errands.run("Waiting", lambda cancel, _report: cancel.wait(20), lambda _result: None)
    app.window.relocations.begin(str(tmp_path / "new"))
    assert "Wait until" in app.window.banner.text
    assert not app.window.relocations.busy
    app.window.errands.cancel.click()
    qtbot.waitUntil(lambda: not app.window.errands.busy)


MOVING = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from voice_recorder.app import build
from voice_recorder.ui import window_app

target, told = Path(sys.argv[1]), Path(sys.argv[2])
services = build()
moved = services.config.raw_recordings_path == target
application = window_app.QApplication(sys.argv[:1])

class Driven(window_app.WindowApp):
    def show(self):
        super().show()
        if moved:
            told.write_text(str(services.config.raw_recordings_path))
            QTimer.singleShot(200, self.window, self.window.closing.finish_and_close)
        else:
            self.window.relocations.begin(str(target))
            self.clock = QTimer(self)
            self.clock.timeout.connect(self.press)
            self.clock.start(50)

    def press(self):
        dialog = self.window.relocations.dialog
        if dialog is not None and dialog.go.isVisible():
            dialog.go.click()

window_app.WindowApp = Driven
code = window_app.run(services)
services.close()
sys.exit(code)
"""


def test_the_program_starts_again_by_itself_and_uses_the_new_folder(
    home: Path, qapp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    target, told = tmp_path / "new", tmp_path / "told"
    done = subprocess.run(
        [sys.executable, "-c", MOVING, str(target), str(told)],
        cwd=PROJECT, timeout=60, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    wait_until(told.exists, "the second start", 30)
    assert told.read_text() == str(target)
    assert json.loads((home / MOVED_RECORDINGS).read_text())["recordings"] == str(target)
    wait_until(lambda: not (home / "locks" / "window.lock").exists(), "its end", 20)
