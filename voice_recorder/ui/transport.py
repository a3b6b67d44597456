"""Play, pause, skip and speed."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from voice_recorder.ui.controls import IconButton, label, row
from voice_recorder.ui.phrases import clock
from voice_recorder.ui.player import Player
from voice_recorder.ui.theme import Space, Theme, Type, font

PLAY_SIDE = 48  # twice the radius in the style sheet
SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


def speed_words(speed: float) -> str:
    """``1.25`` with a multiplication sign."""
    return f"{speed:g}\N{MULTIPLICATION SIGN}"


class Transport(QWidget):
    """The row of controls below the waveform."""

    speed_chosen = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._duration_s = 0.0
        self._time = label(kind="muted")
        self._time.setFont(font(Type.BODY, tabular=True))
        self._time.setAccessibleName("Place in the recording")
        self.back = IconButton(theme, "back", "Back 15 seconds", size=24)
        self.play = IconButton(theme, "play", "Play", role="on_accent", size=24)
        self.play.setObjectName("play")
        self._key = "Space"
        self.play.name("Play", self._key)
        self.play.setFixedSize(PLAY_SIDE, PLAY_SIDE)
        self.ahead = IconButton(theme, "ahead", "Ahead 30 seconds", size=24)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Playback speed")
        self.speed.setToolTip("Playback speed; the pitch is kept")
        for value in SPEEDS:
            self.speed.addItem(speed_words(value), value)
        self.speed.activated.connect(self._on_speed)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._time, 0, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(row(self.back, self.play, self.ahead, spacing=Space.M), 0, 1)
        layout.addWidget(self.speed, 0, 2, Qt.AlignmentFlag.AlignRight)
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(2, 1)

    def show_single_keys(self, enabled: bool) -> None:
        """Whether the tool tip of Play names the space bar."""
        self._key = "Space" if enabled else ""
        self.play.name(self.play.accessibleName(), self._key)

    def attach(self, player: Player) -> None:
        """Steer ``player`` and follow it."""
        self.back.clicked.connect(player.back)
        self.play.clicked.connect(player.toggle)
        self.ahead.clicked.connect(player.ahead)
        self.speed_chosen.connect(player.set_speed)
        player.position_changed.connect(self.show_position)
        player.playing_changed.connect(self._on_playing)

    def show_playable(self, playable: bool) -> None:
        """Whether there is something to play; a take that runs has no length to show yet."""
        self.setEnabled(playable)
        self._time.setVisible(playable)

    def show_duration(self, seconds: float) -> None:
        """The length of the recording."""
        if seconds != self._duration_s:
            self._duration_s = seconds
            self.show_position(0.0)

    @Slot(float)
    def show_position(self, seconds: float) -> None:
        """The place within the recording."""
        self._time.setText(f"{clock(seconds)} / {clock(self._duration_s)}")

    def show_speed(self, speed: float) -> None:
        """Show a speed, also one that is not among ours."""
        blocker = QSignalBlocker(self.speed)
        index = self.speed.findData(speed)
        if index < 0:
            self.speed.addItem(speed_words(speed), speed)
            index = self.speed.count() - 1
        self.speed.setCurrentIndex(index)
        blocker.unblock()

    @Slot(int)
    def _on_speed(self, index: int) -> None:
        self.speed_chosen.emit(float(self.speed.itemData(index)))

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        self.play.show_icon("pause" if playing else "play", "on_accent")
        self.play.name("Pause" if playing else "Play", self._key)
