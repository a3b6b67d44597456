"""The start of the program: the window or a command; ``services.Services`` joins what both work with."""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import TYPE_CHECKING

from voice_recorder.domain.errors import NoDisplay, VoiceRecorderError
from voice_recorder.services import Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_recorder.storage.paths import StorageConfig


def build(config: StorageConfig | None = None) -> Services:
    """Open the library that the environment names; the services are built as they are asked for. No Qt.

    Raises VoiceRecorderError in words when the environment, the settings or the library cannot be used.
    """
    from voice_recorder.storage.logs import start_logging
    from voice_recorder.storage.paths import StorageConfig

    config = config or StorageConfig.from_environment()
    start_logging(config.logs_path)
    services = Services(config)
    services.library  # noqa: B018 - and settings with it: what is wrong with them is said now
    return services


def run_window(*, hidden: bool = False) -> int:
    """Open the window and run until it is closed. NoDisplay before any of Qt is touched.

    ``hidden``, as at login: in the tray only, where there is one.

    An error that keeps it from opening is shown in a box, too, where no terminal can show it.
    """
    from voice_recorder.ui.display import has_display

    if not has_display():
        raise NoDisplay(
            "There is no display to open a window on;",
            "'voice-recorder record' records without one, and 'voice-recorder demo' shows the whole way.",
        )
    from voice_recorder.ui import failure_box

    gc.disable()  # until the window stands, and collects by itself: nothing that is made for it is garbage
    try:
        services = build()  # before Qt, which looks into the source of whatever is imported after it
        try:
            from voice_recorder.ui import window_app

            return window_app.run(services, hidden=hidden)
        finally:
            services.close()
    except VoiceRecorderError as error:
        failure_box.tell(str(error))
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """The program: the window without arguments, else a subcommand. The exit code."""
    from voice_recorder.services.autostart import HIDDEN
    from voice_recorder.storage.logs import log_uncaught
    from voice_recorder.ui.failure_box import SHOW_FAILURE, show

    _own_stderr()
    log_uncaught()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == [SHOW_FAILURE]:
        return show(" ".join(words[1:]))
    if words in ([], [HIDDEN]):
        return _window(hidden=bool(words))
    from voice_recorder.cli import run

    return run(words, build)


def _window(*, hidden: bool) -> int:
    """The exit code of the window, which does without the command line, unless that has to say an error."""
    try:
        return run_window(hidden=hidden)
    except (VoiceRecorderError, KeyboardInterrupt) as error:
        from voice_recorder.cli import say

        return say(error)


def _own_stderr() -> None:
    """Print errors by a descriptor of our own: the common one is silent while a sound device is open."""
    if sys.stderr is None:  # closed by whoever started us; the null device takes the free descriptor
        descriptor = os.open(os.devnull, os.O_WRONLY)
    elif os.name == "posix" and sys.stderr is sys.__stderr__:
        descriptor = os.dup(2)
    else:
        return
    # Nothing is kept back: what could not be said to a reader who is gone must not fail again at the exit.
    raw = os.fdopen(descriptor, "wb", buffering=0)
    sys.stderr = io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True)
