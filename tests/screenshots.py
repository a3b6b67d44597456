"""Takes the pictures of the README: the real window, with real recordings in it.

    python -m tests.screenshots [FOLDER] [--size 1280x800]

To be run on a display and with a microphone, see tests.fakes; ``make screenshots`` does it.
"""

import argparse
import itertools
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "xcb"

import soundfile
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QSettings, Qt
from PySide6.QtWidgets import QApplication

from tests.fakes.backup_states import back_up, choose_folder, enter_offline, enter_removed
from tests.fakes.months import live_through
from tests.fakes.speech import speak
from voice_recorder.app import build
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.ui.cloud_corner import OFFERED
from voice_recorder.ui.dashboard import Dashboard
from voice_recorder.ui.edit_bar import Tool
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.window_app import WindowApp

# Title, hours ago, sentences spoken, what is done to it.
NOTES: tuple[tuple[str, float, int, str], ...] = (
    ("Budget call with Ines", 1.2, 9, "favourite"),
    ("Idea: the quiet chart", 3.5, 3, ""),
    ("Shopping", 4, 1, ""),
    ("Interview 3: the harbour, the winter of 1987 and what became of the boat afterwards", 26, 14, ""),
    ("Standup", 29, 2, ""),
    ("Song, second verse", 30, 4, "favourite"),
    ("Doctor: what to ask", 75, 2, ""),
    ("Lecture on tides", 100, 12, ""),
    ("Letter to Amal", 170, 5, ""),
    ("Something to forget", 200, 1, "delete"),
)
SENTENCES = (
    "So, the third point is the budget.",
    "I would like to come back to what we said in spring, before the harbour was closed; it still holds.",
    "No.",
    "Ines will ask the others, and then we shall see.",
    "Well... that was a long winter, and nobody had expected the boat to come back at all.",
    "Two thousand, at most.",
    "Write it down, please, and send it to me before Friday; Friday at noon, if you can.",
)


def fill(services: Services, folder: Path) -> None:
    """Speak the notes and import them."""
    for title, hours, sentences, todo in NOTES:
        path = folder / f"{title[:40]}.wav"
        spoken = itertools.islice(itertools.cycle(SENTENCES), len(title) % 5, len(title) % 5 + sentences)
        speak(f"{title}. " + " ".join(spoken), path)
        at = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
        os.utime(path, (at, at))
        recording = services.importing.run([path]).recordings[0]
        services.library.rename(recording.id, title)
        if todo == "favourite":
            services.library.set_favourite(recording.id, favourite=True)
        elif todo == "delete":
            services.trash.delete([recording.id])


def show_backup(services: Services, folder: Path, app: WindowApp) -> None:
    """Bring the recordings into every state of a backup, two of them on their way."""
    library = services.library.page(LibraryQuery(), 50).recordings
    recordings = {recording.title.partition(":")[0]: recording for recording in library}
    choose_folder(services, folder / "home" / "cloud")
    done = [recordings[t] for t in ("Budget call with Ines", "Shopping", "Standup", "Letter to Amal")]
    back_up(services, *done)
    services.settings.set("storage.free_lossy", True)
    services.freeing.free([recordings["Letter to Amal"].id])
    services.settings.set("storage.free_lossy", False)
    services.settings.set("sync.limit_kb_per_s", 40)
    enter_offline(services, recordings["Doctor"])
    enter_removed(services, recordings["Song, second verse"])
    services.sync.queue([recordings["Interview 3"].id, recordings["Lecture on tides"].id])
    app.cloud.provider_changed()
    settle(lambda: all(activity.done for activity in app.cloud.activities), timeout_ms=6000)


def listen(app: WindowApp) -> None:
    """Zoom into what is shown, with markers, a selection and a loop."""
    library = app.window.library
    wave, player = library.detail.waveform, library.player
    for share in (0.21, 0.38):
        player.seek(share * wave.duration_s)
        library.sound.add_marker()
    settle()
    wave.zoom(2.5, wave.width() * 0.3)
    wave.select(0.24 * wave.duration_s, 0.31 * wave.duration_s)
    player.loop_over(0.33 * wave.duration_s, 0.37 * wave.duration_s)


def edit(app: WindowApp, shoot: Callable[[str], None]) -> None:
    """Cut, normalise, and record over a part of a note that was spoken too softly."""
    library, control = app.window.library, app.window.control
    detail, edits = library.detail, library.edits
    detail.transport.edit.click()
    detail.waveform.zoom_to_fit()
    library.player.end_loop()
    detail.waveform.select(4, 7.5)
    shoot("editing")
    edits.ask(Tool.CUT)
    shoot("editing-cut")
    edits.ask(Tool.NORMALISE)
    settle(detail.preview.apply.isVisible, timeout_ms=8000)
    shoot("editing-normalise")
    edits.audition.discard()
    detail.waveform.select(2, 5)
    edits.ask(Tool.RECORD_OVER)
    settle(lambda: control.running)
    settle(timeout_ms=2000)
    shoot("editing-record-over")
    control.stop()
    settle(lambda: not app.window.edit_take.going, timeout_ms=5000)
    edits.ask(Tool.AS_RECORDED)
    detail.transport.edit.click()


def speak_softly(services: Services, folder: Path) -> str:
    """One more note, much too quiet; its id."""
    spoken, path = folder / "spoken.wav", folder / "soft.wav"
    speak("The boat. " + " ".join(SENTENCES), spoken)
    samples, rate = soundfile.read(spoken)
    soundfile.write(path, samples * 0.15, rate)
    recording = services.importing.run([path]).recordings[0]
    services.library.rename(recording.id, "The boat, from far away")
    return recording.id


def settle(until: Callable[[], bool] = lambda: False, timeout_ms: int = 1500) -> None:
    """Let the window do its work until ``until`` holds, for ``timeout_ms`` at most."""
    deadline = QDeadlineTimer(timeout_ms)
    while not deadline.hasExpired() and not until():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def take_pictures(folder: Path, width: int, height: int) -> None:
    """The main screens, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    with tempfile.TemporaryDirectory(prefix="screenshots-") as temporary:
        home = {"VOICE_RECORDER_HOME": f"{temporary}/home"}
        services = build(StorageConfig.from_environment("testing", home))
        app = WindowApp(application, services)
        window = app.window
        window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        window.setGeometry(0, 0, width, height)
        app.show()

        def shoot(name: str) -> None:
            settle()
            for theme in ("dark", "light"):
                services.settings.set("appearance.theme", theme)
                app.theme.choose(theme)
                settle(timeout_ms=400)
                picture = window.screen().grabWindow(0, 0, 0, width, height)
                picture.save(str(folder / f"{name}{'' if theme == 'light' else '-dark'}.png"))

        shoot("first-run")
        QSettings(f"{temporary}/home/window.ini", QSettings.Format.IniFormat).setValue(OFFERED, "yes")
        fill(services, Path(temporary))
        window.library.model.refresh()
        shoot("main")
        listen(app)
        shoot("listening")
        soft = speak_softly(services, Path(temporary))
        window.library.show_edited(soft)
        settle(lambda: window.library.detail.recording_id == soft, timeout_ms=5000)
        edit(app, shoot)
        services.trash.delete([soft])
        services.trash.delete_for_ever([soft])
        window.library.model.refresh()
        show_backup(services, Path(temporary), app)
        shoot("backup")
        window.cloud.open_panel()
        shoot("transfers")
        if window.cloud.panel is not None:
            window.cloud.panel.close()
        window.library.model.show_query(LibraryQuery(search="nothing like this"))
        shoot("nothing-found")
        window.library.model.show_query(LibraryQuery(Shelf.ALL))
        services.takes.start_from(GeneratedVoice(), "While speaking")
        window.control._on_started(services.takes.running)
        settle(timeout_ms=4000)
        shoot("recording")
        window.control.stop()
        settle(lambda: not window.control.busy)
        window.side.open_settings()
        shoot("settings")
        window.findChild(SettingsDialog).show_page("cloud")
        shoot("settings-cloud")
        window.findChild(SettingsDialog).close()
        live_through(services, services.providers.place())
        window.side.open_dashboard()
        dashboard = window.findChild(Dashboard)
        dashboard.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        dashboard.setGeometry(0, 0, width, height)
        dashboard.show()
        settle(lambda: bool(dashboard.charts), timeout_ms=5000)
        shoot("dashboard")
        app.shut_down()
        window.close()
        services.close()


def main() -> None:
    """Read the options and take the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=Path("resources/screenshots"))
    parser.add_argument("--size", default="1280x800")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    take_pictures(options.folder, width, height)


if __name__ == "__main__":
    main()
