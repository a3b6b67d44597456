"""What people do with recordings: by the detail's buttons, by the menu of the list, by keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from voice_recorder.domain.library_query import Shelf
from voice_recorder.domain.recording import Recording
from voice_recorder.storage import choices
from voice_recorder.ui.banner import Toast
from voice_recorder.ui.batches import Batches, Undo
from voice_recorder.ui.cloud_actions import CloudActions
from voice_recorder.ui.cloud_questions import ask, delete_words
from voice_recorder.ui.detail import Detail
from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.ui.exports import Exports
from voice_recorder.ui.language import tr
from voice_recorder.ui.recordings_model import RecordingsModel
from voice_recorder.ui.show_in_folder import show_file
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from voice_recorder.domain.edit_list import Second
    from voice_recorder.services import Services


class LibraryDeeds(QObject):
    """Does it, however many recordings it is, and tells it with a way back."""

    failed = Signal(object)
    changed = Signal()
    leaving = Signal(object)
    """Recordings of these ids are about to leave the list."""
    coming_back = Signal()
    """What was done is being taken back."""

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, cloud: CloudActions, errands: ErrandStrip,
        model: RecordingsModel, detail: Detail, toast: Toast, over: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(over)
        self._services = services
        self._lanes = lanes
        self._theme = theme
        self._cloud = cloud
        self._model = model
        self._detail = detail
        self._toast = toast
        self._over = over
        self._batches = Batches(services, lanes.edits, errands)
        self._exports = Exports(services, lanes, errands, over)
        self._batches.changed.connect(self.changed)
        self._batches.failed.connect(self.failed)
        self._batches.told.connect(self._on_told)
        self._exports.failed.connect(self.failed)
        self._exports.written.connect(self._on_written)
        detail.favourite_set.connect(self._on_favourite)
        detail.archived_set.connect(self._on_archived)
        detail.tags.tag_added.connect(self._on_tag_added)
        detail.tags.tag_removed.connect(self._on_tag_removed)
        detail.tags.folder_chosen.connect(self._on_folder_chosen)
        detail.delete_asked.connect(self._on_delete)
        detail.restore_asked.connect(self._on_restore)
        detail.delete_for_ever_asked.connect(self._on_delete_for_ever)
        detail.folder_asked.connect(self._on_folder)

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> None:
        """Add to the favourites, or take away from them."""
        if self._model.query.shelf is Shelf.FAVOURITES and not favourite:
            self.leaving.emit(ids)
        self._batches.set_favourite(ids, favourite)

    def set_archived(self, ids: Sequence[str], archived: bool) -> None:
        """Take out of the main list, or back into it."""
        if self._model.query.shelf in (Shelf.ALL, Shelf.ARCHIVE):
            self.leaving.emit(ids)
        self._batches.set_archived(ids, archived)

    def move_to(self, ids: Sequence[str], folder: str | None) -> None:
        """Move to a folder, or out of any."""
        if self._model.query.folder is not None:
            self.leaving.emit(ids)
        self._batches.move(ids, folder)

    def tag(self, ids: Sequence[str], name: str) -> None:
        """Give a tag."""
        self._batches.tag(ids, name)

    def ask_export(
        self, ids: Sequence[str], start_s: Second | None = None, end_s: Second | None = None
    ) -> None:
        """Ask how to export these, or what is heard between two places; then do it."""
        shown = self._detail.recording
        title = shown.title if shown is not None and list(ids) == [shown.id] else ""
        self._exports.ask(ids, title, start_s, end_s)

    def send(self, ids: Sequence[str]) -> None:
        """Back these up now."""
        self._cloud.send(ids)

    def delete(self, ids: Sequence[str]) -> None:
        """Move to the trash."""
        if ids:
            self.leaving.emit(ids)
            self._batches.delete(ids)

    def restore(self, ids: Sequence[str]) -> None:
        """Take out of the trash."""
        self.leaving.emit(ids)
        self._batches.restore(ids)

    def ask_delete_for_ever(self, ids: Sequence[str]) -> None:
        """Remove from the disk, after a question that knows whether there are copies."""
        if not ids:
            return
        if len(ids) == 1:
            title = tr("Delete “{title}” for ever?", title=self._detail.title.text())
        else:
            title = tr("Delete %n recording(s) for ever?", "", len(ids))

        def remove() -> None:
            self.leaving.emit(ids)
            self._batches.delete_for_ever(ids)

        def found(copies: bool | None) -> None:
            go = self._services.settings.current.cloud_delete_copies
            words = delete_words(len(ids), copies=bool(copies), copies_go=go)
            ask(self._over, self._theme, title, words, (tr("Delete for ever"), tr("Keep")), remove)

        self._lanes.detail.post(plain(choices.any_receipt, self._services.library.database, list(ids)), found)

    def show_in_folder(self, recording: Recording) -> None:
        """Show the file in its folder, or say where it is."""
        if recording.masters:
            path = self._services.library.path_of(recording.masters[0])
            show_file(path, self._lanes.machine, self.failed.emit)

    @Slot(str, bool)
    def _on_favourite(self, recording_id: str, favourite: bool) -> None:
        self.set_favourite([recording_id], favourite)

    @Slot(str, bool)
    def _on_archived(self, recording_id: str, archived: bool) -> None:
        self.set_archived([recording_id], archived)

    @Slot(str, str)
    def _on_tag_added(self, recording_id: str, name: str) -> None:
        self.tag([recording_id], name)

    @Slot(str, str)
    def _on_tag_removed(self, recording_id: str, name: str) -> None:
        if name in self._model.query.tags:
            self.leaving.emit([recording_id])
        self._batches.untag([recording_id], name)

    @Slot(str, object)
    def _on_folder_chosen(self, recording_id: str, folder: str | None) -> None:
        self.move_to([recording_id], folder)

    @Slot(str)
    def _on_delete(self, recording_id: str) -> None:
        self.delete([recording_id] if recording_id else [])

    @Slot(str)
    def _on_restore(self, recording_id: str) -> None:
        self.restore([recording_id])

    @Slot(str)
    def _on_delete_for_ever(self, recording_id: str) -> None:
        self.ask_delete_for_ever([recording_id])

    @Slot()
    def _on_folder(self) -> None:
        if self._detail.recording is not None:
            self.show_in_folder(self._detail.recording)

    @Slot(str, object)
    def _on_told(self, words: str, undo: Undo | None) -> None:
        def take_back() -> None:
            assert undo is not None
            self.coming_back.emit()
            undo()

        self._toast.offer(words, None if undo is None else take_back)

    @Slot(str, object)
    def _on_written(self, words: str, show: Undo) -> None:
        self._toast.offer(words, show, tr("Show in folder"))
