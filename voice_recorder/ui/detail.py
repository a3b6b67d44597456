"""The selected recording: heard, named, kept in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyleOptionFrame,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.recording import HistoryEntry, Marker, Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui import phrases
from voice_recorder.ui.controls import Card, EmptyState, Folding, IconButton, label, row
from voice_recorder.ui.detail_facts import DetailFacts
from voice_recorder.ui.player import Player
from voice_recorder.ui.theme import Space, Theme, Type, font
from voice_recorder.ui.transport import Transport
from voice_recorder.ui.waveform import Flag, Waveform

if TYPE_CHECKING:
    from voice_recorder.audio.peaks import Peaks

BACKUP_OFF = "Backup is off: if this computer were lost today, this note would be lost."
SAVE_NOTES_AFTER_MS = 1000


class TitleEdit(QLineEdit):
    """The title, edited in place: Enter or leaving keeps it, Escape takes it back."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("detail_title")
        self.setAccessibleName("Title")
        self.setToolTip("Title (F2)")
        self.setFont(font(Type.TITLE, bold=True))
        self.setFrame(False)
        self._kept = ""

    def show_title(self, title: str) -> None:
        """Show what the library has, unless it is being typed over."""
        if self.hasFocus() and self.isModified():
            return
        self._kept = title
        self.setToolTip(f"{title} (F2 to change)")
        if self.text() != title:
            everything = self.hasFocus() and self.selectedText() == self.text()
            self.setText(title)
            self.setCursorPosition(0)
            if everything:
                self.selectAll()

    def make_ready(self) -> None:
        """Stand ready to be typed over."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._kept)
            self.clearFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        inside.adjust(2, 0, -2, 0)  # where QLineEdit itself begins
        fits = self.fontMetrics().horizontalAdvance(self.text()) <= inside.width()
        if self.hasFocus() or fits:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.keep()

    def keep(self) -> None:
        """Tell the new title, if it is one."""
        title = self.text().strip()
        self.setCursorPosition(0)
        if not title:
            self.setText(self._kept)
        elif title != self._kept:
            self._kept = title
            self.setModified(False)
            self.renamed.emit(title)


class Notes(QPlainTextEdit):
    """Free words about a recording; kept a second after the last key, or when left."""

    written = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Notes")
        self.setPlaceholderText("Write something about this recording")
        self.setTabChangesFocus(True)
        self.setFixedHeight(96)
        self._id = ""
        self._kept = ""
        self._awaited = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_NOTES_AFTER_MS)
        self._timer.timeout.connect(self.keep)
        self.textChanged.connect(self._timer.start)

    def show_notes(self, recording_id: str, notes: str) -> None:
        """Show the notes of a recording, unless they are being written."""
        if recording_id != self._id:
            self.keep()
        elif notes == self.toPlainText():
            self._kept, self._awaited = notes, False
            return
        elif self.hasFocus():
            return
        elif self._awaited:  # what was typed is not in the library yet: it stays, and is told again when left
            self._kept = notes
            return
        self._id, self._kept, self._awaited = recording_id, notes, False
        self.setPlainText(notes)
        self._timer.stop()

    @Slot()
    def keep(self) -> None:
        """Tell the new notes, if they are."""
        self._timer.stop()
        text = self.toPlainText()
        if self._id and text != self._kept:
            self._kept, self._awaited = text, True
            self.written.emit(self._id, text)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keep()


class Detail(QStackedWidget):
    """One recording, or an empty state."""

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
        self._player = player
        self.empty = EmptyState(theme)
        self._build()
        self.addWidget(self.empty)
        self.addWidget(self._scroll)
        self._connect()

    def _build(self) -> None:
        self.title = TitleEdit()
        self._star = IconButton(self._theme, "star", "Favourite")
        self._star.setCheckable(True)
        self._archive = IconButton(self._theme, "archive", "Archive")
        self._folder = IconButton(self._theme, "folder", "Show in folder")
        self._delete = IconButton(self._theme, "trash", "Move to the trash")
        self._delete.name("Move to the trash", "Del")
        self._meta = label(kind="muted", wrap=True)
        self._meta.setAccessibleName("Facts")
        self._trash_bar = self._build_trash_bar()
        self._state = label(kind="caution", wrap=True)
        self.waveform = Waveform(self._theme)
        self.transport = Transport(self._theme)
        self._health = Card(self._theme, "health", "Health")
        self._backup = Card(self._theme, "cloud-off", "Backup")
        self._backup.text.setText(BACKUP_OFF)
        self._notes = Notes()
        self._history = Card(self._theme, "clock", "History")
        page = QWidget()
        page.setObjectName("detail_page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(Space.XL, Space.L, Space.XL, Space.XL)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.title)
        body = QVBoxLayout()
        body.setContentsMargins(Space.S, 0, 0, 0)  # in line with the text of the title
        body.setSpacing(Space.M)
        layout.addLayout(body, 1)
        self._meta.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        buttons = (self._star, self._archive, self._folder, self._delete)
        body.addWidget(Folding(self._meta, row(*buttons, None, spacing=Space.XS), 440, (1, 0)))
        body.addWidget(self._trash_bar)
        body.addWidget(self._state)
        body.addSpacing(Space.XS)
        body.addWidget(self.waveform)
        body.addWidget(self.transport)
        body.addSpacing(Space.S)
        body.addWidget(Folding(self._health, self._backup, 520, (1, 1)))
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
        self._restore = QPushButton("Restore")
        self._for_ever = QPushButton("Delete for ever…")
        bar = QFrame()
        bar.setObjectName("card")
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(Space.L, Space.S, Space.S, Space.S)
        layout.addWidget(label("In the trash. It is deleted 30 days after it was put here.", wrap=True), 1)
        layout.addWidget(self._restore)
        layout.addWidget(self._for_ever)
        return bar

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
        self.transport.attach(self._player)
        self._player.position_changed.connect(self.waveform.show_position)

    @property
    def recording_id(self) -> str:
        """Whose detail is shown; empty for none."""
        return self.recording.id if self.recording else ""

    def show_empty(self) -> None:
        """No recording: the empty state, which somebody else has filled in."""
        self.keep()
        self.recording = None
        self._player.show_recording(None, 0.0)
        self.setCurrentWidget(self.empty)

    def show_facts(self, facts: DetailFacts) -> None:
        """Show a recording, or the same one as it is now."""
        recording = facts.recording
        another = recording.id != self.recording_id
        grown = not another and recording.duration_s != (self.recording.duration_s if self.recording else 0)
        if another:
            self.keep()
            self.title.setModified(False)
        self.recording = recording
        if another or grown:
            overview = recording.masters[0].overview if recording.masters else b""
            self.waveform.show_recording(recording.duration_s, overview)
            self._player.show_recording(None, 0.0)
        self._show_head(recording)
        self._show_state(recording)
        playable = recording.state is not RecordingState.RECORDING
        self._player.show_recording(facts.path if playable else None, recording.duration_s)
        self.transport.show_duration(recording.duration_s)
        self.transport.show_playable(playable)
        self.waveform.setEnabled(playable)
        self.waveform.show_flags(flags(recording, facts.markers))
        self._health.text.setText(phrases.health_sentence(recording) if playable else "Being recorded.")
        self._notes.show_notes(recording.id, recording.notes)
        self._history.text.setText(history_text(facts.history))
        if another:
            self._scroll.verticalScrollBar().setValue(0)
        self.setCurrentWidget(self._scroll)

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
        self._meta.setText(phrases.meta_line(recording))
        self._star.setChecked(recording.favourite)
        self._star.show_icon(
            "star-filled" if recording.favourite else "star", "accent" if recording.favourite else "text"
        )
        self._star.name("No longer a favourite" if recording.favourite else "Make it a favourite")
        self._archive.show_icon("unarchive" if recording.archived else "archive")
        self._archive.name("Take out of the archive" if recording.archived else "Archive")

    def _show_state(self, recording: Recording) -> None:
        trashed = recording.state is RecordingState.TRASHED
        running = recording.state is RecordingState.RECORDING
        self._trash_bar.setVisible(trashed)
        for button in (self._star, self._archive, self._delete):
            button.setVisible(not trashed)
        self._delete.setEnabled(not running)
        self.title.setEnabled(not trashed)
        badge = phrases.badge(recording)
        self._state.setText("" if running else phrases.BADGE_REASONS.get(badge, ""))
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


def flags(recording: Recording, markers: tuple[Marker, ...]) -> list[Flag]:
    """Where the markers stand in the whole recording, in seconds."""
    starts: dict[str, tuple[float, int]] = {}
    at = 0.0
    for master in recording.masters:
        starts[master.id] = (at, master.sample_rate_hz)
        at += master.duration_s
    return [
        Flag(starts[m.master_id][0] + m.frame / starts[m.master_id][1], m.label)
        for m in markers
        if m.master_id in starts
    ]


def history_text(history: tuple[HistoryEntry, ...]) -> str:
    """The history, newest first, one entry a line."""
    lines = [f"{phrases.moment(e.at)}   {phrases.history_words(e)}" for e in reversed(history)]
    return phrases.joined(lines, 12) if lines else "Nothing yet."
