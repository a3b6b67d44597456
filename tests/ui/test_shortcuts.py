"""The keys of the window: declared once, changed in the settings, named alike everywhere."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from voice_recorder.services import Services
from voice_recorder.ui import shortcuts
from voice_recorder.ui.help_window import keys_page
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.settings_dialog import SettingsDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|does not support raise")

Open = Callable[[], MainWindow]


@pytest.fixture
def dialog(open_window: Open, qtbot: Any) -> SettingsDialog:
    window = open_window()
    window.side.open_settings("shortcuts")
    dialog = window.findChild(SettingsDialog)
    qtbot.waitExposed(dialog)
    return dialog


def press_new_key(dialog: SettingsDialog, action_id: str, key: Qt.Key, *modifiers: Any) -> None:
    field = dialog.keys.rows[action_id].field
    field.setFocus()
    QTest.keyClick(field, key, *modifiers)
    field.editingFinished.emit()  # as it does by itself a second later, or when it loses the focus


def test_no_two_actions_have_one_key_and_each_can_be_said(qapp: QApplication) -> None:
    actions = shortcuts.actions()
    assert len({a.id for a in actions}) == len({a.usual for a in actions}) == len(actions)
    assert all(shortcuts.native(a.usual) for a in actions)
    for action in actions:
        assert not shortcuts.refusal("", action.id, action.usual)


def test_only_keys_that_write_count_as_single(qapp: QApplication) -> None:
    singles = [k for k in ("R", "Space", "Shift+B", "F2", "Del", "Ctrl+R", "") if shortcuts.is_single(k)]
    assert singles == ["R", "Space", "Shift+B"]


@pytest.mark.parametrize("stored", ["nonsense", "[1]", '{"record": 5}', '{"nobody": "F9"}'])
def test_a_setting_that_makes_no_sense_leaves_the_usual_keys(stored: str, qapp: QApplication) -> None:
    assert shortcuts.keys_in_force(stored) == shortcuts.keys_in_force("")


def test_only_what_differs_is_stored(qapp: QApplication) -> None:
    stored = shortcuts.with_key("", "record", "F9")
    assert stored == '{"record": "F9"}'
    assert shortcuts.with_key(stored, "record", "R") == ""


def test_a_changed_key_works_at_once_and_is_named_in_menu_and_help(
    dialog: SettingsDialog, services: Services, qtbot: Any
) -> None:
    window = dialog.parentWidget()
    assert isinstance(window, MainWindow)
    press_new_key(dialog, "search", Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: services.settings.current.shortcuts_keys == '{"search": "F7"}')
    qtbot.waitUntil(lambda: window.header.search.toolTip().endswith("(F7)"))
    assert "| Search | F7 |" in keys_page(window.shortcuts)
    dialog.undo.click()
    qtbot.waitUntil(lambda: window.header.search.toolTip().endswith("(Ctrl+F)"))
    press_new_key(dialog, "rename", Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: window.shortcuts.hint("rename") == "F8")
    qtbot.waitUntil(lambda: "(F8 to change)" in window.library.detail.title.toolTip())
    dialog.keys.rows["rename"].reset.click()
    qtbot.waitUntil(lambda: window.shortcuts.hint("rename") == "F2")
    press_new_key(dialog, "search", Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: window.shortcuts.hint("search") == "F7")
    dialog.accept()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.library.list.setFocus()
    QTest.keyClick(window.library.list, Qt.Key.Key_F7)
    qtbot.waitUntil(window.header.search.hasFocus)


def test_a_key_that_is_taken_is_refused_in_words(dialog: SettingsDialog, services: Services) -> None:
    press_new_key(dialog, "marker", Qt.Key.Key_R)
    row = dialog.keys.rows["marker"]
    assert row.note == "R is taken already: “Record, or stop and save”. Give that another key first."
    assert row.field.key() == "M"
    assert services.settings.current.shortcuts_keys == ""


def test_a_key_from_anywhere_is_refused_when_all_programs_need_it_or_the_window_has_it(
    dialog: SettingsDialog, services: Services
) -> None:
    row = dialog.rows["shortcuts.global_record"]
    for key, words in (("X", "Other programs would lack it"), ("Ctrl+F", "is taken already")):
        row.changed.emit("shortcuts.global_record", key)
        assert words in dialog._problem.text()
    assert services.settings.current.shortcuts_global_record == ""


def test_the_space_bar_presses_a_button_that_has_the_focus_and_plays_elsewhere(
    open_window: Open, add: Any, qtbot: Any
) -> None:
    add("Talk")
    window = open_window()
    played: list[bool] = []
    window.shortcuts._deeds["play"] = lambda: played.append(True)
    window.header._settings.setFocus()
    QTest.keyClick(window.header._settings, Qt.Key.Key_Space)
    assert window.findChild(SettingsDialog) is not None
    assert not played
    window.findChild(SettingsDialog).close()
    window.library.list.setFocus()
    QTest.keyClick(window.library.list, Qt.Key.Key_Space)
    assert played


def test_tool_tips_name_no_key_that_does_nothing(open_window: Open, services: Services) -> None:
    window = open_window()
    assert "(R)" in window.bar.button.toolTip()
    services.settings.set("shortcuts.keys", '{"record": "F9"}')
    window._apply_settings()
    assert "(R)" not in window.bar.button.toolTip()
    assert window.shortcuts.hint("record") == "F9"
    services.settings.set("shortcuts.single_keys", False)
    window._apply_settings()
    assert window.shortcuts.hint("marker") == ""
    assert window.shortcuts.hint("record") == "F9"
