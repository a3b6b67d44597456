"""Whether the program starts with its owner's session: an entry where the system looks for such.

Linux: a desktop file in ``autostart`` (https://specifications.freedesktop.org/autostart-spec/). macOS:
a LaunchAgent. Windows: a value below ``Run`` in the registry.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, write_durably

HIDDEN = "--hidden"
"""The option with which the entry starts the program: no window where there is a tray."""
_NAME = "voice-recorder"
_LABEL = "org.voice_recorder.start"
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


def own_command() -> tuple[str, ...]:
    """How this program was started, without its arguments."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    script = Path(sys.argv[0]).absolute()
    if script.stem == _NAME and script.is_file():
        return (str(script),)
    return (sys.executable, "-m", "voice_recorder")


class Autostart:
    """Makes the entry and takes it away. ``home`` is the user's home folder."""

    def __init__(self, home: Path | None = None, command: Sequence[str] | None = None) -> None:
        self._home = home
        self._command = (*(command or own_command()), HIDDEN)

    def apply(self, wanted: bool) -> None:
        """Have the program start at login, or not. StorageError when the entry cannot be changed."""
        with os_errors_converted(
            tr("The start at login could not be changed:"), tr("Try it again in the settings.")
        ):
            if sys.platform == "win32":
                self._set_run_value(wanted)
            elif not wanted:
                self.path.unlink(missing_ok=True)
            elif not self.is_set():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_durably(self.path, self._entry())

    def is_set(self) -> bool:
        """Whether there is an entry that starts this very program."""
        try:
            return self.path.read_bytes() == self._entry()
        except OSError:
            return False

    @property
    def path(self) -> Path:
        """The file of the entry, on systems where it is one."""
        home = self._home or Path.home()
        if sys.platform == "darwin":
            return home / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
        config = os.environ.get("XDG_CONFIG_HOME", "") if self._home is None else ""
        return Path(config or home / ".config") / "autostart" / f"{_NAME}.desktop"

    def _entry(self) -> bytes:
        if sys.platform == "darwin":
            import plistlib

            entry = {"Label": _LABEL, "ProgramArguments": list(self._command), "RunAtLoad": True}
            return plistlib.dumps(entry)
        return (
            "[Desktop Entry]\nType=Application\nName=Voice Recorder\nIcon=voice-recorder\nTerminal=false\n"
            f"Exec={' '.join(map(_in_exec, self._command))}\nX-GNOME-Autostart-enabled=true\n"
        ).encode()

    def _set_run_value(self, wanted: bool) -> None:
        if sys.platform == "win32":
            import subprocess
            import winreg

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
                if wanted:
                    line = subprocess.list2cmdline(self._command)
                    winreg.SetValueEx(key, _NAME, 0, winreg.REG_SZ, line)
                else:
                    try:
                        winreg.DeleteValue(key, _NAME)
                    except FileNotFoundError:
                        return


def _in_exec(argument: str) -> str:
    """An argument as a desktop file's Exec has it."""
    escaped = argument.replace("%", "%%")
    if shlex.quote(argument) == argument:
        return escaped
    for sign in '\\"`$':
        escaped = escaped.replace(sign, f"\\{sign}")
    return '"' + escaped.replace("\\", "\\\\") + '"'
