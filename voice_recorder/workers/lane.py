"""A thread in which plain functions run one after the other."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.words import tr
from voice_recorder.workers.worker import Job, Progress, Work, Worker


def plain(function: Callable[..., Any], *arguments: Any) -> Work:
    """A function that neither reports progress nor can be cancelled, as the work of a job."""

    def work(_cancel: threading.Event, _report: Progress) -> Any:
        return function(*arguments)

    return work


class Lane(QObject):
    """Owns a QThread and the worker in it. To be used in the thread in which it was made.

    At the end, one that ``finishes`` does what was asked of it before; another cancels it.

    Results come back by queued signals to this object's slots, which call the job's callbacks; so a callback
    may be anything, also a lambda, and always runs in the owner's thread.
    """

    failed = Signal(object)
    _requested = Signal(object)
    _ending = Signal()

    def __init__(self, name: str, *, finishes: bool = False) -> None:
        super().__init__()
        self._finishes = finishes
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._worker = Worker()
        self._worker.moveToThread(self._thread)
        self._requested.connect(self._worker.run)
        self._ending.connect(self._worker.end)
        self._worker.finished.connect(self._on_finished)
        self._worker.failed.connect(self._on_failed)
        self._worker.progressed.connect(self._on_progressed)
        self._worker.broke.connect(self._on_broke)
        self._jobs: set[Job] = set()
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a job is running or waiting."""
        return bool(self._jobs)

    def post(
        self,
        work: Work,
        finished: Callable[[Any], None] | None = None,
        failed: Callable[[VoiceRecorderError], None] | None = None,
        progressed: Callable[[int, int, str], None] | None = None,
    ) -> Job:
        """Queue ``work``; it is done when the jobs before it are."""
        job = Job(work, finished, failed, progressed)
        self._jobs.add(job)
        self._requested.emit(job)
        return job

    def do_last(self, last: Callable[[], None]) -> None:
        """Have ``last`` called in the thread before it ends, to give back what belongs to it."""
        self._worker.last = last

    def ask_to_stop(self) -> None:
        """Let the thread end, jobs first cancelled or finished; nothing is called back any more."""
        if not self._finishes:
            for job in self._jobs:
                job.cancel.set()
        self._jobs.clear()
        self._ending.emit()

    def wait(self, timeout_ms: int) -> bool:
        """Whether the thread has ended within ``timeout_ms``, after ``ask_to_stop``."""
        return self._thread.wait(timeout_ms)

    def abandon(self) -> None:
        """Keep a thread that would not end alive until the process goes; destroying it would abort."""
        _abandoned.append((self._thread, self._worker))

    @Slot(object, object)
    def _on_finished(self, job: Job, result: object) -> None:
        if self._drop(job) and job.finished is not None:
            job.finished(result)

    @Slot(object, object)
    def _on_failed(self, job: Job, error: VoiceRecorderError) -> None:
        if not self._drop(job):
            return
        if job.failed is not None:
            job.failed(error)
        else:
            self.failed.emit(error)

    @Slot(object, object, object, str)
    def _on_progressed(self, job: Job, done: int, total: int, text: str) -> None:
        if job in self._jobs and job.progressed is not None:
            job.progressed(done, total, text)

    @Slot(object)
    def _on_broke(self, job: Job) -> None:
        if self._drop(job) and job.failed is not None:
            job.failed(
                VoiceRecorderError(
                    tr("That did not work."), tr("Something unexpected happened; the log has the details.")
                )
            )

    def _drop(self, job: Job) -> bool:
        known = job in self._jobs
        self._jobs.discard(job)
        return known

    @override
    def __repr__(self) -> str:
        return f"<Lane {self._thread.objectName()}: {len(self._jobs)} jobs>"


_abandoned: list[tuple[QThread, Worker]] = []
