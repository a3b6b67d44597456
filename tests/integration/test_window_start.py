"""What the window loads before its first rows, and where it loads the rest."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.fakes.library import opened

WINDOW = """
    import os, sys, threading
    from voice_recorder import app as program

    def first_rows(hidden):
        services = program.build()
        from PySide6.QtCore import QEventLoop
        from PySide6.QtWidgets import QApplication
        from voice_recorder.ui.window_app import WindowApp
        application = QApplication([])
        app = WindowApp(application, services)
        app.show()
        while not app.window.library.model.ready:
            application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        print(*sys.modules)
        app.shut_down()
        services.close()

    program.run_window = first_rows
    program.main([])
    sys.stdout.flush()
    os._exit(0)
"""
NOT_BEFORE_THE_FIRST_ROWS = {
    "alembic", "boto3", "botocore", "cloudinary", "keyring", "numpy", "psutil", "pyqtgraph", "rich", "scipy",
    "sounddevice", "soundfile", "soxr", "sqlalchemy.orm", "typer", "wakepy", "PySide6.QtMultimedia",
    "voice_recorder.cli", "voice_recorder.cloud.kinds", "voice_recorder.services.sync",
    "voice_recorder.services.takes",
    "voice_recorder.ui.dashboard", "voice_recorder.ui.export_dialog", "voice_recorder.ui.help_window",
    "voice_recorder.ui.settings_dialog",
}  # fmt: skip
MULTIMEDIA = """
    import os, sys, threading
    from importlib.abc import MetaPathFinder
    from PySide6.QtCore import QCoreApplication, QObject, QTimer

    class Looker(MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == "PySide6.QtMultimedia":
                in_window = threading.current_thread() is threading.main_thread()
                print("window's thread" if in_window else "another thread")

    sys.meta_path.insert(0, Looker())
    application = QCoreApplication([])
    from voice_recorder.ui import input_watch
    from voice_recorder.workers.lane import Lane
    lane, owner = Lane("machine"), QObject()
    watch = input_watch.InputWatch(lane, owner)
    watch._timer.setInterval(0)
    watch.start()
    look = QTimer(interval=20)
    look.timeout.connect(lambda: watch._devices is not None and application.quit())
    look.start()
    application.exec()
    print("watching", len(input_watch.multimedia_libraries()) >= 3)
    lane.ask_to_stop()
    lane.wait(5000)
    sys.stdout.flush()
    os._exit(0)
"""


def output_of(code: str, home: Path) -> str:
    """What a process of its own prints that runs ``code``."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "VOICE_RECORDER_HOME": str(home)}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_rows_wait_for_nothing_that_they_do_not_need(home: Path) -> None:
    with opened():
        """Makes the library: only the first start of all is to migrate."""
    loaded = set(output_of(WINDOW, home).split())
    assert "voice_recorder.ui.main_window" in loaded
    assert sorted(loaded & NOT_BEFORE_THE_FIRST_ROWS) == []


def test_qtmultimedia_is_loaded_beside_the_window(home: Path) -> None:
    assert output_of(MULTIMEDIA, home).splitlines() == ["another thread", "watching True"]
