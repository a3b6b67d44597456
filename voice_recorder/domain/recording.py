"""A recording and its parts, as frozen values that may cross threads.

Frames count from 0 at the start of a master; a frame holds one sample per channel.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from voice_recorder.domain.states import MasterState, RecordingState, recording_state
from voice_recorder.domain.transfers import OFF, SyncStatus


@dataclass(frozen=True)
class AudioFormat:
    """The format in which a take is captured: PCM of 16 or 24 bits."""

    sample_rate_hz: int = 48000
    channels: int = 1
    bit_depth: int = 16

    @property
    def bytes_per_frame(self) -> int:
        """Size of one frame in a file."""
        return self.channels * self.bit_depth // 8

    @property
    def bytes_per_second(self) -> int:
        """Data rate in a file."""
        return self.bytes_per_frame * self.sample_rate_hz


@dataclass(frozen=True)
class Health:
    """What the take was like. Shares are of all frames, 0 to 1; peak is in dBFS, None when all is silent."""

    dropped_samples: int = 0
    clipped_share: float = 0.0
    silent_share: float = 0.0
    peak_dbfs: float | None = None


class TakeEventKind(StrEnum):
    """What can happen in the middle of a take."""

    PAUSED = "paused"
    RESUMED = "resumed"
    DEVICE_LOST = "device_lost"
    DEVICE_CHANGED = "device_changed"
    SAMPLES_LOST = "samples_lost"
    SUSPENDED = "suspended"
    DISK_LOW = "disk_low"
    ENDED_DISK_FULL = "ended_disk_full"
    PRE_RECORDED = "pre_recorded"


@dataclass(frozen=True)
class TakeEvent:
    """Something that happened at ``frame`` of a master; ``length_frames`` is the gap it left, if any."""

    kind: TakeEventKind
    frame: int
    length_frames: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Marker:
    """A named place in a master."""

    master_id: str
    frame: int
    label: str = ""


@dataclass(frozen=True)
class Master:
    """An audio file exactly as it came from the microphone or from an import.

    ``name`` is the file's name inside the recordings folder (or, once trashed, the trash folder).
    ``overview`` holds one byte per column, the height of that stretch from 0 to 255; empty until it is read.
    """

    id: str
    name: str
    state: MasterState
    created_at: datetime
    frames: int
    sample_rate_hz: int
    channels: int
    bit_depth: int | None
    format: str
    codec: str
    bitrate_bps: int | None
    mime_type: str
    size_bytes: int
    sha256: str | None
    samples_sha256: str | None
    health: Health = field(default_factory=Health)
    events: tuple[TakeEvent, ...] = ()
    overview: bytes = b""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate_hz


def take_master(
    master_id: str,
    name: str,
    state: MasterState,
    created_at: datetime,
    audio_format: AudioFormat,
    *,
    frames: int = 0,
    size_bytes: int = 0,
    samples_sha256: str | None = None,
    health: Health | None = None,
    events: tuple[TakeEvent, ...] = (),
) -> Master:
    """The master of a take of this program: a WAV file whose SHA-256 is still to be taken."""
    return Master(
        id=master_id,
        name=name,
        state=state,
        created_at=created_at,
        frames=frames,
        sample_rate_hz=audio_format.sample_rate_hz,
        channels=audio_format.channels,
        bit_depth=audio_format.bit_depth,
        format="wav",
        codec=f"pcm_s{audio_format.bit_depth}le",
        bitrate_bps=audio_format.bytes_per_second * 8,
        mime_type="audio/wav",
        size_bytes=size_bytes,
        sha256=None,
        samples_sha256=samples_sha256,
        health=health or Health(),
        events=events,
    )


@dataclass(frozen=True)
class Ramp:
    """A gain that runs straight from ``start`` to ``end`` over a segment; 1 leaves the level as it is."""

    start: float
    end: float

    @property
    def is_steady(self) -> bool:
        """Whether it is the same throughout."""
        return self.start == self.end

    def part(self, from_share: float, to_share: float) -> "Ramp":
        """What of it falls between two shares of the segment, 0 to 1."""
        if self.is_steady:
            return self
        return Ramp(self.at(from_share), self.at(to_share))

    def at(self, share: float) -> float:
        """The gain at a share of the segment, 0 to 1; exactly ``start`` and ``end`` at its ends."""
        return self.start * (1 - share) + self.end * share


@dataclass(frozen=True)
class Segment:
    """A stretch of a master in the edit list: frames ``from_frame`` up to but not including ``to_frame``.

    It is heard with all ``gains`` multiplied, and with less noise when ``noise_reduced``.
    """

    master_id: str
    from_frame: int
    to_frame: int
    gains: tuple[Ramp, ...] = ()
    noise_reduced: bool = False

    @property
    def frames(self) -> int:
        """Its length in frames of its master."""
        return self.to_frame - self.from_frame

    def part(self, start: int, end: int) -> "Segment":
        """Its frames ``start`` up to but not including ``end``, counted from its own beginning."""
        shares = start / self.frames, end / self.frames
        gains = tuple(gain.part(*shares) for gain in self.gains)
        return replace(self, from_frame=self.from_frame + start, to_frame=self.from_frame + end, gains=gains)


@dataclass(frozen=True)
class HistoryEntry:
    """One thing that happened to a recording; it outlives the recording."""

    at: datetime
    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Recording:
    """One row of the library.

    An empty ``edit_list`` means: all masters, one after another, as they are.
    """

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    utc_offset_min: int
    masters: tuple[Master, ...]
    edit_list: tuple[Segment, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    folder: str | None = None
    favourite: bool = False
    archived: bool = False
    recovered: bool = False
    trashed_at: datetime | None = None
    sync: SyncStatus = OFF

    @property
    def state(self) -> RecordingState:
        """The worst state of its masters, or *trashed*."""
        return recording_state([m.state for m in self.masters], trashed=self.trashed_at is not None)

    @property
    def duration_s(self) -> float:
        """Length as it is heard, in seconds."""
        if not self.edit_list:
            return sum(m.duration_s for m in self.masters)
        rates = {m.id: m.sample_rate_hz for m in self.masters}
        return sum((s.to_frame - s.from_frame) / rates[s.master_id] for s in self.edit_list)

    @property
    def size_bytes(self) -> int:
        """Size of all masters together."""
        return sum(m.size_bytes for m in self.masters)

    @property
    def local_time(self) -> datetime:
        """When it was made, by the clock of the place where it was made."""
        return self.created_at.astimezone(timezone(timedelta(minutes=self.utc_offset_min)))


def default_title(at: datetime) -> str:
    """The name a recording has until its owner gives it one: the local date and time of ``at``."""
    return at.strftime("%Y-%m-%d %H.%M.%S")
