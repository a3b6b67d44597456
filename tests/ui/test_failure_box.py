"""A window that cannot open says why to a person who started it from a menu."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli
from tests.fakes.processes import wait_until
from voice_recorder.ui import failure_box

WORDS = "VOICE_RECORDER_MIN_DISK_SPACE_MB cannot be 'plenty'."


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would be started."""
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: commands.append(command))
    return commands


def test_the_box_is_shown_by_another_process(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    failure_box.tell("Words.")
    assert started == [[sys.executable, "-m", "voice_recorder", failure_box.SHOW_FAILURE, "Words."]]


def test_nothing_is_shown_where_nobody_looks(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    failure_box.tell("Words.")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setattr("sys.stderr", Terminal())
    failure_box.tell("Words.")
    assert started == []


class Terminal:
    """A terminal, in which the words stand already."""

    def isatty(self) -> bool:
        return True


@pytest.mark.display
def test_a_bad_variable_is_said_on_stderr_at_once_and_in_a_box(run_cli: RunCli, tmp_path: Path) -> None:
    began = time.monotonic()
    result = run_cli(env={"VOICE_RECORDER_MIN_DISK_SPACE_MB": "plenty", "QT_QPA_PLATFORM": "xcb"})
    assert time.monotonic() - began < 10  # nobody has to close the box first
    assert result.returncode == 1
    assert result.stderr.startswith(WORDS)
    assert "Traceback" not in result.stderr
    wait_until(lambda: bool(_boxes()), "the box", 20)
    wait_until(_close_boxes, "the box to go", 20)


def _close_boxes() -> bool:
    for window in _boxes():
        _xdotool("windowfocus", window)
        _xdotool("key", "Escape")
        time.sleep(0.2)
    return not _boxes()


def _boxes() -> list[str]:
    return _xdotool("search", "--onlyvisible", "--name", "^Voice Recorder$").split()


def _xdotool(*words: str) -> str:
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, check=False, timeout=20).stdout
