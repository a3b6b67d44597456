"""The bar at the bottom: always there, always of one height."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.preflight import Verdict
from voice_recorder.domain.settings import Settings
from voice_recorder.domain.take import TakeSnapshot, TakeState
from voice_recorder.ui import phrases
from voice_recorder.ui.controls import IconButton, label, leading, set_kind
from voice_recorder.ui.language import tr
from voice_recorder.ui.meters import LevelMeter, LiveWaveform
from voice_recorder.ui.microphone_test import MicrophoneTest
from voice_recorder.ui.recorder_controls import DevicePicker, RecordButton, StatusLine, TitleField
from voice_recorder.ui.said import said
from voice_recorder.ui.stop_rule import StopRule
from voice_recorder.ui.take_control import TakeControl
from voice_recorder.ui.take_menu import TakeMenu
from voice_recorder.ui.take_words import STAYS_HERE, listening_words, ready_words, take_words
from voice_recorder.ui.theme import BAR_HEIGHT, TARGET, Space, Theme, Type, font, grown
from voice_recorder.ui.transfers_button import TransfersButton

if TYPE_CHECKING:
    from voice_recorder.audio.devices import InputDevice


CAN_BE_STEERED = (
    TakeState.RECORDING, TakeState.PAUSED, TakeState.WAITING_FOR_DEVICE, TakeState.WAITING_FOR_VOICE
)  # fmt: skip


class RecorderBar(QFrame):
    """Idle: device, a test, the time left. In a take: time, waveform, name, pause, marker, stop."""

    device_picked = Signal(str)
    setting_chosen = Signal(str, object)

    def __init__(self, theme: Theme, control: TakeControl, microphone: MicrophoneTest) -> None:
        super().__init__()
        self.setObjectName("recorder_bar")
        self.setFixedHeight(grown(BAR_HEIGHT))
        self._control = control
        self._microphone = microphone
        self._blocked = ""
        self._notice = ""
        self._said = ""
        self._context = ""
        self._single_keys = True
        self._has_inputs = True
        self._marked = 0
        self._goes = STAYS_HERE
        self._waits_for_voice = False
        self._listening_s = 0
        self._build(theme)
        self._connect()
        self.show_idle()

    def _build(self, theme: Theme) -> None:
        self.button = RecordButton(theme)
        self.options = IconButton(theme, "more", tr("How to record"))
        self.options.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self.menu = TakeMenu(self)
        self.options.setMenu(self.menu)
        self._elapsed = label("00:00")
        self._elapsed.setFont(font(Type.CLOCK, tabular=True))
        self._elapsed.setAlignment(leading())
        self._elapsed.setAccessibleName(tr("Elapsed time"))
        self._elapsed.setMinimumWidth(self._elapsed.fontMetrics().horizontalAdvance("0:00:00"))
        self.picker = DevicePicker()
        self.try_button = QPushButton(tr("Try the microphone"))
        self.try_button.setToolTip(tr("Listen for three seconds and say how it sounds"))
        self._meter = LevelMeter(theme)
        self._resting = LiveWaveform(theme)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._resting)
        self._middle.addWidget(_centred(self._meter))
        self.title = TitleField()
        self.title.setAccessibleName(tr("Name of this recording"))
        self.title.setPlaceholderText(tr("Name this recording"))
        self.title.setMinimumWidth(170)
        self.title.setMaximumWidth(240)
        self._wave = LiveWaveform(theme)
        self.pause = IconButton(theme, "pause", tr("Pause"))
        self.marker = IconButton(theme, "marker", tr("Add a marker"))
        self._pages = QStackedWidget()
        self._pages.addWidget(_line(self.picker, self.try_button, (self._middle, 1)))
        self._pages.addWidget(_line((self.title, 1), (self._wave, 3), self.pause, self.marker))
        self.status = StatusLine(theme)
        self._left = label(kind="muted", size=Type.SMALL)
        self._left.setFont(font(Type.SMALL, tabular=True))
        self._left.setAccessibleName(tr("Time left on this disk"))
        self.stop_listening = QPushButton(tr("Stop listening"))
        self.stop_listening.hide()
        self.transfers = TransfersButton(theme)
        layout = QGridLayout(self)
        layout.setContentsMargins(Space.XL, Space.M, Space.XL, Space.M)
        layout.setHorizontalSpacing(Space.L)
        layout.setVerticalSpacing(Space.XS)
        layout.addWidget(self.button, 0, 0, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.options, 0, 1, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._elapsed, 0, 2, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._pages, 0, 3)
        layout.addWidget(_line((self.status, 1), self.stop_listening, self.transfers, self._left), 1, 3)
        layout.setColumnStretch(3, 1)
        layout.setRowStretch(0, 1)
        layout.setRowMinimumHeight(1, grown(TARGET))  # the words stay where they are when the button comes

    def _connect(self) -> None:
        self.button.clicked.connect(self._control.toggle)
        self.try_button.clicked.connect(self._microphone.start)
        self.pause.clicked.connect(self._toggle_pause)
        self.marker.clicked.connect(self.add_marker)
        self.title.textEdited.connect(self._control.rename)
        self.picker.picked.connect(self.device_picked)
        self._control.starting.connect(self._on_starting)
        self._control.started.connect(self._on_started)
        self._control.polled.connect(self._on_polled)
        self._control.refused.connect(self._on_refused)
        self._control.ended.connect(self._on_ended)
        self._control.split.connect(self._on_split)
        self._control.listening_changed.connect(self._on_listening)
        self._control.rule_changed.connect(self._on_rule)
        self.menu.setting_chosen.connect(self.setting_chosen)
        self.menu.rule_chosen.connect(self._control.choose_rule)
        self.stop_listening.clicked.connect(self._stop_listening)
        self._microphone.started.connect(self._on_test_started)
        self._microphone.levels_changed.connect(self._meter.show_levels)
        self._microphone.ended.connect(self._on_test_ended)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(640, grown(BAR_HEIGHT))

    def show_idle(self) -> None:
        """No take: nothing moves."""
        self.button.show_stop(False)
        self._elapsed.setText("00:00")
        set_kind(self._elapsed, "muted")
        self._pages.setCurrentIndex(0)
        self.menu.show_taking(False)
        troubled = self._blocked or not self._has_inputs or (self._said and not self._microphone.in_order)
        self._say(self._blocked or self._said or self._ready(), caution=bool(troubled))

    def _ready(self) -> str:
        words = ready_words(
            single_keys=self._single_keys, has_inputs=self._has_inputs, where=self._goes,
            waits_for_voice=self._waits_for_voice,
        )  # fmt: skip
        if self._listening_s and self._has_inputs:
            words = listening_words(self._listening_s)
        rule = self._control.rule
        return words if rule is None else f"{rule.words} · {words}"

    def show_context(self, words: str) -> None:
        """Say what the take is for, that is to become part of a recording; nothing with empty ``words``."""
        self._context = words

    def show_settings(self, now: Settings) -> None:
        """Show how the next take goes."""
        self.menu.show_settings(now)
        self._waits_for_voice = now.take_voice_activated
        self._show_idle_unless_busy()

    @Slot(int)
    def _on_listening(self, seconds: int) -> None:
        self._listening_s = seconds
        self.stop_listening.setVisible(seconds > 0)
        self._show_idle_unless_busy()

    @Slot()
    def _stop_listening(self) -> None:
        self.setting_chosen.emit("take.pre_record_s", 0)

    @Slot(object)
    def _on_rule(self, rule: StopRule | None) -> None:
        self.menu.show_rule(rule)
        self._show_idle_unless_busy()

    @Slot(str)
    def _on_split(self, _recording_id: str) -> None:
        self.title.clearFocus()  # what is typed from now on would name the next one
        self._marked = 0

    def show_inputs(self, inputs: Sequence[InputDevice], chosen: str) -> None:
        """Offer these microphones, and say so when there is none."""
        self.picker.show_inputs(inputs, chosen)
        if bool(inputs) != self._has_inputs:
            self._has_inputs = bool(inputs)
            self._said = ""  # what a test has found is true no longer
            self._show_idle_unless_busy()

    def show_keys(self, record: str, marker: str) -> None:
        """Name the keys that record and mark, empty for none; the sentence speaks of the usual ones only."""
        self._single_keys = (record, marker) == ("R", "M")
        self.button.show_key(record)
        self.marker.name(tr("Add a marker"), marker)
        self._show_idle_unless_busy()

    def show_where_it_goes(self, words: str) -> None:
        """Say where a recording will be: on this computer only, or in a backup as well."""
        if words != self._goes:
            self._goes = words
            self._show_idle_unless_busy()

    @Slot(object, object)
    def show_preflight(self, verdict: Verdict | None, seconds: float | None) -> None:
        """Say how long one can record, and what stands against it."""
        self._left.setText("" if seconds is None else phrases.time_left(seconds))
        self._blocked = " ".join(map(said, verdict.reasons)) if verdict is not None else ""
        self._show_idle_unless_busy()

    def _show_idle_unless_busy(self) -> None:
        if not self._control.busy and not self._microphone.running:
            self.show_idle()

    @Slot()
    def add_marker(self) -> None:
        """Mark this moment of the take, and say so."""
        if self._control.add_marker():
            self._marked += 1

    def _say(self, words: str, *, caution: bool = False) -> None:
        set_kind(self.status, "caution" if caution else "muted")
        self.status.say(words)

    @Slot()
    def _toggle_pause(self) -> None:
        self._control.toggle_pause()

    @Slot()
    def _on_starting(self) -> None:
        self._microphone.give_up()
        self._said = self._notice = ""
        self._marked = 0
        self._say(tr("Opening the microphone…"))

    @Slot(str)
    def _on_started(self, _recording_id: str) -> None:
        self.button.show_stop(True)
        self.menu.show_taking(True)
        self.title.clear()
        self._wave.show_peaks((), live=True)
        self._pages.setCurrentIndex(1)

    @Slot(object)
    def _on_polled(self, snapshot: TakeSnapshot) -> None:
        live = snapshot.state is TakeState.RECORDING
        self._elapsed.setText(phrases.elapsed_clock(snapshot.elapsed_s))
        set_kind(self._elapsed, "" if live else "muted")
        self._wave.show_peaks(snapshot.recent_peaks, live=live)
        if not self.title.hasFocus() and self.title.text() != snapshot.title:
            self.title.setText(snapshot.title)
            self.title.setCursorPosition(0)
        paused = snapshot.state is TakeState.PAUSED
        self.pause.show_icon("mic" if paused else "pause")
        self.pause.name(tr("Go on recording") if paused else tr("Pause"))
        can = snapshot.state in CAN_BE_STEERED
        for button in (self.pause, self.marker):
            button.setEnabled(can)
        self._notice = snapshot.notice or self._notice
        words = take_words(snapshot, self._notice, self._marked)
        if self._context:
            rest = words.removeprefix(tr("Recording") + " · ")
            words = f"{self._context} · {rest}"
        self._say(words, caution=bool(snapshot.warnings or snapshot.notice))
        if snapshot.time_left_s is not None:
            self._left.setText(phrases.time_left(snapshot.time_left_s))

    @Slot(object)
    def _on_refused(self, _error: object) -> None:
        self.show_idle()

    @Slot(object, object, bool)
    def _on_ended(self, _snapshot: TakeSnapshot, _error: object, _asked: bool) -> None:
        self.title.clearFocus()
        self.show_idle()

    @Slot()
    def _on_test_started(self) -> None:
        self._meter.restart()
        self._middle.setCurrentIndex(1)
        self._say(tr("Say something: listening for three seconds…"))

    @Slot(str)
    def _on_test_ended(self, verdict: str) -> None:
        self._middle.setCurrentIndex(0)
        if not self._control.busy:
            self._said = verdict
            self.show_idle()


def _centred(widget: QWidget) -> QWidget:
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(widget, 1, Qt.AlignmentFlag.AlignVCenter)
    return holder


def _line(*parts: QWidget | tuple[QWidget, int]) -> QWidget:
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(Space.M)
    for part in parts:
        if isinstance(part, tuple):
            layout.addWidget(*part)
        else:
            layout.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
    return holder
