"""Takes the pictures of the README: the real window, with real recordings in it.

    python -m tests.screenshots [FOLDER]

To be run on a display and with a microphone, see tests.fakes; ``make screenshots`` does it. The main window
is also taken in other sizes and languages, each by a process and on a display of its own.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "xcb"

import numpy
import soundfile
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QSettings, Qt
from PySide6.QtGui import QCursor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from tests.fakes.backup_states import back_up, choose_folder, enter_offline, enter_removed
from tests.fakes.display import VirtualDisplay
from tests.fakes.months import live_through
from tests.fakes.speech import speak
from voice_recorder.app import build
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.ui import language
from voice_recorder.ui.cloud_corner import OFFERED
from voice_recorder.ui.dashboard import Dashboard
from voice_recorder.ui.edit_bar import Tool
from voice_recorder.ui.export_dialog import ExportDialog
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.window_app import WindowApp

SIZE = "1280x800"
OF_MAIN_ALONE = (
    ("main-900x600", "900x600", "en", "1"),
    ("main-2560x1440", "2560x1440", "en", "2"),
    ("main-de", SIZE, "de", "1"),
    ("main-he", SIZE, "he", "1"),
)
"""Pictures of the main window in other sizes (in pixels) and languages, and how large a point is."""

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


FOLDERS = {"Work": ("Budget call with Ines", "Standup"), "Family": ("Shopping", "Letter to Amal")}
TAGS = {
    "ideas": ("Idea: the quiet chart", "Song, second verse", "Budget call with Ines"),
    "figures": ("Budget call with Ines",),
}


def speak_in_a_room(words: str, path: Path, loudness: float = 0.6) -> None:
    """As ``speak``, heard by a microphone: never quite silent, and with room above the loudest."""
    speak(words, path)
    samples, rate = soundfile.read(path)
    noise = numpy.random.default_rng(7).normal(0.0, 0.0008, len(samples))
    soundfile.write(path, samples * loudness + noise, rate)


def fill(services: Services, folder: Path) -> None:
    """Speak the notes, import them and keep them in order."""
    ids = {}
    for title, hours, sentences, todo in NOTES:
        path = folder / f"{title[:40]}.wav"
        spoken = itertools.islice(itertools.cycle(SENTENCES), len(title) % 5, len(title) % 5 + sentences)
        speak_in_a_room(f"{title}. " + " ".join(spoken), path)
        at = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
        os.utime(path, (at, at))
        recording = services.importing.run([path]).recordings[0]
        services.library.rename(recording.id, title)
        ids[title] = recording.id
        if todo == "favourite":
            services.library.set_favourite(recording.id, favourite=True)
        elif todo == "delete":
            services.trash.delete([recording.id])
    for name, titles in FOLDERS.items():
        services.organising.move([ids[title] for title in titles], name)
    for name, titles in TAGS.items():
        services.organising.tag([ids[title] for title in titles], name)


def show_backup(services: Services, folder: Path, app: WindowApp) -> None:
    """Bring the recordings into every state of a backup, two of them on their way."""
    library = services.library.page(LibraryQuery(), 50).recordings
    recordings = {recording.title.partition(":")[0]: recording for recording in library}
    choose_folder(services, folder / "Backup disk")
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
    """Cut, and normalise a note that was spoken too softly."""
    library = app.window.library
    detail, edits = library.detail, library.edits
    detail.transport.edit.click()
    detail.waveform.zoom_to_fit()
    library.player.end_loop()
    detail.waveform.select(4, 7.5)
    shoot("editing")
    edits.ask(Tool.NORMALISE)
    settle(detail.preview.apply.isVisible, timeout_ms=8000)
    shoot("editing-preview")
    edits.audition.discard()
    detail.waveform.clear_selection()
    detail.transport.edit.click()


def speak_softly(services: Services, folder: Path) -> str:
    """One more note, much too quiet; its id."""
    path = folder / "soft.wav"
    speak_in_a_room("The boat. " + " ".join(SENTENCES), path, 0.12)
    recording = services.importing.run([path]).recordings[0]
    services.library.rename(recording.id, "The boat, from far away")
    return recording.id


def settle(until: Callable[[], bool] = lambda: False, timeout_ms: int = 1500) -> None:
    """Let the window do its work until ``until`` holds, for ``timeout_ms`` at most."""
    deadline = QDeadlineTimer(timeout_ms)
    while not deadline.hasExpired() and not until():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


class Session:
    """The window in a library of its own, and what takes its picture."""

    def __init__(self, folder: Path, size: str, spoken: str) -> None:
        """Open a window of ``size`` pixels that speaks the language ``spoken``; pictures go to ``folder``."""
        self._folder = folder
        self._framed: list[QWidget] = []
        self._temporary = tempfile.TemporaryDirectory(prefix="notes-")
        self.place = Path(self._temporary.name)
        application = QApplication([])
        language.choose(application, spoken)
        home = {"VOICE_RECORDER_HOME": str(self.place / "home")}
        self.services = build(StorageConfig.from_environment("testing", home))
        self.app = WindowApp(application, self.services)
        self.window = self.app.window
        ratio = self.window.devicePixelRatioF()
        self._size = [round(int(pixels) / ratio) for pixels in size.split("x")]
        self.cover(self.window)
        QCursor.setPos(1, 1)  # where it hovers over nothing
        self.app.show()
        QSettings(str(self.place / "home/window.ini"), QSettings.Format.IniFormat).setValue(OFFERED, "yes")

    def cover(self, window: QWidget) -> None:
        """Let a window fill the picture."""
        window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        window.setGeometry(0, 0, *self._size)

    def centre(self, dialog: QDialog) -> None:
        """Show a dialog without the frame of this display's window manager, in the middle."""
        dialog.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        dialog.move((self._size[0] - dialog.width()) // 2, (self._size[1] - dialog.height()) // 2)
        dialog.show()
        self._framed.append(dialog)

    def _outline(self, picture: QPixmap, dialog: QWidget) -> None:
        """Draw the edge that a desktop would give to a dialog."""
        painter = QPainter(picture)
        painter.setPen(self.app.theme.colour("wave"))
        painter.drawRect(dialog.geometry().adjusted(-1, -1, 0, 0))
        painter.end()

    def shoot(self, name: str) -> None:
        """Take one picture dark and one light, as small as PNG makes them."""
        settle()
        for dialog in self._framed:
            dialog.raise_()
            dialog.activateWindow()
        for theme in ("dark", "light"):
            self.services.settings.set("appearance.theme", theme)
            self.app.theme.choose(theme)
            settle(timeout_ms=400)
            picture = self.window.screen().grabWindow(0, 0, 0, *self._size)
            for dialog in filter(QWidget.isVisible, self._framed):
                self._outline(picture, dialog)
            path = self._folder / f"{name}{'' if theme == 'light' else '-dark'}.png"
            picture.toImage().save(str(path), "PNG", 0)  # type: ignore[call-overload]

    def dismiss(self, dialog: QDialog) -> None:
        """Close a dialog again."""
        self._framed.remove(dialog)
        dialog.close()

    def close(self) -> None:
        """End the window and forget its library."""
        self.app.shut_down()
        self.window.close()
        self.services.close()
        self._temporary.cleanup()


def take_main(session: Session, name: str) -> None:
    """The main window alone, with notes that are backed up."""
    fill(session.services, session.place)
    show_backup(session.services, session.place, session.app)
    session.window.library.model.refresh()
    session.shoot(name)


def take_all(session: Session) -> None:
    """Every screen."""
    services, app, window, shoot = session.services, session.app, session.window, session.shoot
    shoot("first-run")
    fill(services, session.place)
    window.library.model.refresh()
    shoot("main")
    listen(app)
    shoot("listening")
    soft = speak_softly(services, session.place)
    window.library.show_edited(soft)
    settle(lambda: window.library.detail.recording_id == soft, timeout_ms=5000)
    edit(app, shoot)
    services.trash.delete([soft])
    services.trash.delete_for_ever([soft])
    window.library.model.refresh()
    take_finding(session)
    show_backup(services, session.place, app)
    shoot("backup")
    window.cloud.open_panel()
    assert window.cloud.panel is not None
    session.centre(window.cloud.panel)
    shoot("transfers")
    session.dismiss(window.cloud.panel)
    services.takes.start_from(GeneratedVoice(), "While speaking")
    window.control._on_started(services.takes.running)
    settle(timeout_ms=4000)
    shoot("recording")
    window.control.stop()
    settle(lambda: not window.control.busy)
    take_dialogs(session)


def take_finding(session: Session) -> None:
    """Several selected, filters, a search without a hit."""
    window, shoot = session.window, session.shoot
    finding, library = window.library.finding, window.library
    settle(lambda: library.model.total == len(NOTES) - 1, timeout_ms=5000)
    settle()
    library.list.show_runs([(0, 3)])
    library.list.tell_selection()
    settle(library.selection.page.delete.isVisible, timeout_ms=5000)
    shoot("batch")
    library.list.clear_selected()
    library.filters.set_query(LibraryQuery(tags=("ideas",), longer_than_s=10.0))
    library.filters.changed.emit()
    shoot("filters")
    finding.clear_filters()
    window.header.search.setText("nothing like this")
    shoot("nothing-found")
    window.header.search.clear()
    settle(lambda: library.model.total == len(NOTES) - 1, timeout_ms=5000)


def take_dialogs(session: Session) -> None:
    """What opens over the window or beside it."""
    services, window, shoot = session.services, session.window, session.shoot
    window.side.open_settings()
    settings = window.findChild(SettingsDialog)
    session.centre(settings)
    shoot("settings")
    settings.show_page("cloud")
    shoot("settings-cloud")
    session.dismiss(settings)
    services.settings.set("export.folder", "/home/ines/Music")
    window.library.deeds.ask_export([window.library.detail.recording_id])
    export = window.findChild(ExportDialog)
    session.centre(export)
    shoot("export")
    session.dismiss(export)
    window.side.open_help()
    assert window.side.help is not None
    session.centre(window.side.help)
    shoot("help")
    session.dismiss(window.side.help)
    live_through(services, services.providers.place())
    window.side.open_dashboard()
    dashboard = window.findChild(Dashboard)
    session.cover(dashboard)
    dashboard.show()
    settle(lambda: bool(dashboard.charts), timeout_ms=5000)
    shoot("dashboard")


def take_on_other_displays(folder: Path) -> None:
    """The main window in other sizes and languages."""
    for name, size, spoken, scale in OF_MAIN_ALONE:
        width, height = map(int, size.split("x"))
        options = [str(folder), "--main", name, "--size", size, "--language", spoken]
        with VirtualDisplay(width, height) as display:
            environment = {**os.environ, **display.env, "QT_SCALE_FACTOR": scale}
            subprocess.run([sys.executable, "-m", "tests.screenshots", *options], env=environment, check=True)


def main() -> None:
    """Read the options and take the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=Path("resources/screenshots"))
    parser.add_argument("--size", default=SIZE)
    parser.add_argument("--language", default="en")
    parser.add_argument(
        "--main", default="", metavar="NAME", help="take the main window alone, under this name"
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    session = Session(options.folder, options.size, options.language)
    try:
        if options.main:
            take_main(session, options.main)
        else:
            take_all(session)
    finally:
        session.close()
    if not options.main:
        take_on_other_displays(options.folder)


if __name__ == "__main__":
    main()
