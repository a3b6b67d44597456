"""Sending to Cloudinary, over real sockets with the real SDK: chunks, resuming, cancelling."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.fakes.cloudinary_faults import (
    Delay,
    Drop,
    DropAnswer,
    Fault,
    Garbage,
    RandomFaults,
    Stall,
    Status,
)
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.integration.cloud.cloudinary_case import (
    CHUNK_BYTES,
    LARGE_BYTES,
    MIB,
    NOTE,
    Journal,
    fails,
    large,
    outgoing,
    provider,
    send,
    server,
    small,
)
from voice_recorder.cloud.cloudinary import CloudinaryProvider
from voice_recorder.domain.chunks import chunk_bytes_for
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    FileRejected,
    TransientCloudError,
)
from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession

__all__ = ["large", "provider", "server", "small"]


# ---- uploads


def test_a_small_file_goes_in_one_piece_with_what_describes_it(
    server: CloudinaryServer, provider: CloudinaryProvider, tmp_path: Path
) -> None:
    file = outgoing(tmp_path / "note.mp3", os.urandom(200_000), title="Ünder=way | at 5 \udcff& more")
    journal = send(provider, file)
    asset = server.assets[NOTE]
    assert asset.data == file.path.read_bytes()
    assert provider._sdk.resource(NOTE)["context"]["custom"] == {
        "sha256": file.sha256, "title": "Ünder=way | at 5 ?& more", "created": "2026-05-04T03:02:01+00:00",
        "duration": "12.500",
    }  # fmt: skip
    assert server.requests["upload"] == 1
    assert journal.positions[0] == 0
    assert journal.positions == sorted(set(journal.positions))
    assert journal.positions[-1] < file.size_bytes
    copy = provider.stat(NOTE)
    assert copy is not None
    assert (copy.remote_id, copy.size_bytes) == (NOTE, file.size_bytes)
    assert copy.digest is not None
    assert copy.digest.value == file.md5


def test_a_large_file_goes_in_chunks_and_each_is_journalled(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    journal = send(provider, large)
    assert server.assets[NOTE].sha256 == large.sha256
    assert {offset for _, offset in server.chunks} == set(range(0, LARGE_BYTES, CHUNK_BYTES))
    assert server.sent_twice(NOTE) == []
    acknowledged = [session.acknowledged_bytes for session in journal.sessions]
    assert acknowledged == [0, CHUNK_BYTES, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES, LARGE_BYTES]
    assert len({session.id for session in journal.sessions}) == 1
    assert {session.chunk_bytes for session in journal.sessions} == {chunk_bytes_for(LARGE_BYTES)}
    assert journal.positions == sorted(journal.positions)


def test_the_journal_is_written_before_the_first_byte(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    saved: list[UploadSession] = []

    def stop_at_once(_position: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        provider.upload(NOTE, large, UploadSession(), UploadControl(saved.append, stop_at_once))
    assert [session.acknowledged_bytes for session in saved] == [0]
    assert saved[0].id
    assert server.received_bytes[NOTE] == 0


@pytest.mark.parametrize("size", ["small", "large"])
def test_an_equal_copy_counts_as_sent_and_another_is_never_replaced(
    size: str, request: pytest.FixtureRequest, server: CloudinaryServer, provider: CloudinaryProvider,
    tmp_path: Path,
) -> None:  # fmt: skip
    file: OutgoingFile = request.getfixturevalue(size)
    send(provider, file)
    send(provider, file)
    assert server.requests["upload"] <= 5
    data = bytearray(file.path.read_bytes())
    data[1000] ^= 1
    other = outgoing(tmp_path / "other.mp3", bytes(data))
    fails(CloudCopyDiffers, lambda: send(provider, other), "left as it is")
    assert server.assets[NOTE].sha256 == file.sha256


@pytest.mark.parametrize("cut_at", [1, CHUNK_BYTES // 2, CHUNK_BYTES - 1])
@pytest.mark.parametrize("chunk", [0, 1, 3])
def test_after_a_cut_a_new_process_sends_at_most_one_chunk_again(
    chunk: int, cut_at: int, server: CloudinaryServer, large: OutgoingFile
) -> None:
    server.faults.append(Drop(cut_at, on="upload", skip=chunk))
    journal = Journal()
    fails(TransientCloudError, lambda: send(CloudinaryProvider(server.values), large, journal))
    send(CloudinaryProvider(server.values), large, journal)
    assert server.assets[NOTE].sha256 == large.sha256
    assert set(server.sent_twice(NOTE)) <= {chunk * CHUNK_BYTES}
    assert server.received_bytes[NOTE] <= LARGE_BYTES + CHUNK_BYTES


@pytest.mark.parametrize("chunk", [0, 1, 2])
def test_a_lost_answer_to_a_chunk_costs_that_chunk(
    chunk: int, server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    server.faults.append(DropAnswer(on="upload", skip=chunk))
    journal = Journal()
    fails(TransientCloudError, lambda: send(provider, large, journal))
    send(provider, large, journal)
    assert server.assets[NOTE].sha256 == large.sha256
    assert server.sent_twice(NOTE) == [chunk * CHUNK_BYTES]


@pytest.mark.parametrize(
    "fault", [DropAnswer(on="upload"), Garbage(on="upload"), Garbage(b'{"public', on="upload")]
)
@pytest.mark.parametrize("size", ["small", "large"])
def test_after_a_lost_last_answer_nothing_is_sent_again(
    size: str, fault: Fault, request: pytest.FixtureRequest, server: CloudinaryServer,
    provider: CloudinaryProvider,
) -> None:  # fmt: skip
    file: OutgoingFile = request.getfixturevalue(size)
    fault.times, fault.skip = 1, 3 if size == "large" else 0
    server.faults.append(fault)
    journal = Journal()
    fails(TransientCloudError, lambda: send(provider, file, journal))
    assert server.assets[NOTE].sha256 == file.sha256
    uploads = server.requests["upload"]
    send(provider, file, journal)
    assert server.requests["upload"] == uploads
    assert server.sent_twice(NOTE) == []


def test_when_the_provider_forgot_the_upload_it_is_asked_and_begun_anew(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    server.faults.append(Drop(1000, on="upload", skip=2))
    journal = Journal()
    fails(TransientCloudError, lambda: send(provider, large, journal))
    first = journal.session
    server.forget_unfinished()
    send(provider, large, journal)
    assert server.assets[NOTE].sha256 == large.sha256
    assert server.requests["resource"] == 1
    assert journal.session.id != first.id


def test_a_copy_that_turns_up_late_is_not_sent_again(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    session = send(provider, large).sessions[-2]
    server.faults.append(Status(404, "Resource not found", on="explicit"))
    provider.upload(NOTE, large, session, UploadControl())
    assert server.sent_twice(NOTE) == [session.acknowledged_bytes]


def test_a_refused_resumption_is_begun_anew(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    server.faults.append(Status(400, "Invalid upload id", on="upload"))
    session = UploadSession("an-old-one", CHUNK_BYTES, CHUNK_BYTES)
    provider.upload(NOTE, large, session, UploadControl())
    assert server.assets[NOTE].sha256 == large.sha256


def test_a_journal_that_says_all_arrived_is_not_believed(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    provider.upload(NOTE, large, UploadSession("x", CHUNK_BYTES, LARGE_BYTES), UploadControl())
    assert server.assets[NOTE].sha256 == large.sha256


def test_a_provider_that_loses_everything_again_and_again_is_given_a_rest(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    server.faults.append(Garbage(b'{"done": false, "bytes": 5}', on="upload", times=2))
    fails(TransientCloudError, lambda: send(provider, large), "lost")
    assert server.requests["upload"] == 2


def test_five_at_once_and_one_that_fails_disturbs_no_other(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    names = [f"{NOTE}{number}" for number in range(5)]
    server.faults += [Delay(0.3, on="upload", times=4), Status(413, on="upload")]

    def upload(name: str) -> bool:
        try:
            provider.upload(name, small, UploadSession(), UploadControl())
        except FileRejected:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        done = list(pool.map(upload, names))
    assert done.count(True) == 4
    assert server.max_parallel_uploads == 5
    assert {name for name, sent in zip(names, done, strict=True) if sent} == set(server.assets)


def test_one_connection_serves_many_notes(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    for number in range(10):
        provider.upload(f"{NOTE}{number}", small, UploadSession(), UploadControl())
    assert len(server.assets) == 10
    assert server.connections == 1


def test_an_upload_survives_any_faults_that_pass(server: CloudinaryServer, large: OutgoingFile) -> None:
    server.random_faults = RandomFaults(
        7,
        0.3,
        [Status(503), Drop(3 * MIB), DropAnswer(), Garbage(), Status(429), Garbage(b"[1]"), Garbage(b"7")],
    )
    journal = Journal()
    for _ in range(60):
        try:
            send(CloudinaryProvider(server.values), large, journal)
            break
        except TransientCloudError:
            continue
    server.random_faults = None
    assert server.assets[NOTE].sha256 == large.sha256
    send(CloudinaryProvider(server.values), large, journal)


# ---- cancelling and time


@pytest.mark.parametrize(
    "fault", [Stall(20, 100_000, on="upload"), Stall(20, on="upload"), Delay(20, on="upload")]
)
def test_cancelling_ends_any_wait_at_once(
    fault: Fault, server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    server.faults.append(fault)
    journal = Journal()
    cancelled_at: list[float] = []

    def cancel() -> None:
        cancelled_at.append(time.monotonic())
        journal.cancel.set()

    timer = threading.Timer(0.7, cancel)
    timer.start()
    with pytest.raises(Cancelled):
        send(provider, large, journal)
    assert time.monotonic() - cancelled_at[0] < 0.5
    timer.join()


def test_cancelling_ends_an_attempt_to_connect(small: OutgoingFile) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for caller in (first, second):  # the queue is full: another connection gets no answer
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        values = {"cloud_name": "c", "api_key": "k", "api_secret": "s"}
        prefix = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        journal = Journal()
        threading.Timer(0.3, journal.cancel.set).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            send(CloudinaryProvider({**values, "upload_prefix": prefix}, connect_s=3), small, journal)
        assert time.monotonic() - began < 0.8


def test_a_line_on_which_nothing_moves_is_given_up(server: CloudinaryServer, large: OutgoingFile) -> None:
    provider = CloudinaryProvider(server.values, stall_s=0.5)
    server.faults += [Stall(20, 100_000, on="upload")]
    began = time.monotonic()
    fails(TransientCloudError, lambda: send(provider, large), "in time")
    server.faults += [Delay(20, on="explicit"), Delay(20, on="resources")]
    fails(TransientCloudError, lambda: provider.stat(NOTE), "in time")
    assert time.monotonic() - began < 5


def test_a_slow_line_is_not_taken_for_a_dead_one(server: CloudinaryServer, tmp_path: Path) -> None:
    file = outgoing(tmp_path / "note.mp3", os.urandom(2_000_000))
    server.up.bytes_per_s = 1_000_000
    began = time.monotonic()
    send(CloudinaryProvider(server.values, stall_s=1), file)
    assert time.monotonic() - began > 1.9
    assert server.assets[NOTE].sha256 == file.sha256


# ---- the file


def test_a_file_that_is_not_what_it_was_is_not_sent(
    server: CloudinaryServer, provider: CloudinaryProvider, tmp_path: Path
) -> None:
    file = outgoing(tmp_path / "note.mp3", os.urandom(500_000))
    with file.path.open("ab") as grown:
        grown.write(b"more")
    fails(FileRejected, lambda: send(provider, file), "note.mp3")
    file.path.unlink()
    fails(FileRejected, lambda: send(provider, file), "note.mp3")
    assert not server.assets


def test_a_file_that_shrinks_while_it_is_sent_is_refused(
    server: CloudinaryServer, provider: CloudinaryProvider, tmp_path: Path
) -> None:
    file = outgoing(tmp_path / "note.mp3", os.urandom(500_000))

    def shrink(position: int) -> None:
        if position > 200_000:
            os.truncate(file.path, 100)

    control = UploadControl(sending=shrink)
    fails(FileRejected, lambda: provider.upload(NOTE, file, UploadSession(), control), "note.mp3")
    assert not server.assets


def test_memory_stays_flat_however_large_the_file(tmp_path: Path) -> None:
    program = (
        "import hashlib, json, resource, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from voice_recorder.cloud.cloudinary import CloudinaryProvider\n"
        "from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession\n"
        "values, path, md5, sha256 = json.loads(sys.argv[1])\n"
        "provider = CloudinaryProvider(values)\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert provider.stat('voice-recorder/x') is None\n"
        "idle, path = peak(), Path(path)\n"
        "file = OutgoingFile(path, path.stat().st_size, md5, sha256, '', 'mp3', '', datetime.now(UTC), 1.0)\n"
        "provider.upload('voice-recorder/x', file, UploadSession(), UploadControl())\n"
        "with provider.download('voice-recorder/x') as download:\n"
        "    assert sum(map(len, download.blocks)) == file.size_bytes\n"
        "print(peak() - idle)\n"
    )
    block, path = os.urandom(MIB), tmp_path / "long.mp3"
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(120):
            file.write(block)
            md5.update(block)
            sha256.update(block)
    with CloudinaryServer(store=tmp_path / "store") as server:
        words = json.dumps([server.values, str(path), md5.hexdigest(), sha256.hexdigest()])
        done = subprocess.run(
            [sys.executable, "-c", program, words], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        assert int(done.stdout) < 10_000  # kB; the requirement is 30 MB
        assert server.assets["voice-recorder/x"].sha256 == sha256.hexdigest()
