"""HTTP that streams: a piece of a file goes out in blocks, a download comes in in blocks.

urllib3 connects, checks certificates and speaks HTTP. Nothing is tried twice here. No URL is logged:
urllib3 logs those of its pools only, which are not used.
"""

import json
import threading
import time
import uuid
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from voice_recorder.cloud.network import host_of, network_errors_converted
from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.cloud.sockets import NEVER, AnsweredEarly, PatientSocket, connect
from voice_recorder.domain.errors import TransientCloudError
from voice_recorder.domain.words import tr

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from urllib3.connection import HTTPConnection

CONNECT_S = 10.0
STALL_S = 60.0
BLOCK_BYTES = 64 * 1024
_IDLE_S = 30.0
_REDIRECTS = 3


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def document(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one when there is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


class Sender:
    """Sends requests, over connections that it keeps for the next ones. Any thread may use it.

    ``ca_file``: the certificates to trust instead of the usual ones.
    """

    def __init__(
        self, connect_s: float = CONNECT_S, stall_s: float = STALL_S, ca_file: str | None = None
    ) -> None:
        self._connect_s = connect_s
        self._stall_s = stall_s
        self._ca_file = ca_file
        self._idle: list[tuple[float, str, HTTPConnection]] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)

    def post_file(
        self,
        url: str,
        fields: Mapping[str, str],
        part: OutgoingPart,
        name: str,
        headers: Mapping[str, str],
        cancel: threading.Event,
    ) -> Answer:
        """Send a form with a piece of a file, called ``name``, in it, in the memory of a few blocks.

        Raises Cancelled within 0.2 s, FileRejected when the file is not of the size it had, and
        TransientCloudError when the network fails. An answer that comes before the end is taken as it is.
        """
        boundary = uuid.uuid4().hex
        head, tail = _form_around_file(fields, name, boundary)
        more = {
            **headers,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + len(part) + len(tail)),
        }
        with self._answered("POST", url, more, _body(head, part, tail), cancel) as response:
            return Answer(response.status, response.headers, response.data)

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> "Iterator[BaseHTTPResponse]":
        """The open answer to a GET, redirects followed; ``blocks_of`` reads it."""
        for _ in range(_REDIRECTS):
            with self._answered("GET", url, {**headers, "Accept-Encoding": "identity"}) as response:
                location = response.headers.get("Location") if 300 <= response.status < 400 else None
                if location is None:
                    yield response
                    return
                url = urljoin(url, location)
        raise TransientCloudError(
            tr("{host} sends requests in circles.", host=host_of(url)), tr("It is tried again later.")
        )

    @contextmanager
    def _answered(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Iterator[bytes] | None = None,
        cancel: threading.Event = NEVER,
    ) -> "Iterator[BaseHTTPResponse]":
        split = urlsplit(url)
        site = f"{split.scheme}://{split.netloc}"
        with network_errors_converted(url):
            connection = self._kept(site) or self._new(site, cancel)
        patient = connection.sock
        assert isinstance(patient, PatientSocket)
        patient.cancel = cancel
        reusable = False
        try:
            path = split.path + (f"?{split.query}" if split.query else "")
            with network_errors_converted(url):
                complete = _send(connection, method, path, headers, body)
                response = connection.getresponse()
            try:
                yield response
                reusable = complete and response.closed and connection.sock is not None
            finally:
                response.close()
        finally:
            if reusable:
                self._keep(site, connection)
            else:
                connection.close()
                patient.close()

    def _kept(self, site: str) -> "HTTPConnection | None":
        """A connection to ``site`` that is open, the one used last."""
        while True:
            with self._lock:
                found = next((kept for kept in reversed(self._idle) if kept[1] == site), None)
                if found is None:
                    return None
                self._idle.remove(found)
            since, _, connection = found
            if time.monotonic() - since < _IDLE_S and connection.is_connected:
                return connection
            connection.close()

    def _keep(self, site: str, connection: "HTTPConnection") -> None:
        with self._lock:
            self._idle.append((time.monotonic(), site, connection))

    def _new(self, site: str, cancel: threading.Event) -> "HTTPConnection":
        from urllib3.connection import HTTPConnection, HTTPSConnection

        split = urlsplit(site)
        host = split.hostname or ""
        if split.scheme == "https":
            import certifi

            trusted = self._ca_file or certifi.where()
            connection: HTTPConnection = HTTPSConnection(
                host, split.port, timeout=self._connect_s, cert_reqs="CERT_REQUIRED", ca_certs=trusted
            )
        else:
            connection = HTTPConnection(host, split.port, timeout=self._connect_s)
        connect(connection, self._stall_s, cancel)
        return connection


def _close_all(idle: "list[tuple[float, str, HTTPConnection]]") -> None:
    for _, _, connection in idle:
        connection.close()


def blocks_of(response: "BaseHTTPResponse", url: str) -> Iterator[bytes]:
    """The body of an open answer, in blocks. TransientCloudError when it ends too early."""
    with network_errors_converted(url):
        yield from response.stream(BLOCK_BYTES)


def _form_around_file(fields: Mapping[str, str], name: str, boundary: str) -> tuple[bytes, bytes]:
    """What goes before and after the bytes of the file, which is the form's last part."""
    from urllib3.filepost import encode_multipart_formdata

    file = (name, b"", "application/octet-stream")
    form, _ = encode_multipart_formdata({**fields, "file": file}, boundary)
    tail = f"\r\n--{boundary}--\r\n".encode()
    return form[: -len(tail)], tail


def _body(head: bytes, part: OutgoingPart, tail: bytes) -> Iterator[bytes]:
    yield head
    for _ in range(0, len(part), BLOCK_BYTES):
        yield part.read(BLOCK_BYTES)
    yield tail


def _send(
    connection: "HTTPConnection",
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: Iterator[bytes] | None,
) -> bool:
    """Send a request; False when the server answered or hung up before its end."""
    try:
        connection.request(method, path, body, headers, preload_content=method != "GET")
    except (AnsweredEarly, ConnectionError):
        return False  # what the server said can still be read
    return True
