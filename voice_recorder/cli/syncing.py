"""What sync and retry have in common: recordings are queued, sent, and reported one by one."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voice_recorder.cli.documents import error_document
from voice_recorder.cli.program import (
    complain,
    one_line,
    printable,
    run_aside,
    say,
    show,
    size_words,
    stop_on_signals,
    warn,
)
from voice_recorder.cli.progress import progress_shown
from voice_recorder.domain.errors import (
    Cancelled,
    CloudError,
    NotFound,
    SecretsUnavailable,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.transfers import PENDING, SyncState
from voice_recorder.services import Services
from voice_recorder.services.backlog import Outlook, not_backed_up, outlook
from voice_recorder.services.transferring import SyncReport

_COUNT_EVERY_S = 1.0
_QUEUE_EVERY_S = 2.0
_RECONCILE_EVERY_S = 600.0


def found_among(services: Services, ids: Sequence[str]) -> tuple[list[str], list[ItemResult]]:
    """The whole ids of the recordings that are there, and what is wrong with the others."""
    found, unknown = [], []
    for recording_id in ids:
        try:
            found.append(services.library.get(recording_id).id)
        except NotFound as error:
            unknown.append(ItemResult(recording_id, False, error))
    return list(dict.fromkeys(found)), unknown


class SyncJob:
    """One ``sync`` or ``retry``: of the recordings with these ids, or of all."""

    def __init__(self, services: Services, ids: Sequence[str] | None, *, as_json: bool) -> None:
        """NoProvider, ConfigurationError."""
        services.providers.required()
        self._services = services
        self._as_json = as_json
        self._stop = stop_on_signals()
        self._ids: list[str] | None = None
        self._unknown: list[ItemResult] = []
        if ids:
            self._ids, self._unknown = found_among(services, ids)
        self._concerned: list[str] = []
        self._warnings: list[VoiceRecorderError] = []
        self._queued = 0
        self._report = SyncReport()

    def prove(self) -> None:
        """Take the SHA-256 of what has none yet: only those masters are sent."""
        proving = self._services.proving
        for only in [None] if self._ids is None else self._ids:
            with suppress(Cancelled):
                run_aside(partial(proving.run_pending, self._stop, only=only), self._stop)

    def queue(self, enqueue: Callable[[Sequence[str] | None], int]) -> None:
        """Put what is not backed up into the queue."""
        self._queued = enqueue(self._ids)
        self._concerned = not_backed_up(self._services) if self._ids is None else self._ids

    def reconcile(self) -> None:
        """Learn what was removed in the cloud; that cannot be done is said, and no reason not to send.

        It belongs after ``queue``: what it finds removed is left alone in this run.
        """
        services, place = self._services, self._services.providers.place()
        if not services.proofs.count(place) and not services.proofs.removals(place, 1, sessions=False):
            return
        try:
            run_aside(lambda: services.reconciling.run(self._stop), self._stop)
        except (CloudError, SecretsUnavailable) as error:
            self._warnings.append(error)
        except Cancelled:
            return

    def send(self, *, watch: bool = False) -> None:
        """Work the queue off, or go on until a signal comes. As ``Sync.run``."""
        if not self._concerned and not watch:
            return
        sync = self._services.sync
        with progress_shown(self._left(), as_json=self._as_json) as look:
            watched = _Watched(self._services, self._stop, self._ids) if watch else None
            counted = _Slowly(self._left, _COUNT_EVERY_S)

            def tick() -> None:
                look(sync.activities(), counted())
                if watched:
                    watched.look()

            try:
                self._report = run_aside(lambda: sync.run(self._stop, watch=watch), self._stop, tick)
            except Cancelled:
                self._report = SyncReport()
            finally:
                if watched:
                    watched.close()
        if self._stop.is_set() and not self._report.stopped_by:
            self._report.stopped_by = "Sending was stopped by a signal."
        elif watch and not self._stop.is_set():
            self._report.stopped_by = "Another provider was chosen."

    def show(self, *, watched: bool = False) -> None:
        """Print what came of it; exit code 1 when something is left, unless it was only watched."""
        ids = self._ids
        if ids is None:
            ids = list(dict.fromkeys([*self._concerned, *not_backed_up(self._services)]))
        found, gone = found_among(self._services, ids)
        documents = [self._document(self._services.library.get(recording_id)) for recording_id in found]
        missing = [*self._unknown, *(gone if self._ids is not None else [])]
        documents += [
            {"id": r.id, "ok": False, "state": None, "error": error_document(r.error)}
            for r in missing if r.error
        ]  # fmt: skip
        left = [document for document in documents if not document["ok"]]
        document = {
            "queued": self._queued,
            "done": self._report.done,
            "failed": self._report.failed,
            "left": len(left),
            "sent_bytes": self._report.sent_bytes,
            "stopped_by": self._report.stopped_by or None,
            "results": documents,
        }
        reasons = [" ".join(f"{d['error']['title']} {d['error']['detail']}".split()) for d in left]
        for sentence in dict.fromkeys([*reasons, *map(one_line, self._warnings)]):
            warn(sentence)
        show(document, as_json=self._as_json, human=lambda: _tell(document))
        if left and not watched:
            raise typer.Exit(1)

    def _document(self, recording: Recording) -> dict[str, Any]:
        state = recording.sync.state
        ok = state is SyncState.BACKED_UP
        return {
            "id": recording.id,
            "ok": ok,
            "state": state.value,
            "error": None if ok else self._reason(recording),
        }

    def _reason(self, recording: Recording) -> dict[str, str]:
        """Why a recording is not backed up after the run."""
        sync = recording.sync
        if sync.error:
            return {"kind": sync.error_kind, "title": sync.error, "detail": ""}
        obstacle = outlook(self._services, recording).obstacle
        waits = CloudError(self._report.stopped_by or "It waits in the queue, and is sent the next time.")
        return error_document(obstacle or waits)

    def _left(self) -> int:
        counts = self._services.transfers.counts(self._services.providers.place())
        return sum(counts[state] for state in PENDING)


class _Slowly:
    """A figure that is asked for often and looked up seldom."""

    def __init__(self, ask: Callable[[], int], every_s: float) -> None:
        self._ask, self._every_s = ask, every_s
        self._asked_at = float("-inf")
        self._known = 0

    def __call__(self) -> int:
        if time.monotonic() - self._asked_at >= self._every_s:
            self._asked_at = time.monotonic()
            with suppress(StorageError):  # a busy database is no reason to stop sending
                self._known = self._ask()
        return self._known


class _Watched:
    """What ``--watch`` does beside sending: queues what has appeared, and looks at what was removed."""

    def __init__(self, services: Services, stop: threading.Event, ids: Sequence[str] | None) -> None:
        self._services = services
        self._stop = stop
        self._ids = ids
        self._changes = services.library.watch()
        self._queued_at = self._reconciled_at = time.monotonic()
        self._said: set[str] = set()

    def look(self) -> None:
        """Do what is due."""
        self._say(self._services.sync.obstacle)
        now = time.monotonic()
        if now - self._queued_at >= _QUEUE_EVERY_S and self._changes.changed():
            self._queued_at = now
            self._try(self._queue)
        if now - self._reconciled_at >= _RECONCILE_EVERY_S:
            self._reconciled_at = now
            threading.Thread(target=self._try, args=(self._reconcile,), daemon=True).start()

    def close(self) -> None:
        """Look at nothing any more."""
        self._changes.close()

    def _queue(self) -> None:
        self._services.sync.queue_new()
        self._services.sync.queue(self._ids, again=False)

    def _reconcile(self) -> None:
        with suppress(Cancelled):
            self._services.reconciling.run(self._stop)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except VoiceRecorderError as error:  # the next time may be better; what is sent is not concerned
            self._say(one_line(error))

    def _say(self, sentence: str) -> None:
        if sentence and sentence not in self._said:
            self._said.add(sentence)
            warn(sentence)


def _tell(document: dict[str, Any]) -> None:
    if not document["results"]:
        say("All of it is backed up.")
        return
    say(
        f"{document['done']} sent ({size_words(document['sent_bytes'])}), {document['failed']} failed,"
        f" {document['left']} not backed up."
    )


def show_dry_run(services: Services, ids: Sequence[str] | None, *, as_json: bool) -> None:
    """Print what a sync would send, and what it could not; exit code 1 for ids that are not there."""
    services.providers.required()
    wanted, unknown = found_among(services, ids) if ids else (not_backed_up(services), [])
    outlooks = [outlook(services, services.library.get(recording_id)) for recording_id in wanted]
    sent = [o for o in outlooks if o.send_as]
    document = {
        "dry_run": True,
        "recordings": [_sent_document(o) for o in sent],
        "size_bytes": sum(o.size_bytes for o in sent),
        "estimated_bytes": sum(o.estimated_bytes for o in sent),
        "cannot_be_sent": [
            *({"id": o.recording.id, "error": error_document(o.obstacle)} for o in outlooks if o.obstacle),
            *({"id": r.id, "error": error_document(r.error)} for r in unknown if r.error),
        ],
    }
    for result in unknown:
        if result.error:
            complain(result.error)

    def human() -> None:
        table = Table("Id", "Title", "Size", "Sent as", "About")
        for o in sent:
            title = escape(printable(o.recording.title))
            formats = ", ".join(dict.fromkeys(o.send_as))
            table.add_row(
                o.recording.id[:8], title, size_words(o.size_bytes), formats, size_words(o.estimated_bytes)
            )
        Console().print(table)
        for o in outlooks:
            if o.obstacle:
                say(str(o.obstacle))
        say(f"{len(sent)} recordings, about {size_words(sum(o.estimated_bytes for o in sent))} to send.")

    show(document, as_json=as_json, human=human)
    if unknown:
        raise typer.Exit(1)


def _sent_document(found: Outlook) -> dict[str, Any]:
    return {
        "id": found.recording.id,
        "title": found.recording.title,
        "size_bytes": found.size_bytes,
        "send_as": [send_as.value for send_as in found.send_as],
        "estimated_bytes": found.estimated_bytes,
    }
