"""record, devices and demo on machines with a microphone, with another one, and with nothing at all."""

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.contract import check_recording, done, failed

SOUND_VARIABLES = [
    "PULSE_SERVER", "PULSE_RUNTIME_PATH", "PULSE_COOKIE", "ALSA_CONFIG_PATH", "DBUS_SESSION_BUS_ADDRESS",
]  # fmt: skip


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The variables of a machine without sound server, settings or display."""
    for name in SOUND_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folders = {"HOME": tmp_path / "nobody", "XDG_RUNTIME_DIR": tmp_path / "run", "TMPDIR": tmp_path / "tmp"}
    for folder in folders.values():
        folder.mkdir()
    no_display = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    return {**{name: str(folder) for name, folder in folders.items()}, **no_display}


def test_on_a_bare_machine_there_is_no_input(run_cli: RunCli, bare_machine: dict[str, str]) -> None:
    failed(run_cli("devices", "--json", env=bare_machine), 3, "no_input_device")
    failed(run_cli("record", "--json", "--seconds", "1", env=bare_machine), 3, "no_input_device")
    failed(run_cli("record", "--json", "--device", "mic", env=bare_machine), 3, "no_input_device")


def test_a_refused_record_leaves_nothing_behind(
    run_cli: RunCli, run_here: RunCli, bare_machine: dict[str, str], home: Path
) -> None:
    failed(run_cli("record", "--json", env=bare_machine), 3)
    assert list((home / "recordings").iterdir()) == []
    assert list((home / "locks").iterdir()) == []
    assert done(run_here("list", "--json"))["total"] == 0


def test_a_sound_system_without_inputs_says_the_same(
    run_cli: RunCli, no_microphone: VirtualMicrophone
) -> None:
    failed(run_cli("devices", "--json"), 3, "no_input_device")
    failed(run_cli("record", "--json"), 3, "no_input_device")


def test_the_demo_goes_the_whole_way_on_a_bare_machine(
    run_cli: RunCli, bare_machine: dict[str, str], home: Path
) -> None:
    """Done means: `make run ARGS="demo"` prints the whole way with neither microphone nor display."""
    result = run_cli("demo", env=bare_machine)
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.count("┏") == 1
    for step in ("Pre-flight", "Record", "Save", "Prove", "Verify", "Name"):
        assert step in result.stdout
    assert "Generated voice" in result.stdout
    assert "failed" not in result.stdout
    assert not home.exists(), "the demo has a folder of its own"


def test_the_demo_with_json(run_cli: RunCli, bare_machine: dict[str, str]) -> None:
    document = done(run_cli("demo", "--json", env=bare_machine))
    check_recording(document["recording"])
    assert all(step["ok"] for step in document["steps"])
    assert document["recording"]["sha256"]
    assert document["recording"]["masters"][0]["samples_sha256"]
    assert document["recording"]["duration_s"] == pytest.approx(3.0, abs=0.1)
    assert Path(document["folder"]) in Path(document["recording"]["path"]).parents


def test_devices_lists_the_microphones(run_cli: RunCli, with_microphone: VirtualMicrophone) -> None:
    devices = done(run_cli("devices", "--json"))["devices"]
    assert {"mic", "default"} <= {device["name"] for device in devices}
    assert sum(device["is_default"] for device in devices) == 1
    assert {type(device["index"]) for device in devices} == {int}
    assert "mic" in run_cli("devices").stdout


def test_a_named_device_that_is_not_there_exits_1_and_names_those_that_are(
    run_cli: RunCli, with_microphone: VirtualMicrophone, home: Path
) -> None:
    for wanted in ("Studio 24c", "999", "\udcff"):
        error = failed(run_cli("record", "--json", "--device", wanted), 1, "device_unavailable")
        assert "'mic'" in error["detail"]
    assert list((home / "recordings").iterdir()) == []


def test_record_answers_with_the_finished_recording(
    run_cli: RunCli, run_here: RunCli, with_microphone: VirtualMicrophone
) -> None:
    """`record` returns when `sha256` is stored; a part of a name is enough."""
    title = "Ein\n\"Name\" 'mit' 🎤 / und ../.."
    document = done(run_cli("record", "--json", "--seconds", "1", "--title", title, "--device", "MI"))
    check_recording(document)
    assert document["title"] == title
    assert document["state"] == "recorded"
    assert document["recovered"] is False
    assert document["duration_s"] == pytest.approx(1.0, abs=0.05)
    assert len(document["sha256"]) == 64
    assert Path(document["path"]).parent.name == "recordings"
    assert Path(document["path"]).stat().st_mode & 0o777 == 0o600
    assert done(run_here("show", "--json", document["id"]))["sha256"] == document["sha256"]


def test_the_format_of_the_settings_is_recorded(
    run_cli: RunCli, run_here: RunCli, with_microphone: VirtualMicrophone
) -> None:
    for key, value in (("audio.bit_depth", "24"), ("audio.channels", "2"), ("audio.sample_rate_hz", "44100")):
        done(run_here("settings", "set", "--json", key, value))
    document = done(run_cli("record", "--json", "--seconds", "0.5"))
    assert [document[k] for k in ("bit_depth", "channels", "sample_rate_hz")] == [24, 2, 44100]
    assert done(run_here("verify", "--json"))["ok"] is True


def test_a_preferred_microphone_that_is_gone_is_said_and_another_records(
    run_cli: RunCli, run_here: RunCli, with_microphone: VirtualMicrophone
) -> None:
    """The setting is a preference, --device a demand."""
    done(run_here("settings", "set", "--json", "audio.device", "Studio 24c"))
    result = run_cli("record", "--json", "--seconds", "0.5")
    assert result.returncode == 0
    assert "Studio 24c" in result.stderr
    check_recording(json.loads(result.stdout))
