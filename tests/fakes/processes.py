"""Programs that a test starts: none outlives it, and none is waited for by sleeping."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest


def require(commands: Iterable[str], what: str) -> None:
    """Skip the test on a machine that lacks ``commands``; on CI, where nothing may be lacking, fail it."""
    missing = [command for command in commands if shutil.which(command) is None]
    if not missing:
        return
    reason = f"{what} needs {', '.join(missing)}; 'make test' installs what is missing."
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Return as soon as ``condition`` holds; TimeoutError names ``what`` was waited for."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout_s:g} s for {what}.")
        time.sleep(0.01)


def start(
    command: Sequence[str], env: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a quiet program in the background that the system kills when this process dies."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command],
        env=dict(env),
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop(process: "subprocess.Popen[bytes] | subprocess.Popen[str]", timeout_s: float = 5.0) -> None:
    """End a program that ``start`` started, by force if it does not go by itself."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def command_after_dashes(usage: str) -> list[str]:
    """The words after ``--`` on this program's command line; without them ``usage`` is said."""
    command = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if not command:
        raise SystemExit(usage)
    return command
