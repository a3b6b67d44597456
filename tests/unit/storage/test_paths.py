"""S1: where everything is kept, and the limits that the environment may set."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.permissions import with_mode
from voice_recorder.domain.errors import ConfigurationError, StorageError
from voice_recorder.storage.paths import Environment, StorageConfig

FOLDERS = (
    "raw_recordings_path", "cloud_copies_path", "cache_path", "trash_path", "logs_path", "backups_path",
    "locks_path",
)  # fmt: skip


def configured(home: Path, name: str | None = "testing", **variables: str) -> StorageConfig:
    return StorageConfig.from_environment(name, {"VOICE_RECORDER_HOME": str(home), **variables})


@pytest.mark.parametrize(
    ("name", "minimum", "check"),
    [("development", 50, True), ("testing", 10, False), ("production", 500, True)],
)
def test_s1_2_the_defaults_of_the_three_environments(
    tmp_path: Path, name: str, minimum: int, check: bool
) -> None:
    config = configured(tmp_path, name)
    assert config.environment == name
    assert (config.min_disk_space_mb, config.enable_disk_space_check) == (minimum, check)
    assert (config.max_library_mb, config.max_import_mb) == (None, 500)


def test_s1_1_the_variable_chooses_the_environment_and_production_is_the_default(tmp_path: Path) -> None:
    assert configured(tmp_path, None).environment is Environment.PRODUCTION
    chosen = configured(tmp_path, None, VOICE_RECORDER_ENV="development")
    assert chosen.environment is Environment.DEVELOPMENT
    named = configured(tmp_path, "testing", VOICE_RECORDER_ENV="development")
    assert named.environment is Environment.TESTING


def test_s1_1_the_real_environment_is_read_when_none_is_handed_over(home: Path) -> None:
    config = StorageConfig.from_environment()
    assert (config.home, config.environment) == (home, Environment.TESTING)


def test_s1_4_home_moves_everything_and_the_database_lies_directly_in_it(tmp_path: Path) -> None:
    config = configured(tmp_path / "new")
    assert config.database_path == tmp_path / "new" / "library.db"
    assert config.backups_path == tmp_path / "new" / "backups"
    everything = [getattr(config, name) for name in (*FOLDERS, "settings_path")]
    everything += config.reserve_paths
    assert len(set(everything)) == len(everything)
    assert all(path.is_relative_to(tmp_path / "new") for path in everything)


def test_s1_6_folders_are_made_and_are_their_owners_alone(tmp_path: Path) -> None:
    config = configured(tmp_path / "home")
    for folder in (config.home, *(getattr(config, name) for name in FOLDERS)):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_second_start_takes_the_folders_as_they_are(tmp_path: Path) -> None:
    note = configured(tmp_path / "home").raw_recordings_path / "note.wav"
    note.write_bytes(b"sound")
    assert configured(tmp_path / "home").raw_recordings_path == note.parent
    assert note.read_bytes() == b"sound"


@pytest.mark.skipif(os.name != "posix", reason="the platform's folder is found by other variables")
def test_s1_3_production_lives_in_the_platforms_folder_and_development_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    production = StorageConfig.from_environment("production", {})
    development = StorageConfig.from_environment("development", {})
    assert production.home.name == "voice-recorder"
    assert production.home.is_relative_to(tmp_path)
    assert development.home == production.home.with_name("voice-recorder-development")


def test_s1_3_testing_lives_only_where_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VOICE_RECORDER_HOME is not set"):
        StorageConfig.from_environment("testing", {})
    with pytest.raises(ConfigurationError, match="VOICE_RECORDER_HOME is not set"):
        StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": ""})


def test_s1_4_each_variable_changes_its_one_thing(tmp_path: Path) -> None:
    plain = configured(tmp_path / "home")
    config = configured(
        tmp_path / "home",
        VOICE_RECORDER_RECORDINGS_DIR=str(tmp_path / "sound"),
        VOICE_RECORDER_MIN_DISK_SPACE_MB="7",
        VOICE_RECORDER_MAX_LIBRARY_MB="800",
        VOICE_RECORDER_MAX_IMPORT_MB="20",
    )
    assert config.raw_recordings_path == tmp_path / "sound"
    assert config.raw_recordings_path.is_dir()
    assert (config.min_disk_space_mb, config.max_library_mb, config.max_import_mb) == (7, 800, 20)
    assert (config.home, config.trash_path) == (plain.home, plain.trash_path)


def test_s6_recordings_elsewhere_have_a_reserve_of_their_own(tmp_path: Path) -> None:
    here = configured(tmp_path / "home")
    assert [path.parent for path in here.reserve_paths] == [here.home]
    there = configured(tmp_path / "home", VOICE_RECORDER_RECORDINGS_DIR=str(tmp_path / "sound"))
    assert [path.parent for path in there.reserve_paths] == [there.home, tmp_path / "sound"]


def test_s1_4_a_variable_set_to_nothing_counts_as_unset(tmp_path: Path) -> None:
    names = ("ENV", "RECORDINGS_DIR", "MIN_DISK_SPACE_MB", "MAX_LIBRARY_MB", "MAX_IMPORT_MB")
    nothing = {f"VOICE_RECORDER_{name}": "" for name in names}
    assert configured(tmp_path, None, **nothing) == configured(tmp_path, None)


def test_zero_is_a_number_like_any_other(tmp_path: Path) -> None:
    config = configured(
        tmp_path, VOICE_RECORDER_MIN_DISK_SPACE_MB="0", VOICE_RECORDER_MAX_LIBRARY_MB="0",
        VOICE_RECORDER_MAX_IMPORT_MB="0",
    )  # fmt: skip
    assert (config.min_disk_space_mb, config.max_library_mb, config.max_import_mb) == (0, 0, 0)


def test_a_relative_folder_is_taken_from_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert (
        StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": "here"}).home == tmp_path / "here"
    )
    beside = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": "~/notes"})
    assert beside.home == tmp_path / "me" / "notes"


@pytest.mark.parametrize(
    "name", ['it\'s "quoted"', "two\nlines", "\N{STUDIO MICROPHONE}", "%s {0}", "é" * 127]
)
def test_a_home_with_any_name_works(tmp_path: Path, name: str) -> None:
    assert configured(tmp_path / name).raw_recordings_path.is_dir()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VOICE_RECORDER_ENV", "staging"),
        ("VOICE_RECORDER_ENV", "Production"),
        ("VOICE_RECORDER_MIN_DISK_SPACE_MB", "much"),
        ("VOICE_RECORDER_MIN_DISK_SPACE_MB", "-5"),
        ("VOICE_RECORDER_MIN_DISK_SPACE_MB", "1.5"),
        ("VOICE_RECORDER_MAX_LIBRARY_MB", "1e3"),
        ("VOICE_RECORDER_MAX_LIBRARY_MB", " 5"),
        ("VOICE_RECORDER_MAX_IMPORT_MB", "٣"),
        ("VOICE_RECORDER_MAX_IMPORT_MB", "9" * 5000),
        ("VOICE_RECORDER_MAX_IMPORT_MB", "1000000001"),
        ("VOICE_RECORDER_RECORDINGS_DIR", "zero\0byte"),
        ("VOICE_RECORDER_RECORDINGS_DIR", "~no-such-person/notes"),
        ("VOICE_RECORDER_HOME", "~no-such-person/notes"),
    ],
)
def test_s1_5_a_bad_value_is_one_sentence_that_names_the_variable(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path / "home", None, **{variable: value})
    assert variable in refused.value.title
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "home").exists()


@given(text=st.text())
def test_s1_5_any_text_as_a_number_is_taken_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    variables = {
        "VOICE_RECORDER_HOME": str(tmp_path_factory.getbasetemp() / "any-number"),
        "VOICE_RECORDER_MAX_LIBRARY_MB": text,
    }
    try:
        config = StorageConfig.from_environment("testing", variables)
    except ConfigurationError as refused:
        assert "VOICE_RECORDER_MAX_LIBRARY_MB" in str(refused)  # noqa: PT017 - either end is right
        return
    assert config.max_library_mb == (int(text) if text else None)


@pytest.mark.parametrize("variable", ["VOICE_RECORDER_HOME", "VOICE_RECORDER_RECORDINGS_DIR"])
def test_s1_5_a_folder_that_cannot_be_is_refused_naming_it_and_its_variable(
    tmp_path: Path, variable: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = str(tmp_path / "file" / "notes")
    with pytest.raises(StorageError) as refused:
        configured(tmp_path / "home", **{variable: blocked})
    assert blocked in str(refused.value)
    assert variable in str(refused.value)
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process without rights")
def test_s1_1_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    """Root ignores permission bits, so a child without root's rights looks."""
    from tests.fakes.permissions import heeding_permissions
    from tests.unit.storage.programs import run_python

    home = tmp_path / "home"
    home.mkdir()
    program = """
        from voice_recorder.domain.errors import StorageError
        from voice_recorder.storage.paths import StorageConfig
        try:
            StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": sys.argv[1]})
        except StorageError as refused:
            print(refused)
    """
    with with_mode(home, 0o500):
        said = run_python(program, home, prefix=heeding_permissions())
    assert str(home) in said
    assert "Permission denied" in said
    assert not list(home.iterdir())
