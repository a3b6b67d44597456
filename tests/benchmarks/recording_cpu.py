"""P1: the CPU that recording takes in its steady state, beside arecord on the same microphone at once."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import Figure
from tests.fakes.processes import require, stop
from tests.fakes.speech import speak_for
from tests.fakes.virtual_microphone import VirtualMicrophone

FROM_S = 5
UNTIL_S = 65
QUICK_UNTIL_S = 20


def run(*, quick: bool = False) -> list[Figure]:
    """Record speech with both programs, and compare what each used from second 5 to 65 (quick: 20)."""
    require(["arecord"], "The benchmark of recording")
    until_s = QUICK_UNTIL_S if quick else UNTIL_S
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, VirtualMicrophone() as microphone:
        speech = Path(folder) / "speech.wav"
        speak_for(until_s + 5, speech)
        environment = {
            **os.environ, **microphone.env, "VOICE_RECORDER_ENV": "production",
            "VOICE_RECORDER_HOME": f"{folder}/home", "VOICE_RECORDER_MIN_DISK_SPACE_MB": "10",
        }  # fmt: skip
        programs = {
            "ours": [sys.executable, "-m", "voice_recorder", "record", "--json"],
            "arecord": [
                "arecord", "-q", "-D", "default", "-f", "S16_LE", "-r", "48000", "-c", "1", f"{folder}/a.wav"
            ],
        }  # fmt: skip
        started = [
            subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            for words in programs.values()
        ]
        try:
            microphone.play(speech)
            used = _cpu_shares([process.pid for process in started], until_s)
        finally:
            for process in started:
                stop(process)
        recorded = next(Path(folder, "home", "recordings").glob("*.wav")).stat().st_size
        if not 0.9 < recorded / Path(folder, "a.wav").stat().st_size < 1.1:
            raise RuntimeError("The two programs did not record the same.")
    what = f"CPU of recording, second {FROM_S} to {until_s}"
    return [Figure("P1", what, used[0], "% of a core", used[1], "arecord", ratio_at_most=3, at_most=2)]


def _cpu_shares(pids: list[int], until_s: float) -> list[float]:
    """Per cent of a core that each process uses between FROM_S and ``until_s``."""
    started = time.monotonic()
    time.sleep(FROM_S)
    before = [(_cpu_seconds(pid), time.monotonic()) for pid in pids]
    time.sleep(max(0.0, until_s - (time.monotonic() - started)))
    after = [(_cpu_seconds(pid), time.monotonic()) for pid in pids]
    return [
        100 * (used - used_before) / (at - at_before)
        for (used_before, at_before), (used, at) in zip(before, after, strict=True)
    ]


def _cpu_seconds(pid: int) -> float:
    """User and system time of all threads: in ns where the kernel tells, else in ticks of 10 ms."""
    threads = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if threads:
        return sum(int(thread.read_text("utf-8").split()[0]) for thread in threads) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
