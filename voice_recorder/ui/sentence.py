"""Sentences with an icon: how something stands, and what came of what was done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from voice_recorder.ui.controls import label, row, set_kind
from voice_recorder.ui.provider_words import breakable
from voice_recorder.ui.theme import Space, Theme, Type, pixmap


class Sentence(QFrame):
    """An icon and a sentence, with a second, smaller one where there is more to say."""

    def __init__(self, theme: Theme, *, card: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._picture = ("info", "muted")
        self.text = ""
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._text = label(wrap=True)
        self._more = label(kind="muted", size=Type.SMALL, wrap=True)
        for part in (self._text, self._more):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(self._text)
        told.addWidget(self._more)
        layout = QHBoxLayout(self)
        layout.setSpacing(Space.M)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(told, 1)
        if card:
            self.setObjectName("card")
            layout.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        else:
            layout.setContentsMargins(0, 0, 0, 0)
        theme.changed.connect(self._tint)

    def say(self, icon: str, role: str, text: str, more: str = "") -> None:
        """Show these; ``role`` is the icon's colour, and *caution* colours the words as well."""
        self.text = f"{text} {more}".strip()
        self._text.setText(breakable(text))
        set_kind(self._text, "caution" if role == "caution" else "")
        self._more.setText(breakable(more))
        self._more.setVisible(bool(more))
        self.setAccessibleName(self.text)
        self._picture = (icon, role)
        self._tint()

    @Slot()
    def _tint(self) -> None:
        icon, role = self._picture
        self._icon.setPixmap(pixmap(icon, self._theme.colour(role).name(), 20, 2.0))


class Outcome(QWidget):
    """What came of what was done, with a button where there is something to do about it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._sentence = Sentence(theme)
        self.action = QPushButton()
        self.action.hide()
        self.action.clicked.connect(self._act)
        self._action: Callable[[], object] | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(self._sentence)
        self._actions = row(self.action, None)
        layout.addWidget(self._actions)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it says nothing."""
        return "" if self.isHidden() else self._sentence.text

    def say(
        self, icon: str, role: str, text: str, button: str = "", action: Callable[[], object] | None = None
    ) -> None:
        """As ``Sentence.say``, with a button that does ``action``."""
        self._sentence.say(icon, role, text)
        self._actions.setVisible(bool(button))
        self.action.setVisible(bool(button))
        self.action.setText(button)
        self._action = action
        self.show()

    def well(self, text: str) -> None:
        """It went well."""
        self.say("verify", "good", text)

    def note(self, text: str) -> None:
        """Neither good nor bad."""
        self.say("info", "muted", text)

    def trouble(self, text: str, button: str = "", action: Callable[[], object] | None = None) -> None:
        """Something has to be looked after."""
        self.say("warning", "caution", text, button, action)

    @Slot()
    def _act(self) -> None:
        if self._action is not None:
            self._action()
