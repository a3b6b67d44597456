"""Sentences that the window says without being asked, and the toast that offers Undo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from voice_recorder.ui.controls import IconButton, label, pad, set_kind
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space, Theme, pixmap

TOAST_MS = 10_000


class Banner(QFrame):
    """One message above the list and the detail, until it is closed or replaced."""

    dismissed = Signal(str)
    """Somebody closed this message, or took the way out that it offers."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._theme = theme
        self._picture = QLabel()
        self._picture.setFixedSize(20, 20)
        self._text = label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = QPushButton()
        self._action.hide()
        self._action.clicked.connect(self._act)
        self._on_action: Callable[[], None] | None = None
        close = IconButton(theme, "close", tr("Close this message"), size=16)
        close.clicked.connect(self._close)
        self._later = QPushButton()
        self._later.hide()
        self._later.clicked.connect(self._close)
        layout = QHBoxLayout(self)
        pad(layout, Space.L, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.M)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._action)
        layout.addWidget(self._later)
        layout.addWidget(close)
        self._news = False
        theme.changed.connect(self._tint)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def say(
        self,
        text: str,
        *,
        news: bool = False,
        button: str = "",
        action: Callable[[], None] | None = None,
        later: str = "",
    ) -> None:
        """Show ``text``: good ``news``, or something to look after.

        ``button`` is the way out, ``later`` the words for none.
        """
        self._text.setText(text)
        self.setAccessibleName(text)
        self._action.setText(button)
        self._action.setVisible(bool(button))
        self._later.setText(later)
        self._later.setVisible(bool(later))
        self._on_action = action
        self._news = news
        set_kind(self, "news" if news else "caution")
        self._tint()
        self.show()

    @Slot()
    def _act(self) -> None:
        self.hide()
        if self._on_action is not None:
            self._on_action()
        self.dismissed.emit(self.text)

    @Slot()
    def _close(self) -> None:
        self.hide()
        self.dismissed.emit(self.text)

    @Slot()
    def _tint(self) -> None:
        colours = self._theme.colours
        icon, colour = ("info", colours.accent) if self._news else ("warning", colours.caution)
        self._picture.setPixmap(pixmap(icon, colour, 20, 2.0))


class Toast(QFrame):
    """What was just done, with Undo, for ten seconds, over the lower edge of ``parent``."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self._over = parent
        self._text = label()
        self.undo = QPushButton(tr("Undo"))
        set_kind(self.undo, "toast")
        self.undo.clicked.connect(self._undo)
        self._on_undo: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TOAST_MS)
        self._timer.timeout.connect(self.hide)
        layout = QHBoxLayout(self)
        pad(layout, Space.L, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.L)
        layout.addWidget(self._text)
        layout.addWidget(self.undo)
        parent.installEventFilter(self)
        self.hide()

    def offer(self, text: str, undo: Callable[[], None] | None, button: str = "") -> None:
        """Say ``text`` and offer to take it back, or what else ``button`` says."""
        self.undo.setText(button or tr("Undo"))
        self._text.setText(text)
        self.setAccessibleName(text)
        self._on_undo = undo
        self.undo.setVisible(undo is not None)
        self.show()
        self._place()
        self.raise_()
        self._timer.start()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    @Slot()
    def _undo(self) -> None:
        self.hide()
        if self._on_undo is not None:
            self._on_undo()

    def _place(self) -> None:
        self.adjustSize()
        parent = self._over
        self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - Space.L)


class Column(QWidget):
    """Widgets below each other, without margins."""

    def __init__(self, *parts: QWidget, stretch: QWidget | None = None) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in parts:
            layout.addWidget(part, 1 if part is stretch else 0)
