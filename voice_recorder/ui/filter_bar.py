"""The quiet row above the list: its order, what narrows it, and how many were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from PySide6.QtCore import QDate, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.library_query import NO_FOLDER, LibraryQuery
from voice_recorder.ui.controls import ElidedLabel, IconButton
from voice_recorder.ui.language import tr
from voice_recorder.ui.query_words import (
    Filter,
    chips,
    dates,
    is_narrowed,
    lengths,
    sorts,
    states,
    without_filters,
)
from voice_recorder.ui.theme import TARGET, Space, Theme, Type, font, grown

MOST_NAMES = 30
"""So many tags and folders stand in the menu; the sidebar has all of them."""


class Flow(QLayout):
    """Widgets one after the other, as text runs: what does not fit goes to the next line."""

    def __init__(self, spacing: int = Space.XS, *, centred: bool = False) -> None:
        super().__init__()
        self._centred = centred
        self._parts: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}  # by width: Qt asks hundreds of times
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    @override
    def addItem(self, item: QLayoutItem) -> None:
        self._parts.append(item)

    @override
    def count(self) -> int:
        return len(self._parts)

    @override
    def itemAt(self, index: int) -> QLayoutItem:
        return self._parts[index] if 0 <= index < len(self._parts) else None  # type: ignore[return-value]

    @override
    def takeAt(self, index: int) -> QLayoutItem:
        return self._parts.pop(index) if 0 <= index < len(self._parts) else None  # type: ignore[return-value]

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._place(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    @override
    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    @override
    def sizeHint(self) -> QSize:
        return self.minimumSize()

    @override
    def minimumSize(self) -> QSize:
        heights = [part.sizeHint().height() for part in self._parts if not part.isEmpty()]
        return QSize(TARGET, max(heights, default=0))

    @override
    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def _place(self, rect: QRect, *, move: bool) -> int:
        parent = self.parentWidget()
        mirrored = parent is not None and parent.layoutDirection() == Qt.LayoutDirection.RightToLeft
        y = 0
        for line in self._lines(rect.width()):
            x = (rect.width() - _width(line, self.spacing())) // 2 if self._centred else 0
            tall = max(size.height() for _part, size in line)
            for part, size in line:
                left = rect.right() - x - size.width() + 1 if mirrored else rect.left() + x
                if move:
                    part.setGeometry(QRect(QPoint(left, rect.top() + y), size))
                x += size.width() + self.spacing()
            y += tall + self.spacing()
        return max(0, y - self.spacing())

    def _lines(self, width: int) -> list[list[tuple[QLayoutItem, QSize]]]:
        lines: list[list[tuple[QLayoutItem, QSize]]] = []
        for part in self._parts:
            if part.isEmpty():
                continue
            size = part.sizeHint().boundedTo(QSize(max(TARGET, width), 10_000))
            if not lines or _width(lines[-1], self.spacing()) + self.spacing() + size.width() > width:
                lines.append([])
            lines[-1].append((part, size))
        return lines


def _width(line: Sequence[tuple[QLayoutItem, QSize]], spacing: int) -> int:
    return sum(size.width() for _part, size in line) + spacing * (len(line) - 1)


class ChipButton(QToolButton):
    """A small button with an icon and a text, no larger than they are."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("chip")
        self.setFont(font(Type.SMALL))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    @override
    def sizeHint(self) -> QSize:
        spare = 2 * self.fontMetrics().horizontalAdvance(" ")  # Qt adds them behind the text
        return QSize(max(TARGET, super().sizeHint().width() - spare), grown(TARGET))


class Chip(ChipButton):
    """Something that can be taken away by a press; a long text is shortened, the tool tip has all of it."""

    LONGEST = 180

    def __init__(self, theme: Theme, text: str, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setText(
            self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.LONGEST).replace("&", "&&")
        )
        self.setToolTip(name if len(name) < 200 else f"{name[:200]}…")
        self.setAccessibleName(name)
        self.setIconSize(QSize(12, 12))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self._tint)
        self._tint()

    @Slot()
    def _tint(self) -> None:
        self.setIcon(self._theme.icon("close", "muted", 12))


class FilterBar(QFrame):
    """Two small buttons; below them, as chips, what narrows the list now."""

    changed = Signal()
    """Another order, or other filters."""
    save_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("filter_bar")
        self._theme = theme
        self._query = LibraryQuery()
        self._tags: Sequence[str] = ()
        self._folders: Sequence[str] = ()
        self._found = ElidedLabel(kind="muted", size=Type.SMALL)
        self._found.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.sort = self._button("sort", tr("Sort"), self._fill_sorts)
        self.filter = self._button("filter", tr("Filter"), self._fill_filters)
        head = QHBoxLayout()
        head.setSpacing(Space.XS)
        head.addWidget(self._found, 1)
        head.addWidget(self.sort)
        head.addWidget(self.filter)
        self._chips = QWidget()
        self._flow = Flow()
        self._chips.setLayout(self._flow)
        self._chips.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L + Space.XS, Space.XS, Space.S, Space.XS)
        layout.setSpacing(Space.XS)
        layout.addLayout(head)
        layout.addWidget(self._chips)
        self._show()

    @property
    def query(self) -> LibraryQuery:
        """The order and the filters that are set."""
        return self._query

    def set_query(self, query: LibraryQuery) -> None:
        """Show this order and these filters; the shelf and the words are not this row's."""
        self._query = replace(query, search="", shelf=LibraryQuery().shelf)
        self._show()

    def clear(self) -> None:
        """Take all filters away; the order stays."""
        self._narrow(without_filters(self._query))

    def show_names(self, folders: Sequence[str], tags: Sequence[str]) -> None:
        """Offer these in the menu."""
        self._folders, self._tags = folders, tags

    def show_found(self, found: int | None) -> None:
        """Say how many were found; None where nothing was looked for."""
        self._found.say("" if found is None else tr("%n found", "", found))

    def _button(self, icon: str, name: str, fill: object) -> IconButton:
        button = IconButton(self._theme, icon, name, role="muted", size=18)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.aboutToShow.connect(fill)
        button.setMenu(menu)
        return button

    @Slot()
    def _fill_sorts(self) -> None:
        menu = self.sort.menu()
        menu.clear()
        group = QActionGroup(menu)
        for sort, words in sorts().items():
            action = self._add(menu, words, {"sort": sort})
            group.addAction(action)

    @Slot()
    def _fill_filters(self) -> None:
        menu = self.filter.menu()
        menu.clear()
        today = datetime.now().astimezone().date()
        made = self._section(menu, tr("Date"), dates(today))
        made.addSeparator()
        made.addAction(tr("From … to …")).triggered.connect(self._ask_for_dates)
        self._section(menu, tr("Length"), lengths())
        self._section(menu, tr("State"), states())
        self._named(menu, tr("Folder"), self._folders, "folder")
        self._named(menu, tr("Tag"), self._tags, "tags")
        self._add(menu, tr("Favourites only"), {"favourites": True})
        menu.addSeparator()
        save = menu.addAction(tr("Save this search…"))
        save.triggered.connect(self.save_asked)
        clear = menu.addAction(tr("Clear filters"))
        clear.triggered.connect(self.clear)
        clear.setEnabled(is_narrowed(self._query))

    def _section(self, menu: QMenu, title: str, options: Sequence[Filter]) -> QMenu:
        inside = menu.addMenu(title)
        for option in options:
            self._add(inside, option.text, option.values)
        return inside

    def _named(self, menu: QMenu, title: str, names: Sequence[str], field: str) -> None:
        if not names:
            return
        inside = menu.addMenu(title)
        if field == "folder":
            self._add(inside, tr("In no folder"), {"folder": NO_FOLDER})
        for name in names[:MOST_NAMES]:
            shown = name.replace("&", "&&")
            self._add(inside, shown, {field: name if field == "folder" else (name,)})
        if len(names) > MOST_NAMES:
            more = inside.addAction(tr("All of them are in the sidebar"))
            more.setEnabled(False)

    def _add(self, menu: QMenu, text: str, values: object) -> QAction:
        """An entry that sets these values, or takes them away when they are set."""
        assert isinstance(values, dict)
        action = menu.addAction(text)
        action.setCheckable(True)
        now = all(getattr(self._query, name) == value for name, value in values.items())
        action.setChecked(now)
        plain = LibraryQuery()
        off = {name: getattr(plain, name) for name in values} if "sort" not in values else values
        wanted = replace(self._query, **(off if now else values))
        action.triggered.connect(lambda: self._narrow(wanted))
        return action

    def _narrow(self, query: LibraryQuery) -> None:
        if query != self._query:
            self._query = query
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        while self._flow.count():
            item = self._flow.takeAt(0)
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        today = datetime.now().astimezone().date()
        for found in chips(self._query, today):
            chip = Chip(self._theme, found.text, tr("Remove the filter {name}", name=found.text))
            without = replace(self._query, **found.values)  # type: ignore[arg-type]  # fields of a query
            chip.clicked.connect(lambda _=False, query=without: self._narrow(query))
            self._flow.addWidget(chip)
        self._chips.setVisible(self._flow.count() > 0)
        narrowed = is_narrowed(self._query)
        self.filter.show_icon("filter", "accent" if narrowed else "muted")
        sorted_otherwise = self._query.sort is not LibraryQuery().sort
        self.sort.show_icon("sort", "accent" if sorted_otherwise else "muted")
        self.sort.name(tr("Sort: {order}", order=sorts()[self._query.sort]))
        self.filter.name(tr("Filter"))

    @Slot()
    def _ask_for_dates(self) -> None:
        dialog = DateRange(self._query, self)
        dialog.accepted.connect(lambda: self._narrow(dialog.within(self._query)))
        dialog.open()


class DateRange(QDialog):
    """Asks for the first and the last day."""

    def __init__(self, query: LibraryQuery, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Made between"))
        today = datetime.now().astimezone().date()
        self.first = self._field(tr("First day"), query.made_from or today)
        self.last = self._field(tr("Last day"), query.made_until or today)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow(tr("First day"), self.first)
        form.addRow(tr("Last day"), self.last)
        form.addRow(buttons)

    def within(self, query: LibraryQuery) -> LibraryQuery:
        """``query`` between these days, whichever was named first."""
        first, last = sorted(_day(field.date()) for field in (self.first, self.last))
        return replace(query, made_from=first, made_until=last)

    def _field(self, name: str, day: date) -> QDateEdit:
        field = QDateEdit(QDate(day.year, day.month, day.day))
        field.setCalendarPopup(True)
        field.setAccessibleName(name)
        return field


def _day(found: QDate) -> date:
    return date(found.year(), found.month(), found.day())
