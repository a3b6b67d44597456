"""A real Secret Service (gnome-keyring) on a bus of its own, or a bus on which nothing answers."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.processes import require

_UNLOCK = "printf test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
_LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null"


@contextmanager
def private_home() -> Iterator[dict[str, str]]:
    """An environment in which no keyring and no setting of the real user is found."""
    with tempfile.TemporaryDirectory(prefix="keyring-") as folder:
        (Path(folder) / "run").mkdir(mode=0o700)
        unset = {"DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND", "DISPLAY", "WAYLAND_DISPLAY"}
        env = {name: value for name, value in os.environ.items() if name not in unset}
        env |= {"HOME": folder, "XDG_RUNTIME_DIR": f"{folder}/run"}
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            env[name] = f"{folder}/{name.lower()}"
        yield env


def run_with_keyring(
    env: dict[str, str], command: Sequence[str], *, unlocked: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run ``command`` on a new bus with a keyring, which ends with it."""
    require(["dbus-run-session", "gnome-keyring-daemon"], "A test of the keyring")
    script = f'{_UNLOCK if unlocked else _LOCKED}; exec "$@"'
    return _run(env, ["dbus-run-session", "--", "sh", "-c", script, "sh", *command])


def run_on_empty_bus(env: dict[str, str], command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run ``command`` where there is a bus with no keyring on it."""
    require(["dbus-run-session"], "A test of the keyring")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
        config.write(
            "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
            "<policy context='default'><allow send_destination='*' eavesdrop='true'/>"
            "<allow eavesdrop='true'/><allow own='*'/></policy></busconfig>"
        )  # no service may be started by asking for it
        config.flush()
        return _run(env, ["dbus-run-session", f"--config-file={config.name}", "--", *command])


def python(code: str) -> list[str]:
    """The command that runs ``code`` in this Python."""
    return [sys.executable, "-c", code]


def _run(env: dict[str, str], command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), env.get("PYTHONPATH")]))
    return subprocess.run(
        command, env={**env, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
