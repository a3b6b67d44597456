"""What a person sees while recordings are sent: bars at a terminal, else a line for each."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

from voice_recorder.cli.program import printable, say, size_words
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services.activity import Activity

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Look = Callable[[Sequence[Activity], int], None]
"""Takes what is under way, and how many entries are still to be backed up."""
_TITLE_LENGTH = 40


@contextmanager
def progress_shown(total: int, *, as_json: bool) -> Iterator[Look]:
    """Show how ``total`` entries are sent."""
    if as_json:
        yield lambda _activities, _left: None
    elif sys.stdout.isatty():
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        with Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[now]}"), auto_refresh=False, transient=True,
        ) as progress:  # fmt: skip
            yield _Bars(progress, total).look
    else:
        yield _Lines().look


class _Lines:
    def __init__(self) -> None:
        self._said: set[str] = set()

    def look(self, activities: Sequence[Activity], _left: int) -> None:
        for activity in activities:
            if activity.transfer_id not in self._said:
                self._said.add(activity.transfer_id)
                say(f"sending {activity.title}")


class _Bars:
    def __init__(self, progress: "Progress", total: int) -> None:
        self._progress = progress
        self._all = progress.add_task("All", total=total, now="")
        self._total = total
        self._tasks: dict[str, TaskID] = {}

    def look(self, activities: Sequence[Activity], left: int) -> None:
        self._total = max(self._total, left)
        done = self._total - left
        self._progress.update(self._all, total=self._total, completed=done, now=f"{done} of {self._total}")
        there = {activity.transfer_id for activity in activities}
        for transfer_id in [known for known in self._tasks if known not in there]:
            self._progress.remove_task(self._tasks.pop(transfer_id))
        for activity in activities:
            if activity.transfer_id not in self._tasks:
                title = escape(printable(activity.title)[:_TITLE_LENGTH])
                self._tasks[activity.transfer_id] = self._progress.add_task(title, total=1.0, now="")
            self._progress.update(
                self._tasks[activity.transfer_id], completed=activity.share, now=_pace(activity)
            )
        self._progress.refresh()


def _pace(activity: Activity) -> str:
    if activity.state is not TransferState.UPLOADING or not activity.bytes_per_s:
        return str(activity.state)
    of_all = f"{size_words(activity.done)} of {size_words(activity.total)}"
    return f"{of_all}, {size_words(activity.bytes_per_s)}/s, {activity.left_s or 0:.0f} s left"
