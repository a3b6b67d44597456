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


Heard = Sound | Lost | Changed | Dropped


class SoundSource(Protocol):
    """A source that one thread reads until it closes it.

    ``format`` is what it delivers; ``notice`` says in words when it is not what was asked for; ``seeks``
    whether another device is looked for when this one is gone.
    """

    format: AudioFormat
    device_name: str
    notice: str
    seeks: bool

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
