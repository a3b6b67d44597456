"""What became of each of many."""

from dataclasses import dataclass

from voice_recorder.domain.errors import VoiceRecorderError


@dataclass(frozen=True)
class ItemResult:
    """What became of one of many recordings."""

    id: str
    ok: bool
    error: VoiceRecorderError | None = None
