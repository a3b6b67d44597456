"""The queue to the cloud in words: for the recorder bar, and for the panel behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from voice_recorder.domain.transfers import PENDING, TransferState
from voice_recorder.services.queue_state import QueueState
from voice_recorder.storage.queue_rows import QueueRow
from voice_recorder.ui.backup_words import done_of, first_sentence, place_words, speed, time_to_go, wait_words
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import number, per_cent
from voice_recorder.ui.said import said

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
    where = place_words(state.place)
    found = Indicator(
        tr("All backed up"), "cloud-tick", "good", tr("Every recording is in {place}.", place=where)
    )
    if state.halted:
        found = Indicator(tr("Needs attention"), "alert", "caution", said(state.halted))
    elif moving:
        found = Indicator(tr("Sending {number}", number=number(moving)), "arrow-up", "accent", summary)
    elif state.paused:
        found = Indicator(tr("Paused"), "pause", "muted", tr("Sending is paused. {queue}", queue=summary))
    elif hopeless:
        found = Indicator(tr("Needs attention"), "alert", "caution", summary)
    elif state.waiting:
        waiting = tr("{number} waiting", number=number(state.waiting))
        found = Indicator(waiting, "clock", "muted", f"{summary} {obstacle}".strip())
    elif not_backed_up:
        found = Indicator(
            tr("{number} not backed up", number=number(not_backed_up)), "cloud", "muted",
            tr("%n recording(s) without a copy in {place}.", "", not_backed_up, place=where),
        )  # fmt: skip
    return found


def counts_words(state: QueueState, moving: int) -> str:
    """``2 on their way, 12 waiting, 1 failed.``; empty for an empty queue."""
    waiting = max(0, state.count(*PENDING) - state.count(_S.FAILED) - moving)
    parts = []
    if moving:
        parts.append(
            tr("1 on its way") if moving == 1 else tr("{number} on their way", number=number(moving))
        )
    if waiting:
        parts.append(tr("{number} waiting", number=number(waiting)))
    if failed := state.count(_S.FAILED):
        parts.append(tr("{number} failed", number=number(failed)))
    if removed := state.count(_S.REMOVED):
        parts.append(tr("{number} removed from the cloud", number=number(removed)))
    words = ", ".join(parts)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def why_nothing_moves(state: QueueState, moving: int, obstacle: str, now: datetime | None = None) -> str:
    """Why entries wait although there are some; empty while one is under way or there is none."""
    if moving or not (state.waiting or state.paused or state.halted):
        return ""
    if obstacle or state.halted:
        return obstacle or said(state.halted)
    if state.paused:
        return tr("Sending is paused.")
    if state.next_at is None:
        return ""
    left = (state.next_at - (now or datetime.now(UTC))).total_seconds()
    if state.waits_for_network:
        return _out_of_reach(left)
    if left <= 1:
        return tr("What failed is tried again now.")
    return tr("What failed is tried again in {wait}.", wait=wait_words(left))


def _out_of_reach(left_s: float) -> str:
    if left_s <= 1:
        return tr("The cloud is out of reach. It is tried again now, or when the network is back.")
    return tr(
        "The cloud is out of reach. It is tried again in {wait}, or when the network is back.",
        wait=wait_words(left_s),
    )


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
        reason = said(row.error or tr("The copy was removed from the cloud."))
        return Line(row.title, tr("Removed from the cloud"), "cloud-off", "caution", None, True, reason)
    if state is _S.QUEUED:
        return Line(row.title, tr("Waiting"), "clock", "muted", None, False)
    if state is _S.VERIFYING:
        words = tr("Sent; being compared with what was sent")
        return Line(row.title, words, "arrow-up", "accent", 1.0, False)
    done, total = (activity.done, activity.total) if activity else (row.sent_bytes, row.total_bytes)
    share = min(1.0, done / total) if total else 0.0
    if state is _S.COMPRESSING:
        words = tr("Being compressed, {share}", share=per_cent(share))
        return Line(row.title, words, "arrow-up", "accent", share, False)
    facts = [per_cent(share), done_of(done, total)] if total else [tr("Being sent")]
    if activity is not None and activity.bytes_per_s:
        facts.append(speed(activity.bytes_per_s))
        if activity.left_s is not None:
            facts.append(time_to_go(activity.left_s))
    return Line(row.title, ", ".join(facts), "arrow-up", "accent", share, False)


def _failed(row: QueueRow, now: datetime) -> Line:
    reason = row.error or tr("It could not be sent.")
    first = first_sentence(reason)
    again = tr("Not tried again by itself")
    if row.next_attempt_at is not None:
        left = (row.next_attempt_at - now).total_seconds()
        again = tr("Next try in {wait}", wait=wait_words(left)) if left > 1 else tr("Next try now")
    return Line(row.title, f"{first}. {again}", "alert", "caution", None, True, said(reason))


def spoken_line(line: Line) -> str:
    """A row of the panel for a screen reader."""
    return f"{line.title}, {line.words}"
