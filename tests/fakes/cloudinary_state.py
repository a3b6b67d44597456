"""What the test server of Cloudinary (``cloudinary_server``) knows and does, whoever asks."""

import hashlib
import hmac
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.cloudinary_faults import CorruptStored, Fault, RandomFaults, WrongEtag
from tests.fakes.multipart_form import Form

BLOCK_BYTES = 64 * 1024
SMALLEST_CHUNK_BYTES = 5_000_000
LARGEST_SIMPLE_BYTES = 100_000_000
ADMIN = {"ping", "usage", "resource", "resources", "delete_resources"}
Fields = dict[str, str]


@dataclass
class Asset:
    """What is stored under a public id; ``etag`` is what the server says of it."""

    public_id: str
    path: Path
    size_bytes: int
    etag: str
    sha256: str
    context: str
    version: int
    format: str

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()


@dataclass
class Unfinished:
    """A chunked upload of which the last chunk has not come."""

    path: Path
    received_bytes: int = 0


class Refusal(Exception):
    """An answer other than 200, in Cloudinary's words."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


class Cut(Exception):
    """The connection is to be closed at once, without an answer."""


class Link:
    """A slow line that all connections share; without a rate it takes no time."""

    def __init__(self, bytes_per_s: float | None, stopped: threading.Event) -> None:
        self.bytes_per_s = bytes_per_s
        self._stopped = stopped
        self._lock = threading.Lock()
        self._free_at = 0.0

    def carry(self, size_bytes: int) -> None:
        """Wait as long as the line takes for so many bytes."""
        if not self.bytes_per_s:
            return
        with self._lock:
            self._free_at = max(time.monotonic(), self._free_at) + size_bytes / self.bytes_per_s
            wait_s = self._free_at - time.monotonic()
        self._stopped.wait(wait_s)


class CloudinaryState:
    """What the test server knows, does and meets. Attributes may be changed at any time:

    ``faults`` are taken in order by the requests that they are ``on``; ``random_faults`` afterwards.
    ``revoked``: the key is refused. ``clock_offset_s``: how far the server's clock is ahead of ours.
    ``max_file_bytes``: the plan's limit; ``largest_simple_bytes``: what may come in one piece.
    ``admin_limit``: admin calls that are allowed, None for no end. ``up.bytes_per_s`` and
    ``down.bytes_per_s``: the line, which all connections share; ``latency_s`` one way. ``honours_ranges`` of
    downloads, ``honours_delivery_ranges`` of delivery URLs, ``tells_length`` of downloads,
    ``listing_has_etag``, ``explicit_has_etag``: what nobody knows of the real one.

    To look at: ``assets`` by public id, ``unfinished`` by upload id, ``requests`` by kind, ``admin_calls``,
    ``connections`` made, ``max_parallel_uploads``, ``received_bytes`` by public id, ``chunks``: the bytes
    that came each time a chunk was sent, by (public id, offset; 0 for simple uploads), ``deleted``: what was
    removed with ``invalidate``, ``bearers``: requests with an OAuth token, ``fields_seen`` in forms.
    """

    def __init__(
        self, folder: Path, cloud_name: str, api_key: str, api_secret: str, bytes_per_s: float | None,
        latency_s: float,
    ) -> None:  # fmt: skip
        self.cloud_name, self.api_key, self.api_secret = cloud_name, api_key, api_secret
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self.faults: list[Fault] = []
        self.random_faults: RandomFaults | None = None
        self.revoked = False
        self.clock_offset_s = 0.0
        self.max_file_bytes: int | None = None
        self.largest_simple_bytes = LARGEST_SIMPLE_BYTES
        self.honours_ranges = self.honours_delivery_ranges = True
        self.tells_length = True
        self.listing_has_etag = self.explicit_has_etag = True
        self.admin_limit: int | None = None
        self.latency_s = latency_s
        self.assets: dict[str, Asset] = {}
        self.unfinished: dict[str, Unfinished] = {}
        self.requests: Counter[str] = Counter()
        self.connections = self.bearers = 0
        self.fields_seen: set[str] = set()
        self.max_parallel_uploads = 0
        self.received_bytes: Counter[str] = Counter()
        self.chunks: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.deleted: list[str] = []
        self.lock = threading.RLock()
        self.stopped = threading.Event()
        self.up, self.down = Link(bytes_per_s, self.stopped), Link(bytes_per_s, self.stopped)
        self._uploads_now = 0

    @property
    def admin_calls(self) -> int:
        """How many requests counted against the quota of the Admin API."""
        return sum(count for kind, count in self.requests.items() if kind in ADMIN)

    def sent_twice(self, public_id: str) -> list[int]:
        """The offsets of chunks of which any byte came more than once."""
        return sorted(
            offset for (name, offset), sizes in self.chunks.items()
            if name == public_id and sum(size > 0 for size in sizes) > 1
        )  # fmt: skip

    def forget_unfinished(self) -> None:
        """Lose all unfinished uploads, as a provider does after some time."""
        with self.lock:
            self.unfinished.clear()

    def now(self) -> float:
        return time.time() + self.clock_offset_s

    def note_received(self, form: Form, offset: int) -> None:
        """Count what came in a form, whether or not it came to its end."""
        public_id = form.fields.get("public_id", "")
        with self.lock:
            self.fields_seen |= form.fields.keys()
            if form.file_bytes:
                self.received_bytes[public_id] += form.file_bytes
                self.chunks[public_id, offset].append(form.file_bytes)

    def fault_for(self, kind: str) -> Fault | None:
        """The fault that the request of this kind, which has just come, is to meet."""
        with self.lock:
            self.requests[kind] += 1
            group = "admin" if kind in ADMIN else kind
            for fault in self.faults:
                if fault.on in (kind, group, "any") and fault.skip_or_take():
                    if not fault.times:
                        self.faults.remove(fault)
                    return fault
            return self.random_faults.next() if self.random_faults else None

    @contextmanager
    def uploading(self) -> Iterator[None]:
        """Count the uploads that run at the same time."""
        with self.lock:
            self._uploads_now += 1
            self.max_parallel_uploads = max(self.max_parallel_uploads, self._uploads_now)
        try:
            yield
        finally:
            with self.lock:
                self._uploads_now -= 1

    def new_path(self) -> Path:
        return self._folder / uuid.uuid4().hex

    def keep(self, fields: Fields, path: Path, fault: Fault | None) -> Asset:
        """Store a complete file under its public id."""
        etag, sha256 = _digests(path)
        if isinstance(fault, CorruptStored):
            _corrupt(path)
            sha256 = _digests(path)[1]
        if isinstance(fault, WrongEtag):
            etag = hashlib.md5(etag.encode(), usedforsecurity=False).hexdigest()
        public_id = fields["public_id"]
        asset = Asset(
            public_id, path, path.stat().st_size, etag, sha256,
            fields.get("context", ""), int(self.now()), _format_of(path),
        )  # fmt: skip
        with self.lock:
            self.assets[public_id] = asset
        return asset

    def check_signature(self, fields: Fields) -> None:
        """Refuse fields that were not signed with our key by a clock that is right."""
        if self.revoked or fields.get("api_key") != self.api_key:
            raise Refusal(401, f"Unknown API key {fields.get('api_key')}")
        unsigned = {"api_key", "signature", "file", "resource_type", "cloud_name"}
        signed = {name: value for name, value in fields.items() if name not in unsigned and value}
        words = "&".join(sorted(f"{name}={value}".replace("&", "%26") for name, value in signed.items()))
        wanted = hashlib.sha1((words + self.api_secret).encode(), usedforsecurity=False).hexdigest()
        if not hmac.compare_digest(wanted, fields.get("signature", "")):
            raise Refusal(401, f"Invalid Signature {fields.get('signature')}. String to sign - '{words}'.")
        stamp = float(fields.get("timestamp", 0))
        if "expires_at" in fields:
            if self.now() > float(fields["expires_at"]):
                raise Refusal(401, "This URL has expired")
        elif stamp < self.now() - 3600:
            said = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
            raise Refusal(400, f"Stale request - reported time is {said} which is more than 1 hour ago")


@dataclass
class _Magic:
    start: bytes
    format: str


_MAGIC = [_Magic(b"RIFF", "wav"), _Magic(b"OggS", "ogg"), _Magic(b"fLaC", "flac")]


def _format_of(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    return next((magic.format for magic in _MAGIC if start == magic.start), "mp3")


def _digests(path: Path) -> tuple[str, str]:
    """MD5 and SHA-256."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            md5.update(block)
            sha256.update(block)
    return md5.hexdigest(), sha256.hexdigest()


def _corrupt(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 0xFF]))
