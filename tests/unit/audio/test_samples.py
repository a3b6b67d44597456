"""C1.2: samples on their way from the microphone into a file."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_recorder.audio.capture import to_bytes, with_channels

frames16 = st.lists(
    st.tuples(st.integers(-32768, 32767), st.integers(-32768, 32767)), min_size=1, max_size=50
)


@given(frames=frames16)
def test_16_bit_samples_are_written_as_they_are(frames: list[tuple[int, int]]) -> None:
    samples = np.array(frames, np.int16)
    assert np.frombuffer(to_bytes(samples), "<i2").reshape(-1, 2).tolist() == samples.tolist()


@given(values=st.lists(st.integers(-(1 << 23), (1 << 23) - 1), min_size=1, max_size=50))
def test_24_bit_samples_come_from_the_upper_bytes_of_32(values: list[int]) -> None:
    samples = (np.array(values, np.int64) << 8).astype(np.int32).reshape(-1, 1)
    written = to_bytes(samples)
    assert len(written) == 3 * len(values)
    read = [int.from_bytes(written[at : at + 3], "little", signed=True) for at in range(0, len(written), 3)]
    assert read == values


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_a_part_of_an_array_is_written_like_any_other(dtype: npt.DTypeLike) -> None:
    samples = np.arange(24).reshape(12, 2).astype(dtype)
    for part in (samples[::2], samples[3:7], samples[:, :1]):
        assert to_bytes(part) == to_bytes(part.copy())


@given(frames=frames16)
def test_mono_from_stereo_is_the_mean_and_never_overflows(frames: list[tuple[int, int]]) -> None:
    mono = with_channels(np.array(frames, np.int16), 1)
    assert mono.shape == (len(frames), 1)
    assert mono.dtype == np.int16
    assert all(abs(int(value) - sum(frame) / 2) <= 0.5 for (value,), frame in zip(mono, frames, strict=True))


def test_stereo_from_mono_is_twice_the_same_also_in_24_bit() -> None:
    mono = np.array([[-(1 << 31)], [1 << 30], [0]], np.int32)
    assert with_channels(mono, 2).tolist() == [[v, v] for (v,) in mono.tolist()]
    assert with_channels(mono, 1) is mono
