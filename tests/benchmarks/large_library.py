"""P7: 100,000 recordings: pages and searches beside plain sqlite3, the start beside an empty library."""

import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.benchmarks.report import REPEATS, Figure, milliseconds
from voice_recorder import app
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.services import Services
from voice_recorder.storage.paths import StorageConfig

ROWS = 100_000
PAGE = 100
WORDS = [
    "budget", "call", "interview", "lecture", "idea", "melody", "meeting", "walk", "garden",
    "doctor", "shopping", "song", "chapter", "draft", "letter", "memo", "travel", "recipe", "Anna",
    "Ben", "Clara", "David", "river", "winter", "summer", "project", "kitchen", "plan", "review",
    "standup",
]  # fmt: skip
SEARCHES = {"two words": "budget interview", "the beginning of a word": "gar", "one letter": "m"}
Statement = tuple[str, Any]


def run(*, quick: bool = False) -> list[Figure]:
    """Time both ways through the same library."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        full, empty = Path(folder, "full"), Path(folder, "empty")
        with _opened(filled_home(full)) as services:
            figures = [
                _page(services, "first page of 100,000", LibraryQuery(), 0, 16),
                _page(services, "page in the middle", LibraryQuery(), ROWS // 2, 16),
                *(
                    _page(services, f"search: {what}", LibraryQuery(search=words), 0, 50)
                    for what, words in SEARCHES.items()
                ),
            ]
        with _opened(empty):
            pass
        return [*figures, _start(full, empty)]


def filled_home(folder: Path) -> Path:
    """A library of ``ROWS`` recordings in ``folder``."""
    with _opened(folder) as services:
        _fill(services.config.database_path)
    return folder


@contextmanager
def _opened(home: Path) -> Iterator[Services]:
    services = app.build(_config(home))
    try:
        yield services
    finally:
        services.close()


def _config(home: Path) -> StorageConfig:
    return StorageConfig.from_environment("testing", {**os.environ, "VOICE_RECORDER_HOME": str(home)})


def _fill(database: Path) -> None:
    """Enter the rows by SQL: a third has tags, a fifth markers, a tenth is archived, a few are trashed."""
    chance = random.Random(7)
    with closing(sqlite3.connect(database, isolation_level=None)) as library:
        library.execute("PRAGMA synchronous = OFF")
        library.execute("BEGIN")
        library.executemany("INSERT INTO tags (key, name) VALUES (?, ?)", enumerate(WORDS, 1))
        for key in range(1, ROWS + 1):
            _enter(library, key, chance)
        library.execute("COMMIT")
        library.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _enter(library: sqlite3.Connection, key: int, chance: random.Random) -> None:
    created_ms = 1_500_000_000_000 + key * 2_000_000 + chance.randrange(1_000_000)
    day = _day(library, created_ms)
    title, notes = (" ".join(chance.choices(WORDS, k=count)) for count in (4, 12))
    library.execute(
        "INSERT INTO recordings (key, id, title, notes, created_ms, updated_ms, utc_offset_min, local_day,"
        " archived, trashed_ms) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
        (key, uuid.UUID(int=chance.getrandbits(128)).hex, title, notes, created_ms, created_ms, day,
         key % 10 == 0, created_ms if key % 97 == 0 else None),
    )  # fmt: skip
    library.execute(
        "INSERT INTO masters (key, id, name, state, created_ms, frames, sample_rate_hz, channels, bit_depth,"
        " format, codec, bitrate_bps, mime_type, size_bytes, sha256, overview) VALUES (?, ?, ?, 'recorded',"
        " ?, ?, 48000, 1, 16, 'wav', 'pcm_s16le', 768000, 'audio/wav', ?, ?, ?)",
        (key, f"m{key}", f"{key}.wav", created_ms, 48000 * 60, 5_760_044, f"{key:064x}",
         chance.randbytes(96)),
    )  # fmt: skip
    library.execute("INSERT INTO recording_masters VALUES (?, 0, ?)", (key, key))
    if key % 3 == 0:
        library.execute("INSERT INTO recording_tags VALUES (?, ?)", (key, chance.randint(1, len(WORDS))))
    if key % 5 == 0:
        names = [f"{WORDS[key % 29]} {WORDS[key % 23]}", WORDS[key % 19]]
        for number, name in enumerate(names):
            library.execute("INSERT INTO markers VALUES (NULL, ?, ?, ?, ?)", (key, key, 48000 * number, name))
        library.execute("UPDATE search_words SET places = ? WHERE rowid = ?", ("\n".join(names), key))


def _day(library: sqlite3.Connection, created_ms: int) -> str:
    day: str = library.execute("SELECT date(? / 1000, 'unixepoch')", (created_ms,)).fetchone()[0]
    return day


def _page(services: Services, what: str, query: LibraryQuery, offset: int, at_most_ms: float) -> Figure:
    """A page through the library, and its very statements through sqlite3, in turns."""

    def ours() -> object:
        return services.library.page(query, PAGE, offset)

    statements = _statements_of(services, ours)
    with closing(sqlite3.connect(services.config.database_path, isolation_level=None)) as plain:

        def peer() -> None:
            for sql, values in statements:
                plain.execute(sql, values).fetchall()

        peer()
        times = [(milliseconds(ours), milliseconds(peer)) for _ in range(REPEATS)]
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return Figure("P7", what, mine, "ms", theirs, "sqlite3", ratio_at_most=3, at_most=at_most_ms)


def _statements_of(services: Services, work: Any) -> list[Statement]:
    """The SQL that ``work`` sends to the database, with its transaction."""
    seen: list[Statement] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        seen.append((sql, values))

    engine = services.library.database._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return [*seen, ("COMMIT", ())]


def _start(full: Path, empty: Path) -> Figure:
    """The whole process of `voice-recorder list`, in turns."""

    def start_ms(home: Path) -> float:
        environment = {**os.environ, "VOICE_RECORDER_ENV": "testing", "VOICE_RECORDER_HOME": str(home)}
        words = [sys.executable, "-m", "voice_recorder", "list", "--json"]
        return milliseconds(
            lambda: subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
        )

    start_ms(full), start_ms(empty)
    times = [(start_ms(full), start_ms(empty)) for _ in range(2 * REPEATS)]
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return Figure(
        "P7", "start: 'list', 100,000 recordings", mine, "ms", theirs, "empty library", ratio_at_most=1.2
    )
