"""Undo without fear: every state that the edit list of a recording has had, and which of them is heard."""

from dataclasses import dataclass
from datetime import datetime

from voice_recorder.domain.edit_list import Second
from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Segment
from voice_recorder.domain.words import tr


@dataclass(frozen=True)
class EditStep:
    """The edit list as one operation left it. ``name`` says which in a few words: "Cut 0:03"."""

    name: str
    at: datetime
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class EditHistory:
    """Steps, oldest first; the first one is the recording before it was edited. ``current`` is heard."""

    steps: tuple[EditStep, ...] = ()
    current: int = 0

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier state."""
        return self.current > 0

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that nothing has replaced."""
        return self.current + 1 < len(self.steps)

    @property
    def undo_name(self) -> str:
        """What an undo would take back; empty for nothing."""
        return self.steps[self.current].name if self.can_undo else ""

    @property
    def redo_name(self) -> str:
        """What a redo would do again; empty for nothing."""
        return self.steps[self.current + 1].name if self.can_redo else ""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The edit list that is heard; empty when nothing was ever edited."""
        return self.steps[self.current].segments if self.steps else ()

    def with_step(self, step: EditStep) -> "EditHistory":
        """After one more operation; what was undone before it cannot be redone any more."""
        return EditHistory((*self.steps[: self.current + 1], step), min(self.current + 1, len(self.steps)))

    def undone(self) -> "EditHistory":
        """One operation back. EditRefused when there is none."""
        if not self.can_undo:
            raise EditRefused(tr("There is nothing to undo."))
        return EditHistory(self.steps, self.current - 1)

    def redone(self) -> "EditHistory":
        """One operation forth again. EditRefused when there is none."""
        if not self.can_redo:
            raise EditRefused(tr("There is nothing to redo."))
        return EditHistory(self.steps, self.current + 1)


def clock(seconds: Second) -> str:
    """A length or a place for the name of a step: "0:12", "1:02:03", "0.4 s" for less than a second."""
    if seconds < 0.95:
        return f"{max(0.0, float(seconds)):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
