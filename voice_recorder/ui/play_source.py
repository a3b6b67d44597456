"""Where the sound of a recording comes from, and how the media player gets it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.cloud_device import CloudDevice
from voice_recorder.ui.language import tr
from voice_recorder.ui.render_device import Heard, RenderDevice

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtMultimedia import QMediaPlayer

    from voice_recorder.services.fetching import CloudAudio


@dataclass
class PlaySource:
    """A file, the copy that was fetched, one that is still to come, or what is rendered from edits."""

    path: Path | None = None
    cloud: CloudAudio | None = None
    heard: Heard | None = None
    preview: Timeline | None = None
    device: CloudDevice | RenderDevice | None = None

    def is_heard_as(self, path: Path | None, heard: Heard | None) -> bool:
        """Whether that would sound the same."""
        return path == self.path and heard == self.heard

    def is_of(self, heard: Heard | None) -> bool:
        """Whether that is the same recording, edited or not."""
        return heard is not None and self.heard is not None and heard.recording.id == self.heard.recording.id

    @property
    def rendered(self) -> Heard | None:
        """What must be rendered to be heard; None for a file that is played as it is."""
        if self.heard is None:
            return None
        if self.preview is not None:
            return replace(self.heard, timeline=self.preview)
        return None if self.heard.is_file else self.heard

    @property
    def error(self) -> VoiceRecorderError | None:
        """Why what was opened cannot be read any more."""
        return self.device.error if self.device is not None else None

    @property
    def missing(self) -> VoiceRecorderError | None:
        """Why there is nothing to open, in words; None when there is."""
        here = self.path is not None and self.path.is_file()
        if here or self.cloud is not None or self.device is not None or self.rendered is not None:
            return None
        name = tr("{name} is not in its folder.", name=self.path.name) + " " if self.path else ""
        return VoiceRecorderError(tr("The audio file is missing."), name + tr("Put it back and try again."))

    def open(
        self, player: QMediaPlayer, parent: QObject, broke: Callable[[VoiceRecorderError], None]
    ) -> None:
        """Have ``player`` open it; ``broke``, a bound slot, hears when a device fails."""
        rendered, path = self.rendered, self.path
        if path is None or not path.is_file():
            path = self.cloud.cached() if self.cloud is not None else None
        if rendered is not None:
            self.device = RenderDevice(rendered, parent)
            name = "rendered.wav"
        elif path is not None:
            player.setSource(QUrl.fromLocalFile(str(path)))
            return
        elif self.cloud is not None:
            self.device = CloudDevice(self.cloud.open(), parent)
            name = f"copy.{self.cloud.suffix}"
        else:
            return
        self.device.broke.connect(broke)
        player.setSourceDevice(self.device, QUrl(name))

    def close(self, player: QMediaPlayer | None) -> None:
        """Let go of files and copies; what came from the cloud is kept for the next time."""
        if self.device is not None:
            self.device.end()  # first: the player waits for a read that waits
        if player is not None:
            player.stop()
            player.setSource(QUrl())
        if self.device is not None:
            self.device.deleteLater()
            self.device = None
