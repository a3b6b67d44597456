"""The top of the window: search, settings, and the menu of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QToolButton, QToolTip
from typing_extensions import override

from voice_recorder.ui.controls import IconButton, label, leading, pad
from voice_recorder.ui.language import tr
from voice_recorder.ui.theme import HEADER_HEIGHT, Space, Theme, Type, grown

if TYPE_CHECKING:
    from voice_recorder.ui.shortcuts import Shortcuts

SEARCH_AFTER_MS = 60


def searched_words() -> str:
    """What a search looks through."""
    return tr("Search titles, notes, tags and markers")


class SearchField(QLineEdit):
    """Tells what is looked for, a moment after the last key."""

    searched = Signal(str)
    next_asked = Signal()
    """Enter: to the next place in what was found."""
    previous_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("search")
        self.setAccessibleName(tr("Search recordings"))
        self.setToolTip(searched_words())
        self.setPlaceholderText(tr("Search"))
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(420)
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        for button in self.findChildren(QToolButton):
            button.setAccessibleName(
                tr("Clear the search") if button.defaultAction() is None else tr("Search")
            )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_AFTER_MS)
        self._timer.timeout.connect(self._tell)
        self.textChanged.connect(self._timer.start)
        theme.changed.connect(self._tint)
        self._tint()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif self._timer.isActive():  # these words were not looked for yet
            self._timer.stop()
            self._tell()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.previous_asked.emit()
        else:
            self.next_asked.emit()

    @Slot()
    def _tell(self) -> None:
        self.searched.emit(self.text().strip())

    @Slot()
    def _tint(self) -> None:
        self._glass.setIcon(self._theme.icon("search", "muted"))


class _Menu(QMenu):
    """Shows as tool tips what its entries say of themselves; Qt's own would repeat their names."""

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            action = self.actionAt(event.pos())
            QToolTip.showText(event.globalPos(), action.whatsThis() if action else "", self)
            return True
        return super().event(event)


class Header(QFrame):
    """Name, search, settings, menu."""

    import_files_asked = Signal()
    import_folder_asked = Signal()
    verify_asked = Signal()
    settings_asked = Signal()
    folder_asked = Signal()
    dashboard_asked = Signal()
    help_asked = Signal()
    about_asked = Signal()
    quit_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("header")
        self.setFixedHeight(grown(HEADER_HEIGHT))
        self.search = SearchField(theme)
        self._settings = IconButton(theme, "settings", tr("Settings"))
        self._settings.clicked.connect(self.settings_asked)
        self._more = IconButton(theme, "more", tr("More"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = _Menu(self)
        self._actions: list[tuple[QAction, str]] = []
        self._keyed: list[tuple[QAction, str, str]] = []
        self._shortcuts: Shortcuts | None = None
        self._fill()
        self._more.setMenu(self.menu)
        name = label("Voice Recorder", size=Type.HEADING)
        self._name = name
        bold = name.font()
        bold.setBold(True)
        name.setFont(bold)
        name.setAlignment(leading())
        layout = QHBoxLayout(self)
        pad(layout, Space.XL, 0, Space.L, 0)
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

    def name_keys(self, shortcuts: Shortcuts) -> None:
        """Name the keys in force in the menu and the tool tips, whenever they change."""
        self._shortcuts = shortcuts
        shortcuts.changed.connect(self._show_keys)

    @Slot()
    def _show_keys(self) -> None:
        assert self._shortcuts is not None
        for action, text, of in self._keyed:
            hint = self._shortcuts.hint(of)
            action.setText(f"{text}\t{hint}" if hint else text)
        self._settings.name(tr("Settings"), self._shortcuts.hint("settings"))
        hint = self._shortcuts.hint("search")
        words = searched_words()
        self.search.setToolTip(f"{words} ({hint})" if hint else words)

    def _fill(self) -> None:
        self._add(tr("Import files…"), "import", self.import_files_asked, of="import")
        folder = self._add(tr("Import folder…"), "folder", self.import_folder_asked)
        folder.setWhatsThis(tr("Also an older recorder's: its titles, dates, notes and tags come with it"))
        self._add(tr("Verify library"), "verify", self.verify_asked)
        self.menu.addSeparator()
        self._add(tr("Dashboard"), "dashboard", self.dashboard_asked)
        self._add(tr("Open recordings folder"), "folder", self.folder_asked)
        self._add(tr("Settings…"), "settings", self.settings_asked, of="settings")
        self.menu.addSeparator()
        self._add(tr("Help"), "help", self.help_asked, of="help")
        self._add(tr("About Voice Recorder"), "info", self.about_asked)
        self._add(tr("Quit"), "close", self.quit_asked, of="quit")

    def _add(self, text: str, icon: str, signal: Any, *, of: str = "") -> QAction:
        """An entry of the menu; ``of`` is the action in ``shortcuts`` that names its key."""
        action = self.menu.addAction(text)
        action.triggered.connect(signal)
        if of:
            self._keyed.append((action, text, of))
        self._actions.append((action, icon))
        return action

    @Slot()
    def _tint(self) -> None:
        for action, icon in self._actions:
            action.setIcon(self._theme.icon(icon, "muted"))
