"""What is rendered, as the bytes of a WAV file."""

import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import soundfile
from PySide6.QtCore import QCoreApplication, QObject

from tests.ui.conftest import Add
from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.recording import Ramp, Recording, Segment
from voice_recorder.services import Services
from voice_recorder.services.rendering import Rendered
from voice_recorder.ui.render_device import Heard, RenderDevice, wav_header


def test_it_is_a_wav_file_that_is_read_from_any_place(
    qapp: QCoreApplication, services: Services, add: Add
) -> None:
    made = add()
    master = made.masters[0].id
    cut = replace(made, edit_list=(Segment(master, 4000, 8000), Segment(master, 0, 2000, (Ramp(1.0, 0.0),))))
    owner = QObject()
    device = RenderDevice(Heard(cut, Timeline.of(cut), services.rendering.open), owner)
    assert device.size() == 44 + 2 * 6000
    data = b""
    while not device.atEnd():
        data += device.read(777).data()
    assert len(data) == device.size()
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    original, _ = soundfile.read(services.library.path_of(made.masters[0]), dtype="int16")
    assert rate == 8000
    np.testing.assert_array_equal(samples[:4000], original[4000:])
    assert abs(samples[5990:]).max() < 60
    for place in (0, 43, 45, 5001, len(data) - 3):
        device.seek(place)
        found = b""
        while len(found) < 100 and not device.atEnd():
            found += device.read(100 - len(found)).data()
        assert found == data[place : place + 100]
    device.end()
    assert device.atEnd()
    assert device.readData(10) == b""
    assert device.writeData(b"x", 1) == -1


def test_a_recording_without_its_file_breaks_once_in_words(
    qapp: QCoreApplication, services: Services, add: Add
) -> None:
    made = add("Gone")
    services.library.path_of(made.masters[0]).unlink()
    owner = QObject()
    device = RenderDevice(Heard(made, Timeline.of(made), services.rendering.open), owner)
    told: list[Any] = []
    device.broke.connect(told.append)
    while not device.atEnd():
        device.read(100)
    assert [type(error) for error in told] in ([NotFound], [type(device.error)])
    assert "Gone" in str(told[0])


def test_a_long_one_is_rf64() -> None:
    frames = 5 * 3600 * 96_000
    header = wav_header(96_000, 2, frames)
    assert header[:4] == b"RF64"
    riff, data, samples = struct.unpack_from("<QQQ", header, 20)
    assert (data, samples) == (frames * 4, frames)
    assert riff == len(header) - 8 + data
    assert wav_header(96_000, 2, 96_000)[:4] == b"RIFF"


def _not_opened(_recording: Recording, _timeline: Timeline) -> Rendered:
    raise AssertionError("nothing is opened to answer that")


def test_one_master_that_nothing_was_done_to_is_played_as_its_file() -> None:
    one, two = a_master(), a_master()
    plain = a_recording(one)
    assert Heard(plain, Timeline.of(plain), _not_opened).is_file
    for other in (
        replace(plain, edit_list=(Segment(one.id, 10, 48000),)), a_recording(one, two),
        replace(plain, edit_list=(Segment(one.id, 0, 48000, (Ramp(0.5, 0.5),)),)),
    ):  # fmt: skip
        assert not Heard(other, Timeline.of(other), _not_opened).is_file
