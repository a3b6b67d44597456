"""A place in a recording that can be typed: 1:03.2."""

from __future__ import annotations

import re

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox
from typing_extensions import override

from voice_recorder.ui.theme import Space, Type, font
from voice_recorder.ui.wave_view import exact_clock

PLACES = 2
STEP_S = 0.1
_TYPED = re.compile(r"\s*(?:(\d*):)?(?:(\d*):)?(\d*(?:[.,]\d*)?)\s*")


class TimeField(QDoubleSpinBox):
    """Seconds as minutes and hundredths; arrow keys move a tenth of a second, page keys a whole one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("time_field")
        self.setLocale(QLocale.c())
        self.setFont(font(Type.BODY, tabular=True))
        self.setDecimals(PLACES)
        self.setSingleStep(STEP_S)
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.show_longest(0.0)

    def show_longest(self, seconds: float) -> None:
        """Take places up to ``seconds``, with room for the longest of them."""
        self.setMaximum(seconds)
        longest = exact_clock(max(seconds, 600.0), PLACES)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(longest) + 2 * Space.S)

    @override
    def textFromValue(self, val: float) -> str:
        return exact_clock(val, PLACES)

    @override
    def valueFromText(self, text: str) -> float:
        found = _TYPED.fullmatch(text)
        if found is None:
            return self.value()
        parts = [part for part in found.groups() if part is not None]
        seconds = 0.0
        for part in parts:
            seconds = 60 * seconds + float(part.replace(",", ".").strip(".") or 0)
        return seconds

    @override
    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:
        fits = _TYPED.fullmatch(input) is not None
        return (QValidator.State.Acceptable if fits else QValidator.State.Invalid), input, pos
