"""Long work that somebody waits for, with progress, Cancel and a report in plain words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.batch_words import SHOWN_REASONS, reasons_words
from voice_recorder.ui.controls import ElidedLabel
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import joined
from voice_recorder.ui.theme import Space
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Job, Progress, Work

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.importing import ImportReport
    from voice_recorder.services.recovery import RecoveryReport
    from voice_recorder.services.verifying import VerifyReport


class ErrandStrip(QFrame):
    """A line with progress and Cancel, shown while an errand runs. Errands wait for each other."""

    reported = Signal(str, bool)
    """The report, and whether all went well."""
    library_changed = Signal()
    failed = Signal(object)

    def __init__(self, services: Services, lane: Lane) -> None:
        super().__init__()
        self.setObjectName("errands")
        self._services = services
        self._lane = lane
        self._jobs: list[Job] = []
        self._cancelled = False
        self._text = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(220)
        self._bar.setAccessibleName(tr("Progress"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.S, Space.L, Space.S)
        layout.setSpacing(Space.L)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._bar)
        layout.addWidget(self.cancel)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether an errand runs or waits."""
        return bool(self._jobs)

    def import_files(self, paths: Sequence[Path]) -> None:
        """Import files and folders."""

        def work(cancel: threading.Event, report: Progress) -> Any:
            return self._services.importing.run(list(paths), cancel, report)

        self.run(tr("Importing"), work, self._on_imported)

    @Slot()
    def verify(self) -> None:
        """Read every file again and compare it with what is known of it."""

        def work(cancel: threading.Event, report: Progress) -> Any:
            return self._services.verifying.run(None, cancel, report)

        self.run(tr("Verifying the library"), work, self._on_verified)

    @override
    def hideEvent(self, event: Any) -> None:
        self._bar.reset()
        super().hideEvent(event)

    def run(
        self, name: str, work: Work, finished: Callable[[Any], None], *, cancellable: bool = True
    ) -> None:
        """Do ``work``, called ``name``; ``finished`` gets its result, or None when it was cancelled.

        Without ``cancellable`` there is no Cancel: ``work`` is all or nothing.
        """
        self._text.say(f"{name}…")
        self._bar.setRange(0, 0)
        self.cancel.setEnabled(True)
        self.cancel.setVisible(cancellable)
        self.show()

        def done(result: Any) -> None:
            self._cancelled = job.cancel.is_set()
            self._end()
            finished(result)

        def progressed(at: int, total: int, text: str) -> None:
            if not job.cancel.is_set():
                self._bar.setRange(0, total)
                self._bar.setValue(at)
                self._text.say(f"{name}: {text}" if text else f"{name}…")

        job = self._lane.post(work, done, self._on_failed, progressed)
        self._jobs.append(job)

    @Slot()
    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._text.say(tr("Cancelling…"))
        for job in self._jobs:
            job.cancel.set()

    def _end(self) -> None:
        self._jobs.pop(0)
        if not self._jobs:
            self.hide()
        self.library_changed.emit()

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._end()
        self.failed.emit(error)

    def _on_imported(self, report: ImportReport | None) -> None:
        self.reported.emit(*import_words(report, cancelled=self._cancelled))

    def _on_verified(self, report: VerifyReport | None) -> None:
        self.reported.emit(*verify_words(report, cancelled=self._cancelled))


def import_words(report: ImportReport | None, *, cancelled: bool) -> tuple[str, bool]:
    """What an import did, and whether all went well. ``report`` is None when nothing was begun."""
    if report is None:
        return tr("The import was cancelled; nothing was imported."), True
    parts = [tr("%n recording(s) imported.", "", len(report.recordings))]
    if (number := len(report.duplicates)) == 1:
        parts.append(tr("1 file was in the library already."))
    elif number:
        parts.append(tr("%n files were in the library already.", "", number))
    if report.described:
        parts.append(tr("Titles and dates of %n came from the older library.", "", report.described))
    if cancelled:
        parts.append(tr("The rest was cancelled."))
    if report.failed:
        lines = reasons_words([str(error) for _path, error in report.failed], SHOWN_REASONS)
        failed = tr("%n file(s) could not be imported:", "", len(report.failed))
        parts.append(f"{failed}\n{lines}")
    return " ".join(parts), not report.failed


def verify_words(report: VerifyReport | None, *, cancelled: bool) -> tuple[str, bool]:
    """What verifying found, and whether all is well. ``report`` is None when it was cancelled."""
    if report is None or cancelled:
        return tr("Verifying was cancelled; what was checked until then is in the histories."), True
    words = [tr("%n file(s) checked and as recorded.", "", report.checked)]
    if report.unknown:
        words.append(tr("%n file(s) in the folder not known to the library.", "", len(report.unknown)))
    kinds = (
        (tr("Missing"), report.missing), (tr("Changed"), report.changed), (tr("Damaged"), report.damaged),
    )  # fmt: skip
    problems = [f"{kind}: {found.title} ({found.path.name})" for kind, list_ in kinds for found in list_]
    if problems:
        words.append("\n".join((tr("Look after these:"), joined(problems))))
    return " ".join(words), report.is_sound


def recovered_words(report: RecoveryReport) -> str:
    """What was put together again."""
    number = len(report.recovered)
    titles = ", ".join(tr("“{title}”", title=recording.title) for recording in report.recovered[:3])
    titles += " …" if number > 3 else "."
    if number == 1:
        return tr("A recording that was cut off was recovered: {titles}", titles=titles)
    return tr("%n recordings that were cut off were recovered: {titles}", "", number, titles=titles)
