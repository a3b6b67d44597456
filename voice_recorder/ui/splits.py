"""How the window is divided."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget


def halve(splitter: QSplitter, left: QWidget, right: QWidget, left_width: int) -> None:
    """Put two parts side by side; the right one takes the room that there is."""
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    splitter.addWidget(left)
    splitter.addWidget(right)
    splitter.setStretchFactor(0, 0)
    splitter.setStretchFactor(1, 1)
    splitter.setSizes([left_width, 1220 - left_width])


def side(name: str, widget: QWidget, minimum_width: int, margin: int = 0) -> QWidget:
    """A widget on a ground of its own, called ``name`` in the style."""
    holder = QWidget()
    holder.setObjectName(name)
    holder.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    holder.setMinimumWidth(minimum_width)
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.addWidget(widget)
    return holder
