"""rebuild: from the folders alone, whatever is lost, damaged, doubled or edited into nonsense."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.backup_states import back_up, choose_folder
from tests.fakes.library import opened, with_notes, write_note
from voice_recorder.audio import wav
from voice_recorder.domain.errors import Cancelled, LibraryBusy, LibraryTooNew, NotFound
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.domain.recording import AudioFormat, Marker, Recording, Segment
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.services import Services, adopting
from voice_recorder.services.adopting import Adopting
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.services.rebuild import RebuildReport, rebuild
from voice_recorder.services.take import Take
from voice_recorder.services.take_part import take_lock
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.sidecar import sidecar_path
from voice_recorder.storage.sidecar_reading import read_sidecar
from voice_recorder.storage.sidecar_rows import SidecarRows
from voice_recorder.storage.sidecar_writing import write_sidecar


@pytest.fixture
def config(home: Path) -> StorageConfig:
    return StorageConfig.from_environment()


def forget(config: StorageConfig) -> None:
    """Lose the library."""
    for ending in ("", "-wal", "-shm"):
        config.database_path.with_name(config.database_path.name + ending).unlink(missing_ok=True)


def described_notes(folder: Path, *titles: str) -> list[Recording]:
    """Imported notes with sidecars."""
    notes = with_notes(folder, list(titles))
    with opened() as services:
        services.sidecars.write_pending()
    return notes


def all_recordings() -> dict[str, Recording]:
    with opened() as services:
        return {recording.title: recording for recording in services.library.with_ids(None)}


def path_of(config: StorageConfig, note: Recording) -> Path:
    return config.raw_recordings_path / note.masters[0].name


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


def a_take_file(folder: Path, name: str, recording_id: str = "ab" * 16, frames: int = 4800) -> Path:
    kind, origin = AudioFormat(), wav.Origin(recording_id, "2024-05-01T10:00:00.000+00:00", 120)
    path = folder / name
    path.write_bytes(wav.header(kind, origin, frames) + b"\1\0" * frames)
    return path


def test_everything_is_as_it_was(config: StorageConfig, tmp_path: Path) -> None:
    first, second, third = with_notes(tmp_path / "in", ["one", "two", "three"])
    with opened() as services:
        choose_folder(services, tmp_path / "place")
        back_up(services, first)
        library, master = services.library, first.masters[0]
        library.set_notes(first.id, "words")
        library.set_favourite(second.id, True)
        library.set_archived(second.id, True)
        library.update_take(first.id, master, [Marker(master.id, 100, "here")])
        services.trash.delete([third.id])
        services.sidecars.write_pending()
        before = {r.id: r for r in library.with_ids(None)}
        markers, history = library.markers(first.id), library.history(first.id)
    forget(config)
    report = rebuild(config)
    assert (len(report.found.described), report.found.adopted, report.set_aside) == (3, [], None)
    with opened() as services:
        now = {r.id: r for r in services.library.with_ids(None)}
        for key, was in before.items():
            status = now[key].sync
            assert replace(now[key], sync=was.sync) == was
            assert (status.state, status.verified_at) == (was.sync.state, was.sync.verified_at)
        assert services.library.markers(first.id) == markers
        assert services.library.ids(LibraryQuery(search="here")) == [first.id]
        assert services.library.history(first.id)[:-1] == history
        assert services.library.path_of(third.masters[0]).parent == config.trash_path


def test_undo_is_as_it_was(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = with_notes(tmp_path / "in", ["one"])
    segments = json.dumps([{"master": note.masters[0].id, "from": 5, "to": 50, "gains": [[0.0, 1.0]]}])
    with opened() as services:
        with services.library.database.session(write=True) as connection:
            connection.exec_driver_sql("UPDATE recordings SET edit_number = 1, updated_ms = updated_ms + 1")
            for number, name in enumerate(("", "Trim")):
                connection.exec_driver_sql(
                    "INSERT INTO edit_steps VALUES (1, ?, ?, 77, ?)", (number, name, segments)
                )
        services.sidecars.write_pending()
        before = SidecarRows(services.library.database).contents([1])[1][0].described[0]
    forget(config)
    rebuild(config)
    with opened() as services:
        now = SidecarRows(services.library.database).contents([1])[1][0].described[0]
    assert now.steps == before.steps
    assert now.edit_number == 1


def test_a_good_library_is_set_aside_and_what_only_it_knew_is_kept(
    config: StorageConfig, tmp_path: Path
) -> None:
    (note,) = with_notes(tmp_path / "in", ["one"])
    with opened() as services:
        services.library.rename(note.id, "not said in a sidecar yet")
    report = rebuild(config)
    assert list(all_recordings()) == ["not said in a sidecar yet"]
    assert report.set_aside is not None
    assert report.set_aside.parent == config.backups_path
    with sqlite3.connect(report.set_aside) as database:
        assert database.execute("SELECT title FROM recordings").fetchall() == [("not said in a sidecar yet",)]
    database.close()


@pytest.mark.parametrize("start", [0, 4096])
def test_a_damaged_library_is_replaced_and_kept(config: StorageConfig, tmp_path: Path, start: int) -> None:
    described_notes(tmp_path / "in", "one")
    content = bytearray(config.database_path.read_bytes())
    content[start : start + 40_000] = b"\xa5" * len(content[start : start + 40_000])
    config.database_path.write_bytes(content)
    report = rebuild(config)
    assert report.set_aside is not None
    assert report.set_aside.read_bytes() == bytes(content)
    assert list(all_recordings()) == ["one"]


def test_a_newer_library_is_left_alone(config: StorageConfig, tmp_path: Path) -> None:
    described_notes(tmp_path / "in", "one")
    with sqlite3.connect(config.database_path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(LibraryTooNew):
        rebuild(config)


def test_without_anything_to_make_it_from_a_library_stays(config: StorageConfig) -> None:
    with opened():
        pass
    with pytest.raises(NotFound, match="no recording"):
        rebuild(config)
    forget(config)
    assert rebuild(config).found.described == []


def test_sound_without_a_sidecar_is_adopted(config: StorageConfig, tmp_path: Path) -> None:
    a_take_file(config.raw_recordings_path, "take.wav")
    a_take_file(config.raw_recordings_path, "take copied by hand.wav")
    a_take_file(config.raw_recordings_path, "empty.wav", "cd" * 16, frames=0)
    write_note(config.raw_recordings_path / "song.flac")
    write_note(config.trash_path / "old.wav")
    (config.raw_recordings_path / "letter.txt").write_text("no sound")
    report = rebuild(config)
    assert len(report.found.adopted) == 4
    assert [path.name for path in report.found.unreadable] == ["empty.wav", "letter.txt"]
    found = all_recordings()
    assert set(found) == {"2024-05-01 12.00.00", "song", "old"}
    assert all(recording.recovered for recording in found.values())
    assert found["song"].masters[0].format == "flac"
    assert found["old"].state is RecordingState.TRASHED
    with opened() as services:
        assert "ab" * 16 in services.library.known_ids()
        assert services.proving.run_pending() == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 99_999, b'{"format": NaN}', b'{"format": "voice-recorder sidecar", "version": 1}'],
)
def test_a_damaged_sidecar_is_named_and_its_sound_adopted(
    config: StorageConfig, tmp_path: Path, content: bytes
) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    sidecar = sidecar_path(path_of(config, note))
    sidecar.write_bytes(content)
    forget(config)
    report = rebuild(config)
    assert [path for path, _reason in report.found.damaged_sidecars] == [sidecar]
    (found,) = all_recordings().values()
    assert found.title == path_of(config, note).stem
    assert found.recovered


def test_a_sidecar_with_one_part_edited_into_nonsense_keeps_the_rest(
    config: StorageConfig, tmp_path: Path
) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    sidecar = sidecar_path(path_of(config, note))
    edit(sidecar, lambda d: d["recordings"][0].update(edit_list="x"))
    forget(config)
    report = rebuild(config)
    assert [path for path, _reason in report.found.damaged_sidecars] == [sidecar]
    assert list(all_recordings()) == ["one"]


def test_a_copy_made_by_hand_is_a_recording_of_its_own(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    path = path_of(config, note)
    copy = path.with_name("0 before.wav")
    shutil.copyfile(path, copy)
    shutil.copyfile(sidecar_path(path), sidecar_path(copy))
    renamed = path.with_name("z.wav")
    shutil.copyfile(sidecar_path(path), sidecar_path(renamed))
    forget(config)
    report = rebuild(config)
    assert set(all_recordings()) == {"one", "0 before"}
    assert len(report.found.damaged_sidecars) == 2


def test_a_file_renamed_with_its_sidecar_is_the_same_recording(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    path = path_of(config, note)
    sidecar_path(path).rename(sidecar_path(path.with_name("mine.wav")))
    path.rename(path.with_name("mine.wav"))
    forget(config)
    rebuild(config)
    assert all_recordings()["one"].masters[0].name == "mine.wav"
    assert all_recordings()["one"].state is RecordingState.RECORDED


def test_a_sidecar_without_its_master_is_a_missing_recording(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    path_of(config, note).unlink()
    forget(config)
    report = rebuild(config)
    assert [missing.title for missing in report.found.missing] == ["one"]
    assert all_recordings()["one"].state is RecordingState.MISSING


def test_what_is_only_in_the_cloud_stays_known(config: StorageConfig, tmp_path: Path) -> None:
    note, unproved = described_notes(tmp_path / "in", "one", "two")
    with opened() as services:
        choose_folder(services, tmp_path / "place")
        back_up(services, note)
        for recording in (note, unproved):
            master = services.library.get(recording.id).masters[0]
            freed = replace(master, state=MasterState.FREED)
            services.library.store_reading(recording.id, freed, "freed")
            path_of(config, recording).unlink()
        services.sidecars.write_pending()
    forget(config)
    rebuild(config)
    found = all_recordings()
    assert found["one"].state is RecordingState.CLOUD_ONLY
    assert found["two"].state is RecordingState.MISSING  # no receipt says that there is a copy


def test_a_file_of_another_size_is_not_believed(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    with path_of(config, note).open("ab") as file:
        file.write(b"more")
    forget(config)
    rebuild(config)
    found = all_recordings()["one"]
    assert found.state is RecordingState.DAMAGED
    assert found.masters[0].sha256 == note.masters[0].sha256


def two_masters(config: StorageConfig, tmp_path: Path) -> tuple[Recording, Recording]:
    """A recording joined of two masters, the second shared with a note of its own; both described."""
    first, second = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        own = first.masters[0]
        joined = replace(
            first, id="ef" * 16, title="joined", masters=(own, *second.masters),
            edit_list=(Segment(own.id, 0, 10), Segment(second.masters[0].id, 0, 20)),
        )  # fmt: skip
        services.library.forget(first.id, "joined")
        services.library.add(joined, "joined")
        services.sidecars.write_pending()
        return services.library.get(joined.id), second


def test_recordings_that_share_a_master_share_it_again(config: StorageConfig, tmp_path: Path) -> None:
    joined, second = two_masters(config, tmp_path)
    forget(config)
    rebuild(config)
    found = all_recordings()
    assert found["joined"] == joined
    assert found["two"].masters == joined.masters[1:] == second.masters


def test_a_master_whose_sidecar_is_lost_is_found_by_another(config: StorageConfig, tmp_path: Path) -> None:
    joined, second = two_masters(config, tmp_path)
    sidecar_path(path_of(config, second)).unlink()
    forget(config)
    rebuild(config)
    assert all_recordings() == {"joined": joined}


@pytest.mark.parametrize("content", [b"no sound", None])
def test_a_master_that_is_gone_or_broken_leaves_its_place(
    config: StorageConfig, tmp_path: Path, content: bytes | None
) -> None:
    joined, second = two_masters(config, tmp_path)
    path = path_of(config, second)
    sidecar_path(path).unlink()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    forget(config)
    rebuild(config)
    found = all_recordings()["joined"]
    assert found.edit_list == joined.edit_list
    assert found.masters[1].state is (MasterState.DAMAGED if content else MasterState.MISSING)
    assert found.masters[1].frames == second.masters[0].frames


def test_a_name_that_another_master_has_is_not_taken_twice(config: StorageConfig, tmp_path: Path) -> None:
    joined, second = two_masters(config, tmp_path)
    for path in (path_of(config, second), sidecar_path(path_of(config, second))):
        path.unlink()
    edit(
        sidecar_path(path_of(config, joined)),
        lambda d: d["recordings"][0]["masters"][1].update(name=joined.masters[0].name),
    )
    forget(config)
    rebuild(config)
    assert [m.name for m in all_recordings()["joined"].masters] == [
        joined.masters[0].name, f"{second.masters[0].id}.missing",
    ]  # fmt: skip


def test_the_newest_of_two_sayings_holds(config: StorageConfig, tmp_path: Path) -> None:
    joined, _second = two_masters(config, tmp_path)
    path = sidecar_path(path_of(config, joined))
    newer = "2100-01-01T00:00:00.000+00:00"
    edit(path, lambda d: d["recordings"][0].update(title="newest", updated=newer))
    older = config.trash_path / path.name
    shutil.copyfile(path, older)
    edit(older, lambda d: d.update(written="2001-01-01T00:00:00+00:00"))
    edit(older, lambda d: d["recordings"][0].update(title="from the trash", updated=newer))
    forget(config)
    rebuild(config)
    assert set(all_recordings()) == {"newest", "two"}


def test_the_place_of_the_file_says_whether_it_is_in_the_trash(config: StorageConfig, tmp_path: Path) -> None:
    restored, deleted = described_notes(tmp_path / "in", "restored", "deleted")
    edit(
        sidecar_path(path_of(config, restored)),
        lambda d: d["recordings"][0].update(trashed="2001-01-01T00:00:00+00:00"),
    )
    path_of(config, deleted).rename(config.trash_path / path_of(config, deleted).name)
    forget(config)
    rebuild(config)
    found = all_recordings()
    assert found["restored"].trashed_at is None
    trashed_at = found["deleted"].trashed_at
    assert trashed_at is not None
    assert (datetime.now(UTC) - trashed_at).total_seconds() < 600


def refused(config: StorageConfig) -> str:
    with pytest.raises(LibraryBusy) as error:
        rebuild(config)
    return error.value.title


def test_it_waits_for_its_turn(config: StorageConfig) -> None:
    a_take_file(config.raw_recordings_path, "take.wav")
    for lock, why in (
        (FileLock(config.locks_path / "window.lock"), "window"),
        (FileLock(config.locks_path / "migration.lock"), "brought up to date"),
        (FileLock(config.locks_path / f"transfer-{'a' * 32}.lock"), "backed up"),
        (take_lock(config, "b" * 32), "recording is running"),
    ):
        with lock:
            assert lock.acquire()
            assert why in refused(config)
    assert len(rebuild(config).found.adopted) == 1


@pytest.mark.parametrize("what", ["a take", "a new name"])
def test_what_begins_or_changes_while_it_looks_is_not_lost(
    config: StorageConfig, tmp_path: Path, what: str
) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    done: list[Take] = []
    with opened() as services:

        def meanwhile(_done: int, _total: int, _name: str) -> None:
            if what == "a take" and not done:
                done.append(services.takes.start_from(GeneratedVoice(), "Begun meanwhile"))
            elif what == "a new name":
                services.library.rename(note.id, "Named meanwhile")

        try:
            with pytest.raises(LibraryBusy):
                rebuild(config, progress=meanwhile)
        finally:
            for take in done:
                take.stop()
                assert take.wait(20)
    if what == "a new name":
        assert set(all_recordings()) == {"Named meanwhile"}
    rebuild(config)
    assert set(all_recordings()) == ({"one", "Begun meanwhile"} if done else {"Named meanwhile"})


def test_called_off_it_changes_nothing(config: StorageConfig, tmp_path: Path) -> None:
    described_notes(tmp_path / "in", "one", "two")
    before = config.database_path.read_bytes()
    cancel = threading.Event()
    seen = []

    def progress(done: int, total: int, name: str) -> None:
        seen.append((done, total, name))
        cancel.set()

    with pytest.raises(Cancelled):
        rebuild(config, cancel, progress)
    assert len(seen) == 1
    assert config.database_path.read_bytes() == before
    assert not list(config.home.glob("*.tmp*"))
    assert not list(config.backups_path.glob("before-*"))


def test_leftovers_of_one_that_was_killed_do_not_matter(config: StorageConfig, tmp_path: Path) -> None:
    described_notes(tmp_path / "in", "one")
    for ending in ("", "-wal"):
        (config.home / f"library.rebuilding.tmp{ending}").write_bytes(b"half")
    rebuild(config)
    assert list(all_recordings()) == ["one"]


def test_a_sidecar_that_goes_while_we_look_costs_nothing_else(
    services: Services, config: StorageConfig, tmp_path: Path
) -> None:
    """Read once to see what there is, it is read again to be entered; both may find another file."""
    notes = services.importing.run([write_note(tmp_path / "a.wav"), write_note(tmp_path / "b.wav", seed=1)])
    services.sidecars.write_pending()
    for note in notes.recordings:
        services.library.forget(note.id, "lost")
    gone = sidecar_path(path_of(config, notes.recordings[0]))
    look = Adopting(config, services.library, progress=lambda done, total, name: gone.unlink(missing_ok=True))
    report = look.run(everything=True)
    assert len(report.described) + len(report.adopted) == 2
    assert {r.masters[0].name for r in services.library.with_ids(None)} == {
        r.masters[0].name for r in notes.recordings
    }


def test_recovery_restores_by_sidecars_when_the_library_is_new(config: StorageConfig, tmp_path: Path) -> None:
    note, gone, trashed = described_notes(tmp_path / "in", "one", "gone", "trashed")
    with opened() as services:
        services.library.rename(note.id, "my name")
        services.trash.delete([trashed.id])
        services.sidecars.write_pending()
    path_of(config, gone).unlink()
    forget(config)
    with opened() as services:
        report = services.recovery.run()
        assert {r.title for r in report.recovered} == {"my name", "trashed"}
        assert services.library.get(trashed.id).state is RecordingState.TRASHED
        assert services.recovery.run().recovered == []
        assert services.verifying.run().unknown == [sidecar_path(path_of(config, gone))]


def test_a_sidecar_is_known_as_long_as_its_recording_is(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    path_of(config, note).unlink()
    with opened() as services:
        report = services.verifying.run()
        assert (len(report.missing), report.unknown) == (1, [])
        services.cleanup.run()
        services.trash.settle()
        assert sidecar_path(path_of(config, note)).exists()
        assert services.verifying.run().unknown == []


def test_one_written_by_a_newer_program_is_kept_after_a_rebuild(
    config: StorageConfig, tmp_path: Path
) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    path = sidecar_path(path_of(config, note))
    edit(path, lambda d: d.update(version=2, mood="good"))
    forget(config)
    report: RebuildReport = rebuild(config)
    assert len(report.found.described) == 1
    with opened() as services:
        services.sidecars.write_pending()
        assert services.verifying.run().unknown == []
    assert json.loads(path.with_name(f"{path.name}.version-2").read_bytes())["mood"] == "good"
    assert read_sidecar(path).problems == ()


def test_a_sidecar_may_be_written_by_hand(config: StorageConfig, tmp_path: Path) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    path = sidecar_path(path_of(config, note))
    sidecar = read_sidecar(path)
    (described,) = sidecar.described
    renamed = replace(described, recording=replace(described.recording, title="by hand", tags=("x",)))
    write_sidecar(path, replace(sidecar, described=(renamed,)))
    forget(config)
    rebuild(config)
    assert all_recordings()["by hand"].tags == ("x",)


def test_sidecars_in_a_folder_that_is_imported_are_no_failed_sound(
    config: StorageConfig, tmp_path: Path
) -> None:
    (note,) = described_notes(tmp_path / "in", "one")
    other = tmp_path / "other"
    shutil.copytree(config.raw_recordings_path, other)
    with opened() as services:
        report = services.importing.run([other])
    assert (report.failed, len(report.duplicates)) == ([], 1)
    assert report.duplicates[0].recording.id == note.id


def test_what_changes_between_two_looks_costs_only_itself(
    config: StorageConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sidecars are read to see what there is and, when there are many, again to be entered."""
    monkeypatch.setattr(adopting, "_REMEMBERED", 1)
    monkeypatch.setattr(adopting, "_AT_ONCE", 2)
    joined, second = two_masters(config, tmp_path)
    more = with_notes(tmp_path / "more", ["one", "two", "three", "four"])  # the first two are known
    with opened() as services:
        services.sidecars.write_pending()
    gone = {sidecar_path(path_of(config, note)) for note in (second, more[0])}
    forget(config)
    looks = 0

    def progress(done: int, _total: int, _name: str) -> None:
        nonlocal looks
        looks += done == 0
        if looks == 2:
            for path in gone:
                path.unlink(missing_ok=True)

    report = rebuild(config, None, progress)
    found = all_recordings()
    assert {"joined", "four"} <= set(found)
    assert found["joined"].masters[1].sha256 == joined.masters[1].sha256
    assert {path for path, _reason in report.found.damaged_sidecars} == gone
    assert len(report.found.adopted) == 1


def test_a_take_without_a_date_has_that_of_its_file(config: StorageConfig) -> None:
    kind, path = AudioFormat(), config.raw_recordings_path / "undated.wav"
    path.write_bytes(wav.header(kind, wav.Origin("ab" * 16, "some day", 0), 480) + b"\1\0" * 480)
    strange = config.raw_recordings_path / "strange.wav"
    strange.write_bytes(wav.header(kind, wav.Origin("../x", "some day", 0), 480) + b"\1\0" * 480)
    rebuild(config)
    found = {r.masters[0].name: r for r in all_recordings().values()}
    assert abs(found["undated.wav"].created_at.timestamp() - path.stat().st_mtime) < 0.01
    assert found["strange.wav"].title == "strange"
