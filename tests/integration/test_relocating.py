"""W10: the recordings folder is moved safely; cut off anywhere, one place still has everything."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from tests.conftest import RunCli
from tests.fakes.processes import wait_until
from tests.fakes.small_disk import small_disk
from tests.integration.test_older_library import sound
from voice_recorder import app
from voice_recorder.domain.errors import Cancelled, ConfigurationError, DiskFull, LibraryBusy, StorageError
from voice_recorder.domain.states import RecordingState
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.relocating import Relocating
from voice_recorder.services.take import Take
from voice_recorder.storage.paths import MOVED_RECORDINGS, StorageConfig

NOTES = 6


@pytest.fixture
def config(home: Path, run_cli: RunCli, tmp_path: Path) -> StorageConfig:
    """A library with some notes."""
    folder = tmp_path / "originals"
    for seed in range(NOTES):
        sound(folder / f"{seed}.wav", seed)
    assert run_cli("import", str(folder)).returncode == 0
    return StorageConfig.from_environment()


def sounds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.wav")}


def test_everything_moves_and_the_program_finds_it(
    config: StorageConfig, run_cli: RunCli, tmp_path: Path
) -> None:
    old = config.raw_recordings_path
    before = sounds(old)
    seen: list[tuple[int, int, str]] = []
    target = tmp_path / "elsewhere" / "notes"
    moved = Relocating(config).move(target, progress=lambda *at: seen.append(at))
    assert moved.left == ()
    assert moved.files >= NOTES
    assert len(before) == NOTES
    assert sounds(moved.folder) == before
    assert not old.exists()
    assert {name for _done, _total, name in seen} >= set(before)
    listed = run_cli("list", "--json").json["recordings"]
    assert [Path(recording["path"]).parent for recording in listed] == [moved.folder] * NOTES
    assert run_cli("verify").returncode == 0
    if os.name == "posix":
        assert moved.folder.stat().st_mode & 0o077 == 0
    back = Relocating(StorageConfig.from_environment()).move(old)
    assert sounds(back.folder) == before


def test_a_folder_that_is_not_there_is_said_and_no_empty_one_is_made(
    config: StorageConfig, run_cli: RunCli, tmp_path: Path
) -> None:
    """As when its disk is not mounted."""
    moved = Relocating(config).move(tmp_path / "usb" / "notes")
    (tmp_path / "usb").rename(tmp_path / "unplugged")
    refused = run_cli("list", "--json")
    assert refused.returncode == 1
    assert "Is its disk plugged in" in refused.json["error"]["detail"]
    assert not moved.folder.exists()
    (tmp_path / "unplugged").rename(tmp_path / "usb")
    assert run_cli("verify").returncode == 0


def test_a_folder_that_will_not_do_is_refused_and_nothing_moves(
    config: StorageConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relocating, old = Relocating(config), config.raw_recordings_path
    before = sounds(old)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x")
    for folder, error in (
        (old, ConfigurationError), (old / "inside", ConfigurationError), (config.home, ConfigurationError),
        (tmp_path / "full", StorageError), (Path("/proc/nowhere"), StorageError),
    ):  # fmt: skip
        with pytest.raises(error):
            relocating.move(folder)
    with small_disk(0.05) as disk, pytest.raises(DiskFull):
        relocating.move(disk / "notes")
    monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(old))
    with pytest.raises(ConfigurationError, match="VOICE_RECORDER_RECORDINGS_DIR"):
        relocating.move(tmp_path / "new")
    assert sounds(old) == before
    assert not (config.home / MOVED_RECORDINGS).exists()


def test_what_a_move_would_take_is_told_and_nothing_is_copied(config: StorageConfig, tmp_path: Path) -> None:
    before = sounds(config.raw_recordings_path)
    outlook = Relocating(config).look(tmp_path / "new")
    assert (outlook.folder, outlook.files >= NOTES) == (tmp_path / "new", True)
    assert outlook.size_bytes >= sum(map(len, before.values()))
    assert outlook.free_bytes > 0
    assert list((tmp_path / "new").iterdir()) == []
    assert sounds(config.raw_recordings_path) == before


def test_a_folder_that_is_read_only_is_refused(config: StorageConfig) -> None:
    with small_disk(1) as disk:
        (disk / "notes").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(StorageError, match="cannot be written to"):
            Relocating(config).move(disk / "notes")
        assert not (config.home / MOVED_RECORDINGS).exists()


def test_a_lock_that_a_dead_program_has_left_stops_no_move(config: StorageConfig, tmp_path: Path) -> None:
    before = sounds(config.raw_recordings_path)
    (config.raw_recordings_path / ".take-0.lock").touch()
    assert sounds(Relocating(config).move(tmp_path / "new").folder) == before


def test_what_comes_while_files_are_copied_moves_with_them(config: StorageConfig, tmp_path: Path) -> None:
    def put(done: int, _total: int, _name: str) -> None:
        sound(config.raw_recordings_path / "late.wav", 77)

    moved = Relocating(config).move(tmp_path / "new", progress=put)
    assert len(sounds(moved.folder)) == NOTES + 1
    assert not config.raw_recordings_path.exists()


def test_a_file_that_changes_while_it_is_copied_is_no_copy(config: StorageConfig, tmp_path: Path) -> None:
    name = sorted(sounds(config.raw_recordings_path))[0]
    victim = config.raw_recordings_path / name

    class Changes(threading.Event):
        """Asked before the file is opened, and then once it has been read."""

        asked = 0

        @override
        def is_set(self) -> bool:
            self.asked += self.ready
            if self.asked == 2:
                victim.write_bytes(victim.read_bytes()[:-2] + b"xx")
            return False

        ready = 0

    changes = Changes()

    def progress(_done: int, _total: int, now: str) -> None:
        changes.ready = int(now == name)

    with pytest.raises(StorageError, match="the copy differs"):
        Relocating(config).move(tmp_path / "new", changes, progress)
    assert not (tmp_path / "new" / name).exists()
    assert StorageConfig.from_environment().raw_recordings_path == config.raw_recordings_path
    moved = Relocating(config).move(tmp_path / "new")
    assert len(sounds(moved.folder)) == NOTES


def test_the_old_folder_is_cleared_later_when_that_was_called_off_or_its_disk_was_away(
    config: StorageConfig, tmp_path: Path
) -> None:
    old, new = config.raw_recordings_path, tmp_path / "new"
    before = sounds(old)

    class AfterThat(threading.Event):
        """Set once the new folder is in force."""

        @override
        def is_set(self) -> bool:
            return (config.home / MOVED_RECORDINGS).exists()

    moved = Relocating(config).move(new, AfterThat())
    assert {path.name for path in moved.left} >= set(before)
    assert sounds(old) == sounds(new) == before
    now = Relocating(StorageConfig.from_environment())
    new.rename(tmp_path / "unplugged")
    assert now.finish() == []
    assert sounds(old) == before  # with the other disk away these are the only ones
    (tmp_path / "unplugged").rename(new)
    assert now.finish() == []
    assert not old.exists()
    assert sounds(new) == before


def test_nothing_moves_while_a_take_runs(config: StorageConfig, tmp_path: Path) -> None:
    services = app.build()
    take = services.takes.start_from(GeneratedVoice())
    try:
        with pytest.raises(LibraryBusy):
            Relocating(config).move(tmp_path / "new")
    finally:
        take.stop()
        assert take.wait(20)
        services.close()


def test_a_take_that_begins_while_files_are_copied_keeps_the_old_folder_in_force(
    config: StorageConfig, tmp_path: Path
) -> None:
    services = app.build()
    takes: list[Take] = []

    def begin(_done: int, _total: int, _name: str) -> None:
        if not takes:
            takes.append(services.takes.start_from(GeneratedVoice(), "Begun meanwhile"))

    with pytest.raises(LibraryBusy):
        Relocating(config).move(tmp_path / "new", progress=begin)
    assert StorageConfig.from_environment().raw_recordings_path == config.raw_recordings_path
    takes[0].stop()
    assert takes[0].wait(20)
    services.close()
    before = sounds(config.raw_recordings_path)
    assert len(before) == NOTES + 1
    assert sounds(Relocating(config).move(tmp_path / "new").folder) == before


def test_a_take_in_the_folder_that_is_left_runs_on_and_follows_later(
    config: StorageConfig, run_cli: RunCli, tmp_path: Path
) -> None:
    """As of a program that was open all the time: the take begins while the old files are removed."""
    services = app.build()
    takes: list[Take] = []

    class Begins(threading.Event):
        @override
        def is_set(self) -> bool:
            if not takes and (config.home / MOVED_RECORDINGS).exists():
                takes.append(services.takes.start_from(GeneratedVoice(), "Begun meanwhile"))
                wait_until(lambda: takes[0].recording_id in services.library.known_ids(), "the take's row")
            return False

    old = config.raw_recordings_path
    moved = Relocating(config).move(tmp_path / "new", Begins())
    (take,) = takes
    assert [path.suffix for path in moved.left] == [".part"]
    assert run_cli("recover").returncode == 0
    assert services.library.get(take.recording_id).state is RecordingState.RECORDING
    marker = take.add_marker("not to be lost")
    take.stop()
    assert take.wait(20)
    assert take.error is None
    assert run_cli("recover").returncode == 0
    assert services.library.get(take.recording_id).state is RecordingState.RECORDED
    assert Relocating(StorageConfig.from_environment()).finish() == []
    assert not old.exists()
    assert run_cli("verify").returncode == 0
    found = services.library.get(take.recording_id)
    assert (found.title, found.state) == ("Begun meanwhile", RecordingState.RECORDED)
    assert services.library.markers(found.id) == (marker,)
    assert (moved.folder / found.masters[0].name).exists()
    services.close()


def test_cancelled_in_the_middle_it_goes_on_from_there(config: StorageConfig, tmp_path: Path) -> None:
    cancel = threading.Event()
    before = sounds(config.raw_recordings_path)
    done: list[str] = []

    def progress(_done: int, _total: int, name: str) -> None:
        done.append(name)
        if len(done) == 3:
            cancel.set()

    with pytest.raises(Cancelled):
        Relocating(config).move(tmp_path / "new", cancel, progress)
    assert sounds(config.raw_recordings_path) == before
    assert StorageConfig.from_environment().raw_recordings_path == config.raw_recordings_path
    moved = Relocating(config).move(tmp_path / "new")
    assert sounds(moved.folder) == before


def test_what_came_meanwhile_follows_and_what_differs_stays(config: StorageConfig, tmp_path: Path) -> None:
    old = config.raw_recordings_path
    moved = Relocating(config).move(tmp_path / "new")
    document = {"recordings": str(moved.folder), "leaving": str(old)}
    (config.home / MOVED_RECORDINGS).write_text(json.dumps(document))
    sound(old / "late.wav", 77)
    mine = next(iter(sounds(moved.folder)))
    sound(old / mine, 78)
    new = Relocating(StorageConfig.from_environment())
    assert new.finish() == [old / mine]
    assert (moved.folder / "late.wav").exists()
    (old / mine).unlink()
    assert new.finish() == []
    assert not old.exists()
    assert new.finish() == []


@pytest.fixture
def mover(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = (
        "import sys; from pathlib import Path; from voice_recorder.services.relocating import Relocating;"
        "from voice_recorder.storage.paths import StorageConfig;"
        "Relocating(StorageConfig.from_environment()).move(Path(sys.argv[1]))"
    )
    yield (process := subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "new")]))
    process.wait()


def test_killed_while_it_copies_nothing_is_lost(
    config: StorageConfig, mover: "subprocess.Popen[bytes]", run_cli: RunCli, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    before = sounds(config.raw_recordings_path) if config.raw_recordings_path.exists() else {}
    wait_until(lambda: new.exists() and any(new.iterdir()), "the first copy", 20)
    mover.send_signal(signal.SIGKILL)
    mover.wait()
    now = StorageConfig.from_environment()
    Relocating(now).finish()
    assert len(sounds(now.raw_recordings_path)) == NOTES
    assert before.items() <= sounds(now.raw_recordings_path).items()
    assert run_cli("verify").returncode == 0
    if now.raw_recordings_path != new:
        assert len(sounds(Relocating(now).move(new).folder)) == NOTES
