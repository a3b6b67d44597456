"""Finding a recording: by folder, tag, words, filters and order; and giving order by hand."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu, QMessageBox
from sqlalchemy import insert, select

from tests.fakes.library import write_note
from voice_recorder.domain.library_query import LibraryQuery, Shelf, Sort
from voice_recorder.services import Services
from voice_recorder.storage import schema
from voice_recorder.ui.dragging import GNOME_COPIED
from voice_recorder.ui.filter_bar import Chip, DateRange
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.sidebar import SELECTION_MIME, Entry, Kind

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support|propagateSizeHints")


def _titles(window: MainWindow) -> list[str]:
    model = window.library.model
    found = (model.recording(row) for row in range(model.rowCount()))
    return [recording.title for recording in found if recording is not None]


def _names(window: MainWindow) -> list[str]:
    sidebar = window.library.sidebar
    return [sidebar.item(row).text() for row in range(5, sidebar.count())]


def _item_at(window: MainWindow, name: str) -> QPoint:
    sidebar = window.library.sidebar
    item = next(sidebar.item(r) for r in range(sidebar.count()) if sidebar.item(r).text() == name)
    sidebar.scrollToItem(item)
    return sidebar.visualItemRect(item).center()


def _choose(menu: QMenu, *path: str) -> None:
    menu.aboutToShow.emit()
    for text in path[:-1]:
        inside = next(a.menu() for a in menu.actions() if a.text() == text)
        assert isinstance(inside, QMenu)
        menu = inside
    next(a for a in menu.actions() if a.text() == path[-1]).trigger()


def _answer(window: MainWindow, text: str) -> None:
    dialog = next(d for d in window.findChildren(QInputDialog) if d.isVisible())
    dialog.setTextValue(text)
    dialog.accept()


@pytest.fixture
def four(add: Any, services: Services) -> dict[str, str]:
    """Four recordings, by title: one in a folder, two tagged, one starred, on three days."""
    ids = {title: add(title, hours).id for title, hours in
           (("Alder", 0), ("Birch", 24 * 3), ("Cedar", 24 * 20), ("Dogwood", 24 * 20))}  # fmt: skip
    services.organising.move([ids["Alder"]], "Work")
    services.organising.tag([ids["Birch"], ids["Cedar"]], "ideas")
    services.organising.set_favourite([ids["Dogwood"]], True)
    return ids


def test_folders_and_tags_stand_in_the_sidebar_and_narrow_the_list(
    open_window: Open, four: dict[str, str], qtbot: Any
) -> None:
    window = open_window()
    sidebar = window.library.sidebar
    qtbot.waitUntil(lambda: _names(window) == ["FOLDERS", "Work", "TAGS", "ideas"])
    qtbot.mouseClick(sidebar.viewport(), Qt.MouseButton.LeftButton, pos=_item_at(window, "ideas"))
    qtbot.waitUntil(lambda: _titles(window) == ["Birch", "Cedar"])
    qtbot.mouseClick(sidebar.viewport(), Qt.MouseButton.LeftButton, pos=_item_at(window, "Work"))
    qtbot.waitUntil(lambda: _titles(window) == ["Alder"])
    heading = sidebar.entry
    qtbot.mouseClick(sidebar.viewport(), Qt.MouseButton.LeftButton, pos=_item_at(window, "TAGS"))
    assert sidebar.entry == heading  # a heading is not chosen
    words = sidebar.currentItem().data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "Work, 1"


def test_another_process_s_tags_come_by_themselves(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any
) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: "ideas" in _names(window))
    services.organising.tag([four["Alder"]], "elsewhere")
    window._upkeep.library_changed.emit()
    qtbot.waitUntil(lambda: "elsewhere" in _names(window))
    services.organising.delete_tag("elsewhere")
    window._upkeep.library_changed.emit()
    qtbot.waitUntil(lambda: "elsewhere" not in _names(window))


def test_a_thousand_tags_stand_in_the_sidebar_and_leave_the_window_quick(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any
) -> None:
    many = [f"tag {number:04}" for number in range(1000)]
    with services.library.database.session(write=True) as connection:
        keys = [
            connection.execute(insert(schema.tags).values(name=name)).inserted_primary_key for name in many
        ]
        alder = connection.scalar(select(schema.recordings.c.key).where(schema.recordings.c.title == "Alder"))
        rows = [{"recording_key": alder, "tag_key": key[0]} for key in keys if key]
        connection.execute(insert(schema.recording_tags), rows)
    window = open_window()
    sidebar = window.library.sidebar
    everything = ["FOLDERS", "Work", "TAGS", "ideas", *many]
    qtbot.waitUntil(lambda: _names(window) == everything, timeout=20_000)
    qtbot.mouseClick(sidebar.viewport(), Qt.MouseButton.LeftButton, pos=_item_at(window, "tag 0999"))
    qtbot.waitUntil(lambda: _titles(window) == ["Alder"])
    scrolled = sidebar.verticalScrollBar().value()
    assert scrolled > 0
    services.organising.delete_tag("tag 0500")
    window._upkeep.library_changed.emit()
    everything.remove("tag 0500")
    qtbot.waitUntil(lambda: _names(window) == everything, timeout=20_000)
    assert sidebar.currentItem().text() == "tag 0999"  # the choice stays, and so does the place
    visible = sidebar.viewport().rect()
    assert visible.contains(sidebar.visualItemRect(sidebar.currentItem()).center())
    started = time.process_time()
    counts = services.organising.folder_counts(), services.organising.tag_counts()
    for _ in range(3):
        sidebar.show_names((), (), ())
        sidebar.show_names(*counts, ())
    assert time.process_time() - started < 3  # takes a few tens of milliseconds each time


def test_order_and_filters_work_together_and_are_taken_away_as_chips(
    open_window: Open, four: dict[str, str], qtbot: Any
) -> None:
    window = open_window()
    bar = window.library.filters
    window.library.list.select(four["Cedar"])
    _choose(bar.sort.menu(), "By title")
    qtbot.waitUntil(lambda: _titles(window) == ["Alder", "Birch", "Cedar", "Dogwood"])
    assert window.library.model.index(0, 0).data() == "By title"  # one quiet heading
    assert window.library.list.selected_id == four["Cedar"]
    assert window.library.list.currentIndex().row() == 3
    _choose(bar.filter.menu(), "Date", "Last 7 days")
    qtbot.waitUntil(lambda: _titles(window) == ["Alder", "Birch"])
    assert bar._found.text() == "2 found"
    _choose(bar.filter.menu(), "Tag", "ideas")
    qtbot.waitUntil(lambda: _titles(window) == ["Birch"])
    chips = [chip for chip in bar.findChildren(Chip) if chip.isVisible()]
    assert [chip.text() for chip in chips] == ["Last 7 days", "#ideas"]
    chips[0].click()
    qtbot.waitUntil(lambda: _titles(window) == ["Birch", "Cedar"])
    _choose(bar.filter.menu(), "Clear filters")
    qtbot.waitUntil(lambda: len(_titles(window)) == 4)
    assert window.library.model.query == LibraryQuery(sort=Sort.TITLE)


def test_an_empty_result_names_the_filters_and_the_way_out(
    open_window: Open, four: dict[str, str], qtbot: Any
) -> None:
    window = open_window()
    _choose(window.library.filters.filter.menu(), "Length", "Over 1 hour")
    qtbot.waitUntil(window.library.empty.isVisible)
    assert window.library.empty._sentence.text() == "Nothing here fits these filters: Over 1 hour."
    window.library.empty.button.click()
    qtbot.waitUntil(lambda: len(_titles(window)) == 4)


def test_a_range_of_days(open_window: Open, four: dict[str, str], qtbot: Any) -> None:
    window = open_window()
    _choose(window.library.filters.filter.menu(), "Date", "From … to …")
    (dialog,) = window.findChildren(DateRange)
    dialog.last.setDate(QDate.currentDate().addDays(-25))  # the wrong way round
    dialog.first.setDate(QDate.currentDate().addDays(-10))
    dialog.accept()
    qtbot.waitUntil(lambda: sorted(_titles(window)) == ["Cedar", "Dogwood"])


def test_a_search_is_saved_found_again_renamed_and_deleted(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any
) -> None:
    window = open_window()
    library = window.library
    window.header.search.setText("c")
    qtbot.waitUntil(lambda: _titles(window) == ["Cedar"])
    _choose(library.filters.filter.menu(), "Tag", "ideas")
    _choose(library.filters.filter.menu(), "Save this search…")
    _answer(window, "C trees")
    qtbot.waitUntil(lambda: "C trees" in _names(window))
    library.show_all()
    qtbot.waitUntil(lambda: len(_titles(window)) == 4)
    assert window.header.search.text() == ""
    sidebar = library.sidebar
    qtbot.mouseClick(sidebar.viewport(), Qt.MouseButton.LeftButton, pos=_item_at(window, "C trees"))
    qtbot.waitUntil(lambda: _titles(window) == ["Cedar"])
    assert window.header.search.text() == "c"
    entry = sidebar.entry
    assert entry is not None
    library.finding._ask_for_new_name(entry)
    _answer(window, "Cedars")
    qtbot.waitUntil(lambda: sidebar.entry == Entry(Kind.SEARCH, "Cedars"))
    assert _titles(window) == ["Cedar"]
    library.finding._ask_to_delete(Entry(Kind.SEARCH, "Cedars"))
    box = next(b for b in window.findChildren(QMessageBox) if b.isVisible())
    assert "No recording is touched" in box.informativeText()
    next(button for button in box.buttons() if button.text() == "Delete").click()
    qtbot.waitUntil(lambda: "Cedars" not in _names(window))
    assert services.organising.saved_searches() == ()
    sidebar.choose(Shelf.ALL)
    qtbot.waitUntil(lambda: len(_titles(window)) == 4)


def test_a_folder_is_made_and_renamed_in_the_sidebar(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any
) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: "Work" in _names(window))
    window.library.finding.ask_for_folder()
    _answer(window, "  Home ")
    qtbot.waitUntil(lambda: "Home" in _names(window))
    window.library.sidebar.choose_entry(Kind.FOLDER, "Work")
    qtbot.waitUntil(lambda: _titles(window) == ["Alder"])
    entry = window.library.sidebar.entry
    assert entry is not None
    window.library.finding._ask_for_new_name(entry)
    _answer(window, "Office")
    qtbot.waitUntil(lambda: window.library.sidebar.entry == Entry(Kind.FOLDER, "Office"))
    qtbot.waitUntil(lambda: window.library.model.query.folder == "Office" and _titles(window) == ["Alder"])
    window.library.finding._ask_for_new_name(Entry(Kind.FOLDER, "Office"))
    _answer(window, "Home")
    qtbot.waitUntil(window.banner.isVisible)
    assert "already" in window.banner.text


def _drop(window: MainWindow, name: str) -> None:
    """What the selection's drag does over an entry of the sidebar."""
    sidebar = window.library.sidebar
    data = QMimeData()
    data.setData(SELECTION_MIME, b"selected")
    at = _item_at(window, name)
    common = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    for event in (QDragEnterEvent(at, *common), QDragMoveEvent(at, *common)):
        QApplication.sendEvent(sidebar.viewport(), event)
        assert event.isAccepted()
    drop = QDropEvent(QPointF(at), *common, QEvent.Type.Drop)
    QApplication.sendEvent(sidebar.viewport(), drop)
    assert drop.isAccepted()


def test_recordings_are_dropped_onto_a_folder_and_a_tag_and_brought_back(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any
) -> None:
    window = open_window()
    pane = window.library
    qtbot.waitUntil(lambda: "ideas" in _names(window))
    pane.list.setFocus()
    pane.list.selectAll()
    _drop(window, "Work")
    get = services.library.get
    qtbot.waitUntil(lambda: all(get(i).folder == "Work" for i in four.values()))
    qtbot.waitUntil(pane.toast.isVisible)
    pane.toast.undo.click()  # each goes back to where it was
    qtbot.waitUntil(lambda: [get(i).folder for i in four.values()] == ["Work", None, None, None])
    _drop(window, "ideas")
    qtbot.waitUntil(lambda: all(get(i).tags == ("ideas",) for i in four.values()))
    qtbot.waitUntil(lambda: pane.toast._text.text() == "4 recordings tagged #ideas.")
    pane.toast.undo.click()  # and those that had the tag before keep it
    qtbot.waitUntil(lambda: [len(get(i).tags) for i in four.values()] == [0, 1, 1, 0])


def test_tags_of_a_recording_are_typed_and_taken_away(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any
) -> None:
    window = open_window()
    tags = window.library.detail.tags
    get = services.library.get
    qtbot.keyClicks(tags.field, "  summer   house ")
    qtbot.keyClick(tags.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: get(four["Alder"]).tags == ("summer house",))

    def chips() -> list[Chip]:
        return [chip for chip in tags.findChildren(Chip) if chip.isVisible()]

    qtbot.waitUntil(lambda: [chip.text() for chip in chips()] == ["#summer house"])
    tags.field.setText("x" * 10_000)
    qtbot.keyClick(tags.field, Qt.Key.Key_Return)
    assert "at most 100 characters" in window.banner.text
    assert len(tags.field.text()) == 10_000  # to be shortened, not typed anew
    chips()[0].click()
    qtbot.waitUntil(lambda: get(four["Alder"]).tags == ())
    _choose(tags._menu, "Out of its folder")
    qtbot.waitUntil(lambda: get(four["Alder"]).folder is None)


def test_what_is_dragged_can_be_copied_only_and_has_its_title_as_name(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    view = window.library.list
    offered: list[tuple[Any, ...]] = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, *actions: offered.append((drag.mimeData(), *actions)))
    at = view.visualRect(view.model().index(1, 0)).center()
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    outgoing = window.library.selection._outgoing
    qtbot.waitUntil(lambda: not outgoing._making and bool(outgoing._copies))
    view.startDrag(Qt.DropAction.MoveAction)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    ((data, supported, default),) = offered
    assert supported == default == Qt.DropAction.CopyAction
    assert data.hasFormat(SELECTION_MIME)
    (url,) = data.urls()
    master = services.library.path_of(services.library.get(four["Alder"]).masters[0])
    copy = Path(url.toLocalFile())
    assert copy.name == "Alder.wav"
    assert copy.read_bytes() == master.read_bytes()
    assert not copy.samefile(master)  # who writes into it does not write into the master


def test_copy_and_paste(
    open_window: Open, four: dict[str, str], services: Services, qtbot: Any, tmp_path: Any
) -> None:
    window = open_window()
    view = window.library.list
    view.setFocus()
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    def copied() -> QMimeData | None:
        data = QGuiApplication.clipboard().mimeData()
        return data if data is not None and data.hasUrls() else None

    qtbot.waitUntil(lambda: copied() is not None)
    data = copied()
    assert data is not None
    assert data.urls()[0].fileName() == "Alder.wav"
    assert bytes(data.data(GNOME_COPIED).data()).startswith(b"copy\nfile://")
    outside = QMimeData()
    outside.setUrls([QUrl.fromLocalFile(str(write_note(tmp_path / "Elm.wav")))])
    QGuiApplication.clipboard().setMimeData(outside)
    qtbot.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "Elm" in _titles(window), timeout=10_000)
    QGuiApplication.clipboard().clear()
