"""The command that writes recordings as files of their own: export."""

from pathlib import Path
from typing import Annotated

import typer

from voice_recorder.cli.documents import error_document
from voice_recorder.cli.program import (
    Ids,
    Json,
    one_line,
    run_aside,
    say,
    services_of,
    show,
    stop_on_signals,
    warn,
)
from voice_recorder.domain.errors import Cancelled, VoiceRecorderError
from voice_recorder.domain.exported import ExportFormat
from voice_recorder.services.exporting import ExportResult


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("export")(export)


def export(
    context: typer.Context,
    ids: Ids,
    export_format: Annotated[ExportFormat, typer.Option("--format", help="What the files are to be.")],
    folder: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="The folder for the files.", readable=False)
    ],
    json_: Json = False,
) -> None:
    """Write recordings, as they are heard, as files named for their titles; nothing is replaced."""
    services = services_of(context)
    stop = stop_on_signals()
    try:
        results = run_aside(lambda: services.exporting.run(ids, export_format, folder, stop), stop)
    except Cancelled:  # it did not end in time
        stopped = VoiceRecorderError("It was stopped.", "Files that have their names are whole.")
        results = [ExportResult(recording_id, False, stopped) for recording_id in ids]
    _show(results, as_json=json_)


def _show(results: list[ExportResult], *, as_json: bool) -> None:
    failed = [result.error for result in results if result.error]
    for sentence in dict.fromkeys(map(one_line, failed)):
        warn(sentence)
    documents = [
        {
            "id": result.id,
            "ok": result.ok,
            "error": error_document(result.error) if result.error else None,
            "path": str(result.path) if result.path else None,
        }
        for result in results
    ]

    def human() -> None:
        for result in results:
            if result.path:
                say(str(result.path))

    show({"results": documents}, as_json=as_json, human=human)
    if failed:
        raise typer.Exit(1)
