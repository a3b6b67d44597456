"""settings list, get and set; and the file they work on: damaged, newer, with unknown keys."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.integration.contract import done, failed
from voice_recorder.domain.settings import declarations


def test_every_setting_is_listed_with_its_meaning(run_here: RunCli) -> None:
    settings = done(run_here("settings", "list", "--json"))["settings"]
    assert [s["key"] for s in settings] == list(declarations())
    for setting in settings:
        assert setting["value"] == setting["default"]
        assert setting["is_set"] is False
        assert setting["text"]
    assert "audio.channels" in run_here("settings", "list", env={"COLUMNS": "160"}).stdout


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("audio.channels", "2", 2), ("playback.speed", "1.25", 1.25), ("playback.speed", "2", 2.0),
        ("shortcuts.single_keys", "off", False), ("shortcuts.single_keys", "TRUE", True),
        ("audio.device", "Mikro 🎤 \"x\"", "Mikro 🎤 \"x\""), ("audio.device", "", ""),
        ("storage.quota_mb", "500", 500), ("audio.device", "caf\udce9", "caf?"),
    ],
)  # fmt: skip
def test_a_setting_is_kept(run_here: RunCli, home: Path, key: str, typed: str, value: object) -> None:
    assert done(run_here("settings", "set", key, typed, "--json"))["value"] == value
    setting = done(run_here("settings", "get", key, "--json"))
    assert (setting["value"], setting["is_set"]) == (value, True)
    assert type(setting["value"]) is type(value)
    assert json.loads((home / "settings.json").read_bytes())["settings"] == {key: value}
    assert (home / "settings.json").stat().st_mode & 0o777 == 0o600


def test_a_setting_survives_the_process_and_is_obeyed(run_cli: RunCli) -> None:
    done(run_cli("settings", "set", "storage.quota_mb", "7", "--json"))
    assert done(run_cli("settings", "get", "storage.quota_mb", "--json"))["value"] == 7
    assert run_cli("settings", "get", "storage.quota_mb").stdout == "7\n"


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("audio.channels", "3"), ("audio.channels", "two"), ("audio.channels", ""), ("audio.channels", "1.0"),
        ("playback.speed", "nan"), ("playback.speed", "inf"), ("playback.speed", "0.1"),
        ("storage.quota_mb", "9" * 30), ("storage.quota_mb", "9" * 5000), ("shortcuts.single_keys", "maybe"),
        ("appearance.theme", "pink"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_name(
    run_here: RunCli, home: Path, key: str, typed: str
) -> None:
    error = failed(run_here("settings", "set", key, typed, "--json"), 1, "configuration_error")
    assert key in error["title"]
    assert error["detail"].startswith("It takes")
    assert not (home / "settings.json").exists()


@pytest.mark.parametrize("key", ["audio.channel", "", "audio", "__class__", "\udcff"])
def test_an_unknown_setting_exits_1(run_here: RunCli, key: str) -> None:
    failed(run_here("settings", "get", "--json", key), 1, "not_found")
    failed(run_here("settings", "set", "--json", key, "1"), 1, "not_found")


def test_unknown_keys_of_the_file_are_kept(run_here: RunCli, home: Path) -> None:
    home.mkdir()
    stored = {"version": 1, "settings": {"future.thing": [1, 2], "audio.channels": 2}}
    (home / "settings.json").write_text(json.dumps(stored))
    done(run_here("settings", "set", "playback.speed", "2", "--json"))
    kept = json.loads((home / "settings.json").read_bytes())["settings"]
    assert kept == {"future.thing": [1, 2], "audio.channels": 2, "playback.speed": 2.0}


DAMAGED = [
    b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"version": 1}',
    b'{"version": "1", "settings": {}}', b'{"version": 1, "settings": []}',
    b'{"version": 1, "settings": {"audio.channels": 7}}', b'{"version": 0, "settings": {}}',
    b'{"version": 1, "settings": {"audio.channels": null}}', b'{"version": true, "settings": {}}',
    b'{"version": 1, "settings": {"audio.channels": [1]}}', b'{"version": -5, "settings": {}}',
]  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:40]))
def test_a_damaged_settings_file_is_said_and_left_alone(run_here: RunCli, home: Path, content: bytes) -> None:
    home.mkdir()
    file = home / "settings.json"
    file.write_bytes(content)
    for words in (["settings", "list"], ["settings", "set", "audio.channels", "2"], ["list"]):
        failed(run_here(*words, "--json"), 1, "configuration_error")
    assert file.read_bytes() == content


def test_a_newer_settings_file_is_refused_in_words(run_here: RunCli, home: Path) -> None:
    home.mkdir()
    content = b'{"version": 2, "settings": {"audio.channels": 9}}'
    (home / "settings.json").write_bytes(content)
    for words in (["settings", "list"], ["settings", "set", "audio.channels", "2"], ["list"]):
        error = failed(run_here(*words, "--json"), 1, "library_too_new")
        assert "version 2" in error["title"]
    assert (home / "settings.json").read_bytes() == content


def test_a_folder_in_the_place_of_the_file_is_said(run_here: RunCli, home: Path) -> None:
    (home / "settings.json").mkdir(parents=True)
    failed(run_here("settings", "list", "--json"), 1, "storage_error")


@pytest.mark.skipif(sys.platform != "linux", reason="the entry is another one there")
def test_start_at_login_is_entered_and_taken_away_at_once(run_cli: RunCli, tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    entry = tmp_path / "autostart" / "voice-recorder.desktop"
    run_cli("settings", "set", "appearance.start_at_login", "on", env=env)
    assert "--hidden" in entry.read_text()
    run_cli("settings", "set", "appearance.start_at_login", "off", env=env)
    assert not entry.exists()
