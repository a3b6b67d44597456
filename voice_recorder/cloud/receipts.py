"""Receipts: the proof that a provider holds exactly what was sent."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from voice_recorder.domain.errors import Cancelled, StorageError
from voice_recorder.domain.ports import Digest, DigestScheme, OutgoingFile, Provider, RemoteCopy
from voice_recorder.domain.words import tr

BLOCK_BYTES = 1 << 20


def digest_file(path: Path, cancel: threading.Event | None = None) -> tuple[int, str, str]:
    """Size in bytes, MD5 and SHA-256 (lower-case hex) of a file, in one pass. StorageError, Cancelled."""
    size_bytes = 0
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    for block in _blocks_of(path):
        _stop_if_set(cancel)
        md5.update(block)
        sha256.update(block)
        size_bytes += len(block)
    return size_bytes, md5.hexdigest(), sha256.hexdigest()


def disagreement(copy: RemoteCopy | None, file: OutgoingFile) -> str | None:
    """Why the copy that the provider describes is not proved to be ``file``; None when it is.

    StorageError when the file has to be read for it (``SHA256_OF_PARTS``) and cannot be.
    """
    if copy is None:
        return tr("The provider has no such copy.")
    if copy.size_bytes != file.size_bytes:
        return _other_size(copy.size_bytes, file.size_bytes)
    if copy.digest is None:
        return tr("The provider tells no digest of the copy, so nothing proves what it holds.")
    if copy.digest.value != _digest_as_provider(copy.digest, file):
        return tr(
            "The copy is as long as what was sent, but not equal to it ({scheme} differs).",
            scheme=copy.digest.scheme,
        )
    return None


def download_differs(
    provider: Provider,
    remote_id: str,
    sha256: str,
    size_bytes: int,
    cancel: threading.Event | None = None,
    progress: Callable[[int], None] = lambda _received_bytes: None,
) -> str | None:
    """Download a copy to its end, keeping nothing, and say why it is not what ``sha256`` tells; else None.

    ``progress`` gets the bytes received so far. CloudError, Cancelled.
    """
    received_bytes, received = 0, hashlib.sha256()
    with provider.download(remote_id) as download:
        for block in download.blocks:
            _stop_if_set(cancel)
            received.update(block)
            received_bytes += len(block)
            progress(received_bytes)
    if received_bytes != size_bytes:
        return _other_size(received_bytes, size_bytes)
    if received.hexdigest() != sha256:
        return tr("The copy is as long as what was sent, but not equal to it (every byte was compared).")
    return None


def _other_size(size_bytes: int, sent_bytes: int) -> str:
    has, sent = f"{size_bytes:,}", f"{sent_bytes:,}"
    return tr("The copy has {has} bytes; {sent} were sent.", has=has, sent=sent)


def _digest_as_provider(digest: Digest, file: OutgoingFile) -> str | None:
    if digest.scheme is DigestScheme.MD5:
        return file.md5
    if digest.scheme is DigestScheme.SHA256:
        return file.sha256
    return _digest_of_parts(file.path, digest.part_bytes) if digest.part_bytes > 0 else None


def _digest_of_parts(path: Path, part_bytes: int) -> str:
    """SHA-256 over the binary SHA-256 of each part."""
    parts, part, room = hashlib.sha256(), hashlib.sha256(), part_bytes
    for block in _blocks_of(path):
        view = memoryview(block)
        while len(view) >= room:
            part.update(view[:room])
            parts.update(part.digest())
            view, part, room = view[room:], hashlib.sha256(), part_bytes
        part.update(view)
        room -= len(view)
    if room < part_bytes:
        parts.update(part.digest())
    return parts.hexdigest()


def _blocks_of(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from _blocks(file)
    except OSError as error:
        raise StorageError(
            tr("The file {path} could not be read: {reason}.", path=repr(str(path)), reason=error.strerror),
            tr("Nothing was changed."),
        ) from error


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _stop_if_set(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled
