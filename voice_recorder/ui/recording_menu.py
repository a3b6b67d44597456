"""What can be done with the recordings that are selected, at the place of the mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtWidgets import QMenu, QWidget

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui.backup_deeds import LINK_LIVES, Deed, Offer
from voice_recorder.ui.phrases import items
from voice_recorder.ui.theme import Theme


class Deeds(Protocol):
    """Whoever can do these things to recordings."""

    def play(self) -> None:
        """Play or pause the one that is shown."""

    def rename(self) -> None:
        """Let the title of the one that is shown be typed over."""

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> None:
        """Add to the favourites, or take away from them."""

    def set_archived(self, ids: Sequence[str], archived: bool) -> None:
        """Take out of the main list, or back into it."""

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
    parent: QWidget, theme: Theme, recordings: Sequence[Recording], deeds: Deeds, backup: BackupDeeds
) -> QMenu:
    """The menu for these recordings; a take that still runs can neither be played nor deleted."""
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
        add("Play or pause", "play", deeds.play, "Enter", enabled=bool(settled))
    if all(r.state is RecordingState.TRASHED for r in recordings):
        add("Restore", "restore", lambda: deeds.restore(ids))
        if one is not None:
            add("Show in folder", "folder", lambda: deeds.show_in_folder(one))
        menu.addSeparator()
        add("Delete for ever…", "trash", lambda: deeds.ask_delete_for_ever(ids), "Del")
        return menu
    if one is not None:
        add("Rename", "text", deeds.rename, "F2")
    favourite = not all(r.favourite for r in recordings)
    text = "Make a favourite" if favourite else "No longer a favourite"
    add(text, "star" if favourite else "star-filled", lambda: deeds.set_favourite(ids, favourite))
    archived = not all(r.archived for r in recordings)
    text = "Archive" if archived else "Take out of the archive"
    add(text, "archive" if archived else "unarchive", lambda: deeds.set_archived(ids, archived))
    if one is not None:
        add("Show in folder", "folder", lambda: deeds.show_in_folder(one))
    for offer in backup.offers(recordings):
        if offer.deed is Deed.SEND:
            menu.addSeparator()
        _add_offer(menu, theme, offer, recordings, backup)
    menu.addSeparator()
    many = "" if one is not None else f" ({items(len(settled), 'recording')})"
    add(f"Move to the trash{many}", "trash", lambda: deeds.delete(settled), "Del", enabled=bool(settled))
    return menu


def _add_offer(
    menu: QMenu, theme: Theme, offer: Offer, recordings: Sequence[Recording], backup: BackupDeeds
) -> None:
    many = f" ({items(len(offer.ids), 'recording')})" if len(recordings) > 1 and offer.possible else ""
    if offer.deed is Deed.LINK and len(recordings) > 1:
        action = menu.addAction(theme.icon(offer.icon), offer.text)
        action.setEnabled(False)
        action.setToolTip("The clipboard holds one link: choose one recording.")
        return
    if offer.deed is Deed.LINK:
        inside = menu.addMenu(theme.icon(offer.icon), offer.text)
        for words, life_s in LINK_LIVES:
            action = inside.addAction(f"Good for {words}")
            action.triggered.connect(lambda _=False, life=life_s: backup.copy_link(offer.ids[0], life))
        action = inside.menuAction()
    else:
        action = menu.addAction(theme.icon(offer.icon), f"{offer.text}{many}")
        action.triggered.connect(lambda: backup.take_offer(offer))
    action.setEnabled(offer.possible)
    if offer.reason:
        action.setToolTip(offer.reason)
        action.setStatusTip(offer.reason)
