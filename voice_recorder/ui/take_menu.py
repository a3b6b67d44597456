"""The menu beside Record: how the next take goes, and when it ends by itself."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from voice_recorder.domain.settings import Settings
from voice_recorder.ui.language import tr
from voice_recorder.ui.stop_rule import StopRule, StopTimeDialog, length_words

SPLIT_MINUTES = (15, 30, 60, 120)
SILENCE_S = 10
STOP_MINUTES = (5, 15, 30, 60, 120)
SECONDS_BEFORE = (5, 10, 15, 30, 60)


class TakeMenu(QMenu):
    """Tells what was chosen; what holds is shown by ``show_settings`` and ``show_rule``."""

    setting_chosen = Signal(str, object)
    rule_chosen = Signal(object)
    settings_asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._owner = parent
        self._rule: StopRule | None = None
        self._voice = self._checkable(self, tr("Record only while somebody speaks"))
        self._voice.triggered.connect(self._on_voice)
        self._before = self._choice(tr("Keep what was said before Record"))
        self._split = self._choice(tr("Go on in a new recording"))
        self._silence = self._checkable(self._split, "")
        self._stop = self._choice(tr("Stop by itself"))
        self._stop.aboutToShow.connect(self._fill_stop)
        self.addSeparator()
        self.addAction(tr("Recording settings…")).triggered.connect(self._on_settings)
        self.dialog: StopTimeDialog | None = None
        self.show_settings(Settings())
        self._fill_stop()

    def show_settings(self, now: Settings) -> None:
        """Tick what the settings say."""
        self._voice.setChecked(now.take_voice_activated)
        off = tr("Off")
        seconds = {0: off, **{s: tr("{seconds} s", seconds=s) for s in SECONDS_BEFORE}}
        self._fill(self._before, "take.pre_record_s", seconds, now.take_pre_record_s, tr("{n} s"))
        self._before.setEnabled(not now.take_voice_activated)
        minutes = {
            0: tr("Never by length"),
            **{m: tr("Every {length}", length=length_words(m)) for m in SPLIT_MINUTES},
        }
        self._fill(self._split, "take.split_min", minutes, now.take_split_min, tr("Every {n} min"))
        self._split.addSeparator()
        silence_s = now.take_split_silence_s
        self._silence = self._checkable(
            self._split, tr("At a silence of {seconds} s", seconds=silence_s or SILENCE_S)
        )
        self._silence.setChecked(silence_s > 0)
        self._silence.triggered.connect(self._on_silence)

    def show_rule(self, rule: StopRule | None) -> None:
        """Tick when the take ends by itself, the next time that the menu is opened."""
        self._rule = rule

    @Slot()
    def _fill_stop(self) -> None:
        self._stop.clear()
        group = QActionGroup(self._stop)
        rules: list[StopRule | None] = [None, *(StopRule(minutes) for minutes in STOP_MINUTES)]
        if self._rule not in rules:
            rules.append(self._rule)
        for offered in rules:
            action = self._checkable(self._stop, tr("Never") if offered is None else offered.words)
            action.setActionGroup(group)
            action.setData(offered)
            action.setChecked(offered == self._rule)
        self._stop.addSeparator()
        self._stop.addAction(tr("At a time of day…")).triggered.connect(self._ask_for_time)
        group.triggered.connect(self._on_rule)

    def show_taking(self, taking: bool) -> None:
        """While a take runs only its end can be chosen; the rest is for the next one."""
        for part in (self._voice, self._before.menuAction(), self._split.menuAction()):
            part.setEnabled(not taking)

    def _choice(self, text: str) -> QMenu:
        menu = self.addMenu(text)
        menu.setToolTipsVisible(True)
        return menu

    @staticmethod
    def _checkable(menu: QMenu, text: str) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        return action

    def _fill(self, menu: QMenu, key: str, offers: dict[int, str], value: int, other: str) -> None:
        menu.clear()
        group = QActionGroup(menu)
        if value not in offers:
            offers[value] = other.format(n=value)
        for offered, words in offers.items():
            action = self._checkable(menu, words)
            action.setActionGroup(group)
            action.setData((key, offered))
            action.setChecked(offered == value)
        group.triggered.connect(self._on_choice)

    @Slot(QAction)
    def _on_choice(self, action: QAction) -> None:
        self.setting_chosen.emit(*action.data())

    @Slot(bool)
    def _on_voice(self, checked: bool) -> None:
        self.setting_chosen.emit("take.voice_activated", checked)

    @Slot(bool)
    def _on_silence(self, checked: bool) -> None:
        self.setting_chosen.emit("take.split_silence_s", SILENCE_S if checked else 0)

    @Slot(QAction)
    def _on_rule(self, action: QAction) -> None:
        self.rule_chosen.emit(action.data())

    @Slot()
    def _on_settings(self) -> None:
        self.settings_asked.emit("take")

    @Slot()
    def _ask_for_time(self) -> None:
        self.dialog = StopTimeDialog(self._owner.window())
        self.dialog.finished.connect(self._on_time)
        self.dialog.open()

    @Slot(int)
    def _on_time(self, answer: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None and answer:
            self.rule_chosen.emit(dialog.rule())
        else:
            self.rule_chosen.emit(self._rule)
        if dialog is not None:
            dialog.deleteLater()
