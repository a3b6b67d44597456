"""Facts about recordings in words and figures, as the window shows and a screen reader says them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from PySide6.QtCore import QLocale

from voice_recorder.domain.recording import Health, Master, Recording, TakeEvent, TakeEventKind
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui.language import figure, locale, tr

SYSTEM_DEFAULT = "default"
"""How PortAudio names the input that follows the system's choice."""
QUIET_DBFS, LOUD_DBFS = -40.0, -1.0
"""Between these the loudest moment of a good test lies."""
_MB = 1_000_000


def badge_reasons() -> Mapping[str, str]:
    """What each badge of a row means that is not about its backup."""
    return {
        "recording": tr("Being recorded right now."),
        "recovered": tr(
            "Recovered: the recording was cut off by a crash or a power cut and put together again."
        ),
        "missing": tr(
            "The audio file is not in the recordings folder. Put it back there, or look in your backups."
        ),
        "damaged": tr("The audio file is damaged. What can be read of it can be played."),
    }


def number(value: float, decimals: int = 0) -> str:
    """A number as the language writes it: ``1,234``, ``3.1``."""
    return locale().toString(round(float(value), decimals), "f", decimals)


def _figures(value: float, figures: str) -> str:
    return format(value, figures).replace(".", locale().decimalPoint())


def per_cent(share: float) -> str:
    """A share (0 to 1) in whole per cent: ``62 %``."""
    return tr("{number} %", number=number(share * 100))


def clock(seconds: float) -> str:
    """A length or place as ``0:38``, ``12:41`` or ``1:02:09``."""
    whole = max(0, int(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def elapsed_clock(seconds: float) -> str:
    """The running time of a take, of even width: ``00:00`` or ``1:00:00``."""
    return clock(seconds) if seconds >= 3600 else f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def spoken_length(seconds: float) -> str:
    """A length for a screen reader: ``38 seconds``, ``12 minutes``, ``1 hour 2 minutes``."""
    whole = round(seconds)
    if whole < 60:
        return tr("%n second(s)", "", whole)
    hours, minutes = divmod(whole // 60, 60)
    in_hours, in_minutes = tr("%n hour(s)", "", hours), tr("%n minute(s)", "", minutes)
    if hours and minutes:
        return tr("{hours} {minutes}", hours=in_hours, minutes=in_minutes)
    return in_hours if hours else in_minutes


def time_left(seconds: float) -> str:
    """Room on the disk, as time: ``2 h 14 min left``."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return tr("less than a minute left")
    hours = minutes // 60
    if hours >= 100:
        return tr("{hours} h left", hours=number(hours))
    if hours:
        return tr("{hours} h {minutes} min left", hours=hours, minutes=minutes % 60)
    return tr("{minutes} min left", minutes=minutes)


def short_date(day: date) -> str:
    """A date as ``21 Nov 2026``."""
    month = locale().monthName(day.month, QLocale.FormatType.ShortFormat)
    return tr("{day} {month} {year}", "a date", day=day.day, month=month, year=day.year)


def day_name(day: str, today: date) -> str:
    """The heading of a day of the list (``YYYY-MM-DD``): Today, Yesterday, or the date."""
    that_day = date.fromisoformat(day)
    if that_day == today:
        return tr("Today")
    if that_day == today - timedelta(days=1):
        return tr("Yesterday")
    if timedelta(0) < today - that_day < timedelta(days=7):
        weekday = locale().dayName(that_day.isoweekday())
        return tr("{weekday}, {date}", weekday=weekday, date=short_date(that_day))
    return short_date(that_day)


def time_of_day(at: datetime) -> str:
    """Hours and minutes."""
    return f"{at.hour:02}:{at.minute:02}"


def badge(recording: Recording) -> str:
    """The one badge of a row, as a key of ``badge_reasons``; empty for none."""
    state = recording.state
    if state in (RecordingState.RECORDING, RecordingState.MISSING, RecordingState.DAMAGED):
        return state.value
    return "recovered" if recording.recovered else ""


def recording_since(recording: Recording) -> str:
    """How long a take runs already, in words that stay true."""
    return tr("recording since {time}", time=time_of_day(recording.local_time))


def spoken(recording: Recording, badge: str = "") -> str:
    """A row as one object: ``Budget call with Ines, 12 minutes, backed up``; ``badge`` as it is said."""
    running = recording.state is RecordingState.RECORDING
    words = [recording.title, recording_since(recording) if running else spoken_length(recording.duration_s)]
    if badge and not running:
        words.append(badge)
    if recording.favourite:
        words.append(tr("favourite"))
    return ", ".join(words)


def size(size_bytes: int) -> str:
    """A size for people."""
    if size_bytes < 1000:
        return tr("%n byte(s)", "", size_bytes)
    if size_bytes < 100_000:
        return figure(tr("{number} kB", number=number(size_bytes / 1000)))
    return megabytes(size_bytes)


def megabytes(size_bytes: float) -> str:
    """A size as ``1.5 GB``, ``340 MB``, ``0.4 MB``."""
    if size_bytes >= 1000 * _MB:
        return figure(tr("{number} GB", number=number(size_bytes / (1000 * _MB), 1)))
    digits = 0 if size_bytes >= 10 * _MB else 1
    return figure(tr("{number} MB", number=number(size_bytes / _MB, digits)))


def audio_format(master: Master) -> str:
    """``48 kHz mono 16 bit WAV``."""
    rate = figure(tr("{number} kHz", number=_figures(master.sample_rate_hz / 1000, "g")))
    channels = {1: tr("mono"), 2: tr("stereo")}.get(master.channels, tr("%n channel(s)", "", master.channels))
    depth = [tr("{number} bit", number=master.bit_depth)] if master.bit_depth else []
    return " ".join([rate, channels, *depth, master.format.upper()])


def meta_line(recording: Recording) -> str:
    """Date, length, format and size of a recording in one line."""
    at = recording.local_time
    running = recording.state is RecordingState.RECORDING
    parts = [_date_and_time(at)]
    parts.append(tr("being recorded") if running else clock(recording.duration_s))
    if recording.masters:
        parts.append(audio_format(recording.masters[0]))
    if not running:  # the library does not count along
        parts.append(size(recording.size_bytes))
    return " · ".join(parts)


def _date_and_time(at: datetime) -> str:
    return tr("{date}, {time}", date=short_date(at.date()), time=time_of_day(at))


def decibels(level: float) -> str:
    """A level in whole decibels, with a real minus sign."""
    whole = round(level)
    loud = number(abs(whole))
    return figure(tr("{level} dBFS", level=f"\N{MINUS SIGN}{loud}" if whole < 0 else loud))


def _share(share: float) -> str:
    return per_cent(share) if share >= 0.01 else tr("{number} %", number=_figures(share * 100, ".2g"))


def nothing_heard() -> str:
    """What is said of a recording without a sound in it."""
    return tr("Nothing but digital silence: the microphone was muted, or it was not the one that was meant.")


def health_sentence(recording: Recording) -> str:
    """What the takes were like, in words."""
    if not recording.masters:
        return tr("There is no audio file.")
    unread = recording.recovered and any(m.sha256 is None for m in recording.masters)
    if unread and recording.state is RecordingState.RECORDED:
        return " ".join([tr("Put together again; it is still being read."), *_events(recording)])
    health = _together([m.health for m in recording.masters])
    if health.peak_dbfs is None and not health.silent_share:
        return " ".join([tr("Its level was not measured."), *_events(recording)])
    if health.peak_dbfs is None:
        return " ".join([nothing_heard(), *_events(recording)])
    facts = ", ".join(_facts(health, health.peak_dbfs))
    clean = not (health.dropped_samples or health.clipped_share)
    first = tr("Clean: {facts}.", facts=facts) if clean else f"{facts[0].upper()}{facts[1:]}."
    return " ".join([first, *_events(recording)])


def _facts(health: Health, peak_dbfs: float) -> list[str]:
    lost, clipped, silent = health.dropped_samples, health.clipped_share, health.silent_share
    return [
        tr("%n sample(s) lost", "", lost) if lost else tr("no dropped samples"),
        tr("{share} clipped", share=_share(clipped)) if clipped else tr("no clipping"),
        *([tr("{share} digital silence", share=_share(silent))] if silent >= 0.01 else []),
        tr("peak {level}", level=decibels(peak_dbfs)),
    ]


def _together(parts: list[Health]) -> Health:
    peaks = [h.peak_dbfs for h in parts if h.peak_dbfs is not None]
    return Health(
        dropped_samples=sum(h.dropped_samples for h in parts),
        clipped_share=max(h.clipped_share for h in parts),
        silent_share=max(h.silent_share for h in parts),
        peak_dbfs=max(peaks) if peaks else None,
    )


def _event_words(kind: TakeEventKind, at: str) -> str:
    return {
        TakeEventKind.DEVICE_LOST: tr("The microphone was gone at {at}", at=at),
        TakeEventKind.DEVICE_CHANGED: tr("The recording went on at {at}", at=at),
        TakeEventKind.SAMPLES_LOST: tr("Sound was lost at {at}", at=at),
        TakeEventKind.SUSPENDED: tr("The computer slept at {at}", at=at),
        TakeEventKind.DISK_LOW: tr("The disk ran low at {at}", at=at),
        TakeEventKind.ENDED_DISK_FULL: tr("Ended at {at} because the disk was full", at=at),
        TakeEventKind.PRE_RECORDED: tr(
            "Record was pressed at {at}; what is before was kept in memory", at=at
        ),
    }.get(kind, "")


def event_sentence(event: TakeEvent, sample_rate_hz: int) -> str:
    """What happened in the middle of a take, with its place; empty for pauses."""
    sentence = _event_words(event.kind, clock(event.frame / sample_rate_hz))
    if not sentence:
        return ""
    if event.detail:
        sentence += f" ({device(event.detail)})"
    if event.length_frames:
        gap = number(event.length_frames / sample_rate_hz, 1)
        sentence = tr("{event}, a gap of {seconds} s", event=sentence, seconds=gap)
    return f"{sentence}."


def _events(recording: Recording) -> list[str]:
    sentences = [event_sentence(e, m.sample_rate_hz) for m in recording.masters for e in m.events]
    told = [s for s in sentences if s]
    if len(told) > 4:
        return [*told[:4], tr("And %n event(s) more.", "", len(told) - 4)]
    return told


def moment(at: datetime) -> str:
    """A date with its time, by this computer's clock."""
    return _date_and_time(at.astimezone())


def is_fit(peak_dbfs: float | None) -> bool:
    """Whether a microphone that was this loud in a test needs nothing."""
    return peak_dbfs is not None and QUIET_DBFS <= peak_dbfs <= LOUD_DBFS


def microphone_verdict(peak_dbfs: float | None) -> str:
    """What a test of the microphone found."""
    if peak_dbfs is None or peak_dbfs < -90:
        return tr("Nothing but silence arrived. Is the microphone muted, or is another one meant?")
    level = decibels(peak_dbfs)
    if peak_dbfs < QUIET_DBFS:
        return tr(
            "It works, but is very quiet. The loudest was {level}: move closer or raise its level.",
            level=level,
        )
    if peak_dbfs > LOUD_DBFS:
        return tr(
            "It works, but is too loud. The loudest was {level}: move back or lower its level.", level=level
        )
    return tr("The microphone works. The loudest was {level}.", level=level)


def device(name: str) -> str:
    """An input by the name that the window has for it."""
    return tr("the system's default microphone") if name == SYSTEM_DEFAULT else name


def recordings(count: int) -> str:
    """``1 recording``, ``3 recordings``."""
    return tr("%n recording(s)", "", count)


def joined(sentences: list[str], shown: int = 5, more: Callable[[int], str] | None = None) -> str:
    """The first few of many sentences, one a line, and how many more there are."""
    lines = sentences[:shown]
    if len(sentences) > shown:
        rest = len(sentences) - shown
        lines.append(more(rest) if more else tr("… and %n more", "", rest))
    return "\n".join(lines)
