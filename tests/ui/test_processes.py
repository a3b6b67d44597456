"""The window as a process: second starts, signals of the system."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT, RunCli, StartCli
from tests.fakes.processes import stop, wait_until
from voice_recorder.storage.locks import FileLock
from voice_recorder.ui.single_instance import raise_running_window

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture
def window(start_cli: StartCli, home: Path, qapp: Any) -> "subprocess.Popen[str]":
    process = start_cli(env=OFFSCREEN)
    wait_until(lambda: (home / "locks" / "window.lock").exists(), "the first window", 15)
    wait_until(lambda: raise_running_window(home), "the first window's server", 15)
    return process


def test_a_second_start_raises_the_first_window_and_says_so(
    window: "subprocess.Popen[str]", start_cli: StartCli
) -> None:
    second = start_cli(env=OFFSCREEN)
    stdout, stderr = second.communicate(timeout=20)
    assert second.returncode == 0
    assert stdout == "Voice Recorder is open already; its window was brought to the front.\n"
    assert "Traceback" not in stderr
    assert window.poll() is None


def test_two_starts_at_once_make_one_window(start_cli: StartCli, home: Path, qapp: Any) -> None:
    both = [start_cli(env=OFFSCREEN) for _ in range(2)]
    wait_until(lambda: any(p.poll() is not None for p in both), "one of them to give way", 20)
    time.sleep(0.5)
    assert sorted(p.poll() is None for p in both) == [False, True]
    assert [p.returncode for p in both if p.returncode is not None] == [0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_closes_the_window_in_order(window: "subprocess.Popen[str]", number: int) -> None:
    window.send_signal(number)
    _stdout, stderr = window.communicate(timeout=15)
    assert window.returncode == 0
    assert "Traceback" not in stderr
    assert "QThread" not in stderr


RECORDING_WINDOW = """
import sys
from PySide6.QtCore import QTimer
from voice_recorder.app import main
from voice_recorder.ui.window_app import WindowApp

show = WindowApp.show

def show_and_record(self):
    show(self)
    QTimer.singleShot(0, self.window, self.window.control.start)

WindowApp.show = show_and_record
sys.exit(main([]))
"""


@pytest.mark.usefixtures("with_microphone")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_during_a_take_keeps_it_and_ends_the_window_at_once(
    run_cli: RunCli, home: Path, number: int
) -> None:
    environment = {**os.environ, **OFFSCREEN, "PYTHONPATH": str(PROJECT)}
    window = subprocess.Popen(
        [sys.executable, "-c", RECORDING_WINDOW], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_until(lambda: any((home / "recordings").glob("*.part")), "the take", 20)
        time.sleep(1.5)
        began = time.monotonic()
        window.send_signal(number)
        _stdout, stderr = window.communicate(timeout=15)
        took_s = time.monotonic() - began
    finally:
        stop(window)
    assert window.returncode == 0
    assert took_s < 3
    assert "Traceback" not in stderr
    assert "QThread" not in stderr
    (made,) = run_cli("list", "--json").json["recordings"]
    assert made["state"] == "recorded"
    assert not made["recovered"]
    assert made["duration_s"] > 1.0
    assert not list((home / "recordings").glob("*.part"))


def test_a_window_that_does_not_answer_is_not_said_to_have_come_forward(run_cli: RunCli, home: Path) -> None:
    assert run_cli("list").returncode == 0  # makes the folders
    lock = FileLock(home / "locks" / "window.lock")
    assert lock.acquire()
    try:
        result = run_cli(env=OFFSCREEN)
    finally:
        lock.release()
    assert result.returncode == 1
    assert result.stderr.startswith("Voice Recorder is running already, but its window does not answer.")
    assert result.stdout == ""


def test_the_next_window_opens_although_the_last_was_killed(
    window: "subprocess.Popen[str]", start_cli: StartCli, home: Path
) -> None:
    window.kill()
    window.wait(10)
    again = start_cli(env=OFFSCREEN)
    wait_until(lambda: raise_running_window(home), "the next window", 15)
    assert again.poll() is None
