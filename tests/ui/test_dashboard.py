"""W7: the dashboard says in words and plots what ``metrics`` says in numbers."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from tests.fakes.backup_states import choose_folder
from tests.fakes.months import live_through
from voice_recorder.services import Services
from voice_recorder.ui import language
from voice_recorder.ui.dashboard import REFRESH_EVERY_MS, Dashboard
from voice_recorder.ui.dashboard_words import cards, duration, period, share
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.theme import Theme
from voice_recorder.workers.lane import Lane

Open = Callable[[], Dashboard]


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture
def open_dashboard(qtbot: Any, services: Services, lane: Lane, theme: Theme) -> Iterator[Open]:
    """The dashboard of the library as it is now, when it shows something."""
    parent = QWidget()
    qtbot.addWidget(parent)
    shown: list[Dashboard] = []

    def open_dashboard() -> Dashboard:
        dashboard = Dashboard(services, lane, theme, parent)
        shown.append(dashboard)
        dashboard.resize(900, 600)
        dashboard.show()
        qtbot.waitUntil(lambda: bool(dashboard.charts) or dashboard.trouble.isVisible(), timeout=10_000)
        return dashboard

    yield open_dashboard
    for dashboard in filter(shiboken6.isValid, shown):
        dashboard.close()


@pytest.fixture
def months(services: Services, tmp_path: Path) -> int:
    """Half a year of recordings, of which all but three are backed up; how many there are."""
    choose_folder(services, tmp_path / "copies")
    (services.config.raw_recordings_path / "1.wav").write_bytes(b"sound")
    return live_through(services, services.providers.place())


def fact(dashboard: Dashboard, name: str) -> str:
    """The value that stands beside a name."""
    found = [dict(card._shown.rows) for card in dashboard.facts if card._shown is not None]
    return next(rows[name] for rows in found if name in rows)


def test_what_matters_first_is_said_in_words(open_dashboard: Open, months: int, services: Services) -> None:
    dashboard = open_dashboard()
    said = [card.sentence.text() for card in dashboard.cards]
    assert said[0] == f"{months - 3} of {months} recordings are backed up"
    assert dashboard.cards[0].detail.text() == "3 failed"
    assert said[1].startswith("At this rate the disk lasts ")
    assert said[2].startswith(f"{months} recordings, ")
    assert said[3] == "Every file is as it was"
    for card in dashboard.cards:
        assert card.sentence.text() in card.accessibleName()
        assert card.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_the_figures_are_those_of_metrics(open_dashboard: Open, months: int, services: Services) -> None:
    dashboard = open_dashboard()
    figures = services.metrics.collect()
    uploads, receipts = figures["uploads"], figures["receipts"]
    assert fact(dashboard, "Arrived") == str(uploads["done"])
    assert fact(dashboard, "Failed tries") == str(uploads["failed"])
    assert fact(dashboard, "Success rate") == share(uploads["success_rate"])
    assert fact(dashboard, "In one piece").startswith(f"{uploads['simple']['done']}, ")
    assert fact(dashboard, "In chunks") == "not known yet"
    assert fact(dashboard, "Proved copies") == str(receipts["masters"]) == str(months - 3)
    assert fact(dashboard, "Saved by compression").endswith(share(receipts["saved_share"]))
    assert fact(dashboard, "Plan used") == "42.0 %"
    assert fact(dashboard, "The network was not there") == "3"
    assert fact(dashboard, "Drawing a waveform") == "4.1 ms"
    assert fact(dashboard, "Checked then") == "7 files"
    assert int(fact(dashboard, "Database sessions")) > 0


def test_the_plots_draw_what_metrics_tells(open_dashboard: Open, months: int, services: Services) -> None:
    growth, uploads, speeds = open_dashboard().charts
    figures = services.metrics.collect()
    (grown,) = growth.plot._series
    last = figures["trend"][-1]["total_size_bytes"]
    assert grown.values[-1] * 1e9 == pytest.approx(last)
    assert last == figures["library"]["size_bytes"]
    done, failed = uploads.plot._series
    assert (sum(done.values), sum(failed.values)) == (
        figures["uploads"]["done"], figures["uploads"]["failed"],
    )  # fmt: skip
    assert failed.base == done.values
    (speed,) = speeds.plot._series
    assert max(speed.values) == max(on["seconds_per_mb"] or 0 for on in figures["uploads"]["per_day"])
    assert "grew to" in growth.accessibleName()
    assert "tries failed; the success rate is" in uploads.accessibleName()
    assert "on the slowest day" in speeds.accessibleName()


def test_an_empty_library_explains_itself(open_dashboard: Open) -> None:
    dashboard = open_dashboard()
    assert [card.sentence.text() for card in dashboard.cards][::2] == [
        "Backup is off", "There are no recordings yet",
    ]  # fmt: skip
    assert dashboard.charts[0].plot.isHidden()
    assert "after the first recording" in dashboard.charts[0].accessibleName()
    assert not dashboard.charts[1].isVisible()
    assert not any(card.isVisible() for card in dashboard.facts)


def test_the_first_recording_fills_it_while_it_is_open(
    open_dashboard: Open, add: Callable[..., Any], qtbot: Any
) -> None:
    dashboard = open_dashboard()
    add("First")
    dashboard.library_changed()
    assert dashboard._timer.isActive()
    assert dashboard._timer.interval() == REFRESH_EVERY_MS
    dashboard._timer.setInterval(0)
    qtbot.waitUntil(lambda: dashboard.cards[2].sentence.text().startswith("1 recording,"), timeout=5000)
    assert dashboard.charts[0].plot.isVisible()
    assert dashboard.charts[1].isVisible()
    assert "Nothing was sent" in dashboard.charts[1].accessibleName()
    dashboard.hide()
    dashboard.library_changed()
    assert not dashboard._timer.isActive()


def test_the_theme_changes_while_it_is_open(open_dashboard: Open, months: int, theme: Theme) -> None:
    dashboard = open_dashboard()
    plot = dashboard.charts[1].plot

    def colours() -> tuple[str, str, str]:
        bars = [item for item in plot.getPlotItem().items if hasattr(item, "opts")]
        done, failed = (bar.opts["brush"].name() for bar in bars)
        return plot.backgroundBrush().color().name(), done, failed

    light = colours()
    theme.choose("dark")
    for was, now, role in zip(light, colours(), ("raised", "accent", "caution"), strict=True):
        assert now == theme.colour(role).name() != was
    assert len([item for item in plot.getPlotItem().items if hasattr(item, "opts")]) == 2  # none doubled
    theme.choose("light")


def test_figures_that_cannot_be_read_are_said_and_tried_again(
    open_dashboard: Open, services: Services, months: int, qtbot: Any
) -> None:
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("ALTER TABLE attempts RENAME TO hidden_attempts")
    dashboard = open_dashboard()
    assert dashboard.trouble.text().startswith("The figures could not be read. The library could not be used")
    assert dashboard.again.isVisible()
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("ALTER TABLE hidden_attempts RENAME TO attempts")
    qtbot.mouseClick(dashboard.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dashboard.trouble.isVisible(), timeout=10_000)
    assert dashboard.cards[2].isVisible()


@pytest.mark.parametrize("width", [600, 900, 1280])
def test_nothing_is_cut_off_at_any_width(open_dashboard: Open, months: int, qtbot: Any, width: int) -> None:
    dashboard = open_dashboard()
    dashboard.resize(width, 600)
    qtbot.wait(100)
    scroll = dashboard.findChild(QScrollArea)
    page = scroll.widget()
    assert page.width() <= scroll.viewport().width()
    for text in page.findChildren(QLabel):
        if text.isVisible() and text.text():
            right = text.mapTo(page, QPoint(text.width(), 0)).x()
            assert right <= page.width(), text.text()
            needs = text.heightForWidth(text.width()) if text.wordWrap() else text.sizeHint().height()
            assert text.height() >= needs, text.text()
            assert text.wordWrap() or text.width() >= text.sizeHint().width(), text.text()


def test_the_wheel_over_a_plot_scrolls_the_page_and_nothing_zooms(
    open_dashboard: Open, months: int, qtbot: Any
) -> None:
    dashboard = open_dashboard()
    plot = dashboard.charts[0].plot
    before = plot.viewRange()
    middle = QPointF(plot.rect().center())
    wheel = QWheelEvent(
        middle, plot.mapToGlobal(middle), QPoint(), QPoint(0, -240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    chart = dashboard.charts[0]  # the plot itself never sees the pointer
    qtbot.waitUntil(lambda: dashboard.childAt(plot.mapTo(dashboard, QPoint(50, 50))) is chart)
    QApplication.sendEvent(chart, wheel)
    assert not wheel.isAccepted()  # so it goes on to the page
    assert plot.viewRange() == before
    assert plot.getPlotItem().vb.menuEnabled() is False


def test_the_dates_below_a_plot_are_round_and_fit(open_dashboard: Open, months: int) -> None:
    dashboard = open_dashboard()
    axis = dashboard.charts[0].plot._days
    today = date(2026, 11, 21).toordinal()
    for days in (7, 30, 90, 400, 4000, 20_000):
        ((spacing, values),) = axis.tickValues(today - days + 0.5, today + 0.5, 700)
        assert 2 <= len(values) <= 9
        assert values == sorted(values) or days <= 90
        assert len(set(axis.tickStrings(values, 1, spacing))) == len(values)
    values_axis = dashboard.charts[1].plot._values
    assert values_axis.tickSpacing(0, 2, 190) == [(1.0, 0.0)]
    assert values_axis.tickSpacing(0, 400, 190)[0][0] == 100
    assert values_axis.tickStrings([0.0, 0.5], 1, 0.5) == ["0.0", "0.5"]


def test_from_right_to_left_time_runs_as_ever(open_dashboard: Open, months: int, qapp: QApplication) -> None:
    language.choose(qapp, "he")
    try:
        dashboard = open_dashboard()
        plot = dashboard.charts[0].plot
        assert dashboard.layoutDirection() == Qt.LayoutDirection.RightToLeft
        assert plot._values.geometry().right() <= plot.getPlotItem().vb.geometry().left() + 1
    finally:
        language.choose(qapp, "en")


def test_the_menu_opens_one_dashboard_that_closes_with_the_window(
    open_window: Callable[[], MainWindow], add: Callable[..., Any], qtbot: Any
) -> None:
    add("Here")
    window = open_window()
    (entry,) = [action for action in window.header.menu.actions() if action.text() == "Dashboard"]
    entry.trigger()
    dashboard = window.findChild(Dashboard)
    assert dashboard is not None
    assert not dashboard.isModal()
    entry.trigger()
    assert window.findChildren(Dashboard) == [dashboard]
    qtbot.waitUntil(lambda: "1 recording" in dashboard.cards[2].sentence.text(), timeout=10_000)
    gone: list[bool] = []
    dashboard.destroyed.connect(lambda: gone.append(True))
    window.close()
    qtbot.waitUntil(lambda: bool(gone), timeout=3000)


def figures_of(services: Services, **library: int) -> dict[str, Any]:
    figures = services.metrics.collect()
    figures["library"] = {**figures["library"], **library}
    return figures


def test_damage_and_an_absent_folder_ask_for_attention(services: Services) -> None:
    words = cards(figures_of(services, damaged=1, missing=1, restorable=1))[3]
    assert words.alarm
    assert words.sentence == "2 files damaged or missing"
    assert "1 can be put back from the cloud." in words.detail
    services.figures.keep("scrub", {"at": "2026-11-21T12:00:00+00:00", "away": True})
    assert cards(figures_of(services))[3].sentence == "The recordings folder is not there"
    services.settings.set("storage.scrub_days", 0)
    services.figures.keep("scrub", {"at": "2026-11-21T12:00:00+00:00", "away": False})
    assert "21 Nov 2026" in cards(figures_of(services))[3].detail


@pytest.mark.parametrize(
    ("every", "unsafe", "sentence"),
    [
        (0, 0, "There is nothing to back up yet"),
        (1, 0, "The one recording is backed up"),
        (1, 1, "The one recording is not backed up yet"),
        (214, 0, "All 214 recordings are backed up"),
        (1214, 14, "1200 of 1214 recordings are backed up"),
    ],
)
def test_the_backup_in_one_sentence(
    services: Services, tmp_path: Path, every: int, unsafe: int, sentence: str
) -> None:
    choose_folder(services, tmp_path / "copies")
    figures = services.metrics.collect()
    figures["library"]["shelves"] |= {"all": every, "not_backed_up": unsafe}
    said = cards(figures)[0].sentence.replace(",", "")
    assert said == sentence


def test_periods_and_durations_in_the_unit_that_people_would_choose() -> None:
    assert [period(days) for days in (1, 13, 15, 213, 3650)] == [
        "1 day", "13 days", "2 weeks", "7 months", "10 years",
    ]  # fmt: skip
    assert [duration(s) for s in (0.0041, 0.25, 1.44, 90, 40_000)] == [
        "4.1 ms", "250 ms", "1.4 s", "2 min", "11 h",
    ]  # fmt: skip
    assert (share(1.0), share(0.99999), share(0.0)) == ("100 %", "99.9 %", "0 %")


def test_escape_closes_it(open_dashboard: Open, qtbot: Any) -> None:
    dashboard = open_dashboard()
    qtbot.keyClick(dashboard.charts[0], Qt.Key.Key_Escape)
    assert not dashboard.isVisible()
