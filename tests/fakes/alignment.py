"""How much of what was played is in what was recorded."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def share_within_one_lsb(played: Samples, recorded: Samples) -> tuple[float, int]:
    """The share (0 to 1) of played samples found within one least significant bit, and where they begin.

    ``recorded[offset + i]`` is compared with ``played[i]`` at the offset where the two correlate best, found
    by FFT. A played sample outside the recording counts as not found. The offset is negative when the
    recording began after the first played sample. One lost sample shifts all that follow it, so that loss
    shows in the share.
    """
    if played.ndim != 1 or recorded.ndim != 1 or not len(played):
        raise ValueError("Both must be mono, and something must have been played.")
    if not len(recorded):
        return 0.0, 0
    offset = _best_offset(played, recorded)
    begin, end = max(0, offset), min(len(recorded), offset + len(played))
    there = recorded[begin:end].astype(np.int32)
    here = played[begin - offset : end - offset].astype(np.int32)
    return float(np.count_nonzero(np.abs(there - here) <= 1)) / len(played), offset


def _best_offset(played: Samples, recorded: Samples) -> int:
    size = 1 << (len(played) + len(recorded) - 1).bit_length()  # no wrap-around, and quick
    spectrum = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(played, size))
    offset = int(np.argmax(np.fft.irfft(spectrum, size)))
    return offset if offset < len(recorded) else offset - size
