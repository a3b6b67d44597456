"""The window as a process: second starts, signals of the system."""

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartCli
from tests.fakes.processes import wait_until
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


def test_the_next_window_opens_although_the_last_was_killed(
    window: "subprocess.Popen[str]", start_cli: StartCli, home: Path
) -> None:
    window.kill()
    window.wait(10)
    again = start_cli(env=OFFSCREEN)
    wait_until(lambda: raise_running_window(home), "the next window", 15)
    assert again.poll() is None
