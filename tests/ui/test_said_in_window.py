"""What goes wrong below the window is said in its language, although English stands in the library."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.fakes.backup_states import OFFLINE, REFUSED, enter_offline
from voice_recorder.domain.recording import HistoryEntry
from voice_recorder.services import Services
from voice_recorder.ui.cloud_actions import batch_words
from voice_recorder.ui.history_words import history_words
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.roles import Role
from voice_recorder.ui.transfers_model import TransferRole

Open = Callable[[], MainWindow]
Speak = Callable[[Mapping[str, str]], None]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # which the offscreen platform lacks

GERMAN = {
    "Only {free} are free and {need} are needed; nothing can be freed in the trash or the cache.": (
        "Nur {free} sind frei, {need} werden gebraucht; der Papierkorb und der Zwischenspeicher sind leer."
    ),
    "It cannot start now: {reasons}": "Das geht jetzt nicht: {reasons}",
    "Nothing was changed.": "Nichts wurde geändert.",
    "There is no file {path}.": "Die Datei {path} gibt es nicht.",
    "Nothing was imported from it.": "Nichts wurde daraus importiert.",
    "The server could not be reached.": "Der Server war nicht zu erreichen.",
    "The recordings on this computer are unharmed.": "Den Aufnahmen auf diesem Computer fehlt nichts.",
    "The key was refused.": "Der Schlüssel wurde abgelehnt.",
    "Test the connection in the settings.": "Prüfe die Verbindung in den Einstellungen.",
    "“{title}” is not backed up.": "„{title}“ ist nicht gesichert.",
    "The audio stays on this computer. Send it first.": "Der Ton bleibt hier. Sende sie zuerst.",
    "as it was": "wie sie war",
    "samples as they came from the microphone": "Abtastwerte, wie sie vom Mikrofon kamen",
    "{number} bytes": "{number} Byte",
}
OFFLINE_IN_GERMAN = "Der Server war nicht zu erreichen. Den Aufnahmen auf diesem Computer fehlt nichts."


@pytest.fixture
def german(speak: Speak) -> None:
    speak(GERMAN)


@pytest.fixture
def without_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_RECORDER_ENV", "development")  # which looks at the disk
    monkeypatch.setenv("VOICE_RECORDER_MIN_DISK_SPACE_MB", "90000000")


@pytest.mark.usefixtures("without_room", "german")
def test_a_full_disk_is_said_beside_record_and_when_it_is_pressed(open_window: Open, qtbot: Any) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: window.bar.status.text().startswith("Nur "), timeout=10_000)
    reason = window.bar.status.text()
    assert reason.endswith("90000.0 GB werden gebraucht; der Papierkorb und der Zwischenspeicher sind leer.")
    with qtbot.waitSignal(window.control.refused, timeout=10_000) as refused:
        qtbot.mouseClick(window.bar.button, Qt.MouseButton.LeftButton)
    assert str(refused.args[0]).startswith("It cannot start now: Only ")
    assert window.banner.text.startswith("Das geht jetzt nicht: Nur ")
    assert window.banner.text.endswith("sind leer. Nichts wurde geändert.")
    window.control.started.emit("")
    assert not window.banner.isVisible(), "the banner is known again by its German words"


@pytest.mark.usefixtures("german")
def test_a_failed_copy_is_said_in_its_row_and_among_the_transfers(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    made = add("Interview 3")
    enter_offline(services, made, minutes=60)
    services.sync.pause()
    assert services.library.get(made.id).sync.error == OFFLINE
    window = open_window()
    row = window.library.model.index(1, 0)
    qtbot.waitUntil(lambda: row.data(Role.BADGE) == "failed", timeout=10_000)
    assert row.data(Qt.ItemDataRole.ToolTipRole).split("\n")[:2] == ["Interview 3", OFFLINE_IN_GERMAN]
    qtbot.waitUntil(lambda: OFFLINE_IN_GERMAN in window.library.detail.backup.text.text(), timeout=10_000)
    window.cloud.open_panel()
    panel = window.cloud.panel
    assert panel is not None
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=10_000)
    line = panel.model.index(0).data(TransferRole.LINE)
    assert line.words.startswith("Der Server war nicht zu erreichen. Next try in ")
    assert line.reason == OFFLINE_IN_GERMAN
    panel.close_button.click()


@pytest.mark.usefixtures("german")
def test_what_stopped_the_queue_is_said_where_people_look(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    services.sync_log.halt(REFUSED)
    window = open_window()
    refused = "Der Schlüssel wurde abgelehnt. Den Aufnahmen auf diesem Computer fehlt nichts."
    qtbot.waitUntil(lambda: window.banner.text.startswith(refused), timeout=10_000)
    assert window.banner.text.endswith("Prüfe die Verbindung in den Einstellungen.")
    qtbot.waitUntil(lambda: window.bar.transfers.toolTip().startswith(refused), timeout=10_000)
    window.banner.dismissed.emit(window.banner.text)
    qtbot.waitUntil(lambda: not services.sync_log.alerts(), timeout=10_000)


@pytest.mark.usefixtures("german")
def test_a_file_that_could_not_be_imported_is_said(open_window: Open, tmp_path: Path, qtbot: Any) -> None:
    window, path = open_window(), tmp_path / "away.wav"
    window.errands.import_files([path])
    qtbot.waitUntil(window.banner.isVisible, timeout=10_000)
    assert window.banner.text.endswith(
        f"\nDie Datei {str(path)!r} gibt es nicht. Nichts wurde daraus importiert."
    )


@pytest.mark.usefixtures("german")
def test_what_was_not_done_with_many_and_what_happened_is_said(
    services: Services, add: Any, folder: Path
) -> None:
    made = add("Note")
    services.proving.run_pending()
    results = services.freeing.free([made.id])
    assert str(results[0].error) == (
        "“Note” is not backed up. The audio stays on this computer. Send it first."
    )
    words, well = batch_words(results, 1, "freed")
    assert words.endswith("„Note“ ist nicht gesichert. Der Ton bleibt hier. Sende sie zuerst.")
    assert not well
    details = [("verified", "as it was"), ("freed", "96044 bytes"), ("renamed", "as it was")]
    told = [history_words(HistoryEntry(made.created_at, kind, detail)) for kind, detail in details]
    assert told == ["Verified: wie sie war", "Freed: 96044 Byte", "Renamed: as it was"]
