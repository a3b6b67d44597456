"""Jobs of a widget that may be gone before they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Job, Work


class Jobs:
    """Posts jobs and can make sure that nothing is called back, which a widget needs when it goes."""

    def __init__(self) -> None:
        self._jobs: set[Job] = set()

    def post(
        self,
        lane: Lane,
        work: Work,
        finished: Callable[[Any], None],
        failed: Callable[[VoiceRecorderError], None],
        progressed: Callable[[int, int, str], None] | None = None,
    ) -> Job:
        """As ``Lane.post``."""

        def end(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def ended(result: Any) -> None:
                self._jobs.discard(job)
                then(result)

            return ended

        job = lane.post(work, end(finished), end(failed), progressed)
        self._jobs.add(job)
        return job

    def drop(self, job: Job, *, cancel: bool = True) -> None:
        """Hear no more of a job; without ``cancel`` it is done all the same."""
        self._jobs.discard(job)
        job.finished = job.failed = _ignore
        job.progressed = None
        if cancel:
            job.cancel.set()

    def drop_all(self) -> None:
        """Cancel all jobs and hear no more of them."""
        for job in list(self._jobs):
            self.drop(job)


def _ignore(_result: object) -> None:
    """Nobody waits for it any more."""
