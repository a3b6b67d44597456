"""rebuild by the command line: who has only the folder gets everything back."""

import shutil
from pathlib import Path
from typing import Any

from tests.conftest import RunCli
from tests.fakes.library import opened, with_notes, write_note
from tests.integration.contract import done, failed
from voice_recorder.domain.recording import AudioFormat, Marker
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.storage.locks import FileLock


def everything(run: RunCli) -> dict[str, Any]:
    """All that the command line shows of every recording, but what became of it in the end."""
    found = {}
    with opened() as services:
        ids = services.library.known_ids()
    for recording_id in ids:
        shown = done(run("show", recording_id, "--json"))
        shown["history"] = [e for e in shown["history"] if e["kind"] != "entered again"]
        for volatile in ("attempts", "cached"):
            shown.pop(volatile, None)
        shown["sync"] = {key: shown["sync"][key] for key in ("state", "provider", "remote_id", "verified_at")}
        found[recording_id] = shown
    return found


def lose_the_library(home: Path) -> None:
    for path in home.glob("library.db*"):
        path.unlink()
    for folder in ("backups", "cache"):
        shutil.rmtree(home / folder)


def test_who_has_only_the_folder_gets_everything_back(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    with opened() as services:
        take = services.takes.start_from(GeneratedVoice(AudioFormat()), "a take", limit_s=0.5)
        assert take.wait(10)
        services.proving.run_pending()
    folder = tmp_path / "in"
    folder.mkdir()
    paths = [write_note(folder / f"{name}.wav", seed=seed) for seed, name in enumerate(("one", "two"))]
    one, two = done(run_here("import", *paths, "--json"))["recordings"]
    done(run_here("rename", one["id"], "Gr\xfc\xdfe \N{SNOWMAN}", "--json"))
    with opened() as services:
        master = services.library.get(one["id"]).masters[0]
        services.library.update_take(one["id"], master, [Marker(master.id, 480, "here")])
        services.library.set_notes(one["id"], "some words")
    assert run_here("provider", "set", "folder", "--path", str(tmp_path / "place")).returncode == 0
    done(run_here("sync", "--json"))
    done(run_here("delete", two["id"], "--json"))
    before = everything(run_here)
    assert {r["sync"]["state"] for r in before.values()} == {"backed_up"}
    lose_the_library(home)

    report = done(run_here("rebuild", "--yes", "--json"))

    assert (report["recordings"], report["from_sidecars"], report["adopted"]) == (3, 3, 0)
    assert report["missing"] == report["damaged_sidecars"] == []
    assert report["set_aside"] is None
    assert everything(run_here) == before
    assert before[two["id"]]["state"] == "trashed"
    assert before[one["id"]]["markers"]
    verified = done(run_here("verify", "--json"))
    assert (verified["ok"], verified["unknown"]) == (True, [])
    assert done(run_here("sync", "--json")) is not None


def test_every_command_leaves_true_sidecars(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    (note,) = with_notes(tmp_path / "in", ["one"])
    (home / "recordings" / f"{note.masters[0].name}.json").unlink(missing_ok=True)
    done(run_here("rename", note.id, "two", "--json"))
    sidecar = home / "recordings" / f"{note.masters[0].name}.json"
    assert '"title": "two"' in sidecar.read_text()
    printed = run_here("list")
    assert (printed.returncode, printed.stderr) == (0, "")


def test_people_are_told_what_was_found(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    one, two = with_notes(tmp_path / "in", ["one", "two"])
    done(run_here("list", "--json"))
    folder = home / "recordings"
    (folder / f"{one.masters[0].name}.json").write_text("nonsense")
    (folder / two.masters[0].name).unlink()
    (folder / "letter.txt").write_text("no sound")
    result = run_here("rebuild", "--yes")
    assert result.returncode == 0
    assert "2 recordings: 1 as their sidecars say, 1 by their sound alone" in result.stdout
    assert "before-rebuild-" in result.stdout
    for word in (f"sidecar {one.masters[0].name}.json", "letter.txt", f"{two.masters[0].name} (two)"):
        assert word in result.stderr


def test_while_the_window_is_open_it_refuses(run_here: RunCli, home: Path) -> None:
    done(run_here("list", "--json"))
    with FileLock(home / "locks" / "window.lock") as lock:
        assert lock.acquire()
        assert "window is open" in failed(run_here("rebuild", "--yes", "--json"), 1, "library_busy")["title"]


def test_a_damaged_library_names_the_way_out(run_here: RunCli, home: Path) -> None:
    done(run_here("list", "--json"))
    (home / "library.db").write_bytes(b"\xa5" * 100_000)
    assert "voice-recorder rebuild" in failed(run_here("list", "--json"), 1)["detail"]
