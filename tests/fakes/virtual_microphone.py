"""A microphone without hardware, from which PortAudio and Qt record for real.

A private PulseAudio daemon holds a null sink; what is played into it comes out of its monitor
source. By hand:

    python -m tests.fakes.virtual_microphone [--play speech.wav] -- voice-recorder record --seconds 5
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fakes.processes import command_after_dashes, require, start, stop, wait_until

AHEAD = ("nice", "--adjustment=-11")
"""Players go ahead of other programs, where that is allowed: one that stumbles sounds like loss."""


class VirtualMicrophone:
    """Microphones that a program sees when the variables in ``env`` are set for it.

    PortAudio lists every microphone by its name and, while there is one, the system's default as "default".
    The daemon, its sockets and its settings live in a folder of their own and end with ``close()``. The
    sink's own sample rate and channels are those asked for, so that what is played in that format is
    recorded as it is, sample for sample.
    """

    def __init__(
        self, rate: int = 48000, channels: int = 1, name: str | None = "mic", *, wait: bool = True
    ) -> None:
        """Start the daemon and plug in one microphone, or none when ``name`` is None.

        Without ``wait`` it may take two seconds until the microphone delivers; see ``wait_until_ready``.
        """
        require(["pulseaudio", "pactl", "pacat", "paplay", "parec", "setpriv"], "The virtual microphone")
        self.rate = rate
        self.channels = channels
        self._folder = tempfile.TemporaryDirectory(prefix="microphone-")
        folder = Path(self._folder.name)
        self._socket = folder / "socket"
        self._alsa = folder / "alsa.conf"
        self.env = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_RUNTIME_PATH": str(folder / "runtime"),
            "PULSE_COOKIE": str(folder / "cookie"),
            "ALSA_CONFIG_PATH": str(self._alsa),
        }
        self._plugged: dict[str, tuple[str, subprocess.Popen[bytes]]] = {}
        self._playing: list[subprocess.Popen[bytes]] = []
        self._write_alsa_config()
        self._daemon = self._start_daemon(folder)
        try:
            wait_until(self._answers, "the PulseAudio daemon")
            if name is not None:
                self.plug_in(name, wait=wait)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def names(self) -> list[str]:
        """The microphones that are plugged in."""
        return list(self._plugged)

    def plug_in(
        self, name: str = "mic", rate: int | None = None, channels: int | None = None, *,
        default: bool = True, wait: bool = True,
    ) -> None:  # fmt: skip
        """Add a microphone, as the system's default unless told otherwise, and wait until it delivers."""
        module = self._pactl(
            "load-module",
            "module-null-sink",
            f"sink_name={name}",
            f"rate={rate or self.rate}",
            f"channels={channels or self.channels}",
        ).strip()
        # The player of silence keeps the latency low: without one the monitor delivers in blocks of up to
        # two seconds, which looks like loss and is none.
        silence = start(
            [*AHEAD, "pacat", "--latency-msec=20", "--rate=48000", "--channels=1", "--format=s16le",
             f"--device={name}", "/dev/zero"],
            self._environment(),
        )  # fmt: skip
        self._plugged[name] = (module, silence)
        if default:
            self._pactl("set-default-sink", name)
            self._pactl("set-default-source", f"{name}.monitor")
        self._write_alsa_config()
        if wait:
            self.wait_until_ready(name)

    def add(self, name: str, rate: int | None = None) -> None:
        """Add a second microphone and leave the default as it is."""
        self.plug_in(name, rate, default=False)

    def unplug(self, name: str = "mic") -> None:
        """Pull a microphone out. Streams on it end as if its cable had been pulled."""
        module, silence = self._plugged.pop(name)
        self._pactl("unload-module", module)
        stop(silence)
        self._write_alsa_config()

    def play(self, path: Path, wait: bool = False, name: str | None = None) -> subprocess.Popen[bytes]:
        """Speak a sound file into a microphone, the default one if ``name`` is None."""
        device = [f"--device={name}"] if name else []
        player = start([*AHEAD, "paplay", "--latency-msec=200", *device, str(path)], self._environment())
        self._playing.append(player)
        if wait and player.wait() != 0:
            raise RuntimeError(f"paplay could not play {path}.")
        return player

    def wait_until_ready(self, name: str = "mic") -> None:
        """Wait until a microphone delivers: a new null sink sleeps up to two seconds at first."""
        listen = ["timeout", "10", "parec", "--latency-msec=20", f"--device={name}.monitor", "--raw"]
        with subprocess.Popen(
            listen, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as listener:
            assert listener.stdout is not None
            heard = listener.stdout.read(9600)
            listener.terminate()
        if len(heard) < 9600:
            raise TimeoutError(f"The microphone {name} delivered nothing for 10 s.")

    def close(self) -> None:
        """End the daemon and all that was started for it. May be called twice."""
        for player in [*self._playing, *(silence for _, silence in self._plugged.values())]:
            stop(player)
        stop(self._daemon)
        self._folder.cleanup()

    def _start_daemon(self, folder: Path) -> subprocess.Popen[bytes]:
        script = folder / "daemon.pa"
        script.write_text(
            f"load-module module-native-protocol-unix socket={self._socket} auth-anonymous=1\n", "utf-8"
        )
        own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder)}
        environment = {**self._environment(), **own}
        del environment["PULSE_SERVER"]  # with it the daemon thinks that another one is wanted
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]
        return start(["pulseaudio", *options, "-F", str(script)], environment)

    def _write_alsa_config(self) -> None:
        """Tell PortAudio, which knows PulseAudio through ALSA only, what there is; it hides real cards."""
        devices = {name: f"type pulse device {name}.monitor" for name in self._plugged}
        # PortAudio aborts when no PCM is defined at all: without microphones the default is a card that is
        # not there, as on a machine without sound.
        devices["default"] = "type pulse" if self._plugged else "type hw card 31"
        text = "".join(f"pcm.{name} {{ {device} }}\n" for name, device in devices.items())
        self._alsa.write_text(text, "utf-8")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.env}

    def _pactl(self, *words: str) -> str:
        return subprocess.run(
            ["pactl", *words], env=self._environment(), check=True, capture_output=True, text=True
        ).stdout

    def _answers(self) -> bool:
        if self._daemon.poll() is not None:
            raise RuntimeError(f"The PulseAudio daemon ended with status {self._daemon.returncode}.")
        found = subprocess.run(["pactl", "info"], env=self._environment(), capture_output=True, check=False)
        return found.returncode == 0


def main() -> int:
    """Run the command after ``--`` with a microphone, speaking ``--play FILE`` into it meanwhile."""
    command = command_after_dashes("python -m tests.fakes.virtual_microphone [--play FILE] -- COMMAND…")
    parser = argparse.ArgumentParser()
    parser.add_argument("--play", type=Path)
    options = parser.parse_args(sys.argv[1 : sys.argv.index("--")])
    with VirtualMicrophone() as microphone:
        if options.play:
            microphone.play(options.play)
        return subprocess.run(command, env={**os.environ, **microphone.env}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
