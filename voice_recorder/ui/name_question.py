"""Asking for a name without blocking: of a folder, a tag, a saved search."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QInputDialog, QLineEdit, QWidget

from voice_recorder.ui.language import tr


def ask_for_name(
    parent: QWidget,
    title: str,
    what: str,
    done: Callable[[str], None],
    *,
    text: str = "",
    known: Sequence[str] = (),
) -> QInputDialog:
    """Open the question; ``done`` gets what was typed, unless it is nothing. ``known`` names are offered."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setInputMode(QInputDialog.InputMode.TextInput)
    dialog.setWindowTitle(title)
    dialog.setLabelText(what)
    dialog.setTextValue(text)
    dialog.setOkButtonText(tr("OK"))
    dialog.setCancelButtonText(tr("Cancel"))
    dialog.setMinimumWidth(320)
    field = dialog.findChild(QLineEdit)
    if field is not None:
        field.setAccessibleName(what)
        completer = QCompleter(list(known), field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        field.setCompleter(completer)

    def answered(name: str) -> None:
        if name.strip():
            done(name)

    dialog.textValueSelected.connect(answered)
    dialog.open()
    return dialog
