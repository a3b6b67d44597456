"""What a provider, a place that keeps cloud copies, must be able to do.

A provider is one module in ``voice_recorder.cloud`` with a ``ProviderKind`` in it, and one line in
``voice_recorder.cloud.kinds``. All of them pass ``tests/integration/cloud/provider_contract.py``.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from voice_recorder.domain.errors import CloudError


class DigestScheme(StrEnum):
    """How a provider digests what it stores."""

    MD5 = "md5"
    SHA256 = "sha256"
    SHA256_OF_PARTS = "sha256_of_parts"
    """SHA-256 over the binary SHA-256 digests of the parts, each of ``Digest.part_bytes`` but the last."""


@dataclass(frozen=True)
class Digest:
    """A digest in lower-case hex."""

    scheme: DigestScheme
    value: str
    part_bytes: int = 0


@dataclass(frozen=True)
class OutgoingFile:
    """A file that is to be sent. Nobody changes it meanwhile; its digests were taken before.

    ``suffix`` is without a dot. ``title``, ``created_at`` and ``duration_s`` describe the recording and are
    kept with the copy where the provider can.
    """

    path: Path
    size_bytes: int
    md5: str
    sha256: str
    content_type: str
    suffix: str
    title: str
    created_at: datetime
    duration_s: float


@dataclass(frozen=True)
class UploadSession:
    """How far an upload is, as the journal keeps it from one process to the next.

    ``id`` is the provider's own name for the unfinished upload, empty before there is one. ``chunk_bytes`` is
    0 for a file that goes in one piece. ``acknowledged_bytes`` have safely arrived.
    """

    id: str = ""
    chunk_bytes: int = 0
    acknowledged_bytes: int = 0


@dataclass
class UploadControl:
    """How a provider and the queue talk during an upload.

    ``save`` stores the session durably: call it before the first byte of a chunked upload and after each
    acknowledged chunk. ``sending`` is called with every position in the file that is about to be sent (the
    bytes before it are handed to the network); it may block to keep to a bandwidth limit and raises
    Cancelled. ``cancel`` is set when the upload is to end at once.
    """

    save: Callable[[UploadSession], None] = field(default=lambda _session: None)
    sending: Callable[[int], None] = field(default=lambda _position: None)
    cancel: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class RemoteCopy:
    """A copy as the provider describes it now; ``digest`` is None where it does not tell one."""

    remote_id: str
    size_bytes: int
    digest: Digest | None = None
    etag: str = ""


@dataclass(frozen=True)
class Plan:
    """What the account allows; None: no limit is known."""

    name: str = ""
    max_file_bytes: int | None = None
    used_share: float | None = None
    """Of what the plan includes, 0 to 1 and above."""


@dataclass(frozen=True)
class Download:
    """The bytes of a copy from ``start`` on, which is 0 when the provider does not honour ranges."""

    start: int
    total_bytes: int
    etag: str
    last_modified: str
    blocks: Iterator[bytes]


class Provider(Protocol):
    """An open account, bucket or folder. Any thread may call any method.

    Every method raises CloudError: TransientCloudError for what may work later, CredentialsRejected,
    FileRejected, CloudCopyMissing. No error and no log line holds a secret or a signed URL.
    """

    place: str
    """Where the copies are, as ``ProviderKind.place`` says it."""

    def prepare(self) -> None:
        """Take the place into use when its owner chooses or tests it; makes there what copies need."""

    def check(self) -> Plan:
        """Whether the account can be used, by the cheapest authenticated question; what it allows."""

    def is_reachable(self) -> bool:
        """Whether it answers at all, by the lightest question there is; within 5 s."""

    def remote_id(self, master_id: str, suffix: str) -> str:
        """The name that the copy of a master has here."""

    def upload(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> None:
        """Send a file, or the rest of it when ``session`` is an unfinished one.

        Returns when the provider has said that all arrived. It never replaces a copy that is there: an equal
        one counts as sent, another raises CloudCopyDiffers. Raises Cancelled, FileRejected when the file is
        not of the size it had. After any error a new call with the last saved session goes on.
        """

    def stat(self, remote_id: str, *, thorough: bool = False) -> RemoteCopy | None:
        """What is stored under ``remote_id``, None when nothing is.

        ``thorough`` asks the most reliable source even when the provider counts such questions.
        """

    def list(self) -> Iterator[RemoteCopy]:
        """All copies of this program, in pages of as many as the provider gives."""

    def delete(self, remote_id: str) -> None:
        """Remove a copy, also from caches; one that is not there counts as removed."""

    def delete_many(self, remote_ids: Sequence[str]) -> Mapping[str, CloudError]:
        """Remove many, at most 100 a request; the errors of those that stay, by remote id."""

    def link(self, remote_id: str, file_name: str, expires_s: int) -> str:
        """A URL that anybody can open for ``expires_s`` seconds; made without asking the provider."""

    def download(self, remote_id: str, start: int = 0, etag: str = "") -> AbstractContextManager[Download]:
        """The bytes from ``start`` on, if the copy still has ``etag`` (when given); else from 0."""

    def abandon(self, remote_id: str, session: UploadSession) -> None:
        """Give up an unfinished upload and what it holds at the provider."""


@dataclass(frozen=True)
class ProviderField:
    """One thing to fill in for a provider. Secrets go into the keyring, the rest into the settings file.

    ``{home}`` in a default stands for the library's folder.
    """

    name: str
    title: str
    text: str
    secret: bool = False
    required: bool = True
    default: str = ""


class ProviderKind(Protocol):
    """A kind of provider: what it needs to know, and how it is opened. Imports no SDK before ``open``."""

    name: str
    title: str
    fields: tuple[ProviderField, ...]
    variables: str
    """The environment variables it reads, for people."""

    def from_environment(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """The fields that the environment sets; ConfigurationError names a variable with a bad value."""

    def cleaned(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """``values`` without what people paste by accident (spaces, line ends, quotes).

        ConfigurationError for what cannot be right.
        """

    def place(self, values: Mapping[str, str]) -> str:
        """Where copies go, without a secret: the same words mean the same copies. Begins with ``name:``."""

    def open(self, values: Mapping[str, str]) -> Provider:
        """Use it; the network is not touched yet."""
