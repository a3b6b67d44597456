from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from PySide6.QtCore import QLocale

from voice_recorder.domain.recording import Health, Recording, TakeEvent, TakeEventKind
from voice_recorder.domain.states import MasterState
from voice_recorder.ui import phrases


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (38.9, "0:38"), (761, "12:41"), (3729, "1:02:09")]
)
def test_clock(seconds: float, words: str) -> None:
    assert phrases.clock(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (38, "38 seconds"), (761, "12 minutes"), (3600, "1 hour"), (7290, "2 hours 1 minute")],
)
def test_spoken_length(seconds: float, words: str) -> None:
    assert phrases.spoken_length(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "less than a minute left"),
        (600, "10 min left"),
        (8040, "2 h 14 min left"),
        (850_000, "236 h left"),
    ],
)
def test_time_left(seconds: float, words: str) -> None:
    assert phrases.time_left(seconds) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [("2026-11-21", "Today"), ("2026-11-20", "Yesterday"), ("2026-11-17", "Tuesday, 17 Nov 2026"),
     ("2026-11-14", "14 Nov 2026"), ("2026-11-22", "22 Nov 2026")],
)  # fmt: skip
def test_day_name(day: str, words: str) -> None:
    assert phrases.day_name(day, date(2026, 11, 21)) == words


def test_a_clean_take_says_so(add) -> None:  # type: ignore[no-untyped-def]
    clean = add("Budget call with Ines")
    minus = "\N{MINUS SIGN}"
    assert phrases.health_sentence(clean) == f"Clean: no dropped samples, no clipping, peak {minus}6 dBFS."
    assert phrases.spoken(clean) == "Budget call with Ines, 1 second"


def test_what_went_wrong_is_said_with_its_place(add) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    events = (
        TakeEvent(TakeEventKind.PAUSED, 100),
        TakeEvent(TakeEventKind.DEVICE_LOST, 4000, detail="Headset"),
        TakeEvent(TakeEventKind.DEVICE_CHANGED, 4000, 12000, "Built-in"),
        TakeEvent(TakeEventKind.PRE_RECORDED, 16000),
    )
    recording: Recording = add(events=events)
    health = Health(dropped_samples=480, clipped_share=0.02, silent_share=0.5, peak_dbfs=0.0)
    recording = replace(recording, masters=(replace(recording.masters[0], health=health),))
    assert phrases.health_sentence(recording) == (
        "480 samples lost, 2 % clipped, 50 % digital silence, peak 0 dBFS."
        " The microphone was gone at 0:00 (Headset)."
        " The recording went on at 0:00 (Built-in), a gap of 1.5 s."
        " Record was pressed at 0:02; what is before was kept in memory."
    )


def test_a_silent_take_says_so(add) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    recording = add()
    silent = replace(recording.masters[0], health=Health(silent_share=1.0))
    assert phrases.health_sentence(replace(recording, masters=(silent,))).startswith("Nothing but digital")


@pytest.mark.parametrize(
    ("fields", "badge"),
    [({}, ""), ({"recovered": True}, "recovered"), ({"state": MasterState.MISSING}, "missing"),
     ({"state": MasterState.DAMAGED, "recovered": True}, "damaged")],
)  # fmt: skip
def test_badge(add, fields, badge: str) -> None:  # type: ignore[no-untyped-def]
    assert phrases.badge(add(**fields)) == badge


def test_every_badge_gives_its_reason() -> None:
    assert set(phrases.badge_reasons()) == {"recording", "recovered", "missing", "damaged"}


@pytest.mark.parametrize(
    ("peak", "begins"),
    [(None, "Nothing but silence"), (-50, "It works, but is very quiet"), (-12, "The microphone works."),
     (-0.2, "It works, but is too loud")],
)  # fmt: skip
def test_microphone_verdict(peak: float | None, begins: str) -> None:
    assert phrases.microphone_verdict(peak).startswith(begins)


def test_meta_line(add) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    recording = replace(add(), created_at=datetime(2026, 11, 21, 13, 3, tzinfo=UTC), utc_offset_min=60)
    assert phrases.meta_line(recording) == "21 Nov 2026, 14:03 · 0:01 · 8 kHz mono 16 bit WAV · 16 kB"


def test_what_was_not_measured_is_not_called_silent(add) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    recording = add()
    unknown = replace(recording.masters[0], health=Health())
    assert phrases.health_sentence(replace(recording, masters=(unknown,))) == "Its level was not measured."
    fresh = replace(recording, recovered=True, masters=(replace(unknown, health=Health(silent_share=1.0)),))
    assert phrases.health_sentence(fresh).startswith("Put together again; it is still being read.")


def test_a_running_take_is_told_without_figures_that_stand_still(add) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    running = add("Talk", state=MasterState.RECORDING)
    running = replace(running, created_at=datetime(2026, 11, 21, 13, 3, tzinfo=UTC), utc_offset_min=60)
    assert phrases.meta_line(running) == "21 Nov 2026, 14:03 · being recorded · 8 kHz mono 16 bit WAV"
    assert phrases.spoken(running) == "Talk, recording since 14:03"


def test_many_sentences_are_cut_short() -> None:
    assert phrases.joined(["a", "b", "c"], 2) == "a\nb\n… and 1 more"


@pytest.fixture
def german_figures() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)


@pytest.mark.usefixtures("german_figures")
def test_figures_and_names_of_days_are_those_of_the_language() -> None:
    assert phrases.number(1234.56, 1) == "1.234,6"
    assert phrases.size(3_140_000) == "3,1 MB"
    assert phrases.size(1_500_000_000) == "1,5 GB"
    assert phrases.short_date(date(2026, 10, 3)) == "3 Okt. 2026"
    assert phrases.day_name("2026-11-17", date(2026, 11, 21)).startswith("Dienstag")


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(1, "1 byte"), (999, "999 bytes"), (16_044, "16 kB"), (340_000, "0.3 MB"), (73_000_000, "73 MB"),
     (1_500_000_000, "1.5 GB")],
)  # fmt: skip
def test_size(size_bytes: int, words: str) -> None:
    assert phrases.size(size_bytes) == words


def test_counts_are_grouped_and_shares_rounded() -> None:
    assert phrases.number(1_234_567) == "1,234,567"
    assert phrases.per_cent(0.624) == "62 %"
    assert phrases.recordings(1) == "1 recording"
    assert phrases.recordings(3) == "3 recordings"
