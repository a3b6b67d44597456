"""Which stretch of a recording a waveform shows: seconds and pixels, without a widget."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

FINEST_S_PER_PIXEL = 1e-5
"""Two pixels a sample at 48 kHz."""
LABEL_ROOM = 84
PAGE_LEAD = 0.06
"""Share of the view that stays left of the place when the view turns a page."""
_STEPS_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
    60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800,
)  # fmt: skip


@dataclass(frozen=True)
class WaveView:
    """``width`` pixels of ``pixel_s`` seconds each; ``first`` pixels are left of them, out of sight."""

    duration_s: float = 0.0
    width: int = 1
    pixel_s: float = 1.0
    first: float = 0.0

    @classmethod
    def whole(cls, duration_s: float, width: int) -> WaveView:
        """All of a recording."""
        width = max(1, width)
        return cls(duration_s, width, max(duration_s / width, FINEST_S_PER_PIXEL))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is out of sight."""
        return self.pixel_s >= self.coarsest

    @property
    def first_pixel(self) -> int:
        """The leftmost pixel's number from the start of the sound."""
        return round(self.first)

    @property
    def start_s(self) -> float:
        """The second at the left edge."""
        return self.first * self.pixel_s

    @property
    def span_s(self) -> float:
        """The seconds from edge to edge."""
        return self.width * self.pixel_s

    @property
    def end_s(self) -> float:
        """The second at the right edge."""
        return self.start_s + self.span_s

    @property
    def ruler_step_s(self) -> float:
        """The distance of the ruler's labels."""
        return next((s for s in _STEPS_S if s / self.pixel_s >= LABEL_ROOM), _STEPS_S[-1])

    def x_of(self, second: float) -> float:
        """Where a second is, in pixels from the left edge; also outside of the view."""
        return second / self.pixel_s - self.first

    def second_at(self, x: float) -> float:
        """Which second is ``x`` pixels from the left edge, within the recording."""
        return min(self.duration_s, max(0.0, (self.first + x) * self.pixel_s))

    def shows(self, second: float) -> bool:
        """Whether that second is in the view."""
        return 0 <= self.x_of(second) <= self.width

    def zoomed(self, factor: float, x: float) -> WaveView:
        """``factor`` times as near, with what is at ``x`` staying there."""
        pixel_s = min(self.coarsest, max(FINEST_S_PER_PIXEL, self.pixel_s / factor))
        under = (self.first + x) * self.pixel_s
        return replace(self, pixel_s=pixel_s).beginning_at(under / pixel_s - x)

    def scrolled(self, pixels: float) -> WaveView:
        """Moved to the right by ``pixels``, as far as there is something."""
        return self.beginning_at(self.first + pixels)

    def starting_at(self, second: float) -> WaveView:
        """Beginning with ``second``, as far as there is something behind it."""
        return self.beginning_at(second / self.pixel_s)

    def turned_to(self, second: float) -> WaveView:
        """With ``second`` near the left edge: a page further."""
        return self.starting_at(second - PAGE_LEAD * self.span_s)

    def resized(self, width: int) -> WaveView:
        """The same in more or fewer pixels; what showed all goes on to."""
        if self.is_whole:
            return WaveView.whole(self.duration_s, width)
        start = self.start_s
        other = replace(self, width=max(1, width))
        return replace(other, pixel_s=min(other.pixel_s, other.coarsest)).starting_at(start)

    def beginning_at(self, first: float) -> WaveView:
        """With ``first`` pixels out of sight on the left, as far as there is something on the right."""
        last = max(0.0, self.duration_s / self.pixel_s - self.width)
        return replace(self, first=min(last, max(0.0, first)))

    def ticks(self) -> list[tuple[float, str]]:
        """Place and label of what the ruler names, the view's edges included."""
        step = self.ruler_step_s
        number = math.floor(self.start_s / step)
        found = []
        while number * step <= min(self.end_s, self.duration_s):
            found.append((self.x_of(number * step), ruler_label(number * step, step)))
            number += 1
        return found

    @property
    def coarsest(self) -> float:
        """Seconds a pixel when all of it is in view."""
        return max(self.duration_s / self.width, FINEST_S_PER_PIXEL)


def ruler_label(second: float, step_s: float) -> str:
    """``1:05``, ``1:05.2`` or ``1:05.025``: as exact as the step needs."""
    places = 0 if step_s >= 1 else 1 if step_s >= 0.1 else 2 if step_s >= 0.01 else 3
    return exact_clock(second, places)


def exact_clock(second: float, places: int = 1) -> str:
    """A place or length with ``places`` figures behind the point."""
    units = round(max(0.0, second) * 10**places)
    whole, part = divmod(units, 10**places)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    head = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{head}.{part:0{places}}" if places else head
