"""Durable file operations, the reserve (S6), and what the disk has room for (S5.1)."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.permissions import heeding_permissions, with_mode
from tests.fakes.small_disk import fill, small_disk
from tests.unit.storage.programs import run_python
from voice_recorder.domain.errors import DiskFull, StorageError
from voice_recorder.storage import disk
from voice_recorder.storage.disk import RESERVE_BYTES, Reserve, os_errors_converted


@pytest.fixture
def tiny() -> Iterator[Path]:
    with small_disk(6) as folder:
        yield folder


@pytest.fixture
def roomy() -> Iterator[Path]:
    with small_disk(16) as folder:
        yield folder


def test_a_full_disk_becomes_disk_full_and_says_what_was_kept(tiny: Path) -> None:
    fill(tiny)
    with (
        pytest.raises(DiskFull, match=r"Could not save: the disk is full.*The old one is kept\."),
        os_errors_converted("Could not save:", "The old one is kept."),
    ):
        (tiny / "more").write_bytes(b"x" * 100_000)


def test_other_trouble_names_the_systems_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"Could not read: No such file or directory\.") as caught,
        os_errors_converted("Could not read:"),
    ):
        (tmp_path / "nothing").read_bytes()
    assert not isinstance(caught.value, DiskFull)
    with pytest.raises(StorageError, match="odd"), os_errors_converted("Could not:"):
        raise OSError("odd")


def test_a_bug_is_not_wrapped() -> None:
    with pytest.raises(KeyError), os_errors_converted("Could not:"):
        raise KeyError("a bug")


def test_free_bytes_sees_the_disk_of_the_folder(tiny: Path) -> None:
    before = disk.free_bytes(tiny)
    assert 5_000_000 < before <= 6 * 1024 * 1024
    (tiny / "file").write_bytes(b"x" * 1_000_000)
    assert before - disk.free_bytes(tiny) == pytest.approx(1_000_000, abs=8192)


def test_free_inodes_counts_files(tiny: Path) -> None:
    before = disk.free_inodes(tiny)
    assert before is not None
    (tiny / "file").touch()
    assert disk.free_inodes(tiny) == before - 1


def test_folder_bytes_counts_all_below(tmp_path: Path) -> None:
    assert disk.folder_bytes(tmp_path / "nothing") == 0
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(b"x" * 10)
    (tmp_path / "a" / "b" / "two").write_bytes(b"x" * 5)
    assert disk.folder_bytes(tmp_path) == 15


def test_folder_bytes_passes_over_what_vanishes(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")  # found, and not there when it is looked at
    (tmp_path / "one").write_bytes(b"x" * 10)
    assert disk.folder_bytes(tmp_path) == 10


def test_s5_1_writable_is_tried_for_real_and_leaves_nothing(tmp_path: Path) -> None:
    assert disk.is_writable(tmp_path)
    assert not list(tmp_path.iterdir())
    assert not disk.is_writable(tmp_path / "nothing")


def test_s5_1_a_folder_without_permission_is_not_writable(tmp_path: Path) -> None:
    program = "from voice_recorder.storage.disk import is_writable; print(is_writable(Path(sys.argv[1])))"
    with with_mode(tmp_path, 0o500):
        assert run_python(program, tmp_path, prefix=heeding_permissions()) == "False\n"


def test_s5_1_a_full_disk_is_still_writable_and_its_speed_unknown(tiny: Path) -> None:
    fill(tiny)
    assert disk.is_writable(tiny)
    assert disk.write_speed(tiny) is None


def test_s5_1_the_write_speed_is_measured_and_leaves_nothing(tmp_path: Path) -> None:
    speed = disk.write_speed(tmp_path)
    assert speed is not None
    assert 1e5 < speed < 1e12
    assert not list(tmp_path.iterdir())


def test_syncing_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.write(b"x")
        file.flush()
        disk.sync_data(file.fileno())
    with pytest.raises(OSError, match="descriptor"):
        disk.sync_data(10_000)
    with pytest.raises(FileNotFoundError):
        disk.sync_folder(tmp_path / "nothing")


def test_replace_durably_puts_the_new_file_in_the_olds_place(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "new").write_bytes(b"new")
    disk.replace_durably(tmp_path / "new", tmp_path / "old")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old", b"new")]


def test_write_durably_replaces_and_s1_6_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    disk.write_durably(path, b"old, longer")
    disk.write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["settings.json"]


def test_write_durably_on_a_full_disk_keeps_the_old_file_and_leaves_no_rest(tiny: Path) -> None:
    path = tiny / "settings.json"
    disk.write_durably(path, b"old")
    fill(tiny)
    with pytest.raises(OSError, match="space") as caught:
        disk.write_durably(path, b"x" * 100_000)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert {p.name for p in tiny.iterdir()} == {"settings.json", "ballast"}


def test_s6_the_reserve_holds_real_bytes_where_there_is_ample_room(roomy: Path) -> None:
    path = roomy / "reserve.bin"
    free = disk.free_bytes(roomy)
    Reserve([path]).keep()
    assert free - disk.free_bytes(roomy) == pytest.approx(RESERVE_BYTES, abs=65536)
    inode = path.stat().st_ino
    Reserve([path]).keep()
    assert path.stat().st_ino == inode
    Reserve([path]).release_if_full()
    assert path.exists()


def test_s6_the_reserve_is_not_made_where_room_is_short(tiny: Path) -> None:
    Reserve([tiny / "reserve.bin"]).keep()
    assert not list(tiny.iterdir())


def test_s6_the_reserve_gives_its_room_on_a_full_disk_and_comes_back(roomy: Path) -> None:
    path = roomy / "reserve.bin"
    reserve = Reserve([path])
    reserve.keep()
    ballast = fill(roomy)
    reserve.release_if_full()
    assert disk.free_bytes(roomy) >= RESERVE_BYTES
    (roomy / "the last of the take").write_bytes(os.urandom(RESERVE_BYTES // 2))
    reserve.keep()
    assert not path.exists()
    ballast.unlink()
    reserve.keep()
    assert path.stat().st_size == RESERVE_BYTES


def test_s6_only_the_full_disks_reserve_is_given(roomy: Path, tmp_path: Path) -> None:
    at_home, with_recordings = roomy / "reserve.bin", tmp_path / ".reserve.bin"
    reserve = Reserve([at_home, with_recordings])
    reserve.keep()
    fill(roomy)
    reserve.release_if_full()
    assert (at_home.exists(), with_recordings.exists()) == (False, True)
    reserve.release()
    reserve.release()
    assert not with_recordings.exists()
