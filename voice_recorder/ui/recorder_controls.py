"""The parts of the recorder bar that stand for themselves: the red button, the microphones, the name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSizePolicy
from typing_extensions import override

from voice_recorder.ui.controls import ElidedLabel
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import SYSTEM_DEFAULT
from voice_recorder.ui.theme import RADIUS, TARGET, Space, Theme, Type, grown

if TYPE_CHECKING:
    from voice_recorder.audio.devices import InputDevice


class RecordButton(QAbstractButton):
    """The round red button: a disc to record, a square to stop."""

    SIDE = 60

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._stops = False
        self._key = ""
        self.setFixedSize(self.SIDE, self.SIDE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)
        self.show_stop(False)

    def show_stop(self, stops: bool) -> None:
        """Whether a press ends a take rather than beginning one."""
        self._stops = stops
        self.setAccessibleName(tr("Stop recording") if stops else tr("Record"))
        self.setToolTip(f"{self.accessibleName()}{self._key}")
        self.update()

    def show_key(self, key: str) -> None:
        """Name the key that does the same, empty for none, in the tool tip."""
        self._key = f" ({key})" if key else ""
        self.show_stop(self._stops)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the second press of a double click does not end what the first began

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = painter.pen()
        pen.setWidthF(2.5)
        pen.setColor(self._theme.colour("text" if self.hasFocus() else "border"))
        painter.setPen(pen)
        painter.setBrush(self._theme.colour("hover" if self.underMouse() else "surface"))
        painter.drawEllipse(QRectF(self.rect()).adjusted(3, 3, -3, -3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("record" if self.isEnabled() else "wave"))
        middle = self.SIDE / 2
        if self._stops:
            painter.drawRoundedRect(QRectF(middle - 11, middle - 11, 22, 22), 5, 5)
        else:
            side = 20 if self.isDown() else 21.5
            painter.drawEllipse(QRectF(middle - side, middle - side, 2 * side, 2 * side))

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.update()


class DevicePicker(QComboBox):
    """The inputs of this machine; asks for them anew when it is opened."""

    opened = Signal()
    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Microphone"))
        self.setToolTip(tr("Microphone for the next recording"))
        self.setMinimumContentsLength(16)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(280)
        self.activated.connect(self._pick)
        self._inputs: tuple[InputDevice, ...] = ()
        self._chosen = ""
        self._fill()

    def show_inputs(self, inputs: Sequence[InputDevice], chosen: str) -> None:
        """Offer these; ``chosen`` is the setting ``audio.device``."""
        if tuple(inputs) != self._inputs or chosen != self._chosen:
            self._inputs, self._chosen = tuple(inputs), chosen
            is_open = self.view().isVisible()
            self._fill()
            if is_open:  # an open list keeps the size that it had for other inputs
                super().hidePopup()
                super().showPopup()

    @override
    def showPopup(self) -> None:
        self.opened.emit()
        super().showPopup()

    def _fill(self) -> None:
        blocker = QSignalBlocker(self)
        self.clear()
        default = next((d.name for d in self._inputs if d.is_default), "")
        is_named = default not in ("", SYSTEM_DEFAULT)
        self.addItem(tr("System default ({name})", name=default) if is_named else tr("System default"), "")
        for device in self._inputs:
            self.addItem(device.name, device.name)
            self.setItemData(self.count() - 1, device.host_api, Qt.ItemDataRole.ToolTipRole)
        if self._chosen and self.findData(self._chosen) < 0:
            self.addItem(tr("{name} (not connected)", name=self._chosen), self._chosen)
        self.setCurrentIndex(max(0, self.findData(self._chosen)))
        blocker.unblock()

    @Slot(int)
    def _pick(self, index: int) -> None:
        self._chosen = str(self.itemData(index))
        self.picked.emit(self._chosen)


class StatusLine(ElidedLabel):
    """How the recorder is, in one line or two small ones; what needs attention stands on a soft ground."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(kind="muted", size=Type.SMALL)
        self._theme = theme
        self.setAccessibleName(tr("State of the recorder"))
        self.setFixedHeight(grown(TARGET))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = self.rect()
        if self.property("kind") == "caution" and self.text():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("caution_soft"))
            place.adjust(Space.S, 0, -Space.S, 0)
            ground = self.place_of_text(place).adjusted(-Space.S, -Space.XS, Space.S, Space.XS)
            painter.drawRoundedRect(ground & self.rect(), RADIUS, RADIUS)
        self.paint_text(painter, place)


class TitleField(QLineEdit):
    """The name of the running take; Escape gives the keys back to the window."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.deselect()
