"""The command that makes a new library from the recordings alone."""

import threading
from contextlib import suppress
from typing import Any

import typer

from voice_recorder.cli.program import (
    Json,
    Yes,
    may_go_on,
    program_of,
    run_aside,
    say,
    show,
    stop_on_signals,
    warn,
)
from voice_recorder.domain.errors import Cancelled, VoiceRecorderError
from voice_recorder.services.rebuild import RebuildReport, rebuild
from voice_recorder.storage.paths import StorageConfig

_QUESTION = (
    "Make a new library from the files in {folder}? The library as it is will be set aside, not removed;"
    " saved searches and the queue to the cloud start anew."
)
CHECKED = "sizes"
"""What of a file was compared with its sidecar; 'verify' and the scrub compare SHA-256."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rebuild")(rebuild_)


def rebuild_(context: typer.Context, yes: Yes = False, json_: Json = False) -> None:
    """Make a new library from the recordings folder alone; the present one is set aside."""
    config = StorageConfig.from_environment()
    if not may_go_on(_QUESTION.format(folder=config.raw_recordings_path), yes=yes):
        raise VoiceRecorderError("Stopped.", "Nothing was changed.")
    stop = stop_on_signals()
    try:
        report = run_aside(lambda: rebuild(config, stop), stop)
    except Cancelled:
        raise VoiceRecorderError("Stopped.", "The library is as it was before.") from None
    left = _finish(context, stop)
    for path, reason in report.found.damaged_sidecars:
        warn(f"sidecar {path.name}: {reason}")
    for path in report.found.unreadable:
        warn(f"left as it is, no sound could be read: {path.name}")
    for missing in report.found.missing:
        warn(f"missing: {missing.name} ({missing.title})")
    document = _document(report, left)
    show(document, as_json=json_, human=lambda: _tell(document))


def _finish(context: typer.Context, stop: threading.Event) -> int:
    """Recover takes that were cut off, take the SHA-256 that are lacking, and write sidecars anew."""
    services = program_of(context).services
    recovered = services.recovery.run().recovered
    services.trash.settle()
    with suppress(Cancelled):  # the library stands; what is not read yet is read at the next start
        services.proving.run_pending(stop)
    services.sidecars.write_pending(stop)
    return len(recovered)


def _document(report: RebuildReport, recovered: int) -> dict[str, Any]:
    found = report.found
    return {
        "recordings": len(found.described) + len(found.adopted) + recovered,
        "from_sidecars": len(found.described),
        "adopted": len(found.adopted),
        "recovered": recovered,
        "missing": [{"title": missing.title, "name": missing.name} for missing in found.missing],
        "damaged_sidecars": [{"path": str(path), "reason": why} for path, why in found.damaged_sidecars],
        "unreadable": [str(path) for path in found.unreadable],
        "checked": CHECKED,
        "set_aside": str(report.set_aside) if report.set_aside else None,
    }


def _tell(document: dict[str, Any]) -> None:
    say(
        f"{document['recordings']} recordings: {document['from_sidecars']} as their sidecars say,"
        f" {document['adopted']} by their sound alone, {document['recovered']} cut off and recovered;"
        f" {len(document['missing'])} files missing."
    )
    say("Of the files the sizes were compared; 'voice-recorder verify' reads them all.")
    if document["set_aside"]:
        say(f"The library before is {document['set_aside']}.")
