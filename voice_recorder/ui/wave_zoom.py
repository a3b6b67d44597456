"""Zooming and scrolling a waveform by wheel, touchpad and touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

if TYPE_CHECKING:
    from voice_recorder.ui.waveform import Waveform

TURN_THAT_DOUBLES = 90


def turn_wheel(wave: Waveform, event: QWheelEvent) -> None:
    """With Ctrl zoom around the pointer, else scroll; a wheel over all of it is left to the page."""
    turn = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        wave.zoom(2 ** ((turn.y() or turn.x()) / TURN_THAT_DOUBLES), event.position().x())
    elif wave.view.is_whole:
        event.ignore()
    else:
        wave.set_view(wave.view.scrolled(-(turn.x() or turn.y())))


def pinch(wave: Waveform, event: QEvent) -> bool:
    """Zoom by two fingers; whether ``event`` was that."""
    if isinstance(event, QNativeGestureEvent):
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            wave.zoom(1 + event.value(), event.position().x())
            return True
    elif isinstance(event, QGestureEvent):
        gesture = event.gesture(Qt.GestureType.PinchGesture)
        if isinstance(gesture, QPinchGesture):
            at = wave.mapFromGlobal(gesture.centerPoint().toPoint())
            wave.zoom(gesture.scaleFactor(), at.x())
            return True
    return False
