"""What the tests of Cloudinary share: a server, an open account, notes, and what a queue would keep."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cloudinary_server import CloudinaryServer
from voice_recorder.cloud.cloudinary import CloudinaryProvider
from voice_recorder.domain.errors import (
    CloudError,
)
from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession

NOTE = "voice-recorder/0123456789abcdef0123456789abcdef-mp3"
MIB = 1 << 20
LARGE_BYTES = 22 * MIB
CHUNK_BYTES = 6 * MIB


@pytest.fixture
def server() -> Iterator[CloudinaryServer]:
    with CloudinaryServer() as server:
        yield server


@pytest.fixture
def provider(server: CloudinaryServer) -> CloudinaryProvider:
    return CloudinaryProvider(server.values, connect_s=2, stall_s=5)


def outgoing(path: Path, data: bytes, title: str = "A note") -> OutgoingFile:
    path.write_bytes(data)
    return OutgoingFile(
        path, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest(),
        hashlib.sha256(data).hexdigest(), "audio/mpeg", "mp3", title,
        datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC), 12.5,
    )  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> OutgoingFile:
    return outgoing(tmp_path / "small.mp3", os.urandom(300_000))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> OutgoingFile:
    return outgoing(tmp_path_factory.mktemp("large") / "large.mp3", os.urandom(LARGE_BYTES))


@dataclass
class Journal:
    """What the queue would keep of an upload."""

    sessions: list[UploadSession] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def control(self) -> UploadControl:
        return UploadControl(self.sessions.append, self.positions.append, self.cancel)

    @property
    def session(self) -> UploadSession:
        return self.sessions[-1] if self.sessions else UploadSession()


def send(provider: CloudinaryProvider, file: OutgoingFile, journal: Journal | None = None) -> Journal:
    journal = journal or Journal()
    provider.upload(NOTE, file, journal.session, journal.control)
    return journal


def fails(kind: type[CloudError], action: Callable[[], Any], *words: str) -> CloudError:
    """Assert that an action fails with exactly this kind of error, in sentences that have ``words``."""
    with pytest.raises(CloudError) as caught:
        action()
    assert type(caught.value) is kind, repr(caught.value)
    assert caught.value.title.endswith(".")
    for word in words:
        assert word in str(caught.value)
    return caught.value


def do(provider: CloudinaryProvider, operation: str) -> None:
    if operation == "list":
        list(provider.list())
    elif operation == "stat":
        provider.stat(NOTE)
    elif operation == "thorough":
        provider.stat(NOTE, thorough=True)
    elif operation == "delete":
        provider.delete(NOTE)
    elif operation == "check":
        provider.check()
    elif operation == "download":
        with provider.download(NOTE) as download:
            b"".join(download.blocks)
    else:
        for error in provider.delete_many([NOTE]).values():
            raise error


def downloaded(provider: CloudinaryProvider, start: int = 0, etag: str = "") -> bytes:
    with provider.download(NOTE, start, etag) as download:
        data = b"".join(download.blocks)
        assert download.total_bytes - download.start == len(data)
        return data
