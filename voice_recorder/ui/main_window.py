"""The window: header, library, and the recorder bar below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox
from typing_extensions import override

from voice_recorder import __version__
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.take import TakeSnapshot
from voice_recorder.ui.banner import Banner, Column
from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.ui.header import Header
from voice_recorder.ui.input_watch import InputWatch, output_names
from voice_recorder.ui.library_pane import LibraryPane
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.question import question
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.upkeep import Upkeep

if TYPE_CHECKING:
    from voice_recorder.audio.devices import InputDevice
    from voice_recorder.services import Services
    from voice_recorder.services.recovery import RecoveryReport

SOUND_FILES = (
    "Sound (*.wav *.flac *.mp3 *.ogg *.oga *.opus *.aif *.aiff *.m4a *.aac *.mp4 *.mov *.webm);;All files (*)"
)


LOOK_AGAIN_MS = 5000


class MainWindow(QMainWindow):
    """Joins the parts: who tells what to whom."""

    closed = Signal()

    def __init__(self, services: Services, lanes: Lanes, theme: Theme, upkeep: Upkeep) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._upkeep = upkeep
        self._inputs: tuple[InputDevice, ...] = ()
        self._closing = False
        self._refusal = ""
        self._asked_about_take: QMessageBox | None = None
        self._single_keys: list[QShortcut] = []
        self.control = TakeControl(services, lanes.take)
        self.microphone = MicrophoneTest(services, lanes.take)
        self._build()
        self._connect()
        self._connect_take()
        self._add_shortcuts()
        self._apply_settings()
        file = str(services.config.home / "window.ini")
        self._remembered = QSettings(file, QSettings.Format.IniFormat, self)
        self._restore_geometry()
        self._input_watch = InputWatch(self)
        self._input_watch.inputs_changed.connect(upkeep.list_inputs)
        self._look_again = QTimer(self)  # who waits for a microphone is not left to what Qt hears of it
        self._look_again.setSingleShot(True)
        self._look_again.setInterval(LOOK_AGAIN_MS)
        self._look_again.timeout.connect(upkeep.list_inputs)

    def _build(self) -> None:
        self.setWindowTitle("Voice Recorder")
        self.setMinimumSize(820, 520)
        self.setAcceptDrops(True)
        self.header = Header(self._theme)
        self.banner = Banner(self._theme)
        self.errands = ErrandStrip(self._services, self._lanes.errands)
        self.library = LibraryPane(self._services, self._lanes, self._theme)
        self.library.splitterMoved.connect(self._align)
        self.bar = RecorderBar(self._theme, self.control, self.microphone)
        self.setCentralWidget(
            Column(self.header, self.banner, self.errands, self.library, self.bar, stretch=self.library)
        )

    def _connect(self) -> None:
        header, library, upkeep, errands = self.header, self.library, self._upkeep, self.errands
        header.search.searched.connect(library.search_for)
        header.import_files_asked.connect(self._ask_for_files)
        header.import_folder_asked.connect(self._ask_for_folder)
        header.verify_asked.connect(errands.verify)
        header.settings_asked.connect(self.open_settings)
        header.folder_asked.connect(self._open_recordings_folder)
        header.about_asked.connect(self._about)
        header.quit_asked.connect(self.close)
        library.failed.connect(self.show_error)
        library.search_dropped.connect(header.search.clear)
        library.record_asked.connect(self.control.start)
        library.microphone_test_asked.connect(self.microphone.start)
        library.detail.transport.speed_chosen.connect(self._keep_speed)
        upkeep.library_changed.connect(library.model.refresh)
        upkeep.recovered.connect(self._on_recovered)
        upkeep.preflight_changed.connect(self.bar.show_preflight)
        upkeep.inputs_listed.connect(self._on_inputs)
        upkeep.failed.connect(self.show_error)
        errands.failed.connect(self.show_error)
        errands.reported.connect(self._on_report)
        errands.library_changed.connect(library.model.refresh)
        errands.library_changed.connect(upkeep.prove)
        for lane in self._lanes.all:
            lane.failed.connect(self.show_error)

    def _connect_take(self) -> None:
        self.control.started.connect(self._on_take_started)
        self.control.polled.connect(self.library.list.show_running)
        self.control.refused.connect(self._on_take_refused)
        self.control.ended.connect(self._on_take_ended)
        self.library.running_renamed.connect(self.control.rename)
        self.bar.device_picked.connect(self._keep_device)
        self.bar.picker.opened.connect(self._upkeep.list_inputs)

    def _add_shortcuts(self) -> None:
        self._single_keys = [
            self._shortcut("R", self.control.toggle),
            self._shortcut("M", self.bar.add_marker),
        ]
        self._shortcut("F2", self.library.rename)
        self._shortcut("Ctrl+F", self.search)
        self._shortcut("Delete", self.delete_selected)

    def _shortcut(self, keys: str, slot: Callable[[], object]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(slot)
        return shortcut

    @Slot()
    def start(self) -> None:
        """Show the library, then begin the quiet work; for when the window stands."""
        self.library.model.refreshed.connect(self._begin_upkeep)
        self.library.model.failed.connect(self._begin_upkeep)
        self.library.start()

    @Slot()
    def _begin_upkeep(self) -> None:
        """With the first rows on the screen, or without any when the library cannot be read."""
        self.library.model.refreshed.disconnect(self._begin_upkeep)
        self.library.model.failed.disconnect(self._begin_upkeep)
        self._upkeep.start()
        self._upkeep.list_inputs()
        self._input_watch.start()

    # Keys

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays, unless what has the focus wanted it."""
        alone = event.modifiers() == Qt.KeyboardModifier.NoModifier and not event.isAutoRepeat()
        enabled = self._services.settings.current.shortcuts_single_keys
        if event.key() == Qt.Key.Key_Space and alone and enabled:
            if self.library.detail.transport.isEnabled() and not self.control.busy:
                self.library.player.toggle()
        else:
            super().keyPressEvent(event)

    @Slot()
    def search(self) -> None:
        """Go to the search field."""
        self.header.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.header.search.selectAll()

    @Slot()
    def delete_selected(self) -> None:
        """Move what is selected to the trash, but not the take that runs."""
        self.library.delete_selected()

    # Takes

    @Slot(str)
    def _on_take_started(self, _recording_id: str) -> None:
        if self.banner.text == self._refusal:
            self.banner.hide()  # what stood in the way does so no more
        self.library.player.pause()
        self._upkeep.set_taking(True)

    @Slot(object)
    def _on_take_refused(self, error: VoiceRecorderError) -> None:
        self._refusal = str(error)
        self.show_error(error)
        if self._closing:
            self.close()

    @Slot(object, object, bool)
    def _on_take_ended(self, snapshot: TakeSnapshot, error: VoiceRecorderError | None, asked: bool) -> None:
        self.library.list.show_running(None)
        self._upkeep.set_taking(False)
        self._upkeep.prove()
        if error is not None:
            self.show_error(error)
        if self._closing:
            self.close()
        elif asked and error is None:
            self.library.show_new(snapshot.recording_id)
        else:
            self.library.model.refresh()

    @Slot(object)
    def _on_recovered(self, report: RecoveryReport) -> None:
        number = len(report.recovered)
        titles = ", ".join(f"“{recording.title}”" for recording in report.recovered[:3])
        what = (
            "A recording that was cut off was recovered"
            if number == 1
            else f"{number} recordings that were cut off were recovered"
        )
        self.banner.say(f"{what}: {titles}{' …' if number > 3 else '.'}", news=True)

    # Devices and settings

    @Slot(object)
    def _on_inputs(self, inputs: Sequence[InputDevice]) -> None:
        self._inputs = tuple(inputs)
        self.bar.show_inputs(self._inputs, self._services.settings.current.audio_device)
        if not self._inputs:
            self._look_again.start()

    @Slot(str)
    def _keep_device(self, name: str) -> None:
        self.library.changes.set_setting("audio.device", name)
        self.library.list.setFocus()

    @Slot(float)
    def _keep_speed(self, speed: float) -> None:
        self.library.changes.set_setting("playback.speed", speed)
        self.library.list.setFocus()

    @Slot()
    def open_settings(self) -> None:
        """Show the settings."""
        inputs = [device.name for device in self._inputs]
        dialog = SettingsDialog(self._services, self._lanes.edits, self._theme, inputs, output_names(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.applied.connect(self._apply_settings)
        dialog.applied.connect(self._upkeep.check_preflight)  # the format decides how long one can record
        dialog.open()

    @Slot()
    def _apply_settings(self) -> None:
        now = self._services.settings.current
        self._theme.choose(now.appearance_theme)
        self.library.player.set_speed(now.playback_speed)
        self.library.player.set_output(now.audio_output_device)
        self.library.detail.transport.show_speed(now.playback_speed)
        self.bar.picker.show_inputs(self._inputs, now.audio_device)
        for shortcut in self._single_keys:
            shortcut.setEnabled(now.shortcuts_single_keys)
        self.bar.show_single_keys(now.shortcuts_single_keys)
        self.library.detail.transport.show_single_keys(now.shortcuts_single_keys)

    # Import

    @Slot()
    def _ask_for_files(self) -> None:
        self._choose(QFileDialog.FileMode.ExistingFiles, "Import files", SOUND_FILES)

    @Slot()
    def _ask_for_folder(self) -> None:
        self._choose(QFileDialog.FileMode.Directory, "Import folder")

    def _choose(self, mode: QFileDialog.FileMode, title: str, pattern: str = "") -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        if pattern:
            dialog.setNameFilters(pattern.split(";;"))
        dialog.filesSelected.connect(self._import)
        dialog.open()

    @Slot(list)
    def _import(self, names: list[str]) -> None:
        if names:
            self.errands.import_files([Path(name) for name in names])

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._import([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    @Slot(str, bool)
    def _on_report(self, words: str, well: bool) -> None:
        self.banner.say(words, news=well)

    @Slot()
    def _open_recordings_folder(self) -> None:
        folder = str(self._services.config.raw_recordings_path)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            self.show_error(VoiceRecorderError("No program opened the folder.", f"It is {folder}."))

    # The window itself

    @Slot(object)
    def show_error(self, error: VoiceRecorderError) -> None:
        """Say what happened, what was kept and what to do."""
        self.banner.say(str(error))

    @Slot()
    def come_forward(self) -> None:
        """For a second start: show this window."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot()
    def finish_and_close(self) -> None:
        """Stop a running take, keep it, and close without a question."""
        self._closing = True
        if self.control.busy:
            self.control.stop()
        else:
            self.close()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self.control.busy:
            event.ignore()
            if not self._closing:
                self._ask_about_take()
            return
        self._look_again.stop()
        self.library.detail.keep()
        self._remember_geometry()
        self.library.player.stop()
        event.accept()
        self.hide()  # the rest of the end takes a moment that nobody has to watch
        self.closed.emit()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if (
            event.type() == QEvent.Type.ActivationChange
            and self.isActiveWindow()
            and self.library.model.ready
        ):
            self._upkeep.list_inputs()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._align)

    @Slot()
    def _align(self) -> None:
        self.header.align_search(self.library.sizes()[0])

    def _ask_about_take(self) -> None:
        if self._asked_about_take is not None:
            return
        box = question(
            self,
            self._theme,
            "A recording is running.",
            "Stop it and save it, or keep recording. Nothing is lost either way.",
        )
        stop = box.addButton("Stop and save", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Keep recording", QMessageBox.ButtonRole.RejectRole))
        self._asked_about_take = box

        def answered() -> None:
            self._asked_about_take = None
            if box.clickedButton() is stop:
                self.finish_and_close()

        box.finished.connect(answered)
        box.open()

    @Slot()
    def _about(self) -> None:
        box = question(
            self,
            self._theme,
            f"Voice Recorder {__version__}",
            "Record voice notes and never lose one.\n\n"
            f"Your recordings are in {self._services.config.raw_recordings_path}",
        )
        box.setIconPixmap(self.windowIcon().pixmap(64, 64))
        box.addButton("Close", QMessageBox.ButtonRole.RejectRole)
        box.open()

    def _restore_geometry(self) -> None:
        self.resize(1220, 750)
        geometry, outer, inner = (self._remembered.value(key) for key in ("geometry", "outer", "inner"))
        if geometry is not None:
            self.restoreGeometry(geometry)
        if outer is not None and inner is not None:
            self.library.restore_layout(outer, inner)

    def _remember_geometry(self) -> None:
        outer, inner = self.library.save_layout()
        for key, value in (("geometry", self.saveGeometry()), ("outer", outer), ("inner", inner)):
            self._remembered.setValue(key, value)
        self._remembered.sync()
