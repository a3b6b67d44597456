"""Play, pause, skip, speed, pauses and loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget
from typing_extensions import override

from voice_recorder.ui.controls import IconButton, label, row
from voice_recorder.ui.language import is_mirrored, tr
from voice_recorder.ui.phrases import clock
from voice_recorder.ui.play_rules import Loop
from voice_recorder.ui.player import Player
from voice_recorder.ui.theme import Space, Theme, Type, font

PLAY_SIDE = 48  # twice the radius in the style sheet
SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


def speed_words(speed: float) -> str:
    """``1.25`` with a multiplication sign."""
    mark = "\N{LEFT-TO-RIGHT MARK}" if is_mirrored() else ""
    return f"{mark}{speed:g}\N{MULTIPLICATION SIGN}"


class Transport(QWidget):
    """The row of controls below the waveform. It runs from left to right in every language, as time does."""

    speed_chosen = Signal(float)
    skip_chosen = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._duration_s = 0.0
        self._hint: Callable[[str], str] = _no_key
        self._time = label(kind="muted")
        self._time.setFont(font(Type.BODY, tabular=True))
        self._time.setAccessibleName(tr("Place in the recording"))
        self.back = IconButton(theme, "back", tr("Back 15 seconds"), size=24)
        self.play = IconButton(theme, "play", tr("Play"), role="on_accent", size=24)
        self.play.setObjectName("play")
        self.play.setFixedSize(PLAY_SIDE, PLAY_SIDE)
        self.ahead = IconButton(theme, "ahead", tr("Ahead 30 seconds"), size=24)
        self.speed = QComboBox()
        self.speed.setAccessibleName(tr("Playback speed"))
        for value in SPEEDS:
            self.speed.addItem(speed_words(value), value)
        self.speed.activated.connect(self._on_speed)
        self.skip = IconButton(theme, "skip-silence", tr("Skip silence"))
        self.skip.setCheckable(True)
        self.skip.clicked.connect(self.skip_chosen)
        self.loop = IconButton(theme, "loop", tr("Loop"))
        self.loop.setCheckable(True)
        self.edit = IconButton(theme, "scissors", tr("Edit"))
        """Shows the tools of editing."""
        self.edit.setCheckable(True)
        self.edit.toggled.connect(self._on_edit)
        self._on_edit(False)
        self._show_names(playing=False)
        self.show_skipping(enabled=False)
        self._show_loop(None)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        self._going = row(self.back, self.play, self.ahead)
        self.options = row(self.speed, self.skip, self.loop, self.edit, spacing=Space.XS)
        """The ways to listen, on the right; more may be added."""
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(2, 1)
        self._grid = layout
        self._fold(wide=True)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    @override
    def minimumSizeHint(self) -> QSize:
        going, options = self._going.minimumSizeHint(), self.options.minimumSizeHint()
        narrow = max(options.width(), going.width() + 2 * self._time.minimumSizeHint().width())
        return QSize(narrow, super().minimumSizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        sides = max(self._time.sizeHint().width(), self.options.sizeHint().width())
        self._fold(wide=self.width() >= self._going.sizeHint().width() + 2 * (sides + Space.S))
        super().resizeEvent(event)

    def _fold(self, *, wide: bool) -> None:
        """All in one row, or with what is not needed all the time in a second one."""
        where = Qt.AlignmentFlag.AlignRight if wide else Qt.AlignmentFlag.AlignHCenter
        self._grid.addWidget(self._time, 0, 0, Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(self._going, 0, 1)
        place = (0, 2, 1, 1) if wide else (1, 0, 1, 3)
        self._grid.addWidget(self.options, *place, where)

    def show_keys(self, hint: Callable[[str], str]) -> None:
        """Name the keys in force in the tool tips: ``hint`` is that of ``Shortcuts``."""
        self._hint = hint
        self._show_names(playing=self.play.accessibleName() == tr("Pause"))

    def attach(self, player: Player) -> None:
        """Steer ``player`` and follow it."""
        self.back.clicked.connect(player.back)
        self.play.clicked.connect(player.toggle)
        self.ahead.clicked.connect(player.ahead)
        self.speed_chosen.connect(player.set_speed)
        player.position_changed.connect(self.show_position)
        player.playing_changed.connect(self._on_playing)
        player.speed_changed.connect(self.show_speed)
        player.loop_changed.connect(self._show_loop)

    def show_playable(self, playable: bool) -> None:
        """Whether there is something to play; a take that runs has no length to show yet."""
        self.setEnabled(playable)
        self._time.setVisible(playable)

    def show_duration(self, seconds: float, position_s: float = 0.0) -> None:
        """The length of the recording."""
        if seconds != self._duration_s:
            self._duration_s = seconds
            self.show_position(position_s)

    @Slot(float)
    def show_position(self, seconds: float) -> None:
        """The place within the recording."""
        words = f"{clock(seconds)} / {clock(self._duration_s)}"
        if words != self._time.text():
            self._time.setText(words)

    @Slot(float)
    def show_speed(self, speed: float) -> None:
        """Show a speed, also one that is not among ours."""
        blocker = QSignalBlocker(self.speed)
        index = self.speed.findData(speed)
        if index < 0:
            self.speed.addItem(speed_words(speed), speed)
            index = self.speed.count() - 1
        self.speed.setCurrentIndex(index)
        blocker.unblock()

    def show_skipping(self, *, enabled: bool, ready: bool = True, per_cent: int | None = None) -> None:
        """Whether silence is skipped, and how far looking for it is."""
        self.skip.setChecked(enabled)
        self.skip.show_icon("skip-silence", "accent" if enabled and ready else "text")
        if enabled and not ready:
            looking = tr("Skip silence: looking for the pauses")
            self.skip.name(looking, "" if per_cent is None else f"{per_cent} %")
        else:
            self.skip.name(tr("Do not skip silence") if enabled else tr("Skip silence"))

    @Slot(object)
    def _show_loop(self, loop: Loop | None) -> None:
        whole = loop is not None and loop.end_s is not None
        self.loop.setChecked(loop is not None)
        self.loop.show_icon("loop", "text" if loop is None else "accent")
        if loop is None:
            self.loop.name(tr("Loop: from here (A)"), self._hint("loop_start"))
        elif not whole:
            self.loop.name(tr("Loop: up to here (B)"), self._hint("loop_end"))
        else:
            self.loop.name(tr("End the loop"), self._hint("loop_clear"))

    def _show_names(self, *, playing: bool) -> None:
        self.play.name(tr("Pause") if playing else tr("Play"), self._hint("play"))
        speed = tr("Playback speed; the pitch is kept")
        on, pause, back = (self._hint(f"shuttle_{what}") for what in ("on", "pause", "back"))
        if on and pause and back:
            words = tr("{on}: twice as fast · {pause}: pause · {back}: slower, or two seconds back",
                       on=on, pause=pause, back=back)  # fmt: skip
            speed += f"\n{words}"
        self.speed.setToolTip(speed)

    @Slot(int)
    def _on_speed(self, index: int) -> None:
        self.speed_chosen.emit(float(self.speed.itemData(index)))

    @Slot(bool)
    def _on_edit(self, editing: bool) -> None:
        self.edit.show_icon("scissors", "accent" if editing else "text")
        self.edit.name(tr("Put the tools away") if editing else tr("Edit"))

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        self.play.show_icon("pause" if playing else "play", "on_accent")
        self._show_names(playing=playing)


def _no_key(_action_id: str) -> str:
    return ""
