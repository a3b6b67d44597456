"""The plots of the dashboard. Importing this module imports pyqtgraph: half a second, so do it in a lane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyqtgraph
from PySide6.QtCore import QDate, QLocale, Qt
from PySide6.QtWidgets import QFrame
from typing_extensions import override

from voice_recorder.ui.dashboard_words import number
from voice_recorder.ui.theme import Theme, Type, font

_STEPS_DAYS = (1, 2, 7, 14)
_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_DAYS_A_MONTH = 30.4
_PIXELS_A_DATE = 90
_PIXELS_A_VALUE = 34
_BAR = 0.7
_HALF_A_DATE = 22


@dataclass(frozen=True)
class Series:
    """Values by day, drawn as bars or as steps, in the colour of ``role``; ``base`` is what bars stand on."""

    days: Sequence[date]
    values: Sequence[float]
    role: str
    base: Sequence[float] = ()
    steps: bool = False


class DayAxis(pyqtgraph.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Dates below a plot whose x is the ordinal number of a day."""

    @override
    def tickValues(self, first: float, last: float, length: float) -> list[tuple[float, list[float]]]:
        """As many dates as there is room for: the spacing in days, and where they stand."""
        room = max(1, int(length // _PIXELS_A_DATE))
        start, end = math.ceil(first), math.floor(last)
        for step in _STEPS_DAYS:
            if (end - start) / step <= room:
                return [(step, [float(day) for day in range(end, start - 1, -step)])]
        months = next((m for m in _STEPS_MONTHS if (end - start) / _DAYS_A_MONTH / m <= room), 120)
        return [(months * _DAYS_A_MONTH, _beginnings(start, end, months))]

    @override
    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The dates as this language writes them, with the year where months are far apart."""
        form = "d MMM" if spacing < _DAYS_A_MONTH else "MMM yyyy"
        days = (date.fromordinal(int(value)) for value in values)
        return [QLocale().toString(QDate(day.year, day.month, day.day), form) for day in days]


class ValueAxis(pyqtgraph.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Round numbers beside a plot, as this language writes them."""

    whole = False
    """Whether only whole numbers mean something."""

    @override
    def tickSpacing(self, low: float, high: float, length: float) -> list[tuple[float, float]]:
        """The distance of the lines: 1, 2 or 5 times a power of ten."""
        rough = max((high - low) / max(1.0, length / _PIXELS_A_VALUE), 1e-9)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
        return [(max(1.0, step) if self.whole else step, 0.0)]

    @override
    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        decimals = max(0, -math.floor(math.log10(spacing))) if spacing < 1 else 0
        return [number(value, decimals) for value in values]


class DayPlot(pyqtgraph.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot over days that stands still: no menu, no zoom, and the wheel scrolls the page."""

    def __init__(self, theme: Theme, *, whole: bool = False) -> None:
        self._values = ValueAxis("left")
        self._values.whole = whole
        self._days = DayAxis("bottom")
        super().__init__(axisItems={"left": self._values, "bottom": self._days})
        self._theme = theme
        self._series: tuple[Series, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.getPlotItem().setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # time runs so everywhere
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAntialiasing(False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for axis in (self._values, self._days):
            axis.setTickFont(font(Type.SMALL))
            axis.setStyle(tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)
        self._values.setGrid(110)
        self._values.setZValue(-1)  # lines behind the bars
        self.getPlotItem().setContentsMargins(0, 4, _HALF_A_DATE, 0)
        self.tint()

    def show_series(self, series: Sequence[Series], first: date, last: date) -> None:
        """Draw these from ``first`` to ``last``."""
        self._series = tuple(series)
        tops = [
            value + (one.base[at] if one.base else 0) for one in series for at, value in enumerate(one.values)
        ]
        self.setXRange(first.toordinal() - 0.5, last.toordinal() + 0.5, padding=0)
        self.setYRange(0, max(tops, default=1.0) * 1.08 or 1.0, padding=0)
        self.tint()

    def tint(self) -> None:
        """Draw everything in the colours in force."""
        colour = self._theme.colour
        self.setBackground(colour("raised"))
        for axis in (self._values, self._days):
            axis.setPen(colour("border"))
            axis.setTextPen(colour("muted"))
        self.getPlotItem().clear()
        for series in self._series:
            self.addItem(self._drawn(series))

    def _drawn(self, series: Series) -> Any:
        colour = self._theme.colour(series.role)
        x = [day.toordinal() for day in series.days]
        if series.steps:
            soft = self._theme.colour(series.role)
            soft.setAlphaF(0.22)
            x, y = [x[0] - 1, *x, x[-1] + 1], [0, *series.values, series.values[-1]]
            return pyqtgraph.PlotDataItem(
                x, y, stepMode="right", pen=pyqtgraph.mkPen(colour, width=2), fillLevel=0, brush=soft,
                antialias=False,
            )  # fmt: skip
        base = series.base or [0.0] * len(x)
        return pyqtgraph.BarGraphItem(x=x, y0=base, height=series.values, width=_BAR, brush=colour, pen=None)


def _beginnings(start: int, end: int, months: int) -> list[float]:
    """The first days of every so many months from one ordinal day to another."""
    first = date.fromordinal(start)
    number_of = first.year * 12 + first.month - 1
    number_of -= number_of % months
    found: list[float] = []
    while (day := date(number_of // 12, number_of % 12 + 1, 1).toordinal()) <= end:
        if day >= start:
            found.append(float(day))
        number_of += months
    return found


def days_between(first: date, last: date) -> list[date]:
    """Every day from ``first`` to ``last``."""
    return [first + timedelta(days=at) for at in range((last - first).days + 1)]
