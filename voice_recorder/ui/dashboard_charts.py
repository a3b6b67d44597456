"""The cards with plots: which figures they show, and the sentence that says what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget
from typing_extensions import override

from voice_recorder.ui.controls import label, row
from voice_recorder.ui.dashboard_plots import DayPlot, Series, days_between
from voice_recorder.ui.dashboard_words import day as day_words
from voice_recorder.ui.dashboard_words import duration, number, share, size
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space, Theme, Type

PLOT_HEIGHT = 190
EMPTY_HEIGHT = 72
_UPLOAD_DAYS = 30
_FEWEST_DAYS = 7
_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True)
class ChartWords:
    """What a chart shows: its unit below the heading, a sentence for all, and the plot itself if any."""

    unit: str
    sentence: str
    series: tuple[Series, ...] = ()
    first: date = date.min
    last: date = date.min


@dataclass(frozen=True)
class ChartKind:
    """One of the charts: how it looks, and how it reads the figures, as of a day."""

    heading: str
    words: Callable[[Mapping[str, Any], date], ChartWords]
    legend: tuple[tuple[str, str], ...] = ()
    whole: bool = False


class Swatch(QWidget):
    """A square in one of the theme's colours, for a legend."""

    SIDE = 10

    def __init__(self, theme: Theme, role: str) -> None:
        super().__init__()
        self._theme = theme
        self._role = role
        self.setFixedSize(self.SIDE, self.SIDE)
        theme.changed.connect(self.update)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.colour(self._role))


class Chart(QFrame):
    """A plot under its heading, reached by Tab; without data, the sentence that says why."""

    def __init__(self, theme: Theme, kind: ChartKind) -> None:
        super().__init__()
        self.setObjectName("chart")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._kind = kind
        self._unit = label(kind="muted", size=Type.SMALL)
        self._empty = label(kind="muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMinimumHeight(EMPTY_HEIGHT)
        self.plot = DayPlot(theme, whole=kind.whole)
        self.plot.setFixedHeight(PLOT_HEIGHT)
        entries: list[QWidget] = []
        for words, role in kind.legend:
            entries += [Swatch(theme, role), label(words, kind="muted", size=Type.SMALL)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        layout.setSpacing(Space.XS)
        layout.addWidget(label(kind.heading, kind="heading", size=Type.SMALL))
        self._top = row(self._unit, None, row(*entries))
        layout.addWidget(self._top)
        layout.addWidget(self.plot)
        layout.addWidget(self._empty)
        theme.changed.connect(self._tint)

    def show_figures(self, figures: Mapping[str, Any], today: date) -> None:
        """Show what the figures say, as of ``today``."""
        words = self._kind.words(figures, today)
        has_data = bool(words.series)
        self._unit.setText(words.unit)
        self._top.setVisible(has_data)
        self.plot.setVisible(has_data)
        self._empty.setVisible(not has_data)
        self._empty.setText(words.sentence)
        self.setAccessibleName(f"{self._kind.heading}. {words.sentence}")
        self.setToolTip(words.sentence if has_data else "")
        if has_data:
            self.plot.show_series(words.series, words.first, words.last)

    @Slot()
    def _tint(self) -> None:
        self.plot.tint()


def chart_kinds() -> tuple[ChartKind, ...]:
    """The charts in their order."""
    sent = ((tr("arrived"), "accent"), (tr("failed"), "caution"))
    return (
        ChartKind(tr("Size of the library"), growth_words),
        ChartKind(tr("Uploads a day"), upload_words, sent, whole=True),
        ChartKind(tr("Time for a megabyte"), speed_words),
    )


def growth_words(figures: Mapping[str, Any], today: date) -> ChartWords:
    """How the library grew, to this day."""
    trend = figures["trend"]
    if not trend:
        return ChartWords("", tr("How the library grows is shown here after the first recording."))
    days = [date.fromisoformat(on["day"]) for on in trend]
    totals = [float(on["total_size_bytes"]) for on in trend]
    last = max(today, days[-1])
    first = min(days[0], last - timedelta(days=_FEWEST_DAYS - 1))
    if days[-1] < last:
        days, totals = [*days, last], [*totals, totals[-1]]
    factor, unit = next(((f, u) for f, u in _UNITS if max(totals) >= f), (1.0, tr("bytes")))
    begun = tr(
        "From {first} to today the library grew to {size}.",
        first=day_words(days[0].isoformat()), size=size(totals[-1]),
    )  # fmt: skip
    series = Series(days, [total / factor for total in totals], "accent", steps=True)
    return ChartWords(unit, begun, (series,), first, last)


def upload_words(figures: Mapping[str, Any], today: date) -> ChartWords:
    """What came of the uploads of each of the last 30 days."""
    uploads = figures["uploads"]
    first = today - timedelta(days=_UPLOAD_DAYS - 1)
    days, by_day = days_between(first, today), {on["day"]: on for on in uploads["per_day"]}
    done = [float(by_day.get(day.isoformat(), {}).get("uploads", 0)) for day in days]
    failed = [float(by_day.get(day.isoformat(), {}).get("failed", 0)) for day in days]
    if not any(done) and not any(failed):
        return ChartWords("", tr("Nothing was sent in the last 30 days."))
    sentence = tr(
        "In the last 30 days {done} uploads arrived and {failed} tries failed; the success rate is {share}.",
        done=number(sum(done)), failed=number(sum(failed)), share=share(uploads["success_rate"] or 0.0),
    )  # fmt: skip
    return ChartWords(
        tr("uploads"), sentence, (Series(days, done, "accent"), Series(days, failed, "caution", done)), first,
        today,
    )  # fmt: skip


def speed_words(figures: Mapping[str, Any], today: date) -> ChartWords:
    """How long a megabyte took on each of the last 30 days."""
    uploads = figures["uploads"]
    measured = [
        (date.fromisoformat(on["day"]), float(on["seconds_per_mb"]))
        for on in uploads["per_day"]
        if on["seconds_per_mb"] is not None
    ]
    if not measured:
        return ChartWords("", tr("How fast uploads are is shown here after the first of them."))
    usual = duration(uploads["seconds_per_mb"])
    slowest = duration(max(seconds for _, seconds in measured))
    sentence = tr(
        "In the last 30 days a megabyte took {usual} on average, and {slowest} on the slowest day.",
        usual=usual, slowest=slowest,
    )  # fmt: skip
    days, values = zip(*measured, strict=True)
    first = today - timedelta(days=_UPLOAD_DAYS - 1)
    return ChartWords(tr("seconds"), sentence, (Series(days, values, "accent"),), first, today)
