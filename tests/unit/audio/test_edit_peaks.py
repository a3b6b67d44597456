"""W1 and W5: what the window draws of an edited recording is what is heard."""

import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_recorder.audio.edit_peaks import edit_peaks
from voice_recorder.audio.peaks import PeakCollector, Peaks
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import Ramp, Segment

RATES = {"a": 48000, "b": 48000, "c": 22050}
RANDOM = np.random.default_rng(7)
SOUND = {name: RANDOM.integers(-32768, 32767, rate, np.int16)[:, None] // 2 for name, rate in RATES.items()}


def collected(samples: npt.NDArray[np.int16], rate: int = 48000) -> Peaks:
    collector = PeakCollector(rate)
    collector.add(samples)
    return collector.finish()


PEAKS = {name: collected(sound, RATES[name]) for name, sound in SOUND.items()}


def rendered(timeline: Timeline) -> npt.NDArray[np.int16]:
    return np.concatenate([SOUND[s.master_id][s.from_frame : s.to_frame] for s in timeline.segments])


def test_all_of_one_master_is_drawn_as_it_is() -> None:
    for name, rate in RATES.items():
        drawn = edit_peaks(Timeline((Segment(name, 0, rate),), RATES), PEAKS)
        assert drawn.bins_per_second == PEAKS[name].bins_per_second
        assert (drawn.minima == PEAKS[name].minima).all()
        assert (drawn.maxima == PEAKS[name].maxima).all()


def test_cuts_between_bins_are_drawn_exactly() -> None:
    timeline = Timeline((Segment("b", 4800, 9600), Segment("a", 0, 480), Segment("b", 480, 1440)), RATES)
    wanted, drawn = collected(rendered(timeline)), edit_peaks(timeline, PEAKS)
    assert drawn.minima.tolist() == wanted.minima.tolist()
    assert drawn.maxima.tolist() == wanted.maxima.tolist()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 47999), st.integers(1, 20000)), min_size=1, max_size=5
    )
)
def test_wherever_it_is_cut_no_peak_is_lost(parts: list[tuple[str, int, int]]) -> None:
    """A bin shows at least what is heard in it: its columns are never lower than the sound."""
    timeline = Timeline(
        tuple(Segment(name, at, min(48000, at + length)) for name, at, length in parts), RATES
    )
    wanted, drawn = collected(rendered(timeline)), edit_peaks(timeline, PEAKS)
    assert len(drawn.maxima) == len(wanted.maxima)
    assert (drawn.maxima >= wanted.maxima).all()
    assert (drawn.minima <= wanted.minima).all()


def test_masters_of_other_rates_are_drawn_at_a_hundred_bins_a_second() -> None:
    timeline = Timeline((Segment("a", 0, 48000), Segment("c", 0, 22050)), RATES)
    drawn = edit_peaks(timeline, PEAKS)
    assert (drawn.bins_per_second, len(drawn.maxima)) == (100, 200)
    assert (drawn.maxima[:100] == PEAKS["a"].maxima).all()
    assert drawn.maxima[100:].max() == PEAKS["c"].maxima.max()


def test_gains_are_drawn() -> None:
    loud = {"a": Peaks(100, np.full(100, -100, np.int8), np.full(100, 100, np.int8))}
    whole = Timeline((Segment("a", 0, 48000),), RATES)
    faded = edit_peaks(whole.fade_in(0, 1), loud)
    assert faded.maxima.tolist() == pytest.approx(np.arange(100) + 0.5, abs=0.51)
    assert (faded.minima == -faded.maxima).all()
    clipped = edit_peaks(whole.amplify(0, 1, 2), loud)
    assert set(clipped.maxima.tolist()) == {127}
    assert set(clipped.minima.tolist()) == {-128}
    quiet = edit_peaks(Timeline((Segment("a", 0, 48000, (Ramp(0.5, 0.5), Ramp(0.5, 0.5))),), RATES), loud)
    assert set(quiet.maxima.tolist()) == {25}


def test_a_master_that_cannot_be_read_is_silence_of_its_length() -> None:
    timeline = Timeline(
        (Segment("a", 0, 4800), Segment("gone", 0, 9600), Segment("a", 0, 4800)), RATES | {"gone": 48000}
    )
    drawn = edit_peaks(timeline, PEAKS)
    assert len(drawn.maxima) == 40
    assert set(drawn.maxima[10:30].tolist()) == set(drawn.minima[10:30].tolist()) == {0}
    assert (drawn.maxima[30:] == PEAKS["a"].maxima[:10]).all()


def test_peaks_that_are_shorter_than_their_master_end_with_what_they_have() -> None:
    drawn = edit_peaks(
        Timeline((Segment("a", 24000, 48000),), RATES),
        {"a": Peaks(100, PEAKS["a"].minima[:60], PEAKS["a"].maxima[:60])},
    )
    assert drawn.maxima[:10].tolist() == PEAKS["a"].maxima[50:60].tolist()
    assert len(drawn.maxima) == 50


def test_four_hours_in_a_hundred_parts_are_drawn_at_once() -> None:
    """About 0.1 s of work; what is measured is the processor's time, as others use the machine, too."""
    seconds = 4 * 3600
    long = {"a": Peaks(100, np.full(seconds * 100, -50, np.int8), np.full(seconds * 100, 50, np.int8))}
    timeline = Timeline((Segment("a", 0, seconds * 48000),), RATES).fade_in(0, 3600)
    for at in range(100):
        timeline = timeline.cut(100 * at, 100 * at + 1)
    started = time.process_time()
    drawn = edit_peaks(timeline, long)
    assert time.process_time() - started < 1
    assert len(drawn.maxima) == (seconds - 100) * 100
