"""The settings dialog: its pages, what depends on what, and that nothing of it is lost or cut off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton

from voice_recorder.domain.settings import declarations
from voice_recorder.services import Services
from voice_recorder.ui.settings_dialog import PAGES, SettingsDialog
from voice_recorder.ui.theme import TARGET, Theme
from voice_recorder.workers.lanes import Lanes

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # which the offscreen platform lacks


@pytest.fixture
def lanes(qapp: QApplication) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    assert lanes.shut_down()


@pytest.fixture
def dialog(qapp: QApplication, qtbot: Any, services: Services, lanes: Lanes) -> Iterator[SettingsDialog]:
    dialog = SettingsDialog(services, lanes, Theme(qapp), ("Microphone",), ("Speakers",))
    dialog.show()
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.provider.abandon()
    dialog.deleteLater()


def toggle(dialog: SettingsDialog, key: str) -> None:
    dialog.show_page(key.partition(".")[0])
    box = dialog.rows[key].control
    assert isinstance(box, QCheckBox)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center())


def box_of(dialog: SettingsDialog, key: str) -> Any:
    return dialog.rows[key].control


def test_the_pages_stand_in_a_sensible_order_and_hold_every_setting(dialog: SettingsDialog) -> None:
    names = [dialog.pages.item(i).text() for i in range(dialog.pages.count())]
    assert names == [
        "Recording", "Automation", "Playback", "Cloud", "Sending", "Compression", "Storage", "Shortcuts",
        "Appearance", "Privacy",
    ]  # fmt: skip
    shown = set()
    for page in PAGES:
        dialog.show_page(page)
        shown |= {key for key, row in dialog.rows.items() if row.isVisible()}
        assert dialog.provider.isVisible() == (page == "cloud")
    elsewhere = {"cloud.provider", "shortcuts.keys", "export.format", "export.folder"}
    assert shown == set(declarations()) - elsewhere


def test_the_search_finds_the_provider_by_what_it_needs(dialog: SettingsDialog) -> None:
    for words in ("bucket", "api secret", "cloudinary"):
        dialog.search.setText(words)
        assert dialog.provider.isVisible(), words
    dialog.search.setText("theme")
    assert not dialog.provider.isVisible()


def test_freeing_has_settings_of_its_own_only_where_it_is_on(
    dialog: SettingsDialog, services: Services, qtbot: Any
) -> None:
    dialog.show_page("storage")
    dependents = ("storage.free_after_h", "storage.free_lossy")
    for key in dependents:
        assert not box_of(dialog, key).isEnabled()
        assert "Free local audio" in dialog.rows[key].toolTip()
    toggle(dialog, "storage.free_local")
    qtbot.waitUntil(lambda: all(box_of(dialog, key).isEnabled() for key in dependents))
    dialog.undo.click()
    qtbot.waitUntil(lambda: not any(box_of(dialog, key).isEnabled() for key in dependents))


def test_what_one_agrees_to_is_said_in_full(dialog: SettingsDialog, services: Services, qtbot: Any) -> None:
    row = dialog.rows["storage.free_lossy"]
    assert row.note == ""
    toggle(dialog, "storage.free_local")
    qtbot.waitUntil(lambda: "stay here" in row.note)
    assert "MP3" in row.note
    toggle(dialog, "storage.free_lossy")
    qtbot.waitUntil(lambda: row.note.startswith("You have agreed: 24 h after"))
    assert row.note in row.control.accessibleDescription()
    formats = box_of(dialog, "compression.send_as")
    formats.setCurrentIndex(formats.findData("flac"))
    qtbot.waitUntil(lambda: row.note == "")  # nothing is lost with a lossless copy


def test_without_ffmpeg_m4a_is_grey_with_the_reason(
    qapp: QApplication, services: Services, lanes: Lanes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    services.settings.set("compression.send_as", "m4a")
    dialog = SettingsDialog(services, lanes, Theme(qapp), (), ())
    row = dialog.rows["compression.send_as"]
    assert isinstance(row.control, QComboBox)
    at = row.control.findData("m4a")
    assert "ffmpeg is not installed" in row.control.itemText(at)
    enabled = Qt.ItemFlag.ItemIsEnabled
    flags = {row.control.itemData(i): row.control.model().index(i, 0).flags() for i in range(5)}
    assert {name for name, f in flags.items() if not f & enabled} == {"m4a"}
    assert row.note.startswith("M4A cannot be made on this computer")
    dialog.deleteLater()


def test_the_note_below_the_format_says_what_an_hour_takes(dialog: SettingsDialog, qtbot: Any) -> None:
    row = dialog.rows["compression.send_as"]
    assert row.note == "An hour as you record now is 346 MB here and about 58 MB in the cloud."
    channels = box_of(dialog, "audio.channels")
    channels.setCurrentIndex(channels.findData(2))
    qtbot.waitUntil(lambda: "691 MB" in row.note)


def test_the_provider_is_no_part_of_undo(
    dialog: SettingsDialog, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    toggle(dialog, "sync.on_metered")
    qtbot.waitUntil(lambda: services.settings.current.sync_on_metered)
    page = dialog.provider
    dialog.show_page("cloud")
    page.choice.setCurrentIndex(page.choice.findData("folder"))
    page.forms["folder"].rows["path"].edit.setText(str(tmp_path))
    page.buttons.use.click()
    qtbot.waitUntil(lambda: services.settings.current.cloud_provider == "folder")
    qtbot.waitUntil(lambda: not page.busy)
    dialog.undo.click()
    qtbot.waitUntil(lambda: not services.settings.current.sync_on_metered)
    assert not dialog.undo.isEnabled()
    assert services.settings.current.cloud_provider == "folder"


def test_a_change_made_just_before_the_end_is_applied_and_told(
    dialog: SettingsDialog, services: Services, qtbot: Any
) -> None:
    told: list[str] = []
    dialog.applied.connect(told.append)
    dialog.finished.connect(lambda: told.append("the end"))
    toggle(dialog, "sync.on_metered")
    dialog.accept()
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: told == ["sync.on_metered", "the end"])  # after which the dialog is deleted
    assert services.settings.current.sync_on_metered


@pytest.mark.parametrize(
    ("scale", "stretched"), [(2.0, False), (1.0, True)], ids=["twice the size", "as long as German"]
)
def test_nothing_is_cut_off_in_a_small_window(
    dialog: SettingsDialog, scale: float, stretched: bool, qtbot: Any
) -> None:
    """Twice the text size, or words twice as long, in the smallest size that the dialog is likely to have."""
    dialog.resize(QSize(820, 600))
    labels = dialog.provider.findChildren(QLabel)
    labels += [label for row in dialog.rows.values() for label in row.findChildren(QLabel)]
    for label in labels:
        font = label.font()
        font.setPointSizeF(font.pointSizeF() * scale)
        label.setFont(font)
        if stretched and label.text():
            label.setText(f"{label.text()} {label.text()} Sicherheitskopienverwaltungseinstellung")
    for page in PAGES:
        dialog.show_page(page)
        for kind in ("", "cloudinary", "s3", "folder") if page == "cloud" else ("",):
            dialog.provider.choice.setCurrentIndex(dialog.provider.choice.findData(kind))
            qtbot.waitUntil(lambda: _cut_off(dialog) == [], timeout=2000)


def _cut_off(dialog: SettingsDialog) -> list[str]:
    """What cannot be read in full now."""
    inside, viewport = dialog._area.widget(), dialog._area.viewport()
    assert inside is not None
    labels = [x for x in inside.findChildren(QLabel) if x.isVisible() and x.wordWrap()]
    buttons = [x for x in inside.findChildren(QPushButton) if x.isVisible()]
    return [
        *(["the page"] if inside.width() > viewport.width() else []),
        *(x.text() for x in labels if x.height() < x.heightForWidth(x.width())),
        *(x.text() for x in buttons if x.width() < x.sizeHint().width() or x.height() < TARGET),
    ]


def test_tab_goes_from_the_search_over_the_pages_and_their_settings_to_the_end(
    dialog: SettingsDialog, qtbot: Any
) -> None:
    dialog.activateWindow()
    dialog.show_page("sync")
    dialog.search.setFocus()
    met: list[Any] = [dialog.search]
    while met[-1] is not dialog.undo and len(met) < 20:
        QTest.keyClick(met[-1], Qt.Key.Key_Tab)
        met.append(QApplication.focusWidget())
        dialog.undo.setEnabled(True)
    of_page = [row.control for key, row in dialog.rows.items() if key.startswith("sync.")]
    assert met == [dialog.search, dialog.pages, *of_page, dialog.undo]


@pytest.mark.parametrize("key", ["compression.send_as", "storage.free_after_h", "playback.speed"])
def test_the_wheel_scrolls_the_page_and_changes_no_setting_on_its_way(
    key: str, dialog: SettingsDialog, services: Services
) -> None:
    services.settings.set("storage.free_local", True)
    before = services.settings.current
    dialog.show_page(key.partition(".")[0])
    control = dialog.rows[key].control
    control.setEnabled(True)
    control.setFocus()
    middle = QPointF(control.rect().center())
    none = Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(
        middle, control.mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(control, wheel)
    assert not wheel.isAccepted()
    assert dialog._applying == 0
    assert services.settings.current == before
