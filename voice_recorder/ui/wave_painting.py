"""How a waveform looks: its picture, made once for what it shows, and what lies over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from voice_recorder.ui.theme import RADIUS, Theme, Type, font
from voice_recorder.ui.wave_view import WaveView, exact_clock

if TYPE_CHECKING:  # numpy is loaded with the first recording that is drawn
    from typing import Any

    import numpy as np
    import numpy.typing as npt

    from voice_recorder.audio.peaks import Pyramid

    Floats = npt.NDArray[np.floating[Any]]

SIDE = 8
"""Pixels left and right of the sound, so that a cursor at its ends is seen."""
RULER = 22
FLAG_ROOM = 14
BAR, GAP = 2, 1
STEP = BAR + GAP
LINE_BELOW_SAMPLES = 2.0
"""With fewer samples a pixel, the samples are joined by a line."""


@dataclass(frozen=True, eq=False)
class Samples:
    """The sound itself from ``start_s`` on: lowest and highest of all channels, -1 to 1, and their mean."""

    start_s: float
    sample_rate_hz: int
    lowest: Floats
    highest: Floats
    mean: Floats

    @classmethod
    def of(cls, start_s: float, sample_rate_hz: int, frames: Floats) -> Samples:
        """From ``frames`` of shape (n, channels)."""
        return cls(start_s, sample_rate_hz, frames.min(axis=1), frames.max(axis=1), frames.mean(axis=1))

    @property
    def end_s(self) -> float:
        """Where they end."""
        return self.start_s + len(self.mean) / self.sample_rate_hz


@dataclass(frozen=True, eq=False)
class Sound:
    """All that is known of how a recording looks, the finest last."""

    overview: bytes = b""
    peaks: Pyramid | None = None
    samples: Samples | None = None

    def needs_samples(self, view: WaveView) -> bool:
        """Whether the view is finer than the peaks."""
        return self.peaks is not None and view.pixel_s * STEP * self.peaks.bins_per_second < 1

    def has_samples(self, view: WaveView) -> bool:
        """Whether the samples of all that is in view are there."""
        s = self.samples
        end = min(view.end_s, view.duration_s)
        return s is not None and s.start_s <= view.start_s and s.end_s >= end - 2 / s.sample_rate_hz


def bars(sound: Sound, view: WaveView) -> tuple[int, Floats, Floats]:
    """The bars of a view: number of the first from the start of the sound, lowest and highest, -1 to 1."""
    import numpy as np

    first = view.first_pixel // STEP
    count = (view.first_pixel + view.width - 1) // STEP - first + 1
    if sound.peaks is not None:
        low, high = sound.peaks.columns(first, count, STEP * view.pixel_s)
        return first, low.astype(np.float32) / 128, high.astype(np.float32) / 127
    heights = _from_overview(sound.overview, (first + np.arange(count) + 0.5) * STEP * view.pixel_s, view)
    return first, -heights, heights


def _from_overview(overview: bytes, seconds: npt.NDArray[Any], view: WaveView) -> Floats:
    import numpy as np

    if not overview or not view.duration_s:
        return np.zeros(len(seconds), np.float32)
    values = np.frombuffer(overview, np.uint8) / 255
    places = np.linspace(0, view.duration_s, len(values))
    heights: Floats = np.interp(seconds, places, values)
    return heights


def raised(levels: Floats) -> Floats:
    """Levels as heights: what is quiet is lifted, as ears do, or speech would be a flat line."""
    import numpy as np

    heights: Floats = np.sign(levels) * np.abs(levels) ** 0.7
    return heights


class WavePicture:
    """The ruler, the ground and the wave of one view, painted once in each of its two colours."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._of: tuple[object, ...] = ()
        self._pictures: dict[str, QPixmap] = {}

    def get(self, role: str, widget: QWidget, sound: Sound, view: WaveView) -> QPixmap:
        """The picture for the size of ``widget`` with the wave in the colour of ``role``."""
        ratio = widget.devicePixelRatioF()
        state = (sound, view, widget.size(), ratio, self._theme.colours, widget.hasFocus())
        if state != self._of:
            self._of, self._pictures = state, {}
        if role not in self._pictures:
            self._pictures[role] = self._paint(role, widget, sound, view)
        return self._pictures[role]

    def _paint(self, role: str, widget: QWidget, sound: Sound, view: WaveView) -> QPixmap:
        ratio = widget.devicePixelRatioF()
        size = widget.size()
        picture = QPixmap(QSize(round(size.width() * ratio), round(size.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._theme.colour("surface"))
        painter = QPainter(picture)
        self._paint_ground(painter, size, widget.hasFocus())
        self._paint_ruler(painter, view)
        painter.setClipRect(QRectF(3, RULER, size.width() - 6, size.height() - RULER))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(role))
        paint_wave(painter, sound, view, RULER + FLAG_ROOM, size.height() - 6)
        painter.end()
        return picture

    def _paint_ground(self, painter: QPainter, size: QSize, focused: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._theme.colour("accent"), 2) if focused else QPen(self._theme.colour("border"), 1)
        painter.setPen(pen)
        painter.setBrush(self._theme.colour("raised"))
        ground = QRectF(0, RULER, size.width(), size.height() - RULER).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(ground, RADIUS, RADIUS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_ruler(self, painter: QPainter, view: WaveView) -> None:
        if not view.duration_s:
            return
        figures = font(Type.SMALL, tabular=True)
        if QFontMetrics(figures).ascent() > RULER - 8:
            figures.setPixelSize(RULER - 8)  # larger ones would be cut off
        painter.setFont(figures)
        small = view.ruler_step_s / view.pixel_s / 5
        for x, words in view.ticks():
            painter.setPen(self._theme.colour("border"))
            for part in range(5):
                at = round(SIDE + x + part * small)
                if at <= SIDE + view.width:
                    painter.drawLine(at, RULER - (7 if part == 0 else 3), at, RULER - 1)
            painter.setPen(self._theme.colour("muted"))
            room = painter.fontMetrics().horizontalAdvance(words)
            if x >= 0 and SIDE + x + 4 + room <= SIDE + view.width:
                painter.drawText(QPointF(SIDE + x + 4, RULER - 8), words)


def paint_wave(painter: QPainter, sound: Sound, view: WaveView, top: float, bottom: float) -> None:
    """The wave of a view in the painter's brush, as fine as what is known allows."""
    if sound.needs_samples(view) and sound.has_samples(view):
        assert sound.samples is not None
        if view.pixel_s * sound.samples.sample_rate_hz < LINE_BELOW_SAMPLES:
            _paint_line(painter, sound.samples, view, (top, bottom))
        else:
            _paint_samples(painter, sound.samples, view, (top, bottom))
        return
    first, low, high = bars(sound, view)
    left = SIDE + first * STEP - view.first_pixel
    end = view.duration_s / view.pixel_s
    count = min(len(low), max(0, math.ceil(end / STEP) - first))
    _paint_columns(painter, raised(low[:count]), raised(high[:count]), left, (top, bottom))


def _paint_columns(
    painter: QPainter, low: Floats, high: Floats, left: float, room: tuple[float, float]
) -> None:
    """Bars with gaps."""
    tops, bottoms = _edges(low, high, room)
    sizes = zip(tops.tolist(), (bottoms - tops).tolist(), strict=True)
    painter.drawRects([QRectF(left + i * STEP, y, BAR, length) for i, (y, length) in enumerate(sizes)])


def _paint_pixels(painter: QPainter, tops: Floats, bottoms: Floats, room: tuple[float, float]) -> None:
    """A column for each pixel, as one image: as rectangles they would take twice as long."""
    import numpy as np

    rows = np.arange(int(room[0]), int(room[1]))[:, None]
    inside = (rows >= tops.astype(np.int32)) & (rows < bottoms.astype(np.int32))
    colour = np.uint32(painter.brush().color().rgba())
    drawn = np.where(inside, colour, np.uint32(0))
    height, width = drawn.shape
    image = QImage(drawn.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(SIDE, int(room[0]), image)


def _edges(low: Floats, high: Floats, room: tuple[float, float]) -> tuple[Floats, Floats]:
    """Upper and lower ends of columns; silence is two pixels high."""
    import numpy as np

    middle, half = (room[0] + room[1]) / 2, (room[1] - room[0]) / 2
    tops = np.minimum(middle - np.maximum(high, 0) * half, middle - 1)
    return tops, np.maximum(middle - np.minimum(low, 0) * half, middle + 1)


def _paint_samples(painter: QPainter, samples: Samples, view: WaveView, room: tuple[float, float]) -> None:
    import numpy as np

    per_pixel = view.pixel_s * samples.sample_rate_hz
    offset = (view.start_s - samples.start_s) * samples.sample_rate_hz
    edges = np.rint(offset + np.arange(view.width + 1) * per_pixel).astype(np.int64)
    end = min(int(edges[-1]), len(samples.mean))
    edges = edges[:-1][edges[:-1] < end]
    if not len(edges):
        return
    low = np.minimum.reduceat(samples.lowest[:end], edges)
    high = np.maximum.reduceat(samples.highest[:end], edges)
    low[:-1] = np.minimum(low[:-1], samples.lowest[edges[1:]])  # joined with the next one
    high[:-1] = np.maximum(high[:-1], samples.highest[edges[1:]])
    _paint_pixels(painter, *_edges(raised(low), raised(high), room), room)


def _paint_line(painter: QPainter, samples: Samples, view: WaveView, room: tuple[float, float]) -> None:
    import numpy as np

    rate = samples.sample_rate_hz
    middle, half = (room[0] + room[1]) / 2, (room[1] - room[0]) / 2
    edges = (view.start_s - samples.start_s + np.arange(view.width + 1) * view.pixel_s) * rate
    begin, end = max(0, int(edges[0])), min(len(samples.mean), int(edges[-1]) + 2)
    edges = edges[edges <= end - 1]
    if begin >= end or len(edges) < 2:
        return
    levels = np.interp(edges, np.arange(begin, end), raised(samples.mean[begin:end]))
    heights = middle - levels * half
    tops = np.minimum(heights[:-1], heights[1:]) - 1
    _paint_pixels(painter, tops, tops + np.abs(np.diff(heights)) + 2, room)


class OverPainting:
    """What lies over the picture: selection, loop, flags, cursor."""

    def __init__(self, theme: Theme, painter: QPainter, height: int) -> None:
        self._theme = theme
        self._painter = painter
        self._height = height

    def selection(self, left: float, right: float, length_s: float) -> None:
        """A tinted stretch with edges to take hold of, and its length."""
        painter, accent = self._painter, self._theme.colour("accent")
        ground = QRectF(left, RULER + 1, max(1.0, right - left), self._height - RULER - 2)
        accent.setAlphaF(0.16)
        painter.fillRect(ground, accent)
        painter.setPen(QPen(self._theme.colour("accent"), 2))
        for x in (left, right):
            painter.drawLine(QLineF(x, RULER + 1, x, self._height - 1))
            painter.drawLine(QLineF(x, self._height / 2 - 8, x, self._height / 2 + 24))
        painter.setFont(font(Type.SMALL, bold=True, tabular=True))
        words = exact_clock(length_s, 1)
        room = painter.fontMetrics().horizontalAdvance(words) + 12
        tall = max(20, painter.fontMetrics().height())
        width = painter.window().width()
        if right > 0 and left < width:  # it may be wider than what is selected
            middle = (max(0.0, left) + min(width, right) - room) / 2
            at = min(max(middle, SIDE / 2), width - room - SIDE / 2)
            self._pill(QRectF(at, self._height - 6 - tall, room, tall), words)

    def loop(self, left: float, right: float | None) -> None:
        """A and B, and the bar between them."""
        painter = self._painter
        painter.setFont(font(Type.SMALL, bold=True))
        if right is not None:
            painter.fillRect(QRectF(left, self._height - 5, right - left, 3), self._theme.colour("good"))
        for x, letter in ((left, "A"), (right, "B")):
            if x is None:
                continue
            painter.setPen(QPen(self._theme.colour("good"), 1.5))
            painter.drawLine(QLineF(x, RULER + 2, x, self._height - 2))
            ground = QRectF(x if letter == "A" else x - 16, self._height - 20, 16, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("good"))
            painter.drawRoundedRect(ground, 3, 3)
            painter.setPen(self._theme.colour("surface"))
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, letter)

    def flag(self, x: float, *, active: bool, found: bool = False) -> None:
        """A marker; one that was ``found`` is larger, and differs in colour."""
        painter, role = self._painter, "found" if found else "accent"
        wide, high = (16, 14) if found else (12, 10)
        painter.setPen(QPen(self._theme.colour(role), 2 if found else 1))
        painter.drawLine(QLineF(x, RULER + 2, x, self._height - 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("text" if active else role))
        top = RULER + 2
        painter.drawPolygon(
            QPolygonF([QPointF(x, top), QPointF(x + wide, top + high / 2), QPointF(x, top + high)])
        )  # fmt: skip

    def cursor(self, x: float) -> None:
        """Where playing is."""
        painter = self._painter
        painter.setPen(QPen(self._theme.colour("text"), 1.5))
        painter.drawLine(QLineF(x, RULER - 2, x, self._height - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("text"))
        painter.drawPolygon(
            QPolygonF([QPointF(x - 5, RULER - 9), QPointF(x + 5, RULER - 9), QPointF(x, RULER - 1)])
        )  # fmt: skip

    def flash(self, x: float, strength: float) -> None:
        """A place that was jumped to; ``strength`` from 1 down to 0."""
        glow = self._theme.colour("accent")
        glow.setAlphaF(0.35 * strength)
        self._painter.fillRect(QRectF(x - 12, RULER + 2, 24, self._height - RULER - 4), glow)

    def _pill(self, ground: QRectF, words: str) -> None:
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("accent"))
        painter.drawRoundedRect(ground, 10, 10)
        painter.setPen(self._theme.colour("on_accent"))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, words)
