"""S15: versioned JSON, migrated with a backup, unknown keys kept, replaced atomically."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.small_disk import fill, small_disk
from voice_recorder.domain.errors import (
    ConfigurationError,
    DiskFull,
    LibraryTooNew,
    NotFound,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.settings import Settings
from voice_recorder.storage.settings_file import VERSION, SettingsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def stored(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def write(path: Path, version: object = VERSION, **values: object) -> None:
    path.write_text(json.dumps({"version": version, "settings": values}), "utf-8")


def test_without_a_file_the_defaults_hold_and_reading_makes_none(path: Path) -> None:
    file = SettingsFile(path)
    assert file.current == Settings()
    assert not file.is_set("audio.device")
    assert not path.exists()


def test_a_changed_setting_survives_a_restart_and_only_it_is_stored(path: Path) -> None:
    settings = SettingsFile(path).set("audio.device", "Röde \N{STUDIO MICROPHONE}")
    assert settings.audio_device == "Röde \N{STUDIO MICROPHONE}"
    again = SettingsFile(path)
    assert again.current == settings
    assert again.is_set("audio.device")
    assert stored(path) == {"version": 1, "settings": {"audio.device": "Röde \N{STUDIO MICROPHONE}"}}


def test_s1_6_the_file_is_its_owners_alone(path: Path) -> None:
    SettingsFile(path).set("audio.device", "USB")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_reset_gives_the_default_back_and_forgets_the_value(path: Path) -> None:
    file = SettingsFile(path)
    file.set("playback.speed", 2)
    assert file.reset("playback.speed").playback_speed == 1.0
    assert stored(path)["settings"] == {}
    assert file.reset("playback.speed") == Settings()
    with pytest.raises(NotFound):
        file.reset("playback.colour")


def test_unknown_keys_are_kept_through_every_change(path: Path) -> None:
    write(path, **{"future.thing": {"deep": [1, None]}, "audio.device": "USB"})
    file = SettingsFile(path)
    assert file.current.audio_device == "USB"
    file.set("playback.speed", 1.5)
    file.reset("audio.device")
    assert stored(path)["settings"] == {"future.thing": {"deep": [1, None]}, "playback.speed": 1.5}


def test_a_bad_change_is_refused_and_changes_nothing(path: Path) -> None:
    file = SettingsFile(path)
    file.set("audio.device", "USB")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match=r"playback\.speed"):
        file.set("playback.speed", 9)
    with pytest.raises(NotFound):
        file.set("playback.colour", "red")
    assert path.read_bytes() == before
    assert file.current.playback_speed == 1.0


def test_a_bad_value_in_the_file_is_said_with_its_key_and_the_file_left_alone(path: Path) -> None:
    write(path, **{"audio.channels": 7})
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match=r"audio\.channels cannot be 7.*1, 2"):
        SettingsFile(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"version": 1}', b'{"settings": {}}',
        b'{"version": "1", "settings": {}}', b'{"version": 1, "settings": []}', b"\0" * 4096,
    ],
)  # fmt: skip
def test_a_damaged_file_is_said_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"settings\.json' is damaged.*left as it was|left as it is"):
        SettingsFile(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@given(content=st.one_of(st.binary(max_size=200), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["version", "settings", "audio.device", "playback.speed", "x"]), inner
    ),
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_whatever_is_in_the_file_it_is_taken_or_refused_in_words_and_never_changed(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-settings.json"
    path.write_bytes(content)
    try:
        SettingsFile(path)
    except VoiceRecorderError as refused:
        assert refused.title.endswith(".")  # noqa: PT017 - either end is right
    assert path.read_bytes() == content


def test_a_newer_file_is_refused_in_words_and_left_alone(path: Path) -> None:
    write(path, 9, **{"audio.device": "USB"})
    before = path.read_bytes()
    with pytest.raises(LibraryTooNew, match=r"version 9; this program knows 1.*install the newer"):
        SettingsFile(path)
    assert path.read_bytes() == before


def test_an_older_file_is_migrated_step_by_step_after_a_backup(path: Path) -> None:
    write(path, 1, microphone="USB", other=5)
    before = path.read_bytes()
    steps = {
        1: lambda values: {"mic": values["microphone"], "other": values["other"]},
        2: lambda values: {"audio.device": values["mic"], "other": values["other"]},
    }
    file = SettingsFile(path, version=3, migrations=steps)
    assert file.current.audio_device == "USB"
    assert stored(path) == {"version": 3, "settings": {"audio.device": "USB", "other": 5}}
    backup = path.with_name("settings.v1.json")
    assert backup.read_bytes() == before
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert SettingsFile(path, version=3, migrations={}).current == file.current


def test_a_migration_that_does_not_exist_leaves_the_file_as_it_is(path: Path) -> None:
    write(path, 1, **{"audio.device": "USB"})
    before = path.read_bytes()
    with pytest.raises(NotFound, match="version 1 to 2"):
        SettingsFile(path, version=2, migrations={})
    assert path.read_bytes() == before


def test_what_a_crash_left_beside_the_file_never_wins(path: Path) -> None:
    SettingsFile(path).set("audio.device", "USB")
    for name in (f".settings.json.{os.getpid()}.tmp", ".settings.json.1.tmp"):
        path.with_name(name).write_text('{"version": 1, "settings": {"audio.device": "half')
    assert SettingsFile(path).current.audio_device == "USB"
    SettingsFile(path).set("playback.speed", 2)
    assert stored(path)["settings"] == {"audio.device": "USB", "playback.speed": 2.0}


def test_on_a_full_disk_the_old_settings_are_kept_in_the_file_and_in_memory() -> None:
    with small_disk(1) as folder:
        path = folder / "settings.json"
        file = SettingsFile(path)
        file.set("audio.device", "USB")
        before = path.read_bytes()
        fill(folder)
        with pytest.raises(DiskFull, match=r"settings could not be saved.*old settings are kept"):
            file.set("audio.output_device", "x" * 100_000)
        assert path.read_bytes() == before
        assert (file.current.audio_device, file.current.audio_output_device) == ("USB", "")


def test_a_file_that_cannot_be_read_is_said_in_words(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StorageError, match="settings could not be read: Is a directory"):
        SettingsFile(path)
