"""The window: header, library, and the recorder bar below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.take import TakeSnapshot
from voice_recorder.ui.about import show_about
from voice_recorder.ui.banner import Banner, Column
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.cloud_corner import CloudCorner
from voice_recorder.ui.dashboard import show_dashboard
from voice_recorder.ui.errands import ErrandStrip, recovered_words
from voice_recorder.ui.header import Header
from voice_recorder.ui.help_window import HelpWindow
from voice_recorder.ui.import_dialogs import choose_files, choose_folder
from voice_recorder.ui.input_watch import InputWatch, output_names
from voice_recorder.ui.library_pane import LibraryPane
from voice_recorder.ui.marker_keys import MarkerKeys
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.network_watch import NetworkWatch
from voice_recorder.ui.question import ask_about_take
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.shortcuts import Shortcuts
from voice_recorder.ui.show_in_folder import open_folder
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.window_memory import WindowMemory
from voice_recorder.workers.cloud_worker import CloudWork
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.upkeep import Upkeep

if TYPE_CHECKING:
    from voice_recorder.audio.devices import InputDevice
    from voice_recorder.services import Services
    from voice_recorder.services.recovery import RecoveryReport

LOOK_AGAIN_MS = 5000


class MainWindow(QMainWindow):
    """Joins the parts: who tells what to whom."""

    closed = Signal()
    settings_applied = Signal()
    hidden_to_tray = Signal()

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, upkeep: Upkeep, cloud: CloudWork
    ) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._upkeep = upkeep
        self._cloud = cloud
        self._inputs: tuple[InputDevice, ...] = ()
        self._closing = False
        self._quitting = False
        self.stays_in_tray = False
        """Whether closing the window only hides it."""
        self._stopped_elsewhere = False
        self._refusal = ""
        self._asked_about_take: QMessageBox | None = None
        self._help: HelpWindow | None = None
        self.shortcuts = Shortcuts(self)
        self.control = TakeControl(services, lanes.take)
        self.microphone = MicrophoneTest(services, lanes.take)
        self._memory = WindowMemory(services.config.home, self)
        self._network_watch = NetworkWatch(self)
        self._build()
        self._connect()
        self._connect_take()
        self._connect_cloud()
        self._marker_keys = MarkerKeys(self, self.library.detail)
        self._add_shortcuts()
        self._apply_settings()
        self._memory.restore(self, self.library)
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
        self._actions = CloudActions(self._services, self._lanes, self._cloud, self.errands)
        self.library = LibraryPane(self._services, self._lanes, self._theme, self._actions)
        self.library.splitterMoved.connect(self._align)
        self.bar = RecorderBar(self._theme, self.control, self.microphone)
        memory = self._memory.settings
        self.cloud = CloudCorner(
            self._theme, self._cloud, self._actions, self.library, self.banner, self.bar, memory
        )
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
        header.help_asked.connect(self.open_help)
        header.about_asked.connect(self._about)
        header.dashboard_asked.connect(self.open_dashboard)
        header.quit_asked.connect(self.quit)
        library.failed.connect(self.show_error)
        library.search_dropped.connect(header.search.clear)
        library.record_asked.connect(self.control.start)
        library.microphone_test_asked.connect(self.microphone.start)
        library.detail.transport.speed_chosen.connect(self._keep_speed)
        upkeep.library_changed.connect(library.model.live.catch_up)
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
        self.bar.setting_chosen.connect(self._keep_setting)
        self.bar.menu.settings_asked.connect(self.open_settings)
        self.control.split.connect(self._upkeep.prove)
        self.microphone.ended.connect(self.control.listen)
        self.bar.picker.opened.connect(self._upkeep.list_inputs)

    def _connect_cloud(self) -> None:
        self._upkeep.library_changed.connect(self._cloud.look)
        self._upkeep.proved.connect(self._cloud.queue_new)
        self._cloud.failed.connect(self.show_error)
        self._actions.failed.connect(self.show_error)
        self._actions.told.connect(self._on_report)
        self.cloud.settings_asked.connect(self.open_settings)
        self._network_watch.came_back.connect(self._cloud.network_is_back)
        self._network_watch.metered_changed.connect(self._cloud.set_metered)

    def _add_shortcuts(self) -> None:
        bind = self.shortcuts.bind
        bind("record", self.control.toggle)
        bind("marker", self.add_marker)
        player = self.library.player
        bind("shuttle_back", player.shuttle_back, repeats=True)
        bind("shuttle_pause", player.pause)
        bind("shuttle_on", player.shuttle_on)
        bind("loop_start", player.loop_from_here)
        bind("loop_end", player.loop_to_here)
        bind("loop_clear", player.end_loop)
        bind("play", self.play_or_pause)
        bind("rename", self.library.rename)
        bind("delete", self.delete_selected)
        bind("search", self.search)
        bind("import", self._ask_for_files)
        bind("settings", self.open_settings)
        bind("help", self.open_help)
        bind("quit", self.quit)
        self.header.name_keys(self.shortcuts)

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
        self._cloud.start()
        self._network_watch.start()
        self._upkeep.list_inputs()
        self._input_watch.start()

    # Keys

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys such as Space are ours only when what has the focus did not want them."""
        if not self.shortcuts.press(event):
            super().keyPressEvent(event)

    @Slot()
    def add_marker(self) -> None:
        """Mark this moment: of the take that runs, else of the recording that is shown."""
        (self.bar.add_marker if self.control.busy else self.library.sound.add_marker)()

    @Slot()
    def play_or_pause(self) -> None:
        """Play the recording that is shown, or pause; not while a take listens."""
        if self.library.detail.transport.isEnabled() and not self.control.busy:
            self.library.player.toggle()

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

    @Slot()
    def toggle_elsewhere(self) -> None:
        """Record, or stop, for who looks at another window: this one neither comes nor asks for a name."""
        self._stopped_elsewhere = self.control.busy
        self.control.toggle()

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
        quietly, self._stopped_elsewhere = self._stopped_elsewhere, False
        if self._closing:
            self.close()
        elif asked and error is None and not quietly:
            self.library.show_new(snapshot.recording_id)
        else:
            self.library.model.refresh()

    @Slot(object)
    def _on_recovered(self, report: RecoveryReport) -> None:
        self.banner.say(recovered_words(report), news=True)

    # Devices and settings

    @Slot(object)
    def _on_inputs(self, inputs: Sequence[InputDevice]) -> None:
        self._inputs = tuple(inputs)
        self.bar.show_inputs(self._inputs, self._services.settings.current.audio_device)
        self.control.listen()
        if not self._inputs:
            self._look_again.start()

    @Slot(str)
    def _keep_device(self, name: str) -> None:
        self.library.changes.set_setting("audio.device", name, self.control.listen)
        self.library.list.setFocus()

    @Slot(str, object)
    def _keep_setting(self, key: str, value: object) -> None:
        self.library.changes.set_setting(key, value, self._apply_settings)

    @Slot(float)
    def _keep_speed(self, speed: float) -> None:
        self.library.changes.set_setting("playback.speed", speed)
        self.library.list.setFocus()

    @Slot()
    @Slot(str)
    def open_settings(self, page: str = "") -> None:
        """Show the settings, at ``page`` if it is given."""
        inputs = [device.name for device in self._inputs]
        dialog = SettingsDialog(self._services, self._lanes, self._theme, inputs, output_names(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if page:
            dialog.show_page(page)
        dialog.applied.connect(self._apply_settings)
        dialog.applied.connect(self._upkeep.check_preflight)  # the format decides how long one can record
        dialog.applied.connect(self._cloud.settings_changed)
        dialog.provider_changed.connect(self._cloud.provider_changed)
        dialog.open()

    @Slot()
    def _apply_settings(self) -> None:
        now = self._services.settings.current
        self._theme.choose(now.appearance_theme)
        self.library.player.set_speed(now.playback_speed)
        self.library.player.set_output(now.audio_output_device)
        self.library.detail.transport.show_speed(now.playback_speed)
        self.bar.picker.show_inputs(self._inputs, now.audio_device)
        self.bar.show_settings(now)
        self.control.listen()
        self._marker_keys.set_enabled(now.shortcuts_single_keys)
        self.shortcuts.apply(now.shortcuts_keys, single_keys=now.shortcuts_single_keys)
        self.bar.show_single_keys(self.shortcuts.is_usual("record", "marker"))
        self.library.detail.transport.show_single_keys(self.shortcuts.is_usual("play"))
        self.settings_applied.emit()

    # Import

    @Slot()
    def _ask_for_files(self) -> None:
        choose_files(self, self._import)

    @Slot()
    def _ask_for_folder(self) -> None:
        choose_folder(self, self._import)

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
        open_folder(self._services.config.raw_recordings_path, self.show_error)

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

    @Slot()
    def quit(self) -> None:
        """End the program, also where closing the window would leave it in the tray."""
        self._quitting = True
        if self.control.busy:
            self.come_forward()  # to ask what is to become of the take
        self.close()

    def first_time(self, what: str) -> bool:
        """Whether ``what`` is asked for the first time in this library."""
        return self._memory.once(what)

    @Slot()
    def let_session_end(self) -> None:
        """Stay in no tray when the session ends: it would wait for this window."""
        self._quitting = True

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self.stays_in_tray and not self._quitting and not self._closing:
            event.ignore()
            self.library.detail.keep()
            self._memory.keep(self, self.library)
            self.hide()
            self.hidden_to_tray.emit()
            return
        if self.control.busy:
            event.ignore()
            if not self._closing:
                self._ask_about_take()
            return
        self._look_again.stop()
        self.library.detail.keep()
        self._memory.keep(self, self.library)
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
        if self._asked_about_take is None:
            self._asked_about_take = ask_about_take(self, self._theme, self._on_answer_about_take)

    def _on_answer_about_take(self, stop: bool) -> None:
        self._asked_about_take = None
        self._quitting = stop
        if stop:
            self.finish_and_close()

    @Slot()
    @Slot(str)
    def open_help(self, page: str = "") -> None:
        """Show the help, at ``page`` if it is given."""
        if self._help is None:
            self._help = HelpWindow(self._theme, self.shortcuts, self)
        self._help.open_at(page)

    @Slot()
    def open_dashboard(self) -> None:
        """Show the figures of the library in a window of their own."""
        show_dashboard(self._services, self._lanes.queue, self._theme, self._upkeep, self)

    @Slot()
    def _about(self) -> None:
        show_about(self, self._theme, self._services.config.raw_recordings_path)
