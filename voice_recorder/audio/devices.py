"""Sound inputs as PortAudio knows them. Everything that imports sounddevice is in this package."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

from voice_recorder.domain.errors import DeviceUnavailable, NoInputDevice
from voice_recorder.domain.words import tr


@dataclass(frozen=True)
class InputDevice:
    """A sound input. ``index`` is PortAudio's, valid until devices are plugged or unplugged."""

    index: int
    name: str
    host_api: str
    max_channels: int
    default_sample_rate_hz: int
    is_default: bool


def portaudio() -> ModuleType:
    """The module sounddevice, which opens PortAudio when it is first imported."""
    try:
        with quiet_stderr():
            import sounddevice
    except OSError as error:
        raise NoInputDevice(
            tr("The sound library PortAudio is not installed."),
            tr("Install it (on Debian: apt install libportaudio2) and start again."),
        ) from error
    module: ModuleType = sounddevice
    return module


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what C code (ALSA, mpg123) prints on stderr from people's terminals. Any thread may ask for it."""
    quiet.begin()
    try:
        yield
    finally:
        quiet.end()


class Quiet:
    """The descriptor 2 belongs to the whole process: the first to come turns it off, the last on again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = -1

    def begin(self) -> None:
        """Be quiet until the matching ``end``."""
        with self._lock:
            self._inside += 1
            if self._inside == 1 and os.name == "posix":
                self._saved = os.dup(2)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                os.close(null)

    def end(self) -> None:
        """Speak again, unless somebody else still wants quiet."""
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and os.name == "posix":
                os.dup2(self._saved, 2)
                os.close(self._saved)


quiet = Quiet()


def list_inputs() -> tuple[InputDevice, ...]:
    """The inputs that PortAudio found when it was last started here. NoInputDevice when it fails."""
    sounddevice = portaudio()
    try:
        return tuple(_inputs(sounddevice))
    except sounddevice.PortAudioError as error:
        raise NoInputDevice(tr("The sound system does not answer."), str(error)) from error


def _inputs(sounddevice: ModuleType) -> Iterator[InputDevice]:
    apis = sounddevice.query_hostapis()
    default = sounddevice.default.device[0]
    for device in sounddevice.query_devices():
        if device["max_input_channels"] > 0:
            yield InputDevice(
                index=device["index"],
                name=device["name"],
                host_api=apis[device["hostapi"]]["name"],
                max_channels=device["max_input_channels"],
                default_sample_rate_hz=round(device["default_samplerate"]),
                is_default=device["index"] == default,
            )


def look_again() -> tuple[InputDevice, ...]:
    """Start PortAudio anew, which alone shows it what was plugged in since. No stream may be open."""
    sounddevice = portaudio()
    with quiet_stderr():
        # sounddevice documents these two for this purpose only. After a start that failed there is nothing
        # to end.
        with contextlib.suppress(sounddevice.PortAudioError):
            sounddevice._terminate()  # noqa: SLF001
        try:
            sounddevice._initialize()  # noqa: SLF001
        except sounddevice.PortAudioError as error:
            raise NoInputDevice(tr("The sound system does not answer."), str(error)) from error
    return list_inputs()


def choose(inputs: Sequence[InputDevice], wanted: str | None) -> InputDevice:
    """The input ``wanted``: an index, a name or a part of one; None or "" is the system's default.

    Raises NoInputDevice when there is none at all, DeviceUnavailable when none fits.
    """
    if not inputs:
        raise NoInputDevice(
            tr("This computer has no microphone or other sound input."), tr("Plug one in and try again.")
        )
    if not wanted:
        return next((device for device in inputs if device.is_default), inputs[0])
    if wanted.isdecimal():
        fitting = [device for device in inputs if device.index == int(wanted)]
    else:
        exact = [device for device in inputs if device.name == wanted]
        part = [device for device in inputs if wanted.casefold() in device.name.casefold()]
        fitting = exact or part
    if not fitting:
        names = ", ".join(repr(device.name) for device in inputs)
        raise DeviceUnavailable(
            tr("There is no sound input {wanted}.", wanted=repr(wanted)),
            tr("There are: {names}.", names=names),
        )
    return fitting[0]


def as_json(inputs: Sequence[InputDevice]) -> list[dict[str, Any]]:
    """The inputs as the command ``devices --json`` prints them."""
    return [asdict(device) for device in inputs]


def from_json(text: str) -> tuple[InputDevice, ...]:
    """The inputs that another process printed with ``devices --json``."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return tuple(InputDevice(**device) for device in json.loads(text)["devices"])
    return ()
