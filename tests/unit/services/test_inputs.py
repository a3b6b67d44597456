"""The fresh list of microphones comes from a child process, which ends when nobody waits for it any more."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from voice_recorder.services.inputs import Inputs


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound system that does not answer; the file gets the number of the child that waits for it."""
    number = tmp_path / "child"
    program = tmp_path / "program"
    program.write_text(
        f"#!{sys.executable}\nimport os, time\n"
        f"open({str(number)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return number


@pytest.mark.skipif(os.name != "posix", reason="a script stands in for the program")
def test_a_child_that_hangs_is_ended_when_the_question_is_called_off(stuck: Path) -> None:
    cancel = threading.Event()
    timer = threading.Timer(1.0, cancel.set)
    timer.start()
    started = time.monotonic()
    assert Inputs().list_inputs_fresh(cancel) == ()
    timer.join()
    assert time.monotonic() - started < 14
    with pytest.raises(ProcessLookupError):
        os.kill(int(stuck.read_text()), 0)


@pytest.mark.usefixtures("with_microphone", "home")
def test_the_microphones_of_this_moment_are_told() -> None:
    assert [device.name for device in Inputs().list_inputs_fresh()]
