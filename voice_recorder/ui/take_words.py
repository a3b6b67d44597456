"""What the recorder bar says: of a running take, and when there is none."""

from voice_recorder.domain.take import WARNINGS, TakeSnapshot, TakeState, Warn
from voice_recorder.ui.phrases import device, items

STAYS_HERE = "Your voice stays on this computer."
IS_SENT = "A copy goes to your backup by itself."
_BY_KEY, _BY_MOUSE = "Press R to record.", "Press the red button to record."
READY, READY_BY_MOUSE = f"{_BY_KEY} {STAYS_HERE}", f"{_BY_MOUSE} {STAYS_HERE}"
NO_MICROPHONE = "No microphone was found. Plug one in, and record."
LOST_AND_PAUSED = "Paused: the microphone is gone. What was said is kept; plug it in again, then go on."
LOST_AND_WAITING = "The microphone is gone. What was said is kept; plug one in and the recording goes on."
STATE_WORDS = {
    TakeState.RECORDING: "Recording",
    TakeState.PAUSED: "Paused",
    TakeState.WAITING_FOR_DEVICE: "Waiting for the microphone",
    TakeState.FINISHING: "Saving",
    TakeState.FINISHED: "Saved",
    TakeState.FAILED: "Ended",
}
LEVELS = (Warn.SILENT, Warn.CLIPPING, Warn.TOO_LOW)
"""Warnings of which one at a time is true: what the input does now, the most serious first."""


def ready_words(*, single_keys: bool, has_inputs: bool, where: str = STAYS_HERE) -> str:
    """What to do when there is no take, and where it will be then."""
    if not has_inputs:
        return NO_MICROPHONE
    return f"{_BY_KEY if single_keys else _BY_MOUSE} {where}".strip()


def take_words(snapshot: TakeSnapshot, notice: str, markers: int) -> str:
    """How a running take is, with the way out of what is wrong."""
    warnings = list(snapshot.warnings)
    for weaker in [w for w in LEVELS if w in warnings][1:]:
        warnings.remove(weaker)
    if Warn.DEVICE_LOST in warnings:
        rest = [w for w in warnings if w not in (*LEVELS, Warn.DEVICE_LOST)]
        lost = {TakeState.PAUSED: LOST_AND_PAUSED, TakeState.WAITING_FOR_DEVICE: LOST_AND_WAITING}
        words = lost.get(snapshot.state, WARNINGS[Warn.DEVICE_LOST])
        return " ".join([words, *(WARNINGS[w] for w in rest)])
    if warnings:
        return " ".join(WARNINGS[w] for w in warnings)
    facts = [STATE_WORDS[snapshot.state], device(snapshot.device_name)]
    if markers:
        facts.append(items(markers, "marker"))
    return " · ".join([*facts, *([notice] if notice else [])])
