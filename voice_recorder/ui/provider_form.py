"""The fields of one kind of provider, made from its declaration."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from voice_recorder.domain.errors import ConfigurationError
from voice_recorder.domain.ports import ProviderField, ProviderKind
from voice_recorder.ui.controls import label
from voice_recorder.ui.language import tr
from voice_recorder.ui.provider_words import FOLDER
from voice_recorder.ui.said import said
from voice_recorder.ui.setting_row import faint
from voice_recorder.ui.theme import Space, Type

FIELD_WIDTH = 460


def stored_words() -> str:
    """What stands in a field whose secret the keyring has."""
    return tr("Stored in the keyring; type to replace it")


def given_words() -> str:
    """What is said of a field that the environment sets."""
    return tr("Set by an environment variable, which counts before anything typed here.")


class FieldRow(QWidget):
    """One field: its name, where to type it, what it is, and what is wrong with it."""

    edited = Signal()

    def __init__(self, field: ProviderField, *, is_folder: bool) -> None:
        super().__init__()
        self.field = field
        what = tr(field.title)
        name = what if field.required else tr("{field} (optional)", field=what)
        title = label(name, wrap=True)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.textEdited.connect(self._on_edited)
        title.setBuddy(self.edit)
        self._faint = faint(self.edit)
        self.is_given = False
        """Whether the environment sets it, so that nothing can be typed."""
        holder = QWidget()
        holder.setMaximumWidth(FIELD_WIDTH)
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(self.edit, 1)
        self.reveal, self.browse = QPushButton(tr("Show")), QPushButton(tr("Browse…"))
        self.reveal.setCheckable(True)
        self.reveal.setAccessibleName(tr("Show the {field}", field=what))
        self.reveal.toggled.connect(self._show_secret)
        self.browse.setAccessibleName(tr("Browse for the {field}", field=what))
        self.browse.clicked.connect(self._browse)
        for button, wanted in ((self.reveal, field.secret), (self.browse, is_folder)):
            button.setVisible(wanted)
            if wanted:
                line.addWidget(button)
            else:
                button.setParent(self)
        self._hint = label(tr(field.text), kind="muted", size=Type.SMALL, wrap=True)
        self._problem = label(kind="caution", size=Type.SMALL, wrap=True)
        self._problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, Space.S, 0, Space.S)
        layout.setSpacing(Space.XS)
        layout.addWidget(title)
        layout.addWidget(holder)
        layout.addWidget(self._hint)
        layout.addWidget(self._problem)
        self._show_secret(shown=False)
        self._describe()

    @property
    def problem(self) -> str:
        """What is wrong with what is in the field."""
        return self._problem.text()

    def show_known(self, value: str, *, from_environment: bool) -> None:
        """Show what is in force; a secret is never among it."""
        self.edit.setText(value)
        self.is_given = from_environment
        self.edit.setEnabled(not from_environment)
        self._faint.setEnabled(from_environment)
        self.reveal.setEnabled(not from_environment)
        self.browse.setEnabled(not from_environment)
        self._hint.setText(given_words() if from_environment else tr(self.field.text))
        hidden = from_environment and not value
        self.edit.setPlaceholderText(tr("From the environment") if hidden else "")
        self.complain("")

    def show_stored(self, *, stored: bool) -> None:
        """Say whether the keyring has the secret."""
        if not self.is_given:
            self.edit.setPlaceholderText(stored_words() if stored else "")

    def complain(self, problem: str) -> None:
        """Say what is wrong with the field; empty when nothing is."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._describe()

    def hide_secret(self) -> None:
        """Mask the secret again."""
        self.reveal.setChecked(False)

    def _describe(self) -> None:
        self.edit.setAccessibleDescription(" ".join(filter(None, [self._hint.text(), self.problem])))

    @Slot()
    def _on_edited(self) -> None:
        self.complain("")
        self.edited.emit()

    @Slot(bool)
    def _show_secret(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode
        self.edit.setEchoMode(mode.Normal if shown or not self.field.secret else mode.Password)
        self.reveal.setText(tr("Hide") if shown else tr("Show"))

    @Slot()
    def _browse(self) -> None:
        title = tr("Choose the folder for copies")
        dialog = QFileDialog(self, title, self.edit.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._on_folder)
        dialog.open()

    @Slot(str)
    def _on_folder(self, folder: str) -> None:
        self.edit.setText(str(Path(folder)))
        self._on_edited()


class ProviderForm(QWidget):
    """All fields of a kind. What is typed is in force only when the page has saved it."""

    edited = Signal()

    def __init__(self, kind: ProviderKind) -> None:
        super().__init__()
        self.kind = kind
        self.rows = {f.name: FieldRow(f, is_folder=kind.name == FOLDER) for f in kind.fields}
        self._known: Mapping[str, str] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for row in self.rows.values():
            layout.addWidget(row)
            row.edited.connect(self.edited)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields that may be typed into."""
        return {name: row.edit.text() for name, row in self.rows.items() if not row.is_given}

    @property
    def is_changed(self) -> bool:
        """Whether something was typed that is not known."""
        return any(text.strip() != self._known.get(name, "") for name, text in self.typed.items())

    def show_known(self, stored: Mapping[str, str], home: Path) -> str:
        """Show what is stored and what the environment sets; why the environment makes no sense, or ""."""
        try:
            given, problem = self.kind.from_environment(os.environ), ""
        except ConfigurationError as error:
            given, problem = {}, said(error)
        defaults = {f.name: f.default.replace("{home}", str(home)) for f in self.kind.fields}
        self._known = {**defaults, **stored, **given}
        for name, row in self.rows.items():
            value = "" if row.field.secret else self._known[name]
            row.show_known(value, from_environment=name in given)
        self._known = {name: row.edit.text() for name, row in self.rows.items()}
        return problem

    def show_stored(self, names: Collection[str]) -> None:
        """Say which secrets the keyring has."""
        for name, row in self.rows.items():
            if row.field.secret:
                row.show_stored(stored=name in names)

    def take_over(self, cleaned: Mapping[str, str]) -> None:
        """Show what was typed as it was understood."""
        for name, value in cleaned.items():
            if not self.rows[name].is_given:
                self.rows[name].edit.setText(value)

    def mark_missing(self, names: Collection[str]) -> None:
        """Mark the fields that have to be filled in, and no others; go to the first."""
        for name, row in self.rows.items():
            row.complain(tr("This is needed.") if name in names else "")
        first = next((row for name, row in self.rows.items() if name in names), None)
        if first is not None:
            first.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def hide_secrets(self) -> None:
        """Mask all secrets again."""
        for row in self.rows.values():
            row.hide_secret()
