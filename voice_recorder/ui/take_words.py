"""What the recorder bar says: of a running take, and when there is none."""

from voice_recorder.domain.take import WARNINGS, TakeSnapshot, TakeState, Warn
from voice_recorder.domain.words import tr
from voice_recorder.ui import language
from voice_recorder.ui.phrases import clock, device
from voice_recorder.ui.said import said

STAYS_HERE = tr("Your voice stays on this computer.")
IS_SENT = tr("A copy goes to your backup by itself.")
_BY_KEY, _BY_MOUSE = tr("Press R to record."), tr("Press the red button to record.")
_VOICE_BY_KEY = tr("Press R to record as soon as somebody speaks.")
_VOICE_BY_MOUSE = tr("Press the red button to record as soon as somebody speaks.")
READY, READY_BY_MOUSE = f"{_BY_KEY} {STAYS_HERE}", f"{_BY_MOUSE} {STAYS_HERE}"
NO_MICROPHONE = tr("No microphone was found. Plug one in, and record.")
LOST_AND_PAUSED = tr("Paused: the microphone is gone. What was said is kept; plug it in again, then go on.")
LOST_AND_WAITING = tr("The microphone is gone. What was said is kept; plug one in and the recording goes on.")
STATE_WORDS = {
    TakeState.RECORDING: tr("Recording"),
    TakeState.PAUSED: tr("Paused"),
    TakeState.WAITING_FOR_DEVICE: tr("Waiting for the microphone"),
    TakeState.WAITING_FOR_VOICE: tr("Waiting for a voice"),
    TakeState.FINISHING: tr("Saving"),
    TakeState.FINISHED: tr("Saved"),
    TakeState.FAILED: tr("Ended"),
}
LEVELS = (Warn.SILENT, Warn.CLIPPING, Warn.TOO_LOW)
"""Warnings of which one at a time is true: what the input does now, the most serious first."""


def ready_words(
    *, single_keys: bool, has_inputs: bool, where: str = STAYS_HERE, waits_for_voice: bool = False
) -> str:
    """What to do when there is no take, and where it will be then."""
    if not has_inputs:
        return language.tr(NO_MICROPHONE)
    if waits_for_voice:
        how = _VOICE_BY_KEY if single_keys else _VOICE_BY_MOUSE
    else:
        how = _BY_KEY if single_keys else _BY_MOUSE
    return f"{language.tr(how)} {language.tr(where)}".strip()


def listening_words(seconds: int) -> str:
    """That the microphone is heard although nothing is recorded."""
    return language.tr("Listening: the last {seconds} s are kept in memory.", seconds=seconds)


def take_words(snapshot: TakeSnapshot, notice: str, markers: int) -> str:
    """How a running take is, with the way out of what is wrong."""
    warnings = list(snapshot.warnings)
    for weaker in [w for w in LEVELS if w in warnings][1:]:
        warnings.remove(weaker)
    if Warn.DEVICE_LOST in warnings:
        rest = [w for w in warnings if w not in (*LEVELS, Warn.DEVICE_LOST)]
        lost = {TakeState.PAUSED: LOST_AND_PAUSED, TakeState.WAITING_FOR_DEVICE: LOST_AND_WAITING}
        words = lost.get(snapshot.state, WARNINGS[Warn.DEVICE_LOST])
        return " ".join(language.tr(w) for w in (words, *(WARNINGS[w] for w in rest)))
    if warnings:
        return " ".join(language.tr(WARNINGS[w]) for w in warnings)
    return " · ".join([*_facts(snapshot, markers), *([said(notice)] if notice else [])])


def _facts(snapshot: TakeSnapshot, markers: int) -> list[str]:
    """State and device, then only what is not as with most takes."""
    facts = [language.tr(STATE_WORDS[snapshot.state])]
    if snapshot.stops_in_s is not None:  # what changes stands where it does not push anything
        facts.append(language.tr("Stops in {time}", time=clock(snapshot.stops_in_s)))
    if snapshot.part > 1:
        facts.append(language.tr("Part {number}", number=snapshot.part))
    facts.append(device(snapshot.device_name))
    if snapshot.before_s:
        facts.append(language.tr("begins {seconds} s before Record", seconds=round(snapshot.before_s)))
    if markers:
        facts.append(language.tr("%n marker(s)", "", markers))
    return facts
