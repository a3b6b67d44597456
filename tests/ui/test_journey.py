"""The whole way as a person goes it: the real program, a real display, real clicks, real sound."""

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.processes import require, wait_until
from tests.fakes.virtual_microphone import VirtualMicrophone

pytestmark = pytest.mark.display
RECORD_FROM_LEFT, RECORD_FROM_BOTTOM = 54, 54


def _xdotool(*words: str | int) -> str:
    done = subprocess.run(
        ["xdotool", *map(str, words)], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.strip()


class Screen:
    """The window as seen by somebody with a mouse and a keyboard."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        wait_until(lambda: bool(self._find()), "the window", 20)
        self.window = self._find()
        wait_until(lambda: self._size()[0] > 400, "the window's size")
        time.sleep(0.5)

    def _find(self) -> str:
        found = _xdotool("search", "--onlyvisible", "--pid", self._process_id, "--name", "^Voice Recorder$")
        return found.split("\n")[-1]

    def _size(self) -> tuple[int, int]:
        lines = dict(
            line.split("=") for line in _xdotool("getwindowgeometry", "--shell", self.window).splitlines()
        )
        return int(lines.get("WIDTH", 0)), int(lines.get("HEIGHT", 0))

    def click_record(self) -> None:
        height = self._size()[1]
        _xdotool("mousemove", "--window", self.window, RECORD_FROM_LEFT, height - RECORD_FROM_BOTTOM)
        _xdotool("click", 1)

    def type(self, text: str) -> None:
        _xdotool("type", "--delay", 30, text)
        _xdotool("key", "Return")


def _recordings(run_cli: RunCli) -> list[dict[str, Any]]:
    listed = run_cli("list", "--json")
    recordings: list[dict[str, Any]] = json.loads(listed.stdout)["recordings"]
    return recordings


def _close(process: "subprocess.Popen[str]") -> str:
    process.terminate()
    _stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 0
    return stderr


def _hear_it(microphone: VirtualMicrophone) -> None:
    """Play the selected recording by the keyboard; the sound server sees who plays."""

    def players() -> str:
        return subprocess.run(
            ["pactl", "list", "sink-inputs"], env={**os.environ, **microphone.env}, capture_output=True,
            text=True, check=True,
        ).stdout  # fmt: skip

    before = players().count("Sink Input #")
    _xdotool("key", "space")
    wait_until(lambda: players().count("Sink Input #") > before, "the recording to be played")
    _xdotool("key", "space")


def test_record_by_click_speak_stop_name_restart_and_find_it(
    with_microphone: VirtualMicrophone, speech: Speech, start_cli: StartCli, run_cli: RunCli, home: Path
) -> None:
    require(["xdotool"], "Clicking")
    assert os.environ.get("DISPLAY")
    window = start_cli()
    screen = Screen(window.pid)
    screen.click_record()
    wait_until(lambda: [r["state"] for r in _recordings(run_cli)] == ["recording"], "the take in the list")
    with_microphone.play(speech.path, wait=True)
    time.sleep(0.5)
    screen.click_record()
    wait_until(lambda: [r["state"] for r in _recordings(run_cli)] == ["recorded"], "the take to be kept")
    time.sleep(1.0)
    screen.type("Budget call with Ines")
    wait_until(
        lambda: [r["title"] for r in _recordings(run_cli)] == ["Budget call with Ines"], "the new title"
    )
    wait_until(lambda: _recordings(run_cli)[0]["sha256"] is not None, "the proof")
    _hear_it(with_microphone)
    assert "Traceback" not in _close(window)

    window = start_cli()
    Screen(window.pid)
    (kept,) = _recordings(run_cli)
    assert kept["title"] == "Budget call with Ines"
    assert kept["duration_s"] >= speech.duration_s
    recorded, rate = soundfile.read(kept["path"], dtype="int16")
    assert rate == speech.rate
    assert share_within_one_lsb(speech.samples, recorded)[0] >= 0.999
    assert hashlib.sha256(Path(kept["path"]).read_bytes()).hexdigest() == kept["sha256"]
    assert run_cli("verify", "--json").returncode == 0
    _close(window)
