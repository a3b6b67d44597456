"""Commands about the program and the machine: formats, health, status, metrics, settings."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from voice_recorder.audio import ffmpeg
from voice_recorder.audio.encoder import m4a_available
from voice_recorder.cli.documents import moment, verdict_document
from voice_recorder.cli.program import Json, as_text, printable, say, services_of, show, size_words
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import ConfigurationError
from voice_recorder.domain.settings import Declaration, declaration, declarations, value_of
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import UNDER_WAY, TransferState
from voice_recorder.services import Services
from voice_recorder.services.autostart import Autostart
from voice_recorder.services.backlog import is_in_hand
from voice_recorder.services.queue_state import QueueState, read_queue
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.queue_rows import QueueRow
from voice_recorder.storage.settings_file import SettingsFile

_MOST_SHOWN = 200
AT_LOGIN = "appearance.start_at_login"
settings_app = typer.Typer(no_args_is_help=True, help="Every setting.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("formats")(formats)
    app.command("health")(health)
    app.command("status")(status)
    app.command("metrics")(metrics)
    app.add_typer(settings_app, name="settings")


# What Voice Recorder reads: (name, kinds of file, whether ffmpeg is needed).
_READ = (
    ("wav", "WAV, RF64", False), ("flac", "FLAC", False), ("mp3", "MP3", False),
    ("ogg", "Ogg Vorbis", False), ("opus", "Ogg Opus", False), ("aiff", "AIFF", False),
    ("m4a", "M4A, AAC", True), ("mp4", "the sound of MP4 and MOV", True), ("webm", "the sound of WebM", True),
)  # fmt: skip


def formats(context: typer.Context, json_: Json = False) -> None:
    """Show which formats are read and written, the limits, and whether ffmpeg is there."""
    has_ffmpeg = ffmpeg.is_present()
    choices = declarations()
    document = {
        "read": [
            {"format": name, "files": files, "needs_ffmpeg": needs, "available": has_ffmpeg or not needs}
            for name, files, needs in _READ
        ],
        "write": [
            {
                "format": "wav",
                "sample_rates_hz": list(choices["audio.sample_rate_hz"].choices or ()),
                "bit_depths": list(choices["audio.bit_depth"].choices or ()),
                "channels": list(choices["audio.channels"].choices or ()),
            },
            *_copy_formats(),
        ],
        "limits": {"max_import_mb": StorageConfig.from_environment().max_import_mb},
        "ffmpeg": has_ffmpeg,
    }

    def human() -> None:
        for name, files, needs in _READ:
            missing = needs and not has_ffmpeg
            say(f"{name:5} {files}{'  (install ffmpeg to read it)' if missing else ''}")
        say("Recordings are WAV (RF64 beyond 4 GB).")
        for copy in _copy_formats():
            missing_words = "" if copy["available"] else f" ({copy['reason']})"
            say(f"{copy['format']:8} for cloud copies{missing_words}")

    show(document, as_json=json_, human=human)


def _copy_formats() -> list[dict[str, Any]]:
    """What copies can be sent as."""
    has_m4a, reason = m4a_available()
    return [
        {
            "format": send_as.value,
            "for": "cloud copies",
            "lossless": send_as.is_lossless,
            "available": send_as is not SendAs.M4A or has_m4a,
            "reason": reason or None if send_as is SendAs.M4A else None,
        }
        for send_as in SendAs
    ]


def health(context: typer.Context, json_: Json = False) -> None:
    """Say whether a take may start now; exit code 3 when not."""
    preflight = services_of(context).preflight
    verdict = preflight.refresh()
    document = verdict_document(verdict, preflight.time_left_s())

    def human() -> None:
        say(f"{verdict.status.value}: room for {document['time_left_s'] // 60} minutes of sound")
        for reason in verdict.reasons:
            say(reason)

    show(document, as_json=json_, human=human)
    if verdict.blocked:
        raise typer.Exit(3)


def status(context: typer.Context, json_: Json = False) -> None:
    """Show running takes, what is still to be proved, and the queue to the cloud."""
    services = services_of(context)
    library = services.library
    unfinished = library.in_state(MasterState.RECORDING)
    running = [recording for recording in unfinished if services.recovery.is_owned(recording.id)]
    cut_off = [recording for recording in unfinished if recording not in running]
    unproved = library.unproved()
    queue = read_queue(services, rows=_MOST_SHOWN)
    under_way = [row for row in queue.rows if row.state in UNDER_WAY]
    at_work = [row for row in under_way if is_in_hand(services, row.transfer_id)]
    document = {
        **_backup_document(services, queue, running=len(at_work)),
        "activity": [_activity(row) for row in at_work],
        "takes": [{"id": r.id, "title": r.title, "created_at": moment(r.created_at)} for r in running],
        "cut_off": [recording.id for recording in cut_off],
        "unproved": [recording.id for recording in unproved],
    }

    def human() -> None:
        _tell_backup(document)
        for recording in running:
            say(f"recording: {recording.title}")
        if cut_off:
            say(f"Cut off: {len(cut_off)}; 'voice-recorder recover' brings them back.")
        if unproved:
            say(f"Still to be proved: {len(unproved)}.")

    show(document, as_json=json_, human=human)


def _backup_document(services: Services, queue: QueueState, *, running: int) -> dict[str, Any]:
    """The provider and its queue; an entry whose process died waits like any other."""
    return {
        "provider": queue.place.partition(":")[0] or services.settings.current.cloud_provider or None,
        "place": queue.place or None,
        "paused": services.sync.paused,
        "halted": queue.halted or _unusable(services) or None,
        "queue": {
            "queued": queue.count(TransferState.QUEUED) + queue.under_way - running,
            "running": running,
            "failed": queue.count(TransferState.FAILED),
            "removed": queue.count(TransferState.REMOVED),
            "backed_up": services.transfers.counts(queue.place)[TransferState.BACKED_UP],
        },
    }


def _unusable(services: Services) -> str:
    """Why the provider that is chosen cannot be used, as far as is known without asking it."""
    try:
        _ = services.providers.chosen
    except ConfigurationError as error:
        return str(error)
    return ""


def _activity(row: QueueRow) -> dict[str, Any]:
    return {
        "id": row.recording_id, "title": row.title, "state": row.state.value,
        "bytes_sent": row.sent_bytes, "bytes_total": row.total_bytes or None,
    }  # fmt: skip


def _tell_backup(document: dict[str, Any]) -> None:
    if document["provider"] is None:
        say("Backup is off: no provider is chosen.")
        return
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in document["queue"].items())
    say(f"Copies go to {document['place'] or document['provider']}: {counts}.")
    if document["paused"]:
        say("Sending is paused; 'voice-recorder resume' goes on.")
    if document["halted"]:
        say(document["halted"])
    for row in document["activity"]:
        of_all = f" of {size_words(row['bytes_total'])}" if row["bytes_total"] else ""
        say(f"{row['state']}: {row['title']}, {size_words(row['bytes_sent'])}{of_all}")


def metrics(context: typer.Context, json_: Json = False) -> None:
    """Print the figures of the dashboard."""
    figures = services_of(context).metrics.collect()

    def human() -> None:
        for name, value in _named(figures):
            say(f"{name}: {value}")

    show(figures, as_json=json_, human=human)


def _named(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each figure under its full name, the lists (by day, by week) left to ``--json``."""
    for key, value in figures.items():
        if isinstance(value, dict):
            yield from _named(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield f"{prefix}{key}", "not known yet" if value is None else str(value)


Key = Annotated[str, typer.Argument(metavar="KEY", help="A setting, as in audio.channels.")]


@settings_app.command("list")
def list_settings(json_: Json = False) -> None:
    """List every setting with its value and meaning."""
    file = _settings_file()
    found = [_setting(d, file) for d in declarations().values()]

    def human() -> None:
        table = Table("Setting", "Value", "Meaning")
        for setting in found:
            table.add_row(setting["key"], printable(str(setting["value"])), setting["text"])
        Console().print(table)

    show({"settings": found}, as_json=json_, human=human)


@settings_app.command("get")
def get_setting(key: Key, json_: Json = False) -> None:
    """Print one setting."""
    setting = _setting(declaration(key), _settings_file())
    show(setting, as_json=json_, human=lambda: say(_written(setting["value"])))


@settings_app.command("set")
def set_setting(
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Its new value.", callback=as_text)],
    json_: Json = False,
) -> None:
    """Change one setting."""
    file = _settings_file()
    parsed = declaration(key).parse(value)
    file.set(key, parsed)
    if key == AT_LOGIN:
        Autostart().apply(bool(parsed))
    setting = _setting(declaration(key), file)
    show(setting, as_json=json_, human=lambda: say(f"{key} = {_written(setting['value'])}"))


def _settings_file() -> SettingsFile:
    return SettingsFile(StorageConfig.from_environment().settings_path)


def _setting(declared: Declaration, file: SettingsFile) -> dict[str, Any]:
    described = asdict(declared)
    del described["name"]
    described["type"] = declared.type.__name__
    described["choices"] = list(declared.choices) if declared.choices else None
    described["value"] = value_of(file.current, declared.key)
    described["is_set"] = file.is_set(declared.key)
    return described


def _written(value: bool | int | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
