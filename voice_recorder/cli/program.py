"""What all commands share: the services, opened when first needed, and how results and errors are printed."""

import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Annotated, Any, TypeVar

import typer

from voice_recorder.cli.documents import error_document
from voice_recorder.domain.errors import (
    Cancelled,
    NoDisplay,
    NoInputDevice,
    PreflightBlocked,
    VoiceRecorderError,
)
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.results import ItemResult
from voice_recorder.services import Services
from voice_recorder.storage.paths import StorageConfig

Build = Callable[[StorageConfig | None], Services]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_T = TypeVar("_T")
_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_LOOK_EVERY_S = 0.1
_ENDS_WITHIN_S = 3.0
_SIDECARS_LEFT_BEFORE = 50


def as_text(words: str | list[str] | None) -> str | list[str] | None:
    """What a person typed, without bytes that are no text; the library and the settings hold text only."""
    if isinstance(words, list):
        return [word.encode("utf-8", "replace").decode() for word in words]
    return None if words is None else words.encode("utf-8", "replace").decode()


Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID…", help="Ids of recordings, or their beginnings.", callback=as_text),
]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The id of a recording, or its beginning.", callback=as_text)
]

NOT_POSSIBLE_HERE = (NoInputDevice, PreflightBlocked, NoDisplay)
"""Errors that are no fault of the request: exit code 3."""


class Program:
    """One run of the command line."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self._services: Services | None = None
        self._stale_before = 0

    @property
    def services(self) -> Services:
        """The services of the library that the environment names."""
        if self._services is None:
            self._services = self.build(None)
            self._stale_before = self._services.sidecars.count_stale()
        return self._services

    def describe_changes(self) -> None:
        """Say in sidecars what the command has changed, and then a little of what was left from before."""
        if self._services is not None:
            sidecars = self._services.sidecars
            with contextlib.suppress(VoiceRecorderError):  # written by the next command
                changed = sidecars.count_stale() - self._stale_before
                sidecars.write_without_waiting(limit=max(_SIDECARS_LEFT_BEFORE, changed))

    def close(self) -> None:
        """Give the library back."""
        if self._services is not None:
            self._services.close()


def program_of(context: typer.Context) -> Program:
    """The run that a command belongs to."""
    program = context.obj
    assert isinstance(program, Program)
    return program


def services_of(context: typer.Context) -> Services:
    """The services for a command."""
    return program_of(context).services


def exit_code_of(error: VoiceRecorderError) -> int:
    """1: it failed; 3: it is not possible on this machine."""
    return 3 if isinstance(error, NOT_POSSIBLE_HERE) else 1


def show(document: Any, *, as_json: bool, human: Callable[[], None] | None = None) -> None:
    """Print the one JSON document, or what a person wants to read."""
    if as_json:
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    elif human is not None:
        human()


def say(text: str) -> None:
    """A sentence on stdout."""
    sys.stdout.write(printable(text) + "\n")


def complain(error: VoiceRecorderError) -> None:
    """An error on stderr, in one line."""
    warn(one_line(error))


def one_line(error: VoiceRecorderError) -> str:
    """An error's words without line ends."""
    return " ".join(str(error).split())


def warn(text: str) -> None:
    """A sentence on stderr."""
    with contextlib.suppress(OSError):  # a terminal that is gone must not end a take
        sys.stderr.write(printable(text) + "\n")


def printable(text: str) -> str:
    """``text`` without what a terminal would obey, and without bytes that are no text."""
    clean = text.encode("utf-8", "replace").decode()
    return "".join(
        char if char == "\n" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in clean
    )


def size_words(size_bytes: float) -> str:
    """A size for people."""
    return f"{size_bytes / 1000:.0f} kB" if size_bytes < 100_000 else in_mb(size_bytes)


def report_error(error: VoiceRecorderError, *, as_json: bool, **more: Any) -> int:
    """Print an error on stderr and, for ``--json``, on stdout; the exit code."""
    complain(error)
    show({"error": error_document(error), **more}, as_json=as_json)
    return exit_code_of(error)


def may_go_on(question: str, *, yes: bool) -> bool:
    """Ask where a person sits; nothing is asked when stdin is no terminal."""
    if yes or not sys.stdin.isatty():
        return True
    return typer.confirm(question)


def show_results(results: Sequence[ItemResult], *, as_json: bool) -> None:
    """What became of each of many; exit code 1 when one failed."""
    document = {
        "results": [
            {"id": r.id, "ok": r.ok, "error": error_document(r.error) if r.error else None} for r in results
        ]
    }
    failed = [result.error for result in results if result.error]
    for sentence in dict.fromkeys(map(one_line, failed)):
        warn(sentence)
    show(
        document,
        as_json=as_json,
        human=lambda: say(f"{len(results) - len(failed)} done, {len(failed)} failed"),
    )
    if failed:
        raise typer.Exit(1)


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C and the other signals to end set, instead of ending the program."""
    stop = threading.Event()
    for name in _STOP_SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    return stop


def run_aside(work: Callable[[], _T], stop: threading.Event, look: Callable[[], None] = lambda: None) -> _T:
    """What ``work`` returns, done in a thread of its own: a signal is answered whatever it waits for.

    ``look`` is called ten times a second meanwhile. Cancelled when ``work`` has not ended within 3 s of
    ``stop``; it ends with the program then.
    """
    outcome: Future[_T] = Future()

    def body() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            outcome.set_exception(error)

    threading.Thread(target=body, name="command", daemon=True).start()
    stopped_at: float | None = None
    while not wait([outcome], _LOOK_EVERY_S).done:
        look()
        if stop.is_set():
            stopped_at = stopped_at or time.monotonic()
            if time.monotonic() - stopped_at > _ENDS_WITHIN_S:
                raise Cancelled
    return outcome.result()
