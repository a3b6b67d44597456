"""The top of the window: search, settings, and the menu of everything else."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QToolButton

from voice_recorder.ui.controls import IconButton, label
from voice_recorder.ui.theme import HEADER_HEIGHT, Space, Theme, Type

SEARCH_AFTER_MS = 120


class SearchField(QLineEdit):
    """Tells what is looked for, a moment after the last key."""

    searched = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Search recordings")
        self.setToolTip("Search titles and notes (Ctrl+F)")
        self.setPlaceholderText("Search")
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(420)
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        for button in self.findChildren(QToolButton):
            button.setAccessibleName("Clear the search" if button.defaultAction() is None else "Search")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_AFTER_MS)
        self._timer.timeout.connect(self._tell)
        self.textChanged.connect(self._timer.start)
        theme.changed.connect(self._tint)
        self._tint()

    @Slot()
    def _tell(self) -> None:
        self.searched.emit(self.text().strip())

    @Slot()
    def _tint(self) -> None:
        self._glass.setIcon(self._theme.icon("search", "muted"))


class Header(QFrame):
    """Name, search, settings, menu."""

    import_files_asked = Signal()
    import_folder_asked = Signal()
    verify_asked = Signal()
    settings_asked = Signal()
    folder_asked = Signal()
    about_asked = Signal()
    quit_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("header")
        self.setFixedHeight(HEADER_HEIGHT)
        self.search = SearchField(theme)
        self._settings = IconButton(theme, "settings", "Settings")
        self._settings.clicked.connect(self.settings_asked)
        self._more = IconButton(theme, "more", "More")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self)
        self._actions: list[tuple[QAction, str]] = []
        self._fill()
        self._more.setMenu(self.menu)
        name = label("Voice Recorder", size=Type.HEADING)
        self._name = name
        bold = name.font()
        bold.setBold(True)
        name.setFont(bold)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.XL, 0, Space.L, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(name)
        layout.addWidget(self.search, 1)
        layout.addStretch(1)
        layout.addWidget(self._more)
        layout.addWidget(self._settings)
        theme.changed.connect(self._tint)
        self._tint()

    def align_search(self, left: int) -> None:
        """Let the search begin where the list does."""
        self._name.setFixedWidth(max(self._name.sizeHint().width(), left - Space.XL - Space.S + Space.L))

    def _fill(self) -> None:
        self._add("Import files…", "import", self.import_files_asked)
        self._add("Import folder…", "folder", self.import_folder_asked)
        self._add("Verify library", "verify", self.verify_asked)
        self.menu.addSeparator()
        self._add("Open recordings folder", "folder", self.folder_asked)
        self._add(
            "Settings…", "settings", self.settings_asked, QKeySequence(QKeySequence.StandardKey.Preferences)
        )
        self.menu.addSeparator()
        self._add("About Voice Recorder", "info", self.about_asked)
        self._add("Quit", "close", self.quit_asked, QKeySequence("Ctrl+Q"))

    def _add(self, text: str, icon: str, signal: Any, keys: QKeySequence | None = None) -> None:
        action = self.menu.addAction(text)
        action.triggered.connect(signal)
        if keys is not None:
            action.setShortcut(keys)
        self._actions.append((action, icon))

    @Slot()
    def _tint(self) -> None:
        for action, icon in self._actions:
            action.setIcon(self._theme.icon(icon, "muted"))
