"""Playing a recording. QtMultimedia is loaded when something is played for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.language import tr
from voice_recorder.ui.play_clock import PlayClock
from voice_recorder.ui.play_rules import Loop, Stretch, jump
from voice_recorder.ui.play_source import PlaySource
from voice_recorder.ui.render_device import Heard
from voice_recorder.ui.sound_output import SoundOutput

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaPlayer

    from voice_recorder.services.fetching import CloudAudio

BACK_S = 15.0
AHEAD_S = 30.0
SHUTTLE_BACK_S = 2.0
FASTEST = 3.0
TICK_MS = 16
SEEK_EVERY_MS = 50
NEAR_END_S = 0.05


class Player(QObject):
    """One recording at a time; knows its place also before anything was loaded."""

    position_changed = Signal(float)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    """How fast it plays just now, which J and L change."""
    loop_changed = Signal(object)
    """A ``Loop``, or None."""
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player: QMediaPlayer | None = None
        self._output = SoundOutput(self)
        self._output.unplugged.connect(self._on_unplugged)
        self._source = PlaySource()
        self._loaded = self._going = False
        self._duration_s = 0.0
        self._position_s = 0.0
        self._speed = self._shuttle = 1.0
        self._loop: Loop | None = None
        self._skipped: tuple[Stretch, ...] = ()
        self._pending_s: float | None = None
        self._scrubbing = False
        self._clock = PlayClock()
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        self._seeks = QTimer(self)  # runs while the last seek is too young for another one
        self._seeks.setSingleShot(True)
        self._seeks.setInterval(SEEK_EVERY_MS)
        self._seeks.timeout.connect(self._seek_late)
        self._seek_wanted = False

    @property
    def playing(self) -> bool:
        """Whether sound is coming out."""
        player = self._player
        return player is not None and player.playbackState() == player.PlaybackState.PlayingState

    @property
    def position_s(self) -> float:
        """Where playing goes on."""
        return self._position_s

    @property
    def duration_s(self) -> float:
        """The length of what is heard, also of a preview."""
        preview = self._source.preview
        return self._duration_s if preview is None else preview.duration_s

    @property
    def loop(self) -> Loop | None:
        """What is played again and again."""
        return self._loop

    # What is heard

    def show_recording(
        self, path: Path | None, duration_s: float, cloud: CloudAudio | None = None,
        heard: Heard | None = None,
    ) -> None:  # fmt: skip
        """Take another recording; nothing is opened yet.

        ``cloud`` is where the sound comes from when there is no file at ``path``: the copy that was fetched
        before, or one that is heard while it comes. With ``heard`` it sounds as its edit list says.
        The same recording, edited otherwise, goes on playing where it is.
        """
        self._source.cloud = cloud
        if self._source.is_heard_as(path, heard):
            return
        same = self._source.is_of(heard)
        was_going, at = self._going and same, self._position_s if same else 0.0
        self.stop()
        self._source, self._duration_s = PlaySource(path, cloud, heard), duration_s
        self._skipped = ()
        self._set_loop(None)
        self._position_s = min(at, duration_s)
        self.position_changed.emit(self._position_s)
        if was_going:
            self.play()

    def preview(self, timeline: Timeline | None) -> None:
        """Hear the recording as ``timeline`` would have it, before that is stored; None goes back.

        The place and whether it plays stay. Needs a recording that was shown with what is ``heard`` of it.
        """
        if timeline == self._source.preview or self._source.heard is None:
            return
        was_going = self._going
        self.stop()
        self._source.preview = timeline
        self.seek(self._position_s)
        if was_going:
            self.play()

    def skip(self, stretches: Sequence[Stretch]) -> None:
        """Jump over these while playing; none of them plays everything."""
        self._skipped = tuple(stretches)

    # Going

    @Slot()
    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    @Slot()
    def play(self) -> None:
        """Play from where we are; from the start when that is the end."""
        missing = self._source.missing
        if missing is not None:
            self.failed.emit(missing)
            return
        player = self._ready_player()
        if player is None:
            self.failed.emit(VoiceRecorderError(
                tr("There is no sound output. Plug in headphones or loudspeakers, then press play again.")
            ))  # fmt: skip
            return
        if self._position_s >= self.duration_s - NEAR_END_S:
            self._position_s = 0.0
        self._clock.jump(self._position_s)
        self._going = True  # also while it is still being opened
        if not self._loaded:
            self._loaded, self._pending_s = True, self._position_s
            self._source.open(player, self, self._on_broke)
        else:
            player.setPosition(round(self._position_s * 1000))
        self._apply_speed()
        player.play()

    @Slot()
    def pause(self) -> None:
        """Hold here."""
        self._going = False
        if self._player is not None:
            self._player.pause()
        self._shuttle_at(1.0)

    def stop(self) -> None:
        """End and let go of the file; what came from the cloud is kept for the next time."""
        self._going = False
        self._source.close(self._player)
        self._loaded, self._pending_s, self._seek_wanted = False, None, False

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Go to a place; the player follows a mouse that is dragged at most twenty times a second."""
        self._position_s = min(max(0.0, seconds), self.duration_s)
        self._clock.jump(self._position_s)
        if self._pending_s is not None:
            self._pending_s = self._position_s
        elif self._loaded:
            if self._seeks.isActive():
                self._seek_wanted = True
            else:
                self._set_position()
        self.position_changed.emit(self._position_s)

    @Slot(bool)
    def set_scrubbing(self, scrubbing: bool) -> None:
        """Whether somebody drags through the sound: that is silent."""
        self._scrubbing = scrubbing
        self._output.set_muted(scrubbing)
        if not scrubbing and self._loaded and self._pending_s is None:
            self._set_position()

    @Slot()
    def back(self) -> None:
        """Fifteen seconds back."""
        self.seek(self._position_s - BACK_S)

    @Slot()
    def ahead(self) -> None:
        """Thirty seconds ahead."""
        self.seek(self._position_s + AHEAD_S)

    # Speed

    def set_speed(self, speed: float) -> None:
        """0.5 to 3 times as fast, the pitch kept."""
        self._speed = speed
        self._shuttle_at(1.0)

    @Slot()
    def shuttle_on(self) -> None:
        """Play; when that is so already, twice as fast, up to three times."""
        if not self.playing:
            self.play()
        else:
            self._shuttle_at(min(self._shuttle * 2, FASTEST / self._speed))

    @Slot()
    def shuttle_back(self) -> None:
        """Slower again; at the usual speed, two seconds back. The sound itself does not run backwards."""
        if self._shuttle > 1:
            self._shuttle_at(max(1.0, self._shuttle / 2))
        else:
            self.seek(self._position_s - SHUTTLE_BACK_S)

    def _shuttle_at(self, factor: float) -> None:
        self._shuttle = factor
        self._apply_speed()
        self.speed_changed.emit(self._speed * factor)

    def _apply_speed(self) -> None:
        speed = self._clock.speed = self._speed * self._shuttle
        if self._player is not None:
            self._player.setPlaybackRate(speed)

    # Loop

    @Slot()
    def loop_from_here(self) -> None:
        """Let the loop begin here: A."""
        end = self._loop.end_s if self._loop is not None else None
        self._set_loop(Loop(self._position_s, end if end is not None and end > self._position_s else None))

    @Slot()
    def loop_to_here(self) -> None:
        """Let the loop end here, B, and go on at A; without an A it begins at the start."""
        start = (
            self._loop.start_s if self._loop is not None and self._loop.start_s < self._position_s else 0.0
        )
        if self._position_s > start:
            self.loop_over(start, self._position_s)

    def loop_over(self, start_s: float, end_s: float) -> None:
        """Play this stretch again and again."""
        self._set_loop(Loop(start_s, end_s))
        if not start_s <= self._position_s < end_s - NEAR_END_S:
            self.seek(start_s)

    @Slot()
    def end_loop(self) -> None:
        """Play on behind B."""
        self._set_loop(None)

    @Slot()
    def step_loop(self) -> None:
        """Set A, then B, then neither."""
        if self._loop is None:
            self.loop_from_here()
        elif self._loop.end_s is None:
            self.loop_to_here()
        else:
            self.end_loop()

    def _set_loop(self, loop: Loop | None) -> None:
        if loop != self._loop:
            self._loop = loop
            self.loop_changed.emit(loop)

    # Output

    def set_output(self, name: str) -> None:
        """Play through the output of this name; empty for the system's default."""
        self._output.choose(name)

    @Slot(str)
    def _on_unplugged(self, name: str) -> None:
        if self.playing:
            self.pause()
            self.failed.emit(VoiceRecorderError(
                tr("Playing is paused: “{name}” was unplugged.", name=name),
                tr("Press play to go on through the output that is there."),
            ))  # fmt: skip

    # The work

    def _ready_player(self) -> QMediaPlayer | None:
        output = self._output.ready()
        if output is None:
            return None
        if self._player is None:
            from PySide6.QtMultimedia import QMediaPlayer

            self._player = QMediaPlayer(self)
            self._player.setAudioOutput(output)
            self._player.setPitchCompensation(True)
            self._player.positionChanged.connect(self._on_position)
            self._player.playbackStateChanged.connect(self._on_state)
            self._player.mediaStatusChanged.connect(self._on_status)
            self._player.errorOccurred.connect(self._on_error)
        return self._player

    def _set_position(self) -> None:
        assert self._player is not None
        self._seek_wanted = False
        self._player.setPosition(round(self._position_s * 1000))
        self._clock.jump(self._position_s)
        self._seeks.start()

    @Slot()
    def _seek_late(self) -> None:
        if self._seek_wanted and self._loaded:
            self._set_position()

    @property
    def _follows(self) -> bool:
        """Whether our place is the player's, and not the other way round."""
        return self._loaded and self._pending_s is None and not self._seek_wanted and not self._scrubbing

    @Slot()
    def _on_tick(self) -> None:
        if not self._follows or not self.playing:
            return
        before, now = self._position_s, min(self._clock.now(), self.duration_s)
        target = jump(before, now, self._loop, self._skipped, self._clock.speed)
        if target is not None and target < self.duration_s - NEAR_END_S:
            self._position_s = target
            self._set_position()
        else:
            self._position_s = now
        self.position_changed.emit(self._position_s)

    @Slot()
    def _on_position(self, milliseconds: int) -> None:
        if self._follows and self.playing:
            self._clock.hear(milliseconds / 1000)

    @Slot()
    def _on_state(self) -> None:
        playing = self.playing
        if playing:
            self._clock.jump(self._position_s)
            self._tick.start()
        else:
            self._tick.stop()
        self.playing_changed.emit(playing)

    @Slot()
    def _on_status(self) -> None:
        assert self._player is not None
        status, kinds = self._player.mediaStatus(), self._player.MediaStatus
        if status in (kinds.LoadedMedia, kinds.BufferedMedia) and self._pending_s is not None:
            pending, self._pending_s = self._pending_s, None
            if pending > 0:
                self._player.setPosition(round(pending * 1000))
            self._clock.jump(pending)
        elif status == kinds.EndOfMedia and self._source.error is None:
            self._on_end()

    def _on_end(self) -> None:
        if self._loop is not None and self._loop.end_s is not None:
            self._position_s = self._loop.start_s
            self.play()
        else:
            self._going = False
            self._position_s = self.duration_s
            self._shuttle_at(1.0)
        self.position_changed.emit(self._position_s)

    @Slot(object)
    def _on_broke(self, error: VoiceRecorderError) -> None:
        if self._source.error is error:
            self.failed.emit(error)
            self.stop()

    @Slot()
    def _on_error(self) -> None:
        assert self._player is not None
        if self._source.error is not None:
            return  # that is told by the device, in better words
        words = self._player.errorString()
        self.failed.emit(VoiceRecorderError(tr("The recording cannot be played."), f"{words}."))
        self.stop()
