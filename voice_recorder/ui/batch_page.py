"""What stands in the place of the detail when several recordings are selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from voice_recorder.storage.choices import Totals
from voice_recorder.ui.controls import Picture, label, row
from voice_recorder.ui.filter_bar import Flow
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import size
from voice_recorder.ui.tag_editor import fill_folders
from voice_recorder.ui.theme import Space, Theme, Type

WIDTH = 400


@dataclass(frozen=True)
class _Button:
    """A button with the picture that the theme tints."""

    widget: QPushButton
    icon: str


def length_words(duration_s: float) -> str:
    """A length of many recordings together: ``4 h 12 min``, ``12 min``, ``40 s``."""
    minutes, seconds = divmod(round(duration_s), 60)
    if not minutes:
        return tr("{seconds} s", seconds=seconds)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return tr("{hours} h {minutes} min", hours=f"{hours:,}", minutes=minutes)
    return tr("{minutes} min", minutes=minutes)


def size_words(size_bytes: int) -> str:
    """A size of many recordings together, in GB where it is that much."""
    if size_bytes >= 1_000_000_000:
        return tr("{size} GB", size=f"{size_bytes / 1_000_000_000:,.1f}")
    return size(size_bytes)


class BatchPage(QWidget):
    """How many recordings, how long and how large they are together, and what can be done with them."""

    favourite_asked = Signal(bool)
    archive_asked = Signal(bool)
    folder_chosen = Signal(object)
    """The name of a folder, or None for out of any."""
    folder_asked = Signal()
    tag_asked = Signal()
    export_asked = Signal()
    backup_asked = Signal()
    delete_asked = Signal()
    restore_asked = Signal()
    for_ever_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("empty_page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._folders: Sequence[str] = ()
        self._favourites = self._archived = False
        self._picture = Picture(theme, "all")
        self.heading = label(size=Type.TITLE)
        self.facts = label(kind="muted", size=Type.HEADING)
        for line in (self.heading, self.facts):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._buttons: list[_Button] = []
        self.favourite = self._button(tr("Favourite", "to mark"), "star", self._on_favourite)
        self.archive = self._button(tr("Archive", "to put away"), "archive", self._on_archive)
        self.move_to = self._button(tr("Move to folder…"), "folder", None)
        menu = QMenu(self.move_to)
        menu.aboutToShow.connect(self._fill_folders)
        self.move_to.setMenu(menu)
        self.tag = self._button(tr("Tag…"), "tag", self.tag_asked)
        self.export = self._button(tr("Export…"), "export", self.export_asked)
        self.backup = self._button(tr("Back up now"), "cloud-up", self.backup_asked)
        self.delete = self._button(tr("Move to the trash"), "trash", self.delete_asked)
        self.restore = self._button(tr("Restore"), "restore", self.restore_asked)
        self.for_ever = self._button(tr("Delete for ever…"), "trash", self.for_ever_asked)
        self._has_place = False
        flow = Flow(Space.S, centred=True)
        holder = QWidget()
        holder.setFixedWidth(WIDTH)
        holder.setLayout(flow)
        for button in self._buttons:
            flow.addWidget(button.widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        layout.setSpacing(Space.S)
        layout.addStretch(2)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(Space.S)
        layout.addWidget(self.heading)
        layout.addWidget(self.facts)
        layout.addSpacing(Space.M)
        layout.addWidget(row(None, holder, None))  # aligned, it would get the height of a wider one
        layout.addStretch(3)
        theme.changed.connect(self._tint)
        self._tint()

    def show_count(self, count: int) -> None:
        """Say how many are selected; the rest is still being added up."""
        self.heading.setText(tr("%n recording(s)", "", count))
        self.facts.setText(tr("Adding up…"))

    def show_totals(self, totals: Totals) -> None:
        """Say what they come to, and offer what can be done with them."""
        self.heading.setText(tr("%n recording(s)", "", totals.recordings))
        self.facts.setText(f"{length_words(totals.duration_s)}, {size_words(totals.size_bytes)}")
        self._favourites = totals.favourites < totals.recordings
        self._archived = totals.archived < totals.recordings
        self.favourite.setText(
            tr("Favourite", "to mark") if self._favourites else tr("No longer a favourite")
        )
        self.archive.setText(
            tr("Archive", "to put away") if self._archived else tr("Take out of the archive")
        )
        trashed = totals.trashed > 0
        for button in self._buttons:
            of_trash = button.widget in (self.restore, self.for_ever)
            button.widget.setVisible(of_trash == trashed)
        self.backup.setVisible(self._has_place and not trashed)

    def show_folders(self, folders: Sequence[str]) -> None:
        """Offer these folders."""
        self._folders = folders

    def show_place(self, has_place: bool) -> None:
        """Offer to back up, or not; without a provider there is nowhere to."""
        self._has_place = has_place
        self.backup.setVisible(has_place and self.delete.isVisibleTo(self))

    def menu(self, parent: QWidget) -> QMenu:
        """The same as a menu."""
        menu = QMenu(parent)
        for button in self._buttons:
            if button.widget.isHidden():
                continue
            icon, inside = self._theme.icon(button.icon), button.widget.menu()
            if inside is None:
                menu.addAction(icon, button.widget.text()).triggered.connect(button.widget.click)
            else:
                inside.setTitle(button.widget.text())
                menu.addMenu(inside).setIcon(icon)
        return menu

    def _button(self, text: str, icon: str, clicked: object) -> QPushButton:
        button = QPushButton(text)
        if clicked is not None:
            button.clicked.connect(clicked)
        self._buttons.append(_Button(button, icon))
        return button

    @Slot()
    def _on_favourite(self) -> None:
        self.favourite_asked.emit(self._favourites)

    @Slot()
    def _on_archive(self) -> None:
        self.archive_asked.emit(self._archived)

    @Slot()
    def _fill_folders(self) -> None:
        menu = self.move_to.menu()
        menu.clear()
        fill_folders(menu, self._folders, None, self.folder_chosen.emit, self.folder_asked.emit)
        menu.actions()[-1].setEnabled(True)  # some of them may be in a folder

    @Slot()
    def _tint(self) -> None:
        for button in self._buttons:
            button.widget.setIcon(self._theme.icon(button.icon, "text", 16))
