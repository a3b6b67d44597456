"""Sockets whose every wait ends within a tenth of a second when it is called off."""

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import Buffer, override

from voice_recorder.domain.errors import Cancelled

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

_STEP_S = 0.1
_UNSENT_BYTES = 128 * 1024
NEVER = threading.Event()


class AnsweredEarly(Exception):
    """The server has begun to answer while we were still sending."""


def connect(connection: "HTTPConnection", stall_s: float, cancel: threading.Event) -> None:
    """Connect, and put a PatientSocket below ``connection``. Raises Cancelled, OSError, urllib3's HTTPError.

    Looking up a name and connecting cannot be called off: that goes on in a thread that nobody waits for.
    """
    attempt = _Attempt(connection)
    attempt.start()
    attempt.wait(cancel)
    connection.sock = PatientSocket(connection.sock, stall_s)


class _Attempt(threading.Thread):
    def __init__(self, connection: "HTTPConnection") -> None:
        super().__init__(name="connecting", daemon=True)
        self._connection = connection
        self._done = threading.Event()
        self._abandoned = threading.Event()
        self._error: Exception | None = None

    @override
    def run(self) -> None:
        from urllib3.exceptions import HTTPError

        try:
            self._connection.connect()
        except (OSError, HTTPError) as error:
            self._error = error
        finally:
            self._done.set()
            if self._abandoned.is_set():
                self._connection.close()

    def wait(self, cancel: threading.Event) -> None:
        while not self._done.wait(_STEP_S):
            if cancel.is_set():
                self._abandoned.set()
                self._connection.close()  # it may just have been made
                raise Cancelled
        if self._error is not None:
            raise self._error


class PatientSocket:
    """A connected socket, as far as ``http.client`` and urllib3 use one.

    A wait of ``stall_s`` without a byte is a TimeoutError; ``cancel`` ends any wait with Cancelled.
    """

    def __init__(self, connected: socket.socket, stall_s: float) -> None:
        connected.settimeout(_STEP_S)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # or the system takes megabytes that it has yet to send
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._socket = connected
        self._stall_s = stall_s
        self._early = b""
        self.cancel = NEVER

    def sendall(self, data: Buffer) -> None:
        """Send all of ``data``. Raises AnsweredEarly when the server says something meanwhile."""
        view = memoryview(data).cast("B")
        while view:
            view = view[self._patiently(partial(self._send, view)) :]

    def receive_into(self, buffer: Buffer) -> int:
        """Like ``recv_into``: at least one byte, 0 at the end."""
        if self._early:
            view = memoryview(buffer).cast("B")
            size = min(len(view), len(self._early))
            view[:size] = self._early[:size]
            self._early = self._early[size:]
            return size
        return self._patiently(lambda: self._socket.recv_into(buffer))

    def makefile(self, *_: object) -> io.BufferedReader:
        """What ``http.client`` reads answers from; it keeps the socket open until it is closed."""
        return io.BufferedReader(_Incoming(self, self._socket.makefile("rb", 0)))

    def settimeout(self, timeout_s: float | None) -> None:
        """The time-outs are our own."""

    def fileno(self) -> int:
        """The descriptor, to wait for."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it, as soon as no answer is being read from it."""
        self._socket.close()

    def _send(self, view: memoryview) -> int:
        self._listen()
        return self._socket.send(view)

    def _listen(self) -> None:
        """Notice an answer that comes before all was sent; a TLS record need not be one."""
        from urllib3.util.wait import wait_for_read

        if not wait_for_read(self._socket, 0):
            return
        self._socket.settimeout(0)
        try:
            self._early = self._socket.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        finally:
            self._socket.settimeout(_STEP_S)
        raise AnsweredEarly

    def _patiently(self, action: Callable[[], int]) -> int:
        deadline = time.monotonic() + self._stall_s
        while True:
            if self.cancel.is_set():
                raise Cancelled
            try:
                return action()
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise


class _Incoming(io.RawIOBase):
    def __init__(self, source: PatientSocket, keeps_open: io.RawIOBase) -> None:
        self._source = source
        self._keeps_open = keeps_open

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int:
        return self._source.receive_into(buffer)

    @override
    def close(self) -> None:
        self._keeps_open.close()
        super().close()
