"""C8 with real parts: the microphone before Record, voices, splitting, the clock, and kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import RunCli, Speech, StartCli
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.library import opened
from tests.fakes.processes import wait_until
from tests.fakes.speech import read_samples
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import voice


def test_what_was_spoken_before_record_is_there_and_the_seam_is_whole(
    home: Path, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """C8.1: the press falls into the middle of what is spoken; every sample of it is in the recording."""
    with opened() as services:
        services.settings.set("take.pre_record_s", 10)
        shares = []
        while not shares or (shares[-1] < 0.999 and len(shares) < 4):  # a busy machine makes players stumble
            shares.append(share_with_the_press_inside(services, with_microphone, speech))
        assert shares[-1] >= 0.999


def share_with_the_press_inside(services: Services, microphone: VirtualMicrophone, speech: Speech) -> float:
    """Listen, speak, press Record while it is spoken; the share of what was spoken that is in the take."""
    assert services.takes.listen() == 10
    assert services.takes.listen() == 10  # and goes on
    time.sleep(0.7)
    player = microphone.play(speech.path)
    time.sleep(speech.duration_s / 2)
    assert not list(services.config.raw_recordings_path.glob("*.part"))
    pressed = datetime.now().astimezone()
    take = services.takes.start("Said before")
    player.wait(20)
    time.sleep(0.6)
    take.stop()
    assert take.wait(10)
    assert take.error is None
    recording = services.library.get(take.recording_id)
    (event,) = recording.masters[0].events
    assert event.kind.value == "pre_recorded"
    assert event.frame > 2 * 48000
    before_s = (pressed - recording.created_at).total_seconds()
    assert before_s == pytest.approx(event.frame / 48000, abs=0.3)
    assert recording.masters[0].health.dropped_samples == 0
    heard = read_samples(services.library.path_of(recording.masters[0]))
    share, offset = share_within_one_lsb(speech.samples, heard)
    assert offset > 0
    return share


def test_off_nobody_holds_the_microphone(home: Path, with_microphone: VirtualMicrophone) -> None:
    with opened() as services:
        assert services.takes.listen() == 0
        services.settings.set("take.pre_record_s", 5)
        assert services.takes.listen() == 5
        assert holders(with_microphone) == 1
        meter = services.takes.open_meter()  # a test of the microphone has it alone
        assert services.takes.listen() == 0
        meter.close()
        assert services.takes.listen() == 5
        services.settings.set("take.voice_activated", True)  # which has its own second in front
        assert services.takes.listen() == 0
        assert holders(with_microphone) == 0


def holders(microphone: VirtualMicrophone) -> int:
    """How many streams record now."""
    command = ["pactl", "list", "short", "source-outputs"]
    env = {**os.environ, **microphone.env}
    return len(subprocess.run(command, env=env, capture_output=True, check=True).stdout.splitlines())


def test_another_device_or_format_is_listened_to_anew(home: Path, with_microphone: VirtualMicrophone) -> None:
    with opened() as services:
        services.settings.set("take.pre_record_s", 5)
        services.takes.listen()
        services.settings.set("audio.sample_rate_hz", 44100)
        take = services.takes.start(limit_s=0.5)  # asked before the settings were followed
        assert take.format.sample_rate_hz == 44100
        assert take.wait(10)
        assert take.snapshot().before_s == 0
        assert services.takes.listen() == 5
        services.settings.set("audio.sample_rate_hz", 48000)
        assert services.takes.listen() == 5
        assert holders(with_microphone) == 1


def test_record_on_voice_keeps_what_is_said(
    home: Path, start_cli: StartCli, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """C8.2 by the command line: the silence before is not there, nor most of that after; every word is."""
    process = start_cli("record", "--voice", "--json", "--title", "Spoken")
    wait_until(lambda: any((home / "recordings").glob("*.part")), "the take", 30)
    time.sleep(3)
    with_microphone.play(speech.path, wait=True)
    time.sleep(5)
    made = ended(process)
    assert made["title"] == "Spoken"
    assert "parts" not in made
    share, offset = share_within_one_lsb(speech.samples, read_samples(Path(made["path"])))
    assert share >= 0.999
    assert offset < 2 * 48000
    assert made["duration_s"] < speech.duration_s + 5


def ended(process: "subprocess.Popen[str]") -> Any:
    """What the program prints when it is interrupted."""
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 0, stderr
    return json.loads(stdout)


def test_nobody_spoke_is_an_error_and_no_recording(
    run_cli: RunCli, run_here: RunCli, with_microphone: VirtualMicrophone
) -> None:
    result = run_cli("record", "--voice", "--seconds", "1.5", "--json")
    assert result.returncode == 1
    assert "nobody spoke" in result.json["error"]["title"]
    assert run_here("list", "--json").json["total"] == 0


def test_record_splits_and_the_parts_together_are_what_was_played(
    home: Path, run_here: RunCli, start_cli: StartCli, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """C8.3 with the real microphone: nothing is lost at the cuts."""

    def share_in_parts() -> float:
        process = start_cli("record", "--split-minutes", "0.04", "--json", "--title", "Talk")
        wait_until(lambda: any(p.stat().st_size > 9999 for p in home.glob("recordings/*.part")), "sound", 30)
        with_microphone.play(speech.path, wait=True)
        time.sleep(0.5)
        made = ended(process)
        parts = [run_here("show", "--json", part).json for part in made["parts"]]
        assert made["id"] == parts[0]["id"]
        assert [part["title"] for part in parts][:3] == ["Talk", "Talk (2)", "Talk (3)"]
        assert {part["duration_s"] for part in parts[:-1]} == {2.4}
        assert all(part["sha256"] and part["state"] == "recorded" for part in parts)
        together = np.concatenate([read_samples(Path(part["path"])) for part in parts])
        return share_within_one_lsb(speech.samples, together)[0]

    shares = [share_in_parts()]
    while shares[-1] < 0.999 and len(shares) < 3:  # a busy machine makes players stumble
        shares.append(share_in_parts())
    assert shares[-1] >= 0.999


def test_until_ends_at_a_time_of_day(run_cli: RunCli, with_microphone: VirtualMicrophone) -> None:
    refused = run_cli("record", "--until", "half past", "--json")
    assert refused.returncode == 1
    assert refused.json["error"]["kind"] == "configuration_error"
    soon = datetime.now().astimezone() + timedelta(minutes=1)
    result = run_cli("record", "--until", f"{soon:%H:%M}", "--seconds", "1", "--json")  # whatever comes first
    assert result.returncode == 0, result.stderr


RECORDS_IN_PARTS = """
from voice_recorder import app
from voice_recorder.domain.take import TakePlan
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice
take = app.build().takes.start_from(GeneratedVoice(), "Talk", plan=TakePlan(split_after_s=0.35))
take.wait(60)
"""


@pytest.mark.parametrize("after_s", [0.9, 1.13, 1.41])
def test_killed_while_it_splits_every_part_is_recovered(home: Path, after_s: float) -> None:
    """C3.1 for each part: whenever it is killed, what was said is there from the first sample on."""
    process = subprocess.Popen([sys.executable, "-c", RECORDS_IN_PARTS])
    folder = home / "recordings"
    wait_until(lambda: any(folder.glob("*.wav.part")) if folder.exists() else False, "the take", 30)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    with opened() as services:
        report = services.recovery.run()
        assert report.failed == []
        services.proving.run_pending()
        rows = sorted(services.library.with_ids(None), key=lambda row: row.created_at)
        assert {row.state.value for row in rows} == {"recorded"}
        sound = np.concatenate([read_samples(services.library.path_of(row.masters[0])) for row in rows])
        assert np.array_equal(sound, voice(len(sound), 48000))
        assert len(rows) >= 2
        assert all(row.masters[0].frames == 16800 for row in rows[:-1])
        assert not list(folder.glob("*.part"))
        assert services.verifying.run().is_sound
