"""One setting in the dialog: its name, its text, a control made from its declaration, a way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.settings import Declaration
from voice_recorder.ui.controls import IconButton, label, pad, set_kind
from voice_recorder.ui.key_field import KeyField
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space, Theme, Type

DEVICE_KEYS = ("audio.device", "audio.output_device")
PRESSED_KEYS = ("shortcuts.global_record",)
"""Settings whose value is a key that one presses."""
FAINT = 0.45
"""How much is left of what cannot be used now."""


class Choice(QComboBox):
    """A combo box that lets the wheel scroll the page instead of changing what it passes over."""

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _WholeNumber(QSpinBox):
    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Number(QDoubleSpinBox):
    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def faint(widget: QWidget) -> QGraphicsOpacityEffect:
    """An effect, not enabled yet, that shows that a widget cannot be used now."""
    effect = QGraphicsOpacityEffect(widget)
    effect.setOpacity(FAINT)
    effect.setEnabled(False)
    widget.setGraphicsEffect(effect)
    return effect


class SettingRow(QFrame):
    """One setting: its name, its text, a control, and a way back to the default.

    ``inset``: it belongs to the setting above it.
    """

    changed = Signal(str, object)

    def __init__(
        self, theme: Theme, declaration: Declaration, value: Any, devices: Sequence[str] = (), *,
        inset: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.declaration = declaration
        self._theme = theme
        self._showing = False
        self._grey: int | None = None
        self.control, self._read, self._write = _control(declaration, devices, self._tell)
        name, self._text = tr(declaration.title), tr(declaration.text)
        self.control.setAccessibleName(name)
        self.control.setAccessibleDescription(self._text)
        reset = tr("Reset “{setting}” to its default", setting=name)
        self._reset = IconButton(theme, "restore", reset, role="muted", size=18)
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._reset.clicked.connect(self._on_reset)
        title = label(name, wrap=True)
        title.setBuddy(self.control)
        self._note = label(kind="muted", size=Type.SMALL, wrap=True)
        self._note.hide()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(title)
        words.addWidget(label(self._text, kind="muted", size=Type.SMALL, wrap=True))
        words.addWidget(self._note)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        pad(layout, Space.XL if inset else 0, Space.S, 0, Space.S)
        layout.setSpacing(Space.M)
        layout.addLayout(words, 1)
        layout.addWidget(self._reset)
        layout.addWidget(self.control)
        self._faint = faint(self)
        theme.changed.connect(self._tint)
        self.show_value(value)

    @property
    def note(self) -> str:
        """What ``say`` has put below the text."""
        return self._note.text()

    def show_value(self, value: Any) -> None:
        """Show the value in force."""
        self._showing = True
        if self._read() != value:
            self._write(value)
        self._showing = False
        self._reset.setVisible(value != self.declaration.default)

    def say(self, words: str, *, caution: bool = False) -> None:
        """Add a sentence that depends on how things are now; empty takes it away."""
        self._note.setText(words)
        self._note.setVisible(bool(words))
        set_kind(self._note, "caution" if caution else "muted")
        self.control.setAccessibleDescription(f"{self._text} {words}".strip())

    def set_usable(self, usable: bool, why_not: str = "") -> None:
        """Let the control be used, or not, for a reason that the tool tip says."""
        self.control.setEnabled(usable)
        self._reset.setEnabled(usable)
        self._faint.setEnabled(not usable)
        self.setToolTip("" if usable else why_not)

    def grey_out(self, value: Any, reason: str) -> None:
        """Show that one of the choices cannot be had here, with the reason."""
        assert isinstance(self.control, QComboBox)
        self._grey = self.control.findData(value)
        self.control.setItemText(self._grey, f"{self.control.itemText(self._grey)}: {reason}")
        model = self.control.model()
        assert isinstance(model, QStandardItemModel)
        model.item(self._grey).setEnabled(False)
        view = self.control.view()
        view.setItemDelegate(QStyledItemDelegate(view))  # a combo box's own heeds no colour of an item
        view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * Space.L)  # all of the reason is to be read
        self._tint()

    def fits(self, words: str) -> bool:
        """Whether the setting is what somebody looks for."""
        shown = f"{self.control.accessibleName()} {self._text} {self.declaration.key}"
        everything = f"{shown} {self._choices()}".casefold()
        return all(word in everything for word in words.casefold().split())

    def _choices(self) -> str:
        return " ".join(tr(text) for text in (self.declaration.choices or {}).values())

    @Slot()
    def _tint(self) -> None:
        if self._grey is not None and isinstance(self.control, QComboBox):
            colour = self._theme.colour("muted")
            self.control.setItemData(self._grey, colour, Qt.ItemDataRole.ForegroundRole)

    def _tell(self, *_arguments: object) -> None:
        if not self._showing:
            self.changed.emit(self.declaration.key, self._read())

    @Slot()
    def _on_reset(self) -> None:
        self.changed.emit(self.declaration.key, self.declaration.default)


Control = tuple[QWidget, Callable[[], Any], Callable[[Any], None]]


def _control(declaration: Declaration, devices: Sequence[str], tell: Callable[..., None]) -> Control:
    """The control for a setting, how to read it and how to write it."""
    if declaration.key in DEVICE_KEYS:
        return _choice({"": tr("System default"), **{name: name for name in devices}}, tell, open_ended=True)
    if declaration.key in PRESSED_KEYS:
        key = KeyField(tr(declaration.title))
        key.editingFinished.connect(tell)
        return key, key.key, key.show_key
    if declaration.choices is not None:
        return _choice({value: tr(text) for value, text in declaration.choices.items()}, tell)
    if declaration.type is bool:
        box = QCheckBox()
        mirrored = QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
        directions = Qt.LayoutDirection  # the other one, so that the box stands at the end of its place
        box.setLayoutDirection(directions.LeftToRight if mirrored else directions.RightToLeft)
        box.toggled.connect(tell)
        return box, box.isChecked, box.setChecked
    if declaration.type in (int, float):
        return _number(declaration, tell)
    field = QLineEdit()
    field.setMinimumWidth(180)
    field.editingFinished.connect(tell)
    return field, field.text, field.setText


def _choice(choices: dict[Any, str], tell: Callable[..., None], *, open_ended: bool = False) -> Control:
    box = Choice()
    box.setMinimumWidth(180)
    box.setMaximumWidth(260)
    for value, text in choices.items():
        box.addItem(text, value)
    box.currentIndexChanged.connect(tell)

    def write(value: Any) -> None:
        if box.findData(value) < 0 and open_ended:
            box.addItem(tr("{device} (not connected)", device=value), value)
        box.setCurrentIndex(box.findData(value))

    return box, box.currentData, write


def _number(declaration: Declaration, tell: Callable[..., None]) -> Control:
    box: QSpinBox | QDoubleSpinBox
    low, high = declaration.minimum or 0, declaration.maximum or 1_000_000
    if declaration.type is int:
        box = _WholeNumber()
        box.setRange(int(low), int(high))
    else:
        box = _Number()
        box.setRange(low, high)
        box.setSingleStep(0.25)
    box.setSuffix(f" {tr(declaration.unit)}" if declaration.unit else "")
    box.setKeyboardTracking(False)
    box.setMinimumWidth(160)
    box.lineEdit().setTextMargins(Space.S, 0, Space.S, 0)
    box.valueChanged.connect(tell)
    return box, box.value, box.setValue
