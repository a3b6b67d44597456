"""Small building blocks of the window that follow the theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOption,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.ui.theme import Space, Theme, Type, font, pixmap

SENTENCE_WIDTH = 320


class IconButton(QToolButton):
    """A button with an icon alone; its name is its tool tip and what a screen reader says."""

    def __init__(self, theme: Theme, icon: str, name: str, *, role: str = "text", size: int = 20) -> None:
        super().__init__()
        self._theme = theme
        self._icon = icon
        self._role = role
        self._size = size
        self.setIconSize(QSize(size, size))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.name(name)
        theme.changed.connect(self._tint)
        self._tint()

    def name(self, name: str, hint: str = "") -> None:
        """Say what the button does; ``hint`` (a key) is added to the tool tip."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({hint})" if hint else name)

    def show_icon(self, icon: str, role: str = "text") -> None:
        """Change the picture."""
        if (icon, role) != (self._icon, self._role):
            self._icon, self._role = icon, role
            self._tint()

    @Slot()
    def _tint(self) -> None:
        self.setIcon(self._theme.icon(self._icon, self._role, self._size))


def label(text: str = "", *, kind: str = "", size: Type = Type.BODY, wrap: bool = False) -> QLabel:
    """A line or paragraph of plain text; ``kind`` is ``muted``, ``caution`` or ``heading``."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(font(size, bold=kind == "heading"))
    made.setWordWrap(wrap)
    if kind:
        made.setProperty("kind", kind)
    return made


def set_kind(widget: QWidget, kind: str) -> None:
    """Change the ``kind`` by which the style sheet colours a widget."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        for child in widget.findChildren(QLabel):
            child.style().unpolish(child)
            child.style().polish(child)


class ElidedLabel(QLabel):
    """One line, or as many as its height has room for, that ends in … where it does not fit.

    The tool tip has all of it.
    """

    def __init__(self, text: str = "", *, kind: str = "", size: Type = Type.BODY) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(size))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if kind:
            self.setProperty("kind", kind)
        self.setText(text)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self.paint_text(QPainter(self), self.rect())

    def paint_text(self, painter: QPainter, place: QRect) -> None:
        """Draw as much of the text as fits into ``place``."""
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(place, self._flags(place), self.fitting(place))

    def fitting(self, place: QRect) -> str:
        """The text, shortened until its lines fit into ``place``."""
        metrics, flags, lines = self.fontMetrics(), self._flags(place), self._lines(place)
        room = lines * place.width()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        while lines > 1 and room > 0 and metrics.boundingRect(place, flags, shown).height() > place.height():
            room -= metrics.averageCharWidth()  # what a word leaves free at the end of a line
            shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        return shown

    def place_of_text(self, place: QRect) -> QRect:
        """What the text takes up of ``place``, in which it is painted."""
        return self.fontMetrics().boundingRect(place, self._flags(place), self.fitting(place))

    def _lines(self, place: QRect) -> int:
        return max(1, place.height() // self.fontMetrics().lineSpacing())

    def _flags(self, place: QRect) -> int:
        side = QStyle.visualAlignment(self.layoutDirection(), self.alignment())
        wrap = Qt.TextFlag.TextWordWrap if self._lines(place) > 1 else Qt.TextFlag.TextSingleLine
        return int(side | Qt.AlignmentFlag.AlignAbsolute) | int(wrap)

    def say(self, text: str) -> None:
        """Show ``text``, and offer all of it as the tool tip."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)


class EmptyState(QWidget):
    """One picture, one sentence, at most one button."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("empty_page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._picture = Picture(theme)
        self._sentence = label(kind="muted", size=Type.HEADING, wrap=True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setFixedWidth(SENTENCE_WIDTH)
        self.button = QPushButton()
        self.button.hide()
        self.button.clicked.connect(self._act)
        self._action: Callable[[], None] | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        layout.setSpacing(Space.L)
        layout.addStretch(2)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._sentence, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def present(
        self, picture: str, sentence: str, button: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Show these; without ``button`` there is none."""
        self._picture.show_icon(picture)
        self._sentence.setText(sentence)
        self._sentence.setMinimumHeight(self._sentence.heightForWidth(SENTENCE_WIDTH))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._action = action

    @Slot()
    def _act(self) -> None:
        if self._action is not None:
            self._action()


class Picture(QWidget):
    """A large icon on a soft disc."""

    DISC = 104
    ICON = 48

    def __init__(self, theme: Theme, icon: str = "mic") -> None:
        super().__init__()
        self._theme = theme
        self._icon = icon
        self.setFixedSize(self.DISC, self.DISC)
        theme.changed.connect(self.update)

    def show_icon(self, icon: str) -> None:
        """Change the picture."""
        self._icon = icon
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("selection"))
        painter.drawEllipse(self.rect())
        inset = (self.DISC - self.ICON) // 2
        image = pixmap(self._icon, self._theme.colours.accent, self.ICON, self.devicePixelRatioF())
        painter.drawPixmap(inset, inset, image)


class Card(QFrame):
    """A panel with a heading and some text."""

    def __init__(self, theme: Theme, icon: str, heading: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self._icon_name = icon
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._heading = label(heading, kind="heading", size=Type.SMALL)
        self.text = label(wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.text.setAccessibleName(heading)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top = row(self._icon, self._heading, None)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        layout.setSpacing(Space.S)
        layout.addWidget(top)
        layout.addWidget(self.text, 1)
        theme.changed.connect(self._tint)
        self._tint()

    def show_picture(self, icon: str) -> None:
        """Change the picture beside the heading."""
        if icon != self._icon_name:
            self._icon_name = icon
            self._tint()

    @Slot()
    def _tint(self) -> None:
        self._icon.setPixmap(pixmap(self._icon_name, self._theme.colours.muted, 20, 2.0))


class Folding(QWidget):
    """Two widgets side by side where ``width`` pixels are there, else below each other."""

    def __init__(self, first: QWidget, second: QWidget, width: int, shares: tuple[int, int]) -> None:
        super().__init__()
        self._width = width
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(Space.M)
        for part, share in zip((first, second), shares, strict=True):
            self._layout.addWidget(part, share)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        directions = QBoxLayout.Direction
        wide = self.width() >= self._width
        self._layout.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        super().resizeEvent(event)


def pad(layout: QLayout, start: int, top: int, end: int, bottom: int) -> None:
    """Leave room around a layout; unlike what stands in it, Qt does not mirror its margins."""
    mirrored = QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    left, right = (end, start) if mirrored else (start, end)
    layout.setContentsMargins(left, top, right, bottom)


def seen(option: QStyleOption, place: QRect) -> QRect:
    """Where ``place`` of a row is seen: mirrored in languages that run from right to left."""
    return QStyle.visualRect(option.direction, option.rect, place)


def leading() -> Qt.AlignmentFlag:
    """The alignment of a name at the beginning of its place, in whatever language it is."""
    mirrored = QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter


def beginning(option: QStyleOption, vertical: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter) -> int:
    """The alignment of a text at the beginning of its place; its letters run in their own direction."""
    return int(QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeading | vertical))


def ending(option: QStyleOption) -> int:
    """As ``beginning``, at the end."""
    end = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
    return int(QStyle.visualAlignment(option.direction, end))


def row(*parts: QWidget | None, spacing: int = Space.S) -> QWidget:
    """Widgets side by side without margins; None is a stretch."""
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        else:
            layout.addWidget(part)
    return holder
