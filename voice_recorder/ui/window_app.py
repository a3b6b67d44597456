"""Runs the window: the QApplication, its threads, the signals of the system, and an orderly end."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QSocketNotifier, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from voice_recorder import __version__
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.services.autostart import HIDDEN
from voice_recorder.storage.locks import FileLock
from voice_recorder.ui import language
from voice_recorder.ui.desktop import Desktop
from voice_recorder.ui.language import tr
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.single_instance import InstanceServer, raise_running_window
from voice_recorder.ui.theme import Theme, resources
from voice_recorder.workers.cloud_worker import CloudWork
from voice_recorder.workers.garbage import GarbageCollection
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.upkeep import Upkeep

if TYPE_CHECKING:
    from voice_recorder.services import Services

ENDING_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
TAKE_ENDS_WITHIN_S = 10.0
OTHER_ANSWERS_WITHIN_S = 6.0
_log = logging.getLogger(__name__)


class SystemSignals(QObject):
    """Turns SIGINT, SIGTERM and SIGHUP into a Qt signal, without polling."""

    received = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (getattr(signal, n) for n in ENDING_SIGNALS if hasattr(signal, n))
        }
        self._old_fd = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_wakeup)

    def close(self) -> None:
        """Give the signals back to whoever had them."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reading.close()
        self._writing.close()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        """Python writes the number to the socket; Qt's loop does the rest."""

    @Slot()
    def _on_wakeup(self) -> None:
        for number in self._reading.recv(64):
            if number in self._before:
                self.received.emit(number)


class BugReporter(QObject):
    """Logs what nobody caught and tells the window, from whatever thread. A running take goes on."""

    reported = Signal(object)

    def install(self) -> None:
        """Be the exception hook of the process and of its threads."""
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Put the hooks back that were there."""
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        _log.critical("unexpected error", exc_info=(kind, error, traceback))
        self.reported.emit(
            VoiceRecorderError(
                tr("Something unexpected happened."),
                tr("Your recordings are untouched and a running one goes on. The log has the details."),
            )
        )

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)


class WindowApp(QObject):
    """Holds everything that lives as long as the window; ``hidden`` begins in the tray if there is one."""

    def __init__(self, application: QApplication, services: Services, *, hidden: bool = False) -> None:
        super().__init__()
        self._services = services
        self._hidden = hidden
        self._shut = False
        self.garbage = GarbageCollection()
        self.lanes = Lanes()
        self.theme = Theme(application, services.settings.current.appearance_theme, dressed=False)
        self.upkeep = Upkeep(services, self.lanes)
        self.cloud = CloudWork(services, self.lanes)
        self.window = MainWindow(services, self.lanes, self.theme, self.upkeep, self.cloud)
        self.server = InstanceServer(services.config.home)
        self.server.asked.connect(self.window.come_forward)
        self.desktop = Desktop(application, services, self.lanes, self.theme, self.window, self.cloud)
        self.theme.dress()
        self.starts_anew = False
        """Whether the program is to be started again once it has ended."""
        self.window.restart_asked.connect(self._on_restart_asked)
        application.commitDataRequest.connect(self.end_take)
        application.commitDataRequest.connect(self.window.closing.let_session_end)
        application.aboutToQuit.connect(self.shut_down)

    def show(self) -> None:
        """Show the window; the library follows when it stands."""
        self.desktop.show(hidden=self._hidden)
        QTimer.singleShot(0, self.window, self.window.start)

    @Slot()
    def end_take(self) -> None:
        """Stop and keep a running take before the session ends."""
        self.window.control.finish_now(TAKE_ENDS_WITHIN_S)

    @Slot(int)
    def on_signal(self, number: int) -> None:
        """End as Stop and Quit would."""
        _log.info("ending on signal %d", number)
        self.window.closing.finish_and_close()

    @Slot()
    def _on_restart_asked(self) -> None:
        self.starts_anew = True

    @Slot()
    def shut_down(self) -> None:
        """Capture first, then the threads; uploads are parked meanwhile. May be called twice."""
        if self._shut:
            return
        self._shut = True
        self.desktop.close()
        self.upkeep.stop()
        self.cloud.stop()
        self.end_take()
        self.window.library.detail.keep()
        self.window.library.player.stop()
        self.server.close()
        self.lanes.shut_down()
        self.garbage.stop()
        self.end_take()  # one that was still starting when we looked first


def start_anew() -> None:
    """Start this program again as it was started, with its window; the lock of the window must be free."""
    arguments = [word for word in sys.orig_argv[1:] if word != HIDDEN]
    started, _number = QProcess.startDetached(sys.executable, arguments, str(Path.cwd()))
    if not started:
        _log.warning("the program could not be started again")


def _is_first(lock: FileLock, services: Services) -> bool:
    """Whether this is the only window of the library; False when another one came forward instead.

    One that is just opening or closing does not answer yet or no more: it gets a moment.
    """
    deadline, pause = time.monotonic() + OTHER_ANSWERS_WITHIN_S, threading.Event()
    while not lock.acquire():
        if raise_running_window(services.config.home):
            return False
        if time.monotonic() > deadline:
            raise VoiceRecorderError(
                tr("Voice Recorder is running already, but its window does not answer."),
                tr("Close it first; if that does not help, end its process: what it recorded is kept."),
            )
        pause.wait(0.1)
    return True


def run(services: Services, *, hidden: bool = False) -> int:
    """Open the window on ``services`` and return its exit code once it is closed. VoiceRecorderError.

    ``hidden``: only its icon in the tray, where there is one.
    """
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("voice-recorder")
    application.setApplicationDisplayName("Voice Recorder")
    application.setApplicationVersion(__version__)
    application.setWindowIcon(QIcon(str(resources() / "icons" / "app.svg")))
    QGuiApplication.setDesktopFileName("voice-recorder")
    application.setQuitOnLastWindowClosed(False)  # the window says when it ends, or stays in the tray
    language.choose(application, services.settings.current.appearance_language)
    lock = FileLock(services.config.locks_path / "window.lock")
    if not _is_first(lock, services):
        sys.stdout.write("Voice Recorder is open already; its window was brought to the front.\n")
        return 0
    signals, bugs, starts_anew = SystemSignals(), BugReporter(), False
    try:
        app = WindowApp(application, services, hidden=hidden)
        signals.received.connect(app.on_signal)
        bugs.reported.connect(app.window.show_error)
        app.window.closed.connect(application.quit)
        bugs.install()
        app.show()
        app.garbage.start()
        code = application.exec()
        app.shut_down()
        starts_anew = app.starts_anew
        bugs.uninstall()
        app.window.deleteLater()
        return code
    finally:
        signals.close()
        lock.release()
        if starts_anew:
            start_anew()
