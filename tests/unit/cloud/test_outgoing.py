"""The bytes of a file on their way, as the SDK for S3 reads them."""

import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.domain.errors import Cancelled, FileRejected
from voice_recorder.domain.ports import OutgoingFile, UploadControl

DATA = bytes(range(250)) * 10


def a_file(path: Path, size_bytes: int) -> OutgoingFile:
    return OutgoingFile(
        path, size_bytes, "", "", "audio/mpeg", "mp3", "", datetime(2024, 5, 17, tzinfo=UTC), 1.0
    )


@pytest.fixture
def file(tmp_path: Path) -> OutgoingFile:
    path = tmp_path / "note.mp3"
    path.write_bytes(DATA)
    return a_file(path, len(DATA))


def test_a_part_reads_like_a_file_of_its_own(file: OutgoingFile) -> None:
    with OutgoingPart(file, 100, 1100, UploadControl()) as part:
        assert len(part) == 1000
        assert part.read(10) == DATA[100:110]
        assert part.tell() == 10
        assert part.read() == DATA[110:1100]
        assert part.read(10) == b""
        assert part.seek(0, os.SEEK_END) == 1000
        assert part.seek(-10, os.SEEK_CUR) == 990
        assert part.read() == DATA[1090:1100]
        assert part.seek(5) == 5
        assert b"".join(part.blocks(300)) == DATA[100:1100]


def test_every_position_in_the_file_is_told_before_it_is_read(file: OutgoingFile) -> None:
    positions: list[int] = []
    with OutgoingPart(file, 100, 1100, UploadControl(sending=positions.append)) as part:
        list(part.blocks(400))
    assert positions == [100, 500, 900, 1100]


def test_the_digest_is_that_of_the_part_and_counts_as_nothing_sent(file: OutgoingFile) -> None:
    positions: list[int] = []
    with OutgoingPart(file, 100, 1100, UploadControl(sending=positions.append)) as part:
        assert part.sha256() == hashlib.sha256(DATA[100:1100]).digest()
        assert positions == []
        assert part.read() == DATA[100:1100]


def test_a_read_can_be_called_off(file: OutgoingFile) -> None:
    control = UploadControl(cancel=threading.Event())
    with OutgoingPart(file, 0, 1000, control) as part:
        part.read(10)
        control.cancel.set()
        with pytest.raises(Cancelled):
            part.read(10)
        with pytest.raises(Cancelled):
            part.sha256()


def test_a_disk_that_fails_is_said_to_be_so() -> None:
    """Reading the first page of a process's memory is an input/output error."""
    with (
        OutgoingPart(a_file(Path("/proc/self/mem"), 0), 0, 10, UploadControl()) as part,
        pytest.raises(FileRejected, match="Input/output error"),
    ):
        part.read()
