"""Several runs of pytest at once: ``python -m tests.parallel A,B C -- OPTIONS`` runs A and B beside C.

Most tests wait, for sound or for a process. All is printed when all have ended, that of a failed run last.
Tests that failed while two processors were shared by all runs are run once more alone: only a second failure
counts, and both are printed.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run every group with the same options; 0 when all passed. Coverage goes to .coverage.group-N."""
    groups, options = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tests-") as folder:
        logs = [Path(folder, str(number)) for number in range(len(groups))]
        runs = [
            subprocess.Popen(
                _command(number, group, options), env=_environment(number),
                stdout=log.open("wb"), stderr=subprocess.STDOUT,
            )
            for number, (group, log) in enumerate(zip(groups, logs, strict=True))
        ]  # fmt: skip
        codes = [run.wait() for run in runs]
        for code, group, log in sorted(zip(codes, groups, logs, strict=True), key=lambda run: run[0] != 0):
            _print(f"{group} (exit code {code})", log.read_bytes())
    codes = [
        _run_again(number, group, options) if code == 1 else code
        for number, (code, group) in enumerate(zip(codes, groups, strict=True))
    ]
    sys.stdout.write(f"\nAll of it took {time.monotonic() - started:.0f} s.\n")
    return int(any(codes))  # a run ended by a signal has a negative code


def _command(number: int, group: str, options: list[str]) -> list[str]:
    cache = f"cache_dir=.pytest_cache/group-{number}"
    return [sys.executable, "-m", "pytest", *group.split(","), *options, "-o", cache]


def _environment(number: int) -> dict[str, str]:
    return {**os.environ, "COVERAGE_FILE": f".coverage.group-{number}"}


def _run_again(number: int, group: str, options: list[str]) -> int:
    _print(f"{group}: what failed, again and alone", b"")
    again = [*_command(number, group, options), "--last-failed", "--cov-append"]
    return subprocess.run(again, env=_environment(number), check=False).returncode


def _print(heading: str, text: bytes) -> None:
    sys.stdout.write(f"\n{heading}\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
