"""``python -m tests.benchmarks [--quick] [--long] [--only P1]``: run them and print one table."""

import argparse
import sys
import time

from rich.console import Console

from tests.benchmarks import large_library, recording_cpu, stop_to_listed, window_start
from tests.benchmarks.report import Figure, show

BENCHMARKS = {
    "P1": recording_cpu.run,
    "P3": stop_to_listed.run,
    "P7": large_library.run,
    "P8": window_start.run,
}
LONG_BENCHMARKS: dict[str, object] = {}
"""Those of over a few minutes come here: P2, P9, P11."""


def main() -> int:
    """Run the benchmarks; 0 also when a target is missed, for the table says so."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--quick", action="store_true", help="shorter, for a first look")
    parser.add_argument("--long", action="store_true", help="also those that take long")
    parser.add_argument("--only", choices=BENCHMARKS, help="one of them")
    options = parser.parse_args()
    figures: list[Figure] = []
    notes = Console(stderr=True)
    for name, run in BENCHMARKS.items():
        if options.only in (None, name):
            started = time.monotonic()
            figures += run(quick=options.quick)
            notes.print(f"{name} took {time.monotonic() - started:.0f} s", style="dim")
    if options.long and not LONG_BENCHMARKS:
        notes.print("No long benchmarks yet.", style="dim")
    show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
