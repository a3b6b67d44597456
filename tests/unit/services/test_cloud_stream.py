"""Reading a copy while it comes: from a real folder and over real sockets, and what the journal keeps."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.cloudinary_faults import Drop, Stall
from tests.fakes.cloudinary_server import CloudinaryServer
from voice_recorder.cloud.cloudinary import CloudinaryProvider
from voice_recorder.domain import transfers
from voice_recorder.domain.errors import Cancelled, PreflightBlocked, VoiceRecorderError
from voice_recorder.domain.ports import OutgoingFile, Provider, UploadControl, UploadSession
from voice_recorder.domain.transfers import Receipt
from voice_recorder.services.cloud_stream import CloudStream
from voice_recorder.services.partial_copy import PartialCopy, Spans
from voice_recorder.storage.locks import FileLock

MASTER = "0123456789abcdef0123456789abcdef"
SIZE = 3_000_000
Open = Callable[..., CloudStream]


# What is there


def test_spans_that_touch_become_one() -> None:
    spans = Spans([(10, 20), (30, 40)])
    assert spans.total == 20
    spans.add(20, 30)
    assert spans.stretches == [(10, 40)]
    spans.add(50, 60)
    spans.add(0, 55)
    assert spans.stretches == [(0, 60)]
    spans.add(70, 70)
    assert spans.total == 60


def test_spans_know_how_far_a_place_reaches_and_where_the_next_hole_is() -> None:
    spans = Spans([(0, 10), (20, 30)])
    assert [spans.end_of(0), spans.end_of(9), spans.end_of(10), spans.end_of(25)] == [10, 10, 10, 30]
    assert [spans.hole(0, 30), spans.hole(15, 30), spans.hole(22, 30)] == [10, 15, None]


def test_a_copy_that_was_begun_is_gone_on_with(tmp_path: Path) -> None:
    begun = PartialCopy(tmp_path / "audio" / "a.mp3", 100, "here a")
    begun.open()
    begun.etag, begun.last_modified = "e1", "yesterday"
    begun.write(10, b"x" * 20)
    begun.close()
    begun.close()
    again = PartialCopy(tmp_path / "audio" / "a.mp3", 100, "here a")
    again.open()
    assert (again.spans.stretches, again.etag, again.last_modified) == ([(10, 30)], "e1", "yesterday")
    assert again.read(15, 100) == b"x" * 15
    again.close()


@pytest.mark.parametrize(
    "wrong", [{"source": "there a"}, {"size_bytes": 99}, {"ranges": [[0, 999]]}, {"ranges": [[0]]}, None]
)
def test_a_journal_that_makes_no_sense_is_not_believed(
    tmp_path: Path, wrong: dict[str, object] | None
) -> None:
    right = {"source": "here a", "size_bytes": 100, "ranges": [[0, 9]], "etag": "e1", "last_modified": ""}
    (tmp_path / "a.mp3.part").write_bytes(bytes(100))
    (tmp_path / "a.mp3.part.json").write_text("[1" if wrong is None else json.dumps(right | wrong))
    copy = PartialCopy(tmp_path / "a.mp3", 100, "here a")
    copy.open()
    assert (copy.spans.total, copy.etag) == (0, "")
    copy.close()


def test_a_file_that_is_not_what_the_journal_is_of_is_not_believed(tmp_path: Path) -> None:
    copy = PartialCopy(tmp_path / "a.mp3", 100, "here a")
    copy.open()
    copy.write(0, b"x" * 50)
    copy.close()
    os.truncate(tmp_path / "a.mp3.part", 40)
    copy.open()
    assert copy.spans.total == 0
    copy.close()


# The stream


@pytest.fixture(autouse=True)
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second and four between tries are for real networks."""
    monkeypatch.setattr(transfers, "_QUICK_S", (0.05, 0.1))


@pytest.fixture(scope="module")
def data() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture
def server() -> Iterator[CloudinaryServer]:
    with CloudinaryServer() as server:
        yield server


@pytest.fixture
def provider(server: CloudinaryServer) -> CloudinaryProvider:
    return CloudinaryProvider(server.values, connect_s=2, stall_s=5)


@pytest.fixture
def receipt(provider: Provider, data: bytes, tmp_path: Path) -> Receipt:
    path = tmp_path / "note.mp3"
    path.write_bytes(data)
    md5, sha256 = hashlib.md5(data, usedforsecurity=False).hexdigest(), hashlib.sha256(data).hexdigest()
    at = datetime(2026, 5, 4, tzinfo=UTC)
    remote_id = provider.remote_id(MASTER, "mp3")
    file = OutgoingFile(path, SIZE, md5, sha256, "audio/mpeg", "mp3", "A note", at, 1.0)
    provider.upload(remote_id, file, UploadSession(), UploadControl())
    stored = provider.stat(remote_id)
    assert stored is not None
    assert stored.digest is not None
    return Receipt(
        MASTER, provider.place, remote_id, "mp3", SIZE, md5, sha256, stored.digest, stored.etag, False, at
    )


@pytest.fixture
def open_stream(provider: Provider, receipt: Receipt, tmp_path: Path) -> Iterator[Open]:
    opened: list[CloudStream] = []
    (tmp_path / "locks").mkdir()

    def open_stream(
        require_room: Callable[[int], None] = lambda _bytes: None,
        ended: Callable[[VoiceRecorderError | None], None] = lambda _error: None,
    ) -> CloudStream:
        copy = PartialCopy(tmp_path / "cache" / "note.mp3", receipt.size_bytes, receipt.place)
        lock = FileLock(tmp_path / "locks" / "note.lock")
        stream = CloudStream(receipt, copy, lock, lambda: provider, require_room, ended)
        stream.start()
        opened.append(stream)
        return stream

    yield open_stream
    for stream in opened:
        stream.close()
    for thread in [t for t in threading.enumerate() if t.name == "cloud stream"]:
        thread.join(10)


def read_all(stream: CloudStream, offset: int = 0, size: int = SIZE) -> bytes:
    found = b""
    while len(found) < size:
        block = stream.read_at(offset + len(found), size - len(found))
        assert block
        found += block
    return found


def test_the_first_bytes_are_there_long_before_the_last(
    server: CloudinaryServer, open_stream: Open, data: bytes, tmp_path: Path
) -> None:
    server.down.bytes_per_s = 1_000_000
    started = time.monotonic()
    stream = open_stream()
    assert read_all(stream, 0, 1000) == data[:1000]
    assert time.monotonic() - started < 2
    assert stream.done_bytes < SIZE // 2
    assert not (tmp_path / "cache" / "note.mp3").exists()
    server.down.bytes_per_s = None
    assert read_all(stream) == data
    stream.wait(threading.Event())
    assert server.requests["download"] == 1
    assert (tmp_path / "cache" / "note.mp3").read_bytes() == data
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["note.mp3"]
    assert stream.read_at(SIZE - 10, 100) == data[-10:]
    assert stream.read_at(SIZE, 100) == b""


def test_the_end_is_heard_before_the_middle_has_come(
    server: CloudinaryServer, open_stream: Open, data: bytes
) -> None:
    server.down.bytes_per_s = 1_000_000
    stream = open_stream()
    assert read_all(stream, 0, 1000) == data[:1000]
    started = time.monotonic()
    assert read_all(stream, SIZE - 5000, 5000) == data[-5000:]
    assert time.monotonic() - started < 2
    assert stream.done_bytes < SIZE // 2
    server.down.bytes_per_s = None
    stream.wait(threading.Event())  # the gap is filled by itself
    assert read_all(stream) == data


def test_a_near_place_is_waited_for_and_costs_no_request(
    server: CloudinaryServer, open_stream: Open, data: bytes
) -> None:
    server.down.bytes_per_s = 2_000_000
    stream = open_stream()
    read_all(stream, 0, 1000)
    assert read_all(stream, 150_000, 1000) == data[150_000:151_000]
    assert server.requests["download"] == 1


def test_a_cut_is_mended_while_somebody_listens(
    server: CloudinaryServer, open_stream: Open, data: bytes
) -> None:
    server.faults.append(Drop(on="download", after_bytes=1_000_000))
    assert read_all(open_stream()) == data


def test_without_ranges_a_seek_waits_until_its_bytes_have_come(
    server: CloudinaryServer, open_stream: Open, data: bytes, tmp_path: Path
) -> None:
    server.honours_ranges = server.honours_delivery_ranges = False
    server.down.bytes_per_s = 10_000_000
    stream = open_stream()
    read_all(stream, 0, 1000)
    assert read_all(stream, SIZE - 5000, 5000) == data[-5000:]
    stream.wait(threading.Event())
    assert (tmp_path / "cache" / "note.mp3").read_bytes() == data


def test_closing_wakes_a_reader_at_once_and_the_next_one_goes_on(
    server: CloudinaryServer, open_stream: Open, data: bytes
) -> None:
    server.faults.append(Stall(on="download", seconds=1.5, after_bytes=1_000_000))
    stream = open_stream()
    read_all(stream, 0, 900_000)
    ended: list[float] = []

    def read_on() -> None:
        with pytest.raises(Cancelled):
            read_all(stream)
        ended.append(time.monotonic())

    reader = threading.Thread(target=read_on)
    reader.start()
    time.sleep(0.2)
    closed_at = time.monotonic()
    stream.close()
    assert time.monotonic() - closed_at < 0.5
    reader.join()
    assert ended[0] - closed_at < 0.5
    assert not stream.join()
    again = open_stream()
    assert read_all(again, 0, 900_000) == data[:900_000]
    assert read_all(again) == data


def test_two_users_share_one_download_and_the_last_ends_it(
    server: CloudinaryServer, open_stream: Open, data: bytes
) -> None:
    server.down.bytes_per_s = 4_000_000
    stream = open_stream()
    assert stream.join()
    stream.close()
    assert stream.running
    stream.wait(threading.Event())
    assert not stream.running
    assert read_all(stream) == data
    assert server.requests["download"] == 1


def test_a_second_one_waits_for_the_first_and_uses_what_it_fetched(
    server: CloudinaryServer, open_stream: Open, data: bytes
) -> None:
    server.down.bytes_per_s = 4_000_000
    first, second = open_stream(), open_stream()
    assert read_all(second) == data
    first.wait(threading.Event())
    assert server.requests["download"] == 1


def test_closing_ends_the_wait_for_another(server: CloudinaryServer, open_stream: Open) -> None:
    server.down.bytes_per_s = 400_000
    read_all(open_stream(), 0, 10)
    second = open_stream()
    threading.Timer(0.1, second.close).start()
    with pytest.raises(Cancelled):
        second.read_at(0, 10)
    with pytest.raises(Cancelled):
        second.wait(threading.Event())


def test_no_room_is_said_to_the_reader_and_to_whoever_asked(open_stream: Open) -> None:
    told: list[VoiceRecorderError | None] = []

    def refuse(missing_bytes: int) -> None:
        assert missing_bytes == SIZE
        raise PreflightBlocked("No room.")

    stream = open_stream(refuse, told.append)
    with pytest.raises(PreflightBlocked):
        stream.read_at(0, 10)
    with pytest.raises(PreflightBlocked):
        stream.wait(threading.Event())
    assert [str(error) for error in told] == ["No room."]
    assert not stream.join()


def test_waiting_is_called_off_at_once(server: CloudinaryServer, open_stream: Open) -> None:
    server.down.bytes_per_s = 100_000
    cancel = threading.Event()
    with closing(open_stream()) as stream:
        assert stream.join()
        threading.Timer(0.2, cancel.set).start()
        started = time.monotonic()
        with pytest.raises(Cancelled):
            stream.wait(cancel)
        assert time.monotonic() - started < 2
        stream.close()
