"""What people call their recordings, write about them and look for is in no log (S12)."""

import sqlite3
from pathlib import Path

from tests.conftest import RunCli
from tests.fakes.library import opened, write_note
from tests.fakes.processes import wait_until
from tests.integration.contract import done
from voice_recorder.domain.take import Warn
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice

SECRET = "kornblume"


def take_whose_row_cannot_be_written(services: Services) -> None:
    """The log gets whole tracebacks of it, with the errors of the database in them."""
    library = sqlite3.connect(services.config.database_path, isolation_level=None)
    library.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON recordings BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    take = services.takes.start_from(GeneratedVoice(), f"{SECRET} take")
    take.add_marker(f"{SECRET} marker")
    wait_until(lambda: Warn.LIBRARY_BUSY in take.snapshot().warnings, "the row to be refused")
    take.stop()
    assert take.wait(20)
    assert take.error is not None
    library.execute("DROP TRIGGER refuse")
    library.close()


def test_no_title_tag_note_search_or_file_name_is_ever_logged(
    home: Path, tmp_path: Path, run_here: RunCli
) -> None:
    (out := tmp_path / "out").mkdir()
    note = write_note(tmp_path / f"{SECRET}.wav", 1.0)
    (damaged := tmp_path / f"{SECRET} damaged.wav").write_bytes(note.read_bytes()[:40])
    (tmp_path / f"{SECRET} of somebody's.mp3").write_bytes(b"")
    run_here("import", note, damaged, tmp_path / f"{SECRET} of somebody's.mp3", "--json")
    with opened() as services:
        (recording,) = services.library.with_ids(None)
        services.library.rename(recording.id, f"{SECRET}: ”quoted“,\nin two lines")
        services.library.set_notes(recording.id, f"{SECRET} notes")
        take_whose_row_cannot_be_written(services)
        services.recovery.run()
    done(run_here("tag", recording.id, f"{SECRET} tag", "--json"))
    done(run_here("move", recording.id, f"{SECRET} folder", "--json"))
    assert done(run_here("list", "--search", f'{SECRET} "AND (', "--json"))["total"] == 0
    for kind in ("wav", "mp3"):
        (result,) = done(run_here("export", recording.id, "--format", kind, "--to", out, "--json"))["results"]
        assert SECRET in Path(result["path"]).name
    nowhere = tmp_path / "nowhere"
    assert run_here("export", recording.id, "--format", "wav", "--to", nowhere, "--json").returncode != 0
    assert run_here("free", recording.id, "--json").returncode != 0
    assert run_here("link", recording.id, "--json").returncode != 0
    done(run_here("delete", recording.id, "--json"))
    (home / "recordings" / f"{SECRET} by hand.wav").write_bytes(b"nonsense")
    run_here("rebuild", "--json")

    logs = "".join(path.read_text("utf-8") for path in home.glob("logs/*.log*"))
    assert f"exported {recording.id} as mp3" in logs
    assert f"export of {recording.id} as wav failed: “…” cannot be exported" in logs
    assert "the take's row could not be written" in logs
    assert "parameters hidden" in logs
    assert "import failed: '*.wav'" in logs
    assert "a file is not taken up: '*.wav'" in logs
    assert SECRET not in logs.lower()
