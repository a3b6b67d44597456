"""Which microphones there are now, asked of a child process: PortAudio's own list is frozen while it runs."""

import subprocess
import sys

from voice_recorder.audio.devices import InputDevice, from_json

_TIMEOUT_S = 15


class Inputs:
    """The sound inputs of this computer."""

    def list_inputs_fresh(self) -> tuple[InputDevice, ...]:
        """The inputs that are there at this moment; none when the child cannot tell. Slow: for a worker."""
        program = (
            [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "voice_recorder"]
        )
        try:
            done = subprocess.run(
                [*program, "devices", "--json"],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return ()
        return from_json(done.stdout)
