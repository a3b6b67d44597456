"""Edit lists: pure data, exact places; whatever is done, nothing but frames of masters is heard."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Ramp, Segment

RATES = {"a": 48000, "b": 44100, "c": 8000}
SLOW = {"a": 48, "b": 44, "c": 8}
"""Rates at which a second has few frames, so that many an example falls between two of them."""
FRAMES = {"a": 96, "b": 50, "c": 7}
HALF_A_FRAME = Fraction(1, 2 * min(SLOW.values()))
unhurried = settings(deadline=None)

_gains = st.lists(st.builds(Ramp, st.floats(0, 4), st.floats(0, 4)), max_size=2).map(tuple)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    master = draw(st.sampled_from(sorted(SLOW)))
    start = draw(st.integers(0, FRAMES[master] - 1))
    end = draw(st.integers(start + 1, FRAMES[master]))
    return Segment(master, start, end, draw(_gains), draw(st.booleans()))


timelines = st.lists(segments(), min_size=1, max_size=5).map(lambda found: Timeline(tuple(found), SLOW))
seconds = st.floats(-1, 8) | st.fractions(-1, 8, max_denominator=96)


@dataclass(frozen=True)
class Operation:
    """Something that a person does to a timeline."""

    name: str
    start: Fraction | float
    end: Fraction | float
    other: Timeline

    def __call__(self, timeline: Timeline) -> Timeline:
        a, b, other = self.start, self.end, self.other
        done: dict[str, Callable[[], Timeline]] = {
            "trim": lambda: timeline.trim(a, b), "cut": lambda: timeline.cut(a, b),
            "before": lambda: timeline.split(a)[0], "after": lambda: timeline.split(a)[1],
            "insert": lambda: timeline.insert(a, other), "append": lambda: timeline.append(other),
            "over": lambda: timeline.record_over(a, other), "fade_in": lambda: timeline.fade_in(a, b),
            "fade_out": lambda: timeline.fade_out(a, b), "amplify": lambda: timeline.amplify(a, b, 0.5),
            "noise": lambda: timeline.reduce_noise(a, b),
        }  # fmt: skip
        return done[self.name]()


_names = [
    "trim", "cut", "before", "after", "insert", "append", "over", "fade_in", "fade_out", "amplify", "noise",
]  # fmt: skip
operations = st.builds(Operation, st.sampled_from(_names), seconds, seconds, timelines)


def sum_of_parts(timeline: Timeline) -> Fraction:
    return sum((Fraction(s.frames, SLOW[s.master_id]) for s in timeline.segments), Fraction(0))


def frames_heard(timeline: Timeline) -> list[tuple[str, int]]:
    return [(s.master_id, frame) for s in timeline.segments for frame in range(s.from_frame, s.to_frame)]


class TestWhateverIsDone:
    @unhurried
    @given(timelines, st.lists(operations, max_size=8))
    def test_the_length_is_the_sum_of_the_parts_and_only_frames_of_masters_are_heard(
        self, timeline: Timeline, done: list[Operation]
    ) -> None:
        """W5: also with masters of different rates; no operation changes a rate or makes up a frame."""
        for operation in done:
            before = Timeline(timeline.segments, dict(timeline.rates))
            try:
                after = operation(timeline)
            except EditRefused:
                after = timeline
            assert timeline == before
            timeline = after
            assert timeline.duration == sum_of_parts(timeline) > 0
            assert timeline.rates == SLOW
            for segment in timeline.segments:
                assert 0 <= segment.from_frame < segment.to_frame <= FRAMES[segment.master_id]
                assert all(0 <= g < math.inf for gain in segment.gains for g in (gain.start, gain.end))
            assert sum(timeline.frames_at(48)) == pytest.approx(
                timeline.duration_s * 48, abs=len(timeline.segments)
            )

    @unhurried
    @given(timelines, seconds, seconds)
    def test_what_is_cut_out_and_what_is_left_are_the_whole(
        self, timeline: Timeline, start: Fraction, end: Fraction
    ) -> None:
        try:
            middle = timeline.trim(start, end)
        except EditRefused:
            with pytest.raises(EditRefused):
                timeline.cut(start, end)
            return
        if middle.duration == timeline.duration:
            with pytest.raises(EditRefused, match="leave nothing"):
                timeline.cut(start, end)
            return
        left = timeline.cut(start, end)
        assert left.duration + middle.duration == timeline.duration
        assert sorted(frames_heard(left) + frames_heard(middle)) == sorted(frames_heard(timeline))
        wanted = min(timeline.duration, Fraction(end)) - max(Fraction(0), Fraction(start))
        assert abs(middle.duration - wanted) <= 2 * HALF_A_FRAME

    @unhurried
    @given(timelines, seconds)
    def test_the_halves_of_a_split_are_the_whole(self, timeline: Timeline, at: Fraction) -> None:
        try:
            before, after = timeline.split(at)
        except EditRefused:
            assert at < HALF_A_FRAME or at > timeline.duration - HALF_A_FRAME
            return
        assert abs(before.duration - Fraction(at)) <= HALF_A_FRAME
        assert frames_heard(before) + frames_heard(after) == frames_heard(timeline)

    @unhurried
    @given(timelines, seconds, timelines)
    def test_what_is_put_in_is_heard_there_and_all_else_stays(
        self, timeline: Timeline, at: Fraction, other: Timeline
    ) -> None:
        longer = timeline.insert(at, other)
        assert longer.duration == timeline.duration + other.duration
        assert sorted(frames_heard(longer)) == sorted(frames_heard(timeline) + frames_heard(other))

    @unhurried
    @given(timelines, seconds, timelines)
    def test_recording_over_keeps_what_is_before_and_behind(
        self, timeline: Timeline, at: Fraction, other: Timeline
    ) -> None:
        over = timeline.record_over(at, other)
        begins = min(max(Fraction(0), Fraction(at)), timeline.duration)
        wanted = max(timeline.duration, begins + other.duration)
        assert abs(over.duration - wanted) <= 2 * HALF_A_FRAME
        old, new, heard = frames_heard(timeline), frames_heard(other), frames_heard(over)
        try:
            before = len(frames_heard(timeline.split(at)[0]))
        except EditRefused:
            before = 0 if at < HALF_A_FRAME else len(old)
        assert heard[: before + len(new)] == old[:before] + new
        behind = heard[before + len(new) :]
        assert behind == old[len(old) - len(behind) :]

    @unhurried
    @given(timelines, seconds)
    def test_places_and_seconds_invert_each_other(self, timeline: Timeline, at: Fraction) -> None:
        place = timeline.place_at(at)
        assert place.at_s in timeline.seconds_of(place.master_id, place.frame)
        assert timeline.place_at(place.at_s) == place
        inside = min(max(Fraction(0), Fraction(at)), timeline.duration)
        assert abs(place.at_s - inside) <= 2 * HALF_A_FRAME
        for again in timeline.seconds_of(place.master_id, place.frame):
            found = timeline.place_at(again)
            assert (found.master_id, found.frame, found.at_s) == (place.master_id, place.frame, again)


def levels(timeline: Timeline) -> list[tuple[float, float]]:
    """The gain at the beginning and at the end of every segment."""
    return [
        (math.prod(g.start for g in s.gains), math.prod(g.end for g in s.gains)) for s in timeline.segments
    ]


class TestRamps:
    @unhurried
    @given(st.lists(st.floats(0, 2), min_size=1, max_size=4))
    def test_a_fade_is_one_line_wherever_it_was_cut(self, cuts: list[float]) -> None:
        """Cut anywhere and joined again it goes on where it stopped, from exactly 0 to exactly 1."""
        faded = Timeline((Segment("a", 0, 96000),), RATES).fade_in(0, 2)
        parts = [faded]
        for at in sorted(cuts):
            try:
                parts[-1:] = parts[-1].split(Fraction(at) - sum(part.duration for part in parts[:-1]))
            except EditRefused:
                assume(False)
        joined = parts[0]
        for part in parts[1:]:
            joined = joined.append(part)
        edges, length = levels(joined), Fraction(0)
        assert (edges[0][0], edges[-1][1]) == (0, 1)
        for segment, (start, end) in zip(joined.segments, edges, strict=True):
            assert start == pytest.approx(float(length / 2), abs=1e-12)
            length += joined.length_of(segment)
            assert end == pytest.approx(float(length / 2), abs=1e-12)
        assert all(first[1] == second[0] for first, second in itertools.pairwise(edges))

    def test_a_fade_over_masters_of_different_rates_is_one_line(self) -> None:
        timeline = Timeline((Segment("a", 0, 48000), Segment("c", 0, 400), Segment("b", 0, 4410)), RATES)
        faded = timeline.fade_out(0, 2)
        whole = float(timeline.duration)
        (start, first), (second, third), (last, end) = levels(faded)
        assert (start, first) == pytest.approx((1, 1 - 1 / whole))
        assert (second, third) == pytest.approx((first, 1 - 1.05 / whole))
        assert (last, end) == (third, 0)

    def test_only_the_part_that_was_chosen_is_faded(self) -> None:
        faded = Timeline((Segment("a", 0, 96000),), RATES).fade_out(0.5, 1)
        assert [(s.from_frame, s.to_frame, s.gains) for s in faded.segments] == [
            (0, 24000, ()), (24000, 48000, (Ramp(1, 0),)), (48000, 96000, ()),
        ]  # fmt: skip

    @unhurried
    @given(st.builds(Ramp, st.floats(0, 9), st.floats(0, 9)), st.integers(1, 999))
    def test_a_ramp_in_two_parts_meets_itself(self, ramp: Ramp, at: int) -> None:
        first, second = ramp.part(0, at / 1000), ramp.part(at / 1000, 1)
        assert (first.start, first.end, second.end) == (ramp.start, second.start, ramp.end)
        assert min(ramp.start, ramp.end) - 1e-9 <= first.end <= max(ramp.start, ramp.end) + 1e-9


class TestLevels:
    def test_twice_as_loud_and_half_as_loud_is_as_it_was(self) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES)
        louder = timeline.amplify(0.5, 1, 2)
        assert [s.gains for s in louder.segments] == [(), (Ramp(2, 2),), ()]
        assert louder.amplify(0.5, 1, 0.5) == timeline

    def test_gain_and_fade_are_kept_beside_each_other(self) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES).fade_in(0, 2).amplify(0, 2, 2).amplify(0, 2, 3)
        assert timeline.segments[0].gains == (Ramp(0, 1), Ramp(6, 6))

    @pytest.mark.parametrize("factor", [-0.1, math.inf, -math.inf, math.nan])
    def test_a_factor_that_is_none_is_refused(self, factor: float) -> None:
        with pytest.raises(EditRefused, match="times as loud"):
            Timeline((Segment("a", 0, 96000),), RATES).amplify(0, 2, factor)

    def test_no_product_of_gains_is_without_end(self) -> None:
        loud = Timeline((Segment("a", 0, 96000),), RATES).amplify(0, 2, 1e200)
        with pytest.raises(EditRefused, match="too loud"):
            loud.amplify(0, 2, 1e200)

    def test_noise_is_reduced_and_heard_again(self) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES)
        quiet = timeline.reduce_noise(0.5, 1)
        assert [s.noise_reduced for s in quiet.segments] == [False, True, False]
        assert quiet.reduce_noise(0, 2, False) == timeline


class TestTidy:
    def test_what_was_cut_apart_and_follows_itself_is_one_again(self) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES)
        first, second = timeline.split(1.234567)
        assert first.append(second) == timeline

    def test_what_sounds_otherwise_stays_apart(self) -> None:
        parts = Segment("a", 0, 10), Segment("a", 10, 20, noise_reduced=True), Segment("a", 20, 30)
        timeline = Timeline(parts, RATES)
        assert timeline.trim(0, 1).segments == parts


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("start", "end"),
        [(1, 1), (1.5, 0.5), (2, 3), (-2, 0), (5, 9), (1, 1 + 1e-9), (-3, -1)],
        ids=["nothing", "backwards", "behind the end", "before 0", "far behind", "no frame", "far before"],
    )
    def test_nothing_selected(self, start: float, end: float) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES)
        for change in (
            timeline.trim,
            timeline.cut,
            timeline.fade_in,
            timeline.fade_out,
            timeline.reduce_noise,
        ):
            with pytest.raises(EditRefused, match="Nothing is selected"):
                change(start, end)

    def test_a_selection_over_the_ends_is_all_there_is(self) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES)
        assert timeline.trim(-5, 99) == timeline
        assert timeline.trim(1, 99).segments == (Segment("a", 48000, 96000),)
        with pytest.raises(EditRefused, match="leave nothing"):
            timeline.cut(-5, 99)

    @pytest.mark.parametrize("place", [math.nan, math.inf, -math.inf])
    def test_a_place_that_is_no_number(self, place: float) -> None:
        timeline = Timeline((Segment("a", 0, 96000),), RATES)
        attempts: tuple[Callable[[], object], ...] = (
            lambda: timeline.trim(place, 1), lambda: timeline.cut(0, place), lambda: timeline.split(place),
            lambda: timeline.insert(place, timeline), lambda: timeline.record_over(place, timeline),
            lambda: timeline.fade_in(place, place), lambda: timeline.place_at(place),
        )  # fmt: skip
        for attempt in attempts:
            with pytest.raises(EditRefused, match="no place"):
                attempt()

    @pytest.mark.parametrize("at", [-1, 0, 2, 3])
    def test_a_split_that_leaves_one_half_empty(self, at: float) -> None:
        with pytest.raises(EditRefused, match="leave nothing"):
            Timeline((Segment("a", 0, 96000),), RATES).split(at)

    def test_nothing_to_put_in(self) -> None:
        timeline, empty = Timeline((Segment("a", 0, 96000),), RATES), Timeline((), RATES)
        for change in (
            timeline.append,
            lambda o: timeline.insert(0, o),
            lambda o: timeline.record_over(0, o),
        ):
            with pytest.raises(EditRefused, match="no sound"):
                change(empty)

    def test_a_recording_in_which_nothing_is_heard(self) -> None:
        empty = Timeline.of(a_recording(a_master(frames=0)))
        assert (empty.segments, empty.duration_s) == ((), 0)
        with pytest.raises(EditRefused, match="nothing to hear"):
            empty.place_at(0)
        with pytest.raises(EditRefused, match="Nothing is selected"):
            empty.trim(0, 1)
        assert empty.append(Timeline((Segment("a", 0, 5),), RATES)).segments == (Segment("a", 0, 5),)


class TestOfARecording:
    def test_without_an_edit_list_it_is_all_masters(self) -> None:
        recording = a_recording(a_master(id="x"), a_master(id="y", sample_rate_hz=44100, frames=441))
        timeline = Timeline.of(recording)
        assert timeline.segments == (Segment("x", 0, 48000), Segment("y", 0, 441))
        assert timeline.duration == Fraction(101, 100)
        assert timeline.duration_s == pytest.approx(recording.duration_s)

    def test_with_one_it_is_that(self) -> None:
        edits = (Segment("x", 5, 9, (Ramp(0, 1),)),)
        assert Timeline.of(a_recording(a_master(id="x"), edit_list=edits)).segments == edits

    def test_a_place_between_two_masters(self) -> None:
        timeline = Timeline((Segment("a", 0, 48000), Segment("c", 100, 500)), RATES)
        assert [(p.master_id, p.frame) for p in map(timeline.place_at, (0, 1, 1.025, 99))] == [
            ("a", 0), ("c", 100), ("c", 300), ("c", 499),
        ]  # fmt: skip

    def test_a_marker_set_at_stop_belongs_to_the_end(self) -> None:
        timeline = Timeline((Segment("a", 0, 48000),), RATES)
        assert timeline.seconds_of("a", 48000) == (Fraction(1),)
        assert timeline.seconds_of("a", 48001) == timeline.seconds_of("b", 0) == ()
        twice = Timeline((Segment("a", 0, 48000), Segment("a", 0, 48000)), RATES)
        assert twice.seconds_of("a", 24000) == (Fraction(1, 2), Fraction(3, 2))

    def test_frames_at_another_rate_add_up(self) -> None:
        timeline = Timeline((Segment("a", 0, 48000), Segment("b", 0, 4410)), RATES)
        assert timeline.frames_at(48000) == (48000, 4800)
        assert timeline.frames_at(44100) == (44100, 4410)


def test_a_part_without_sound_is_gone_after_the_next_operation() -> None:
    timeline = Timeline((Segment("a", 5, 5), Segment("a", 0, 480)), RATES)
    assert timeline.amplify(0, 1, 0.5).segments == (Segment("a", 0, 480, (Ramp(0.5, 0.5),)),)
