"""What a take hears, and from whom: the microphone, or a voice made by arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from voice_recorder.audio.levels import Samples
from voice_recorder.domain.recording import AudioFormat


@dataclass(frozen=True)
class Sound:
    """Samples in the take's format; the first was heard at the monotonic time ``at``."""

    samples: Samples
    at: float
    quiet_s: float = 0.0
    """How long nobody had spoken at its end, where somebody listens for that."""
    was_held: bool = False
    """Whether it was given before, as ``Held``."""


@dataclass(frozen=True)
class Held:
    """Sound in which nobody speaks: heard, but not to be kept."""

    samples: Samples
    at: float
    quiet_s: float = 0.0


@dataclass(frozen=True)
class Voice:
    """What is kept begins again with a voice, or ends in silence."""

    speaks: bool


@dataclass(frozen=True)
class Pressed:
    """Record was pressed here; the sound before it was only in memory."""


@dataclass(frozen=True)
class Lost:
    """The device disappeared; the last sample was heard at ``at``."""

    device_name: str
    at: float


@dataclass(frozen=True)
class Changed:
    """Another device, or the same again, goes on after ``gap_s`` seconds without sound."""

    device_name: str
    gap_s: float


@dataclass(frozen=True)
class Dropped:
    """So many frames found no room in memory and are lost."""

    frames: int


Heard = Sound | Held | Voice | Pressed | Lost | Changed | Dropped


class SoundSource(Protocol):
    """A source that one thread reads until it closes it.

    ``format`` is what it delivers; ``notice`` says in words when it is not what was asked for; ``seeks``
    whether another device is looked for when this one is gone.
    """

    format: AudioFormat
    seeks: bool

    @property
    def device_name(self) -> str:
        """Whose sound it is."""

    @property
    def notice(self) -> str:
        """In words, what is not as it was asked for."""

    @property
    def is_lost(self) -> bool:
        """Whether no sound comes just now."""

    @property
    def started_at(self) -> float | None:
        """When the first sample was heard, by the monotonic clock; None before it came."""

    def has_heard_until(self, at: float) -> bool:
        """Whether all sound up to the monotonic time ``at`` has arrived."""

    def read(self) -> Iterator[Heard]:
        """What came since the last call, in its order."""

    def dropped_frames(self, *, at_end: bool = False) -> int:
        """The frames known to be lost; ``at_end`` with those that only the end of the sound shows."""

    def close(self) -> None:
        """End the sound."""


class Relay:
    """Stands between a source and a take; who inherits from it says by ``read`` what it hands on."""

    def __init__(self, source: SoundSource) -> None:
        self._source = source
        self.format = source.format

    @property
    def device_name(self) -> str:
        """Whose sound it is."""
        return self._source.device_name

    @property
    def notice(self) -> str:
        """What the source has to say of its format."""
        return self._source.notice

    @property
    def seeks(self) -> bool:
        """Whether another device is looked for when this one is gone."""
        return self._source.seeks

    @seeks.setter
    def seeks(self, seeks: bool) -> None:
        self._source.seeks = seeks

    @property
    def is_lost(self) -> bool:
        """Whether no sound comes just now."""
        return self._source.is_lost

    @property
    def started_at(self) -> float | None:
        """When the first sample was heard."""
        return self._source.started_at

    def has_heard_until(self, at: float) -> bool:
        """Whether all sound up to ``at`` has arrived."""
        return self._source.has_heard_until(at)

    def dropped_frames(self, *, at_end: bool = False) -> int:
        """The frames known to be lost."""
        return self._source.dropped_frames(at_end=at_end)

    def close(self) -> None:
        """End the sound."""
        self._source.close()
