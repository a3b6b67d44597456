"""What a running take says about itself: frozen values that may cross threads."""

from dataclasses import dataclass, field
from enum import StrEnum

from voice_recorder.domain.recording import AudioFormat, Health, TakeEvent
from voice_recorder.domain.words import tr


class TakeState(StrEnum):
    """Where a running take stands."""

    RECORDING = "recording"
    PAUSED = "paused"
    WAITING_FOR_DEVICE = "waiting_for_device"
    WAITING_FOR_VOICE = "waiting_for_voice"
    FINISHING = "finishing"
    FINISHED = "finished"
    FAILED = "failed"


class Warn(StrEnum):
    """What a running take speaks up about; ``WARNINGS`` has the words."""

    SILENT = "silent"
    TOO_LOW = "too_low"
    CLIPPING = "clipping"
    SAMPLES_LOST = "samples_lost"
    DEVICE_LOST = "device_lost"
    DISK_LOW = "disk_low"
    DISK_SLOW = "disk_slow"
    LIBRARY_BUSY = "library_busy"


WARNINGS: dict[Warn, str] = {
    Warn.SILENT: tr("The microphone delivers only silence. Is it muted, or is another one meant?"),
    Warn.TOO_LOW: tr("The input is very quiet. Move closer or raise its level."),
    Warn.CLIPPING: tr("The input is too loud and distorts. Move back or lower its level."),
    Warn.SAMPLES_LOST: tr("Some sound was lost because this computer was too busy."),
    Warn.DEVICE_LOST: tr(
        "The microphone is gone. What was said is kept; the take goes on with the next one."
    ),
    Warn.DISK_LOW: tr("The disk is nearly full. The take will be ended and kept when no room is left."),
    Warn.DISK_SLOW: tr("The disk is slow to write. Sound waits in memory; stop other heavy work."),
    Warn.LIBRARY_BUSY: tr("The library is busy. The sound is safe and will be listed later."),
}


@dataclass(frozen=True)
class TakePlan:
    """How a take goes beyond pressing Record and Stop.

    A ``voice_activated`` one waits for a voice and pauses when none was heard for ``pause_after_s``. It goes
    on in a new recording after ``split_after_s`` of sound, or when nobody spoke for ``split_silence_s`` and
    the recording has at least ``shortest_part_s``; None never.
    """

    voice_activated: bool = False
    pause_after_s: float = 3.0
    split_after_s: float | None = None
    split_silence_s: float | None = None
    shortest_part_s: float = 60.0

    @property
    def needs_ears(self) -> bool:
        """Whether voice has to be told from silence."""
        return self.voice_activated or self.split_silence_s is not None


@dataclass(frozen=True)
class TakeSnapshot:
    """A take at one moment. Levels are in dBFS, None for digital silence.

    ``recent_peaks`` are 0 to 1, newest last, ``PEAKS_PER_SECOND`` a second for the last few seconds.
    ``notice`` is a sentence to show once, such as a sample rate that the microphone did not offer. ``part``
    counts the recordings of a take that is split; ``stops_in_s`` is the time until it ends by itself;
    ``before_s`` is how much was kept from before Record was pressed.
    """

    recording_id: str
    title: str
    state: TakeState
    format: AudioFormat
    device_name: str
    elapsed_s: float = 0.0
    peak_dbfs: float | None = None
    rms_dbfs: float | None = None
    health: Health = field(default_factory=Health)
    warnings: tuple[Warn, ...] = ()
    events: tuple[TakeEvent, ...] = ()
    time_left_s: float | None = None
    recent_peaks: tuple[float, ...] = ()
    notice: str = ""
    part: int = 1
    stops_in_s: float | None = None
    before_s: float = 0.0


PEAKS_PER_SECOND = 20
