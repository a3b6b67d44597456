"""How the window ends: it is hidden, asks about a running take, or closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

from voice_recorder.ui.question import ask_about_take
from voice_recorder.ui.theme import Theme

if TYPE_CHECKING:
    from voice_recorder.ui.main_window import MainWindow


class Closing(QObject):
    """Decides what becomes of a wish to close the window."""

    def __init__(self, window: MainWindow, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self.stays_in_tray = False
        """Whether closing the window only hides it."""
        self._finishing = False
        self._quitting = False
        self._question: QMessageBox | None = None

    @Slot()
    def finish_and_close(self) -> None:
        """Stop a running take, keep it, and close without a question."""
        self._finishing = True
        if self._window.control.busy:
            self._window.control.stop()
        else:
            self._window.close()

    @Slot()
    def quit(self) -> None:
        """End the program, also where closing the window would leave it in the tray."""
        self._quitting = True
        if self._window.control.busy:
            self._window.come_forward()  # to ask what is to become of the take
        self._window.close()

    @Slot()
    def let_session_end(self) -> None:
        """Stay in no tray when the session ends: it would wait for this window."""
        self._quitting = True

    def go_on(self) -> bool:
        """Close, now that no take is in the way, if that was asked for; whether it was."""
        if self._finishing:
            self._window.close()
        return self._finishing

    @property
    def hides(self) -> bool:
        """Whether closing the window now only hides it."""
        return self.stays_in_tray and not self._quitting and not self._finishing

    def may_close(self) -> bool:
        """Whether no take runs; else its owner is asked, unless it is ending already."""
        if not self._window.control.busy:
            return True
        if not self._finishing and self._question is None:
            self._question = ask_about_take(self._window, self._theme, self._on_answer)
        return False

    def _on_answer(self, stop: bool) -> None:
        self._question = None
        self._quitting = stop
        if stop:
            self.finish_and_close()
