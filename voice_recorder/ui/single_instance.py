"""One window a library: a second start raises the window of the first."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

RAISE = b"raise\n"
ANSWER = b"ok\n"
PATIENCE_MS = 1500


def server_name(home: Path) -> str:
    """The name under which the window of the library at ``home`` listens."""
    return f"voice-recorder-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]}"


def raise_running_window(home: Path) -> bool:
    """Ask the window of this library to come to the front; whether there is one."""
    socket = QLocalSocket()
    socket.connectToServer(server_name(home))
    if not socket.waitForConnected(PATIENCE_MS):
        return False
    socket.write(RAISE)
    socket.flush()
    answered = socket.waitForReadyRead(PATIENCE_MS)
    socket.disconnectFromServer()
    return answered


class InstanceServer(QObject):
    """Listens for second starts. Whoever makes one holds the lock of the window."""

    asked = Signal()

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        name = server_name(home)
        QLocalServer.removeServer(name)  # left by a process that was killed
        self._server.listen(name)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    @Slot()
    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.write(ANSWER)
            socket.flush()
            socket.disconnected.connect(socket.deleteLater)
            self.asked.emit()
