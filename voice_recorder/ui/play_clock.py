"""Where playing is right now: the player says it some ten times a second, a screen shows it sixty times."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer

FARTHEST_S = 0.25
"""So far ahead of the last word of the player the clock goes, in seconds of real time."""
JITTER_S = 0.15
"""A place so little behind the one that was shown is no jump back."""


class PlayClock:
    """Runs on between two words of the player, and never back by a hair."""

    def __init__(self) -> None:
        self._timer = QElapsedTimer()
        self._heard_s = 0.0
        self._shown_s = 0.0
        self.speed = 1.0

    def jump(self, second: float) -> None:
        """Playing goes on from here."""
        self._heard_s = self._shown_s = second
        self._timer.start()

    def hear(self, second: float) -> None:
        """The player says where it is."""
        self._heard_s = second
        self._timer.start()

    def now(self) -> float:
        """Where playing is, in seconds."""
        since = min(FARTHEST_S, self._timer.nsecsElapsed() / 1e9) if self._timer.isValid() else 0.0
        place = self._heard_s + since * self.speed
        if self._shown_s - JITTER_S * max(1.0, self.speed) < place < self._shown_s:
            place = self._shown_s
        self._shown_s = place
        return place
