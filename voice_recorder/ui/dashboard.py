"""The dashboard: a window with the figures of ``metrics``, the few that matter first."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui.controls import label, row, set_kind
from voice_recorder.ui.dashboard_words import CardWords, Facts, cards, facts
from voice_recorder.ui.language import tr
from voice_recorder.ui.said import said
from voice_recorder.ui.theme import Space, Theme, Type, pixmap
from voice_recorder.ui.widget_jobs import Jobs
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.ui.dashboard_charts import Chart
    from voice_recorder.ui.main_window import MainWindow
    from voice_recorder.workers.lane import Lane
    from voice_recorder.workers.upkeep import Upkeep

REFRESH_EVERY_MS = 4000
CARD_WIDTH = 230
CHART_WIDTH = 380
FACTS_WIDTH = 300


class Columns(QWidget):
    """Widgets in as many columns as there is room for, each at least ``width`` pixels wide."""

    def __init__(self, parts: Sequence[QWidget], width: int, most: int) -> None:
        super().__init__()
        self._parts = tuple(parts)
        self._width = width
        self._most = most
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(Space.M)
        self._arrange(most)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = (self.width() + Space.M) // (self._width + Space.M)
        even = [n for n in range(1, self._most + 1) if len(self._parts) % n == 0]
        self._arrange(max((n for n in even if n <= room), default=1))

    @override
    def minimumSizeHint(self) -> Any:
        hint = super().minimumSizeHint()
        hint.setWidth(min(hint.width(), self._width))
        return hint

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for at, part in enumerate(self._parts):
            self._grid.addWidget(part, at // columns, at % columns)
        for at in range(self._most):
            self._grid.setColumnStretch(at, 1 if at < columns else 0)


class FigureCard(QFrame):
    """One figure as a sentence."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("chart")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._words = CardWords("all", "", "", "")
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._heading = label(kind="heading", size=Type.SMALL)
        self.sentence = label(size=Type.HEADING, wrap=True)
        self.detail = label(kind="muted", size=Type.SMALL, wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        layout.setSpacing(Space.S)
        layout.addWidget(row(self._icon, self._heading, None))
        layout.addWidget(self.sentence)
        layout.addWidget(self.detail)
        layout.addStretch(1)
        theme.changed.connect(self._tint)

    def present(self, words: CardWords) -> None:
        """Show this."""
        self._words = words
        self._heading.setText(words.heading)
        self.sentence.setText(words.sentence)
        self.detail.setText(words.detail)
        self.detail.setVisible(bool(words.detail))
        set_kind(self.sentence, "caution" if words.alarm else "")
        self.setAccessibleName(f"{words.heading}. {words.sentence}. {words.detail}")
        self._tint()

    @Slot()
    def _tint(self) -> None:
        colours = self._theme.colours
        colour = colours.caution if self._words.alarm else colours.muted
        self._icon.setPixmap(pixmap(self._words.icon, colour, 20, self.devicePixelRatioF()))


class FactsCard(QFrame):
    """Some figures by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("chart")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._heading = label(kind="heading", size=Type.SMALL)
        self._body = QWidget()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        self._layout.setSpacing(Space.S)
        self._layout.addWidget(self._heading)
        self._layout.addWidget(self._body)
        self._layout.addStretch(1)
        self._shown: Facts | None = None

    def present(self, found: Facts) -> None:
        """Show this."""
        if found == self._shown:
            return
        self._shown = found
        self._heading.setText(found.heading)
        said = ". ".join(f"{name}: {value}" if value else name for name, value in found.rows)
        self.setAccessibleName(f"{found.heading}. {said}")
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.setColumnStretch(0, 1)
        for at, (name, value) in enumerate(found.rows):
            shown = label(value)
            shown.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignTop)
            named = label(name, kind="muted", wrap=True)
            named.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
            grid.addWidget(named, at, 0)
            grid.addWidget(shown, at, 1)
        self._layout.replaceWidget(self._body, body)
        self._body.deleteLater()
        self._body = body


class Dashboard(QDialog):
    """Stays open beside the window; reads nothing while it is closed."""

    def __init__(self, services: Services, lane: Lane, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Dashboard"))
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(480, 360)
        self.resize(1040, 760)
        self._services = services
        self._lane = lane
        self._theme = theme
        self._jobs = Jobs()
        self._reading = False
        self._figures: Mapping[str, Any] = {}
        self._made: list[Chart] = []
        self.charts: tuple[Chart, ...] = ()
        """How the library grew, uploads, their speed; none before the first figures."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_EVERY_MS)
        self._timer.timeout.connect(self.read)
        self._build()

    def _build(self) -> None:
        self.cards = [FigureCard(self._theme) for _ in range(4)]
        self.facts = [FactsCard() for _ in range(6)]
        self.trouble = label(kind="caution", wrap=True)
        self.again = QPushButton(tr("Try again"))
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.read)
        self._trouble = row(self.trouble, self.again)
        self._trouble.hide()
        self.wait = label(tr("Counting…"), kind="muted", size=Type.HEADING)
        self.wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._page = QWidget()
        self._page.setObjectName("dashboard")
        self._layout = QVBoxLayout(self._page)
        self._layout.setContentsMargins(Space.XL, Space.L, Space.XL, Space.XL)
        self._layout.setSpacing(Space.M)
        self._layout.addWidget(self._trouble)
        self._layout.addWidget(self.wait)
        self._card_columns = Columns(self.cards, CARD_WIDTH, 4)
        self._rest: list[QWidget] = [Columns(self.facts, FACTS_WIDTH, 3)]
        for part in (self._card_columns, *self._rest):
            part.hide()
            self._layout.addWidget(part)
        self._layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    @Slot()
    def library_changed(self) -> None:
        """Read anew, soon: at most every few seconds."""
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def read(self) -> None:
        """Have the figures collected; they are shown when they are there."""
        if not self._reading:
            self._reading = True
            self._jobs.post(self._lane, self._collect, self._show, self._on_failed)

    def _collect(self, _cancel: threading.Event, _report: Progress) -> dict[str, Any]:
        import voice_recorder.ui.dashboard_charts  # noqa: F401  # half a second that is not the window's

        return self._services.metrics.collect()

    def _show(self, figures: Mapping[str, Any]) -> None:
        self._reading = False
        self._figures = figures
        self._trouble.hide()
        self.wait.hide()
        for card, words in zip(self.cards, cards(figures), strict=True):
            card.present(words)
        self._card_columns.show()
        for group, found in zip(self.facts, facts(figures), strict=True):
            group.present(found)
        QTimer.singleShot(0, self, self._draw)

    @Slot()
    def _draw(self) -> None:
        """Draw the figures. The charts are made one a turn of the loop: each takes as long as one may."""
        from voice_recorder.ui.dashboard_charts import Chart, chart_kinds

        kinds = chart_kinds()
        if len(self._made) < len(kinds):
            self._made.append(Chart(self._theme, kinds[len(self._made)]))
            QTimer.singleShot(0, self, self._draw)
            return
        if not self.charts:
            self._add_charts()
        for chart in self.charts:
            chart.show_figures(self._figures, datetime.now(UTC).astimezone().date())
        for part in self._rest:  # of an empty library it is enough to say that it is empty
            part.setVisible(self._figures["library"]["recordings"] > 0)

    def _add_charts(self) -> None:
        self.charts = tuple(self._made)
        growth, *others = self.charts
        both = Columns(others, CHART_WIDTH, 2)
        self._rest.append(both)
        at = self._layout.indexOf(self._card_columns)
        self._layout.insertWidget(at + 1, growth)
        self._layout.insertWidget(at + 2, both)
        for first, then in pairwise([*self.cards, *self.charts, *self.facts]):
            QWidget.setTabOrder(first, then)

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._reading = False
        self.wait.hide()
        self.trouble.setText(tr("The figures could not be read. {why}", why=said(error)))
        self._trouble.show()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._jobs.drop_all()
        self._reading = False


def show_dashboard(
    services: Services, lane: Lane, theme: Theme, upkeep: Upkeep, parent: MainWindow
) -> Dashboard:
    """Open the dashboard of ``parent``, or bring the open one forward."""
    dashboard = parent.findChild(Dashboard)
    if dashboard is None:
        dashboard = Dashboard(services, lane, theme, parent)
        upkeep.library_changed.connect(dashboard.library_changed)
        parent.closed.connect(dashboard.close)
    dashboard.show()
    dashboard.activateWindow()
    return dashboard
