"""C3.2: who owns a take is decided by a lock that the system drops with the process."""

import errno
import os
import signal
import stat
import threading
from pathlib import Path

import portalocker
import pytest

from tests.unit.storage.programs import running_python
from voice_recorder.domain.errors import StorageError
from voice_recorder.storage.locks import FileLock

HOLD = """
    from voice_recorder.storage.locks import FileLock
    lock = FileLock(Path(sys.argv[1]))
    assert lock.acquire()
    print("held", flush=True)
    if sys.stdin.readline():
        lock.release()
        print("released", flush=True)
        sys.stdin.readline()
"""


def test_a_living_owner_in_another_process_keeps_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "take.lock"
    with running_python(HOLD, path):
        assert not FileLock(path).acquire()
        assert not FileLock(path).acquire()


def test_a_killed_owners_lock_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "take.lock"
    with running_python(HOLD, path) as owner:
        assert not FileLock(path).acquire()
        owner.send_signal(signal.SIGKILL)
        owner.wait(5)
        with FileLock(path) as lock:
            assert lock.acquire()


def test_a_released_lock_can_be_taken_while_its_former_owner_lives(tmp_path: Path) -> None:
    path = tmp_path / "take.lock"
    with running_python(HOLD, path) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        owner.stdin.write("release\n")
        owner.stdin.flush()
        assert owner.stdout.readline() == "released\n"
        with FileLock(path) as lock:
            assert lock.acquire()


def test_waiting_ends_when_the_owner_dies(tmp_path: Path) -> None:
    path = tmp_path / "take.lock"
    got = threading.Event()

    def wait() -> None:
        with FileLock(path) as lock:
            if lock.acquire(wait=True):
                got.set()

    with running_python(HOLD, path) as owner:
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert not got.wait(0.2)
        owner.kill()
        assert got.wait(5)
        waiter.join()


def test_two_locks_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "take.lock"
    with FileLock(path) as first:
        assert first.acquire()
        assert not FileLock(path).acquire()
    with FileLock(path) as second:
        assert second.acquire()


@pytest.mark.skipif(os.name != "posix", reason="Windows does not remove an open file")
def test_who_waited_for_a_file_that_was_removed_meanwhile_locks_the_present_one(tmp_path: Path) -> None:
    """Else two owners: one on the removed file, one on a new file of the same name."""
    path = tmp_path / "take.lock"
    first = FileLock(path)
    assert first.acquire()
    second = FileLock(path)
    waiter = threading.Thread(target=lambda: second.acquire(wait=True))
    waiter.start()
    waiter.join(0.2)
    assert waiter.is_alive()  # has opened the file and waits for its lock
    first.release(remove=True)
    waiter.join(5)
    assert not waiter.is_alive()
    assert path.exists()
    assert not FileLock(path).acquire()
    second.release()


def test_releasing_removes_the_file_unless_told_otherwise_and_may_be_repeated(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "take.lock")
    lock.release()
    assert lock.acquire()
    lock.release(remove=False)
    assert lock.path.exists()
    assert lock.acquire()
    lock.release()
    lock.release()
    assert lock.path.exists() == (os.name != "posix")


def test_s1_6_a_lock_file_is_its_owners_alone(tmp_path: Path) -> None:
    with FileLock(tmp_path / "take.lock") as lock:
        assert lock.acquire()
        assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600


def test_a_lock_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere.*No such file"):
        FileLock(tmp_path / "nowhere" / "take.lock").acquire()


def test_a_lock_left_by_an_error_inside_is_free(tmp_path: Path) -> None:
    path = tmp_path / "take.lock"

    def fail() -> None:
        with FileLock(path) as lock:
            assert lock.acquire()
            raise ValueError("oops")

    with pytest.raises(ValueError, match="oops"):
        fail()
    with FileLock(path) as lock:
        assert lock.acquire()


@pytest.mark.skipif(os.name != "posix", reason="Windows does not remove an open file")
@pytest.mark.parametrize("instead", ["nothing", "folder"])
def test_a_lock_whose_file_cannot_be_removed_is_given_back_all_the_same(tmp_path: Path, instead: str) -> None:
    path = tmp_path / "take.lock"
    lock = FileLock(path)
    assert lock.acquire()
    held = path.rename(tmp_path / "moved.lock")
    if instead == "folder":
        path.mkdir()
    lock.release()
    with FileLock(held) as other:
        assert other.acquire()


def test_a_disk_without_locks_is_said_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some network disks answer; the system's call is the one that refuses."""

    def refuse(_descriptor: int, _flags: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(portalocker.portalocker, "LOCKER", refuse)
    with pytest.raises(StorageError, match="without file locks") as refused:
        FileLock(tmp_path / "take.lock").acquire()
    assert "VOICE_RECORDER_HOME" in refused.value.detail
