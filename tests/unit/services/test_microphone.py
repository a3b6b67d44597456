"""Devices that do not offer the chosen format: what no virtual microphone here can play."""

import time
from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.input_stream import DEVICE, FakeInputStream
from voice_recorder.audio.devices import InputDevice
from voice_recorder.domain.errors import DeviceUnavailable
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.services import microphone
from voice_recorder.services.microphone import Microphone
from voice_recorder.services.sound_source import Changed, Dropped, Heard, Lost, Sound

STUDIO = InputDevice(1, "studio", "test", 2, 48000, False)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[InputDevice]:
    """The inputs that PortAudio would list; their streams are fakes."""
    devices = [DEVICE]
    monkeypatch.setattr(microphone, "InputStream", FakeInputStream)
    for name in ("list_inputs", "look_again"):
        monkeypatch.setattr(microphone, name, lambda: tuple(devices))
    return devices


def stream_of(source: Microphone) -> FakeInputStream:
    stream = source._stream
    assert isinstance(stream, FakeInputStream)
    return stream


def test_a_rate_that_is_not_offered_is_recorded_as_offered(plugged: list[InputDevice]) -> None:
    """Bad input: an unsupported rate. The take starts all the same and says what it does instead."""
    source = Microphone(None, "", AudioFormat(96000, 2, 16))
    assert source.format == AudioFormat(44100, 1, 16)
    assert "44.1 kHz mono" in source.notice


def test_a_preferred_input_that_is_gone_is_replaced_and_named(plugged: list[InputDevice]) -> None:
    """The press on Record records; only a device named for this take is insisted on."""
    assert "'studio' is not there" in Microphone(None, "studio", AudioFormat(44100)).notice
    with pytest.raises(DeviceUnavailable, match="There is no sound input 'studio'"):
        Microphone("studio", "", AudioFormat(44100))


def test_the_next_device_has_another_rate(plugged: list[InputDevice]) -> None:
    """C7.1: the rate is converted, the tone keeps its pitch and its level."""
    plugged.append(STUDIO)
    source = Microphone("studio", "", AudioFormat(48000, 2, 16))
    assert source.notice == ""
    stream_of(source).deliver(0.5)
    assert [type(heard) for heard in source.read()] == [Sound]
    old = stream_of(source)
    plugged.remove(STUDIO)
    old.is_lost = True
    assert [type(heard) for heard in source.read()] == [Lost]
    assert old.is_closed
    assert source.is_lost
    assert list(source.read()) == []
    new = stream_of(source)
    assert (new.device.name, new.format) == ("old headset", AudioFormat(44100, 1, 16))
    heard = []
    for _ in range(10):
        new.deliver(0.2)
        heard += list(source.read())
    assert isinstance(heard[0], Changed)
    sound = np.concatenate([h.samples for h in heard if isinstance(h, Sound)])
    assert sound.shape[1] == 2
    assert len(sound) == pytest.approx(2 * 48000, abs=2000)
    spectrum = np.abs(np.fft.rfft(sound[4800:52800, 0]))
    assert np.argmax(spectrum) == 1000
    assert np.abs(sound[4800:-4800]).max() == pytest.approx(10000, rel=0.02)


def test_portaudios_own_word_for_a_loss_counts(plugged: list[InputDevice]) -> None:
    """C6: flags are at least one lost sample each."""
    source = Microphone(None, "", replace(AudioFormat(), sample_rate_hz=44100))
    stream_of(source).flags = 3
    assert source.dropped_frames() == 3
    source.close()
    assert source.dropped_frames() == 3


def spoken(source: Microphone, seconds: float = 0.2) -> list[Heard]:
    stream_of(source).deliver(seconds)
    return list(source.read())


def lost(source: Microphone) -> None:
    stream_of(source).is_lost = True
    assert [type(heard) for heard in source.read()] == [Lost]


def test_what_found_no_room_in_memory_counts_beyond_the_next_device(plugged: list[InputDevice]) -> None:
    source = Microphone(None, "", AudioFormat(44100))
    spoken(source)
    stream_of(source).overflowed_frames = 4410
    assert [type(heard) for heard in spoken(source)] == [Dropped, Sound]
    assert source.dropped_frames() == 4410
    lost(source)
    assert source.dropped_frames() == 4410
    assert list(source.read()) == []
    assert [type(heard) for heard in spoken(source)] == [Changed, Sound]
    assert source.dropped_frames() == 4410
    stream_of(source).overflowed_frames = 100
    assert spoken(source)[0] == Dropped(100)
    source.close()
    assert source.dropped_frames() == 4510


def test_a_device_that_never_spoke_is_part_of_the_gap(
    plugged: list[InputDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    """C7.1: the take's clock stays right."""
    monkeypatch.setattr(microphone, "RETRY_S", 0.0)
    source = Microphone(None, "", AudioFormat(44100))
    spoken(source)
    silent_since = time.monotonic()
    lost(source)
    assert list(source.read()) == []
    assert not source.is_lost
    time.sleep(0.3)
    lost(source)  # without a word in between
    assert list(source.read()) == []
    time.sleep(0.1)
    changed = spoken(source, 0.05)[0]
    assert isinstance(changed, Changed)
    assert changed.gap_s == pytest.approx(time.monotonic() - silent_since - 0.05, abs=0.05)
    assert changed.gap_s > 0.3
