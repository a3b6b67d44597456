"""S3 on loopback (moto's server), and a proxy that makes trouble in front of any HTTP service.

In a test::

    with S3Server() as server, FaultyProxy(server.host, server.port) as proxy:
        provider = KIND.open({**server.values(), "endpoint_url": proxy.url})
        proxy.faults.append(Cut(on=b"PUT", after_bytes=1_000_000))
"""

import contextlib
import io
import logging
import re
import socket
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from moto.backends import get_backend
from moto.server import ThreadedMotoServer

ACCESS_KEY = "AKIAFORTESTSONLY0000"
SECRET_KEY = "s3cr3t/For+Tests/only/not+a/real+one0000"
_BLOCK_BYTES = 1 << 16


class S3Server:
    """A service with buckets; those of all servers in a process are the same."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)

    def __enter__(self) -> Self:
        self._server.start()
        self.host, self.port = self._server.get_host_and_port()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        assert self._server._server is not None
        self._server._server.server_close()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://{self.host}:{self.port}"

    def values(self) -> dict[str, str]:
        """The fields of a provider on a bucket of its own."""
        bucket = f"bucket-{uuid.uuid4().hex}"
        _store().create_bucket(bucket, "us-east-1")
        return {
            "bucket": bucket, "endpoint_url": self.url, "region": "us-east-1", "prefix": "voice-recorder/",
            "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY,
        }  # fmt: skip

    def put(self, bucket: str, keys: Sequence[str], data: bytes = b"x") -> None:
        """Store the same bytes under many keys, without asking over the network."""
        for key in keys:
            _store().put_object(bucket, key, data)

    def data(self, bucket: str, key: str) -> bytes | None:
        """What is stored under a key."""
        found = _store().get_object(bucket, key)
        return bytes(found.value) if found is not None else None

    def unfinished(self, bucket: str) -> list[str]:
        """The ids of uploads that were begun and neither completed nor aborted."""
        return list(_store().list_multipart_uploads(bucket))

    def forget_unfinished(self, bucket: str) -> None:
        """Lose all unfinished uploads, as a rule of the bucket may do after some days."""
        for upload_id in self.unfinished(bucket):
            _store().abort_multipart_upload(bucket, upload_id)


def _store():  # type: ignore[no-untyped-def]  # moto's own type
    return get_backend("s3")["123456789012"]["aws"]


@dataclass(kw_only=True)
class Fault:
    """Something that happens ``times`` times to requests in whose first line ``on``, a pattern, is found."""

    on: bytes = b""
    times: int = 1


@dataclass(kw_only=True)
class Cut(Fault):
    """The connection is cut after so many bytes of the request."""

    after_bytes: int = 0


@dataclass(kw_only=True)
class Stall(Fault):
    """Nothing more is taken after so many bytes of the request; the connection stays."""

    after_bytes: int = 0


@dataclass(kw_only=True)
class CutAnswer(Fault):
    """The service gets all and does it; the connection is cut before the answer."""


@dataclass(kw_only=True)
class CutBody(Fault):
    """The answer is cut after so many of its bytes, its head included."""

    after_bytes: int = 0


@dataclass(kw_only=True)
class Delay(Fault):
    """The request arrives later."""

    seconds: float


@dataclass(kw_only=True)
class Reply(Fault):
    """The proxy answers before it has read the body; the service hears nothing of it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def s3_error(status: int, code: str, *, times: int = 1, on: bytes = b"", **headers: str) -> Reply:
    """An answer as S3 gives it; ``retry_after`` becomes the header Retry-After."""
    body = f"<Error><Code>{code}</Code><Message>words</Message></Error>".encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=body, headers=named, times=times, on=on)


class FaultyProxy:
    """Passes bytes on between clients and ``host:port``, until one of ``faults`` applies.

    ``received_bytes`` came from clients so far; ``requests`` are the first lines of what they asked.
    """

    def __init__(self, host: str, port: int) -> None:
        self.faults: list[Fault] = []
        self.requests: list[bytes] = []
        self.received_bytes = 0
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            _Connection(self, client).start()

    def _fault_for(self, first_line: bytes) -> Fault | None:
        with self._lock:
            self.requests.append(first_line)
            for fault in self.faults:
                if re.search(fault.on, first_line):
                    fault.times -= 1
                    if not fault.times:
                        self.faults.remove(fault)
                    return fault
            return None


class _Connection(threading.Thread):
    """One client: this thread carries its requests, another one the answers."""

    def __init__(self, proxy: FaultyProxy, client: socket.socket) -> None:
        super().__init__(daemon=True)
        self._proxy = proxy
        self._client = client
        self._server: socket.socket | None = None
        self._answer_left: float = float("inf")

    def run(self) -> None:
        self._proxy._open.add(self._client)
        try:
            self._carry()
        except OSError:
            self._reset()
        finally:
            for end in filter(None, (self._client, self._server)):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._proxy._open.discard(self._client)

    def _carry(self) -> None:
        room: float = float("inf")
        fault: Fault | None = None
        while block := self._client.recv(_BLOCK_BYTES):
            line, _, _ = block.partition(b"\r\n")
            if line.endswith((b" HTTP/1.1", b" HTTP/1.0")):
                fault = self._proxy._fault_for(line)
                room = fault.after_bytes if isinstance(fault, Cut | Stall) else float("inf")
                if isinstance(fault, Reply):
                    self._reply(fault)
                    return
                self._meet(fault)
            self._proxy.received_bytes += len(block)
            if len(block) >= room:
                self._pass_on(block[: int(room)])
                if isinstance(fault, Stall):
                    self._proxy._closed.wait()
                self._reset()
                return
            room -= len(block)
            self._pass_on(block)

    def _meet(self, fault: Fault | None) -> None:
        if isinstance(fault, Delay):
            self._proxy._closed.wait(fault.seconds)
        if isinstance(fault, CutAnswer | CutBody):
            self._answer_left = fault.after_bytes if isinstance(fault, CutBody) else 0

    def _pass_on(self, block: bytes) -> None:
        if self._server is None:
            self._server = socket.create_connection(self._proxy._target)
            threading.Thread(target=self._carry_back, args=(self._server,), daemon=True).start()
        self._server.sendall(block)

    def _carry_back(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := server.recv(_BLOCK_BYTES):
                if len(block) > self._answer_left:
                    self._client.sendall(block[: int(self._answer_left)])
                    self._reset()
                    return
                self._answer_left -= len(block)
                self._client.sendall(block)
            self._client.shutdown(socket.SHUT_WR)

    def _reply(self, reply: Reply) -> None:
        head = io.StringIO()
        head.write(f"HTTP/1.1 {reply.status} Told so\r\nContent-Length: {len(reply.body)}\r\n")
        for name, value in reply.headers.items():
            head.write(f"{name}: {value}\r\n")
        head.write("Connection: close\r\n\r\n")
        self._client.sendall(head.getvalue().encode() + reply.body)
        self._client.shutdown(socket.SHUT_WR)
        while self._client.recv(_BLOCK_BYTES):  # what is still coming, or the answer would be lost
            pass

    def _reset(self) -> None:
        """End the connection both ways, also for the thread that may be waiting for more."""
        for end in filter(None, (self._client, self._server)):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
