"""Small programs in processes of their own, for what only another process can show."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def _command(program: str, words: Sequence[object], prefix: Sequence[str]) -> list[str]:
    source = "import sys\nfrom pathlib import Path\n" + textwrap.dedent(program)
    return [*prefix, sys.executable, "-c", source, *map(str, words)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"}


def run_python(program: str, *words: object, prefix: Sequence[str] = (), status: int = 0) -> str:
    """Run ``program`` with ``words`` as its arguments to its end with ``status``; what it printed."""
    done = subprocess.run(
        _command(program, words, prefix), env=_environment(), cwd=PROJECT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return done.stdout


@contextmanager
def running_python(program: str, *words: object) -> Iterator["subprocess.Popen[str]"]:
    """Start ``program`` and wait until it prints a line; it is killed at the end."""
    with subprocess.Popen(
        _command(program, words, ()), env=_environment(), cwd=PROJECT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), "the program ended before it was ready"
            yield process
        finally:
            process.kill()
