"""The whole recording in a strip, with a frame around what the waveform above it shows."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget
from typing_extensions import override

from voice_recorder.ui.controls import IconButton
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import TARGET, Space, Theme
from voice_recorder.ui.wave_painting import SIDE, Sound, paint_wave
from voice_recorder.ui.wave_view import WaveView
from voice_recorder.ui.waveform import Waveform

FRAME_RADIUS = 4


class WaveOverview(QWidget):
    """Follows a waveform and scrolls it: drag the frame, or click where it should be."""

    def __init__(self, theme: Theme, wave: Waveform) -> None:
        super().__init__()
        self._theme = theme
        self._wave = wave
        self._whole = WaveView()
        self._picture: tuple[object, QPixmap] | None = None
        self._grip_s: float | None = None
        self.setFixedHeight(TARGET)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Overview"))
        self.setToolTip(tr("The whole recording; drag the frame to scroll"))
        wave.view_changed.connect(self._on_view)
        wave.position_shown.connect(self._on_position)
        theme.changed.connect(self.update)

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, TARGET)

    def frame(self) -> QRectF:
        """Around what the waveform shows."""
        view = self._wave.view
        left, right = self._x(view.start_s), self._x(min(view.end_s, view.duration_s))
        wide = max(right - left, 8.0)
        left = min(left, self.width() - SIDE - wide)
        return QRectF(left, 1, wide, self.height() - 2)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._on_view()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._wave.view.is_whole:
            return
        second = self._second_at(event.position().x())
        view = self._wave.view
        inside = self.frame().contains(event.position())
        self._grip_s = second - view.start_s if inside else view.span_s / 2
        self._drag_to(second)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip_s is not None:
            self._drag_to(self._second_at(event.position().x()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip_s = None

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wave.wheelEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn())
        if not self._wave.view.is_whole:
            self._paint_frame(painter)
        painter.end()

    def _paint_frame(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = self._theme.colour("accent")
        tint.setAlphaF(0.14)
        painter.setBrush(tint)
        painter.setPen(QPen(self._theme.colour("accent"), 1.5))
        painter.drawRoundedRect(self.frame(), FRAME_RADIUS, FRAME_RADIUS)
        x = round(self._x(self._wave.position_s))
        painter.setPen(QPen(self._theme.colour("text"), 1))
        painter.drawLine(x, 3, x, self.height() - 4)

    def _drawn(self) -> QPixmap:
        sound = self._wave.sound
        peaks_only = Sound(sound.overview, sound.peaks)
        state = (sound.overview, sound.peaks, self._whole, self.size(), self._theme.colours)
        if self._picture is None or self._picture[0] != state:
            ratio = self.devicePixelRatioF()
            picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(self._theme.colour("surface"))
            painter = QPainter(picture)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("wave"))
            paint_wave(painter, peaks_only, self._whole, 2, self.height() - 2)
            painter.end()
            self._picture = (state, picture)
        return self._picture[1]

    def _drag_to(self, second: float) -> None:
        if self._grip_s is not None:
            self._wave.set_view(self._wave.view.starting_at(second - self._grip_s))

    def _x(self, second: float) -> float:
        return SIDE + self._whole.x_of(second)

    def _second_at(self, x: float) -> float:
        return self._whole.second_at(x - SIDE)

    @Slot()
    def _on_view(self) -> None:
        self._whole = WaveView.whole(self._wave.duration_s, self.width() - 2 * SIDE)
        self.update()

    @Slot(float)
    def _on_position(self, _second: float) -> None:
        if not self._wave.view.is_whole:
            self.update()


class WaveStrip(QWidget):
    """The overview with the buttons that zoom."""

    def __init__(self, theme: Theme, wave: Waveform) -> None:
        super().__init__()
        self._wave = wave
        self.overview = WaveOverview(theme, wave)
        self.zoom_out = IconButton(theme, "zoom-out", tr("Zoom out"))
        self.zoom_out.name(tr("Zoom out"), "-")
        self.zoom_in = IconButton(theme, "zoom-in", tr("Zoom in"))
        self.zoom_in.name(tr("Zoom in"), "+")
        self.fit = IconButton(theme, "fit", tr("Show all of it"))
        self.fit.name(tr("Show all of it"), "0")
        layout = QHBoxLayout(self)
        layout.setDirection(QHBoxLayout.Direction.LeftToRight)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.overview, 1)
        for button, slot in (
            (self.zoom_out, wave.zoom_out), (self.zoom_in, wave.zoom_in), (self.fit, wave.zoom_to_fit)
        ):  # fmt: skip
            button.setAutoRepeat(True)
            button.clicked.connect(slot)
            layout.addWidget(button)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as time
        wave.view_changed.connect(self._on_view)
        self._on_view()

    @Slot()
    def _on_view(self) -> None:
        whole = self._wave.view.is_whole
        self.zoom_out.setEnabled(not whole)
        self.fit.setEnabled(not whole)
