"""Several runs of pytest at once: ``python -m tests.parallel A,B C -- OPTIONS`` runs A and B beside C.

Most tests wait, for sound or for a process. All is printed when all have ended, that of a failed run last.
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
                [sys.executable, "-m", "pytest", *group.split(","), *options],
                env={**os.environ, "COVERAGE_FILE": f".coverage.group-{number}"},
                stdout=log.open("wb"), stderr=subprocess.STDOUT,
            )
            for number, (group, log) in enumerate(zip(groups, logs, strict=True))
        ]  # fmt: skip
        codes = [run.wait() for run in runs]
        for code, group, log in sorted(zip(codes, groups, logs, strict=True), key=lambda run: run[0] != 0):
            sys.stdout.write(f"\n{group} (exit code {code})\n")
            sys.stdout.flush()
            sys.stdout.buffer.write(log.read_bytes())
            sys.stdout.flush()
    sys.stdout.write(f"\nAll of it took {time.monotonic() - started:.0f} s.\n")
    return int(any(codes))  # a run ended by a signal has a negative code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
