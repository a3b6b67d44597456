import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voice_recorder.cloud.folder import KIND
from voice_recorder.cloud.receipts import digest_file, disagreement, download_differs
from voice_recorder.domain.errors import Cancelled, StorageError
from voice_recorder.domain.ports import (
    Digest,
    DigestScheme,
    OutgoingFile,
    Provider,
    RemoteCopy,
    UploadControl,
    UploadSession,
)

SIZE_BYTES = 3_000_000


@pytest.fixture
def file(tmp_path: Path) -> OutgoingFile:
    path = tmp_path / "note.mp3"
    path.write_bytes(os.urandom(SIZE_BYTES))
    return OutgoingFile(
        path, *digest_file(path), "audio/mpeg", "mp3", "A note", datetime(2024, 5, 17, tzinfo=UTC), 1.0
    )


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    folder = tmp_path / "nas"
    folder.mkdir()
    provider = KIND.open({"path": str(folder)})
    provider.prepare()
    return provider


def a_copy(file: OutgoingFile, digest: Digest | None, **changes: Any) -> RemoteCopy:
    return RemoteCopy(**{"remote_id": "x", "size_bytes": file.size_bytes, "digest": digest, **changes})


def of_parts(data: bytes, part_bytes: int) -> Digest:
    digests = [hashlib.sha256(data[at : at + part_bytes]).digest() for at in range(0, len(data), part_bytes)]
    whole = hashlib.sha256(b"".join(digests)).hexdigest()
    return Digest(DigestScheme.SHA256_OF_PARTS, whole, part_bytes)


def test_a_file_is_digested_as_other_programs_do_it(file: OutgoingFile) -> None:
    data = file.path.read_bytes()
    assert digest_file(file.path) == (
        SIZE_BYTES,
        hashlib.md5(data).hexdigest(),
        hashlib.sha256(data).hexdigest(),
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"gone\.mp3"):
        digest_file(tmp_path / "gone.mp3")


def test_digesting_can_be_called_off(file: OutgoingFile) -> None:
    cancel = threading.Event()
    digest_file(file.path, cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        digest_file(file.path, cancel)


@pytest.mark.parametrize("scheme", [DigestScheme.MD5, DigestScheme.SHA256])
def test_an_equal_digest_proves_and_another_does_not(file: OutgoingFile, scheme: DigestScheme) -> None:
    value = getattr(file, scheme.value)
    assert disagreement(a_copy(file, Digest(scheme, value)), file) is None
    assert "not equal" in str(disagreement(a_copy(file, Digest(scheme, value[::-1])), file))


@pytest.mark.parametrize(
    "part_bytes",
    [1, 1000, 1 << 20, (1 << 20) + 1, SIZE_BYTES // 2, SIZE_BYTES - 1, SIZE_BYTES, SIZE_BYTES + 1],
)  # fmt: skip
def test_a_digest_over_parts_is_computed_from_the_file(file: OutgoingFile, part_bytes: int) -> None:
    if part_bytes == 1:
        os.truncate(file.path, 1000)
        file = OutgoingFile(file.path, *digest_file(file.path), "", "mp3", "", file.created_at, 1.0)
    digest = of_parts(file.path.read_bytes(), part_bytes)
    assert disagreement(a_copy(file, digest), file) is None
    wrong = Digest(digest.scheme, digest.value, part_bytes + 7)
    assert part_bytes >= file.size_bytes or disagreement(a_copy(file, wrong), file) is not None


def test_a_copy_in_parts_is_not_proved_without_the_size_of_the_parts_or_the_file(file: OutgoingFile) -> None:
    digest = Digest(DigestScheme.SHA256_OF_PARTS, "", 0)
    assert disagreement(a_copy(file, digest), file) is not None
    digest = of_parts(file.path.read_bytes(), 1000)
    file.path.unlink()
    with pytest.raises(StorageError):
        disagreement(a_copy(file, digest), file)


def test_no_copy_another_size_and_no_digest_prove_nothing(file: OutgoingFile) -> None:
    digest = Digest(DigestScheme.SHA256, file.sha256)
    assert "no such copy" in str(disagreement(None, file))
    assert "2,999,999 bytes; 3,000,000" in str(disagreement(a_copy(file, digest, size_bytes=2_999_999), file))
    assert "no digest" in str(disagreement(a_copy(file, None), file))


@contextmanager
def stored(provider: Provider, file: OutgoingFile) -> Iterator[tuple[str, Path]]:
    """A sent file: its remote id, and where the folder keeps it."""
    remote_id = provider.remote_id("0" * 32, "mp3")
    provider.upload(remote_id, file, UploadSession(), UploadControl())
    yield remote_id, Path(provider.place.removeprefix("folder:")) / remote_id


def test_a_whole_download_finds_what_is_equal_shorter_and_different(
    provider: Provider, file: OutgoingFile
) -> None:
    progress: list[int] = []
    with stored(provider, file) as (remote_id, path):
        assert download_differs(provider, remote_id, file.sha256, SIZE_BYTES, None, progress.append) is None
        assert progress == sorted(progress)
        assert progress[-1] == SIZE_BYTES
        with path.open("r+b") as copy:
            copy.seek(SIZE_BYTES // 2)
            byte = copy.read(1)
            copy.seek(-1, os.SEEK_CUR)
            copy.write(bytes([byte[0] ^ 1]))
        assert "not equal" in str(download_differs(provider, remote_id, file.sha256, SIZE_BYTES))
        os.truncate(path, 1000)
        assert "1,000 bytes" in str(download_differs(provider, remote_id, file.sha256, SIZE_BYTES))


def test_a_whole_download_can_be_called_off(provider: Provider, file: OutgoingFile) -> None:
    cancel = threading.Event()
    with stored(provider, file) as (remote_id, _), pytest.raises(Cancelled):
        download_differs(provider, remote_id, file.sha256, SIZE_BYTES, cancel, lambda _received: cancel.set())
