"""Playing a recording. QtMultimedia is loaded when something is played for the first time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal, Slot

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.cloud_device import CloudDevice
from voice_recorder.ui.input_watch import quiet_multimedia

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer

    from voice_recorder.services.fetching import CloudAudio

BACK_S = 15.0
AHEAD_S = 30.0
MISSING = "The audio file is missing."
NO_OUTPUT = "There is no sound output. Plug in headphones or loudspeakers, then press play again."


class Player(QObject):
    """One recording at a time; knows its place also before anything was loaded."""

    position_changed = Signal(float)
    playing_changed = Signal(bool)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player: QMediaPlayer | None = None
        self._output: QAudioOutput | None = None
        self._path: Path | None = None
        self._cloud: CloudAudio | None = None
        self._device: CloudDevice | None = None
        self._loaded: Path | None = None
        self._duration_s = 0.0
        self._position_s = 0.0
        self._speed = 1.0
        self._output_name = ""
        self._pending_s: float | None = None

    @property
    def playing(self) -> bool:
        """Whether sound is coming out."""
        player = self._player
        return player is not None and player.playbackState() == player.PlaybackState.PlayingState

    @property
    def position_s(self) -> float:
        """Where playing goes on."""
        return self._position_s

    def show_recording(self, path: Path | None, duration_s: float, cloud: CloudAudio | None = None) -> None:
        """Take another file; nothing is opened yet.

        ``cloud`` is where the sound comes from when there is no such file: the copy that was fetched before,
        or one that is heard while it comes.
        """
        self._cloud = cloud
        if path == self._path:
            return
        self.stop()
        self._path, self._duration_s, self._position_s = path, duration_s, 0.0
        self.position_changed.emit(0.0)

    def set_speed(self, speed: float) -> None:
        """0.5 to 3 times as fast, the pitch kept."""
        self._speed = speed
        if self._player is not None:
            self._player.setPlaybackRate(speed)

    def set_output(self, name: str) -> None:
        """Play through the output of this name; empty for the system's default."""
        self._output_name = name
        if self._output is not None:
            self._choose_output()

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
        if not self._is_there():
            place = f"{self._path.name} is not in its folder. " if self._path else ""
            self.failed.emit(VoiceRecorderError(MISSING, f"{place}Put it back and try again."))
            return
        player = self._ready_player()
        if player is None:
            self.failed.emit(VoiceRecorderError(NO_OUTPUT))
            return
        if self._position_s >= self._duration_s - 0.05:
            self._position_s = 0.0
        if self._loaded != self._path:
            self._loaded = self._path
            self._pending_s = self._position_s
            self._load(player)
        else:
            player.setPosition(round(self._position_s * 1000))
        player.setPlaybackRate(self._speed)
        player.play()

    def _is_there(self) -> bool:
        here = self._path is not None and self._path.is_file()
        return here or self._cloud is not None or self._device is not None

    def _load(self, player: QMediaPlayer) -> None:
        """Have the player open the file, the copy that was fetched, or the one that is still to come."""
        path = self._path if self._path is not None and self._path.is_file() else None
        if path is None and self._cloud is not None:
            path = self._cloud.cached()
        if path is not None:
            player.setSource(QUrl.fromLocalFile(str(path)))
        elif self._cloud is not None:
            self._device = CloudDevice(self._cloud.open(), self)
            self._device.broke.connect(self._on_broke)
            player.setSourceDevice(self._device, QUrl(f"copy.{self._cloud.suffix}"))

    @Slot()
    def pause(self) -> None:
        """Hold here."""
        if self._player is not None:
            self._player.pause()

    def stop(self) -> None:
        """End and let go of the file; what came from the cloud is kept for the next time."""
        if self._device is not None:
            self._device.end()  # first: the player waits for a read that waits
        if self._player is not None:
            self._player.stop()
            self._player.setSource(QUrl())
        if self._device is not None:
            self._device.deleteLater()
            self._device = None
        self._loaded = None
        self._pending_s = None

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Go to a place."""
        self._position_s = min(max(0.0, seconds), self._duration_s)
        if self._player is not None and self._loaded is not None:
            self._player.setPosition(round(self._position_s * 1000))
        self.position_changed.emit(self._position_s)

    @Slot()
    def back(self) -> None:
        """Fifteen seconds back."""
        self.seek(self._position_s - BACK_S)

    @Slot()
    def ahead(self) -> None:
        """Thirty seconds ahead."""
        self.seek(self._position_s + AHEAD_S)

    def _ready_player(self) -> QMediaPlayer | None:
        quiet_multimedia()
        from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer

        if not QMediaDevices.audioOutputs():
            return None
        if self._player is None:
            self._player = QMediaPlayer(self)
            self._output = QAudioOutput(self)
            self._player.setAudioOutput(self._output)
            self._player.setPitchCompensation(True)
            self._player.positionChanged.connect(self._on_position)
            self._player.playbackStateChanged.connect(self._on_state)
            self._player.mediaStatusChanged.connect(self._on_status)
            self._player.errorOccurred.connect(self._on_error)
            self._choose_output()
        return self._player

    def _choose_output(self) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        assert self._output is not None
        named = [d for d in QMediaDevices.audioOutputs() if d.description() == self._output_name]
        self._output.setDevice(named[0] if named else QMediaDevices.defaultAudioOutput())

    @Slot()
    def _on_position(self, milliseconds: int) -> None:
        if self._loaded is not None and self._pending_s is None and self.playing:
            self._position_s = milliseconds / 1000
            self.position_changed.emit(self._position_s)

    @Slot()
    def _on_state(self) -> None:
        self.playing_changed.emit(self.playing)

    @Slot()
    def _on_status(self) -> None:
        assert self._player is not None
        status, kinds = self._player.mediaStatus(), self._player.MediaStatus
        if status in (kinds.LoadedMedia, kinds.BufferedMedia) and self._pending_s is not None:
            pending, self._pending_s = self._pending_s, None
            if pending > 0:
                self._player.setPosition(round(pending * 1000))
        elif status == kinds.EndOfMedia and not self._has_broken():
            self._position_s = self._duration_s
            self.position_changed.emit(self._duration_s)

    @Slot(object)
    def _on_broke(self, error: VoiceRecorderError) -> None:
        if self._device is not None and self._device.error is error:
            self.failed.emit(error)
            self.stop()

    def _has_broken(self) -> bool:
        return self._device is not None and self._device.error is not None

    @Slot()
    def _on_error(self) -> None:
        assert self._player is not None
        if self._has_broken():
            return  # that is told by the device, in better words
        self.failed.emit(
            VoiceRecorderError("The recording cannot be played.", f"{self._player.errorString()}.")
        )
        self.stop()
