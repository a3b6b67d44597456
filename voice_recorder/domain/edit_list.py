"""The edit list: how a recording is heard, as pure data and pure functions. No operation knows a file.

Places are exact seconds within what is heard (``Fraction``; floats and ints are taken as they are). A cut
falls on the nearest frame of the master that is heard there. A place before the beginning is the beginning,
one behind the end the end; one that is no number is refused.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Ramp, Recording, Segment
from voice_recorder.domain.words import tr

Second = Fraction | float | int


@dataclass(frozen=True)
class Place:
    """A frame of a master that is heard at ``at_s``."""

    at_s: Fraction
    master_id: str
    frame: int


@dataclass(frozen=True)
class Timeline:
    """Segments one after another, and the sample rate of every master that they come from."""

    segments: tuple[Segment, ...]
    rates: Mapping[str, int]

    @classmethod
    def of(cls, recording: Recording) -> "Timeline":
        """What is heard of ``recording``: its edit list, or all its masters without one."""
        rates = {master.id: master.sample_rate_hz for master in recording.masters}
        whole = tuple(Segment(m.id, 0, m.frames) for m in recording.masters if m.frames > 0)
        return cls(recording.edit_list or whole, rates)

    # Looking

    @property
    def duration(self) -> Fraction:
        """The exact length in seconds: the sum of the parts."""
        return sum(map(self.length_of, self.segments), Fraction(0))

    @property
    def duration_s(self) -> float:
        """The length in seconds."""
        return float(self.duration)

    def length_of(self, segment: Segment) -> Fraction:
        """The exact length of one segment in seconds."""
        return Fraction(segment.frames, self.rates[segment.master_id])

    def with_starts(self) -> Iterator[tuple[Fraction, Segment]]:
        """Every segment with the second at which it begins."""
        at = Fraction(0)
        for segment in self.segments:
            yield at, segment
            at += self.length_of(segment)

    def place_at(self, at: Second) -> Place:
        """Which frame of which master is heard at ``at``; the last one beyond the end."""
        wanted = max(Fraction(0), _exact(at))
        found: Place | None = None
        for start, segment in self.with_starts():
            rate = self.rates[segment.master_id]
            offset = min(segment.frames - 1, max(0, round((wanted - start) * rate)))
            found = Place(start + Fraction(offset, rate), segment.master_id, segment.from_frame + offset)
            if wanted < start + self.length_of(segment):
                break
        if found is None:
            raise EditRefused(tr("There is nothing to hear."))
        return found

    def seconds_of(self, master_id: str, frame: int) -> tuple[Fraction, ...]:
        """When that frame of a master is heard: not at all when it is cut out, or more than once.

        The frame just behind a master's end belongs to the end, as a marker set at Stop does.
        """
        at = Fraction(0)
        found: list[Fraction] = []
        behind: list[Fraction] = []
        for start, segment in self.with_starts():
            at = start + self.length_of(segment)
            if segment.master_id != master_id:
                continue
            if segment.from_frame <= frame < segment.to_frame:
                found.append(start + Fraction(frame - segment.from_frame, self.rates[master_id]))
            elif frame == segment.to_frame:
                behind.append(at)
        return tuple(found or behind[-1:])

    def frames_at(self, sample_rate_hz: int) -> tuple[int, ...]:
        """How many frames each segment has when all are rendered at one rate; their sum is the whole."""
        return tuple(
            segment.frames
            if self.rates[segment.master_id] == sample_rate_hz
            else round(self.length_of(segment) * sample_rate_hz)
            for segment in self.segments
        )

    # Changing: each answers with a new timeline

    def trim(self, start: Second, end: Second) -> "Timeline":
        """Only what is between ``start`` and ``end``. EditRefused when that is nothing."""
        _before, middle, _after = self._cut_in_three(start, end)
        return self._with(middle)

    def cut(self, start: Second, end: Second) -> "Timeline":
        """All but what is between ``start`` and ``end``. EditRefused when nothing would be left."""
        before, _middle, after = self._cut_in_three(start, end)
        return self._with((*before, *after))

    def split(self, at: Second) -> tuple["Timeline", "Timeline"]:
        """What is before ``at`` and what is from there on. EditRefused when one of them is nothing."""
        before, after = self._cut_at(self.segments, _exact(at))
        return self._with(before), self._with(after)

    def insert(self, at: Second, other: "Timeline") -> "Timeline":
        """With ``other`` put in at ``at``."""
        before, after = self._cut_at(self.segments, _exact(at))
        return self._joined(other, (*before, *other.segments, *after))

    def append(self, other: "Timeline") -> "Timeline":
        """With ``other`` at the end."""
        return self._joined(other, (*self.segments, *other.segments))

    def record_over(self, at: Second, other: "Timeline") -> "Timeline":
        """With ``other`` in the place of what is heard from ``at`` for as long as ``other`` lasts."""
        before, rest = self._cut_at(self.segments, _exact(at))
        _over, after = self._cut_at(rest, other.duration)
        return self._joined(other, (*before, *other.segments, *after))

    def fade_in(self, start: Second, end: Second) -> "Timeline":
        """From silence at ``start`` to full level at ``end``."""
        return self._faded(start, end, Fraction(0), Fraction(1))

    def fade_out(self, start: Second, end: Second) -> "Timeline":
        """From full level at ``start`` to silence at ``end``."""
        return self._faded(start, end, Fraction(1), Fraction(0))

    def amplify(self, start: Second, end: Second, factor: float) -> "Timeline":
        """``factor`` times as loud between ``start`` and ``end``. EditRefused for a factor that is none."""
        if not 0 <= factor < float("inf"):
            raise EditRefused(tr("Sound cannot be made {factor} times as loud.", factor=factor))
        steady = Ramp(factor, factor)
        return self._changed(start, end, lambda s: replace(s, gains=_product(s.gains, steady)))

    def reduce_noise(self, start: Second, end: Second, reduced: bool = True) -> "Timeline":
        """With the noise between ``start`` and ``end`` reduced when it is heard, or no longer."""
        return self._changed(start, end, lambda s: replace(s, noise_reduced=reduced))

    # The work

    def _with(self, segments: Iterable[Segment]) -> "Timeline":
        return Timeline(_heard(segments), self.rates)

    def _joined(self, other: "Timeline", segments: Iterable[Segment]) -> "Timeline":
        if not other.segments:
            raise EditRefused(tr("There is no sound to put in."), tr("Nothing was changed."))
        return Timeline(_heard(segments), {**self.rates, **other.rates})

    def _cut_at(
        self, segments: Sequence[Segment], at: Fraction
    ) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """Cut where ``at`` seconds of ``segments`` have been heard."""
        left = at
        for number, segment in enumerate(segments):
            offset = round(left * self.rates[segment.master_id])
            if offset < segment.frames:
                if offset <= 0:
                    return tuple(segments[:number]), tuple(segments[number:])
                return (
                    (*segments[:number], segment.part(0, offset)),
                    (segment.part(offset, segment.frames), *segments[number + 1 :]),
                )
            left -= self.length_of(segment)
        return tuple(segments), ()

    def _cut_in_three(
        self, start: Second, end: Second
    ) -> tuple[tuple[Segment, ...], tuple[Segment, ...], tuple[Segment, ...]]:
        first, last = max(Fraction(0), _exact(start)), min(self.duration, _exact(end))
        before, rest = self._cut_at(self.segments, first)
        done = sum(map(self.length_of, before), Fraction(0))
        middle, after = self._cut_at(rest, last - done)
        if not middle:
            raise EditRefused(tr("Nothing is selected."), tr("Drag over the waveform to select a part."))
        return before, middle, after

    def _changed(self, start: Second, end: Second, change: Callable[[Segment], Segment]) -> "Timeline":
        before, middle, after = self._cut_in_three(start, end)
        return self._with((*before, *map(change, middle), *after))

    def _faded(self, start: Second, end: Second, level: Fraction, until: Fraction) -> "Timeline":
        """A straight line from ``level`` to ``until``, over however many segments it falls."""
        before, middle, after = self._cut_in_three(start, end)
        whole = sum(map(self.length_of, middle), Fraction(0))
        faded: list[Segment] = []
        at = Fraction(0)
        for segment in middle:
            to = at + self.length_of(segment)
            ramp = Ramp(*(float(level + (until - level) * (x / whole)) for x in (at, to)))
            faded.append(replace(segment, gains=_product(segment.gains, ramp)))
            at = to
        return self._with((*before, *faded, *after))


def _exact(second: Second) -> Fraction:
    """A place as it is given; EditRefused for one that is no number."""
    if isinstance(second, float) and not math.isfinite(second):
        raise EditRefused(tr("That is no place in a recording."), tr("Nothing was changed."))
    return Fraction(second)


def _product(gains: tuple[Ramp, ...], ramp: Ramp) -> tuple[Ramp, ...]:
    """``gains`` and one more; two steady ones are one. EditRefused when no number is as large."""
    if ramp.is_steady:
        steady = ramp.start
        for gain in gains:
            if gain.is_steady:
                steady *= gain.start
        if math.isinf(steady):
            raise EditRefused(tr("That is too loud for any sound."), tr("Nothing was changed."))
        rest = tuple(gain for gain in gains if not gain.is_steady)
        return rest if steady == 1 else (*rest, Ramp(steady, steady))
    return (*gains, ramp)


def _heard(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The segments of a timeline, of which there must be one."""
    tidy = _tidy(segments)
    if not tidy:
        raise EditRefused(tr("That would leave nothing."), tr("Nothing was changed."))
    return tidy


def _tidy(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Without empty parts, and with those made one that follow each other in their master alike."""
    tidy: list[Segment] = []
    for segment in segments:
        if segment.frames <= 0:
            continue
        if tidy and _is_one(tidy[-1], segment):
            tidy[-1] = replace(tidy[-1], to_frame=segment.to_frame)
        else:
            tidy.append(segment)
    return tuple(tidy)


def _is_one(first: Segment, second: Segment) -> bool:
    return (
        first.master_id == second.master_id
        and first.to_frame == second.from_frame
        and first.noise_reduced == second.noise_reduced
        and first.gains == second.gains
        and all(gain.is_steady for gain in first.gains)
    )
