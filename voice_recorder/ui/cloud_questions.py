"""Questions before something is removed: what will be checked, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox, QWidget

from voice_recorder.domain.recording import Recording
from voice_recorder.ui.backup_words import place_words
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import size
from voice_recorder.ui.question import question
from voice_recorder.ui.theme import Theme

if TYPE_CHECKING:
    pass


def delete_words(count: int, *, copies: bool, copies_go: bool) -> str:
    """What deleting for ever takes away, here and in the cloud."""
    if not copies:
        return tr("This cannot be undone, and no cloud copy exists: the sound will be gone.")
    if copies_go and count == 1:
        return tr("This cannot be undone. Its copy in the cloud is removed as well: the sound will be gone.")
    if copies_go:
        return tr(
            "This cannot be undone. Their copies in the cloud, where there are any, are removed as well:"
            " the sound will be gone."
        )
    if count == 1:
        return tr(
            "This cannot be undone here. Its copy in the cloud stays,"
            " because the setting “Delete cloud copies, too” is off."
        )
    return tr(
        "This cannot be undone here. Their copies in the cloud stay,"
        " because the setting “Delete cloud copies, too” is off."
    )


def free_words(recordings: Sequence[Recording], place: str, *, full_check: bool) -> str:
    """What freeing does, and what is checked before."""
    room = size(sum(r.size_bytes for r in recordings))
    room_words = tr("{size} become free here.", size=room)
    check = (
        tr(
            "Before anything is removed, the file here is compared with its checksum, and the whole cloud"
            " copy is read back and compared."
        )
        if full_check
        else tr(
            "Before anything is removed, the file here is compared with its checksum, and the size and"
            " digest of the cloud copy are compared."
        )
    )
    then = tr(
        "What does not agree stays. The sound is then only in {place}; “Fetch” brings it back.",
        place=place_words(place),
    )
    words = f"{room_words} {check} {then}"
    lossy = sum(not r.sync.lossless for r in recordings)
    if not lossy:
        return words
    lost = (
        tr("The copy is compressed: the original cannot be had back.")
        if len(recordings) == 1
        else tr("The copies of %n recording(s) are compressed: the original cannot be had back.", "", lossy)
    )
    return f"{words}\n\n{lost}"


def ask(
    parent: QWidget, theme: Theme, title: str, words: str, buttons: tuple[str, str], yes: Callable[[], None]
) -> None:
    """Open a question; ``buttons`` are the words for yes and no, and no is what Enter means."""
    box = question(parent, theme, title, words)
    does = box.addButton(buttons[0], QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(buttons[1], QMessageBox.ButtonRole.RejectRole))

    def answered() -> None:
        if box.clickedButton() is does:
            yes()

    box.finished.connect(answered)
    box.open()
