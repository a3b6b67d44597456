"""Commands that keep recordings safe: verify, recover, cleanup, backup."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from voice_recorder.cli.documents import failed_document, moment, recording_document
from voice_recorder.cli.program import Json, as_text, complain, program_of, say, services_of, show, warn
from voice_recorder.domain.preflight import in_mb
from voice_recorder.services.returning import return_to
from voice_recorder.services.verifying import Finding
from voice_recorder.storage.backups import list_backups, make_backup
from voice_recorder.storage.paths import StorageConfig

backup_app = typer.Typer(no_args_is_help=True, help="Copies of the library's database.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("verify")(verify)
    app.command("recover")(recover)
    app.command("cleanup")(cleanup)
    app.add_typer(backup_app, name="backup")


def verify(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="Only these.", callback=as_text)
    ] = None,
    json_: Json = False,
) -> None:
    """Read every master again and compare it with its SHA-256."""
    report = services_of(context).verifying.run(ids or None)
    kinds = {"missing": report.missing, "changed": report.changed, "damaged": report.damaged}
    for kind, findings in kinds.items():
        for finding in findings:
            warn(f"{kind}: {finding.path.name} ({finding.title})")
    document: dict[str, Any] = {
        "ok": report.is_sound,
        "checked": report.checked,
        **{kind: [_finding(f) for f in findings] for kind, findings in kinds.items()},
        "unknown": [str(path) for path in report.unknown],
    }

    def human() -> None:
        for path in report.unknown:
            say(f"unknown: {path.name}")
        say(f"{report.checked} as they were")

    show(document, as_json=json_, human=human)
    if not report.is_sound:
        raise typer.Exit(1)


def _finding(finding: Finding) -> dict[str, str]:
    return {"id": finding.recording_id, "title": finding.title, "path": str(finding.path)}


def recover(context: typer.Context, json_: Json = False) -> None:
    """Find takes that a crash cut off and make them recordings."""
    services = services_of(context)
    report = services.recovery.run()
    services.trash.settle()
    services.proving.run_pending()
    library = services.library
    recovered = [library.get(recording.id) for recording in report.recovered]
    for path, error in report.failed:
        warn(path.name)
        complain(error)
    document = {
        "recovered": [recording_document(recording, library) for recording in recovered],
        "empty": report.empty,
        "running": report.running,
        "failed": [failed_document(path, error) for path, error in report.failed],
    }

    def human() -> None:
        for recording in recovered:
            say(f"{recording.id[:8]}  {recording.title}  {recording.duration_s:.1f} s")
        say(f"{len(recovered)} recovered")

    show(document, as_json=json_, human=human)


def cleanup(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go.")] = False,
    json_: Json = False,
) -> None:
    """Remove leftovers: unfinished and unneeded files, and what has been in the trash for 30 days."""
    report = services_of(context).cleanup.run(dry_run=dry_run)
    for path, error in report.failed:
        warn(str(path))
        complain(error)
    document = {
        "dry_run": dry_run,
        "removed": [asdict(removed) for removed in report.removed],
        "freed_bytes": report.freed_bytes,
        "failed": [failed_document(path, error) for path, error in report.failed],
        "waiting": report.waiting,
    }

    def human() -> None:
        for removed in report.removed:
            say(f"{removed.path}  {removed.size_bytes} bytes  {removed.why}")
        say(f"{len(report.removed)} {'would go' if dry_run else 'removed'}, {in_mb(report.freed_bytes)}")
        if report.waiting:
            say(
                f"Past their date in the trash: {report.waiting}. They stay until the clock is known to be"
                " right; clean up again within a week."
            )

    show(document, as_json=json_, human=human)
    if report.failed:
        raise typer.Exit(1)


@backup_app.command("make")
def make(context: typer.Context, json_: Json = False) -> None:
    """Copy the database now."""
    config = services_of(context).config
    backup = make_backup(config.database_path, config.backups_path)
    show({"backup": _backup(backup)}, as_json=json_, human=lambda: say(backup.name))


@backup_app.command("list")
def list_(context: typer.Context, json_: Json = False) -> None:
    """List the copies, newest first."""
    backups = list_backups(StorageConfig.from_environment().backups_path)

    def human() -> None:
        for backup in backups:
            say(f"{backup.name}  {backup.made_at:%Y-%m-%d %H:%M}  {backup.size_bytes} bytes")

    show({"backups": [_backup(backup) for backup in backups]}, as_json=json_, human=human)


@backup_app.command("restore")
def restore(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from 'backup list'.", callback=as_text)],
    json_: Json = False,
) -> None:
    """Go back to a copy; recordings made since are kept, and the present database is set aside."""
    report = return_to(StorageConfig.from_environment(), name)
    services = program_of(context).services
    services.proving.run_pending()
    document = {
        "backup": _backup(report.backup),
        "set_aside": str(report.set_aside),
        "carried_over": report.carried_over,
        "adopted": report.adopted,
    }
    show(
        document,
        as_json=json_,
        human=lambda: say(
            f"Back at {report.backup.name}; {report.carried_over} later recordings carried over,"
            f" {report.adopted} found by their files. The library before is {report.set_aside}."
        ),
    )


def _backup(backup: Any) -> dict[str, Any]:
    return {**asdict(backup), "path": str(backup.path), "made_at": moment(backup.made_at)}
