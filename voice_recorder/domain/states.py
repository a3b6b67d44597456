"""The states of a recording and the changes between them that are legal, declared once."""

from enum import StrEnum


class RecordingState(StrEnum):
    """What a person can expect of a recording right now."""

    RECORDING = "recording"
    RECORDED = "recorded"
    MISSING = "missing"
    DAMAGED = "damaged"
    CLOUD_ONLY = "cloud_only"
    TRASHED = "trashed"


class MasterState(StrEnum):
    """Where one audio file stands. The recording's state follows from those of its masters."""

    RECORDING = "recording"
    RECORDED = "recorded"
    MISSING = "missing"
    DAMAGED = "damaged"
    FREED = "freed"
    """Removed here on its owner's wish; its proved cloud copy is the only one."""


_S = MasterState
LEGAL_CHANGES: dict[MasterState, frozenset[MasterState]] = {
    _S.RECORDING: frozenset({_S.RECORDED, _S.MISSING, _S.DAMAGED}),
    _S.RECORDED: frozenset({_S.MISSING, _S.DAMAGED, _S.FREED}),
    _S.MISSING: frozenset({_S.RECORDED, _S.DAMAGED}),
    _S.DAMAGED: frozenset({_S.RECORDED, _S.MISSING}),
    _S.FREED: frozenset({_S.RECORDED, _S.MISSING}),
}

# The worst state of a master is the state of its recording.
_BY_URGENCY = (_S.RECORDING, _S.MISSING, _S.DAMAGED, _S.FREED, _S.RECORDED)
_SEEN_AS = {_S.FREED: RecordingState.CLOUD_ONLY}


def is_legal(before: MasterState, after: MasterState) -> bool:
    """Whether a master may go from ``before`` to ``after``; staying is always legal."""
    return before == after or after in LEGAL_CHANGES[before]


def recording_state(masters: list[MasterState], *, trashed: bool) -> RecordingState:
    """The state of a recording with these masters; one without any is *missing*."""
    if trashed:
        return RecordingState.TRASHED
    for state in _BY_URGENCY:
        if state in masters:
            return _SEEN_AS.get(state) or RecordingState(state.value)
    return RecordingState.MISSING
