"""What a running take says about itself: frozen values that may cross threads."""

from dataclasses import dataclass, field
from enum import StrEnum

from voice_recorder.domain.recording import AudioFormat, Health, TakeEvent


class TakeState(StrEnum):
    """Where a running take stands."""

    RECORDING = "recording"
    PAUSED = "paused"
    WAITING_FOR_DEVICE = "waiting_for_device"
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
    Warn.SILENT: "The microphone delivers only silence. Is it muted, or is another one meant?",
    Warn.TOO_LOW: "The input is very quiet. Move closer or raise its level.",
    Warn.CLIPPING: "The input is too loud and distorts. Move back or lower its level.",
    Warn.SAMPLES_LOST: "Some sound was lost because this computer was too busy.",
    Warn.DEVICE_LOST: "The microphone is gone. What was said is kept; the take goes on with the next one.",
    Warn.DISK_LOW: "The disk is nearly full. The take will be ended and kept when no room is left.",
    Warn.DISK_SLOW: "The disk is slow to write. Sound waits in memory; stop other heavy work.",
    Warn.LIBRARY_BUSY: "The library is busy. The sound is safe and will be listed later.",
}


@dataclass(frozen=True)
class TakeSnapshot:
    """A take at one moment. Levels are in dBFS, None for digital silence.

    ``recent_peaks`` are 0 to 1, newest last, ``PEAKS_PER_SECOND`` a second for the last few seconds.
    ``notice`` is a sentence to show once, such as a sample rate that the microphone did not offer.
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


PEAKS_PER_SECOND = 20
