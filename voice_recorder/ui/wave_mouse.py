"""What a mouse does on a waveform: seek, scrub, select, move the edges of a selection, and markers."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from voice_recorder.ui.wave_painting import FLAG_ROOM, RULER

if TYPE_CHECKING:
    from voice_recorder.ui.waveform import Flag, Waveform

EDGE_REACH = 6
FLAG_WIDTH = 12


class Drag(Enum):
    """What is being dragged."""

    NOTHING = auto()
    CLICK = auto()
    """Pressed, and not yet moved far enough to mean more."""
    SCRUB = auto()
    SELECT = auto()
    FLAG = auto()


class WaveMouse:
    """The state of one drag."""

    def __init__(self, wave: Waveform) -> None:
        self._wave = wave
        self._drag = Drag.NOTHING
        self._pressed = QPoint()
        self._fixed_s = 0.0
        self._flag: Flag | None = None
        self.moves_start = False
        """Whether keys move the start of the selection, as it was moved last."""

    @property
    def busy(self) -> bool:
        """Whether something is being dragged."""
        return self._drag is not Drag.NOTHING

    @property
    def flag_number(self) -> int:
        """The marker that is held; -1 for none."""
        return self._flag.number if self._flag else -1

    def press(self, at: QPoint) -> None:
        """The button went down."""
        wave = self._wave
        self._pressed, self._drag = at, Drag.CLICK
        self._flag = self.flag_at(at)
        edge = self._edge_at(at)
        if self._flag is not None:
            wave.update()
        elif edge is not None:
            self._drag, self._fixed_s = Drag.SELECT, edge
        elif at.y() < RULER:
            self._drag = Drag.SCRUB
            wave.scrubbing_changed.emit(True)
            wave.seek(wave.second_at(at.x()))
        else:
            self._fixed_s = wave.second_at(at.x())

    def move(self, at: QPoint) -> None:
        """The mouse moved, with or without the button."""
        far = abs(at.x() - self._pressed.x()) >= QApplication.startDragDistance()
        if self._drag is Drag.CLICK and far:
            self._drag = Drag.FLAG if self._flag is not None else Drag.SELECT
        second = self._wave.second_at(at.x())
        if self._drag is Drag.SCRUB:
            self._wave.seek(second)
        elif self._drag is Drag.SELECT:
            self.moves_start = second < self._fixed_s
            self._wave.select(self._fixed_s, second)
        elif self._drag is Drag.FLAG and self._flag is not None:
            self._show_flag_at(self._flag, second)

    def release(self, at: QPoint) -> None:
        """The button went up: what was only pressed is a click."""
        drag, flag = self._drag, self._flag
        self._drag, self._flag = Drag.NOTHING, None
        wave = self._wave
        if drag is Drag.SCRUB:
            wave.scrubbing_changed.emit(False)
        elif drag is Drag.FLAG and flag is not None:
            wave.flag_moved.emit(flag.number, wave.second_at(at.x()))
        elif drag is Drag.CLICK:
            wave.seek(flag.at_s if flag is not None else wave.second_at(at.x()))
            if flag is None:
                wave.clear_selection()
        wave.update()

    def double_click(self, at: QPoint) -> None:
        """Select from one marker to the next."""
        if at.y() >= RULER and self.flag_at(at) is None:
            self._wave.select_between_flags(self._wave.second_at(at.x()))

    def cursor_at(self, at: QPoint) -> Qt.CursorShape:
        """How the pointer looks here."""
        if self.flag_at(at) is not None:
            return Qt.CursorShape.PointingHandCursor
        if self._drag is Drag.SELECT or self._edge_at(at) is not None:
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.PointingHandCursor if at.y() < RULER else Qt.CursorShape.IBeamCursor

    def flag_at(self, at: QPoint, *, anywhere: bool = False) -> Flag | None:
        """The marker whose flag, or with ``anywhere`` also whose line, is here."""
        wave = self._wave
        on_head = RULER <= at.y() <= RULER + FLAG_ROOM
        reach = (-2, FLAG_WIDTH) if on_head else (-3, 3)
        if not on_head and not anywhere:
            return None
        near = [f for f in wave.flags if reach[0] <= at.x() - wave.x_of(f.at_s) <= reach[1]]
        return min(near, key=lambda f: abs(at.x() - wave.x_of(f.at_s)), default=None)

    def _edge_at(self, at: QPoint) -> float | None:
        """The end of the selection that stays when the one that is here is dragged."""
        wave = self._wave
        if wave.selection is None or at.y() < RULER:
            return None
        start, end = wave.selection
        to_start, to_end = abs(at.x() - wave.x_of(start)), abs(at.x() - wave.x_of(end))
        if min(to_start, to_end) > EDGE_REACH:
            return None
        return end if to_start <= to_end else start

    def _show_flag_at(self, flag: Flag, second: float) -> None:
        moved = [replace(f, at_s=second) if f.number == flag.number else f for f in self._wave.flags]
        self._wave.show_flags(moved)
