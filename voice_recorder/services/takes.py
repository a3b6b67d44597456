"""Starting takes and level meters: whoever wants the microphone asks here."""

from voice_recorder.audio.capture import InputStream
from voice_recorder.audio.devices import choose, list_inputs
from voice_recorder.audio.levels import measure, to_dbfs
from voice_recorder.domain.errors import CaptureError
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.settings import DeviceLoss
from voice_recorder.services.microphone import Microphone
from voice_recorder.services.preflight import Preflight, refuse_if_blocked
from voice_recorder.services.sound_source import SoundSource
from voice_recorder.services.take import Take
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile


class Meter:
    """Shows the level of a microphone without recording it."""

    def __init__(self, stream: InputStream) -> None:
        self._stream = stream

    def levels(self) -> tuple[float | None, float | None]:
        """Peak and RMS in dBFS since the last call; None for digital silence or nothing yet."""
        samples = self._stream.read()
        if not len(samples):
            return None, None
        block = measure(samples)
        return to_dbfs(block.peak), to_dbfs(block.mean_square**0.5)

    def close(self) -> None:
        """Give the microphone back."""
        self._stream.close()


class TakeService:
    """Starts takes; one at a time runs in this process."""

    def __init__(
        self, config: StorageConfig, settings: SettingsFile, library: Library, preflight: Preflight
    ) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._preflight = preflight
        self._take: Take | None = None
        self._meter: Meter | None = None

    @property
    def running(self) -> Take | None:
        """The take that runs now."""
        return self._take if self._take is not None and not self._take.is_done else None

    def warm_up(self) -> None:
        """Load the sound library, so that the first Record need not wait for it. NoInputDevice without it."""
        list_inputs()

    def start(
        self, title: str | None = None, device: str | None = None, *, limit_s: float | None = None
    ) -> Take:
        """Start a take from ``device`` (index, name, part of a name), else from the input of the settings.

        ``limit_s`` ends it by itself after so many seconds of sound.
        Raises PreflightBlocked when the latest verdict is *blocked*, DeviceUnavailable, StorageError.
        """
        if self.running:
            raise CaptureError("A take is already running.", "Stop it first.")
        if self._preflight.latest is not None:
            refuse_if_blocked(self._preflight.latest)
        self._close_meter()
        now = self._settings.current
        microphone = Microphone(device, now.audio_device, self._preflight.take_format())
        return self.start_from(
            microphone, title, when_lost=DeviceLoss(now.audio_when_device_lost), limit_s=limit_s
        )

    def start_from(
        self,
        source: SoundSource,
        title: str | None = None,
        *,
        when_lost: DeviceLoss = DeviceLoss.CONTINUE,
        limit_s: float | None = None,
    ) -> Take:
        """Start a take from an open ``source``, which the take closes. StorageError."""
        try:
            take = Take(source, title, self._config, self._library, when_lost=when_lost, limit_s=limit_s)
        except BaseException:
            source.close()
            raise
        take.start()
        self._take = take
        return take

    def open_meter(self, device: str | None = None) -> Meter:
        """A level meter on ``device``; a take that starts closes it."""
        if self.running:
            raise CaptureError("A take is running.", "Its level is shown already.")
        self._close_meter()
        wanted = choose(list_inputs(), device or self._settings.current.audio_device)
        channels = min(self._settings.current.audio_channels, wanted.max_channels)
        self._meter = Meter(InputStream(wanted, AudioFormat(wanted.default_sample_rate_hz, channels)))
        return self._meter

    def _close_meter(self) -> None:
        if self._meter is not None:
            self._meter.close()
            self._meter = None
