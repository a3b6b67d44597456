"""The command line: prints, decides nothing."""

import contextlib
import io
import sys

import typer

from voice_recorder import __version__
from voice_recorder.cli import (
    cloud,
    export,
    library,
    organising,
    provider,
    rebuild,
    recording,
    safety,
    system,
)
from voice_recorder.cli.program import Build, Program, report_error, show
from voice_recorder.domain.errors import VoiceRecorderError

app = typer.Typer(
    name="voice-recorder",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Record voice notes and never lose one. Without a command the window opens.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"voice-recorder {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Take the options that stand before a command."""


for group in (recording, library, organising, export, cloud, provider, safety, rebuild, system):
    group.register(app)


class Usage(VoiceRecorderError):
    """What the argument parser refuses."""


def run(arguments: list[str], build: Build) -> int:
    """Run a command; the exit code. Never a traceback for an error."""
    as_json = "--json" in arguments
    _survive_any_text()
    program = Program(build)
    try:
        command = typer.main.get_command(app)
        try:
            code = command.main(
                args=arguments, prog_name="voice-recorder", standalone_mode=False, obj=program
            )
        finally:
            program.describe_changes()
        return code if isinstance(code, int) else 0
    except (VoiceRecorderError, typer.Abort, KeyboardInterrupt) as error:
        return say(error, as_json=as_json)
    except typer.TyperException as error:
        report_error(Usage(error.format_message()), as_json=as_json)
        return 2
    except Exception as error:  # a bug: it goes on to sys.excepthook, but --json gets its one document
        title = f"Voice Recorder met a bug ({type(error).__name__}: {error})."
        document = {"error": {"kind": "bug", "title": title, "detail": "Its log has the details."}}
        with contextlib.suppress(OSError):
            show(document, as_json=as_json)
        raise
    finally:
        program.close()


def say(error: BaseException, *, as_json: bool = False) -> int:
    """Say what ended the program, an error of ours or somebody who stopped it; the exit code."""
    _survive_any_text()
    if not isinstance(error, VoiceRecorderError):
        error = VoiceRecorderError("Stopped.", "Nothing more was changed.")
    return report_error(error, as_json=as_json)


def _survive_any_text() -> None:
    """Print a question mark for what the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
