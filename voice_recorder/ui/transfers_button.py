"""The queue to the cloud at the right end of the recorder bar."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QToolButton

from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Theme, Type, font
from voice_recorder.ui.transfer_words import Indicator


class TransfersButton(QToolButton):
    """Two words and an icon; a press opens the panel. Not there while nothing is sent anywhere."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("transfers_button")
        self._theme = theme
        self._shown = Indicator()
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(18, 18))
        self.setFont(font(Type.SMALL, tabular=True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Transfers"))
        theme.changed.connect(self._tint)
        self.hide()

    def show_indicator(self, now: Indicator) -> None:
        """Say how the queue stands."""
        if now != self._shown:
            self._shown = now
            self.setText(now.text)
            self.setToolTip("\n".join(filter(None, (now.tip, tr("Open the transfers")))))
            self.setAccessibleName(tr("Transfers: {state}", state=now.text))
            self.setAccessibleDescription(now.tip)
            self.setVisible(bool(now.text))
            self._tint()

    @Slot()
    def _tint(self) -> None:
        self.setIcon(self._theme.icon(self._shown.icon, self._shown.role, 18))
