"""P3: from Stop to the recording in the list, after four hours and after ten seconds."""

import os
import tempfile
import time
from collections.abc import Iterator

import numpy as np

from tests.benchmarks.report import REPEATS, Figure, median_of
from voice_recorder import app
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.states import RecordingState
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import voice
from voice_recorder.services.sound_source import Heard, Sound
from voice_recorder.storage.paths import StorageConfig

SHORT_S = 10
LONG_S = 4 * 3600
LONG_REPEATS = 3
SETTLED_AFTER_S = 1.6  # real takes have been synced to the disk twice a second when they are stopped


class HurriedVoice:
    """A voice that says its first ``seconds`` as fast as the disk takes them, then goes on as people do."""

    def __init__(self, seconds: float) -> None:
        self.format = AudioFormat()
        self.device_name = "hurried voice"
        self.notice = ""
        self.seeks = False
        self.is_lost = False
        self.started_at = time.monotonic()
        self.through_at: float | None = None
        rate = self.format.sample_rate_hz
        self._hurried = round(seconds * rate)
        self._calm = 0
        self._block = voice(10 * rate, rate)[:, np.newaxis]

    def has_heard_until(self, at: float) -> bool:
        return True

    def read(self) -> Iterator[Heard]:
        for _ in range(20):
            block = self._block[: self._hurried]
            if not len(block):
                break
            self._hurried -= len(block)
            yield Sound(block, time.monotonic())
        else:
            return
        self.through_at = self.through_at or time.monotonic()
        due = round((time.monotonic() - self.through_at) * self.format.sample_rate_hz) - self._calm
        self._calm += due
        yield Sound(self._block[:due], time.monotonic())

    def dropped_frames(self, *, at_end: bool = False) -> int:
        return 0

    def close(self) -> None:
        """Nothing is held."""


def run(*, quick: bool = False) -> list[Figure]:
    """Takes of both lengths through the real writer into one library."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environ = {**os.environ, "VOICE_RECORDER_HOME": folder}
        services = app.build(StorageConfig.from_environment("testing", environ))
        try:
            short = median_of(lambda: _stop_to_listed_ms(services, SHORT_S), REPEATS)
            long = median_of(lambda: _stop_to_listed_ms(services, LONG_S), 1 if quick else LONG_REPEATS)
        finally:
            services.close()
    what = "Stop to listed, 4 h take"
    return [Figure("P3", what, long, "ms", short, "10 s take", ratio_at_most=1.5, at_most=300)]


def _stop_to_listed_ms(services: Services, seconds: float) -> float:
    source = HurriedVoice(seconds)
    take = services.takes.start_from(source)
    while source.through_at is None or time.monotonic() - source.through_at < SETTLED_AFTER_S:
        time.sleep(0.01)
    started = time.perf_counter()
    take.stop()
    take.wait()
    listed = services.library.page(LibraryQuery(), limit=100).recordings[0]
    took_ms = 1000 * (time.perf_counter() - started)
    if listed.id != take.recording_id or listed.state is not RecordingState.RECORDED:
        raise RuntimeError("The take is not listed.")
    if listed.duration_s < seconds:
        raise RuntimeError("The take is not whole.")
    services.library.path_of(listed.masters[0]).unlink()
    services.library.forget(listed.id, "benchmark")
    return took_ms
