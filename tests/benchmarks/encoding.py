"""P4: MP3 of 128 kbps beside ffmpeg's, and two files at once beside one after the other."""

import statistics
import subprocess
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import soundfile

from tests.benchmarks.report import REPEATS, Figure, milliseconds
from tests.fakes.processes import require
from tests.fakes.speech import speak_for
from voice_recorder.audio.encoder import encode
from voice_recorder.audio.tags import CopyTags
from voice_recorder.domain.compression import SendAs

MINUTES = 30
QUICK_MINUTES = 3
SPOKEN_S = 60
RATE = 48000


def run(*, quick: bool = False) -> list[Figure]:
    """Encode 30 minutes of speech (quick: 3) with both, in turn, so that other work slows both alike."""
    require(["ffmpeg"], "The benchmark of encoding")
    minutes = QUICK_MINUTES if quick else MINUTES
    encode_times, ffmpeg_times, both_times, pair_times = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        sources = [folder / "one.wav", folder / "two.wav"]
        for source in sources:
            _speech(source, minutes)
        for _ in range(REPEATS if quick else 3):
            ffmpeg_times.append(milliseconds(lambda: _by_ffmpeg(sources[0])) / 1000)
            encode_times.append(milliseconds(lambda: _by_us(sources[0])) / 1000)
            both_times.append(milliseconds(lambda: _at_once(sources)) / 1000)
            pair_times.append(milliseconds(lambda: [_by_us(source) for source in sources]) / 1000)
        sizes = [path.stat().st_size for path in (folder / "one.mp3", folder / "ffmpeg.mp3")]
        if not 0.99 < sizes[0] / sizes[1] < 1.01:
            raise RuntimeError("The two programs did not encode the same.")
    ffmpeg, ours, both, pair = map(statistics.median, (ffmpeg_times, encode_times, both_times, pair_times))
    return [
        Figure("P4", f"{minutes} min of WAV to MP3 128k", ours, "s", ffmpeg, "ffmpeg", ratio_at_most=1.0),
        Figure("P4", "two of them at once", both, "s", pair, "in turn", ratio_at_most=0.6),
    ]


def _speech(path: Path, minutes: int) -> None:
    """A minute of speech, again and again, every time from another place on."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        spoken = speak_for(SPOKEN_S, Path(folder) / "spoken.wav", RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, subtype="PCM_16") as sound:
        for minute in range(minutes):
            sound.write(np.roll(spoken, 7919 * minute))


def _by_us(source: Path) -> None:
    tags = CopyTags(source.stem, datetime.now(UTC), "ab" * 16)
    encode(source, source.with_suffix(".mp3"), SendAs.MP3, tags)


def _at_once(sources: list[Path]) -> None:
    threads = [threading.Thread(target=_by_us, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _by_ffmpeg(source: Path) -> None:
    target = source.with_name("ffmpeg.mp3")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, "-b:a", "128k", target]
    subprocess.run(command, check=True)
