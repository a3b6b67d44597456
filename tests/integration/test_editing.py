"""W5 with real takes: append and record over use the capture of a new take, and no master is touched."""

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.conftest import RunCli, Speech
from tests.fakes.alignment import share_within_one_lsb
from tests.fakes.cloud_notes import cloud_take, freed, send
from tests.fakes.library import opened, write_note
from tests.fakes.processes import stop, wait_until
from tests.fakes.virtual_microphone import VirtualMicrophone
from tests.integration.test_record import wait_for_sound
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services

Samples = npt.NDArray[np.int16]


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    with opened() as services:
        yield services


def take_of(services: Services, home: Path, microphone: VirtualMicrophone, spoken: Path | None) -> str:
    """Record for as long as ``spoken`` lasts, or a moment of silence; the id of the take."""
    take = services.takes.start()
    wait_for_sound(home)
    if spoken is not None:
        microphone.play(spoken, wait=True)
    ends = take.snapshot().elapsed_s + 1
    wait_until(lambda: take.snapshot().elapsed_s > ends, "a second of sound")
    take.stop()
    assert take.wait(10)
    assert take.error is None
    services.proving.run_pending()
    return take.recording_id


def heard(services: Services, recording_id: str) -> Samples:
    with services.rendering.open(services.library.get(recording_id)) as rendered:
        return np.rint(rendered.read(0, rendered.frames)[:, 0] * 32768).astype(np.int16)


def digests(services: Services, recording: Recording) -> dict[str, str]:
    paths = [services.library.path_of(master) for master in recording.masters]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_append_record_over_and_undo_with_a_microphone(
    services: Services, home: Path, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    """What is heard is made of the samples of the takes; undone, after a restart, it is the first take."""
    target_id = take_of(services, home, with_microphone, None)
    appended_id = take_of(services, home, with_microphone, speech.path)
    over_id = take_of(services, home, with_microphone, None)
    first, second, third = (heard(services, id_) for id_ in (target_id, appended_id, over_id))
    files: dict[str, str] = {}
    for id_ in (target_id, appended_id, over_id):
        files |= digests(services, services.library.get(id_))

    services.editing.append(target_id, appended_id)
    both = np.concatenate([first, second])
    assert (heard(services, target_id) == both).all()
    assert share_within_one_lsb(speech.samples, heard(services, target_id))[0] >= 0.999

    services.editing.record_over(target_id, 0.5, over_id)
    done = np.concatenate([both[:24000], third, both[24000 + len(third) :]])
    assert (heard(services, target_id) == done).all()
    assert services.library.known_ids() == {target_id}

    with opened() as after_restart:
        after_restart.editing.undo(target_id)
        assert (heard(after_restart, target_id) == both).all()
        after_restart.editing.undo(target_id)
        assert (heard(after_restart, target_id) == first).all()
        assert not after_restart.editing.history(target_id).can_undo
        recording = after_restart.library.get(target_id)
        assert digests(after_restart, recording) == files
        assert {master.sha256 for master in recording.masters} == set(files.values())
        assert after_restart.verifying.run().is_sound
        assert after_restart.recovery.run().recovered == []


def test_a_take_that_is_killed_before_it_is_appended_is_a_recording_of_its_own(
    services: Services, home: Path, run_cli: RunCli, with_microphone: VirtualMicrophone
) -> None:
    """Nothing is lost: the target is as it was, and the take can be appended once it is recovered."""
    target_id = take_of(services, home, with_microphone, None)
    before, sound = services.library.get(target_id), heard(services, target_id)
    script = (
        "import threading\n"
        "from voice_recorder import app\n"
        "take = app.build().takes.start()\n"
        "print(take.recording_id, flush=True)\n"
        "threading.Event().wait()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        take_id = process.stdout.readline().strip()
        wait_for_sound(home)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()
    assert services.library.get(target_id) == before
    report = run_cli("recover", "--json").json
    assert [recording["id"] for recording in report["recovered"]] == [take_id]
    assert services.library.get(target_id) == before
    whole = services.editing.append(target_id, take_id)
    recovered = services.library.path_of(whole.masters[1])
    assert recovered.exists()
    assert (heard(services, target_id)[: len(sound)] == sound).all()
    assert services.verifying.run().is_sound


def test_an_edit_that_is_killed_happened_whole_or_not_at_all(
    services: Services, home: Path, tmp_path: Path
) -> None:
    """kill -9 in the middle of one edit after another: what is heard is always the state of a step."""
    note = services.importing.run([write_note(tmp_path / "note.wav", 5)]).recordings[0]
    script = (
        "import sys\n"
        "from voice_recorder import app\n"
        "editing = app.build().editing\n"
        "while True:\n"
        "    editing.fade_in(sys.argv[1], 0.1, 0.2); print('.', flush=True)\n"
        "    editing.cut(sys.argv[1], 0.5, 0.501)\n"
        "    editing.undo(sys.argv[1])\n"
        "    editing.split(sys.argv[1], 4)\n"
        "    editing.undo(sys.argv[1])\n"
    )
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", script, note.id], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            process.wait()
        finally:
            stop(process)
            if process.stdout is not None:
                process.stdout.close()
        history = services.editing.history(note.id)
        assert history.segments == services.library.get(note.id).edit_list
    while services.editing.history(note.id).can_undo:
        services.editing.undo(note.id)
    assert heard(services, note.id).shape == (5 * 48000,)
    assert services.verifying.run().is_sound


def test_the_sidecars_of_shared_masters_tell_of_all_that_share_them(
    services: Services, home: Path, tmp_path: Path
) -> None:
    note = services.importing.run([write_note(tmp_path / "note.wav", 2)]).recordings[0]
    first, second = services.editing.split(note.id, 1)
    services.sidecars.write_pending()
    (sidecar,) = (home / "recordings").glob("*.json")
    text = sidecar.read_text("utf-8")
    assert first.id in text
    assert second.id in text
    services.editing.undo(first.id)
    assert services.sidecars.count_stale() == 1
    json.loads(text)


class TestInTheCloud:
    @pytest.fixture(autouse=True)
    def _provider(self, tmp_path: Path, services: Services) -> None:
        (tmp_path / "cloud").mkdir()
        services.providers.choose("folder", {"path": str(tmp_path / "cloud")}, {})
        services.sync.begin()

    def test_a_freed_master_is_freed_for_all_that_share_it_and_fetched_for_all(
        self, services: Services, tmp_path: Path
    ) -> None:
        note = services.importing.run([write_note(tmp_path / "note.wav", 2)]).recordings[0]
        first, second = services.editing.split(note.id, 1)
        sound = heard(services, second.id)
        freed(services, first.id, "original", "folder")
        states = {services.library.get(half.id).masters[0].state for half in (first, second)}
        assert states == {MasterState.FREED}
        assert services.editing.cut(second.id, 0, 0.5).duration_s == 0.5
        services.editing.undo(second.id)
        assert services.fetching.fetch([second.id])[0].ok
        assert (heard(services, second.id) == sound).all()
        assert services.verifying.run().is_sound

    def test_a_copy_survives_until_the_last_that_shares_it_is_deleted(
        self, services: Services, tmp_path: Path
    ) -> None:
        services.settings.set("cloud.delete_copies", True)
        note = services.importing.run([write_note(tmp_path / "note.wav", 2)]).recordings[0]
        first, second = services.editing.split(note.id, 1)
        send(services, [first.id])
        assert services.library.get(second.id).sync.state == services.library.get(first.id).sync.state
        services.trash.delete([first.id])
        services.trash.delete_for_ever([first.id])
        assert services.reconciling.run().removed == 0
        services.trash.delete([second.id])
        services.trash.delete_for_ever([second.id])
        assert services.reconciling.run().removed == 1

    def test_an_appended_take_comes_back_from_its_flac_copy(self, services: Services, tmp_path: Path) -> None:
        """Its header names the take, whose row is gone: its history still says where it went."""
        note = services.importing.run([write_note(tmp_path / "note.wav", 2)]).recordings[0]
        take = cloud_take(services, "flac")
        assert services.fetching.fetch([take.id])[0].ok
        services.editing.append(note.id, take.id)
        whole = heard(services, note.id)
        freed(services, note.id, "flac", "folder")
        assert services.fetching.fetch([note.id])[0].ok
        assert (heard(services, note.id) == whole).all()
        assert services.library.get(note.id).state == "recorded"
