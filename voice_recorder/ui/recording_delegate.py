"""How a row of the list is painted."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from voice_recorder.domain.recording import Recording
from voice_recorder.ui import phrases
from voice_recorder.ui.badges import Badge
from voice_recorder.ui.controls import beginning, ending, seen
from voice_recorder.ui.language import tr
from voice_recorder.ui.roles import Role
from voice_recorder.ui.theme import (
    DAY_HEIGHT,
    RADIUS,
    ROW_HEIGHT,
    Space,
    Theme,
    Type,
    font,
    grown,
    pixmap,
)

BAR = 3  # a column of the small waveform with its gap
WAVE_WIDTH = 120
WAVE_HEIGHT = 18
BADGE = 16


def columns(overview: bytes, count: int) -> list[int]:
    """``count`` peaks (0 to 255) out of an overview of any length."""
    if not overview or count <= 0:
        return []
    size = len(overview)
    return [
        max(overview[i * size // count : max((i + 1) * size // count, i * size // count + 1)])
        for i in range(count)
    ]


class RecordingDelegate(QStyledItemDelegate):
    """Paints headings, recordings and, where a page is still on its way, a skeleton."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = font()
        self._small = font(Type.SMALL, tabular=True)
        self._heading = font(Type.SMALL, bold=True)
        self.running_id = ""
        self.running_s = 0.0

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, grown(DAY_HEIGHT if index.data(Role.HEADING) else ROW_HEIGHT))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text by its own letters
        rect = QRect(option.rect)
        heading = index.data(Role.HEADING)
        recording = index.data(Role.RECORDING)
        if heading:
            self._paint_heading(painter, option, rect, str(heading))
        elif isinstance(recording, Recording):
            self._paint_ground(painter, option, rect)
            mark = index.data(Role.MARK)
            self._paint_recording(painter, option, recording, mark if isinstance(mark, Badge) else Badge())
        else:
            self._paint_skeleton(painter, option, rect)
        painter.restore()

    def _paint_heading(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, heading: str
    ) -> None:
        painter.setFont(self._heading)
        painter.setPen(self._theme.colour("muted"))
        inside = rect.adjusted(Space.L + Space.XS, 0, -Space.L, -Space.S)
        room = inside.width()
        elided = QFontMetrics(self._heading).elidedText(heading, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, beginning(option, Qt.AlignmentFlag.AlignBottom), elided)

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        if not selected and not over:
            return
        ground = QRectF(rect.adjusted(Space.S, 1, -Space.S, -1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("selection" if selected else "raised"))
        painter.drawRoundedRect(ground, RADIUS, RADIUS)
        if selected and state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setColor(self._theme.colour("accent"))
            pen.setWidthF(1.5)
            painter.setPen(pen)
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)

    def _paint_recording(
        self, painter: QPainter, option: QStyleOptionViewItem, recording: Recording, badge: Badge
    ) -> None:
        inside = QRect(option.rect).adjusted(
            Space.L + Space.XS, Space.S + 2, -Space.L - Space.XS, -Space.S - 2
        )
        running = badge.key == "recording"
        top = QRect(inside.left(), inside.top(), inside.width(), inside.height() // 2)
        bottom = QRect(inside.left(), top.bottom() + 1, inside.width(), inside.height() - top.height())
        self._paint_title(painter, option, top, recording)
        at = phrases.time_of_day(recording.local_time)
        right = self._paint_badge(painter, option, bottom, badge, at)
        words = phrases.clock(recording.duration_s)
        if running:  # of a take of another process only its beginning is known
            ours = recording.id == self.running_id
            words = phrases.elapsed_clock(self.running_s) if ours else tr("since {time}", time=at)
        self._paint_wave_and_length(
            painter, option, bottom.adjusted(0, 0, right - bottom.right(), 0), recording, words
        )

    def _paint_title(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, recording: Recording
    ) -> None:
        if recording.favourite:
            star = QRect(rect.right() - BADGE + 1, rect.center().y() - BADGE // 2, BADGE, BADGE)
            rect = rect.adjusted(0, 0, -BADGE - Space.XS, 0)
            painter.drawPixmap(
                seen(option, star).topLeft(), self._badge_pixmap(painter, "star-filled", "muted")
            )
        painter.setFont(self._title)
        painter.setPen(self._theme.colour("text"))
        metrics = QFontMetrics(self._title)
        elided = metrics.elidedText(recording.title, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(seen(option, rect), beginning(option), elided)

    def _paint_badge(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, badge: Badge, at: str
    ) -> int:
        """Draw the badge with its words or the time; the end of what is left for the rest."""
        painter.setFont(self._small)
        text = badge.text or at
        painter.setPen(self._theme.colour(badge.role if badge.text else "muted"))
        painter.drawText(seen(option, rect), ending(option), text)
        left = rect.right() - QFontMetrics(self._small).horizontalAdvance(text)
        if badge.key == "recording":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("record"))
            dot = seen(option, QRect(left - 14, rect.center().y(), 8, 8))
            painter.drawEllipse(QRectF(dot).translated(0, -3.5))
            left -= 14
        elif badge.icon:
            place = QRect(left - BADGE - 3, rect.center().y() - BADGE // 2 + 1, BADGE, BADGE)
            painter.drawPixmap(
                seen(option, place).topLeft(), self._badge_pixmap(painter, badge.icon, badge.role)
            )
            left -= BADGE + 3
        return left - Space.S

    def _badge_pixmap(self, painter: QPainter, icon: str, role: str) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        return pixmap(icon, getattr(self._theme.colours, role), BADGE, ratio)

    def _paint_wave_and_length(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, recording: Recording, length: str
    ) -> None:
        text_width = QFontMetrics(self._small).horizontalAdvance("00:00:00")
        width = min(WAVE_WIDTH, rect.width() - text_width - Space.S) // BAR * BAR
        if width > 10 * BAR:
            wave = QRect(rect.left(), rect.center().y() - WAVE_HEIGHT // 2, width, WAVE_HEIGHT)
            overview = recording.masters[0].overview if recording.masters else b""
            self._paint_wave(painter, seen(option, wave), overview)
        else:
            width = -Space.S
        painter.setFont(self._small)
        painter.setPen(self._theme.colour("muted"))
        place = rect.adjusted(width + Space.S, 0, 0, 0)
        painter.drawText(seen(option, place), beginning(option), length)

    def _paint_wave(self, painter: QPainter, rect: QRect, overview: bytes) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("wave"))
        middle = rect.center().y() + 0.5
        peaks = columns(overview, rect.width() // BAR) or [0] * (rect.width() // BAR)
        for i, peak in enumerate(peaks):
            height = max(2.0, rect.height() * (peak / 255) ** 0.6)  # so that a quiet voice shows
            painter.drawRoundedRect(QRectF(rect.left() + i * BAR, middle - height / 2, 2, height), 1, 1)

    def _paint_skeleton(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("skeleton"))
        left, top = rect.left() + Space.L + Space.XS, rect.top() + Space.L
        for place in (
            QRect(left, top, min(180, rect.width() // 2), 10),
            QRect(left, top + 22, min(110, rect.width() * 3 // 10), 8),
        ):
            painter.drawRoundedRect(QRectF(seen(option, place)), 4, 4)
