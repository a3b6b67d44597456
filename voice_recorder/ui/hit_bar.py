"""The places in a recording that match the search: how many there are, and the way from one to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from voice_recorder.domain.hits import Hit
from voice_recorder.ui.controls import ElidedLabel, IconButton
from voice_recorder.ui.language import isolated, tr
from voice_recorder.ui.player import Player
from voice_recorder.ui.theme import Space, Theme

LONGEST_WORDS = 40
NEAR_S = 2.0
"""So long after a place, what is heard counts as being there: from it, back means the place before."""
EARLY_S = 0.05  # players count in milliseconds, and a marker may stand at the very end


class HitBar(QWidget):
    """A line with two buttons; hidden where nothing matches."""

    jumped = Signal(float)

    def __init__(self, theme: Theme, player: Player) -> None:
        super().__init__()
        self._player = player
        self._words = ""
        self._hits: tuple[Hit, ...] = ()
        self._reached: int | None = None
        self.text = ElidedLabel(kind="found")
        self.previous = IconButton(theme, "up", "")
        self.next = IconButton(theme, "down", "")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.previous)
        layout.addWidget(self.next)
        self.previous.clicked.connect(self.go_back)
        self.next.clicked.connect(self.go_on)
        player.position_changed.connect(self._on_position)
        self.show_keys(lambda _action: "")
        self.hide()

    def show_keys(self, hint: Callable[[str], str]) -> None:
        """Name the keys in force in the tool tips: ``hint`` is that of ``Shortcuts``."""
        self.previous.name(tr("Go to the place found before"), hint("hit_back"))
        self.next.name(tr("Go to the next place found"), hint("hit_on"))

    def show_hits(self, words: str, hits: Sequence[Hit]) -> None:
        """Show these, which match ``words``."""
        if (words, tuple(hits)) != (self._words, self._hits):
            self._words, self._hits, self._reached = words, tuple(hits), None
            self._describe()
            self.setVisible(bool(hits))

    @Slot()
    def go_on(self) -> None:
        """Ask for the next place, behind the last one for the first."""
        at = self._count_before(self._player.position_s)
        self._go(at if self._reached is None else self._reached + 1)

    @Slot()
    def go_back(self) -> None:
        """Ask for the place before, at the first one for the last."""
        at = self._count_before(self._player.position_s)
        self._go((at if self._reached is None else self._reached) - 1)

    def _go(self, number: int) -> None:
        if self._hits:
            self._reached = number % len(self._hits)
            self.jumped.emit(self._hits[self._reached].at_s)
            self._describe()

    @Slot(float)
    def _on_position(self, second: float) -> None:
        if self._reached is not None and not self._is_near(self._reached, second):
            self._reached = None
            self._describe()

    def _is_near(self, number: int, second: float) -> bool:
        """Whether ``second`` is at that place, or behind it with none between."""
        place_s, before = self._hits[number].at_s, self._count_before(second)
        passed = before > 0 and self._hits[before - 1].at_s > place_s
        return -EARLY_S <= second - place_s < NEAR_S and not passed

    def _count_before(self, second: float) -> int:
        return bisect_left(self._hits, Hit(second, ""))

    def _describe(self) -> None:
        words, total = self._words, len(self._hits)
        if len(words) > LONGEST_WORDS:
            words = f"{words[: LONGEST_WORDS - 1]}…"
        words = isolated(words)
        if self._reached is None:
            said = tr("%n place(s) with “{words}”", "", total, words=words)
        else:
            number = self._reached + 1
            said = tr("Place {number} of {total} with “{words}”", number=number, total=total, words=words)
        self.text.say(said)
