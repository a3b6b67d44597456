"""W2, W3: scrolling 100,000 rows and typing a search in the real window, beside a list of plain texts."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.large_library import filled_home
from tests.benchmarks.report import Figure
from tests.fakes.display import VirtualDisplay

_STEPS = 200
_OURS = """
import json, os, statistics, sys, time
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication
from tests.fakes.watchdog import EventLoopWatch
from voice_recorder.app import build
from voice_recorder.ui.window_app import WindowApp
services = build()
application = QApplication([])
app = WindowApp(application, services)
app.show()
library = app.window.library
model, list_ = library.model, library.list
def until(holds, timeout_s=20.0):
    started = time.perf_counter()
    while not holds():
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
        if time.perf_counter() - started > timeout_s:
            raise TimeoutError
    return 1000 * (time.perf_counter() - started)
until(lambda: model.ready and model.recording(1))
settled = time.monotonic() + 4
until(lambda: time.monotonic() > settled)
bar, frames, jumps, searches = list_.verticalScrollBar(), [], [], []
with EventLoopWatch() as watch:
    for step in range(STEPS):
        started = time.perf_counter()
        bar.setValue(bar.value() + 3 * list_.fontMetrics().height())
        list_.viewport().repaint()
        frames.append(1000 * (time.perf_counter() - started))
        application.processEvents()
    for part in (7, 3, 9, 1, 5):
        bar.setValue(bar.maximum() * part // 10)
        application.processEvents()
        row = list_.indexAt(list_.viewport().rect().center()).row()
        jumps.append(until(lambda: model.recording(row) or model.recording(row + 1)))
    seen = []
    model.refreshed.connect(lambda: seen.append(model.query.search))
    for word in ("g", "ga", "gar", "gard", "garden"):
        asked = time.perf_counter()
        library.search_for(word)
        until(lambda: word in seen)
        searches.append(1000 * (time.perf_counter() - asked))
print(json.dumps({
    "frame_ms": statistics.median(frames), "slow_frame_ms": sorted(frames)[-STEPS // 50],
    "jump_ms": statistics.median(jumps), "search_ms": statistics.median(searches),
    "stall_ms": 1000 * watch.worst.blocked_s,
}), flush=True)
sys.stderr.write(watch.worst.where)
app.shut_down()
services.close()
os._exit(0)
"""
_PEER = """
import json, os, statistics, time
from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QApplication, QListView
application = QApplication([])
list_ = QListView()
list_.setUniformItemSizes(True)
list_.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
texts = [f"Note {number} about something\\n12:41   14:03" for number in range(100_000)]
list_.setModel(QStringListModel(texts))
list_.resize(330, 640)
list_.show()
while not list_.windowHandle().isExposed():
    application.processEvents()
bar, frames = list_.verticalScrollBar(), []
for step in range(STEPS):
    started = time.perf_counter()
    bar.setValue(bar.value() + 3 * list_.fontMetrics().height())
    list_.viewport().repaint()
    frames.append(1000 * (time.perf_counter() - started))
    application.processEvents()
print(json.dumps({"frame_ms": statistics.median(frames)}), flush=True)
os._exit(0)
"""


def run(*, quick: bool = False) -> list[Figure]:
    """Both lists on a virtual display, ours on a library of 100,000 rows."""
    steps = _STEPS // 4 if quick else _STEPS
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, VirtualDisplay(1280, 800) as display:
        home = filled_home(Path(folder))
        env = {
            **os.environ, **display.env, "VOICE_RECORDER_ENV": "testing", "VOICE_RECORDER_HOME": str(home),
        }  # fmt: skip
        ours, peer = _run(_OURS, env, steps), _run(_PEER, env, steps)
    return [
        Figure("W2", "100,000 rows: a frame while scrolling", ours["frame_ms"], "ms", peer["frame_ms"],
               "QListView of texts", at_most=16),
        Figure("W2", "its slowest of fifty", ours["slow_frame_ms"], "ms", at_most=50),
        Figure("W2", "a jump to rows not read yet", ours["jump_ms"], "ms", at_most=200),
        Figure("W3", "a typed search, to its rows", ours["search_ms"], "ms", at_most=200),
        Figure("W1", "the event loop's longest stall meanwhile", ours["stall_ms"], "ms", at_most=50),
    ]  # fmt: skip


def _run(code: str, env: dict[str, str], steps: int) -> dict[str, float]:
    command = [sys.executable, "-c", code.replace("STEPS", str(steps))]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
