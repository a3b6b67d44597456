"""P10 and U9: how soon the first bytes of a cloud-only note are there, and how soon it is heard."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.benchmarks.report import Figure, median_of
from tests.fakes.cloud_notes import cloud_note
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.processes import require
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder import app
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services
from voice_recorder.storage.paths import StorageConfig

START_AT_MOST_MS = 500
NOTE_S = 600.0
HEARD_WITHIN_MS = 20_000
PLAY = "--play"


def run(*, quick: bool = False) -> list[Figure]:
    """Both, on a note of ten minutes as WAV (58 MB) and as MP3; ``quick`` with one of one minute."""
    require(["pulseaudio"], "The benchmark of playing from the cloud")
    seconds = NOTE_S / 10 if quick else NOTE_S
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, CloudinaryServer() as server:
        for send_as in ("original", "mp3"):
            home = Path(folder) / send_as
            with _library(home, server.cloudinary_url) as services:
                note = cloud_note(services, home / "in", seconds, send_as, "cloudinary")
                _first_bytes_ms(services, note)  # the process is to be warm
                began = median_of(lambda: _first_bytes_ms(services, note))  # noqa: B023
            heard = _heard_ms(home, server.cloudinary_url, note.id)
            what = f"cloud-only note of {seconds / 60:g} min, {send_as}"
            figures += [
                Figure("P10", f"{what}: download start", began, "ms", at_most=START_AT_MOST_MS),
                Figure("P10", f"{what}: heard", heard, "ms", at_most=START_AT_MOST_MS),
            ]
    return figures


def _first_bytes_ms(services: Services, note: Recording) -> float:
    _forget_copies(services)
    started = time.perf_counter()
    audio = services.fetching.audio_of(services.library.get(note.id))
    assert audio is not None
    with closing(audio.open()) as stream:
        assert stream.read_at(0, 1)
        return 1000 * (time.perf_counter() - started)


def _heard_ms(home: Path, url: str, recording_id: str) -> float:
    """From pressing play to the first sound, in a process that has played before."""
    with VirtualMicrophone() as microphone:
        microphone.wait_until_ready()
        environ = {
            **os.environ, **microphone.env, "QT_QPA_PLATFORM": "offscreen",
            "VOICE_RECORDER_HOME": str(home), "CLOUDINARY_URL": url,
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.downloading", PLAY, recording_id],
            env=environ, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return float(json.loads(done.stdout))


def _play(recording_id: str) -> float:
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from voice_recorder.ui.player import Player

    application = QApplication([])
    player = Player()

    def once(services: Services) -> float:
        _forget_copies(services)
        recording = services.library.get(recording_id)
        path = services.library.path_of(recording.masters[0])
        player.show_recording(None, 0.0)
        player.show_recording(path, recording.duration_s, services.fetching.audio_of(recording))
        loop = QEventLoop()
        player.position_changed.connect(loop.quit)
        player.failed.connect(loop.quit)
        QTimer.singleShot(HEARD_WITHIN_MS, loop.quit)
        started = time.perf_counter()
        player.play()
        loop.exec()
        took = 1000 * (time.perf_counter() - started)
        heard = player.position_s > 0
        player.stop()
        return took if heard else float(HEARD_WITHIN_MS)

    services = app.build(StorageConfig.from_environment("testing"))
    once(services)
    median = median_of(lambda: once(services))
    services.close()
    application.quit()
    return median


def _forget_copies(services: Services) -> None:
    shutil.rmtree(services.config.cache_path / "audio", ignore_errors=True)


@contextmanager
def _library(home: Path, url: str) -> Iterator[Services]:
    environ = {**os.environ, "VOICE_RECORDER_HOME": str(home)}
    os.environ["CLOUDINARY_URL"] = url
    services = app.build(StorageConfig.from_environment("testing", environ))
    try:
        yield services
    finally:
        services.close()
        del os.environ["CLOUDINARY_URL"]


if __name__ == "__main__" and sys.argv[1:2] == [PLAY]:
    sys.stdout.write(json.dumps(_play(sys.argv[2])))
