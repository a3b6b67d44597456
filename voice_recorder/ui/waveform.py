"""The waveform of a recording: seen at a glance, and a place to click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from voice_recorder.ui.phrases import clock, spoken_length
from voice_recorder.ui.theme import RADIUS, Theme

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks

STEP = 3
FLAG_ROOM = 16
SMALL_STEP_S = 5.0
LARGE_STEP_S = 30.0


@dataclass(frozen=True)
class Flag:
    """A marker at ``at_s`` seconds."""

    at_s: float
    label: str


class Waveform(QWidget):
    """Draws peaks, the part that was played, and flags; tells where the user wants to be."""

    sought = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._duration_s = 0.0
        self._position_s = 0.0
        self._peaks: Peaks | None = None
        self._overview = b""
        self._heights: list[float] = []
        self._flags: tuple[Flag, ...] = ()
        self._drawn_x = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(132)
        self.setAccessibleName("Waveform")
        self._describe()
        theme.changed.connect(self.update)

    @override
    def sizeHint(self) -> QSize:
        return QSize(480, 132)

    def show_recording(self, duration_s: float, overview: bytes) -> None:
        """Begin with what is known at once: the length and the coarse overview."""
        self._duration_s = duration_s
        self._position_s = 0.0
        self._peaks = None
        self._overview = overview
        self._flags = ()
        self._measure()

    def show_peaks(self, peaks: Peaks) -> None:
        """Draw the exact peaks instead of the overview."""
        self._peaks = peaks
        self._measure()

    def show_flags(self, flags: Sequence[Flag]) -> None:
        """Draw these markers."""
        self._flags = tuple(flags)
        self.update()

    def show_position(self, seconds: float) -> None:
        """Tint what was played up to here."""
        self._position_s = seconds
        if abs(self._x(seconds) - self._drawn_x) >= 0.5:
            self._describe()
            self.update()

    @property
    def column_heights(self) -> list[float]:
        """What is drawn, 0 to 1 for each column."""
        return self._heights

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek(self._second_at(event.position().x()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        second = self._second_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(second)
        QToolTip.showText(event.globalPosition().toPoint(), self._hint(second), self)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = self._place_for(event)
        if place is None:
            super().keyPressEvent(event)
        else:
            self._seek(place)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        played = self._drawn_x = self._x(self._position_s)
        self._paint_columns(painter, played)
        self._paint_flags(painter)
        painter.setPen(QPen(self._theme.colour("accent"), 1.5))
        painter.drawLine(QLineF(played, FLAG_ROOM, played, self.height()))

    def _paint_ground(self, painter: QPainter) -> None:
        painter.setPen(
            QPen(self._theme.colour("accent"), 2)
            if self.hasFocus()
            else QPen(self._theme.colour("border"), 1)
        )
        painter.setBrush(self._theme.colour("raised"))
        ground = QRectF(self.rect()).adjusted(1, FLAG_ROOM, -1, -1)
        painter.drawRoundedRect(ground, RADIUS, RADIUS)

    def _paint_columns(self, painter: QPainter, played: float) -> None:
        middle, room = (self.height() + FLAG_ROOM) / 2, (self.height() - FLAG_ROOM - 16) / 2
        before: list[QLineF] = []
        after: list[QLineF] = []
        for i, height in enumerate(self._heights):
            x = self._left + i * STEP + 1
            half = max(0.75, height * room)
            (before if x <= played else after).append(QLineF(x, middle - half, x, middle + half))
        for lines, role in ((after, "wave"), (before, "wave_played")):
            pen = QPen(self._theme.colour(role), 2)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLines(lines)

    def _paint_flags(self, painter: QPainter) -> None:
        for flag in self._flags:
            x = self._x(flag.at_s)
            painter.setPen(QPen(self._theme.colour("muted"), 1))
            painter.drawLine(QLineF(x, 3, x, self.height() - 2))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("accent"))
            painter.drawPolygon(QPolygonF([QPointF(x, 2), QPointF(x + 11, 6), QPointF(x, 10)]))

    @property
    def _left(self) -> int:
        return 8

    @property
    def _span(self) -> int:
        return max(1, self.width() - 2 * self._left)

    def _x(self, second: float) -> float:
        share = second / self._duration_s if self._duration_s > 0 else 0.0
        return self._left + self._span * min(1.0, max(0.0, share))

    def _second_at(self, x: float) -> float:
        return self._duration_s * min(1.0, max(0.0, (x - self._left) / self._span))

    def _seek(self, second: float) -> None:
        target = min(self._duration_s, max(0.0, second))
        self._position_s = target
        self._describe()
        self.update()
        self.sought.emit(target)

    def _place_for(self, event: QKeyEvent) -> float | None:
        return {
            Qt.Key.Key_Left: self._position_s - SMALL_STEP_S,
            Qt.Key.Key_Right: self._position_s + SMALL_STEP_S,
            Qt.Key.Key_PageUp: self._position_s - LARGE_STEP_S,
            Qt.Key.Key_PageDown: self._position_s + LARGE_STEP_S,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self._duration_s,
        }.get(Qt.Key(event.key()))

    def _hint(self, second: float) -> str:
        reach = self._duration_s * 6 / self._span
        near = [f for f in self._flags if abs(f.at_s - second) <= reach]
        if near:
            return f"Marker: {near[0].label}" if near[0].label else f"Marker at {clock(near[0].at_s)}"
        return clock(second)

    def _describe(self) -> None:
        self.setAccessibleDescription(
            f"{spoken_length(self._position_s)} of {spoken_length(self._duration_s)};"
            " arrow keys move five seconds"
        )

    def _measure(self) -> None:
        count = self._span // STEP
        self._heights = self._from_peaks(count) if self._peaks is not None else self._from_overview(count)
        self._describe()
        self.update()

    def _from_overview(self, count: int) -> list[float]:
        if not self._overview:
            return [0.0] * count
        values = np.frombuffer(self._overview, dtype=np.uint8).astype(np.float64) / 255
        return [
            float(v) for v in np.interp(np.linspace(0, len(values) - 1, count), range(len(values)), values)
        ]

    def _from_peaks(self, count: int) -> list[float]:
        assert self._peaks is not None
        loudest = np.maximum(
            np.abs(self._peaks.minima.astype(np.int16)), np.abs(self._peaks.maxima.astype(np.int16))
        )
        if not len(loudest) or not count:
            return [0.0] * count
        edges = np.linspace(0, len(loudest), count, endpoint=False).astype(np.intp)
        return [float(v) for v in np.maximum.reduceat(loudest, edges) / 127]
