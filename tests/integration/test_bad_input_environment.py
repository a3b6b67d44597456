"""Variables that cannot be, folders that may not be used, a pre-flight that blocks: one sentence each."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.library import with_notes, write_note
from tests.fakes.permissions import heeding_permissions, with_mode
from tests.fakes.small_disk import small_disk
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.contract import done, failed, one_sentence

SIZES = ["VOICE_RECORDER_MIN_DISK_SPACE_MB", "VOICE_RECORDER_MAX_LIBRARY_MB", "VOICE_RECORDER_MAX_IMPORT_MB"]
NO_SIZES = ["-1", "lots", "1.5", " 1", "1e3", "0x10", "1000000001", "9" * 5000, "٣", "🎤", "\udcff"]


@pytest.mark.parametrize("variable", SIZES)
@pytest.mark.parametrize("value", NO_SIZES, ids=lambda value: ascii(value[:12]))
def test_a_bad_size_is_refused_by_the_name_of_its_variable(
    run_here: RunCli, variable: str, value: str
) -> None:
    """S1.5"""
    error = failed(run_here("list", "--json", env={variable: value}), 1, "configuration_error")
    assert variable in error["title"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VOICE_RECORDER_ENV", "prod"), ("VOICE_RECORDER_ENV", "Production"),
        ("VOICE_RECORDER_ENV", "\udcff"),
        ("VOICE_RECORDER_HOME", "~no-such-user-here/x"),
        ("VOICE_RECORDER_RECORDINGS_DIR", "~no-such-user-here"),
        ("VOICE_RECORDER_HOME", ""),
    ],
)  # fmt: skip
def test_a_bad_variable_is_named(run_cli: RunCli, run_here: RunCli, variable: str, value: str) -> None:
    """Also to a program that was started with it."""
    for run, *words in (
        (run_cli, "list"), (run_here, "record", "--seconds", "1"), (run_here, "settings", "list"),
        (run_here, "backup", "list"),
    ):  # fmt: skip
        error = failed(run(*words, "--json", env={variable: value}), 1, "configuration_error")
        assert variable in error["title"]


@pytest.mark.parametrize("variable", [*SIZES, "VOICE_RECORDER_RECORDINGS_DIR"])
def test_a_variable_set_to_nothing_counts_as_unset(run_here: RunCli, home: Path, variable: str) -> None:
    done(run_here("list", "--json", env={variable: ""}))
    assert (home / "recordings").is_dir()


def test_leading_zeroes_are_a_number(run_here: RunCli, home: Path) -> None:
    formats = done(run_here("formats", "--json", env={"VOICE_RECORDER_MAX_IMPORT_MB": "0" * 20 + "7"}))
    assert formats["limits"]["max_import_mb"] == 7


def test_a_relative_home_is_below_the_working_folder(
    run_here: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done(run_here("list", "--json", env={"VOICE_RECORDER_HOME": "here"}))
    assert (tmp_path / "here" / "library.db").exists()


def test_folders_and_files_are_for_their_owner_only(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    """S1.6, whatever the umask."""
    note = write_note(tmp_path / "note.wav")
    before = os.umask(0)
    try:
        run_here("import", note)
        run_here("settings", "set", "audio.channels", "2")
        run_here("backup", "make")
    finally:
        os.umask(before)
    for path in (home, *home.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("part", [".", "recordings", "trash", "logs", "locks", "cache", "backups"])
def test_a_folder_that_may_not_be_written_is_said(
    run_cli: RunCli, run_here: RunCli, home: Path, part: str
) -> None:
    run_here("list")
    with with_mode(home / part, 0o500):
        result = run_cli("list", "--json", prefix=heeding_permissions())
    error = failed(result, 1, "storage_error")
    assert str((home / part).resolve()) in error["title"]
    assert "permissions" in error["detail"]


@pytest.mark.parametrize("name", ["library.db", "settings.json"])
def test_a_file_that_may_not_be_read_is_said(
    run_cli: RunCli, run_here: RunCli, home: Path, name: str
) -> None:
    run_here("settings", "set", "audio.channels", "2")
    run_here("list")
    with with_mode(home / name, 0):
        failed(run_cli("list", "--json", prefix=heeding_permissions()), 1, "storage_error")
    done(run_here("list", "--json"))


@pytest.mark.parametrize("place", ["file", "below-file", "dev-null", "long", "loop"])
def test_a_home_that_cannot_be_made_is_said(run_here: RunCli, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    homes = {
        "file": tmp_path / "file", "below-file": tmp_path / "file" / "x", "dev-null": Path("/dev/null"),
        "long": tmp_path / ("x" * 300), "loop": tmp_path / "loop",
    }  # fmt: skip
    failed(run_here("list", "--json", env={"VOICE_RECORDER_HOME": str(homes[place])}), 1, "storage_error")


def test_a_blocked_preflight_names_the_need_and_what_can_be_freed(
    run_cli: RunCli, run_here: RunCli, home: Path, tmp_path: Path, with_microphone: VirtualMicrophone
) -> None:
    """S5.2; exit 3: no fault of the request."""
    (note,) = with_notes(tmp_path / "in", ["note"])
    done(run_here("delete", "--json", note.id))
    size = (home / "trash" / note.masters[0].name).stat().st_size
    huge = {"VOICE_RECORDER_ENV": "production", "VOICE_RECORDER_MIN_DISK_SPACE_MB": "900000000"}
    verdict = run_here("health", "--json", env=huge)
    assert verdict.returncode == 3
    assert verdict.json["status"] == "blocked"
    assert verdict.json["need_bytes"] == 900_000_000 * 1_000_000
    assert verdict.json["freeable_bytes"] >= size
    for words in (["record", "--seconds", "1"], ["import", str(tmp_path / "in")]):
        result = (run_cli if words[0] == "record" else run_here)(*words, "--json", env=huge)
        assert result.returncode == (3 if words[0] == "record" else 1)
        sentence = one_sentence(result.stderr)
        assert "900000.0 GB are needed" in sentence
        assert "can be freed" in sentence
    failed(run_cli("record", "--json", env=huge), 3, "preflight_blocked")
    assert list((home / "recordings").iterdir()) == []
    done(run_here("list", "--json", env=huge))
    done(run_here("restore", "--json", note.id, env=huge))


def test_the_check_is_off_while_testing_and_on_in_production(run_here: RunCli, home: Path) -> None:
    huge = {"VOICE_RECORDER_MIN_DISK_SPACE_MB": "900000000"}
    assert done(run_here("health", "--json", env=huge))["status"] == "healthy"
    for environment in ("development", "production"):
        assert run_here("health", env={**huge, "VOICE_RECORDER_ENV": environment}).returncode == 3


def test_a_library_above_its_quota_warns_and_deletes_nothing(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    """S9.3"""
    with_notes(tmp_path / "in", ["note"])
    write_note(tmp_path / "large.wav", 15.0, seed=5)
    done(run_here("import", "--json", tmp_path / "large.wav"))
    verdict = done(run_here("health", "--json", env={"VOICE_RECORDER_MAX_LIBRARY_MB": "1"}))
    assert verdict["status"] == "warning"
    assert "nothing is deleted" in verdict["reasons"][0]
    assert len(list((home / "recordings").glob("*.wav"))) == 2


def test_recordings_on_a_disk_that_is_read_only(run_cli: RunCli, home: Path) -> None:
    with small_disk(5) as disk:
        elsewhere = {"VOICE_RECORDER_RECORDINGS_DIR": str(disk / "notes")}
        done(run_cli("list", "--json", env=elsewhere))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        error = failed(run_cli("record", "--json", "--seconds", "1", env=elsewhere), 1, "storage_error")
        assert "notes" in error["title"]
