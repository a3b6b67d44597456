"""The part of a lane that lives in its thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from voice_recorder.domain.errors import Cancelled, VoiceRecorderError

Progress = Callable[[int, int, str], None]
Work = Callable[[threading.Event, Progress], Any]


@dataclass(eq=False)
class Job:
    """One call of a plain function, and what to do with what comes of it.

    The callbacks are called in the thread of the lane's owner, never in the worker's. ``finished`` gets the
    result, or None when the work was cancelled; without ``failed``, errors go to the lane's ``failed``.
    """

    work: Work
    finished: Callable[[Any], None] | None = None
    failed: Callable[[VoiceRecorderError], None] | None = None
    progressed: Callable[[int, int, str], None] | None = None
    cancel: threading.Event = field(default_factory=threading.Event)


class Worker(QObject):
    """Runs jobs one after the other in the thread that it was moved to. It has no parent."""

    finished = Signal(object, object)
    failed = Signal(object, object)
    progressed = Signal(object, object, object, str)  # an int of Qt ends at 2 GB
    broke = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.last: Callable[[], None] | None = None

    @Slot()
    def end(self) -> None:
        """Do the last thing and end the thread, after all jobs that were asked for before."""
        if self.last is not None:
            self.last()
        self.thread().quit()

    @Slot(object)
    def run(self, job: Job) -> None:
        """Do ``job`` unless it was cancelled while it waited. A bug goes on to ``sys.excepthook``."""

        def report(done: int, total: int, text: str) -> None:
            self.progressed.emit(job, done, total, text)

        ended = False
        try:
            result = None if job.cancel.is_set() else job.work(job.cancel, report)
            self.finished.emit(job, result)
            ended = True
        except VoiceRecorderError as error:
            self.failed.emit(job, error)
            ended = True
        except Cancelled:
            self.finished.emit(job, None)
            ended = True
        finally:
            if not ended:
                self.broke.emit(job)
