"""Another sample rate for sound that comes in blocks."""

from collections.abc import Iterator

import numpy as np

from voice_recorder.audio.sound_file import Samples


def resampled(
    blocks: Iterator[Samples], from_hz: int, to_hz: int, channels: int, dtype: str = "float32"
) -> Iterator[Samples]:
    """The same sound at another rate, without delay; as it is where the rates are the same."""
    if from_hz == to_hz:
        yield from blocks
        return
    import soxr

    resampler = soxr.ResampleStream(from_hz, to_hz, channels, dtype=dtype)
    for block in blocks:
        yield resampler.resample_chunk(np.ascontiguousarray(block))
    yield resampler.resample_chunk(np.empty((0, channels), dtype), last=True)
