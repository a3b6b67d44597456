"""The queue to the cloud in words: for the recorder bar, and for the panel behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from voice_recorder.domain.transfers import PENDING, TransferState
from voice_recorder.services.queue_state import QueueState
from voice_recorder.storage.queue_rows import QueueRow
from voice_recorder.ui.backup_words import place_words, speed, wait_words
from voice_recorder.ui.phrases import items, size

if TYPE_CHECKING:
    from voice_recorder.services.activity import Activity

_S = TransferState


@dataclass(frozen=True)
class Indicator:
    """What the recorder bar says of the queue; ``text`` empty: nothing is shown."""

    text: str = ""
    icon: str = "cloud"
    role: str = "muted"
    tip: str = ""


def indicator(state: QueueState, moving: int, obstacle: str, not_backed_up: int) -> Indicator:
    """The queue in two words. ``moving`` entries are under way; ``obstacle`` is why none is, if so."""
    if not state.place:
        return Indicator()
    moving = moving or state.under_way
    hopeless = state.count(_S.REMOVED) + (state.count(_S.FAILED) if state.next_at is None else 0)
    summary = counts_words(state, moving)
    found = Indicator(
        "All backed up", "cloud-tick", "good", f"Every recording is in {place_words(state.place)}."
    )
    if state.halted:
        found = Indicator("Needs attention", "alert", "caution", state.halted)
    elif moving:
        found = Indicator(f"Sending {moving}", "arrow-up", "accent", summary)
    elif state.paused:
        found = Indicator("Paused", "pause", "muted", f"Sending is paused. {summary}")
    elif hopeless:
        found = Indicator("Needs attention", "alert", "caution", summary)
    elif state.waiting:
        found = Indicator(f"{state.waiting:,} waiting", "clock", "muted", f"{summary} {obstacle}".strip())
    elif not_backed_up:
        found = Indicator(
            f"{not_backed_up:,} not backed up", "cloud", "muted",
            f"{items(not_backed_up, 'recording')} without a copy in {place_words(state.place)}.",
        )  # fmt: skip
    return found


def counts_words(state: QueueState, moving: int) -> str:
    """``2 on their way, 12 waiting, 1 failed.``; empty for an empty queue."""
    waiting = max(0, state.count(*PENDING) - state.count(_S.FAILED) - moving)
    parts = [f"{moving:,} on {'its' if moving == 1 else 'their'} way"] if moving else []
    if waiting:
        parts.append(f"{waiting:,} waiting")
    if failed := state.count(_S.FAILED):
        parts.append(f"{failed:,} failed")
    if removed := state.count(_S.REMOVED):
        parts.append(f"{removed:,} removed from the cloud")
    words = ", ".join(parts)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def why_nothing_moves(state: QueueState, moving: int, obstacle: str, now: datetime | None = None) -> str:
    """Why entries wait although there are some; empty while one is under way or there is none."""
    if moving or not (state.waiting or state.paused or state.halted):
        return ""
    if obstacle or state.halted:
        return obstacle or state.halted
    if state.paused:
        return "Sending is paused."
    if state.next_at is None:
        return ""
    left = (state.next_at - (now or datetime.now(UTC))).total_seconds()
    when = f"in {wait_words(left)}" if left > 1 else "now"
    if state.waits_for_network:
        return f"The cloud is out of reach. It is tried again {when}, or when the network is back."
    return f"What failed is tried again {when}."


@dataclass(frozen=True)
class Line:
    """A row of the panel: what it says, and how far it is (0 to 1), None while it does not move."""

    title: str
    words: str
    icon: str
    role: str
    share: float | None
    can_retry: bool
    reason: str = ""


def line_of(row: QueueRow, activity: Activity | None, now: datetime | None = None) -> Line:
    """A row of the panel in words; ``activity`` is what this process knows beyond the library."""
    state = activity.state if activity is not None else row.state
    if state is _S.FAILED:
        return _failed(row, now or datetime.now(UTC))
    if state is _S.REMOVED:
        reason = row.error or "The copy was removed from the cloud."
        return Line(row.title, "Removed from the cloud", "cloud-off", "caution", None, True, reason)
    if state is _S.QUEUED:
        return Line(row.title, "Waiting", "clock", "muted", None, False)
    if state is _S.VERIFYING:
        return Line(row.title, "Sent; being compared with what was sent", "arrow-up", "accent", 1.0, False)
    done, total = (activity.done, activity.total) if activity else (row.sent_bytes, row.total_bytes)
    share = min(1.0, done / total) if total else 0.0
    per_cent = f"{share:.0%}".replace("%", " %")
    if state is _S.COMPRESSING:
        return Line(row.title, f"Being compressed, {per_cent}", "arrow-up", "accent", share, False)
    facts = [per_cent, f"{size(done)} of {size(total)}"] if total else ["Being sent"]
    if activity is not None and activity.bytes_per_s:
        facts.append(speed(activity.bytes_per_s))
        if activity.left_s is not None:
            facts.append(f"{wait_words(activity.left_s)} left")
    return Line(row.title, ", ".join(facts), "arrow-up", "accent", share, False)


def _failed(row: QueueRow, now: datetime) -> Line:
    reason = row.error or "It could not be sent."
    first = reason.partition(". ")[0].rstrip(".")
    if row.next_attempt_at is None:
        words = f"{first}. Not tried again by itself"
    else:
        left = (row.next_attempt_at - now).total_seconds()
        words = f"{first}. Next try {'in ' + wait_words(left) if left > 1 else 'now'}"
    return Line(row.title, words, "alert", "caution", None, True, reason)


def spoken_line(line: Line) -> str:
    """A row of the panel for a screen reader."""
    return f"{line.title}, {line.words}"
