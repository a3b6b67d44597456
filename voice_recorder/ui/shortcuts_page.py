"""The part of the settings where the keys of the window are changed, one by one."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from voice_recorder.ui import shortcuts
from voice_recorder.ui.controls import IconButton, label
from voice_recorder.ui.key_field import KeyField
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import Space, Theme, Type

KEYS = "shortcuts.keys"


class _KeyRow(QWidget):
    """One action, its key, and the way back to its usual one."""

    chosen = Signal(str, str)

    def __init__(self, theme: Theme, action: shortcuts.Action) -> None:
        super().__init__()
        self.action = action
        self.field = KeyField(action.text)
        self.field.editingFinished.connect(self._on_edited)
        usual = shortcuts.native(action.usual)
        reset = tr("Give “{action}” its usual key: {key}", action=action.text, key=usual)
        self.reset = IconButton(theme, "restore", reset, role="muted", size=18)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.reset.clicked.connect(self._on_reset)
        self._note = label(kind="caution", size=Type.SMALL, wrap=True)
        self._note.hide()
        words = QVBoxLayout()
        words.setSpacing(2)
        title = label(action.text, wrap=True)
        title.setBuddy(self.field)
        words.addWidget(title)
        words.addWidget(self._note)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, Space.XS, 0, Space.XS)
        layout.setSpacing(Space.M)
        layout.addLayout(words, 1)
        layout.addWidget(self.reset)
        layout.addWidget(self.field)

    @property
    def note(self) -> str:
        """Why the last key was refused; empty when none was."""
        return self._note.text()

    def show_key(self, key: str) -> None:
        """Show the key in force."""
        self.field.show_key(key)
        self.reset.setVisible(key != self.action.usual)
        self.say("")

    def say(self, words: str) -> None:
        """Say why a key was refused."""
        self._note.setText(words)
        self._note.setVisible(bool(words))

    @Slot()
    def _on_edited(self) -> None:
        self.chosen.emit(self.action.id, self.field.key())

    @Slot()
    def _on_reset(self) -> None:
        self.chosen.emit(self.action.id, self.action.usual)


class ShortcutsPage(QWidget):
    """Every action with its key. ``changed`` has the key and value of the setting, as of a ``SettingRow``."""

    changed = Signal(str, object)

    def __init__(self, theme: Theme, stored: str) -> None:
        super().__init__()
        self._stored = stored
        self.global_key = ""
        """The key that records from anywhere; no action can have it."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, Space.S, 0, Space.M)
        layout.setSpacing(0)
        intro = tr("In the window: click a key and press another, or empty it to switch it off.")
        layout.addWidget(label(intro, kind="muted", size=Type.SMALL, wrap=True))
        self.rows = {action.id: _KeyRow(theme, action) for action in shortcuts.actions()}
        for row in self.rows.values():
            row.chosen.connect(self._on_chosen)
            layout.addWidget(row)
        self.show_value(stored)

    def fits(self, words: str) -> bool:
        """Whether the page is what somebody looks for."""
        everything = " ".join([tr("Shortcuts"), tr("Key"), *(r.action.text for r in self.rows.values())])
        return all(word in everything.casefold() for word in words.casefold().split())

    def show_value(self, stored: object) -> None:
        """Show the value of the setting that is in force."""
        self._stored = str(stored)
        keys = shortcuts.keys_in_force(self._stored)
        for action_id, row in self.rows.items():
            row.show_key(keys[action_id])

    @Slot(str, str)
    def _on_chosen(self, action_id: str, key: str) -> None:
        row, before = self.rows[action_id], shortcuts.keys_in_force(self._stored)[action_id]
        if key == before:
            return
        refusal = shortcuts.refusal(self._stored, action_id, key, self.global_key)
        if refusal:
            row.show_key(before)
            row.say(refusal)
        else:
            self.changed.emit(KEYS, shortcuts.with_key(self._stored, action_id, key))
