"""P5, P6 and the uploads of P10: our sender and our queue beside curl and the plain SDK, same server each."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.report import REPEATS, Figure, median_of
from tests.fakes.library import write_note
from tests.fakes.processes import require, stop
from voice_recorder import app
from voice_recorder.cloud.cloudinary import KIND
from voice_recorder.cloud.receipts import digest_file
from voice_recorder.domain.chunks import chunk_bytes_for
from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession
from voice_recorder.services import Services
from voice_recorder.storage.paths import StorageConfig

MB = 1_000_000
LARGE = 300 * MB
LINK_BYTES_PER_S = 10_000_000 / 8
LINK_DELAY_S = 0.05
SEND_ONE = "--send-one"


# P5


def large(*, quick: bool = False) -> list[Figure]:
    """P5: one large file, by us and by curl."""
    require(["curl"], "The benchmark of uploads")
    size = LARGE // 5 if quick else LARGE
    with _folder() as folder, server(folder, "--largest-simple-bytes", str(2 * size)) as url:
        file = folder / "large.wav"
        write_note(file, (size - 44) / 96_000)
        ours, growths, curl = [], [], []
        for _ in range(REPEATS):  # by turns, so that what else the machine does befalls both
            took, growth = _sent_by_us(file, url)
            ours.append(took)
            growths.append(growth)
            curl.append(_sent_by_curl(file, url))
    what = f"upload of {size // MB} MB"
    return [
        Figure("P5", what, _middle(ours), "s", _middle(curl), "curl", ratio_at_most=1.1),
        Figure("P5", f"{what}: memory over idle", _middle(growths), "MB", at_most=30),
    ]


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _sent_by_us(file: Path, url: str) -> tuple[float, float]:
    """Seconds, and how many MB the peak of the process lies above its idle size; in a process of its own."""
    words = [sys.executable, "-m", "tests.benchmarks.uploading", SEND_ONE, str(file)]
    done = subprocess.run(
        words, env={**os.environ, "CLOUDINARY_URL": url}, capture_output=True, check=True, encoding="utf-8"
    )
    took, growth = json.loads(done.stdout)
    return took, growth


def _send_one(path: Path) -> None:
    size, md5, sha256 = digest_file(path)
    provider = KIND.open(KIND.from_environment(os.environ))
    provider.check()
    file = OutgoingFile(
        path, size, md5, sha256, "audio/wav", "wav", "Large", datetime.now(UTC), size / 96_000
    )
    idle = memory_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    name = provider.remote_id(f"{time.time_ns():032x}", "wav")
    started = time.perf_counter()
    provider.upload(name, file, UploadSession(chunk_bytes=chunk_bytes_for(size)), UploadControl())
    took = time.perf_counter() - started
    growth = memory_bytes("VmHWM") - idle
    provider.delete(name)
    json.dump([took, growth / MB], sys.stdout)


def memory_bytes(name: str) -> int:
    """What Linux counts for this process: VmRSS, its size now; VmHWM, its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _sent_by_curl(file: Path, url: str) -> float:
    """Seconds of the same file in one piece, signed by the SDK and posted by curl."""
    import cloudinary.utils

    values = KIND.from_environment({"CLOUDINARY_URL": url})
    name = f"voice-recorder/{time.time_ns():032x}"
    parameters = {"public_id": name, "timestamp": int(time.time()), "type": "authenticated"}
    parameters["signature"] = cloudinary.utils.api_sign_request(parameters, values["api_secret"])
    parameters["api_key"] = values["api_key"]
    fields = [word for key, value in parameters.items() for word in ("-F", f"{key}={value}")]
    target = f"{values['upload_prefix']}/v1_1/{values['cloud_name']}/video/upload"
    started = time.perf_counter()
    subprocess.run(
        ["curl", "-sS", "--fail-with-body", "-o", os.devnull, *fields, "-F", f"file=@{file}", target],
        check=True,
    )
    took = time.perf_counter() - started
    KIND.open(values).delete(name)
    return took


# P6


def twenty_notes(*, quick: bool = False) -> list[Figure]:
    """P6: notes over a slow line, by our queue and one by one by the SDK."""
    notes = 6 if quick else 20
    line = ("--bytes-per-s", str(LINK_BYTES_PER_S), "--latency-s", str(LINK_DELAY_S))
    with _folder() as folder, server(folder, *line) as url:
        source = folder / "notes"
        source.mkdir()
        for number in range(notes):
            write_note(source / f"note {number}.wav", 10, seed=number)
        one_by_one = _one_by_one(sorted(source.iterdir()), url)
        mp3 = _queued(folder / "mp3", source, url, "mp3")
        original = _queued(folder / "original", source, url, "original")
    what = f"{notes} notes at 10 Mbit/s, 50 ms"
    return [
        Figure("P6", f"{what}, compressed", mp3, "s", one_by_one, "SDK, WAV by WAV", ratio_at_most=0.5),
        Figure("P6", f"{what}, as original", original, "s", one_by_one, "SDK, WAV by WAV", ratio_at_most=1.0),
    ]


def _one_by_one(files: list[Path], url: str) -> float:
    """Seconds of the SDK's own upload call for one file after the other."""
    import cloudinary.uploader

    values = KIND.from_environment({"CLOUDINARY_URL": url})
    started = time.perf_counter()
    for number, file in enumerate(files):
        cloudinary.uploader.upload(
            str(file), resource_type="video", type="authenticated", public_id=f"peer/{number}", **values
        )
    return time.perf_counter() - started


def _queued(home: Path, source: Path, url: str, send_as: str) -> float:
    with library(home, url, send_as) as services:
        services.importing.run([source])
        return _drained(services)


def _drained(services: Services) -> float:
    """Seconds from queueing everything to everything being proved."""
    started = time.perf_counter()
    queued = services.sync.queue()
    report = services.sync.run()
    if report.done != queued:
        raise RuntimeError(f"{queued} were queued and {report.done} backed up.")
    return time.perf_counter() - started


# P10


def small(*, quick: bool = False) -> list[Figure]:
    """P10: one small upload, and five at once."""
    repeats = 3 if quick else REPEATS
    with _folder() as folder, server(folder) as url, library(folder / "small", url, "mp3") as services:
        number = 0

        def send(notes: int) -> float:
            nonlocal number
            source = folder / f"small notes {number}"
            source.mkdir()
            for _ in range(notes):
                number += 1
                write_note(source / f"{number}.wav", 5, seed=number)
            services.importing.run([source])
            return _drained(services)

        send(1)  # the process is to be warm
        return [
            Figure("P10", "one small upload", median_of(lambda: send(1), repeats), "s", at_most=2),
            Figure("P10", "five small uploads at once", median_of(lambda: send(5), repeats), "s", at_most=3),
        ]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


@contextmanager
def library(home: Path, url: str, send_as: str) -> Iterator[Services]:
    """A library of its own that sends to the server of this CLOUDINARY_URL."""
    environ = {**os.environ, "VOICE_RECORDER_HOME": str(home)}
    os.environ["CLOUDINARY_URL"] = url
    services = app.build(StorageConfig.from_environment("testing", environ))
    try:
        services.settings.set("compression.send_as", send_as)
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        yield services
    finally:
        services.close()
        del os.environ["CLOUDINARY_URL"]


@contextmanager
def server(folder: Path, *options: str) -> Iterator[str]:
    """A Cloudinary in a process of its own; the CLOUDINARY_URL of it."""
    with tempfile.TemporaryDirectory(dir=folder) as store:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.cloudinary_server", "--store", store, *options],
            stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield process.stdout.readline().strip().partition("=")[2]
        finally:
            stop(process)
            process.stdout.close()


if __name__ == "__main__" and sys.argv[1:2] == [SEND_ONE]:
    _send_one(Path(sys.argv[2]))
