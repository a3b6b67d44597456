"""Hearing what is in the cloud only. Under the mark ``display``, as ``test_player`` and for its reason."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer

from tests.conftest import Speech
from tests.fakes.cloud_notes import cloud_note, freed
from tests.fakes.cloudinary_faults import Drop
from tests.fakes.cloudinary_server import CloudinaryServer
from voice_recorder.domain import transfers
from voice_recorder.domain.errors import CloudError, NetworkUnreachable, VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.services import Services
from voice_recorder.ui.player import Player

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("with_microphone")]
InCloud = Callable[..., Recording]


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudinaryServer]:
    with CloudinaryServer() as server:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        yield server


@pytest.fixture(autouse=True)
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second and four between tries are for real networks."""
    monkeypatch.setattr(transfers, "_QUICK_S", (0.05, 0.1))


@pytest.fixture
def player(qapp: Any) -> Iterator[Player]:
    player = Player()
    yield player
    player.stop()


@pytest.fixture
def in_cloud(server: CloudinaryServer, services: Services, speech: Speech) -> InCloud:
    """Six seconds of a voice that are at Cloudinary only, sent in this format."""

    def in_cloud(send_as: str = "original") -> Recording:
        recording = services.importing.run([speech.path]).recordings[0]
        return freed(services, recording.id, send_as, "cloudinary")

    return in_cloud


def show(player: Player, services: Services, recording: Recording) -> None:
    path = services.library.path_of(recording.masters[0])
    player.show_recording(path, recording.duration_s, services.fetching.audio_of(recording))


@pytest.mark.parametrize("send_as", ["original", "mp3", "opus", "flac"])
def test_it_plays_at_once_seeks_and_keeps_a_proved_copy(
    player: Player, services: Services, in_cloud: InCloud, send_as: str, qtbot: Any
) -> None:
    recording = in_cloud(send_as)
    show(player, services, recording)
    started = time.monotonic()
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.05, timeout=8000)
    assert time.monotonic() - started < 2
    player.set_speed(2.0)
    player.seek(4.0)
    qtbot.waitUntil(lambda: player.position_s > 4.5, timeout=8000)
    qtbot.waitUntil(lambda: services.fetching.cached(recording.masters[0]) is not None, timeout=8000)
    qtbot.waitUntil(lambda: player.position_s == recording.duration_s and not player.playing, timeout=8000)
    assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY
    assert services.fetching.activities() == ()


def test_the_copy_that_was_fetched_is_played_without_asking_anybody(
    player: Player, services: Services, server: CloudinaryServer, in_cloud: InCloud, qtbot: Any
) -> None:
    recording = in_cloud("mp3")
    assert services.fetching.fetch([recording.id])[0].ok
    asked = server.requests.total()
    show(player, services, recording)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.2, timeout=8000)
    assert server.requests.total() == asked


def test_the_event_loop_never_waits_for_a_slow_line(
    player: Player, services: Services, server: CloudinaryServer, in_cloud: InCloud, qtbot: Any
) -> None:
    recording = in_cloud()  # 96 kB a second, over a line of 60
    player.show_recording(None, 0)
    gaps = [0.0]
    last = [time.monotonic()]

    def beat() -> None:
        gaps.append(time.monotonic() - last[0])
        last[0] = time.monotonic()

    timer = QTimer()
    timer.timeout.connect(beat)
    show(player, services, recording)
    player.play()  # what is loaded once, and the codec, is not what this is about
    qtbot.waitUntil(lambda: player.position_s > 0.05, timeout=8000)
    player.stop()
    server.down.bytes_per_s = 60_000
    gaps.clear()
    last[0] = time.monotonic()
    timer.start(2)
    player.play()
    qtbot.wait(600)
    player.seek(5.5)
    qtbot.wait(600)
    player.seek(0.5)
    qtbot.wait(300)
    player.pause()
    player.play()
    qtbot.wait(300)
    player.stop()
    qtbot.wait(50)
    timer.stop()
    assert len(gaps) > 100
    assert max(gaps) < 0.1


def test_a_cut_line_is_mended_while_it_plays(
    player: Player, services: Services, server: CloudinaryServer, in_cloud: InCloud, qtbot: Any
) -> None:
    recording = in_cloud()
    errors: list[VoiceRecorderError] = []
    player.failed.connect(errors.append)
    server.faults.append(Drop(on="download", after_bytes=300_000))
    show(player, services, recording)
    player.set_speed(2.0)
    player.play()
    qtbot.waitUntil(lambda: player.position_s == recording.duration_s and not player.playing, timeout=15000)
    assert errors == []
    assert services.fetching.cached(recording.masters[0]) is not None


@pytest.mark.qt_log_ignore("Could not open media")  # that is what the test is about
def test_without_a_network_it_says_so_and_leaves_all_as_it_was(
    player: Player, services: Services, server: CloudinaryServer, in_cloud: InCloud, qtbot: Any
) -> None:
    recording = in_cloud("mp3")
    server.close()
    errors: list[VoiceRecorderError] = []
    player.failed.connect(errors.append)
    show(player, services, recording)
    player.play()
    qtbot.waitUntil(lambda: bool(errors), timeout=15000)
    qtbot.wait(200)
    assert [type(error) for error in errors] == [NetworkUnreachable]
    assert not player.playing
    assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY


@pytest.mark.qt_log_ignore("Could not open media")
def test_what_is_at_another_provider_is_told_by_name(
    player: Player, services: Services, in_cloud: InCloud, qtbot: Any
) -> None:
    recording = in_cloud("mp3")
    services.providers.choose("folder", {}, {})
    show(player, services, recording)
    with qtbot.waitSignal(player.failed, timeout=8000) as told:
        player.play()
    error = told.args[0]
    assert isinstance(error, CloudError)
    assert "is at cloudinary:test-cloud" in error.title


def test_it_can_be_left_in_the_middle_and_gone_on_with(
    player: Player, services: Services, server: CloudinaryServer, tmp_path: Path, qtbot: Any
) -> None:
    recording = cloud_note(services, tmp_path / "in", 30.0, provider="cloudinary")
    server.down.bytes_per_s = 600_000
    show(player, services, recording)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.1, timeout=8000)
    assert [a.title for a in services.fetching.activities()] == [recording.title]
    started = time.monotonic()
    player.show_recording(None, 0.0)
    assert time.monotonic() - started < 0.3
    assert services.fetching.activities() == ()
    server.down.bytes_per_s = None
    show(player, services, recording)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.5, timeout=8000)
