"""The list of the transfers panel: how its rows are painted, and the two things each can do."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem
from typing_extensions import override

from voice_recorder.ui.controls import beginning, seen
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import RADIUS, TARGET, Space, Theme, Type, font, grown, pixmap
from voice_recorder.ui.transfer_words import Line
from voice_recorder.ui.transfers_model import TransferRole, TransfersModel

LINE_HEIGHT = 60
ICON = 20
BAR_HEIGHT = 6

Index = QModelIndex | QPersistentModelIndex


class TransferDelegate(QStyledItemDelegate):
    """Title, words, a bar while it moves, and at the end Retry (where it helps) and Cancel."""

    retry_asked = Signal(str)
    cancel_asked = Signal(str)

    def __init__(self, theme: Theme, parent: QListView) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = font()
        self._small = font(Type.SMALL, tabular=True)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, grown(LINE_HEIGHT))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(TransferRole.LINE)
        if not isinstance(line, Line):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text by its own letters
        rect = QRect(option.rect)
        self._paint_ground(painter, option, rect)
        cancel, retry = _targets(rect)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        self._paint_icon(painter, seen(option, cancel), "close", "text" if over else "muted")
        if line.can_retry:
            self._paint_icon(painter, seen(option, retry), "retry", "text" if over else "muted")
        right = (retry if line.can_retry else cancel).left() - Space.M
        inside = QRect(
            QPoint(rect.left() + Space.M, rect.top() + Space.S), QPoint(right, rect.bottom() - Space.S)
        )
        mark = QRect(inside.left(), rect.top() + (rect.height() - ICON) // 2, ICON, ICON)
        self._paint_icon(painter, seen(option, mark), line.icon, line.role)
        self._paint_words(painter, option, inside.adjusted(ICON + Space.M, 0, 0, 0), line)
        painter.restore()

    @override
    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            line = index.data(TransferRole.LINE)
            cancel, retry = _targets(QRect(option.rect))
            at = event.position().toPoint()
            if seen(option, cancel).contains(at):
                self.cancel_asked.emit(str(index.data(TransferRole.RECORDING_ID)))
                return True
            if isinstance(line, Line) and line.can_retry and seen(option, retry).contains(at):
                self.retry_asked.emit(str(index.data(TransferRole.RECORDING_ID)))
                return True
        return super().editorEvent(event, model, option, index)

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if not selected and not option.state & QStyle.StateFlag.State_MouseOver:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("selection" if selected else "raised"))
        ground = QRectF(rect.adjusted(0, 1, 0, -1))
        painter.drawRoundedRect(ground, RADIUS, RADIUS)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._theme.colour("accent"))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)

    def _paint_icon(self, painter: QPainter, rect: QRect, icon: str, role: str) -> None:
        ratio = painter.device().devicePixelRatioF()
        corner = QPoint(rect.center().x() - ICON // 2 + 1, rect.center().y() - ICON // 2 + 1)
        painter.drawPixmap(corner, pixmap(icon, getattr(self._theme.colours, role), ICON, ratio))

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, inside: QRect, line: Line
    ) -> None:
        upper = QRect(inside.left(), inside.top(), inside.width(), inside.height() // 2)
        lower = QRect(inside.left(), upper.bottom() + 1, inside.width(), inside.height() - upper.height())
        painter.setFont(self._title)
        painter.setPen(self._theme.colour("text"))
        _draw(painter, option, upper, line.title)
        if line.share is not None:
            width = min(160, lower.width() // 3)
            top = lower.center().y() - BAR_HEIGHT // 2 + 1
            self._paint_bar(painter, option, QRect(lower.right() - width, top, width, BAR_HEIGHT), line.share)
            lower.setRight(lower.right() - width - Space.M)
        painter.setFont(self._small)
        painter.setPen(self._theme.colour("caution" if line.role == "caution" else "muted"))
        _draw(painter, option, lower, line.words)

    def _paint_bar(self, painter: QPainter, option: QStyleOptionViewItem, bar: QRect, share: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("border"))
        painter.drawRoundedRect(seen(option, bar), BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        if share > 0:
            painter.setBrush(self._theme.colour("accent"))
            done = QRect(bar.left(), bar.top(), max(BAR_HEIGHT, round(bar.width() * share)), bar.height())
            painter.drawRoundedRect(seen(option, done), BAR_HEIGHT / 2, BAR_HEIGHT / 2)


def _draw(painter: QPainter, option: QStyleOptionViewItem, rect: QRect, text: str) -> None:
    shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(seen(option, rect), beginning(option), shown)


def _targets(rect: QRect) -> tuple[QRect, QRect]:
    """Where Cancel and Retry are in a row that begins at the left."""
    top = rect.top() + (rect.height() - TARGET) // 2
    cancel = QRect(rect.right() - Space.S - TARGET + 1, top, TARGET, TARGET)
    return cancel, cancel.translated(-TARGET, 0)


class TransfersList(QListView):
    """The entries; Delete cancels what is selected."""

    cancel_asked = Signal(object)
    retry_asked = Signal(object)

    def __init__(self, theme: Theme, model: TransfersModel) -> None:
        super().__init__()
        self.setObjectName("transfers_list")
        self.setAccessibleName(tr("Transfers"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        delegate = TransferDelegate(theme, self)
        self.setItemDelegate(delegate)
        self.setModel(model)
        delegate.cancel_asked.connect(self._on_cancel)
        delegate.retry_asked.connect(self._on_retry)
        theme.changed.connect(self.viewport().update)

    def selected_ids(self) -> list[str]:
        """The recordings of the selected entries."""
        return [str(i.data(TransferRole.RECORDING_ID)) for i in self.selectionModel().selectedIndexes()]

    def selected_lines(self) -> list[Line]:
        """What the selected entries say."""
        return [i.data(TransferRole.LINE) for i in self.selectionModel().selectedIndexes()]

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.selected_ids():
            self.cancel_asked.emit(self.selected_ids())
        else:
            super().keyPressEvent(event)

    def _on_cancel(self, recording_id: str) -> None:
        self.cancel_asked.emit([recording_id])

    def _on_retry(self, recording_id: str) -> None:
        self.retry_asked.emit([recording_id])
