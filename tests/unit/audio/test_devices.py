"""C1.1 and the command line's ``--device``: choosing an input; the integration tests use real ones."""

import json
import os
import threading

import pytest

from tests.unit.storage.programs import run_python
from voice_recorder.audio.devices import InputDevice, as_json, choose, from_json, quiet_stderr
from voice_recorder.domain.errors import DeviceUnavailable, NoInputDevice


def an_input(index: int, name: str, *, default: bool = False) -> InputDevice:
    return InputDevice(index, name, "ALSA", 2, 48000, default)


INPUTS = (
    an_input(0, "HDA Intel: Line"),
    an_input(3, "USB Mic"),
    an_input(5, "USB Mic Pro", default=True),
    an_input(8, "Mikrofon Größe"),
)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 5),
        ("", 5),
        ("3", 3),
        ("USB Mic", 3),
        ("USB Mic Pro", 5),
        ("usb", 3),
        ("pro", 5),
        ("GRÖSSE", 8),
        ("line", 0),
    ],
)
def test_an_input_is_chosen_by_index_name_or_a_part_of_it(wanted: str | None, index: int) -> None:
    assert choose(INPUTS, wanted).index == index


@pytest.mark.parametrize("wanted", ["1", "webcam", "-1", "USB  Mic", "99999999999999999999"])
def test_one_that_is_not_there_is_said_with_those_that_are(wanted: str) -> None:
    with pytest.raises(DeviceUnavailable, match=rf"{wanted}'.*'HDA Intel: Line', 'USB Mic', 'USB Mic Pro'"):
        choose(INPUTS, wanted)


def test_without_a_default_the_first_is_taken_and_without_any_it_is_said() -> None:
    assert choose(INPUTS[:2], None).index == 0
    for wanted in (None, "", "3", "usb"):
        with pytest.raises(NoInputDevice, match="no microphone"):
            choose((), wanted)


def test_c7_2_the_list_crosses_from_the_process_that_looked_for_devices() -> None:
    assert from_json(json.dumps({"devices": as_json(INPUTS)})) == INPUTS


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"devices": 5}', '{"devices": [{"index": 1}]}'])
def test_a_process_that_failed_to_look_has_found_nothing(text: str) -> None:
    assert from_json(text) == ()


NOISE = """
    import os
    from voice_recorder.audio.devices import quiet_stderr
    os.dup2(1, 2)
"""


def test_what_c_code_prints_on_stderr_is_kept_from_peoples_terminals_and_later_errors_are_not() -> None:
    program = (
        NOISE
        + """
    with quiet_stderr():
        os.write(2, b"ALSA lib confmisc.c")
        try:
            with quiet_stderr():
                raise ValueError
        except ValueError:
            os.write(2, b"still quiet")
    os.write(2, b"an error")
"""
    )
    assert run_python(program) == "an error"


def test_two_threads_that_ask_for_quiet_at_once_do_not_silence_the_program_for_good() -> None:
    target = os.fstat(2)
    first_in, second_in = threading.Event(), threading.Event()

    def overlap() -> None:
        with quiet_stderr():
            first_in.set()
            second_in.wait(5)

    thread = threading.Thread(target=overlap)
    thread.start()
    first_in.wait(5)
    with quiet_stderr():
        second_in.set()
        thread.join()  # the first to come leaves first
    assert os.path.samestat(os.fstat(2), target)


def test_without_portaudio_it_is_said_what_to_install() -> None:
    """The module is there, the C library is not: sounddevice looks for it by ctypes."""
    program = """
        import ctypes.util
        ctypes.util.find_library = lambda name: None
        import os
        os.path.exists = lambda path: False
        from voice_recorder.audio.devices import list_inputs
        from voice_recorder.domain.errors import NoInputDevice
        try:
            list_inputs()
        except NoInputDevice as error:
            print(error)
    """
    assert "apt install libportaudio2" in run_python(program)
