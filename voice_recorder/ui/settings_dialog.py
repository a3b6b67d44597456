"""The settings, made from their declarations: pages, a search, changes that apply at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.settings import Declaration, Settings, declarations, value_of
from voice_recorder.ui.controls import IconButton, label, row
from voice_recorder.ui.theme import Space, Theme, Type
from voice_recorder.workers.lane import Lane, plain

if TYPE_CHECKING:
    from voice_recorder.services import Services

PAGES = {
    "audio": "Recording",
    "playback": "Playback",
    "storage": "Storage",
    "shortcuts": "Shortcuts",
    "appearance": "Appearance",
}
DEVICE_KEYS = ("audio.device", "audio.output_device")


class SettingRow(QFrame):
    """One setting: its name, its text, a control, and a way back to the default."""

    changed = Signal(str, object)

    def __init__(
        self, theme: Theme, declaration: Declaration, value: Any, devices: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.declaration = declaration
        self._showing = False
        self.control, self._read, self._write = _control(declaration, devices, self._tell)
        self.control.setAccessibleName(declaration.title)
        self.control.setAccessibleDescription(declaration.text)
        self.control.installEventFilter(self)
        self._reset = IconButton(
            theme, "restore", f"Reset “{declaration.title}” to its default", role="muted", size=18
        )
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._reset.clicked.connect(self._on_reset)
        title = label(declaration.title, wrap=True)
        text = label(declaration.text, kind="muted", size=Type.SMALL, wrap=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, Space.S, 0, Space.S)
        layout.setSpacing(Space.M)
        layout.addLayout(words, 1)
        layout.addWidget(self.control)
        layout.addWidget(self._reset)
        self.show_value(value)

    def show_value(self, value: Any) -> None:
        """Show the value in force."""
        self._showing = True
        if self._read() != value:
            self._write(value)
        self._showing = False
        self._reset.setVisible(value != self.declaration.default)

    def fits(self, words: str) -> bool:
        """Whether the setting is what somebody looks for."""
        everything = f"{self.declaration.title} {self.declaration.text} {self.declaration.key}".casefold()
        return all(word in everything for word in words.casefold().split())

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent):
            event.ignore()  # the wheel scrolls the page; it does not change what it passes over
            return True
        return False

    def _tell(self, *_arguments: object) -> None:
        if not self._showing:
            self.changed.emit(self.declaration.key, self._read())

    @Slot()
    def _on_reset(self) -> None:
        self.changed.emit(self.declaration.key, self.declaration.default)


Control = tuple[QWidget, Callable[[], Any], Callable[[Any], None]]


def _control(declaration: Declaration, devices: Sequence[str], tell: Callable[..., None]) -> Control:
    """The control for a setting, how to read it and how to write it."""
    if declaration.key in DEVICE_KEYS:
        return _choice({"": "System default", **{name: name for name in devices}}, tell, open_ended=True)
    if declaration.choices is not None:
        return _choice(dict(declaration.choices), tell)
    if declaration.type is bool:
        box = QCheckBox()
        box.toggled.connect(tell)
        return box, box.isChecked, box.setChecked
    if declaration.type in (int, float):
        return _number(declaration, tell)
    field = QLineEdit()
    field.setMinimumWidth(180)
    field.editingFinished.connect(tell)
    return field, field.text, field.setText


def _choice(choices: dict[Any, str], tell: Callable[..., None], *, open_ended: bool = False) -> Control:
    box = QComboBox()
    box.setMinimumWidth(180)
    box.setMaximumWidth(260)
    for value, text in choices.items():
        box.addItem(text, value)
    box.currentIndexChanged.connect(tell)

    def write(value: Any) -> None:
        if box.findData(value) < 0 and open_ended:
            box.addItem(f"{value} (not connected)", value)
        box.setCurrentIndex(box.findData(value))

    return box, box.currentData, write


def _number(declaration: Declaration, tell: Callable[..., None]) -> Control:
    box: QSpinBox | QDoubleSpinBox
    low, high = declaration.minimum or 0, declaration.maximum or 1_000_000
    if declaration.type is int:
        box = QSpinBox()
        box.setRange(int(low), int(high))
    else:
        box = QDoubleSpinBox()
        box.setRange(low, high)
        box.setSingleStep(0.25)
    box.setSuffix(f" {declaration.unit}" if declaration.unit else "")
    box.setKeyboardTracking(False)
    box.setMinimumWidth(140)
    box.valueChanged.connect(tell)
    return box, box.value, box.setValue


class SettingsDialog(QDialog):
    """All settings. A change is in force at once; Undo takes back one after the other."""

    applied = Signal(str)

    def __init__(
        self, services: Services, lane: Lane, theme: Theme, inputs: Sequence[str], outputs: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(760, 560)
        self._services = services
        self._lane = lane
        self._done: list[tuple[str, Any]] = []
        devices = {"audio.device": inputs, "audio.output_device": outputs}
        current = services.settings.current
        self.rows = {
            d.key: SettingRow(theme, d, value_of(current, d.key), devices.get(d.key, ()))
            for d in declarations().values()
        }
        self._build(theme)
        for setting in self.rows.values():
            setting.changed.connect(self._on_changed)

    def _build(self, theme: Theme) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the settings")
        self.search.setAccessibleName("Search the settings")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.pages = QListWidget()
        self.pages.setAccessibleName("Pages")
        self.pages.setFixedWidth(160)
        self.pages.setSpacing(1)
        self._headings: dict[str, QWidget] = {}
        inside = QVBoxLayout()
        inside.setContentsMargins(0, 0, Space.L, 0)
        inside.setSpacing(0)
        for page in dict.fromkeys(d.page for d in declarations().values()):
            self._add_page(page, inside)
        inside.addStretch(1)
        self._nothing = label("No setting fits these words.", kind="muted")
        self._nothing.hide()
        inside.insertWidget(0, self._nothing)
        self._problem = label(kind="caution", wrap=True)
        self._problem.hide()
        self.undo = QPushButton("Undo")
        self.undo.setEnabled(False)
        self.undo.clicked.connect(self._undo)
        close = QPushButton("Done")
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
        middle.addWidget(_scrolled(inside), 1)
        layout.addLayout(middle, 1)
        layout.addWidget(self._problem)
        layout.addWidget(row(self.undo, None, close))
        self.pages.setCurrentRow(0)
        self.pages.currentRowChanged.connect(self._filter)
        self._filter()

    def _add_page(self, page: str, layout: QVBoxLayout) -> None:
        name = PAGES.get(page, page.capitalize())
        item = QListWidgetItem(name)
        item.setData(Qt.ItemDataRole.UserRole, page)
        item.setSizeHint(QSize(0, 36))
        self.pages.addItem(item)
        heading = label(name, size=Type.HEADING, kind="heading")
        self._headings[page] = heading
        layout.addWidget(heading)
        layout.addSpacing(Space.XS)
        for setting in self.rows.values():
            if setting.declaration.page == page:
                layout.addWidget(setting)

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
        for key, heading in self._headings.items():
            heading.setVisible(key in shown_pages)
        self._nothing.setVisible(not shown_pages)

    @Slot(str, object)
    def _on_changed(self, key: str, value: object) -> None:
        before = value_of(self._services.settings.current, key)
        if before != value:
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

        def failed(error: VoiceRecorderError) -> None:
            self._problem.setText(str(error))
            self._problem.show()
            self._show(key)

        self._lane.post(plain(self._services.settings.set, key, value), finished, failed)
        self.undo.setEnabled(bool(self._done))

    def _show(self, key: str) -> None:
        self.rows[key].show_value(value_of(self._services.settings.current, key))


def _scrolled(layout: QVBoxLayout) -> QScrollArea:
    page = QWidget()
    page.setLayout(layout)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
