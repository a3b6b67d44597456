"""The tags of a recording as chips, a field to add one, and the folder that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QMenu, QToolButton, QWidget
from typing_extensions import override

from voice_recorder.domain.names import NameRefused, clean_name
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui.filter_bar import Chip, ChipButton, Flow
from voice_recorder.ui.language import isolated, tr
from voice_recorder.ui.theme import TARGET, Space, Theme, Type, font, grown

MOST_FOLDERS = 40
FIELD_WIDTH = 120


class TagField(QLineEdit):
    """Where a tag is typed; Enter adds it, Escape takes it back."""

    entered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tag_field")
        self.setFont(font(Type.SMALL))
        self.setPlaceholderText(tr("Add a tag"))
        self.setAccessibleName(tr("Add a tag"))
        words = self.fontMetrics().horizontalAdvance(self.placeholderText())
        self.setFixedWidth(max(FIELD_WIDTH, words + 2 * Space.L))
        self.setFixedHeight(grown(TARGET))
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(8)
        completer.activated[str].connect(self._take)  # type: ignore[index]
        self.setCompleter(completer)

    def offer(self, names: Sequence[str]) -> None:
        """Complete what is typed to one of these."""
        if self._names.stringList() != list(names):
            self._names.setStringList(list(names))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.text())
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    @Slot(str)
    def _take(self, name: str) -> None:
        if name.strip():
            self.entered.emit(name)


class TagEditor(QWidget):
    """Folder and tags of one recording; tells what somebody wants changed."""

    tag_added = Signal(str, str)
    tag_removed = Signal(str, str)
    folder_chosen = Signal(str, object)
    """The recording, and the name of the folder or None for out of any."""
    folder_named = Signal(str)
    """The recording is to go into a folder whose name is still to be asked for."""
    refused = Signal(object)
    """A name that cannot be, as a ``NameRefused``."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._recording: Recording | None = None
        self._folders: Sequence[str] = ()
        self._tags: tuple[str, ...] | None = None
        self._folder = ChipButton()
        self._folder.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._folder)
        self._menu.aboutToShow.connect(self._fill)
        self._folder.setMenu(self._menu)
        self.field = TagField()
        self.field.entered.connect(self._add)
        self._flow = Flow()
        self.setLayout(self._flow)
        self._flow.addWidget(self._folder)
        self._flow.addWidget(self.field)
        theme.changed.connect(self._tint)
        self._tint()

    def show_names(self, folders: Sequence[str], tags: Sequence[str]) -> None:
        """Offer these folders and tags."""
        self._folders = folders
        self.field.offer(tags)

    def show_recording(self, recording: Recording) -> None:
        """Show the folder and the tags of a recording; one in the trash is not changed."""
        another = self._recording is None or self._recording.id != recording.id
        self._recording = recording
        if another:
            self.field.clear()
        folder = recording.folder or tr("No folder")
        shown = self.fontMetrics().elidedText(folder, Qt.TextElideMode.ElideRight, Chip.LONGEST)
        self._folder.setText(shown.replace("&", "&&"))
        self._folder.setAccessibleName(tr("Folder: {name}", name=folder))
        self._folder.setToolTip(tr("Folder: {name}", name=folder))
        self._show_tags(recording.tags)
        self.setEnabled(recording.state is not RecordingState.TRASHED)

    def _show_tags(self, tags: tuple[str, ...]) -> None:
        if tags == self._tags:
            return
        focused = any(chip.hasFocus() for chip in self.findChildren(Chip))
        self._tags = tags
        while self._flow.count() > 0:
            widget = self._flow.takeAt(0).widget()
            if isinstance(widget, Chip):
                widget.hide()
                widget.deleteLater()
        self._flow.addWidget(self._folder)
        chips: list[QWidget] = []
        for tag in tags:
            chip = Chip(self._theme, isolated(f"#{tag}"), tr("Take the tag {name} away", name=tag))
            chip.clicked.connect(lambda _=False, name=tag: self._remove(name))
            chips.append(chip)
            self._flow.addWidget(chip)
        self._flow.addWidget(self.field)
        if focused:
            self.field.setFocus()
        for first, second in pairwise([self._folder, *chips, self.field]):
            QWidget.setTabOrder(first, second)
        self.updateGeometry()

    @Slot(str)
    def _add(self, name: str) -> None:
        if self._recording is None:
            return
        try:
            clean = clean_name(name, "tag")
        except NameRefused as error:
            self.refused.emit(error)
            return
        self.field.clear()
        if clean not in self._recording.tags:
            self.tag_added.emit(self._recording.id, clean)

    def _remove(self, name: str) -> None:
        if self._recording is not None:
            self.tag_removed.emit(self._recording.id, name)

    @Slot()
    def _fill(self) -> None:
        recording = self._recording
        if recording is None:
            return
        self._menu.clear()
        fill_folders(
            self._menu, self._folders, recording.folder,
            lambda folder: self.folder_chosen.emit(recording.id, folder),
            lambda: self.folder_named.emit(recording.id),
        )  # fmt: skip

    @Slot()
    def _tint(self) -> None:
        self._folder.setIcon(self._theme.icon("folder", "muted", 16))


def fill_folders(menu: QMenu, folders: Sequence[str], now: str | None, chosen: object, asked: object) -> None:
    """Fill a menu with folders: ``chosen`` gets the name or None, ``asked`` is for one that is new."""
    assert callable(chosen)
    assert callable(asked)
    for name in folders[:MOST_FOLDERS]:
        action = menu.addAction(name.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(name == now)
        action.triggered.connect(lambda _=False, folder=name: chosen(folder))
    if folders:
        menu.addSeparator()
    menu.addAction(tr("New folder…")).triggered.connect(lambda: asked())
    out = menu.addAction(tr("Out of its folder"))
    out.setEnabled(bool(now))
    out.triggered.connect(lambda: chosen(None))
