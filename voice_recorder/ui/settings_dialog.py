"""The settings, made from their declarations: pages, a search, changes that apply at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.audio.encoder import m4a_available
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.settings import Settings, declarations, value_of
from voice_recorder.ui.backup_offer import BackupOffer
from voice_recorder.ui.controls import label, pad, row
from voice_recorder.ui.language import tr
from voice_recorder.ui.privacy_page import PrivacyPage
from voice_recorder.ui.provider_page import ProviderPage
from voice_recorder.ui.provider_words import place_words
from voice_recorder.ui.relocation import FolderRow
from voice_recorder.ui.said import said
from voice_recorder.ui.setting_notes import DEPENDENTS, global_key_refusal, say_what_depends
from voice_recorder.ui.setting_row import SettingRow
from voice_recorder.ui.shortcuts_page import KEYS, ShortcutsPage
from voice_recorder.ui.theme import Space, Theme, Type, grown
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes

if TYPE_CHECKING:
    from voice_recorder.services import Services

PAGES = (
    "audio", "take", "playback", "cloud", "sync", "compression", "storage", "shortcuts", "appearance",
    "privacy",
)  # fmt: skip
WITHOUT_ROW = ("cloud.provider", KEYS, "export.format", "export.folder")
"""Settings that a part of its own page changes, or the dialog that remembers them."""
PARTS_FIRST = ("cloud", "storage")
"""Pages whose own part stands above their settings."""
SIZE = QSize(860, 700)


def page_title(page: str) -> str:
    """What a page is called."""
    titles = {
        "audio": tr("Recording"), "take": tr("Automation"), "playback": tr("Playback"), "cloud": tr("Cloud"),
        "sync": tr("Sending"), "compression": tr("Compression"), "storage": tr("Storage"),
        "shortcuts": tr("Shortcuts"), "appearance": tr("Appearance"),
        "privacy": tr("Privacy"),
    }  # fmt: skip
    return titles[page]


class SettingsDialog(QDialog):
    """All settings. A change is in force at once; Undo takes back one after the other.

    The provider is the exception: it is tested, then saved by a button of its own, and no part of Undo.
    Closed while something is being saved, the dialog hides and ends when that is done.
    """

    applied = Signal(str)
    provider_changed = Signal()
    """A provider was chosen or given up."""
    move_asked = Signal()
    """The recordings folder is to be moved; the dialog is closed then."""

    def __init__(
        self, services: Services, lanes: Lanes, theme: Theme, inputs: Sequence[str], outputs: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.resize(QSize(grown(SIZE.width()), grown(SIZE.height())).boundedTo(self.screen().availableSize()))
        self._services = services
        self._lanes = lanes
        self._applying = 0
        self._ending: int | None = None
        self._done: list[tuple[str, Any]] = []
        devices = {"audio.device": inputs, "audio.output_device": outputs}
        current = services.settings.current
        self.rows = {
            d.key: SettingRow(
                theme, d, value_of(current, d.key), devices.get(d.key, ()), inset=d.key in DEPENDENTS
            )
            for d in declarations().values()
            if d.key not in WITHOUT_ROW
        }
        self.provider = ProviderPage(services, lanes, theme)
        self.keys = ShortcutsPage(theme, current.shortcuts_keys)
        self.privacy = PrivacyPage(services, lanes, theme)
        self.folder = FolderRow(services.config.raw_recordings_path)
        self._parts: dict[str, ProviderPage | ShortcutsPage | PrivacyPage | FolderRow] = {
            "cloud": self.provider, "shortcuts": self.keys, "privacy": self.privacy, "storage": self.folder,
        }  # fmt: skip
        self._build()
        self._say_what_depends()
        available, reason = m4a_available()
        if not available:
            self.rows["compression.send_as"].grey_out(SendAs.M4A.value, said(reason))
        for setting in self.rows.values():
            setting.changed.connect(self._on_changed)
        self.keys.changed.connect(self._on_changed)
        self.folder.move_asked.connect(self._ask_to_move)
        self.folder.failed.connect(self._on_folder_failed)
        self.provider.provider_changed.connect(self.provider_changed)
        self.provider.newly_chosen.connect(self._offer_backup)
        self.provider.told.connect(self._bring_into_view)
        self.provider.settled.connect(self._end_if_asked)

    def _build(self) -> None:
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search the settings"))
        self.search.setAccessibleName(tr("Search the settings"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.pages = QListWidget(self)
        self.pages.setAccessibleName(tr("Pages"))
        self.pages.setFixedWidth(grown(160))
        self.pages.setSpacing(1)
        self._headings: dict[str, QWidget] = {}
        board = QWidget()
        self._area = _scrolled(board, self)  # before anything stands on it, or all would be styled twice
        inside = QVBoxLayout(board)
        pad(inside, 0, 0, Space.L, 0)
        inside.setSpacing(0)
        for page in PAGES:
            self._add_page(page, inside)
        inside.addStretch(1)
        self._nothing = label(tr("No setting fits these words."), kind="muted")
        self._nothing.hide()
        inside.insertWidget(0, self._nothing)
        self._problem = label(kind="caution", wrap=True)
        self._problem.hide()
        self.undo = QPushButton(tr("Undo"))
        self.undo.setEnabled(False)
        self.undo.clicked.connect(self._undo)
        close = QPushButton(tr("Done"))
        close.setProperty("kind", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        layout.setSpacing(Space.M)
        layout.addWidget(self.search)
        middle = QHBoxLayout()
        middle.setSpacing(Space.XL)
        middle.addWidget(self.pages)
        middle.addWidget(self._area, 1)
        layout.addLayout(middle, 1)
        layout.addWidget(self._problem)
        layout.addWidget(row(self.undo, None, close))
        self.pages.setCurrentRow(0)
        self.pages.currentRowChanged.connect(self._filter)
        self._filter()

    def _add_page(self, page: str, layout: QVBoxLayout) -> None:
        name = page_title(page)
        item = QListWidgetItem(name)
        item.setData(Qt.ItemDataRole.UserRole, page)
        item.setSizeHint(QSize(0, grown(36)))
        self.pages.addItem(item)
        heading = label(name, size=Type.HEADING, kind="heading")
        heading.setContentsMargins(0, 0, 0, Space.XS)
        heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._headings[page] = heading
        layout.addWidget(heading)
        if page in PARTS_FIRST:
            layout.addWidget(self._parts[page])
        for setting in self.rows.values():
            if setting.declaration.page == page:
                layout.addWidget(setting)
        if page in self._parts and page not in PARTS_FIRST:
            layout.addWidget(self._parts[page])

    def show_page(self, page: str) -> None:
        """Go to a page, by the part of its settings' keys before the dot."""
        self.search.clear()
        self.pages.setCurrentRow(list(self._headings).index(page))

    @Slot()
    def _filter(self) -> None:
        words = self.search.text().strip()
        item = self.pages.currentItem()
        page = item.data(Qt.ItemDataRole.UserRole) if item else ""
        shown_pages = set()
        for setting in self.rows.values():
            shows = setting.fits(words) if words else setting.declaration.page == page
            setting.setVisible(shows)
            if shows:
                shown_pages.add(setting.declaration.page)
        for name, part in self._parts.items():
            shows = part.fits(words) if words else page == name
            part.setVisible(shows)
            if shows:
                shown_pages.add(name)
        for key, heading in self._headings.items():
            heading.setVisible(key in shown_pages)
        self._nothing.setVisible(not shown_pages)
        self._area.verticalScrollBar().setValue(0)

    @Slot(QWidget)
    def _bring_into_view(self, part: QWidget) -> None:
        QTimer.singleShot(0, part, lambda: self._area.ensureWidgetVisible(part, 0, Space.L))

    # Changes

    @Slot(str, object)
    def _on_changed(self, key: str, value: object) -> None:
        before = value_of(self._services.settings.current, key)
        refusal = global_key_refusal(self._services.settings.current, key, value)
        if refusal:
            self.show_problem(refusal)
            self._show(key)
        elif before != value:
            self._done.append((key, before))
            self._apply(key, value)

    @Slot()
    def _undo(self) -> None:
        if self._done:
            self._apply(*self._done.pop())

    def _apply(self, key: str, value: object) -> None:
        def finished(_settings: Settings | None) -> None:
            self._problem.hide()
            self._show(key)
            self.applied.emit(key)
            self._applying -= 1
            self._end_if_asked()

        def failed(error: VoiceRecorderError) -> None:
            self.show_problem(said(error))
            self._show(key)
            self._applying -= 1
            self._end_if_asked()

        self._applying += 1
        self._lanes.edits.post(plain(self._services.settings.set, key, value), finished, failed)
        self.undo.setEnabled(bool(self._done))

    def show_problem(self, words: str) -> None:
        """Say what came of a change, until the next one."""
        self._problem.setText(words)
        self._problem.show()

    def _show(self, key: str) -> None:
        shown = self.keys if key == KEYS else self.rows[key]
        shown.show_value(value_of(self._services.settings.current, key))
        self._say_what_depends()

    def _say_what_depends(self) -> None:
        """Show what one setting means for another."""
        now = self._services.settings.current
        self.keys.global_key = now.shortcuts_global_record
        say_what_depends(self.rows, now)

    @Slot()
    def _ask_to_move(self) -> None:
        self.accept()
        self.move_asked.emit()

    @Slot(object)
    def _on_folder_failed(self, error: VoiceRecorderError) -> None:
        self.show_problem(said(error))

    # The end

    @Slot()
    def _offer_backup(self) -> None:
        chosen = self.provider.status.now.choice
        if chosen is None:
            return
        over = self if self._ending is None else self.parentWidget()
        offer = BackupOffer(self._services, self._lanes, place_words(chosen.kind, chosen.place), over)
        offer.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        offer.answered.connect(self.provider.report)
        offer.open()

    @override
    def done(self, result: int) -> None:
        """Close, or hide until what is being saved is saved."""
        if self._applying or self.provider.saving:
            self._ending = result
            self.hide()
            return
        self.provider.abandon()
        self.privacy.abandon()
        super().done(result)

    @Slot()
    def _end_if_asked(self) -> None:
        if self._ending is not None and not self._applying and not self.provider.saving:
            self.done(self._ending)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._applying or self.provider.saving:
            event.ignore()
            self.reject()
        else:
            super().closeEvent(event)


def _scrolled(page: QWidget, parent: QWidget) -> QScrollArea:
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
