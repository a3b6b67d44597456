"""Commands that record: record, devices, demo."""

import contextlib
import os
import sys
import tempfile
import threading
import time
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from voice_recorder.audio.devices import as_json, list_inputs
from voice_recorder.cli.documents import error_document, recording_document
from voice_recorder.cli.program import (
    Json,
    as_text,
    complain,
    exit_code_of,
    program_of,
    say,
    services_of,
    show,
    stop_on_signals,
    warn,
)
from voice_recorder.domain.errors import (
    ConfigurationError,
    NoInputDevice,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.preflight import Purpose
from voice_recorder.domain.take import WARNINGS, TakePlan, TakeSnapshot, TakeState
from voice_recorder.services import Services
from voice_recorder.services.demo import run_demo
from voice_recorder.services.preflight import refuse_if_blocked
from voice_recorder.services.take import Take
from voice_recorder.storage.paths import StorageConfig

_LONGEST_S = 1e9
_POLL_S = 0.1
_LOOKS_EVERY = 3


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("record")(record)
    app.command("devices")(devices)
    app.command("demo")(demo)


def record(
    context: typer.Context,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=_LONGEST_S, help="End after so many seconds.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The name of the recording.", callback=as_text)] = None,
    device: Annotated[
        str | None, typer.Option(help="An input's index, name or part of its name.", callback=as_text)
    ] = None,
    voice: Annotated[
        bool, typer.Option("--voice", help="Wait for a voice, and pause while nobody speaks.")
    ] = False,
    split_minutes: Annotated[
        float | None,
        typer.Option(min=0.01, max=_LONGEST_S, help="Go on in a new recording after so many minutes."),
    ] = None,
    split_silence: Annotated[
        float | None,
        typer.Option(min=0.5, max=_LONGEST_S, help="Go on in a new one after so many seconds of silence."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="End at this time of day, as HH:MM.")] = None,
    json_: Json = False,
) -> None:
    """Record until Ctrl-C, SIGTERM or SIGHUP, for some seconds or until some time.

    How long a silence pauses, and what is too short to be split, is in the settings (take.…).
    """
    stop = stop_on_signals()
    ends_at = None if until is None else _next(until)
    services = services_of(context)
    refuse_if_blocked(services.preflight.check(Purpose.TAKE))
    plan = replace(
        services.takes.plan(),
        voice_activated=voice,
        split_after_s=None if split_minutes is None else split_minutes * 60,
        split_silence_s=split_silence,
    )
    take = services.takes.start(title, device, limit_s=seconds, plan=plan, ends_at=ends_at)
    try:
        _follow(take, stop, seconds)
    finally:  # whatever happens to the terminal, nobody else could end it
        take.stop()
        take.wait()
    if take.snapshot().state is TakeState.FAILED and take.error:
        raise take.error
    unproved = _prove(services, take.kept_ids)
    document = recording_document(
        services.library.get(take.kept_ids[0]), services.library, services.fetching.cached
    )
    if _splits(plan):
        document["parts"] = list(take.kept_ids)
    if unproved:
        complain(unproved)
        document["error"] = error_document(unproved)
    if take.error:  # it ended early, but whole
        warn(str(take.error))
        document["ended_early"] = error_document(take.error)
    show(document, as_json=json_, human=lambda: _tell(document))
    if unproved:
        raise typer.Exit(exit_code_of(unproved))


def _next(time_of_day: str) -> datetime:
    """The next time that the clock of this place shows ``HH:MM``."""
    try:
        at = datetime.strptime(time_of_day, "%H:%M")  # noqa: DTZ007
    except ValueError:
        raise ConfigurationError(
            f"{time_of_day!r} is no time of day.", "It takes hours and minutes, such as 14:30."
        ) from None
    now = datetime.now().astimezone()
    then = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)


def _splits(plan: TakePlan) -> bool:
    return plan.split_after_s is not None or plan.split_silence_s is not None


def _prove(services: Services, recording_ids: tuple[str, ...]) -> VoiceRecorderError | None:
    """Why the SHA-256 of a kept take could not be stored, if it could not."""
    try:
        for recording_id in recording_ids:
            services.proving.run_pending(only=recording_id)
    except StorageError as error:
        return type(error)(error.title, "The recording is kept; 'voice-recorder verify' takes its SHA-256.")
    return None


def _tell(document: dict[str, Any]) -> None:
    say(f"{document['title']}  {document['duration_s']:.1f} s  {document['path']}")
    say(f"SHA-256 {document['sha256']}")
    if len(document.get("parts", ())) > 1:
        say(f"It goes on in {len(document['parts']) - 1} more recordings.")


def _follow(take: Take, stop: threading.Event, seconds: float | None) -> None:
    """Wait for the end of the take, and say what it has to say."""
    deadline = None if seconds is None else time.monotonic() + seconds
    said: set[str] = set()
    looks = 0
    while not take.wait(_POLL_S):
        if stop.is_set():
            take.stop()
        looks += 1
        if looks % _LOOKS_EVERY:
            continue
        now = take.snapshot()
        _warn_once(now, said)
        _show_level(now)
        waited_enough = deadline is not None and time.monotonic() >= deadline
        if waited_enough and now.state is not TakeState.RECORDING:
            take.stop()
    _warn_once(take.snapshot(), said)


def _show_level(now: TakeSnapshot) -> None:
    if sys.stderr.isatty():
        level = "silence" if now.peak_dbfs is None else f"{now.peak_dbfs:4.0f} dBFS"
        with contextlib.suppress(OSError):  # a terminal that is gone must not end a take
            sys.stderr.write(f"\r{now.state.value}  {now.elapsed_s:8.1f} s  {level}   ")


def _warn_once(now: TakeSnapshot, said: set[str]) -> None:
    for sentence in (now.notice, *(WARNINGS[warning] for warning in now.warnings)):
        if sentence and sentence not in said:
            said.add(sentence)
            warn(sentence)


def devices(context: typer.Context, json_: Json = False) -> None:
    """List the sound inputs."""
    inputs = list_inputs()
    if not inputs:
        raise NoInputDevice(
            "This computer has no microphone or other sound input.", "Plug one in and try again."
        )

    def human() -> None:
        table = Table("", "Input", "System", "Channels", "Rate")
        for found in inputs:
            table.add_row(
                f"{found.index}{'*' if found.is_default else ''}", found.name, found.host_api,
                str(found.max_channels), f"{found.default_sample_rate_hz} Hz",
            )  # fmt: skip
        Console().print(table)

    show({"devices": as_json(inputs)}, as_json=json_, human=human)


def demo(context: typer.Context, json_: Json = False) -> None:
    """Show the whole way once, in a folder of its own: from the microphone to the proved copy."""
    stop = stop_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="voice-recorder-demo-"))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VOICE_RECORDER_")}
    config = StorageConfig.from_environment("development", {**environ, "VOICE_RECORDER_HOME": str(folder)})
    services = program_of(context).build(config)
    try:
        report = run_demo(services, stop)
        document = {
            "folder": str(folder),
            "steps": [asdict(step) for step in report.steps],
            "recording": recording_document(report.recording, services.library, services.fetching.cached),
        }
    finally:
        services.close()

    def human() -> None:
        table = Table("Step", "", "Result")
        for step in report.steps:
            table.add_row(step.name, "ok" if step.ok else "failed", step.result)
        Console().print(table)
        say(f"All of it is in {folder}; nothing else was touched.")

    show(document, as_json=json_, human=human)
    if not report.ok:
        raise typer.Exit(1)
