"""Starting takes and level meters, listening before a take: whoever wants the microphone asks here."""

import time
from datetime import datetime

from voice_recorder.audio.capture import InputStream
from voice_recorder.audio.devices import choose, list_inputs
from voice_recorder.audio.levels import measure, to_dbfs
from voice_recorder.domain.errors import CaptureError
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.settings import DeviceLoss, Settings
from voice_recorder.domain.take import TakePlan
from voice_recorder.domain.words import tr
from voice_recorder.services.listening import Listening
from voice_recorder.services.microphone import Microphone
from voice_recorder.services.preflight import Preflight, refuse_if_blocked
from voice_recorder.services.sound_source import SoundSource
from voice_recorder.services.take import Take
from voice_recorder.services.voice_gate import with_ears
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile

ENDS_WITHIN_S = 10.0


class Meter:
    """Shows the level of a microphone without recording it."""

    def __init__(self, stream: InputStream) -> None:
        self._stream = stream
        self.is_closed = False

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
        self.is_closed = True


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
        self._listening: Listening | None = None
        self._listens_to: object = None  # what the settings said when it began

    @property
    def running(self) -> Take | None:
        """The take that runs now."""
        return self._take if self._take is not None and not self._take.is_done else None

    def warm_up(self) -> None:
        """Load the sound library, so that the first Record need not wait for it. NoInputDevice without it."""
        list_inputs()

    def plan(self) -> TakePlan:
        """How the settings want a take to go."""
        now = self._settings.current
        return TakePlan(
            voice_activated=now.take_voice_activated,
            pause_after_s=now.take_voice_pause_s,
            split_after_s=now.take_split_min * 60 or None,
            split_silence_s=now.take_split_silence_s or None,
            shortest_part_s=now.take_split_shortest_s,
        )

    def start(
        self,
        title: str | None = None,
        device: str | None = None,
        *,
        limit_s: float | None = None,
        plan: TakePlan | None = None,
        ends_at: datetime | None = None,
    ) -> Take:
        """Start a take from ``device`` (index, name, part of a name), else from the input of the settings.

        ``limit_s`` ends it by itself after so many seconds of sound, ``ends_at`` at that time. What was
        heard while listening stands in front of it, unless it waits for a voice.
        Raises PreflightBlocked when the latest verdict is *blocked*, RecordingsAway, DeviceUnavailable,
        StorageError.
        """
        pressed_at = time.monotonic()
        if self.running:
            raise CaptureError(tr("A take is already running."), tr("Stop it first."))
        self._preflight.look_at_folder()
        if self._preflight.latest is not None:
            refuse_if_blocked(self._preflight.latest)
        self._close_meter()
        now = self._settings.current
        listening, self._listening = self._listening, None
        source: SoundSource
        if listening is not None and not device and self._listens_to == self._wanted(now):
            source = listening.hand_over(pressed_at)
        else:
            if listening is not None:
                listening.close()
            source = Microphone(device, now.audio_device, self._preflight.take_format())
        return self.start_from(
            source,
            title,
            when_lost=DeviceLoss(now.audio_when_device_lost),
            limit_s=limit_s,
            plan=plan,
            ends_at=ends_at,
        )

    def start_from(
        self,
        source: SoundSource,
        title: str | None = None,
        *,
        when_lost: DeviceLoss = DeviceLoss.CONTINUE,
        limit_s: float | None = None,
        plan: TakePlan | None = None,
        ends_at: datetime | None = None,
    ) -> Take:
        """Start a take from an open ``source``, which the take closes. StorageError."""
        plan = plan or TakePlan()
        try:
            take = Take(
                with_ears(source, plan), title, self._config, self._library,
                when_lost=when_lost, limit_s=limit_s, plan=plan, ends_at=ends_at,
            )  # fmt: skip
        except BaseException:
            source.close()
            raise
        take.start()
        self._take = take
        return take

    def listen(self) -> int:
        """Keep the last seconds in memory while no take runs, if the settings say so: how many, 0 for none.

        To be called again when a take or a test of the microphone has ended, and when a setting has changed.
        DeviceUnavailable.
        """
        now = self._settings.current
        wanted = self._wanted(now)
        is_wanted = now.take_pre_record_s > 0 and not now.take_voice_activated and not self.running
        if self._listening is not None and (not is_wanted or wanted != self._listens_to):
            self._close_listening()
        is_free = self._meter is None or self._meter.is_closed
        if is_wanted and is_free and self._listening is None:
            microphone = Microphone(None, now.audio_device, self._preflight.take_format())
            self._listening = Listening(microphone, now.take_pre_record_s)
            self._listens_to = wanted
        return now.take_pre_record_s if self._listening is not None else 0

    @staticmethod
    def _wanted(now: Settings) -> object:
        return (
            now.audio_device, now.audio_sample_rate_hz, now.audio_channels, now.audio_bit_depth,
            now.take_pre_record_s,
        )  # fmt: skip

    def close(self) -> None:
        """Give the microphone back, unless a take has it."""
        self._close_listening()
        self._close_meter()

    def end(self) -> None:
        """Stop a take that still runs, and give the microphone back; what was heard is kept."""
        if self.running:
            self.running.stop()
            self.running.wait(ENDS_WITHIN_S)
        self.close()

    def open_meter(self, device: str | None = None) -> Meter:
        """A level meter on ``device``; a take that starts closes it."""
        if self.running:
            raise CaptureError(tr("A take is running."), tr("Its level is shown already."))
        self.close()
        wanted = choose(list_inputs(), device or self._settings.current.audio_device)
        channels = min(self._settings.current.audio_channels, wanted.max_channels)
        self._meter = Meter(InputStream(wanted, AudioFormat(wanted.default_sample_rate_hz, channels)))
        return self._meter

    def _close_meter(self) -> None:
        if self._meter is not None:
            self._meter.close()
            self._meter = None

    def _close_listening(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
