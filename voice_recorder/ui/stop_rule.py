"""When a take ends by itself: after a while, or at a time of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QTime
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTimeEdit, QVBoxLayout, QWidget

from voice_recorder.ui.controls import label
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import TARGET, Space


@dataclass(frozen=True)
class StopRule:
    """After so many minutes, or else at the time ``at``."""

    after_min: int = 0
    at: datetime | None = None

    def ends_at(self) -> datetime:
        """When that is for a take that begins now."""
        return self.at or datetime.now(UTC) + timedelta(minutes=self.after_min)

    @property
    def words(self) -> str:
        """What will happen, before there is a take."""
        if self.at is not None:
            return tr("Stops at {time}", time=f"{self.at.astimezone():%H:%M}")
        return tr("Stops after {length}", length=length_words(self.after_min))


def length_words(minutes: int) -> str:
    """``15 min``, ``2 h``."""
    return tr("{hours} h", hours=minutes // 60) if minutes % 60 == 0 else tr("{minutes} min", minutes=minutes)


def next_time(hour: int, minute: int) -> datetime:
    """When the clock of this place shows that the next time."""
    now = datetime.now().astimezone()
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)


class StopTimeDialog(QDialog):
    """Asks for a time of day; half an hour from now to begin with."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Stop recording at"))
        self.time = QTimeEdit(QTime.currentTime().addSecs(1800))
        self.time.setDisplayFormat("HH:mm")
        self.time.setAccessibleName(tr("Time of day"))
        self.time.setMinimumHeight(TARGET)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        layout.setSpacing(Space.M)
        layout.addWidget(label(tr("The recording ends at this time, paused or not.")))
        layout.addWidget(self.time)
        layout.addWidget(buttons)

    def rule(self) -> StopRule:
        """What was chosen."""
        time = self.time.time()
        return StopRule(at=next_time(time.hour(), time.minute()))
