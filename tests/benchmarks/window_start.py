"""P8: from the start of the process to a window with its first rows, beside an empty window."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.large_library import filled_home
from tests.benchmarks.report import REPEATS, Figure
from tests.fakes.display import VirtualDisplay

_OURS = """
import gc, os, time
from voice_recorder import app as program

def first_rows(hidden):
    gc.disable()  # as program.run_window does
    services = program.build()
    from voice_recorder.ui.window_app import WindowApp
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication
    application = QApplication([])
    app = WindowApp(application, services)
    app.show()
    list_ = app.window.library.list
    while not (app.window.library.model.ready and list_.model().recording(1)):
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    list_.viewport().repaint()
    print(time.monotonic(), flush=True)
    app.shut_down()
    services.close()
    os._exit(0)

program.run_window = first_rows
program.main([])
"""
_PEER = """
import os, time
import numpy, sqlalchemy
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication([])
window = QMainWindow()
window.show()
while not window.windowHandle().isExposed():
    application.processEvents()
print(time.monotonic(), flush=True)
os._exit(0)
"""


def run(*, quick: bool = False) -> list[Figure]:
    """Start both windows on a virtual display, on a library of 100,000 rows."""
    repeats = 3 if quick else REPEATS
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, VirtualDisplay(1280, 800) as display:
        home = filled_home(Path(folder))
        env = {
            **os.environ, **display.env, "VOICE_RECORDER_ENV": "testing", "VOICE_RECORDER_HOME": str(home),
            "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled"),
        }  # fmt: skip
        for code in (_OURS, _PEER):  # both from a warm disk, and compiled as when installed
            _start(code, env)
        pairs = [(_start(_OURS, env), _start(_PEER, env)) for _ in range(repeats)]  # in turns
        ours, peer = (median(times) for times in zip(*pairs, strict=True))
    return [
        Figure("P8", "start to the window's first rows", ours, "ms", peer, "empty window", 1.5, 1000),
    ]


def _start(code: str, env: dict[str, str]) -> float:
    started = time.monotonic()  # the same clock in all processes
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return 1000 * (float(done.stdout.splitlines()[0]) - started)
