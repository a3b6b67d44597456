"""The waveform of a recording: seen, zoomed, scrubbed, and a stretch of it selected.

Playing redraws what the cursor has passed, nothing else: the picture is made once for what is in view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from voice_recorder.ui import wave_keys, wave_words, wave_zoom
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.wave_mouse import WaveMouse
from voice_recorder.ui.wave_painting import SIDE, OverPainting, Samples, Sound, WavePicture, bars
from voice_recorder.ui.wave_view import WaveView

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks

ZOOM_STEP = 1.6
HEIGHT, LOW_HEIGHT = 176, 128
FLASH_MS = 1500
SAMPLES_AFTER_MS = 60
CURSOR_REACH = 8  # pixels beside it that the cursor touches
FLAG_REACH = 16


@dataclass(frozen=True)
class Flag:
    """A marker at ``at_s`` seconds; ``number`` says which, for whoever keeps the markers.

    ``found``: it matches the search.
    """

    at_s: float
    label: str
    number: int = 0
    found: bool = False


Stretch = tuple[float, float]


class Waveform(QWidget):
    """Draws a recording and what is marked in it; tells where the user wants to be and what is selected."""

    sought = Signal(float)
    scrubbing_changed = Signal(bool)
    """Somebody drags through the sound, or has let go."""
    selection_changed = Signal(float, float)
    """Start and end in seconds; equal when nothing is selected any more."""
    flag_moved = Signal(int, float)
    """The marker of that number should be at that second."""
    view_changed = Signal()
    position_shown = Signal(float)
    samples_wanted = Signal(float, float)
    """The view is finer than the peaks; ``show_samples`` with at least this stretch would help."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._picture = WavePicture(theme)
        self._sound = Sound()
        self._position_s = 0.0
        self._flags: tuple[Flag, ...] = ()
        self._selection: Stretch | None = None
        self._loop: tuple[float, float | None] | None = None
        self._flashed_s: float | None = None
        self._drawn_x = 0.0
        self.view = WaveView()
        self.mouse = WaveMouse(self)
        self._flash_end = self._single_shot(FLASH_MS, self._end_flash)
        self._samples_timer = self._single_shot(SAMPLES_AFTER_MS, self._want_samples)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("Waveform"))
        self._describe()
        theme.changed.connect(self.update)

    def _single_shot(self, after_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(slot)
        return timer

    @override
    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT)

    # What is shown

    def show_recording(self, duration_s: float, overview: bytes) -> None:
        """Begin with what is known at once: the length and the coarse overview."""
        self._sound = Sound(overview)
        self._position_s = 0.0
        self._flags, self._loop, self._flashed_s = (), None, None
        self.view = WaveView.whole(duration_s, self._room)
        self.clear_selection()
        self._on_view()

    def show_length(self, duration_s: float) -> None:
        """The same recording became longer or shorter; its peaks are to follow."""
        whole = self.view.is_whole
        self._sound = Sound(self._sound.overview, self._sound.peaks)
        view = replace(self.view, duration_s=duration_s)
        self.view = WaveView.whole(duration_s, self._room) if whole else view.scrolled(0).resized(self._room)
        self.clear_selection()
        self._on_view()

    def show_peaks(self, peaks: Peaks) -> None:
        """Draw the exact peaks instead of the overview."""
        from voice_recorder.audio.peaks import Pyramid

        self._sound = Sound(self._sound.overview, Pyramid(peaks))
        self._on_view()

    def show_sound(self, sound: Sound) -> None:
        """Draw what was drawn before, or what is to be."""
        self._sound = sound
        self._on_view()

    def show_samples(self, samples: Samples) -> None:
        """Draw the sound itself where the view is finer than the peaks."""
        self._sound = Sound(self._sound.overview, self._sound.peaks, samples)
        self.update()

    def show_flags(self, flags: Sequence[Flag]) -> None:
        """Draw these markers."""
        if tuple(flags) != self._flags:
            self._flags = tuple(flags)
            self.update()

    def show_loop(self, start_s: float | None, end_s: float | None) -> None:
        """Draw the A and the B of a loop, A alone, or none."""
        self._loop = None if start_s is None else (start_s, end_s)
        self.update()

    @Slot(float)
    def show_position(self, seconds: float) -> None:
        """Tint what was played up to here, and turn the page when that leaves the view."""
        before, self._position_s = self._position_s, seconds
        jumped = abs(seconds - before) > 1
        if not self.view.shows(seconds) and (jumped or self.view.shows(before)) and not self.mouse.busy:
            self.set_view(self.view.turned_to(seconds))
        x = self.x_of(seconds)
        if abs(x - self._drawn_x) >= 0.4:
            self._describe()
            left, right = sorted((x, self._drawn_x))
            self.update(QRectF(left, 0, right - left, self.height()).toAlignedRect().adjusted(
                -CURSOR_REACH, 0, CURSOR_REACH, 0
            ))  # fmt: skip
            self._drawn_x = x
        self.position_shown.emit(seconds)

    def show_place(self, second: float) -> None:
        """Bring a place into view and point it out for a moment."""
        if not self.view.shows(second):
            self.set_view(self.view.turned_to(second))
        self._flashed_s = second
        self._flash_end.start()
        self.update()

    @Slot()
    def _end_flash(self) -> None:
        self._flashed_s = None
        self.update()

    @property
    def duration_s(self) -> float:
        """The length of what is shown."""
        return self.view.duration_s

    @property
    def position_s(self) -> float:
        """Where the cursor is."""
        return self._position_s

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The markers that are drawn."""
        return self._flags

    @property
    def sound(self) -> Sound:
        """What is known of how it looks."""
        return self._sound

    @property
    def has_peaks(self) -> bool:
        """Whether the exact peaks are drawn."""
        return self._sound.peaks is not None

    @property
    def column_heights(self) -> list[float]:
        """What is drawn, 0 to 1 for each column."""
        _first, low, high = bars(self._sound, self.view)
        return [max(abs(float(one)), abs(float(other))) for one, other in zip(low, high, strict=True)]

    # The selection

    @property
    def selection(self) -> Stretch | None:
        """Start and end of what is selected, in seconds."""
        return self._selection

    def select(self, start_s: float, end_s: float) -> None:
        """Select a stretch, in any order of its ends; an empty one selects nothing."""
        start, end = sorted(min(self.duration_s, max(0.0, s)) for s in (start_s, end_s))
        selection = (start, end) if end > start else None
        if selection != self._selection:
            self._selection = selection
            self._describe()
            self.update()
            self.selection_changed.emit(start, end)

    @Slot()
    def clear_selection(self) -> None:
        """Select nothing."""
        if self._selection is not None:
            start = self._selection[0]
            self.select(start, start)

    def select_between_flags(self, second: float) -> None:
        """Select from the marker before to the one behind, or as far as the ends."""
        places = [0.0, *sorted(flag.at_s for flag in self._flags), self.duration_s]
        self.select(
            max(p for p in places if p <= second),
            min((p for p in places if p > second), default=self.duration_s),
        )

    # The view

    def set_view(self, view: WaveView) -> None:
        """Show another stretch."""
        if view != self.view:
            self.view = view
            self._on_view()

    @Slot()
    def zoom_in(self) -> None:
        """Nearer, around the cursor if it is in view, else around the middle."""
        self.zoom(ZOOM_STEP)

    @Slot()
    def zoom_out(self) -> None:
        """Farther."""
        self.zoom(1 / ZOOM_STEP)

    @Slot()
    def zoom_to_fit(self) -> None:
        """All of it."""
        self.set_view(WaveView.whole(self.duration_s, self._room))

    def zoom(self, factor: float, x: float | None = None) -> None:
        """``factor`` times as near; what is at ``x`` stays there."""
        if x is None:
            inside = self.view.shows(self._position_s)
            x = self.x_of(self._position_s) if inside else self.width() / 2
        self.set_view(self.view.zoomed(factor, x - SIDE))

    def x_of(self, second: float) -> float:
        """Where a second is drawn."""
        return SIDE + self.view.x_of(second)

    def second_at(self, x: float) -> float:
        """Which second is drawn at ``x``."""
        return self.view.second_at(x - SIDE)

    @property
    def _room(self) -> int:
        return max(1, self.width() - 2 * SIDE)

    def _on_view(self) -> None:
        self._drawn_x = self.x_of(self._position_s)
        self._describe()
        self.update()
        if self._sound.needs_samples(self.view) and not self._sound.has_samples(self.view):
            self._samples_timer.start()
        self.view_changed.emit()

    @Slot()
    def _want_samples(self) -> None:
        if self._sound.needs_samples(self.view) and not self._sound.has_samples(self.view):
            beside = self.view.span_s
            self.samples_wanted.emit(
                max(0.0, self.view.start_s - beside), min(self.duration_s, self.view.end_s + beside)
            )

    # What people do

    def seek(self, second: float) -> None:
        """Ask to go to a place, and show it at once."""
        target = min(self.duration_s, max(0.0, second))
        self.show_position(target)
        self.sought.emit(target)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.set_view(self.view.resized(self._room))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.mouse.press(event.position().toPoint())

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self.mouse.move(at)
        self.setCursor(self.mouse.cursor_at(at))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.mouse.release(event.position().toPoint())

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.mouse.double_click(event.position().toPoint())

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        wave_zoom.turn_wheel(self, event)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), wave_words.hint(self, event.pos()), self)
            return True
        return wave_zoom.pinch(self, event) or super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not wave_keys.press(self, event):
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # Painting

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter, event.rect())
        painter.end()

    def _paint(self, painter: QPainter, region: QRect) -> None:
        played = round(self.x_of(self._position_s))
        if not self.isEnabled():
            self._blit(painter, region, "skeleton")
            return
        self._blit(painter, region & QRect(0, 0, played, self.height()), "wave_played")
        self._blit(painter, region & QRect(played, 0, self.width() - played, self.height()), "wave")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(region & QRect(2, 0, self.width() - 4, self.height()))
        self._paint_over(OverPainting(self._theme, painter, self.height()), region)

    def _blit(self, painter: QPainter, part: QRect, role: str) -> None:
        if part.isEmpty():
            return
        picture = self._picture.get(role, self, self._sound, self.view)
        ratio = picture.devicePixelRatio()
        source = QRectF(part.x() * ratio, part.y() * ratio, part.width() * ratio, part.height() * ratio)
        painter.drawPixmap(QRectF(part), picture, source)

    def _paint_over(self, over: OverPainting, region: QRect) -> None:
        if self._selection is not None:
            start, end = self._selection
            over.selection(self.x_of(start), self.x_of(end), end - start)
        if self._flashed_s is not None:
            over.flash(self.x_of(self._flashed_s), 1.0)
        for flag in sorted(self._flags, key=lambda flag: flag.found):  # what was found lies above
            x = self.x_of(flag.at_s)
            if region.left() - FLAG_REACH <= x <= region.right() + FLAG_REACH:
                over.flag(x, active=flag.number == self.mouse.flag_number, found=flag.found)
        if self._loop is not None:
            start, until = self._loop
            over.loop(self.x_of(start), None if until is None else self.x_of(until))
        over.cursor(self.x_of(self._position_s))

    def _describe(self) -> None:
        self.setAccessibleDescription(wave_words.description(self))
