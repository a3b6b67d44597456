"""verify: every master as it was, or exit 1 and its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import RunCli, Speech
from tests.fakes.library import opened, with_notes
from tests.integration.contract import done, failed, one_sentence
from tests.integration.test_import import make_m4a
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState


@pytest.fixture
def notes(home: Path, tmp_path: Path) -> list[Recording]:
    return with_notes(tmp_path / "in", ["one", "two", "three"])


def path_of(home: Path, recording: Recording) -> Path:
    return home / "recordings" / recording.masters[0].name


def flip_one_bit(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def state_of(run: RunCli, recording: Recording) -> str:
    return str(done(run("show", "--json", recording.id))["state"])


def test_all_is_well(run_cli: RunCli, notes: list[Recording]) -> None:
    assert done(run_cli("verify", "--json")) == {
        "ok": True, "checked": 3, "missing": [], "changed": [], "damaged": [], "unknown": [],
    }  # fmt: skip
    assert "3" in run_cli("verify").stdout


@pytest.mark.parametrize("at", [0, 20, 5000, -1])
def test_one_changed_bit_is_found_and_the_file_named(
    run_here: RunCli, home: Path, notes: list[Recording], at: int
) -> None:
    path = path_of(home, notes[1])
    flip_one_bit(path, at)
    result = run_here("verify", "--json")
    assert result.returncode == 1
    assert path.name in one_sentence(result.stderr)
    assert result.json["ok"] is False
    assert result.json["checked"] == 2
    assert [found["path"] for found in result.json["changed"]] == [str(path)]
    assert state_of(run_here, notes[1]) == "damaged"
    assert run_here("verify").returncode == 1, "and stays so"


def test_a_missing_file_is_named_and_comes_back(run_here: RunCli, home: Path, notes: list[Recording]) -> None:
    path = path_of(home, notes[0])
    hidden = path.rename(home / "elsewhere")
    result = run_here("verify", "--json")
    assert result.returncode == 1
    assert path.name in one_sentence(result.stderr)
    assert [found["id"] for found in result.json["missing"]] == [notes[0].id]
    assert state_of(run_here, notes[0]) == "missing"
    assert done(run_here("list", "--json", "--state", "missing"))["total"] == 1
    hidden.rename(path)
    assert done(run_here("verify", "--json"))["checked"] == 3
    assert state_of(run_here, notes[0]) == "recorded"


def test_a_healed_file_is_recorded_again(run_here: RunCli, home: Path, notes: list[Recording]) -> None:
    path = path_of(home, notes[2])
    flip_one_bit(path)
    assert run_here("verify", "--json").returncode == 1
    flip_one_bit(path)
    assert done(run_here("verify", "--json"))["ok"] is True
    assert state_of(run_here, notes[2]) == "recorded"
    kinds = [entry["kind"] for entry in done(run_here("show", "--json", notes[2].id))["history"]]
    assert kinds == ["imported", "changed", "verified"]


def test_unknown_files_are_listed_and_left(run_here: RunCli, home: Path, notes: list[Recording]) -> None:
    stranger = home / "recordings" / "stranger \udcff.wav"
    stranger.write_bytes(b"RIFF")
    document = done(run_here("verify", "--json"))
    assert document["unknown"] == [str(stranger)]
    assert document["ok"] is True
    assert stranger.exists()
    assert "stranger" in run_here("verify").stdout


def test_only_what_was_asked_for_is_read(run_here: RunCli, home: Path, notes: list[Recording]) -> None:
    flip_one_bit(path_of(home, notes[1]))
    assert done(run_here("verify", "--json", notes[0].id, notes[2].id[:9]))["checked"] == 2
    assert run_here("verify", "--json", notes[1].id).returncode == 1


def test_an_unknown_id_is_no_success(run_here: RunCli, notes: list[Recording]) -> None:
    failed(run_here("verify", "--json", "nothing"), 1, "not_found")


def test_a_damaged_import_stays_damaged_though_its_digest_fits(
    run_here: RunCli, home: Path, tmp_path: Path, notes: list[Recording]
) -> None:
    whole = (tmp_path / "in" / "one.wav").read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: len(whole) // 2])
    (recording,) = done(run_here("import", "--json", cut))["recordings"]
    result = run_here("verify", "--json")
    assert result.returncode == 1
    assert [found["id"] for found in result.json["damaged"]] == [recording["id"]]


@pytest.mark.parametrize("what", ["folder", "empty", "longer"])
def test_whatever_stands_in_the_place_of_a_master(
    run_here: RunCli, home: Path, notes: list[Recording], what: str
) -> None:
    path = path_of(home, notes[0])
    content = path.read_bytes()
    path.unlink()
    if what == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"" if what == "empty" else content + b"\0")
    result = run_here("verify", "--json")
    assert result.returncode == 1
    assert path.name in one_sentence(result.stderr)
    assert result.json["checked"] == 2


def test_what_was_never_proved_is_proved_first(run_here: RunCli, home: Path, notes: list[Recording]) -> None:
    """A take that ended in a crash of its background pass has no SHA-256 yet."""
    with opened() as services, services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE masters SET sha256 = NULL")
    assert done(run_here("status", "--json"))["unproved"]
    assert done(run_here("verify", "--json"))["checked"] == 3
    assert done(run_here("status", "--json"))["unproved"] == []
    assert done(run_here("show", "--json", notes[0].id))["sha256"] == notes[0].masters[0].sha256


def test_a_damaged_file_that_only_ffmpeg_reads_stops_no_verify_without_it(
    run_cli: RunCli, tmp_path: Path, speech: Speech, notes: list[Recording]
) -> None:
    with opened() as services:
        (recording,) = services.importing.run([make_m4a(tmp_path, speech)]).recordings
        damaged = replace(recording.masters[0], state=MasterState.DAMAGED)
        services.library.store_reading(recording.id, damaged, "damaged")
    result = run_cli("verify", "--json", env={"PATH": str(tmp_path / "empty")})
    assert result.returncode == 1
    assert "damaged" in one_sentence(result.stderr)
    assert [found["id"] for found in result.json["damaged"]] == [recording.id]
    assert result.json["checked"] == 3
    assert done(run_cli("verify", "--json"))["checked"] == 4, "with ffmpeg it turns out to be whole"
