"""The window: header, library, and the recorder bar below them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow
from typing_extensions import override

from voice_recorder.domain.errors import RecordingsAway, VoiceRecorderError
from voice_recorder.domain.take import TakeSnapshot
from voice_recorder.ui.banner import Banner, Column
from voice_recorder.ui.closing import Closing
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.cloud_corner import CloudCorner
from voice_recorder.ui.edit_take import EditTake
from voice_recorder.ui.errands import ErrandStrip, recovered_words
from voice_recorder.ui.header import Header
from voice_recorder.ui.imports import Imports
from voice_recorder.ui.key_deeds import KeyDeeds
from voice_recorder.ui.language import tr
from voice_recorder.ui.library_pane import LibraryPane
from voice_recorder.ui.marker_keys import MarkerKeys
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.microphones import Microphones
from voice_recorder.ui.network_watch import NetworkWatch
from voice_recorder.ui.recorder_bar import RecorderBar
from voice_recorder.ui.relocation import Relocations
from voice_recorder.ui.said import said
from voice_recorder.ui.shortcuts import Shortcuts
from voice_recorder.ui.side_windows import SideWindows
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.theme import Theme
from voice_recorder.ui.warm_up import import_dialogs
from voice_recorder.ui.window_memory import WindowMemory
from voice_recorder.workers.cloud_worker import CloudWork
from voice_recorder.workers.folder_watch import FolderWatch
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.upkeep import Upkeep
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.recovery import RecoveryReport

ROWS_FIRST_MS = 50
"""From the first rows to all that the window does besides."""


class MainWindow(QMainWindow):
    """Joins the parts: who tells what to whom."""

    closed = Signal()
    settings_applied = Signal()
    hidden_to_tray = Signal()
    restart_asked = Signal()
    """The window is about to close, and the program is to start anew."""

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, upkeep: Upkeep, cloud: CloudWork
    ) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._upkeep = upkeep
        self._cloud = cloud
        self._stopped_elsewhere = False
        self._refusal = ""
        self.shortcuts = Shortcuts(self)
        self.control = TakeControl(services, lanes.take)
        self.microphone = MicrophoneTest(services, lanes.take)
        self.closing = Closing(self, theme)
        self.side = SideWindows(self, services, lanes, theme, upkeep, cloud)
        self.relocations = Relocations(self, services, lanes.errands)
        self._memory = WindowMemory(services.config.home, self)
        self._network_watch = NetworkWatch(self)
        self._folder_watch = FolderWatch(services, lanes.machine, self)
        self._build()
        self.imports = Imports(self, self.errands)
        self.microphones = Microphones(services, lanes.machine, upkeep, self.bar, self.control, self)
        self._connect()
        self._connect_take()
        self._connect_cloud()
        self._marker_keys = MarkerKeys(self, self.library.detail)
        self._deeds = KeyDeeds(self)
        self._apply_settings()
        self._memory.restore(self, self.library)

    def _build(self) -> None:
        self.setWindowTitle("Voice Recorder")
        self.setMinimumSize(820, 520)
        self.setAcceptDrops(True)
        self.header = Header(self._theme)
        self.banner = Banner(self._theme)
        self.errands = ErrandStrip(self._services, self._lanes.errands)
        self._actions = CloudActions(self._services, self._lanes, self._cloud, self.errands)
        self.library = LibraryPane(self._services, self._lanes, self._theme, self._actions, self.errands)
        self.library.splitterMoved.connect(self._align)
        self.bar = RecorderBar(self._theme, self.control, self.microphone)
        edits = self.library.edits
        self.edit_take = EditTake(self._services, self._lanes, self.control, self.bar, edits, self)
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
        header.import_files_asked.connect(self.imports.ask_for_files)
        header.import_folder_asked.connect(self.imports.ask_for_folder)
        header.verify_asked.connect(errands.verify)
        header.settings_asked.connect(self.side.open_settings)
        header.folder_asked.connect(self.side.open_recordings)
        header.help_asked.connect(self.side.open_help)
        header.about_asked.connect(self.side.show_about)
        header.dashboard_asked.connect(self.side.open_dashboard)
        header.quit_asked.connect(self.closing.quit)
        library.failed.connect(self.show_error)
        library.search_dropped.connect(header.search.clear)
        library.words_wanted.connect(header.search.setText)
        library.files_pasted.connect(self.imports.import_files)
        library.record_asked.connect(self.control.start)
        library.microphone_test_asked.connect(self.microphone.start)
        library.microphone_test_offered.connect(self.bar.try_button.setHidden)
        library.detail.transport.speed_chosen.connect(self._keep_speed)
        upkeep.library_changed.connect(library.model.live.catch_up)
        upkeep.recovered.connect(self._on_recovered)
        upkeep.preflight_changed.connect(self.bar.show_preflight)
        upkeep.failed.connect(self.show_error)
        errands.failed.connect(self.show_error)
        errands.reported.connect(self._on_report)
        errands.library_changed.connect(library.model.refresh)
        errands.library_changed.connect(upkeep.prove)
        for lane in self._lanes.all:
            lane.failed.connect(self.show_error)
        self.side.settings_applied.connect(self._apply_settings)
        self.side.move_asked.connect(self.relocations.ask)
        self.relocations.moved.connect(self._start_anew)
        self._folder_watch.went_away.connect(self._on_folder_gone)
        self._folder_watch.came_back.connect(self._on_folder_back)
        self._folder_watch.rights_changed.connect(upkeep.check_preflight)

    def _connect_take(self) -> None:
        self.edit_take.failed.connect(self.show_error)
        self.edit_take.attached.connect(self.library.show_edited)
        self.control.started.connect(self._on_take_started)
        self.control.polled.connect(self.library.list.show_running)
        self.control.refused.connect(self._on_take_refused)
        self.control.ended.connect(self._on_take_ended)
        self.library.running_renamed.connect(self.control.rename)
        self.bar.device_picked.connect(self._keep_device)
        self.bar.setting_chosen.connect(self._keep_setting)
        self.bar.menu.settings_asked.connect(self.side.open_settings)
        self.control.split.connect(self._upkeep.prove)
        self.microphone.ended.connect(self.control.listen)

    def _connect_cloud(self) -> None:
        self._upkeep.library_changed.connect(self._cloud.look)
        self._upkeep.proved.connect(self._cloud.queue_new)
        self._cloud.failed.connect(self.show_error)
        self._actions.failed.connect(self.show_error)
        self._actions.told.connect(self._on_report)
        self.cloud.settings_asked.connect(self.side.open_settings)
        self._network_watch.came_back.connect(self._cloud.network_is_back)
        self._network_watch.metered_changed.connect(self._cloud.set_metered)

    @Slot()
    def start(self) -> None:
        """Show the library, then begin the quiet work; for when the window stands."""
        self.library.model.refreshed.connect(self._on_first_rows)
        self.library.model.failed.connect(self._on_first_rows)
        self.library.start()

    @Slot()
    def _on_first_rows(self) -> None:
        """All else waits until they are painted; or without any when the library cannot be read."""
        self.library.model.refreshed.disconnect(self._on_first_rows)
        self.library.model.failed.disconnect(self._on_first_rows)
        QTimer.singleShot(ROWS_FIRST_MS, self, self._warm_up)

    @Slot()
    def _warm_up(self) -> None:
        self._lanes.upkeep.post(self._build_services, self._begin_upkeep, self._on_not_built)

    def _build_services(self, cancel: threading.Event, _report: Progress) -> None:
        self._services.build_all(cancel)

    def _on_not_built(self, error: VoiceRecorderError) -> None:
        """What works must go on: recovery and backup wait for nothing that another part lacks."""
        self.show_error(error)
        self._begin_upkeep(None)

    def _begin_upkeep(self, _built: None) -> None:
        self._upkeep.start()
        self._cloud.start()
        self._network_watch.start()
        self.microphones.start()
        self._folder_watch.start()
        self._lanes.machine.post(import_dialogs)

    # Keys

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys such as Space are ours only when what has the focus did not want them."""
        if not self.shortcuts.press(event):
            super().keyPressEvent(event)

    # Takes

    @Slot()
    def toggle_elsewhere(self) -> None:
        """Record, or stop, for who looks at another window: this one neither comes nor asks for a name."""
        if self.relocations.busy:
            reason = tr("Record when that is done.")
            self._on_take_refused(VoiceRecorderError(tr("The recordings folder is being moved."), reason))
            return
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
        self._refusal = said(error)
        self.show_error(error)
        self.closing.go_on()

    @Slot(object, object, bool)
    def _on_take_ended(self, snapshot: TakeSnapshot, error: VoiceRecorderError | None, asked: bool) -> None:
        self.library.list.show_running(None)
        self._upkeep.set_taking(False)
        self._upkeep.prove()
        if error is not None:
            self.show_error(error)
        quietly, self._stopped_elsewhere = self._stopped_elsewhere, False
        if self.closing.go_on():
            return
        if asked and error is None and not quietly and not self.edit_take.going:
            self.library.show_new(snapshot.recording_id)
        else:
            self.library.model.refresh()

    @Slot(object)
    def _on_recovered(self, report: RecoveryReport) -> None:
        self.banner.say(recovered_words(report), news=True)

    # Devices and settings

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
    def _apply_settings(self) -> None:
        now = self._services.settings.current
        self._theme.choose(now.appearance_theme)
        self.library.player.set_speed(now.playback_speed)
        self.library.player.set_output(now.audio_output_device)
        self.library.detail.transport.show_speed(now.playback_speed)
        self.bar.picker.show_inputs(self.microphones.inputs, now.audio_device)
        self.bar.show_settings(now)
        self.control.listen()
        self._marker_keys.set_enabled(now.shortcuts_single_keys)
        self.shortcuts.apply(now.shortcuts_keys, single_keys=now.shortcuts_single_keys)
        hint = self.shortcuts.hint
        self.bar.show_keys(hint("record"), hint("marker"))
        self.library.name_keys(hint)
        self.settings_applied.emit()

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.imports.welcome(event)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self.imports.take(event)

    @Slot(str, bool)
    def _on_report(self, words: str, well: bool) -> None:
        self.banner.say(words, news=well)

    # The window itself

    @Slot(object)
    def show_error(self, error: VoiceRecorderError) -> None:
        """Say what happened, what was kept and what to do."""
        self.banner.say(said(error))

    @Slot(object)
    def _on_folder_gone(self, error: RecordingsAway) -> None:
        self.show_error(error)
        self._upkeep.check_preflight()

    @Slot()
    def _on_folder_back(self) -> None:
        self.banner.say(tr("The recordings folder is there again; all goes on."), news=True)
        self._upkeep.check_preflight()
        self._upkeep.prove()
        self.library.model.refresh()

    @Slot()
    def _start_anew(self) -> None:
        self.restart_asked.emit()
        self.closing.finish_and_close()

    @Slot()
    def come_forward(self) -> None:
        """For a second start: show this window."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def first_time(self, what: str) -> bool:
        """Whether ``what`` is asked for the first time in this library."""
        return self._memory.once(what)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self.closing.hides:
            event.ignore()
            self.library.detail.keep()
            self._memory.keep(self, self.library)
            self.hide()
            self.hidden_to_tray.emit()
            return
        if not self.closing.may_close():
            event.ignore()
            return
        self.microphones.stop()
        self._folder_watch.stop()
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
