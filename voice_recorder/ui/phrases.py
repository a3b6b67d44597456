"""Facts about recordings in words and figures, as the window shows and a screen reader says them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.recording import Health, HistoryEntry, Master, Recording, TakeEvent, TakeEventKind
from voice_recorder.domain.states import RecordingState

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

SYSTEM_DEFAULT = "default"
"""How PortAudio names the input that follows the system's choice."""

BADGE_REASONS: Mapping[str, str] = {
    "recording": "Being recorded right now.",
    "recovered": "Recovered: the recording was cut off by a crash or a power cut and put together again.",
    "missing": "The audio file is not in the recordings folder. Put it back there, or look in your backups.",
    "damaged": "The audio file is damaged. What can be read of it can be played.",
}


def clock(seconds: float) -> str:
    """A length or place as ``0:38``, ``12:41`` or ``1:02:09``."""
    whole = max(0, int(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def elapsed_clock(seconds: float) -> str:
    """The running time of a take, of even width: ``00:00`` or ``1:00:00``."""
    return clock(seconds) if seconds >= 3600 else f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def spoken_length(seconds: float) -> str:
    """A length for a screen reader: ``38 seconds``, ``12 minutes``, ``1 hour 2 minutes``."""
    whole = round(seconds)
    if whole < 60:
        return _count(whole, "second")
    hours, minutes = divmod(whole // 60, 60)
    parts = [_count(hours, "hour")] if hours else []
    if minutes or not hours:
        parts.append(_count(minutes, "minute"))
    return " ".join(parts)


def time_left(seconds: float) -> str:
    """Room on the disk, as time: ``2 h 14 min left``."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute left"
    hours = minutes // 60
    if hours >= 100:
        return f"{hours:,} h left"
    return f"{hours} h {minutes % 60} min left" if hours else f"{minutes} min left"


def short_date(day: date) -> str:
    """A date as ``21 Nov 2026``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_name(day: str, today: date) -> str:
    """The heading of a day of the list (``YYYY-MM-DD``): Today, Yesterday, or the date."""
    that_day = date.fromisoformat(day)
    if that_day == today:
        return "Today"
    if that_day == today - timedelta(days=1):
        return "Yesterday"
    if timedelta(0) < today - that_day < timedelta(days=7):
        return f"{WEEKDAYS[that_day.weekday()]}, {short_date(that_day)}"
    return short_date(that_day)


def time_of_day(at: datetime) -> str:
    """Hours and minutes."""
    return f"{at.hour:02}:{at.minute:02}"


def badge(recording: Recording) -> str:
    """The one badge of a row, as a key of ``BADGE_REASONS``; empty for none."""
    state = recording.state
    if state in (RecordingState.RECORDING, RecordingState.MISSING, RecordingState.DAMAGED):
        return state.value
    return "recovered" if recording.recovered else ""


def recording_since(recording: Recording) -> str:
    """How long a take runs already, in words that stay true."""
    return f"recording since {time_of_day(recording.local_time)}"


def spoken(recording: Recording, badge: str = "") -> str:
    """A row as one object: ``Budget call with Ines, 12 minutes, backed up``; ``badge`` as it is said."""
    running = recording.state is RecordingState.RECORDING
    words = [recording.title, recording_since(recording) if running else spoken_length(recording.duration_s)]
    if badge and not running:
        words.append(badge)
    if recording.favourite:
        words.append("favourite")
    return ", ".join(words)


def size(size_bytes: int) -> str:
    """A size for people."""
    return f"{size_bytes} bytes" if size_bytes < 1000 else in_mb(size_bytes) if size_bytes >= 100_000 else (
        f"{size_bytes / 1000:.0f} kB"
    )  # fmt: skip


def audio_format(master: Master) -> str:
    """``48 kHz mono 16 bit WAV``."""
    rate = f"{master.sample_rate_hz / 1000:g} kHz"
    channels = {1: "mono", 2: "stereo"}.get(master.channels, f"{master.channels} channels")
    depth = [f"{master.bit_depth} bit"] if master.bit_depth else []
    return " ".join([rate, channels, *depth, master.format.upper()])


def meta_line(recording: Recording) -> str:
    """Date, length, format and size of a recording in one line."""
    at = recording.local_time
    running = recording.state is RecordingState.RECORDING
    parts = [f"{short_date(at.date())}, {time_of_day(at)}"]
    parts.append("being recorded" if running else clock(recording.duration_s))
    if recording.masters:
        parts.append(audio_format(recording.masters[0]))
    if not running:  # the library does not count along
        parts.append(size(recording.size_bytes))
    return " · ".join(parts)


def decibels(level: float) -> str:
    """A level in whole decibels, with a real minus sign."""
    return f"{level:.0f} dBFS".replace("-", "\N{MINUS SIGN}").replace("\N{MINUS SIGN}0 ", "0 ")


def _share(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else f"{share * 100:.2g} %"


NOTHING_HEARD = "Nothing but digital silence: the microphone was muted, or it was not the one that was meant."


def health_sentence(recording: Recording) -> str:
    """What the takes were like, in words."""
    if not recording.masters:
        return "There is no audio file."
    unread = recording.recovered and any(m.sha256 is None for m in recording.masters)
    if unread and recording.state is RecordingState.RECORDED:
        return " ".join(["Put together again; it is still being read.", *_events(recording)])
    health = _together([m.health for m in recording.masters])
    dropped = f"{_count(health.dropped_samples, 'sample')} lost" if health.dropped_samples else ""
    clipped = f"{_share(health.clipped_share)} clipped" if health.clipped_share else ""
    silent = f"{_share(health.silent_share)} digital silence" if health.silent_share >= 0.01 else ""
    if health.peak_dbfs is None and not health.silent_share:
        return " ".join(["Its level was not measured.", *_events(recording)])
    if health.peak_dbfs is None:
        return " ".join([NOTHING_HEARD, *_events(recording)])
    peak = f"peak {decibels(health.peak_dbfs)}"
    clean = not (dropped or clipped)
    facts = [dropped or "no dropped samples", clipped or "no clipping", *([silent] if silent else []), peak]
    sentence = ", ".join(facts)
    first = f"Clean: {sentence}." if clean else f"{sentence[0].upper()}{sentence[1:]}."
    return " ".join([first, *_events(recording)])


def _together(parts: list[Health]) -> Health:
    peaks = [h.peak_dbfs for h in parts if h.peak_dbfs is not None]
    return Health(
        dropped_samples=sum(h.dropped_samples for h in parts),
        clipped_share=max(h.clipped_share for h in parts),
        silent_share=max(h.silent_share for h in parts),
        peak_dbfs=max(peaks) if peaks else None,
    )


_EVENT_WORDS: dict[TakeEventKind, str] = {
    TakeEventKind.DEVICE_LOST: "The microphone was gone at {at}",
    TakeEventKind.DEVICE_CHANGED: "The recording went on at {at}",
    TakeEventKind.SAMPLES_LOST: "Sound was lost at {at}",
    TakeEventKind.SUSPENDED: "The computer slept at {at}",
    TakeEventKind.DISK_LOW: "The disk ran low at {at}",
    TakeEventKind.ENDED_DISK_FULL: "Ended at {at} because the disk was full",
}


def event_sentence(event: TakeEvent, sample_rate_hz: int) -> str:
    """What happened in the middle of a take, with its place; empty for pauses."""
    words = _EVENT_WORDS.get(event.kind)
    if words is None:
        return ""
    sentence = words.format(at=clock(event.frame / sample_rate_hz))
    if event.detail:
        sentence += f" ({device(event.detail)})"
    if event.length_frames:
        sentence += f", a gap of {event.length_frames / sample_rate_hz:.1f} s"
    return f"{sentence}."


def _events(recording: Recording) -> list[str]:
    sentences = [event_sentence(e, m.sample_rate_hz) for m in recording.masters for e in m.events]
    told = [s for s in sentences if s]
    if len(told) > 4:
        return [*told[:4], f"And {_count(len(told) - 4, 'event')} more."]
    return told


_HISTORY_WORDS = {
    "made": "Recorded", "imported": "Imported", "edited": "Edited", "renamed": "Renamed",
    "deleted": "Moved to the trash", "restored": "Taken out of the trash", "recovered": "Recovered",
    "favourite": "Made a favourite", "no favourite": "No longer a favourite",
}  # fmt: skip


def history_words(entry: HistoryEntry) -> str:
    """One entry of a history without its date."""
    words = _HISTORY_WORDS.get(entry.kind, entry.kind.replace("_", " ").capitalize())
    return f"{words}: {entry.detail}" if entry.detail else words


def moment(at: datetime) -> str:
    """A date with its time, by this computer's clock."""
    local = at.astimezone()
    return f"{short_date(local.date())}, {time_of_day(local)}"


def microphone_verdict(peak_dbfs: float | None) -> str:
    """What a test of the microphone found."""
    if peak_dbfs is None or peak_dbfs < -90:
        return "Nothing but silence arrived. Is the microphone muted, or is another one meant?"
    heard = f"The loudest was {decibels(peak_dbfs)}"
    if peak_dbfs < -40:
        return f"It works, but is very quiet. {heard}: move closer or raise its level."
    if peak_dbfs > -1:
        return f"It works, but is too loud. {heard}: move back or lower its level."
    return f"The microphone works. {heard}."


def device(name: str) -> str:
    """An input by the name that the window has for it."""
    return "the system's default microphone" if name == SYSTEM_DEFAULT else name


def items(number: int, noun: str) -> str:
    """``1 recording``, ``3 recordings``."""
    return _count(number, noun)


def joined(sentences: list[str], shown: int = 5, more: Callable[[int], str] | None = None) -> str:
    """The first few of many sentences, one a line, and how many more there are."""
    lines = sentences[:shown]
    if len(sentences) > shown:
        rest = len(sentences) - shown
        lines.append(more(rest) if more else f"… and {rest:,} more")
    return "\n".join(lines)
