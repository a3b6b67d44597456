"""S11.2: a folder of audio with an older recorder's table keeps its titles, dates, notes and tags."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from voice_recorder import app
from voice_recorder.domain.recording import Recording
from voice_recorder.services.importing import ImportReport

AT = datetime(2021, 3, 4, 9, 30, tzinfo=UTC)
Table = Callable[..., None]


def sound(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-9000, 9000, 4800).astype(np.int16)
    soundfile.write(path, noise, 48000, "PCM_16", format="WAV")
    os.utime(path, (AT.timestamp() + 60, AT.timestamp() + 60))
    return path


@pytest.fixture
def older(tmp_path: Path) -> Path:
    folder = tmp_path / "older"
    for seed, name in enumerate(("a.wav", "audio/b.wav", "c.wav")):
        sound(folder / name, seed)
    return folder


def table(database: Path, columns: str, rows: Sequence[Sequence[Any]], name: str = "recordings") -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        connection.commit()


def imported(folder: Path) -> tuple[dict[str, Recording], ImportReport]:
    services = app.build()
    try:
        report = services.importing.run([folder])
        return {recording.title: recording for recording in report.recordings}, report
    finally:
        services.close()


@pytest.mark.usefixtures("home")
def test_what_the_table_says_is_kept_and_what_it_lacks_is_filled_in(older: Path) -> None:
    database = older / "recordings.db"
    table(
        database,
        "id INTEGER, file_path TEXT, title TEXT, created_at TEXT, notes TEXT, tags TEXT, is_favorite INTEGER",
        [
            (1, "/home/ines/old/a.wav", "Interview with Ines", "2020-05-06T07:08:09+00:00", "in the garden",
             "work, Ines", 1),
            (2, "audio/b.wav", None, None, None, None, 0),
            (3, "gone.wav", "Lost", None, None, None, 0),
        ],
    )  # fmt: skip
    before = database.read_bytes()
    found, report = imported(older)
    first = found["Interview with Ines"]
    assert first.created_at == datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert (first.notes, first.tags, first.favourite) == ("in the garden", ("Ines", "work"), True)
    assert first.duration_s == pytest.approx(0.1)
    assert first.masters[0].sha256
    assert found["b"].created_at == datetime.fromtimestamp(AT.timestamp() + 60, UTC)
    assert set(found) == {"Interview with Ines", "b", "c"}
    ((path, error),) = report.failed
    assert path.name == "gone.wav"
    assert "is not in the folder" in str(error)
    assert report.described == 1
    assert database.read_bytes() == before
    assert sorted(p.name for p in older.iterdir()) == ["a.wav", "audio", "c.wav", "recordings.db"]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("written", "made"),
    [
        (AT.timestamp(), AT),
        (int(AT.timestamp() * 1000), AT),
        ("2021-03-04T09:30:00Z", AT),
        ("2021-03-04 09:30:00", AT),  # without a zone: the reading that is nearer to the file's own time
        ("yesterday", datetime.fromtimestamp(AT.timestamp() + 60, UTC)),
        (1e300, datetime.fromtimestamp(AT.timestamp() + 60, UTC)),
    ],
)
def test_dates_in_every_form(
    older: Path, move_to_zone: Callable[[str], None], written: Any, made: datetime
) -> None:
    move_to_zone("America/New_York")
    table(older / "x.sqlite3", "filename TEXT, recorded_at, name TEXT", [("a.wav", written, "A")])
    found, _report = imported(older)
    assert found["A"].created_at == made


@pytest.mark.usefixtures("home")
def test_a_database_whose_newest_rows_are_still_in_its_log_is_read_with_them(older: Path) -> None:
    connection = sqlite3.connect(older / "x.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE recordings (path TEXT, title TEXT)")
    connection.execute("INSERT INTO recordings VALUES ('C:\\notes\\C.WAV', 'From Windows')")
    connection.commit()
    try:
        found, report = imported(older)
    finally:
        connection.close()
    assert "From Windows" in found
    assert report.failed == []


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_nonsense_beside_the_files_keeps_none_of_them_out(older: Path, content: bytes) -> None:
    (older / "x.db").write_bytes(content)
    found, report = imported(older)
    assert set(found) == {"a", "b", "c"}
    assert report.failed == []


@pytest.mark.usefixtures("home")
def test_a_row_cannot_reach_out_of_the_folder(older: Path, tmp_path: Path) -> None:
    sound(tmp_path / "secret.wav", 9)
    table(older / "x.db", "path TEXT, title TEXT", [("../secret.wav", "Secret"), ("", "Empty")])
    found, report = imported(older)
    assert set(found) == {"a", "b", "c"}
    assert [path.name for path, _error in report.failed] == ["secret.wav"]


@pytest.mark.usefixtures("home")
def test_a_path_that_no_system_takes_keeps_nothing_else_from_being_imported(older: Path) -> None:
    rows = [("x" * 300 + ".wav", "Long"), ("nul\0.wav", "Cut"), ("a.wav", "Found")]
    table(older / "recordings.db", "file_path TEXT, title TEXT", rows)
    found, report = imported(older)
    assert set(found) == {"Found", "b", "c"}
    assert len(report.failed) == 2


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("made", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", -1e11, 9e13])
def test_a_date_that_cannot_be_right_is_that_of_the_file(
    older: Path, made: object, move_to_zone: Callable[[str], None]
) -> None:
    """As programs write that know none: converted to a time west or east of here it is not even a date."""
    for zone in ("America/New_York", "Asia/Tokyo"):
        move_to_zone(zone)
        database = older / "recordings.db"
        database.unlink(missing_ok=True)
        table(database, "file_path TEXT, title TEXT, created_at", [("a.wav", zone, made)])
        os.utime(older / "a.wav", (AT.timestamp(), AT.timestamp()))
        sound(older / "a.wav", len(zone))
        found, report = imported(older)
        assert not report.failed
        assert found[zone].created_at == datetime.fromtimestamp(AT.timestamp() + 60, UTC)


@pytest.mark.usefixtures("home")
def test_the_dates_of_apples_voice_memos_count_from_2001(older: Path) -> None:
    since_2001 = AT.timestamp() - datetime(2001, 1, 1, tzinfo=UTC).timestamp()
    columns = "Z_PK INTEGER, ZDATE TIMESTAMP, ZCUSTOMLABEL TEXT, ZPATH TEXT"
    table(older / "CloudRecordings.db", columns, [(1, since_2001, "Memo", "a.wav")], "ZCLOUDRECORDING")
    found, _report = imported(older)
    assert found["Memo"].created_at == AT
