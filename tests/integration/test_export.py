"""`export`: recordings become files of their own; the contract, signals, and folders that refuse."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import PROJECT, RunCli, StartCli
from tests.fakes.library import opened, with_notes, write_note
from tests.fakes.permissions import heeding_permissions, with_mode
from tests.fakes.processes import wait_until
from tests.integration.contract import done, one_sentence


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_files_are_named_for_their_titles(
    home: Path, tmp_path: Path, out: Path, run_cli: RunCli, kind: str
) -> None:
    notes = with_notes(tmp_path / "old", ["one", "two"])
    document = done(run_cli("export", *(note.id for note in notes), "--format", kind, "--to", out, "--json"))
    assert document == {
        "results": [
            {"id": note.id, "ok": True, "error": None, "path": str(out / f"{note.title}.{kind}")}
            for note in notes
        ]
    }
    assert sorted(path.name for path in out.iterdir()) == [f"one.{kind}", f"two.{kind}"]


def test_one_that_fails_is_said_in_its_place(home: Path, tmp_path: Path, out: Path, run_cli: RunCli) -> None:
    note = with_notes(tmp_path / "old", ["one"])[0]
    result = run_cli("export", note.id[:8], "nobody", "--format", "flac", "--to", out, "--json")
    assert result.returncode == 1
    one_sentence(result.stderr)
    first, second = result.json["results"]
    assert first["path"] == str(out / "one.flac")
    assert (second["ok"], second["path"], second["error"]["kind"]) == (False, None, "not_found")


def test_without_json_the_paths_are_printed(home: Path, tmp_path: Path, out: Path, run_cli: RunCli) -> None:
    note = with_notes(tmp_path / "old", ["one"])[0]
    result = run_cli("export", note.id, "--format", "wav", "--to", out)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{out / 'one.wav'}\n", "")


def test_a_folder_that_refuses_is_named(home: Path, tmp_path: Path, out: Path, run_cli: RunCli) -> None:
    note = with_notes(tmp_path / "old", ["one"])[0]
    words = ("export", note.id, "--format", "mp3", "--to")
    with with_mode(out, 0o500):
        refused = run_cli(*words, out, prefix=heeding_permissions())
    assert refused.returncode == 1
    assert "cannot be written to" in one_sentence(refused.stderr)
    gone = run_cli(*words, tmp_path / "gone")
    assert gone.returncode == 1
    assert "there is no folder" in one_sentence(gone.stderr)
    assert list(out.iterdir()) == []


def long_note(folder: Path) -> str:
    """The id of a note that is compressed for some seconds."""
    with opened() as services:
        return services.importing.run([write_note(folder / "long.wav", 300)]).recordings[0].id


def is_writing(out: Path) -> bool:
    return any(path.stat().st_size > 10_000 for path in out.glob(".*.exporting"))


def test_a_signal_stops_it_and_nothing_is_left(
    home: Path, tmp_path: Path, out: Path, start_cli: StartCli
) -> None:
    process = start_cli("export", long_note(tmp_path), "--format", "opus", "--to", str(out), "--json")
    wait_until(lambda: is_writing(out), "the file to grow")
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "stopped" in one_sentence(stderr)
    assert list(out.iterdir()) == []


def test_a_killed_export_is_tidied_by_the_next(
    home: Path, tmp_path: Path, out: Path, run_cli: RunCli, start_cli: StartCli
) -> None:
    recording_id = long_note(tmp_path)
    process = start_cli("export", recording_id, "--format", "opus", "--to", str(out))
    wait_until(lambda: is_writing(out), "the file to grow")
    process.kill()
    process.wait()
    assert [path.suffix for path in out.iterdir()] == [".exporting"]
    done(run_cli("export", recording_id, "--format", "wav", "--to", out, "--json"))
    assert [path.name for path in out.iterdir()] == ["long.wav"]


def test_an_hour_is_exported_in_little_memory(home: Path, tmp_path: Path, out: Path) -> None:
    """A minute that is heard sixty times takes no more than a second, give or take the blocks in hand."""
    program = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from voice_recorder import app
from voice_recorder.domain.exported import ExportFormat
from voice_recorder.domain.recording import Segment
services = app.build()
folder = Path(sys.argv[1])
short, long = (services.importing.run([Path(name)]).recordings[0] for name in sys.argv[2:])
def export(recording, times):
    master = recording.masters[0]
    edits = (Segment(master.id, 0, master.frames - 1),) * times
    edited = replace(recording, id=recording.id[::-1], edit_list=edits)
    services.library.add(edited, "made")
    assert services.exporting.run([edited.id], ExportFormat.FLAC, folder)[0].ok
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = export(short, 1)
print(export(long, 60) - before)
services.close()
"""
    notes = [
        write_note(tmp_path / f"{name}.wav", seconds) for name, seconds in (("short", 1), ("minute", 60))
    ]
    result = subprocess.run(
        [sys.executable, "-c", program, str(out), *map(str, notes)],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    grown_kib = int(result.stdout)
    assert grown_kib < 30_000
    info = soundfile.info(str(out / "minute.flac"))
    assert info.frames == 60 * (48_000 * 60 - 1)
    first = soundfile.read(str(out / "minute.flac"), frames=1000, dtype="int16")[0]
    assert np.array_equal(first, soundfile.read(str(notes[1]), frames=1000, dtype="int16")[0])
