"""Long takes through the real writer: hours of sound, and files beyond 4 GB."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_recorder import app
from voice_recorder.audio import wav
from voice_recorder.audio.metadata import read_audio
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.services.generated_voice import voice
from voice_recorder.services.sound_source import Heard, Sound


class FastVoice:
    """So many seconds of sound, delivered as fast as the take keeps it."""

    def __init__(self, seconds: float, audio_format: AudioFormat | None = None) -> None:
        self.format = audio_format or AudioFormat()
        self.device_name = "fast voice"
        self.notice = ""
        self.seeks = False
        self.is_lost = False
        self.started_at = 0.0
        self._left = round(seconds * self.format.sample_rate_hz)
        self._block = voice(10 * self.format.sample_rate_hz, self.format.sample_rate_hz)[:, np.newaxis]

    def has_heard_until(self, at: float) -> bool:
        return True

    def read(self) -> Iterator[Heard]:
        for _ in range(20):
            block = self._block[: self._left]
            if not len(block):
                return
            self._left -= len(block)
            yield Sound(block, 0.0)

    @property
    def is_through(self) -> bool:
        return self._left == 0

    def dropped_frames(self, *, at_end: bool = False) -> int:
        return 0

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.slow
def test_four_hours(home: Path) -> None:
    """Issue's proof 4; C4: Stop answers at once, the background pass proves the samples."""
    services = app.build()
    try:
        source = FastVoice(4 * 3600)
        take = services.takes.start_from(source, limit_s=4 * 3600)
        assert take.wait(120)
        assert take.error is None
        recording = services.library.get(take.recording_id)
        assert recording.state.value == "recorded"
        assert recording.duration_s == 4 * 3600
        assert services.proving.run_pending() == 1
        master = services.library.get(take.recording_id).masters[0]
        assert master.sha256 is not None
        assert len(master.overview) == 96
        assert services.library.history(take.recording_id)[-1].kind == "verified"
    finally:
        services.close()


def test_a_take_over_4_gb_opens_everywhere(tmp_path: Path) -> None:
    """C2.3: RF64 in ffmpeg, sox and libsndfile; the file is sparse."""
    audio_format = AudioFormat(96000, 2, 24)
    origin = wav.Origin("f" * 32, "2026-11-21T14:03:00.000+00:00", 0)
    path = tmp_path / "long.wav"
    path.write_bytes(wav.header(audio_format, origin, 0))
    seconds = 8000
    with path.open("r+b") as file:
        file.truncate(wav.HEADER_BYTES + seconds * audio_format.bytes_per_second)
    assert path.stat().st_size > 2**32
    wav.complete(path, audio_format, origin)
    assert soundfile.info(path).duration == seconds
    probe = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path]
    assert float(subprocess.run(probe, capture_output=True, check=True).stdout) == seconds
    end = ["sox", path, "-n", "trim", str(seconds - 1), "stat"]
    heard = subprocess.run(end, capture_output=True, text=True, check=True).stderr
    assert "Length (seconds):      1.000000" in heard
    with path.open("rb") as file:
        assert wav.read_header(file).format == audio_format


def test_reading_stays_small(home: Path) -> None:
    """S2.1: constant memory, whatever the length."""
    script = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from voice_recorder.audio.metadata import read_audio\n"
        "read_audio(Path(sys.argv[1]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    services = app.build()
    try:
        peaks = []
        for seconds in (10, 1200):
            take = services.takes.start_from(FastVoice(seconds), limit_s=seconds)
            assert take.wait(60)
            path = services.library.path_of(services.library.get(take.recording_id).masters[0])
            done = subprocess.run(
                [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
            )
            peaks.append(int(done.stdout))
        assert peaks[1] < peaks[0] + 15_000  # kB; the file is 115 MB
        assert read_audio(path).duration_s == 1200
    finally:
        services.close()
