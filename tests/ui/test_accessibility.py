"""W8: every control of every screen has a name, is large enough, and is reached and seen by Tab."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLineEdit, QScrollBar, QWidget

from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice
from voice_recorder.ui.dashboard import Dashboard
from voice_recorder.ui.export_dialog import ExportDialog
from voice_recorder.ui.help_window import HelpWindow
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.settings_dialog import PAGES, SettingsDialog
from voice_recorder.ui.theme import TARGET
from voice_recorder.ui.window_app import WindowApp

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # of the offscreen platform
Roles = QAccessible.Role
CONTROLS = {
    Roles.Button, Roles.ButtonMenu, Roles.ButtonDropDown, Roles.CheckBox, Roles.RadioButton, Roles.ComboBox,
    Roles.EditableText, Roles.Slider, Roles.SpinBox, Roles.List, Roles.Table, Roles.Tree, Roles.PageTab,
    Roles.Link, Roles.Dial, Roles.HotkeyField, Roles.ProgressBar, Roles.Chart,
}  # fmt: skip
CLICKED = {
    Roles.Button, Roles.ButtonMenu, Roles.ButtonDropDown, Roles.CheckBox, Roles.RadioButton, Roles.ComboBox,
    Roles.Slider, Roles.SpinBox, Roles.PageTab,
}  # fmt: skip
Screen = Callable[[], QWidget]


def below(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """All that a screen reader finds below, rows of lists apart: they are many and alike."""
    for number in range(interface.childCount()):
        child = interface.child(number)
        if child is None or not child.isValid() or child.state().invisible:
            continue
        yield child
        if child.role() not in (Roles.List, Roles.Table, Roles.Tree, Roles.ComboBox):
            yield from below(child)


@dataclass(frozen=True)
class Control:
    """What a screen reader is told of a control; nothing of Qt's own interfaces outlives the question."""

    name: str
    role: QAccessible.Role
    widget: QWidget

    @property
    def told(self) -> str:
        return f"{self.role.name} {self.name!r} {self.widget.width()}x{self.widget.height()} {self.widget!r}"


def controls(window: QWidget) -> list[Control]:
    found = []
    for interface in below(QAccessible.queryAccessibleInterface(window)):
        widget = interface.object()
        if interface.role() in CONTROLS and isinstance(widget, QWidget) and widget.isVisible():
            name = interface.text(QAccessible.Text.Name).strip()
            found.append(Control(name, interface.role(), widget))
    return [control for control in found if not is_inner(control.widget)]


def is_inner(widget: QWidget) -> bool:
    """A part of another control, which has the name and takes the clicks."""
    inside = isinstance(widget.parentWidget(), QLineEdit)
    return inside or isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_")


def told(window: QWidget) -> str:
    return f"{type(window).__name__} {window.windowTitle()!r}"


@pytest.fixture
def full(open_app: Callable[[], WindowApp], add: Any) -> WindowApp:
    """The window with recordings, one of them marked and in a folder."""
    for number in range(3):
        add(f"Note {number}", number * 30.0, markers=(0.2, 0.6), tags=("ideas",), folder="Work")
    return open_app()


@pytest.fixture
def screens(
    full: WindowApp, services: Services, qtbot: Any, request: pytest.FixtureRequest
) -> dict[str, Screen]:
    window = full.window

    def settings(page: str) -> QWidget:
        window.side.open_settings(page)
        dialog = window.findChild(SettingsDialog)
        qtbot.waitUntil(dialog.isVisible)
        return dialog

    def help_() -> QWidget:
        window.side.open_help()
        found = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpWindow))
        request.addfinalizer(found.close)
        return found

    def recording() -> QWidget:
        services.takes.start_from(GeneratedVoice(), "While speaking")
        window.control._on_started(services.takes.running)
        qtbot.wait(300)
        request.addfinalizer(lambda: window.control.finish_now(10.0))
        return window

    def nothing_found() -> QWidget:
        window.library.model.show_query(LibraryQuery(search="nothing like this"))
        qtbot.waitUntil(lambda: window.library.model.total == 0)
        return window

    def selected() -> QWidget:
        window.library.detail.waveform.select(0.2, 0.5)
        return window

    def tools() -> QWidget:
        window.library.detail.transport.edit.click()
        window.library.detail.waveform.select(0.2, 0.5)
        return window

    def several() -> QWidget:
        window.library.list.selectAll()
        page = window.library.selection.page
        qtbot.waitUntil(lambda: page.delete.isVisible())
        return window

    def export() -> QWidget:
        window.library.deeds.ask_export([window.library.detail.recording_id])
        dialog = window.findChild(ExportDialog)
        qtbot.waitUntil(dialog.isVisible)
        return dialog

    def main() -> QWidget:
        return window

    return {
        "main": main, "nothing found": nothing_found, "recording": recording, "selected": selected,
        "help": help_, "tools": tools, "several": several, "export": export,
        **{f"settings {page}": (lambda page=page: settings(page)) for page in PAGES},
    }  # fmt: skip


ALL_SCREENS = [
    "main", "nothing found", "recording", "selected", "help", "tools", "several", "export",
    *(f"settings {page}" for page in PAGES),
]  # fmt: skip


@pytest.mark.parametrize("name", ALL_SCREENS)
def test_every_control_has_a_name_and_is_large_enough(
    screens: dict[str, Screen], name: str, qapp: QApplication
) -> None:
    window = screens[name]()
    qapp.processEvents()
    found = controls(window)
    assert found, told(window)
    assert [control.told for control in found if not control.name] == []
    clicked = [control for control in found if control.role in CLICKED and control.widget.isEnabled()]
    assert [control.told for control in clicked if not is_large_enough(control.widget)] == []


def is_large_enough(widget: QWidget) -> bool:
    """A target of 32 pixels, with the padding that the style gives it."""
    return min(widget.width(), widget.height()) >= TARGET


@pytest.mark.parametrize("name", ["sort", "filter"])
def test_every_entry_of_the_menus_above_the_list_is_named_and_large_enough(
    full: WindowApp, name: str, qtbot: Any
) -> None:
    menu = getattr(full.window.library.filters, name).menu()
    menu.popup(full.window.pos())
    qtbot.waitUntil(menu.isVisible)
    entries = [(n, action) for n, action in enumerate(menu.actions()) if not action.isSeparator()]
    assert entries
    assert [e.text() for _, e in entries if menu.actionGeometry(e).height() < TARGET] == []
    interface = QAccessible.queryAccessibleInterface(menu)
    assert all(interface.child(n).text(QAccessible.Text.Name) for n, _ in entries)
    menu.close()


def test_all_that_several_recordings_can_be_told_is_within_its_page(full: WindowApp, qtbot: Any) -> None:
    """Nothing of it is cut off, although the last line of buttons is the third."""
    full.window.library.list.selectAll()
    page = full.window.library.selection.page
    shown = (page.favourite, page.archive, page.move_to, page.tag, page.export, page.delete)
    qtbot.waitUntil(lambda: all(button.isVisible() for button in shown))
    qtbot.waitUntil(lambda: not [b.text() for b in shown if b.visibleRegion().boundingRect() != b.rect()])


def test_a_window_without_recordings_names_its_controls(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    assert [control.told for control in controls(window) if not control.name] == []


def test_every_plot_of_the_dashboard_says_what_it_shows(full: WindowApp, qtbot: Any) -> None:
    full.window.side.open_dashboard()
    dashboard = full.window.findChild(Dashboard)
    qtbot.waitUntil(lambda: bool(dashboard.charts), timeout=15_000)
    assert [chart for chart in dashboard.charts if len(chart.accessibleName()) < 5] == []


def test_a_row_is_one_object_to_a_screen_reader(full: WindowApp) -> None:
    list_ = full.window.library.list
    interface = QAccessible.queryAccessibleInterface(list_)
    names = [interface.child(n).text(QAccessible.Text.Name) for n in range(interface.childCount())]
    assert any(name.startswith("Note 0, 1 second") for name in names), names


def test_tab_reaches_every_control_and_comes_round(full: WindowApp, qapp: QApplication) -> None:
    window = full.window
    window.header.search.setFocus()
    first = qapp.focusWidget()
    reached: list[QWidget] = []
    for _ in range(200):
        reached.append(qapp.focusWidget())
        QTest.keyClick(qapp.focusWidget(), Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier)
        if qapp.focusWidget() is first:
            break
    assert qapp.focusWidget() is first, "the focus never comes round"
    wanted = [c for c in controls(window) if c.role in CLICKED and takes_focus(c.widget)]
    assert [control.told for control in wanted if control.widget not in reached] == []


def takes_focus(widget: QWidget) -> bool:
    return widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def test_what_has_the_focus_shows_it(full: WindowApp, qapp: QApplication, qtbot: Any) -> None:
    """A control that looks the same with and without the focus leaves a keyboard's user in the dark."""
    window = full.window
    blind = []
    for control in controls(window):
        widget = control.widget
        if not takes_focus(widget) or isinstance(widget, QAbstractScrollArea):
            continue  # a list shows its current row
        window.setFocus()
        qapp.processEvents()
        before = picture(window, widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        qapp.processEvents()
        if widget.hasFocus() and picture(window, widget) == before:
            blind.append(control.told)
    assert blind == []


def picture(window: QWidget, widget: QWidget) -> bytes:
    top_left = widget.mapTo(window, widget.rect().topLeft())
    around = QRect(top_left, widget.size()).adjusted(-3, -3, 3, 3)
    return bytes(window.grab(around).toImage().constBits())
