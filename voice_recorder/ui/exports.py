"""Exporting from the window: the dialog, the errand, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.batch_words import reasons_words
from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import clock
from voice_recorder.ui.show_in_folder import show_file
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.domain.edit_list import Second
    from voice_recorder.services import Services
    from voice_recorder.services.exporting import ExportResult
    from voice_recorder.ui.export_dialog import ExportPlan

SHOWN_REASONS = 5


class Exports(QObject):
    """Writes recordings as files of their own, where somebody wants them."""

    failed = Signal(object)
    written = Signal(str, object)
    """What was written, and a function that shows it in its folder."""

    def __init__(self, services: Services, lanes: Lanes, errands: ErrandStrip, over: QWidget) -> None:
        super().__init__(over)
        self._services = services
        self._lanes = lanes
        self._errands = errands
        self._over = over

    def ask(
        self,
        ids: Sequence[str],
        title: str = "",
        start_s: Second | None = None,
        end_s: Second | None = None,
    ) -> None:
        """Ask how to export these, or of one called ``title`` what is heard between two places; and do so."""
        if not ids:
            return
        from voice_recorder.ui.export_dialog import ExportDialog

        now = self._services.settings.current
        part = ""
        if start_s is not None and end_s is not None:
            part = tr("from {start} to {end}", start=clock(float(start_s)), end=clock(float(end_s)))
        dialog = ExportDialog(
            len(ids), title, now.export_format, now.export_folder, self._over.window(), part=part
        )

        def decided(plan: ExportPlan) -> None:
            self._remember(plan)
            self.run(ids, plan, start_s, end_s)

        dialog.decided.connect(decided)
        dialog.open()

    def run(
        self,
        ids: Sequence[str],
        plan: ExportPlan,
        start_s: Second | None = None,
        end_s: Second | None = None,
    ) -> None:
        """Export as it was decided."""
        wanted = list(ids)

        def work(cancel: threading.Event, report: Progress) -> list[ExportResult]:
            def tell(done_ms: int, total_ms: int, title: str) -> None:  # days of sound: too many for Qt's int
                report(1000 * done_ms // max(1, total_ms), 1000, title)

            exporting = self._services.exporting
            return exporting.run(wanted, plan.format, plan.folder, cancel, tell, start_s, end_s)

        self._errands.run(tr("Exporting"), work, lambda results: self._on_done(results, plan.folder))

    def _remember(self, plan: ExportPlan) -> None:
        chosen = {"export.format": plan.format.value, "export.folder": str(plan.folder)}

        def keep() -> None:
            for key, value in chosen.items():
                self._services.settings.set(key, value)

        self._lanes.edits.post(plain(keep), None, self.failed.emit)

    def _on_done(self, results: Sequence[ExportResult] | None, folder: Path) -> None:
        if results is None:  # it was cancelled before it began
            return
        paths = [result.path for result in results if result.path is not None]
        errors = list(dict.fromkeys(str(result.error) for result in results if not result.ok))
        failed = len(results) - len(paths)
        if errors:
            values = {"failed": f"{failed:,}", "asked": f"{len(results):,}"}
            title = tr("{failed} of {asked} could not be exported:", **values)
            self.failed.emit(VoiceRecorderError(title, "\n" + reasons_words(errors, SHOWN_REASONS)))
        if paths:
            name = folder.name or str(folder)
            words = tr("%n recording(s) exported to “{folder}”.", "", len(paths), folder=name)
            self.written.emit(words, lambda: show_file(paths[0], self._lanes.machine, self.failed.emit))
