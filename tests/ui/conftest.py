"""A library of a test's own, with recordings in it, and the window on it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication
from sqlalchemy import insert

from tests.fakes.backup_states import choose_folder
from tests.fakes.library import opened
from voice_recorder.domain.recording import Health, Marker, Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.storage import schema
from voice_recorder.ui import language
from voice_recorder.ui import said as said_module
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.window_app import WindowApp
from voice_recorder.workers.lane import Lane

Add = Callable[..., Recording]


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    with opened() as services:
        yield services


@pytest.fixture
def add(services: Services) -> Add:
    """Add a recording with a real sound file of a second: a title, hours ago, and what else differs."""

    def add(
        title: str = "Note", hours_ago: float = 0.0, *, state: MasterState = MasterState.RECORDED,
        events: tuple[Any, ...] = (), markers: tuple[float, ...] = (), **fields: Any,
    ) -> Recording:  # fmt: skip
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        recording_id, rate = uuid4().hex, 8000
        path = services.config.raw_recordings_path / f"{recording_id}.wav"
        sound = np.sin(np.arange(rate) / 8) * np.linspace(0.1, 0.8, rate)
        soundfile.write(path, sound, rate, subtype="PCM_16")
        master = Master(
            id=uuid4().hex, name=path.name, state=state, created_at=at, frames=rate, sample_rate_hz=rate,
            channels=1, bit_depth=16, format="wav", codec="pcm_s16le", bitrate_bps=128_000,
            mime_type="audio/wav", size_bytes=path.stat().st_size, sha256=None, samples_sha256=None,
            health=Health(peak_dbfs=-6.0), events=events, overview=bytes(range(0, 192, 2)),
        )  # fmt: skip
        offset = at.astimezone().utcoffset()
        minutes = round(offset.total_seconds() / 60) if offset else 0
        made = replace(Recording(recording_id, title, at, at, minutes, (master,)), **fields)
        services.library.add(made, "made", [Marker(master.id, round(s * rate), "here") for s in markers])
        return services.library.get(recording_id)

    return add


@pytest.fixture
def add_many(services: Services) -> Callable[[int], None]:
    """Add any number of rows, eleven minutes apart, without files."""

    def add_many(number: int) -> None:
        now = datetime.now(UTC)
        rows, masters, links = [], [], []
        for i in range(number):
            at = now - timedelta(minutes=11 * i)
            ms = round(at.timestamp() * 1000)
            rows.append(
                {"key": i + 1, "id": f"{i:032x}", "title": f"Note {i}", "created_ms": ms, "updated_ms": ms,
                 "utc_offset_min": 0, "local_day": f"{at:%Y-%m-%d}"}
            )  # fmt: skip
            masters.append(
                {"key": i + 1, "id": f"m{i:031x}", "name": f"{i}.wav", "state": "recorded", "created_ms": ms,
                 "frames": 48000, "sample_rate_hz": 48000, "channels": 1, "bit_depth": 16, "format": "wav",
                 "codec": "pcm_s16le", "mime_type": "audio/wav", "size_bytes": 96044, "sha256": f"{i:064x}",
                 "overview": b"\x40" * 96}
            )  # fmt: skip
            links.append({"recording_key": i + 1, "position": 0, "master_key": i + 1})
        with services.library.database.session(write=True) as connection:
            connection.execute(insert(schema.recordings), rows)
            connection.execute(insert(schema.masters), masters)
            connection.execute(insert(schema.recording_masters), links)

    return add_many


@pytest.fixture
def lane(qapp: QApplication) -> Iterator[Lane]:
    lane = Lane("test")
    yield lane
    lane.ask_to_stop()
    assert lane.wait(5000)


@pytest.fixture
def open_app(qapp: QApplication, qtbot: Any, services: Services) -> Iterator[Callable[[], WindowApp]]:
    """Open the window on the library as it is now, and wait until it shows it; the whole of it."""
    apps: list[WindowApp] = []

    def open_app() -> WindowApp:
        app = WindowApp(qapp, services)
        apps.append(app)
        app.show()
        window = app.window
        window.activateWindow()
        qtbot.waitUntil(lambda: window.library.model.ready, timeout=5000)
        if window.library.model.total:
            qtbot.waitUntil(lambda: bool(window.library.detail.recording_id), timeout=5000)
        qtbot.waitUntil(lambda: app.cloud.begun, timeout=10_000)  # the last that begins by itself
        return app

    yield open_app
    for app in apps:
        app.shut_down()
        app.window.hide()
        app.window.deleteLater()
    qapp.sendPostedEvents()


@pytest.fixture
def open_window(open_app: Callable[[], WindowApp]) -> Callable[[], MainWindow]:
    """Open the window on the library as it is now, and wait until it shows it."""
    return lambda: open_app().window


@pytest.fixture
def folder(services: Services, tmp_path: Path) -> Path:
    """A folder that copies go to from now on, sent as they are."""
    services.settings.set("compression.send_as", "original")
    choose_folder(services, tmp_path / "copies")
    return tmp_path / "copies"


@pytest.fixture
def speak(qapp: QApplication) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Sets the words of a German window; what is not among them stays English."""
    with pytest.MonkeyPatch.context() as patch:

        def choose(words: Mapping[str, str]) -> None:
            texts = {(source, ""): (text,) for source, text in words.items()}
            patch.setattr(language, "read_messages", lambda _code: texts)
            _forget_what_was_said()
            language.choose(qapp, "de")

        yield choose
    _forget_what_was_said()
    language.choose(qapp, "en")
    QLocale.setDefault(QLocale.system())


def _forget_what_was_said() -> None:
    said_module._texts.cache_clear()
    said_module._said.cache_clear()
