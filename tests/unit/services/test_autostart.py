"""The start at login: the entry that the desktop reads."""

import plistlib
import subprocess
import sys
from pathlib import Path

import pytest

from voice_recorder.domain.errors import StorageError
from voice_recorder.services.autostart import Autostart, own_command

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the entry is a desktop file")


def test_the_entry_comes_and_goes_and_starts_hidden(tmp_path: Path) -> None:
    start = Autostart(tmp_path, ["/opt/voice recorder/bin/50%$x", "-m"])
    assert not start.is_set()
    start.apply(True)
    start.apply(True)
    assert start.is_set()
    assert start.path == tmp_path / ".config" / "autostart" / "voice-recorder.desktop"
    lines = start.path.read_text().splitlines()
    assert lines[0] == "[Desktop Entry]"
    assert 'Exec="/opt/voice recorder/bin/50%%\\\\$x" -m --hidden' in lines
    start.apply(False)
    start.apply(False)
    assert not start.path.exists()


def test_a_program_that_moved_is_entered_anew(tmp_path: Path) -> None:
    Autostart(tmp_path, ["/old/voice-recorder"]).apply(True)
    moved = Autostart(tmp_path, ["/new/voice-recorder"])
    assert not moved.is_set()
    moved.apply(True)
    assert "Exec=/new/voice-recorder --hidden" in moved.path.read_text()


def test_the_configuration_folder_of_the_session_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert Autostart().path == tmp_path / "autostart" / "voice-recorder.desktop"


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("a file in the way")
    with pytest.raises(StorageError, match="start at login could not be changed"):
        Autostart(tmp_path, ["/bin/x"]).apply(True)


def test_the_own_command_is_one_that_starts_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["-c"])
    done = subprocess.run([*own_command(), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("voice-recorder ")
    script = tmp_path / "voice-recorder"
    script.touch()
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert own_command() == (str(script),)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command() == (sys.executable,)


def test_a_mac_gets_a_launch_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    start = Autostart(tmp_path, ["/Applications/x"])
    assert start.path.parent == tmp_path / "Library" / "LaunchAgents"
    assert not start.is_set()
    start.path.parent.mkdir(parents=True)
    agent = {"Label": "org.voice_recorder.start", "RunAtLoad": True}
    program = {"ProgramArguments": ["/Applications/x", "--hidden"]}
    start.path.write_bytes(plistlib.dumps({**agent, **program}))
    assert start.is_set()
