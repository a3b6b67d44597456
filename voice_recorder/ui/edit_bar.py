"""The tools of editing: for what is selected, or for all of it. Its place is kept free, so nothing jumps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QStackedWidget, QWidget
from typing_extensions import override

from voice_recorder.domain.edit_history import EditHistory
from voice_recorder.ui.controls import ElidedLabel, IconButton, label, row
from voice_recorder.ui.edit_words import step_words
from voice_recorder.ui.language import tr
from voice_recorder.ui.shortcuts import Shortcuts
from voice_recorder.ui.theme import TARGET, Space, Theme, Type, font
from voice_recorder.ui.time_field import TimeField
from voice_recorder.ui.wave_view import exact_clock
from voice_recorder.ui.waveform import Waveform

SIDE = LINE_HEIGHT = TARGET + Space.XS


class Tool(Enum):
    """What can be done."""

    TRIM = auto()
    CUT = auto()
    SPLIT = auto()
    APPEND = auto()
    RECORD_OVER = auto()
    NORMALISE = auto()
    REDUCE_NOISE = auto()
    FADE_IN = auto()
    FADE_OUT = auto()
    EXPORT = auto()
    UNDO = auto()
    REDO = auto()
    AS_RECORDED = auto()


ICONS = {
    Tool.TRIM: "trim", Tool.CUT: "cut-out", Tool.SPLIT: "split", Tool.APPEND: "append",
    Tool.RECORD_OVER: "record-over", Tool.NORMALISE: "louder", Tool.REDUCE_NOISE: "less-noise",
    Tool.FADE_IN: "fade-in", Tool.FADE_OUT: "fade-out", Tool.EXPORT: "export", Tool.UNDO: "undo",
    Tool.REDO: "redo", Tool.AS_RECORDED: "as-recorded",
}  # fmt: skip
OF_A_PART = (Tool.TRIM, Tool.CUT, Tool.FADE_IN, Tool.FADE_OUT, Tool.EXPORT)
OF_ALL = (Tool.SPLIT, Tool.APPEND)
OF_HISTORY = (Tool.UNDO, Tool.REDO, Tool.AS_RECORDED)
KEYS = {Tool.TRIM: "trim", Tool.CUT: "delete", Tool.UNDO: "undo", Tool.REDO: "redo"}
"""The tools that have a key, and the action that it belongs to."""


@dataclass(frozen=True)
class EditState:
    """How editing stands. ``reason`` says why the tools do nothing just now; empty while they work.

    ``unreadable``: there are earlier steps, made by a newer version, which an undo must refuse.
    """

    possible: bool = False
    reason: str = ""
    history: EditHistory = field(default_factory=EditHistory)
    unreadable: bool = False


class EditBar(QWidget):
    """One line, or two where it is narrow. It runs from left to right in every language, as time does."""

    asked = Signal(object)
    """Somebody wants a ``Tool``."""

    def __init__(self, theme: Theme, wave: Waveform) -> None:
        super().__init__()
        self._wave = wave
        self._shortcuts: Shortcuts | None = None
        self._editing = False
        self._wide: bool | None = None
        self._away = False
        self.state = EditState()
        self.buttons = {tool: IconButton(theme, icon, "") for tool, icon in ICONS.items()}
        for tool, button in self.buttons.items():
            button.setFixedSize(SIDE, SIDE)
            button.clicked.connect(partial(self.asked.emit, tool))
        self._tools = row(*(self.buttons[t] for t in Tool if t not in OF_HISTORY), None, spacing=0)
        self._back = row(*(self.buttons[t] for t in OF_HISTORY), spacing=0)
        self.start, self.end = TimeField(tr("Start of the selection")), TimeField(tr("End of the selection"))
        self._length = label(kind="muted")
        self._length.setFont(font(Type.BODY, tabular=True))
        self._length.setAccessibleName(tr("Length of the selection"))
        self._length.setMinimumWidth(self._length.fontMetrics().horizontalAdvance("00:00.0"))
        self._fields = QStackedWidget(self)
        hint = ElidedLabel(kind="muted", size=Type.SMALL)
        hint.say(tr("Drag over the waveform to select a part."))
        hint.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        hint.setFixedHeight(TARGET)
        self._fields.addWidget(row(hint))
        dash = label("\N{EN DASH}", kind="muted")
        self._fields.addWidget(row(self.start, dash, self.end, self._length, None, spacing=Space.XS))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.S)
        self._grid.setVerticalSpacing(Space.XS)
        self._grid.setColumnStretch(1, 1)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setAccessibleName(tr("Edit"))
        for field_ in (self.start, self.end):
            field_.valueChanged.connect(self._on_typed)
        wave.selection_changed.connect(self._on_selection)
        self._fold(wide=False)
        self._show()

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fold(wide=self.width() >= self._whole_width())
        super().resizeEvent(event)

    def _whole_width(self) -> int:
        tools = (len(Tool) - len(OF_ALL)) * SIDE
        fields = self.start.width() + self.end.width() + self._length.minimumWidth() + 6 * Space.XS
        return tools + fields + 2 * Space.S

    def name_keys(self, shortcuts: Shortcuts) -> None:
        """Have the tool tips name the keys in force."""
        self._shortcuts = shortcuts
        shortcuts.changed.connect(self._show)
        self._show()

    def show_state(self, state: EditState) -> None:
        """Show which tools work, and what can be undone."""
        self.state = state
        for field_ in (self.start, self.end):
            blocker = QSignalBlocker(field_)
            field_.show_longest(self._wave.duration_s)
            blocker.unblock()
        self._fold(wide=self.width() >= self._whole_width())
        self._show()

    @Slot(bool)
    def set_editing(self, editing: bool) -> None:
        """Show the tools also while nothing is selected."""
        self._editing = editing
        self._show()

    def put_away(self, away: bool) -> None:
        """Leave the place to what is shown instead."""
        self._away = away
        self.setVisible(self.state.possible and not away)

    @Slot(float, float)
    def _on_selection(self, start_s: float, end_s: float) -> None:
        if end_s > start_s:
            for field_, value in ((self.start, start_s), (self.end, end_s)):
                blocker = QSignalBlocker(field_)
                field_.setValue(value)
                blocker.unblock()
            self._length.setText(exact_clock(end_s - start_s))
        self._show()

    @Slot()
    def _on_typed(self) -> None:
        self._wave.select(self.start.value(), self.end.value())

    @Slot()
    def _show(self) -> None:
        part, state = self._wave.selection is not None, self.state
        self.setVisible(state.possible and not self._away)
        tools = part or self._editing
        self._tools.setVisible(tools)
        self._fields.setCurrentIndex(int(part))
        self._length.setVisible(bool(self._wide))  # the waveform has it, too
        self._fields.setVisible(self._editing or not part or bool(self._wide))
        changed = bool(state.history.steps) or state.unreadable
        self._back.setVisible(self._editing or (part and bool(self._wide)) or (changed and not part))
        for tool in OF_A_PART:
            self.buttons[tool].setVisible(part)
        for tool in OF_ALL:
            self.buttons[tool].setVisible(not part)
        self._show_names(part)
        self._show_able()
        self._place()

    def _show_able(self) -> None:
        history = self.state.history
        for tool in Tool:
            if tool not in OF_HISTORY:
                self.buttons[tool].setEnabled(not self.state.reason)
        self.buttons[Tool.UNDO].setEnabled(history.can_undo or self.state.unreadable)
        self.buttons[Tool.REDO].setEnabled(history.can_redo)
        self.buttons[Tool.AS_RECORDED].setEnabled(
            bool(history.steps) and history.segments != history.steps[0].segments
        )

    def _show_names(self, part: bool) -> None:
        for tool, words in self._names(part).items():
            key = self._shortcuts.hint(KEYS[tool]) if self._shortcuts and tool in KEYS else ""
            button = self.buttons[tool]
            button.name(words, key)
            if self.state.reason and tool not in OF_HISTORY:
                button.setToolTip(f"{words}\n{self.state.reason}")
            button.setAccessibleDescription(self.state.reason)

    def _names(self, part: bool) -> Mapping[Tool, str]:
        undo, redo = self.state.history.undo_name, self.state.history.redo_name
        return {
            Tool.TRIM: tr("Trim to the selection"),
            Tool.CUT: tr("Cut the selection out"),
            Tool.SPLIT: tr("Split here"),
            Tool.APPEND: tr("Record more at the end"),
            Tool.RECORD_OVER: tr("Record over the selection") if part else tr("Record over from here on"),
            Tool.NORMALISE: tr("Normalise the selection…") if part else tr("Normalise all of it…"),
            Tool.REDUCE_NOISE: (
                tr("Reduce noise in the selection…") if part else tr("Reduce noise in all of it…")
            ),
            Tool.FADE_IN: tr("Fade in over the selection"),
            Tool.FADE_OUT: tr("Fade out over the selection"),
            Tool.EXPORT: tr("Export the selection…"),
            Tool.UNDO: tr("Undo {step}", step=step_words(undo)) if undo else tr("Undo"),
            Tool.REDO: tr("Redo {step}", step=step_words(redo)) if redo else tr("Redo"),
            Tool.AS_RECORDED: tr("As recorded: take all edits back"),
        }

    def _fold(self, *, wide: bool) -> None:
        """All in one line, or the fields in a second one."""
        if wide != self._wide:
            self._wide = wide
            self._show()

    def _place(self) -> None:
        two = not self._wide and self._editing
        left = Qt.AlignmentFlag.AlignLeft
        if self._wide:
            alone = not self._tools.isVisibleTo(self)
            self._grid.addWidget(self._fields, 0, 0 if alone else 2, 1, 3 if alone else 1)
            self._grid.addWidget(self._tools, 0, 0, left)
            self._grid.addWidget(self._back, 0, 3)
        else:
            self._grid.addWidget(self._tools, 0, 0, 1, 4, left)
            self._grid.addWidget(self._fields, int(two), 0, 1, 3)
            self._grid.addWidget(self._back, int(two), 3, Qt.AlignmentFlag.AlignRight)
        self.setFixedHeight((2 * LINE_HEIGHT + Space.XS) if two else LINE_HEIGHT)
