"""The help: pages of ``resources/help``, with a list, a search, and the keys as they are now."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLocale, QSize, Qt, QUrl, Slot
from PySide6.QtGui import (
    QDesktopServices,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextTable,
)
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from voice_recorder.ui.controls import label
from voice_recorder.ui.language import tr
from voice_recorder.ui.shortcuts import Shortcuts, actions
from voice_recorder.ui.theme import Space, Theme, grown, resources

KEYS = "keys"
SIZE = QSize(900, 660)
CELL_PADDING = Space.XS + 2
_PAGE = Qt.ItemDataRole.UserRole


def read_pages() -> dict[str, str]:
    """The written pages by name, in their order, each in the window's language or else in English."""
    folder, pages = resources() / "help", {}
    own = folder / QLocale().name().partition("_")[0]
    for path in sorted((folder / "en").glob("*.md")):
        translated = own / path.name
        found = translated if translated.is_file() else path
        pages[_name(path)] = found.read_text(encoding="utf-8")
    return pages


def _name(path: Path) -> str:
    """``cloudinary`` of ``20-cloudinary.md``: the number is for the order."""
    return path.stem.partition("-")[2]


def keys_page(shortcuts: Shortcuts) -> str:
    """The quick reference: every action with the key in force, and what the mouse does."""
    rows = [(action.text, shortcuts.hint(action.id) or tr("no key")) for action in actions()]
    hands = [
        (tr("Open a recording and play it"), tr("double click, or Enter in the list")),
        (tr("Select several"), tr("Ctrl or Shift with a click")),
        (tr("What can be done with a recording"), tr("right click, or the menu key")),
        (tr("Go to a place in the sound"), tr("click the waveform, or the arrow keys on it")),
        (tr("Go through the places found"), tr("Enter or Shift+Enter in the search field")),
        (tr("Import"), tr("drop files or folders on the window")),
    ]
    parts = [
        "# " + tr("Quick reference"),
        _table(tr("In the window"), tr("Key"), rows),
        tr("Single keys act outside text fields only. Keys can be changed in the settings, page Shortcuts."),
        _table(tr("By hand"), tr("How"), hands),
    ]
    return "\n\n".join(parts)


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| {left} | {right} |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)]
    return "\n".join(lines)


class HelpWindow(QDialog):
    """A window beside the other one; both can be used."""

    def __init__(self, theme: Theme, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Help"))
        self.resize(SIZE.boundedTo(self.screen().availableSize()))
        self._theme = theme
        self._shortcuts = shortcuts
        self._pages: dict[str, str] = {}
        self._build()
        self._read()
        theme.changed.connect(self._show_current)
        shortcuts.changed.connect(self._read)

    def _build(self) -> None:
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search the help"))
        self.search.setAccessibleName(tr("Search the help"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.contents = QListWidget(self)
        self.contents.setAccessibleName(tr("Contents"))
        self.contents.setFixedWidth(grown(220))
        self.contents.setSpacing(1)
        self.contents.setWordWrap(True)
        self.contents.currentItemChanged.connect(self._show_current)
        self._nothing = label(tr("No page has these words."), kind="muted", wrap=True)
        self._nothing.setFixedWidth(grown(220))
        self._nothing.hide()
        self.browser = QTextBrowser(self)
        self.browser.setObjectName("help_page")
        self.browser.setAccessibleName(tr("Help"))
        self.browser.setFrameShape(QFrame.Shape.NoFrame)
        self.browser.setOpenLinks(False)
        self.browser.document().setDocumentMargin(Space.XL)
        self.browser.anchorClicked.connect(self._follow)
        left = QVBoxLayout()
        left.setSpacing(Space.M)
        left.addWidget(self.search)
        left.addWidget(self._nothing)
        left.addWidget(self.contents, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        layout.setSpacing(Space.L)
        layout.addLayout(left)
        layout.addWidget(self.browser, 1)

    def open_at(self, page: str = "") -> None:
        """Come to the front, at the page called ``page`` if it is given."""
        if page:
            self.search.clear()
            self._choose(page)
        self.show()
        self.raise_()
        self.activateWindow()
        self.contents.setFocus()

    @property
    def page(self) -> str:
        """The name of the page that is shown."""
        item = self.contents.currentItem()
        return str(item.data(_PAGE)) if item is not None else ""

    @Slot()
    def _read(self) -> None:
        before = self.page
        self._pages = {KEYS: keys_page(self._shortcuts), **read_pages()}
        self.contents.clear()
        for name, text in self._pages.items():
            item = QListWidgetItem(text.partition("\n")[0].lstrip("# "))
            item.setData(_PAGE, name)
            item.setSizeHint(QSize(0, grown(36)))
            self.contents.addItem(item)
        self._choose(before or KEYS)
        self._filter()

    def _choose(self, page: str) -> None:
        for row in range(self.contents.count()):
            if self.contents.item(row).data(_PAGE) == page:
                self.contents.setCurrentRow(row)

    @Slot()
    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        shown = []
        for row in range(self.contents.count()):
            item = self.contents.item(row)
            text = self._pages[item.data(_PAGE)].casefold()
            item.setHidden(not all(word in text for word in words))
            if not item.isHidden():
                shown.append(item)
        self._nothing.setVisible(not shown)
        if shown and self.contents.currentItem() not in shown:
            self.contents.setCurrentItem(shown[0])
        elif shown:
            self._show_current()

    @Slot()
    def _show_current(self) -> None:
        if not self.page:
            return
        self.browser.setMarkdown(self._pages[self.page])
        _set_apart(self.browser.document())
        words = self.search.text().split()
        if words:
            self.browser.find(words[0])

    @Slot(QUrl)
    def _follow(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
            return
        name = url.path().removesuffix(".md")
        if name in self._pages:
            self.search.clear()
            self._choose(name)


def _set_apart(document: QTextDocument) -> None:
    """Give lines, paragraphs and tables the room that one reads by; Markdown has no style of its own."""
    cursor, block = QTextCursor(document), document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        form = QTextBlockFormat()
        form.setNonBreakableLines(False)  # what does not fit is broken, code too
        form.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        table = cursor.currentTable()
        if table is not None:
            _soften(table)
        elif level := block.blockFormat().headingLevel():
            form.setTopMargin(Space.L if level > 1 else 0)
            form.setBottomMargin(Space.XS)  # nearer to what it heads
        elif not block.blockFormat().nonBreakableLines():
            form.setBottomMargin(Space.S if block.textList() else Space.M)
        cursor.mergeBlockFormat(form)
        block = block.next()


def _soften(table: QTextTable) -> None:
    form = table.format()
    form.setBorder(0)
    form.setCellSpacing(0)
    form.setCellPadding(CELL_PADDING)
    form.setLeftMargin(-CELL_PADDING)  # in line with the paragraphs
    form.setTopMargin(Space.S)
    form.setBottomMargin(Space.L)
    table.setFormat(form)
