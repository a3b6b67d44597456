"""An X display without a screen, with a window manager on it. By hand:

python -m tests.fakes.display [--size 1280x800] -- voice-recorder
"""

import argparse
import os
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Self

from tests.fakes.processes import command_after_dashes, require, start, stop, wait_until


class VirtualDisplay:
    """A free display of the given size that a program opens its windows on when ``env`` is set for it."""

    def __init__(self, width: int = 1280, height: int = 800) -> None:
        """Start the display and its window manager, and wait until both are ready."""
        require(["Xvfb", "openbox", "xprop", "setpriv"], "The virtual display")
        self._folder = tempfile.TemporaryDirectory(prefix="display-")
        self._server, number = self._start_server(width, height)
        self.env = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        own = {"HOME": self._folder.name, "XDG_CONFIG_HOME": self._folder.name}
        self._window_manager = start(["openbox", "--sm-disable"], {**os.environ, **self.env, **own})
        try:
            wait_until(self._is_managed, "the window manager")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the display and every window on it. May be called twice."""
        stop(self._window_manager)
        stop(self._server)
        self._folder.cleanup()

    def _start_server(self, width: int, height: int) -> tuple[subprocess.Popen[bytes], str]:
        reader, writer = os.pipe()
        screen = ["-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
        server = start(["Xvfb", *screen, "-displayfd", str(writer)], os.environ, pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader, encoding="ascii") as pipe:
            number = pipe.readline().strip()  # Xvfb takes a free number and says it when it is ready
        if not number:
            stop(server)
            raise RuntimeError(f"Xvfb ended with status {server.returncode}.")
        return server, number

    def _is_managed(self) -> bool:
        asked = ["xprop", "-display", self.env["DISPLAY"], "-root", "_NET_SUPPORTING_WM_CHECK"]
        return "window id" in subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def main() -> int:
    """Run the command after ``--`` on a display of ``--size``."""
    command = command_after_dashes("python -m tests.fakes.display [--size WIDTHxHEIGHT] -- COMMAND…")
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1280x800")
    width, height = parser.parse_args(sys.argv[1 : sys.argv.index("--")]).size.split("x")
    environment = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
    with VirtualDisplay(int(width), int(height)) as display:
        return subprocess.run(command, env={**environment, **display.env}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
