"""Playing for real. Under the mark ``display``: in that run nobody else has set up Qt's sound before."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Speech
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import Recording, Segment
from voice_recorder.services import Services
from voice_recorder.ui.play_rules import Loop, pauses
from voice_recorder.ui.player import Player
from voice_recorder.ui.render_device import Heard

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("with_microphone")]


@pytest.fixture
def player(qapp: Any) -> Iterator[Player]:
    player = Player()
    yield player
    player.stop()


def test_it_plays_pauses_and_goes_on_from_there(player: Player, speech: Speech, qtbot: Any) -> None:
    player.show_recording(speech.path, speech.duration_s)
    player.seek(2.0)
    player.toggle()
    qtbot.waitUntil(lambda: player.position_s > 2.4, timeout=8000)
    assert player.playing
    player.toggle()
    qtbot.waitUntil(lambda: not player.playing)
    held = player.position_s
    assert held < 4.0
    player.back()
    assert player.position_s == 0.0
    player.ahead()
    assert player.position_s == speech.duration_s
    player.seek(held)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > held + 0.2, timeout=8000)


def test_twice_the_speed_takes_half_the_time(player: Player, speech: Speech, qtbot: Any) -> None:
    player.show_recording(speech.path, speech.duration_s)
    player.set_speed(2.0)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.5, timeout=8000)
    begun, at = time.monotonic(), player.position_s
    qtbot.waitUntil(lambda: player.position_s > at + 3.0, timeout=8000)
    assert time.monotonic() - begun < 2.4


def test_the_end_is_the_end_and_play_begins_again(player: Player, speech: Speech, qtbot: Any) -> None:
    player.show_recording(speech.path, speech.duration_s)
    player.seek(speech.duration_s - 0.5)
    player.play()
    qtbot.waitUntil(lambda: player.position_s == speech.duration_s and not player.playing, timeout=8000)
    player.play()
    qtbot.waitUntil(lambda: 0 < player.position_s < 3, timeout=8000)


@pytest.mark.qt_log_ignore("Could not open media")  # that is what the test is about
def test_a_file_that_is_no_sound_is_refused_in_words(player: Player, tmp_path: Path, qtbot: Any) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound at all" * 100)
    player.show_recording(bad, 3.0)
    with qtbot.waitSignal(player.failed, timeout=8000) as told:
        player.play()
    error: VoiceRecorderError = told.args[0]
    assert error.title == "The recording cannot be played."


def test_an_unknown_output_falls_back_to_the_default(player: Player, speech: Speech, qtbot: Any) -> None:
    player.set_output("headphones that are at home")
    player.show_recording(speech.path, speech.duration_s)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.2, timeout=8000)
    player.set_output("")
    assert player.playing


def heard_of(services: Services, recording: Recording) -> Heard:
    return Heard(recording, Timeline.of(recording), services.rendering.open)


@pytest.fixture
def spoken(services: Services, speech: Speech) -> Recording:
    """The speech as a recording of the library."""
    return services.importing.run([speech.path]).recordings[0]


def edited(recording: Recording, *stretches: tuple[float, float]) -> Recording:
    """Only these stretches of it, one after another."""
    master = recording.masters[0]
    parts = [Segment(master.id, *(round(s * master.sample_rate_hz) for s in ends)) for ends in stretches]
    return replace(recording, edit_list=tuple(parts))


def show(player: Player, services: Services, recording: Recording) -> None:
    path = services.library.path_of(recording.masters[0])
    player.show_recording(path, recording.duration_s, None, heard_of(services, recording))


def test_an_edited_recording_plays_as_it_is_heard(
    player: Player, services: Services, spoken: Recording, qtbot: Any
) -> None:
    cut = edited(spoken, (2.0, 3.0), (0.0, 0.5))
    show(player, services, cut)
    assert player.duration_s == pytest.approx(1.5)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.9, timeout=8000)
    qtbot.waitUntil(lambda: player.position_s == 1.5 and not player.playing, timeout=8000)
    assert player._player is not None
    assert player._player.duration() == pytest.approx(1500, abs=5)


@pytest.mark.qt_log_ignore("Could not open media")  # what is no longer wanted
def test_an_edit_while_playing_goes_on_at_the_same_place(
    player: Player, services: Services, spoken: Recording, qtbot: Any
) -> None:
    show(player, services, spoken)
    player.seek(1.0)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 1.3, timeout=8000)
    show(player, services, edited(spoken, (0.0, 3.0)))
    assert player.duration_s == pytest.approx(3.0)
    at = player.position_s
    assert 1.3 < at < 2.5
    show(player, services, edited(spoken, (0.0, 3.5)))  # while that is still being opened
    qtbot.waitUntil(lambda: player.position_s > at + 0.3, timeout=8000)


def test_a_preview_is_heard_and_taken_back(
    player: Player, services: Services, spoken: Recording, qtbot: Any
) -> None:
    show(player, services, spoken)
    player.preview(Timeline.of(spoken).trim(1, 2))
    assert player.duration_s == pytest.approx(1.0)
    player.play()
    qtbot.waitUntil(lambda: player.position_s == player.duration_s and not player.playing, timeout=8000)
    player.preview(None)
    assert player.duration_s == spoken.duration_s
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 1.3, timeout=8000)


def test_a_loop_goes_back_to_a_within_fifty_milliseconds_of_b(
    player: Player, services: Services, spoken: Recording, qtbot: Any
) -> None:
    show(player, services, spoken)
    places: list[float] = []
    player.position_changed.connect(places.append)
    player.seek(1.0)
    player.step_loop()
    player.seek(1.6)
    player.step_loop()
    assert player.loop == Loop(1.0, 1.6)
    player.play()

    def turns() -> list[float]:
        return [a for a, b in pairwise(places) if b < a - 0.3]

    qtbot.waitUntil(lambda: len(turns()) >= 4, timeout=12000)
    assert all(abs(turn - 1.6) < 0.05 for turn in turns()[1:])
    player.step_loop()
    assert player.loop is None
    qtbot.waitUntil(lambda: player.position_s > 1.9, timeout=8000)


def test_pauses_are_skipped(player: Player, services: Services, spoken: Recording, qtbot: Any) -> None:
    show(player, services, spoken)
    player.skip(pauses([(0.0, 0.6), (4.0, spoken.duration_s)], spoken.duration_s))
    places: list[float] = []
    player.position_changed.connect(places.append)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 4.2, timeout=8000)
    assert not [place for place in places if 0.85 < place < 3.85]


def test_an_output_that_is_unplugged_pauses_and_play_goes_on_through_the_next(
    player: Player, with_microphone: VirtualMicrophone, speech: Speech, qtbot: Any
) -> None:
    with_microphone.plug_in("headphones")
    player.show_recording(speech.path, speech.duration_s)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.3, timeout=8000)
    with qtbot.waitSignal(player.failed, timeout=8000) as told:
        with_microphone.unplug("headphones")
    assert "was unplugged" in str(told.args[0])
    qtbot.waitUntil(lambda: not player.playing, timeout=3000)
    held = player.position_s
    player.play()
    qtbot.waitUntil(lambda: player.position_s > held + 0.3, timeout=8000)


def test_l_doubles_the_speed_k_pauses_and_j_goes_back(player: Player, speech: Speech, qtbot: Any) -> None:
    speeds: list[float] = []
    player.speed_changed.connect(speeds.append)
    player.show_recording(speech.path, speech.duration_s)
    player.shuttle_on()
    qtbot.waitUntil(lambda: player.playing, timeout=8000)
    for _ in range(3):
        player.shuttle_on()
    assert speeds == [2.0, 3.0, 3.0]
    player.shuttle_back()
    player.pause()
    assert speeds[-2:] == [1.5, 1.0]
    player.seek(5.0)
    player.shuttle_back()
    assert player.position_s == 3.0


@pytest.mark.qt_log_ignore("Could not open media")  # that is what the test is about
def test_what_is_rendered_and_not_there_is_said(
    player: Player, services: Services, spoken: Recording, qtbot: Any
) -> None:
    cut = edited(spoken, (0.0, 1.0))
    services.library.path_of(spoken.masters[0]).unlink()
    show(player, services, cut)
    with qtbot.waitSignal(player.failed, timeout=8000) as told:
        player.play()
    assert spoken.title in str(told.args[0]) or "not" in str(told.args[0])
    qtbot.waitUntil(lambda: not player.playing)


def test_dragging_is_silent_and_ends_where_it_was_let_go(player: Player, speech: Speech, qtbot: Any) -> None:
    player.show_recording(speech.path, speech.duration_s)
    player.play()
    qtbot.waitUntil(lambda: player.position_s > 0.2, timeout=8000)
    player.set_scrubbing(True)
    for tenth in range(10, 40):
        player.seek(tenth / 10)
        assert player.position_s == tenth / 10
    qtbot.wait(100)
    assert player.position_s == 3.9
    player.set_scrubbing(False)
    qtbot.waitUntil(lambda: player.position_s > 4.1, timeout=8000)
    assert player.position_s < 5.5
