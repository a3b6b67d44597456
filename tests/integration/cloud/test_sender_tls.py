"""The streaming sender over TLS, where a readable socket need not mean an answer."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.certificates import make_certificate
from tests.fakes.cloudinary_faults import Delay, Stall, Status
from tests.fakes.cloudinary_server import CloudinaryServer
from voice_recorder.cloud.cloudinary import CloudinaryProvider
from voice_recorder.cloud.cloudinary_sdk import CloudinarySdk
from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.cloud.sender import Answer, Sender, blocks_of
from voice_recorder.domain.errors import Cancelled, TransientCloudError
from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession

NOTE = "voice-recorder/note-mp3"
SIZE = 19_000_000


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    return tmp_path / "server.pem"


@pytest.fixture
def server(trusted: Path) -> Iterator[CloudinaryServer]:
    with CloudinaryServer(tls=make_certificate(trusted)) as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> OutgoingFile:
    path, data = tmp_path / "note.mp3", os.urandom(SIZE)
    path.write_bytes(data)
    return OutgoingFile(
        path, SIZE, hashlib.md5(data, usedforsecurity=False).hexdigest(), hashlib.sha256(data).hexdigest(),
        "audio/mpeg", "mp3", "", datetime.now(UTC), 1.0,
    )  # fmt: skip


def post(
    server: CloudinaryServer, sender: Sender, file: OutgoingFile, cancel: threading.Event | None = None
) -> Answer:
    url, fields = CloudinarySdk(server.values, 2, 2).signed_upload(NOTE, {})
    control = UploadControl(cancel=cancel or threading.Event())
    with OutgoingPart(file, 0, SIZE, control) as part:
        return sender.post_file(url, fields, part, "note.mp3", {}, control.cancel)


def test_files_go_out_and_come_back(server: CloudinaryServer, trusted: Path, file: OutgoingFile) -> None:
    sender = Sender(2, 5, ca_file=str(trusted))
    for _ in range(3):
        server.assets.clear()
        assert post(server, sender, file).status == 200
        assert server.assets[NOTE].sha256 == file.sha256
    url = CloudinarySdk(server.values, 2, 2).download_url(NOTE, 60)
    with sender.get(url, {}) as response:
        assert hashlib.sha256(b"".join(blocks_of(response, url))).hexdigest() == file.sha256


@pytest.mark.parametrize("afterwards", ["reads", "nothing"])
def test_a_refusal_while_sending_is_heard(
    afterwards: str, server: CloudinaryServer, trusted: Path, file: OutgoingFile
) -> None:
    server.faults.append(Status(413, "Too large", on="upload", early=True, afterwards=afterwards))
    answer = post(server, Sender(2, 5, ca_file=str(trusted)), file)
    assert (answer.status, answer.document()["error"]["message"]) == (413, "Too large")


@pytest.mark.parametrize("fault", [Delay(20), Stall(20, 1_000_000)])
def test_cancelling_ends_any_wait(
    fault: Delay | Stall, server: CloudinaryServer, trusted: Path, file: OutgoingFile
) -> None:
    server.faults.append(fault)
    cancel = threading.Event()
    timer = threading.Timer(0.6, cancel.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        post(server, Sender(2, 5, ca_file=str(trusted)), file, cancel)
    assert 0.5 < time.monotonic() - began < 1.0
    timer.join()


def test_a_standstill_is_given_up(server: CloudinaryServer, trusted: Path, file: OutgoingFile) -> None:
    server.faults.append(Stall(20, 1_000_000))
    with pytest.raises(TransientCloudError, match="in time"):
        post(server, Sender(2, 0.5, ca_file=str(trusted)), file)


@pytest.mark.parametrize("expired", [False, True])
def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(
    expired: bool, trusted: Path, file: OutgoingFile
) -> None:
    with CloudinaryServer(tls=make_certificate(trusted, expired=expired)) as server:
        provider = CloudinaryProvider(server.values)
        with pytest.raises(TransientCloudError, match=r"not safe.*date and time") as caught:
            provider.upload(NOTE, file, UploadSession(), UploadControl())
        assert "certificate" in caught.value.title
        with pytest.raises(TransientCloudError, match=r"not safe.*date and time"):
            provider.stat(NOTE)
        assert not server.assets
        assert server.requests.total() == 0
        if expired:
            with pytest.raises(TransientCloudError, match="expired"):
                post(server, Sender(2, 5, ca_file=str(trusted)), file)
