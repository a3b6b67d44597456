"""How loud sound is, as EBU R 128 measures it: by libebur128, in constant memory."""

import math

import numpy as np
import numpy.typing as npt


class LoudnessMeter:
    """Takes sound block by block and tells how loud all of it is. For one thread at a time."""

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        import pyebur128

        mode = pyebur128.MeasurementMode
        self._measure = pyebur128
        self._channels = channels
        self._state = pyebur128.R128State(channels, sample_rate_hz, mode.MODE_I | mode.MODE_TRUE_PEAK)

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Take the next samples, shape (frames, channels), full scale from -1 to 1."""
        if len(block):
            self._state.add_frames(np.ascontiguousarray(block, np.float32).reshape(-1), len(block))

    @property
    def integrated_lufs(self) -> float | None:
        """The loudness of all that was added, without its pauses; None for silence or under 0.4 s."""
        loudness: float = self._measure.get_loudness_global(self._state)
        return loudness if math.isfinite(loudness) else None

    @property
    def true_peak_dbtp(self) -> float | None:
        """The highest peak between the samples, over all channels, in dB of full scale; None for silence."""
        peak = max(self._measure.get_true_peak(self._state, channel) for channel in range(self._channels))
        return 20 * math.log10(peak) if peak > 0 else None
