"""``python -m tests.benchmarks [--quick] [--long] [--only P1]``: run them and print one table."""

import argparse
import sys
import time

from rich.console import Console

from tests.benchmarks import (
    cleaning,
    downloading,
    encoding,
    large_library,
    long_runs,
    recording_cpu,
    stop_to_listed,
    uploading,
    waveform_drawing,
    window_feel,
    window_start,
)
from tests.benchmarks.report import Figure, show

BENCHMARKS = {
    "P1": [recording_cpu.run],
    "P3": [stop_to_listed.run],
    "P4": [encoding.run],
    "P5": [uploading.large],
    "P6": [uploading.twenty_notes],
    "P7": [large_library.run],
    "P8": [window_start.run],
    "P10": [uploading.small, cleaning.run, downloading.run],
    "W2": [window_feel.run],
    "W4": [waveform_drawing.run],
}
LONG_BENCHMARKS = {"P2": [long_runs.loss], "P9": [long_runs.memory]}
"""Those of over a few minutes."""


def main() -> int:
    """Run the benchmarks; 0 also when a target is missed, for the table says so."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--quick", action="store_true", help="shorter, for a first look")
    parser.add_argument("--long", action="store_true", help="those that take long instead")
    parser.add_argument("--only", choices=[*BENCHMARKS, *LONG_BENCHMARKS], help="one of them")
    options = parser.parse_args()
    chosen = LONG_BENCHMARKS if options.long else BENCHMARKS
    if options.only:
        chosen = {options.only: {**BENCHMARKS, **LONG_BENCHMARKS}[options.only]}
    figures: list[Figure] = []
    notes = Console(stderr=True)
    for name, runs in chosen.items():
        started = time.monotonic()
        for run in runs:
            figures += run(quick=options.quick)
        notes.print(f"{name} took {time.monotonic() - started:.0f} s", style="dim")
    show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
