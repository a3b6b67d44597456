"""What moves while sound comes in: the live waveform and the level meter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from voice_recorder.ui.language import tr
from voice_recorder.ui.stillness import is_still
from voice_recorder.ui.theme import Theme

STEP = 4
STILL_MS = 1000
FLOOR_DBFS = -60.0
LOUD_DBFS = -3.0


class LiveWaveform(QWidget):
    """The last seconds of a take, running from right to left; a flat line when there is no take."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._peaks: Sequence[float] = ()
        self._live = False
        self._shown = QElapsedTimer()
        self.setMinimumSize(40, 36)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Live waveform"))
        theme.changed.connect(self.update)

    def show_peaks(self, peaks: Sequence[float], *, live: bool) -> None:
        """Draw ``peaks`` (0 to 1, newest last); in the colour of recording when ``live``."""
        if peaks is self._peaks and live == self._live:
            return
        if is_still() and live and self._live and not self._shown.hasExpired(STILL_MS):
            return  # a picture now and then, in the place of one that glides
        self._peaks, self._live = peaks, live
        self._shown.start()
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        count = self.width() // STEP
        shown = self._peaks[-count:]
        middle = self.height() / 2
        painter.setBrush(self._theme.colour("border"))
        for i in range(count - len(shown)):
            painter.drawEllipse(QRectF(i * STEP, middle - 1, 2, 2))
        painter.setBrush(self._theme.colour("record" if self._live else "wave"))
        left = (count - len(shown)) * STEP
        for i, peak in enumerate(shown):
            height = max(2.0, (self.height() - 4) * min(1.0, peak) ** 0.6)
            painter.drawRoundedRect(QRectF(left + i * STEP, middle - height / 2, 2.5, height), 1.2, 1.2)


class LevelMeter(QWidget):
    """Peak and RMS on a scale of 60 dB, with a line that holds the loudest moment."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._peak: float | None = None
        self._rms: float | None = None
        self._loudest: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(14)
        self.setAccessibleName(tr("Level of the microphone"))
        theme.changed.connect(self.update)

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, 14)

    @property
    def loudest_dbfs(self) -> float | None:
        """The highest peak since ``restart``; None for silence."""
        return self._loudest

    def restart(self) -> None:
        """Forget what was heard."""
        self._peak = self._rms = self._loudest = None
        self.update()

    def show_levels(self, peak_dbfs: float | None, rms_dbfs: float | None) -> None:
        """Draw these levels; None is silence."""
        self._peak, self._rms = peak_dbfs, rms_dbfs
        if peak_dbfs is not None and (self._loudest is None or peak_dbfs > self._loudest):
            self._loudest = peak_dbfs
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        whole = QRectF(0, 2, self.width(), self.height() - 4)
        painter.setBrush(self._theme.colour("skeleton"))
        painter.drawRoundedRect(whole, 4, 4)
        loud = self._peak is not None and self._peak > LOUD_DBFS
        for level, role in ((self._peak, "wave"), (self._rms, "caution" if loud else "good")):
            painter.setBrush(self._theme.colour(role))
            painter.drawRoundedRect(QRectF(0, 2, self._x(level), whole.height()), 4, 4)
        if self._loudest is not None:
            painter.setBrush(self._theme.colour("text"))
            painter.drawRect(QRectF(self._x(self._loudest) - 2, 0, 2, self.height()))

    def _x(self, level: float | None) -> float:
        if level is None or level <= FLOOR_DBFS:
            return 0.0
        return self.width() * min(1.0, 1 - level / FLOOR_DBFS)
