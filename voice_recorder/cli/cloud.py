"""Commands on cloud copies: sync, retry, pause, resume, cancel, analyze, link, fetch, free."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

import typer

from voice_recorder.cli.documents import error_document, moment
from voice_recorder.cli.program import (
    Id,
    Ids,
    Json,
    as_text,
    complain,
    run_aside,
    say,
    services_of,
    show,
    show_results,
    size_words,
    stop_on_signals,
)
from voice_recorder.cli.syncing import SyncJob, found_among, show_dry_run
from voice_recorder.domain.compression import Advice
from voice_recorder.domain.errors import Cancelled, VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.services import Services
from voice_recorder.services.links import DEFAULT_LIFE_S, LONGEST_LIFE_S

SomeIds = Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Only these.", callback=as_text)]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (sync, retry, pause, resume, cancel, analyze, link, fetch, free):
        app.command(command.__name__)(command)


def sync(
    context: typer.Context,
    ids: SomeIds = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with new recordings until Ctrl-C.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
    json_: Json = False,
) -> None:
    """Send every recording without a verified copy; exit code 1 when something is left."""
    services = services_of(context)
    if dry_run:
        show_dry_run(services, ids, as_json=json_)
        return
    job = SyncJob(services, ids, as_json=json_)
    job.prove()
    job.queue(services.sync.queue)
    job.reconcile()
    job.send(watch=watch)
    job.show(watched=watch)


def retry(context: typer.Context, ids: SomeIds = None, json_: Json = False) -> None:
    """Try at once what failed, send again what was removed there, and go on as 'sync' does."""
    services = services_of(context)
    job = SyncJob(services, ids, as_json=json_)
    job.prove()
    job.queue(services.sync.retry)
    job.send()
    job.show()


def pause(context: typer.Context, json_: Json = False) -> None:
    """Send nothing until 'resume', in no process."""
    services_of(context).sync.pause()
    show({"paused": True}, as_json=json_, human=lambda: say("Sending is paused."))


def resume(context: typer.Context, json_: Json = False) -> None:
    """Let sending go on."""
    services_of(context).sync.resume()
    show(
        {"paused": False}, as_json=json_, human=lambda: say("Sending goes on, in the window or with 'sync'.")
    )


def cancel(context: typer.Context, ids: Ids, json_: Json = False) -> None:
    """Take recordings out of the queue; what is backed up stays so."""
    services = services_of(context)
    found, unknown = found_among(services, ids)
    services.sync.cancel(found)
    show_results([*(ItemResult(found_id, True) for found_id in found), *unknown], as_json=json_)


def analyze(context: typer.Context, ids: Ids, json_: Json = False) -> None:
    """Say what compressing recordings would save."""
    services = services_of(context)
    found, unknown = found_among(services, ids)
    results: list[dict[str, Any]] = [_advice(services, services.library.get(found_id)) for found_id in found]
    for result in unknown:
        if result.error:
            complain(result.error)
            results.append({"id": result.id, "ok": False, "error": error_document(result.error)})

    def human() -> None:
        for result in results:
            if result["ok"]:
                say(
                    f"{result['id'][:8]}  {result['current_format']}, {size_words(result['current_size'])}:"
                    f" {result['recommended_format']}, about {size_words(result['estimated_size'])}"
                )

    show({"results": results}, as_json=json_, human=human)
    if unknown:
        raise typer.Exit(1)


def _advice(services: Services, recording: Recording) -> dict[str, Any]:
    """What is worth doing with a recording; of several masters the first one names the formats."""
    parts = [services.compressing.advice(master) for master in recording.masters]
    current = sum(part.current_size for part in parts)
    estimated = sum(part.estimated_size for part in parts)
    advice = Advice(
        parts[0].current_format, current, parts[0].recommended_format, estimated,
        current / estimated if estimated else 1.0, sum(part.estimated_time_minutes for part in parts),
    )  # fmt: skip
    return {"id": recording.id, "ok": True, "error": None, **asdict(advice)}


def link(
    context: typer.Context,
    recording_id: Id,
    expires: Annotated[
        int, typer.Option(min=1, max=LONGEST_LIFE_S, help="Seconds until it ends, at most seven days.")
    ] = DEFAULT_LIFE_S,
    json_: Json = False,
) -> None:
    """Make a link that anybody can open for a while."""
    services = services_of(context)
    recording = services.library.get(recording_id)
    made = services.links.make(recording.id, expires)
    document = {"id": recording.id, "url": made.url, "expires_at": moment(made.expires_at)}
    show(document, as_json=json_, human=lambda: say(made.url))


def fetch(context: typer.Context, ids: Ids, json_: Json = False) -> None:
    """Bring the audio of recordings back from the cloud, proved before it counts."""
    services = services_of(context)
    _work_on(ids, services.fetching.fetch, as_json=json_)


def free(context: typer.Context, ids: Ids, json_: Json = False) -> None:
    """Remove local audio whose cloud copy is proved anew, byte by byte."""
    services = services_of(context)
    _work_on(ids, services.freeing.free, as_json=json_)


def _work_on(ids: Sequence[str], work: Callable[..., list[ItemResult]], *, as_json: bool) -> None:
    """Do ``work(ids, cancel, progress)``; a signal ends it after what was done until then."""
    stop = stop_on_signals()
    done: list[ItemResult] = []
    with suppress(Cancelled):
        done = run_aside(lambda: work(ids, stop), stop)
    rest = VoiceRecorderError("Stopped before its turn.", "Nothing of it was changed.")
    show_results([*done, *(ItemResult(left, False, rest) for left in ids[len(done) :])], as_json=as_json)
