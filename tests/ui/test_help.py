"""The help: complete, without dead links, found by its words."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from voice_recorder.cloud.kinds import KINDS
from voice_recorder.ui.help_window import HelpWindow, read_pages
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.shortcuts import Shortcuts
from voice_recorder.ui.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|does not support raise")


@pytest.fixture
def help_(qapp: QApplication) -> Iterator[HelpWindow]:
    parent = QWidget()
    window = HelpWindow(Theme(qapp), Shortcuts(parent), parent)
    window.open_at()
    yield window
    window.close()
    parent.deleteLater()


def visible(window: HelpWindow) -> list[str]:
    items = [window.contents.item(i) for i in range(window.contents.count())]
    return [item.text() for item in items if not item.isHidden()]


def test_every_link_between_pages_leads_to_one_and_all_others_out() -> None:
    pages = read_pages()
    links = [link for text in pages.values() for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert len(links) > 5
    for link in links:
        assert link.startswith("https://") or link.removesuffix(".md") in pages, link


def test_every_field_of_every_provider_is_explained() -> None:
    pages = read_pages()
    for kind in KINDS.values():
        for field in kind.fields:
            assert field.title in pages[kind.name], (kind.name, field.title)
        assert "Test connection" in pages[kind.name]
        assert "Use this provider" in pages[kind.name]


def test_f1_opens_it_at_the_quick_reference(open_window: Callable[[], MainWindow], qtbot: Any) -> None:
    window = open_window()
    QTest.keyClick(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.side.help is not None and window.side.help.isVisible())
    assert window.side.help is not None
    assert window.side.help.page == "keys"
    assert "Record, or stop and save" in window.side.help.browser.toPlainText()
    window.side.help.close()


def test_the_search_leaves_the_pages_that_have_the_words(help_: HelpWindow) -> None:
    everything = visible(help_)
    assert everything[0] == "Quick reference"
    help_.search.setText("endpoint minio")
    assert visible(help_) == ["Backup to S3"]
    assert help_.page == "s3"
    assert help_.browser.textCursor().selectedText().casefold() == "endpoint"
    help_.search.setText("endpoint zebra")
    assert not visible(help_)
    assert help_._nothing.isVisible()
    help_.search.clear()
    assert visible(help_) == everything


def test_a_link_to_a_page_goes_there(help_: HelpWindow) -> None:
    help_.browser.anchorClicked.emit(QUrl("getting-back.md"))
    assert help_.page == "getting-back"
    assert "rebuild" in help_.browser.toPlainText()


def test_a_language_without_pages_has_them_in_english(qapp: QApplication) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale("fr"))
    try:
        assert read_pages()["s3"].startswith("# Backup to S3")
    finally:
        QLocale.setDefault(before)
