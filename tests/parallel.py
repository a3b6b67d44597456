"""Several runs of pytest at once: ``python -m tests.parallel A,B C patient D E -- OPTIONS``.

A and B are run after each other, beside C, D and E. Most tests wait, for sound or for a process. The patient
groups, here D and E, have more to compute: they leave the processors to those that must be in time. All is
printed when all have ended, that of a failed run last. Tests that failed while two processors were shared by
all runs are run once more alone: only a second failure counts, and both are printed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENT = "patient"


@dataclass(frozen=True)
class Group:
    """What one run of pytest is given. ``is_patient``: it may wait for a processor."""

    number: int
    paths: str
    is_patient: bool
    options: list[str]

    def command(self, *more: str) -> list[str]:
        """Run these tests."""
        cache = f"cache_dir=.pytest_cache/group-{self.number}"
        return [sys.executable, "-m", "pytest", *self.paths.split(","), *self.options, "-o", cache, *more]

    @property
    def environment(self) -> dict[str, str]:
        """With a coverage file of its own."""
        return {**os.environ, "COVERAGE_FILE": f".coverage.{os.getpid()}-{self.number}"}

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Run them beside the others; what they print goes to ``log``."""
        prefix = ["nice", "-n", "5"] if self.is_patient and shutil.which("nice") else []
        return subprocess.Popen(
            [*prefix, *self.command()], env=self.environment, stdout=log.open("wb"), stderr=subprocess.STDOUT
        )

    def run_failed_again(self) -> int:
        """Run what failed, alone."""
        _print(f"{self.paths}: what failed, again and alone", b"")
        more = ["--cov-append"] if "--cov" in self.options else []
        return subprocess.run(
            self.command("--last-failed", *more), env=self.environment, check=False
        ).returncode


def main(arguments: list[str]) -> int:
    """Run every group with the same options; 0 when all passed."""
    end = arguments.index("--")
    groups = list(_groups(arguments[:end], arguments[end + 1 :]))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tests-") as folder:
        logs = [Path(folder, str(group.number)) for group in groups]
        runs = [group.start(log) for group, log in zip(groups, logs, strict=True)]
        codes = [run.wait() for run in runs]
        for code, group, log in sorted(zip(codes, groups, logs, strict=True), key=lambda run: run[0] != 0):
            _print(f"{group.paths} (exit code {code})", log.read_bytes())
    codes = [
        group.run_failed_again() if code == 1 else code for code, group in zip(codes, groups, strict=True)
    ]
    sys.stdout.write(f"\nAll of it took {time.monotonic() - started:.0f} s.\n")
    return int(any(codes))  # a run ended by a signal has a negative code


def _groups(words: list[str], options: list[str]) -> Iterator[Group]:
    patient_from = words.index(PATIENT) if PATIENT in words else len(words)
    paths = [*words[:patient_from], *words[patient_from + 1 :]]
    for number, path in enumerate(paths):
        yield Group(number, path, number >= patient_from, options)


def _print(heading: str, text: bytes) -> None:
    sys.stdout.write(f"\n{heading}\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
