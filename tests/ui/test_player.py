"""Playing for real. Under the mark ``display``: in that run nobody else has set up Qt's sound before."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Speech
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.player import Player

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
