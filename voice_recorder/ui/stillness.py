"""Whether the window moves less than it could: the setting, or what the system wishes.

Whoever lets something fade, glide or blink asks ``is_still`` first.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QStyle

from voice_recorder.domain.settings import ReducedMotion

_EFFECTS = (
    Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_FadeMenu, Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip, Qt.UIEffect.UI_FadeTooltip, Qt.UIEffect.UI_AnimateToolBox,
)  # fmt: skip


@dataclass
class _Stillness:
    still: bool = False
    blinks_ms: int | None = None
    """How fast the system has text cursors blink; None until it was asked."""


_now = _Stillness()


def is_still() -> bool:
    """Whether nothing should move that need not."""
    return _now.still


def choose(application: QApplication, wanted: str) -> None:
    """Put a value of the setting ``appearance.reduced_motion`` in force."""
    if _now.blinks_ms is None:
        _now.blinks_ms = application.cursorFlashTime()
    system = wanted == ReducedMotion.SYSTEM.value
    _now.still = _system_wishes_it(application) if system else wanted == ReducedMotion.ON.value
    if not system:
        for effect in _EFFECTS:
            application.setEffectEnabled(effect, not _now.still)
    application.setCursorFlashTime(0 if _now.still else _now.blinks_ms)


def _system_wishes_it(application: QApplication) -> bool:
    """Qt has the wish of Windows, macOS and KDE in its style; a desktop that says nothing has none."""
    return application.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
