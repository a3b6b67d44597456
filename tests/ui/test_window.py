import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from tests.fakes.watchdog import MAY_BLOCK_S, EventLoopWatch
from voice_recorder.domain.errors import LibraryBusy, StorageError
from voice_recorder.domain.library_query import Shelf
from voice_recorder.domain.states import RecordingState
from voice_recorder.services import Services
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.theme import BAR_HEIGHT, TARGET
from voice_recorder.ui.window_app import BugReporter, WindowApp

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # which the offscreen platform lacks


def _box(window: QWidget) -> QMessageBox:
    return next(box for box in window.findChildren(QMessageBox) if box.isVisible())


def _press(window: QWidget, text: str) -> None:
    button = next(b for b in window.findChildren(QPushButton) if b.text() == text and b.isVisible())
    button.click()


def test_the_first_run_explains_itself(open_window: Open) -> None:
    window = open_window()
    assert window.library.empty.isVisible()
    assert window.library.empty.button.text() == "Try the microphone"
    assert not window.bar.try_button.isVisible()  # one button is enough
    assert window.bar.height() == BAR_HEIGHT


def test_every_control_has_a_name_for_a_screen_reader_and_is_large_enough(
    open_window: Open, add: Any
) -> None:
    add("A note", markers=(0.5,))
    window = open_window()
    window.side.open_settings()
    kinds = (
        QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QAbstractSpinBox, QAbstractItemView,
    )  # fmt: skip
    inner = ("qt_spinbox_lineedit", "qt_")
    controls = [
        w
        for w in window.findChildren(QWidget)
        if isinstance(w, kinds)
        and not w.objectName().startswith(inner)
        and not _inside(w)
        and not (isinstance(w, QPushButton) and w.isHidden())  # has a text when it is shown
    ]
    assert len(controls) > 20
    nameless = [w for w in controls if not (w.accessibleName() or getattr(w, "text", str)())]
    assert nameless == []
    small = [
        (type(w).__name__, w.accessibleName(), w.size())
        for w in controls
        if w.isVisible()
        and isinstance(w, QAbstractButton | QComboBox)
        and min(w.width(), w.height()) < TARGET
    ]
    assert small == []


def _inside(widget: QWidget) -> bool:
    """Whether a control is part of another: a combo box's list, a field's clear button."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QComboBox | QLineEdit | QAbstractSpinBox | QAbstractItemView):
            return True
        above = above.parentWidget()
    return False


def test_a_title_is_edited_in_place(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    made = add("Before")
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_F2)
    title = window.library.detail.title
    assert title.hasFocus()
    assert title.selectedText() == "Before"
    qtbot.keyClicks(title, "After")
    qtbot.keyClick(title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: services.library.get(made.id).title == "After")
    row = window.library.model.index(1, 0)
    qtbot.waitUntil(lambda: row.data() == "After")


def test_words_typed_while_another_program_holds_the_library_are_kept(
    open_window: Open, add: Any, services: Services, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = add("Note")
    window = open_window()
    set_notes, refusals = services.library.set_notes, [1, 2]

    def busy_twice(recording_id: str, notes: str) -> Any:
        if refusals:
            refusals.pop()
            raise LibraryBusy("The library is in use by another program.")
        return set_notes(recording_id, notes)

    monkeypatch.setattr(services.library, "set_notes", busy_twice)
    window.library.detail._notes.setFocus()
    qtbot.keyClicks(window.library.detail._notes, "call back")
    window.library.list.setFocus()
    qtbot.waitUntil(lambda: services.library.get(made.id).notes == "call back", timeout=5000)
    assert window.library.detail._notes.toPlainText() == "call back"
    assert not window.banner.isVisible()


@pytest.mark.parametrize("width", [900, 1280])
def test_the_facts_have_room_beside_or_above_the_buttons(open_window: Open, add: Any, width: int) -> None:
    add("A very long title " * 20)
    window = open_window()
    window.resize(width, 700)
    QApplication.sendPostedEvents()
    meta = window.library.detail._meta
    assert meta.heightForWidth(meta.width()) <= 2 * meta.fontMetrics().lineSpacing() + 4
    picture = window.library.detail.title.grab()  # a title that does not fit ends in …
    assert not picture.isNull()
    assert window.library.detail.title.toolTip().startswith("A very long title")


def test_escape_takes_a_title_back_and_an_empty_one_is_refused(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    made = add("Kept")
    window = open_window()
    title = window.library.detail.title
    title.make_ready()
    qtbot.keyClicks(title, "something else")
    qtbot.keyClick(title, Qt.Key.Key_Escape)
    assert title.text() == "Kept"
    title.make_ready()
    qtbot.keyClicks(title, " ")
    qtbot.keyClick(title, Qt.Key.Key_Return)
    assert title.text() == "Kept"
    assert services.library.get(made.id).title == "Kept"


def test_single_keys_act_outside_text_fields_only(
    open_window: Open, add: Any, services: Services, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("Note")
    window = open_window()
    pressed: list[str] = []
    monkeypatch.setattr(
        window.control, "_is_starting", True
    )  # a press then asks to stop, and no device opens
    monkeypatch.setattr(window.control, "stop", lambda: pressed.append("stop"))
    window.header.search.setFocus()
    qtbot.keyClicks(window.header.search, "rm")
    assert window.header.search.text() == "rm"
    assert pressed == []
    window.header.search.clear()
    window.library.list.setFocus()
    qtbot.keyClick(window.library.list, Qt.Key.Key_R)
    assert pressed == ["stop"]
    services.settings.set("shortcuts.single_keys", False)
    window._apply_settings()
    qtbot.keyClick(window.library.list, Qt.Key.Key_R)
    assert pressed == ["stop"]
    monkeypatch.undo()


def test_search_narrows_the_list_and_finds_nothing_in_words(open_window: Open, add: Any, qtbot: Any) -> None:
    add("Budget call", 1)
    add("Shopping")
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.header.search.hasFocus()
    qtbot.keyClicks(window.header.search, "budg")
    qtbot.waitUntil(lambda: window.library.model.total == 1)
    qtbot.waitUntil(lambda: window.library.detail.title.text() == "Budget call")
    qtbot.keyClicks(window.header.search, "xyz")
    qtbot.waitUntil(window.library.empty.isVisible)
    _press(window.library.empty, "Clear the search")
    qtbot.waitUntil(lambda: window.library.model.total == 2)


def test_delete_goes_to_the_trash_with_undo(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    keep, gone = add("Keep", 2), add("Gone", 1)
    window = open_window()
    assert window.library.detail.recording_id == gone.id
    qtbot.keyClick(window.library.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(window.library.toast.isVisible)
    assert services.library.get(gone.id).state is RecordingState.TRASHED
    qtbot.waitUntil(lambda: window.library.detail.recording_id == keep.id)
    window.library.toast.undo.click()
    qtbot.waitUntil(lambda: services.library.get(gone.id).state is RecordingState.RECORDED)
    qtbot.waitUntil(lambda: window.library.model.total == 2)


def test_delete_for_ever_asks_and_says_what_it_means(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    made = add("Secret")
    services.trash.delete([made.id])
    window = open_window()
    window.library.sidebar.choose(Shelf.TRASH)
    qtbot.waitUntil(lambda: window.library.detail.recording_id == made.id)
    for answer in ("Keep", "Delete for ever"):
        _press(window.library.detail, "Delete for ever…")
        qtbot.waitUntil(lambda: any(_visible(box) for box in window.findChildren(QMessageBox)))
        box = _box(window)
        assert "cannot be undone" in box.informativeText()
        assert "no cloud copy exists" in box.informativeText()
        _press(box, answer)
        qtbot.waitUntil(lambda box=box: not _visible(box))
        assert (answer == "Keep") == bool(services.library.with_ids(None)) or answer != "Keep"
    qtbot.waitUntil(lambda: not services.library.with_ids(None))
    qtbot.waitUntil(window.library.empty.isVisible)


def _visible(box: QMessageBox) -> bool:
    import shiboken6

    return shiboken6.isValid(box) and box.isVisible()


def test_restore_brings_a_recording_back(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    made = add("Back")
    services.trash.delete([made.id])
    window = open_window()
    window.library.sidebar.choose(Shelf.TRASH)
    qtbot.waitUntil(lambda: window.library.detail.recording_id == made.id)
    _press(window.library.detail, "Restore")
    qtbot.waitUntil(lambda: services.library.get(made.id).state is RecordingState.RECORDED)


def test_star_archive_and_notes_are_kept(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    made = add("Note")
    window = open_window()
    detail = window.library.detail
    detail._star.click()
    qtbot.waitUntil(lambda: services.library.get(made.id).favourite)
    detail._notes.setFocus()
    qtbot.keyClicks(detail._notes, "call back")
    window.library.list.setFocus()
    qtbot.waitUntil(lambda: services.library.get(made.id).notes == "call back")
    detail._archive.click()
    qtbot.waitUntil(lambda: services.library.get(made.id).archived)
    qtbot.waitUntil(window.library.empty.isVisible)
    window.library.toast.undo.click()
    qtbot.waitUntil(lambda: window.library.model.total == 1)


def test_the_detail_tells_what_is_known(open_window: Open, add: Any, qtbot: Any) -> None:
    add("Interview", recovered=True, markers=(0.25, 0.5))
    window = open_window()
    detail = window.library.detail
    assert "8 kHz mono 16 bit WAV" in detail._meta.text()
    qtbot.waitUntil(lambda: detail._health.text.text().startswith("Clean:"), timeout=5000)
    assert detail.backup.verdict.text().startswith("Backup is off")
    assert detail._history.text.text()
    assert "cut off" in detail._state.text()
    assert [flag.at_s for flag in detail.waveform.flags] == [0.25, 0.5]
    qtbot.waitUntil(lambda: detail.waveform.has_peaks, timeout=5000)
    assert max(detail.waveform.column_heights) > 0.5


def test_the_waveform_is_sought_by_mouse_and_keys(open_window: Open, add: Any, qtbot: Any) -> None:
    add("Note")
    window = open_window()
    wave, player = window.library.detail.waveform, window.library.player
    qtbot.mouseClick(wave, Qt.MouseButton.LeftButton, pos=QPoint(wave.width() // 2, 60))
    assert player.position_s == pytest.approx(0.5, abs=0.02)
    qtbot.keyClick(wave, Qt.Key.Key_Home)
    assert player.position_s == 0.0
    qtbot.keyClick(wave, Qt.Key.Key_End)
    assert player.position_s == 1.0
    assert "of 1 second" in wave.accessibleDescription()


def test_a_missing_file_is_said_when_played(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    made = add("Gone")
    window = open_window()
    services.library.path_of(made.masters[0]).unlink()
    window.library.list.setFocus()
    qtbot.keyClick(window.library.list, Qt.Key.Key_Space)
    assert window.banner.text.startswith("The audio file is missing.")
    assert window.banner.isVisible()


def test_dropped_files_are_imported_and_reported(
    open_window: Open, services: Services, tmp_path: Path, qtbot: Any
) -> None:
    good, bad = tmp_path / "talk.wav", tmp_path / "broken.wav"
    soundfile.write(good, [0.1, 0.2] * 4000, 8000)
    bad.write_bytes(b"no sound at all")
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (good, bad)])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.dropEvent(event)
    assert window.errands.isVisible()
    qtbot.waitUntil(window.banner.isVisible, timeout=10_000)
    assert window.banner.text.startswith("1 recording imported. 1 file could not be imported:")
    assert not window.errands.isVisible()
    qtbot.waitUntil(lambda: window.library.model.total == 1)
    qtbot.waitUntil(lambda: not services.library.unproved(), timeout=10_000)


def test_verify_reports_in_plain_words(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    add("Sound")
    lost = add("Lost")
    services.library.path_of(lost.masters[0]).unlink()
    window = open_window()
    window.errands.verify()
    qtbot.waitUntil(window.banner.isVisible, timeout=10_000)
    assert "Missing: Lost" in window.banner.text


def test_changes_by_another_process_show_up(
    open_window: Open, add: Any, services: Services, qtbot: Any
) -> None:
    made = add("Before")
    window = open_window()
    services.library.rename(made.id, "By the command line")
    qtbot.waitUntil(lambda: window.library.detail.title.text() == "By the command line", timeout=5000)


def test_in_a_small_window_the_recording_has_half_of_the_room(open_window: Open, add: Any) -> None:
    add("Note")
    window = open_window()
    window.resize(900, 600)
    assert window.library.detail.width() >= 440


def test_geometry_is_remembered(open_window: Open, services: Services, qtbot: Any) -> None:
    window = open_window()
    window.resize(820, 640)
    window.library.setSizes([170, 650])
    sizes = window.library.sizes()
    window.close()
    assert (services.config.home / "window.ini").exists()
    again = open_window()
    assert again.height() == 640
    assert again.library.sizes() == sizes


def test_a_bug_is_told_and_logged_and_the_window_lives(
    open_window: Open, qtbot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    window = open_window()
    bugs = BugReporter()
    bugs.reported.connect(window.show_error)
    bugs.install()
    try:
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("oops"), None)
    finally:
        bugs.uninstall()
    assert window.banner.text.startswith("Something unexpected happened.")
    assert "unexpected error" in caplog.text


def test_settings_apply_at_once_can_be_undone_and_searched(
    open_window: Open, services: Services, qtbot: Any
) -> None:
    from voice_recorder.ui.settings_dialog import SettingsDialog

    window = open_window()
    window.side.open_settings()
    dialog = window.findChild(SettingsDialog)
    dialog.search.setText("theme")
    shown = [key for key, row in dialog.rows.items() if not row.isHidden()]
    assert shown == ["appearance.theme"]
    control = dialog.rows["appearance.theme"].control
    control.setCurrentIndex(control.findData("dark"))
    qtbot.waitUntil(lambda: services.settings.current.appearance_theme == "dark")
    qtbot.waitUntil(lambda: window._theme.dark)
    dialog.undo.click()
    qtbot.waitUntil(lambda: services.settings.current.appearance_theme == "system")
    qtbot.waitUntil(lambda: not window._theme.dark)
    dialog.search.setText("no such thing")
    assert dialog._nothing.isVisible()
    dialog.search.clear()
    quota = dialog.rows["storage.quota_mb"]
    quota.control.setValue(500)
    qtbot.waitUntil(lambda: services.settings.current.storage_quota_mb == 500)
    quota._reset.click()
    qtbot.waitUntil(lambda: services.settings.current.storage_quota_mb == 0)
    dialog.accept()


def test_the_speed_is_kept(open_window: Open, add: Any, services: Services, qtbot: Any) -> None:
    add("Note")
    window = open_window()
    speed = window.library.detail.transport.speed
    speed.setCurrentIndex(speed.findData(1.5))
    speed.activated.emit(speed.currentIndex())
    qtbot.waitUntil(lambda: services.settings.current.playback_speed == 1.5)


def test_nothing_jumps_between_idle_and_recording(open_window: Open, add: Any) -> None:
    add("Note")
    window = open_window()
    before = (window.bar.button.geometry(), window.bar.geometry(), window.library.geometry())
    window.bar._pages.setCurrentIndex(1)
    QApplication.sendPostedEvents()
    assert (window.bar.button.geometry(), window.bar.geometry(), window.library.geometry()) == before


@pytest.mark.parametrize("size", [(900, 600), (1280, 800)])
def test_the_window_fits(open_window: Open, add: Any, size: tuple[int, int]) -> None:
    add("Note")
    window = open_window()
    window.resize(*size)
    assert (window.width(), window.height()) == size


def test_nothing_blocks_the_event_loop_with_a_hundred_thousand_recordings(
    open_window: Open, add_many: Callable[[int], None], qtbot: Any
) -> None:
    add_many(100_000)
    window = open_window()
    with EventLoopWatch() as watch:
        bar = window.library.list.verticalScrollBar()
        for step in range(1, 20):
            bar.setValue(bar.maximum() * step // 20)
            qtbot.wait(20)
        window.library.model.refresh()
        qtbot.wait(300)
        window.library.search_for("Note 77")
        qtbot.waitUntil(lambda: window.library.model.total < 100_000)
    assert watch.worst.blocked_s < MAY_BLOCK_S, watch.worst.where


def test_a_part_that_cannot_be_built_is_said_and_keeps_no_other_from_working(
    open_app: Callable[[], WindowApp], services: Services, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    def fail(_cancel: threading.Event) -> None:
        raise StorageError("Something is not there.")

    monkeypatch.setattr(services, "build_all", fail)
    app = open_app()
    assert app.cloud.begun
    qtbot.waitUntil(app.window.banner.isVisible, timeout=5000)
    assert "Something is not there." in app.window.banner.text
