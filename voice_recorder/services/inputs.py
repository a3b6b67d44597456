"""Which microphones there are now, asked of a child process: PortAudio's own list is frozen while it runs."""

import subprocess
import sys
import threading
import time

from voice_recorder.audio.devices import InputDevice, from_json

_TIMEOUT_S = 15
_LOOK_EVERY_S = 0.1


class Inputs:
    """The sound inputs of this computer."""

    def list_inputs_fresh(self, cancel: threading.Event | None = None) -> tuple[InputDevice, ...]:
        """The inputs that are there at this moment; none when the child cannot tell or ``cancel`` is set.

        Slow: for a worker.
        """
        program = (
            [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "voice_recorder"]
        )
        deadline = time.monotonic() + _TIMEOUT_S
        with subprocess.Popen(
            [*program, "devices", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as child:
            while True:
                try:
                    return from_json(child.communicate(timeout=_LOOK_EVERY_S)[0])
                except subprocess.TimeoutExpired:
                    if time.monotonic() > deadline or (cancel is not None and cancel.is_set()):
                        child.kill()
                        return ()
