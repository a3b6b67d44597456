"""Commands on recordings: list, show, import, rename, delete, restore, trash."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voice_recorder.cli.documents import (
    attempt_documents,
    failed_document,
    history_documents,
    marker_documents,
    moment,
    recording_document,
)
from voice_recorder.cli.program import (
    Id,
    Ids,
    Json,
    Yes,
    as_text,
    complain,
    may_go_on,
    printable,
    report_error,
    say,
    services_of,
    show,
    show_results,
    size_words,
)
from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.library_query import LibraryQuery, Sort
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import SyncState, SyncStatus
from voice_recorder.services import Services

_MOST = 2**63 - 1  # what SQLite can count to

trash_app = typer.Typer(no_args_is_help=True, help="What was deleted.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("list")(list_)
    app.command("show")(show_)
    app.command("import")(import_)
    app.command("rename")(rename)
    app.command("delete")(delete)
    app.command("restore")(restore)
    app.add_typer(trash_app, name="trash")


def _day(name: str, words: str) -> Any:
    return typer.Option(name, formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=words)


def list_(
    context: typer.Context,
    search: Annotated[
        str, typer.Option(help="Words in title, notes, tags or names of markers.", callback=as_text)
    ] = "",
    state: Annotated[RecordingState | None, typer.Option(help="Only those in this state.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only those with this tag; may be repeated.", callback=as_text)
    ] = None,
    folder: Annotated[
        str | None, typer.Option(help="Only those in this folder; '' for none.", callback=as_text)
    ] = None,
    sort: Annotated[Sort, typer.Option(help="In which order.")] = Sort.NEWEST,
    from_: Annotated[datetime | None, _day("--from", "Made on this day or later.")] = None,
    until: Annotated[datetime | None, _day("--until", "Made on this day or before.")] = None,
    longer: Annotated[float | None, typer.Option(min=0, help="Longer than so many seconds.")] = None,
    shorter: Annotated[float | None, typer.Option(min=0, help="Shorter than so many seconds.")] = None,
    limit: Annotated[int, typer.Option(min=0, max=_MOST, help="At most so many.")] = 50,
    offset: Annotated[int, typer.Option(min=0, max=_MOST, help="Leave out so many first.")] = 0,
    json_: Json = False,
) -> None:
    """List recordings, newest first unless told otherwise."""
    services = services_of(context)
    library, cached = services.library, services.fetching.cached
    query = LibraryQuery(
        search=search, state=state, sort=sort, tags=tuple(tag or ()), folder=folder,
        made_from=from_.date() if from_ else None, made_until=until.date() if until else None,
        longer_than_s=longer, shorter_than_s=shorter,
    )  # fmt: skip
    page = library.page(query, limit, offset)

    def human() -> None:
        table = Table("Id", "Title", "Made", "Length", "Size", "State", "Backup")
        for recording in page.recordings:
            table.add_row(*_row(recording))
        Console().print(table)
        say(f"{len(page.recordings)} of {page.total}")

    document = {
        "recordings": [recording_document(r, library, cached) for r in page.recordings],
        "total": page.total,
    }
    show(document, as_json=json_, human=human)


def _row(recording: Recording) -> tuple[str, ...]:
    minutes, seconds = divmod(round(recording.duration_s), 60)
    title = escape(printable(recording.title))
    return (
        recording.id[:8], title, f"{recording.local_time:%Y-%m-%d %H:%M}",
        f"{minutes}:{seconds:02}", in_mb(recording.size_bytes), recording.state.value,
        recording.sync.state.replace("_", " "),
    )  # fmt: skip


def show_(context: typer.Context, recording_id: Id, json_: Json = False) -> None:
    """Show one recording with its markers and history; the history also of one that is gone."""
    services = services_of(context)
    library = services.library
    try:
        recording = library.get(recording_id)
    except NotFound as error:
        history = history_documents(library.history(recording_id))
        code = report_error(error, as_json=json_, **({"history": history} if history else {}))
        raise typer.Exit(code) from None
    document = recording_document(recording, library, services.fetching.cached)
    document["markers"] = marker_documents(library.markers(recording.id), recording)
    document["history"] = history_documents(library.history(recording.id))
    document["attempts"] = attempt_documents(services.sync_log.attempts(recording.id))

    def human() -> None:
        for name in ("title", "id", "created_at", "state", "duration_s", "format", "sha256", "path"):
            say(f"{name:12} {document[name]}")
        say(f"{'backup':12} {_backup_words(recording.sync)}")
        for entry in document["history"]:
            say(f"{entry['at']}  {entry['kind']}  {entry['detail']}".rstrip())

    show(document, as_json=json_, human=human)


def _backup_words(sync: SyncStatus) -> str:
    """How the backup of a recording stands, for people."""
    if not sync.place:
        return "off: no provider is chosen"
    where = f"{_BACKUP_WORDS[sync.state]} ({sync.place})"
    if sync.state is SyncState.BACKED_UP and sync.verified_at and sync.compressed_size_bytes:
        size = size_words(sync.compressed_size_bytes)
        kind = "as it is" if sync.lossless else "compressed"
        return f"{where}, {kind}, {size}, verified {moment(sync.verified_at)}"
    if sync.state is SyncState.UPLOADING and sync.bytes_total:
        return f"{where}, {size_words(sync.bytes_sent or 0)} of {size_words(sync.bytes_total)}"
    next_try = f" Next try {moment(sync.next_attempt_at)}." if sync.next_attempt_at else ""
    return f"{where}: {sync.error}{next_try}" if sync.error else where


_BACKUP_WORDS = {
    SyncState.OFF: "not backed up",
    SyncState.QUEUED: "waits in the queue",
    SyncState.COMPRESSING: "is being compressed",
    SyncState.UPLOADING: "is being sent",
    SyncState.VERIFYING: "is being verified",
    SyncState.BACKED_UP: "backed up",
    SyncState.FAILED: "failed",
    SyncState.REMOVED: "removed from the cloud",
}


def import_(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Files and folders of audio.", readable=False)
    ],
    json_: Json = False,
) -> None:
    """Take copies of audio files into the library."""
    services = services_of(context)
    report = services.importing.run(paths)
    library, cached = services.library, services.fetching.cached
    document: dict[str, Any] = {
        "recordings": [recording_document(r, library, cached) for r in report.recordings],
        "duplicates": [
            {"path": str(d.path), "recording": recording_document(d.recording, library, cached)}
            for d in report.duplicates
        ],
        "failed": [failed_document(path, error) for path, error in report.failed],
    }
    for _, error in report.failed:
        complain(error)

    def human() -> None:
        for recording in report.recordings:
            say(f"{recording.id[:8]}  {recording.title}")
        say(
            f"{len(report.recordings)} imported, {len(report.duplicates)} there already,"
            f" {len(report.failed)} failed"
        )
        if report.described:
            say(f"Titles and dates of {report.described} came from the older library.")

    show(document, as_json=json_, human=human)
    if report.failed:
        raise typer.Exit(1)


def rename(
    context: typer.Context,
    recording_id: Id,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The new name.", callback=as_text)],
    json_: Json = False,
) -> None:
    """Give a recording another title."""
    services = services_of(context)
    recording = services.library.rename(recording_id, title)
    document = recording_document(recording, services.library, services.fetching.cached)
    show(document, as_json=json_, human=lambda: say(recording.title))


def delete(context: typer.Context, ids: Ids, json_: Json = False) -> None:
    """Put recordings into the trash, where they stay for 30 days."""
    show_results(services_of(context).trash.delete(ids), as_json=json_)


def restore(context: typer.Context, ids: Ids, json_: Json = False) -> None:
    """Take recordings out of the trash."""
    show_results(services_of(context).trash.restore(ids), as_json=json_)


@trash_app.command("empty")
def empty_trash(context: typer.Context, yes: Yes = False, json_: Json = False) -> None:
    """Delete for ever what is in the trash."""
    services = services_of(context)
    if may_go_on(_emptying_question(services), yes=yes):
        show_results(services.trash.empty(), as_json=json_)
    else:
        show_results([], as_json=json_)


def _emptying_question(services: Services) -> str:
    """Ask whether the trash is to be emptied, and say what happens to the cloud copies."""
    question = "Delete all that is in the trash for ever?"
    if not services.settings.current.cloud_provider:
        return question
    if services.settings.current.cloud_delete_copies:
        return f"{question} Its cloud copies are deleted, too."
    return f"{question} Its cloud copies stay."
