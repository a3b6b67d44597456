"""What goes to the cloud: everything that is under way or waits, why nothing moves, and how to change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from voice_recorder.domain.transfers import TransferState
from voice_recorder.services.queue_state import QueueState
from voice_recorder.storage.sync_log import Alert
from voice_recorder.ui.backup_words import place_words
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.controls import EmptyState, IconButton, label, pad, row
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said
from voice_recorder.ui.theme import Space, Theme, Type
from voice_recorder.ui.transfer_words import counts_words, why_nothing_moves
from voice_recorder.ui.transfers_list import TransfersList
from voice_recorder.ui.transfers_model import TransfersModel
from voice_recorder.workers.cloud_worker import CloudWork

if TYPE_CHECKING:
    from voice_recorder.services.activity import Activity

ROWS = 200
WAITS_SHOWN_EVERY_MS = 1_000


class TransfersPanel(QDialog):
    """Stays open beside the window; reads nothing while it is closed."""

    settings_asked = Signal()

    def __init__(self, theme: Theme, work: CloudWork, actions: CloudActions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Transfers"))
        self.resize(QSize(620, 480))
        self.setMinimumSize(440, 320)
        self._theme = theme
        self._work = work
        self._actions = actions
        self._alerts: tuple[Alert, ...] = ()
        self.model = TransfersModel()
        self.list = TransfersList(theme, self.model)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(WAITS_SHOWN_EVERY_MS)
        self._timer.timeout.connect(self._show_reason)
        self._connect()

    def _build(self) -> None:
        self._counts = label(size=Type.HEADING, wrap=True)
        self._where = label(kind="muted", size=Type.SMALL, wrap=True)
        self._reason = label(kind="caution", wrap=True)
        self._reason.setAccessibleName(tr("Why nothing is sent"))
        self.pause = QPushButton(tr("Pause all"))
        self.pause.setAutoDefault(False)
        self.retry_failed = QPushButton(tr("Retry all failed"))
        self.retry_failed.setAutoDefault(False)
        self._alert_box = QVBoxLayout()
        self._alert_box.setSpacing(Space.S)
        self.empty = EmptyState(self._theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        self._more = label(kind="muted", size=Type.SMALL)
        self.retry = QPushButton(tr("Retry"))
        self.cancel = QPushButton(tr("Cancel sending"))
        self.close_button = QPushButton(tr("Close"))
        for button in (self.retry, self.cancel, self.close_button):
            button.setAutoDefault(False)
        words = QVBoxLayout()
        words.setSpacing(Space.XS)
        words.addWidget(self._counts)
        words.addWidget(self._where)
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addLayout(words, 1)
        top.addWidget(self.retry_failed, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.pause, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        layout.setSpacing(Space.M)
        layout.addLayout(top)
        layout.addWidget(self._reason)
        layout.addLayout(self._alert_box)
        layout.addWidget(self._stack, 1)
        layout.addWidget(row(self._more, None, self.retry, self.cancel, self.close_button))

    def _connect(self) -> None:
        self._work.state_changed.connect(self.show_state)
        self._work.activity_changed.connect(self.show_activities)
        self.pause.clicked.connect(self._on_pause)
        self.retry_failed.clicked.connect(self._actions.retry_failed)
        self.retry.clicked.connect(self._on_retry)
        self.cancel.clicked.connect(self._on_cancel)
        self.close_button.clicked.connect(self.close)
        self.list.cancel_asked.connect(self._actions.cancel)
        self.list.retry_asked.connect(self._actions.send)
        self.list.selectionModel().selectionChanged.connect(self._show_buttons)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._work.want_rows(ROWS)
        self.show_state(self._work.state)
        self._timer.start()
        self.list.setFocus()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._work.want_rows(0)

    @Slot(object)
    def show_state(self, state: QueueState) -> None:
        """Show how the queue stands."""
        if not self.isVisible():
            return
        self.model.show_activities(self._work.activities)
        self.model.show_rows(state.rows)
        self.pause.setText(tr("Resume") if state.paused else tr("Pause all"))
        self.pause.setVisible(bool(state.place))
        more = sum(state.counts.values()) - len(state.rows)
        self._more.setText(tr("And %n more", "", more) if more > 0 else "")
        self._show_alerts(state.alerts)
        self._show_empty(state)
        self._show_head()
        self._show_buttons()

    @Slot(object, object)
    def show_activities(self, activities: Sequence[Activity], _downloads: object) -> None:
        """Let the rows move."""
        if self.isVisible():
            self.model.show_activities(activities)
            self._show_head()

    def _show_head(self) -> None:
        state = self._work.state
        self._counts.setText(
            counts_words(state, len(self._work.activities) or state.under_way) or tr("Transfers")
        )
        self._where.setText(tr("To {place}.", place=place_words(state.place)) if state.place else "")
        self._show_reason()

    @Slot()
    def _show_reason(self) -> None:
        state = self._work.state
        moving = len(self._work.activities) or state.under_way
        reason = why_nothing_moves(state, moving, self._actions.obstacle)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self.list.viewport().update()

    def _show_empty(self, state: QueueState) -> None:
        self._stack.setCurrentWidget(self.list if state.rows or state.waiting else self.empty)
        if not state.place:
            nowhere = tr("Backup is off: recordings stay on this computer only.")
            self.empty.present("cloud-off", nowhere, tr("Set up backup"), self.settings_asked.emit)
        else:
            self.empty.present("cloud-tick", tr("Nothing waits to be sent."))

    @Slot()
    def _show_buttons(self) -> None:
        lines = self.list.selected_lines()
        self.cancel.setEnabled(bool(lines))
        self.retry.setEnabled(any(line.can_retry for line in lines))
        state = self._work.state
        self.retry_failed.setVisible(bool(state.count(TransferState.FAILED, TransferState.REMOVED)))

    def _show_alerts(self, alerts: tuple[Alert, ...]) -> None:
        if alerts == self._alerts:
            return
        self._alerts = alerts
        while (item := self._alert_box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for alert in alerts:
            self._alert_box.addWidget(self._alert_row(alert))

    def _alert_row(self, alert: Alert) -> QFrame:
        frame = QFrame()
        frame.setObjectName("alert")
        words = label(said(alert.words), wrap=True)
        words.setAccessibleName(tr("Alert"))
        clear = IconButton(self._theme, "close", tr("Clear this alert"), size=16)
        clear.clicked.connect(lambda: self._actions.clear_alert(alert.kind))
        layout = QHBoxLayout(frame)
        pad(layout, Space.M, Space.XS, Space.XS, Space.XS)
        layout.addWidget(words, 1)
        layout.addWidget(clear, 0, Qt.AlignmentFlag.AlignTop)
        return frame

    @Slot()
    def _on_pause(self) -> None:
        self._actions.pause(not self._work.state.paused)

    @Slot()
    def _on_retry(self) -> None:
        self._actions.send(self.list.selected_ids())

    @Slot()
    def _on_cancel(self) -> None:
        self._actions.cancel(self.list.selected_ids())
