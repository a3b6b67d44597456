"""Offers to back up what was recorded before the provider was chosen, after saying how much that is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QProgressBar, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from voice_recorder.domain.errors import Cancelled, VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.storage.transfer_rows import SENDABLE
from voice_recorder.ui.controls import label, row, set_kind
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import megabytes
from voice_recorder.ui.provider_words import breakable
from voice_recorder.ui.said import said
from voice_recorder.ui.theme import Space, Type
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services

WIDTH = 460
_AT_ONCE = 500


@dataclass(frozen=True)
class Estimate:
    """What backing up the whole library would send. ``unready`` recordings cannot be sent now."""

    recordings: int = 0
    unready: int = 0
    size_bytes: int = 0
    sent_bytes: int = 0


def estimate(services: Services, cancel: threading.Event, report: Progress) -> Estimate:
    """Count what has no proved copy where copies go now; nothing is changed. Cancelled, StorageError."""
    recordings = unready = size_bytes = sent_bytes = at = 0
    query = LibraryQuery(Shelf.NOT_BACKED_UP)
    while True:
        page = services.library.page(query, _AT_ONCE, at)
        for recording in page.recordings:
            masters = _to_send(services, recording)
            recordings += bool(masters)
            unready += not masters
            size_bytes += sum(master.size_bytes for master in masters)
            sent_bytes += sum(_sent_bytes(services, master) for master in masters)
        at += len(page.recordings)
        if cancel.is_set():
            raise Cancelled
        report(at, page.total, "")
        if len(page.recordings) < _AT_ONCE:
            return Estimate(recordings, unready, size_bytes, sent_bytes)


def _to_send(services: Services, recording: Recording) -> list[Master]:
    masters = [m for m in recording.masters if m.state in SENDABLE and m.sha256]
    if len(recording.masters) == 1:
        return masters
    place = recording.sync.place or services.providers.place()
    return [m for m in masters if services.proofs.of_master(m.id, place) is None]


def _sent_bytes(services: Services, master: Master) -> int:
    seconds = max(master.duration_s, 0.001)
    send_as = services.compressing.format_for(master)
    return round(send_as.estimated_bps(master.channels, master.size_bytes * 8 / seconds) * seconds / 8)


def estimate_words(found: Estimate, where: str) -> tuple[str, str]:
    """What there is to back up, and more about it."""
    unready = ""
    if found.unready:
        unready = tr(
            "%n recording(s) cannot be sent now: the audio is not here, or is still being checked.",
            "",
            found.unready,
        )
    if not found.recordings:
        everything = tr("Everything you have is at {place} already, or will be.", place=where)
        return tr("There is nothing to send yet."), unready or everything
    sizes = tr(
        "They take {here} here; about {there} will be sent.",
        here=megabytes(found.size_bytes), there=megabytes(found.sent_bytes),
    )  # fmt: skip
    goes_on = tr("It goes on in the background, also after a restart, and can be paused at any time.")
    return (
        tr("Back up %n earlier recording(s), too?", "", found.recordings),
        "\n".join(filter(None, [f"{sizes} {goes_on}", unready])),
    )


class BackupOffer(QDialog):
    """Asks whether all earlier recordings are to be sent as well. Closing it means: only new ones."""

    answered = Signal(str)
    """What will happen now, in words."""

    def __init__(self, services: Services, lanes: Lanes, where: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Back up the library"))
        self._services = services
        self._lanes = lanes
        self._where = where
        self.heading = label(tr("Looking at the library…"), size=Type.HEADING, wrap=True)
        self.text = label(tr("How much there is to back up."), kind="muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Counting the recordings"))
        automatic = services.settings.current.sync_automatically
        self.only_new = QPushButton(tr("Only new recordings") if automatic else tr("Not now"))
        self.only_new.clicked.connect(self.reject)
        self.all = QPushButton(tr("Back up all"))
        self.all.setProperty("kind", "primary")
        self.all.clicked.connect(self._back_up)
        self.all.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        layout.setSpacing(Space.M)
        layout.addWidget(self.heading)
        layout.addWidget(self.text)
        layout.addWidget(self._bar)
        layout.addStretch(1)
        layout.addSpacing(Space.S)
        layout.addWidget(row(None, self.only_new, self.all))
        self._fit()

        def count(cancel: threading.Event, report: Progress) -> Estimate:
            return estimate(services, cancel, report)

        self._found = Estimate()
        self._jobs = Jobs()
        self._job = self._jobs.post(lanes.cloud, count, self._on_counted, self._on_failed, self._on_progress)
        self._counting = True

    def _on_progress(self, done: int, total: int, _text: str) -> None:
        self._bar.setRange(0, max(1, total))
        self._bar.setValue(done)

    def _on_counted(self, found: Estimate) -> None:
        self._counting = False
        self._found = found
        heading, text = estimate_words(found, self._where)
        self._say(heading, text)
        if found.recordings:
            self.all.show()
            self.all.setDefault(True)
            self.all.setFocus()
        else:
            self.only_new.setText(tr("Done"))

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._counting = False
        self._say(said(error.title), said(error.detail), caution=True)
        self.only_new.setEnabled(True)
        self.all.setEnabled(True)
        self.all.show()

    def _say(self, heading: str, text: str, *, caution: bool = False) -> None:
        self._bar.hide()
        self.heading.setText(heading)
        self.text.setText(breakable(text))
        set_kind(self.heading, "caution" if caution else "")
        self.setAccessibleDescription(f"{heading} {text}")
        self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.setFixedSize(WIDTH, layout.totalHeightForWidth(WIDTH))

    @Slot()
    def _back_up(self) -> None:
        self.all.setEnabled(False)
        self.only_new.setEnabled(False)
        queue = plain(self._services.sync.queue)
        self._job = self._jobs.post(self._lanes.edits, queue, self._on_queued, self._on_failed)

    def _on_queued(self, number: int) -> None:
        number = max(number, self._found.recordings)
        told = tr("%n recording(s) will be sent to {place}.", "", number, place=self._where)
        self.answered.emit(told)
        self.accept()

    @override
    def done(self, result: int) -> None:
        """End; what was asked for is done all the same."""
        self._jobs.drop(self._job, cancel=self._counting)
        super().done(result)
