"""What can be done with the recordings that are selected, at the place of the mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtWidgets import QMenu, QWidget

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui.backup_deeds import Deed, Offer, link_lives
from voice_recorder.ui.language import tr
from voice_recorder.ui.tag_editor import fill_folders
from voice_recorder.ui.theme import Theme


class Shown(Protocol):
    """Whoever shows recordings, and what is done by typing or listening there."""

    def play(self) -> None:
        """Play or pause the one that is shown."""

    def rename(self) -> None:
        """Let the title of the one that is shown be typed over."""

    @property
    def folders(self) -> Sequence[str]:
        """The folders that there are."""

    def ask_for_folder(self) -> None:
        """Ask for a new folder for what is selected."""

    def ask_for_tag(self) -> None:
        """Ask for a tag for what is selected."""

    def join(self, ids: Sequence[str]) -> None:
        """Make a new recording in which these are heard one after another."""


class Deeds(Protocol):
    """Whoever can do these things to recordings."""

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> None:
        """Add to the favourites, or take away from them."""

    def set_archived(self, ids: Sequence[str], archived: bool) -> None:
        """Take out of the main list, or back into it."""

    def move_to(self, ids: Sequence[str], folder: str | None) -> None:
        """Move to a folder, or out of any."""

    def ask_export(self, ids: Sequence[str]) -> None:
        """Ask how to export, and do it."""

    def show_in_folder(self, recording: Recording) -> None:
        """Open the folder of its file."""

    def delete(self, ids: Sequence[str]) -> None:
        """Move to the trash."""

    def restore(self, ids: Sequence[str]) -> None:
        """Take out of the trash."""

    def ask_delete_for_ever(self, ids: Sequence[str]) -> None:
        """Remove from the disk, after a question."""


class BackupDeeds(Protocol):
    """Whoever can do something about the backup of recordings."""

    def offers(self, recordings: Sequence[Recording]) -> Sequence[Offer]:
        """What can be done about their backup."""

    def take_offer(self, offer: Offer) -> None:
        """Do one of these, a link apart."""

    def copy_link(self, recording_id: str, life_s: int) -> None:
        """Put a link to the copy into the clipboard."""


def recording_menu(
    parent: QWidget, theme: Theme, recordings: Sequence[Recording], shown: Shown, deeds: Deeds,
    backup: BackupDeeds, hint: Callable[[str], str] = lambda _action: "",
) -> QMenu:  # fmt: skip
    """The menu for these recordings; a take that still runs can neither be played nor deleted.

    ``hint`` names the key of an action.
    """
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    ids = [recording.id for recording in recordings]
    settled = [r.id for r in recordings if r.state is not RecordingState.RECORDING]
    one = recordings[0] if len(recordings) == 1 else None

    def add(text: str, icon: str, do: Callable[[], None], keys: str = "", *, enabled: bool = True) -> None:
        action = menu.addAction(theme.icon(icon), f"{text}\t{keys}" if keys else text)
        action.triggered.connect(lambda: do())
        action.setEnabled(enabled)

    if one is not None:
        add(tr("Play or pause"), "play", shown.play, tr("Enter"), enabled=bool(settled))
    if all(r.state is RecordingState.TRASHED for r in recordings):
        add(tr("Restore"), "restore", lambda: deeds.restore(ids))
        if one is not None:
            add(tr("Show in folder"), "folder", lambda: deeds.show_in_folder(one))
        menu.addSeparator()
        add(tr("Delete for ever…"), "trash", lambda: deeds.ask_delete_for_ever(ids), hint("delete"))
        return menu
    if one is not None:
        add(tr("Rename"), "text", shown.rename, hint("rename"))
    favourite = not all(r.favourite for r in recordings)
    text = tr("Make a favourite") if favourite else tr("No longer a favourite")
    add(text, "star" if favourite else "star-filled", lambda: deeds.set_favourite(ids, favourite))
    archived = not all(r.archived for r in recordings)
    text = tr("Archive", "to put away") if archived else tr("Take out of the archive")
    add(text, "archive" if archived else "unarchive", lambda: deeds.set_archived(ids, archived))
    folders = menu.addMenu(theme.icon("folder"), tr("Move to folder"))
    now = one.folder if one is not None else None
    fill_folders(folders, shown.folders, now, lambda folder: deeds.move_to(ids, folder), shown.ask_for_folder)
    folders.actions()[-1].setEnabled(any(r.folder for r in recordings))
    add(tr("Tag…"), "tag", shown.ask_for_tag)
    if len(settled) > 1:
        add(tr("Join into one recording"), "join", lambda: shown.join(settled))
    add(tr("Export…"), "export", lambda: deeds.ask_export(settled), enabled=bool(settled))
    if one is not None:
        add(tr("Show in folder"), "folder", lambda: deeds.show_in_folder(one))
    for offer in backup.offers(recordings):
        if offer.deed is Deed.SEND:
            menu.addSeparator()
        _add_offer(menu, theme, offer, recordings, backup)
    menu.addSeparator()
    many = "" if one is not None else _of(len(settled))
    text = tr("Move to the trash") + many
    add(text, "trash", lambda: deeds.delete(settled), hint("delete"), enabled=bool(settled))
    return menu


def _of(number: int) -> str:
    return " (" + tr("%n recording(s)", "", number) + ")"


def _add_offer(
    menu: QMenu, theme: Theme, offer: Offer, recordings: Sequence[Recording], backup: BackupDeeds
) -> None:
    many = _of(len(offer.ids)) if len(recordings) > 1 and offer.possible else ""
    if offer.deed is Deed.LINK and len(recordings) > 1:
        action = menu.addAction(theme.icon(offer.icon), offer.text)
        action.setEnabled(False)
        action.setToolTip(tr("The clipboard holds one link: choose one recording."))
        return
    if offer.deed is Deed.LINK:
        inside = menu.addMenu(theme.icon(offer.icon), offer.text)
        for words, life_s in link_lives():
            action = inside.addAction(tr("Good for {time}", time=words))
            action.triggered.connect(lambda _=False, life=life_s: backup.copy_link(offer.ids[0], life))
        action = inside.menuAction()
    else:
        action = menu.addAction(theme.icon(offer.icon), f"{offer.text}{many}")
        action.triggered.connect(lambda: backup.take_offer(offer))
    action.setEnabled(offer.possible)
    if offer.reason:
        action.setToolTip(offer.reason)
        action.setStatusTip(offer.reason)
