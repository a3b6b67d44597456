"""S7.2: the window has the library read again, in a lane of its own."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services
from voice_recorder.storage import schema as t
from voice_recorder.ui.window_app import WindowApp


def test_the_open_window_scrubs_what_is_due(
    services: Services, add: Callable[..., Recording], open_app: Callable[[], WindowApp], qtbot: Any
) -> None:
    recording = add("Old")
    services.proving.run_pending()
    with services.library.database.session(write=True) as connection:
        connection.execute(update(t.masters).values(created_ms=0))
    services.scrubbing.is_busy = lambda: False
    services.figures.note("waveform_drawn_ms", 4.0)
    app = open_app()
    qtbot.waitUntil(lambda: not app.lanes.scrub.busy, timeout=10_000)  # sidecars are written there, too
    app.upkeep.scrub()
    app.upkeep.scrub()  # one is under way
    qtbot.waitUntil(lambda: services.figures.kept("scrub") is not None, timeout=10_000)
    assert services.scrubbing.figures()["last"]["checked"] == 1
    assert services.library.get(recording.id).masters[0].state.value == "recorded"
    assert services.figures.kept("noted waveform_drawn_ms") is not None


def test_a_window_that_closes_does_not_wait_for_a_scrub_that_rests(
    services: Services, add: Callable[..., Recording], open_app: Callable[[], WindowApp], qtbot: Any
) -> None:
    add("Old")
    services.proving.run_pending()
    with services.library.database.session(write=True) as connection:
        connection.execute(update(t.masters).values(created_ms=0))
    services.scrubbing.is_busy = lambda: True
    app = open_app()
    app.upkeep.scrub()
    qtbot.waitUntil(lambda: app.lanes.scrub.busy, timeout=5000)
    app.shut_down()
    assert services.scrubbing.figures()["read_in_time"] == 0
