"""The selected recording: heard, named, kept in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.hits import hits
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui import phrases
from voice_recorder.ui.backup_card import BackupCard
from voice_recorder.ui.controls import Card, EmptyState, Folding, IconButton, label, pad, row
from voice_recorder.ui.detail_facts import DetailFacts
from voice_recorder.ui.detail_fields import Notes, TitleEdit
from voice_recorder.ui.edit_bar import EditBar
from voice_recorder.ui.edit_preview import EditPreview
from voice_recorder.ui.edit_words import facts_line, heard_words
from voice_recorder.ui.history_words import history_table
from voice_recorder.ui.hit_bar import HitBar
from voice_recorder.ui.language import tr
from voice_recorder.ui.marker_list import MarkerList
from voice_recorder.ui.marker_places import Markers, flags
from voice_recorder.ui.play_rules import Loop
from voice_recorder.ui.player import Player
from voice_recorder.ui.tag_editor import TagEditor
from voice_recorder.ui.theme import Space, Theme
from voice_recorder.ui.transport import Transport
from voice_recorder.ui.wave_overview import WaveStrip
from voice_recorder.ui.waveform import HEIGHT, LOW_HEIGHT, Waveform

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks

LOW_PAGE = 520
"""Below this height the waveform leaves more room for what is under it."""


class Detail(QStackedWidget):
    """One recording, or an empty state."""

    shown = Signal()
    """Another recording, or the same as it is now."""
    renamed = Signal(str, str)
    notes_written = Signal(str, str)
    favourite_set = Signal(str, bool)
    archived_set = Signal(str, bool)
    delete_asked = Signal(str)
    restore_asked = Signal(str)
    delete_for_ever_asked = Signal(str)
    folder_asked = Signal(str)

    def __init__(self, theme: Theme, player: Player) -> None:
        super().__init__()
        self.setObjectName("detail")
        self._theme = theme
        self.recording: Recording | None = None
        self.facts: DetailFacts | None = None
        self._player = player
        self._place_wanted: tuple[str, float] | None = None
        self._search = ""
        self.previewed: Timeline | None = None
        """What is heard and drawn in the place of what the recording is."""
        self.empty = EmptyState(theme)
        self._build()
        self.addWidget(self.empty)
        self.addWidget(self._scroll)
        self._connect()

    def _build(self) -> None:
        self.title = TitleEdit()
        self._star = IconButton(self._theme, "star", tr("Make it a favourite"))
        self._star.setCheckable(True)
        self._archive = IconButton(self._theme, "archive", tr("Archive", "to put away"))
        self._folder = IconButton(self._theme, "folder", tr("Show in folder"))
        self._delete = IconButton(self._theme, "trash", tr("Move to the trash"))
        self._meta = label(kind="muted", wrap=True)
        self._meta.setAccessibleName(tr("Facts"))
        self.tags = TagEditor(self._theme)
        self._trash_bar = self._build_trash_bar()
        self._state = label(kind="caution", wrap=True)
        self.waveform = Waveform(self._theme)
        self.strip = WaveStrip(self._theme, self.waveform)
        self.hits = HitBar(self._theme, self._player)
        self.transport = Transport(self._theme)
        self.edit_bar = EditBar(self._theme, self.waveform)
        self.preview = EditPreview()
        self.markers = MarkerList(self._theme)
        self._health = Card(self._theme, "health", tr("Health"))
        self.backup = BackupCard(self._theme)
        self._notes = Notes()
        self._history = Card(self._theme, "clock", tr("History"))
        self._history.text.setTextFormat(Qt.TextFormat.RichText)
        page = QWidget()
        page.setObjectName("detail_page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(Space.XL, Space.L, Space.XL, Space.XL)
        layout.setSpacing(Space.XS)
        self.head = QHBoxLayout()
        """The title with what stands beside it."""
        self.head.setSpacing(Space.XS)
        self.head.addWidget(self.title, 1)
        self.head.addWidget(self._star)
        layout.addLayout(self.head)
        body = QVBoxLayout()
        pad(body, Space.S, 0, 0, 0)  # in line with the text of the title
        body.setSpacing(Space.M)
        layout.addLayout(body, 1)
        self._meta.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        buttons = (self._archive, self._folder, self._delete)
        body.addWidget(Folding(self._meta, row(*buttons, None, spacing=Space.XS), 360, (1, 0)))
        body.addWidget(self.tags)
        body.addWidget(self._trash_bar)
        body.addWidget(self._state)
        body.addSpacing(Space.XS)
        sound = QVBoxLayout()
        sound.setSpacing(Space.XS)
        sound.addWidget(self.waveform)
        sound.addWidget(self.strip)
        sound.addWidget(self.hits)
        body.addLayout(sound)
        body.addWidget(self.transport)
        body.addWidget(self.edit_bar)
        body.addWidget(self.preview)
        body.addWidget(self.markers)
        body.addWidget(Folding(self._health, self.backup, 520, (1, 1)))
        body.addWidget(self._notes)
        body.addWidget(self._history)
        body.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(page)

    def _build_trash_bar(self) -> QFrame:
        self._restore = QPushButton(tr("Restore"))
        self._for_ever = QPushButton(tr("Delete for ever…"))
        words = label(tr("In the trash. It is deleted 30 days after it was put here."), wrap=True)
        bar = QFrame()
        bar.setObjectName("card")
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(Space.L, Space.S, Space.L, Space.S)
        layout.addWidget(words, 1)
        layout.addWidget(self._restore)
        layout.addWidget(self._for_ever)
        return bar

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.waveform.setFixedHeight(HEIGHT if self.height() >= LOW_PAGE else LOW_HEIGHT)

    def _connect(self) -> None:
        self.title.renamed.connect(self._on_renamed)
        self._notes.written.connect(self.notes_written)
        self._star.clicked.connect(self._on_star)
        self._archive.clicked.connect(self._on_archive)
        self._delete.clicked.connect(self._on_delete)
        self._folder.clicked.connect(self._on_folder)
        self._restore.clicked.connect(self._on_restore)
        self._for_ever.clicked.connect(self._on_for_ever)
        self.waveform.sought.connect(self._player.seek)
        self.waveform.scrubbing_changed.connect(self._player.set_scrubbing)
        self.transport.attach(self._player)
        self.transport.edit.toggled.connect(self.edit_bar.set_editing)
        self.transport.edit.toggled.connect(self._show_tools)
        self.preview.opened.connect(self._show_preview)
        self._player.position_changed.connect(self.waveform.show_position)
        self.transport.loop.clicked.connect(self._on_loop_clicked)
        self._player.loop_changed.connect(self._on_loop)
        self.markers.jumped.connect(self.show_place)
        self.hits.jumped.connect(self._show_hit)

    def show_keys(self, hint: Callable[[str], str]) -> None:
        """Name the keys in force, which ``hint`` knows by their action, in the tool tips."""
        self.title.show_key(hint("rename"))
        self._delete.name(tr("Move to the trash"), hint("delete"))
        self.transport.show_keys(hint)
        self.hits.show_keys(hint)

    @property
    def recording_id(self) -> str:
        """Whose detail is shown; empty for none."""
        return self.recording.id if self.recording else ""

    def show_empty(self) -> None:
        """No recording: the empty state, which somebody else has filled in."""
        self.keep()
        self.recording = self.facts = None
        self._player.show_recording(None, 0.0)
        self.setCurrentWidget(self.empty)

    def show_facts(self, facts: DetailFacts) -> None:
        """Show a recording, or the same one as it is now."""
        recording = facts.recording
        another = recording.id != self.recording_id
        if another:
            self.keep()
            self.title.setModified(False)
            self._player.show_recording(None, 0.0)
        self.recording, self.facts = recording, facts
        self._show_sound(facts, another)
        self._show_head(recording)
        self._show_state(recording)
        playable = recording.state is not RecordingState.RECORDING
        self.transport.show_duration(recording.duration_s, self._player.position_s)
        self.transport.show_playable(playable)
        self.waveform.setEnabled(playable)
        self.strip.setEnabled(playable)
        self.show_markers(facts.markers)
        self._health.text.setText(phrases.health_sentence(recording) if playable else tr("Being recorded."))
        self._notes.show_notes(recording.id, recording.notes)
        self._history.text.setText(history_table(facts.history))
        if another:
            self._scroll.verticalScrollBar().setValue(0)
        self.setCurrentWidget(self._scroll)
        self.shown.emit()
        wanted = self._place_wanted
        if wanted is not None and wanted[0] == recording.id:
            self.show_place(wanted[1])

    def _show_sound(self, facts: DetailFacts, another: bool) -> None:
        recording, wave = facts.recording, self.waveform
        if another or not wave.has_peaks:
            overview = recording.masters[0].overview if recording.masters else b""
            if another or (recording.duration_s, overview) != (wave.duration_s, wave.sound.overview):
                wave.show_recording(recording.duration_s, overview)
        elif wave.duration_s != recording.duration_s:
            wave.show_length(recording.duration_s)
        playable = recording.state is not RecordingState.RECORDING
        self._player.show_recording(
            facts.path if playable else None, recording.duration_s, facts.cloud if playable else None,
            facts.heard if playable else None,
        )  # fmt: skip

    def show_markers(self, markers: Markers) -> None:
        """Show these markers of the recording, on the waveform and in their card."""
        assert self.facts is not None
        self.facts = replace(self.facts, markers=markers)
        recording = self.facts.recording
        found = hits(self._search, recording, markers)
        self.hits.show_hits(self._search, found)
        marked = flags(recording, markers, found)
        self.waveform.show_flags(marked)
        self.markers.show_flags(marked)

    def show_search(self, words: str) -> None:
        """Point out the places that match what is looked for, in what is shown now and from now on."""
        self._search = words
        if self.facts is not None:
            self.show_markers(self.facts.markers)

    @Slot(float)
    def _show_hit(self, second: float) -> None:
        self.show_place(second)
        self._scroll.ensureWidgetVisible(self.waveform, 0, Space.S)

    @Slot()
    def _show_tools(self) -> None:
        """Bring the tools into view, in a low window, once they have their place."""
        QTimer.singleShot(0, self, partial(self._scroll.ensureWidgetVisible, self.edit_bar, 0, 0))

    @Slot()
    def _show_preview(self) -> None:
        QTimer.singleShot(0, self, partial(self._scroll.ensureWidgetVisible, self.preview, 0, 0))

    @Slot(float)
    def show_place(self, second: float, recording_id: str = "") -> None:
        """Point out a place, as that of a search hit, and go there.

        That of another recording than the one shown is waited for until somebody shows that recording.
        """
        if recording_id and recording_id != self.recording_id:
            self._place_wanted = (recording_id, second)
            return
        self._place_wanted = None
        self._player.seek(second)
        self.waveform.show_place(second)

    def jump_to_marker(self, number: int) -> None:
        """Go to the marker of this number, the first being 1."""
        if number <= len(self.waveform.flags):
            self.show_place(self.waveform.flags[number - 1].at_s)

    @Slot()
    def _on_loop_clicked(self) -> None:
        """Play what is selected again and again; without a selection set A, then B, then neither."""
        if self._player.loop is None and self.waveform.selection is not None:
            self._player.loop_over(*self.waveform.selection)
        else:
            self._player.step_loop()

    @Slot(object)
    def _on_loop(self, loop: Loop | None) -> None:
        self.waveform.show_loop(*((None, None) if loop is None else (loop.start_s, loop.end_s)))

    def show_peaks(self, recording_id: str, peaks: Peaks) -> None:
        """Draw the exact waveform, if that recording is still shown."""
        if recording_id == self.recording_id:
            self.waveform.show_peaks(peaks)

    def keep(self) -> None:
        """Keep what is typed but not yet told."""
        if self.recording is not None:
            if self.title.isModified():
                self.title.keep()
            self._notes.keep()

    def _show_head(self, recording: Recording) -> None:
        self.title.show_title(recording.title)
        self._meta.setText(facts_line(recording))
        self._meta.setToolTip(heard_words(recording))
        self.tags.show_recording(recording)
        self._star.setChecked(recording.favourite)
        self._star.show_icon(
            "star-filled" if recording.favourite else "star", "accent" if recording.favourite else "text"
        )
        self._star.name(tr("No longer a favourite") if recording.favourite else tr("Make it a favourite"))
        self._archive.show_icon("unarchive" if recording.archived else "archive")
        self._archive.name(
            tr("Take out of the archive") if recording.archived else tr("Archive", "to put away")
        )

    def _show_state(self, recording: Recording) -> None:
        trashed = recording.state is RecordingState.TRASHED
        running = recording.state is RecordingState.RECORDING
        self._trash_bar.setVisible(trashed)
        for button in (self._star, self._archive, self._delete):
            button.setVisible(not trashed)
        self._delete.setEnabled(not running)
        self.title.setEnabled(not trashed)
        badge = phrases.badge(recording)
        self._state.setText("" if running else phrases.badge_reasons().get(badge, ""))
        self._state.setVisible(bool(self._state.text()))

    @Slot(str)
    def _on_renamed(self, title: str) -> None:
        if self.recording:
            self.renamed.emit(self.recording.id, title)

    @Slot()
    def _on_star(self) -> None:
        if self.recording:
            self.favourite_set.emit(self.recording.id, not self.recording.favourite)

    @Slot()
    def _on_archive(self) -> None:
        if self.recording:
            self.archived_set.emit(self.recording.id, not self.recording.archived)

    @Slot()
    def _on_delete(self) -> None:
        self.delete_asked.emit(self.recording_id)

    @Slot()
    def _on_folder(self) -> None:
        self.folder_asked.emit(self.recording_id)

    @Slot()
    def _on_restore(self) -> None:
        self.restore_asked.emit(self.recording_id)

    @Slot()
    def _on_for_ever(self) -> None:
        self.delete_for_ever_asked.emit(self.recording_id)
