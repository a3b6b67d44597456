"""P2 and P9: what takes long. Loss beside heavy work, and the memory of very large files."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import soundfile

from tests.benchmarks.report import Figure
from tests.benchmarks.uploading import library, memory_bytes, server
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.library import write_note
from tests.fakes.processes import stop
from tests.fakes.speech import read_samples, speak_for
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder import app
from voice_recorder.domain.ports import Plan
from voice_recorder.services import Services

MB = 1_000_000
COMPRESS_AND_SEND = "--compress-and-send"


def loss(*, quick: bool = False) -> list[Figure]:
    """P2: samples lost in ten minutes beside compression, five uploads and a scan of the library."""
    seconds, rate = 60 if quick else 600, 48000
    with tempfile.TemporaryDirectory(prefix="bench-") as name, VirtualMicrophone() as microphone:
        folder = Path(name)
        speak_for(seconds, folder / "speech.wav")
        home = folder / "home"
        environment = {
            **os.environ, **microphone.env, "VOICE_RECORDER_ENV": "testing", "VOICE_RECORDER_HOME": str(home),
        }  # fmt: skip
        with server(folder, "--bytes-per-s", str(4 * MB)) as url, library(home, url, "mp3") as services:
            ended = threading.Event()
            work = threading.Thread(target=_busy, args=(services, folder, ended))
            work.start()
            recorder = subprocess.Popen(
                [sys.executable, "-m", "voice_recorder", "record", "--json", "--title", "P2"],
                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8",
            )  # fmt: skip
            peer_file = str(folder / "a.wav")
            peer = subprocess.Popen(
                [
                    "arecord",
                    "-q",
                    "-D",
                    "default",
                    "-f",
                    "S16_LE",
                    "-r",
                    "48000",
                    "-c",
                    "1",
                    peer_file,
                ],
                env=environment,
            )
            try:
                time.sleep(5)
                microphone.play(folder / "speech.wav")
                _prefer_the_microphone()
                time.sleep(seconds + 3)
            finally:
                stop(recorder)
                stop(peer)
                ended.set()
                work.join()
            assert recorder.stdout is not None
            recording = json.loads(recorder.stdout.read())
        # What arecord heard meanwhile is the measure: a player that starves is none of our losses.
        heard = read_samples(Path(peer_file))[rate : (seconds + 2) * rate]
        there, _ = share_within_one_lsb(heard, read_samples(Path(recording["path"])))
    what = f"samples lost in {seconds} s beside compression, uploads, scan"
    return [
        Figure("P2", f"{what}: counted", recording["health"]["dropped_samples"], "samples", at_most=0),
        Figure("P2", f"{what}: missing of what arecord has", (1 - there) * len(heard), "samples", at_most=0),
    ]


def _prefer_the_microphone() -> None:
    """Let the sound server and the player come before all else, as hardware would: the loss is to be ours."""
    for process in psutil.Process().children(recursive=True):
        if process.name() in ("pulseaudio", "paplay", "pacat"):
            with contextlib.suppress(psutil.Error):  # only root may
                process.nice(-15)


def _busy(services: Services, folder: Path, ended: threading.Event) -> None:
    """Import, compress and send notes, and verify the library, until told to end."""
    number = 0

    def scan() -> None:
        while not ended.is_set():
            services.verifying.run()

    scanning = threading.Thread(target=scan)
    scanning.start()
    while not ended.is_set():
        source = folder / f"busy {number}"
        source.mkdir()
        for _ in range(10):
            number += 1
            write_note(source / f"{number}.wav", 60, seed=number)
        services.importing.run([source])
        services.sync.queue()
        services.sync.run(ended)
    scanning.join()


def memory(*, quick: bool = False) -> list[Figure]:
    """P9: the peak of compressing and sending 2 GB over that of 20 MB."""
    large = 200 * MB if quick else 2000 * MB
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        small_peak = _peak_mb(Path(name, "small"), 20 * MB)
        large_peak = _peak_mb(Path(name, "large"), large)
    what = f"peak memory, compress and send {large // MB} MB"
    return [Figure("P9", what, large_peak, "MB", small_peak, "with 20 MB", ratio_at_most=1.2)]


def _peak_mb(folder: Path, size: int) -> float:
    folder.mkdir()
    _write_large(folder / "note.wav", size)
    with server(folder) as url:
        environment = {
            **os.environ, "CLOUDINARY_URL": url, "VOICE_RECORDER_ENV": "testing",
            "VOICE_RECORDER_HOME": str(folder / "home"), "VOICE_RECORDER_MAX_IMPORT_MB": "5000",
        }  # fmt: skip
        commands = (  # each in a process of its own: the import is not what is measured
            [sys.executable, "-m", "voice_recorder", "import", str(folder / "note.wav")],
            [sys.executable, "-m", "tests.benchmarks.long_runs", COMPRESS_AND_SEND],
        )
        for command in commands:
            done = subprocess.run(command, env=environment, capture_output=True, check=True, encoding="utf-8")
    return float(done.stdout)


def _write_large(path: Path, size: int) -> None:
    """A minute of noise again and again, until it has this size."""
    minute = np.random.default_rng(0).integers(-3000, 3000, 48000 * 60).astype(np.int16)
    with soundfile.SoundFile(path, "w", 48000, 1, "PCM_16") as file:
        for _ in range(max(1, size // minute.nbytes)):
            file.write(minute)


def _compress_and_send() -> None:
    services = app.build()
    services.providers.choose("cloudinary", {}, {})
    services.sync.begin()
    services.sync_log.set_plan(services.providers.place(), Plan())  # a free plan would not take so much
    services.sync.queue()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    if services.sync.run().done != 1:
        raise RuntimeError("It was not backed up.")
    json.dump(memory_bytes("VmHWM") / MB, sys.stdout)
    services.close()


if __name__ == "__main__" and sys.argv[1:2] == [COMPRESS_AND_SEND]:
    _compress_and_send()
