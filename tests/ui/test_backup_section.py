"""The backup of one recording: what the detail says and does, and what is asked before something goes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from tests.fakes.backup_states import OFFLINE, back_up, enter, enter_offline, enter_removed
from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.ports import Digest, DigestScheme
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.transfers import Receipt, SyncState, SyncStatus, TransferState
from voice_recorder.services import Services
from voice_recorder.ui.backup_deeds import Deed, offers
from voice_recorder.ui.backup_words import (
    BackupFacts,
    backup_off,
    backup_text,
    fetch_words,
    if_lost,
    motion_words,
    place_words,
    saving,
)
from voice_recorder.ui.cloud_actions import batch_words
from voice_recorder.ui.cloud_questions import delete_words
from voice_recorder.ui.main_window import MainWindow
from voice_recorder.ui.motion import Going, Motion

Open = Callable[[], MainWindow]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # which the offscreen platform lacks
AT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
PLACE = "cloudinary:demo"


def _receipt(send_as: str = "mp3") -> Receipt:
    digest = Digest(DigestScheme.MD5, "00")
    return Receipt("m", PLACE, "r", send_as, 9_200_000, "", "", digest, "", send_as == "original", AT)


def _button(window: MainWindow, deed: Deed) -> Any:
    return window.library.detail.backup.buttons[deed]


def _text(window: MainWindow) -> str:
    return window.library.detail.backup.text.text()


@pytest.mark.parametrize(
    ("receipts", "same_disk", "beginning"),
    [
        ((), False, "this recording would be lost."),
        ((_receipt("original"),), False, "nothing of its sound would be lost."),
        ((_receipt("flac"),), False, "every sample of it would remain"),
        ((_receipt(),), False, "the compressed copy would remain; the original would be gone."),
        ((_receipt("original"),), True, "the copy would be lost with it"),
    ],
)
def test_what_would_be_lost_is_said_honestly(
    add: Any, receipts: tuple[Receipt, ...], same_disk: bool, beginning: str
) -> None:
    facts = BackupFacts(PLACE, receipts, (), same_disk)
    assert if_lost(add("Note"), facts).startswith(f"If this computer were lost today, {beginning}")


def test_a_part_without_a_copy_would_be_lost(add: Any) -> None:
    made = add("Joined")
    two = replace(made, masters=made.masters * 2)
    assert "part of it would be lost" in if_lost(two, BackupFacts(PLACE, (_receipt(),)))
    assert "1 of 2 parts" in backup_text(two, BackupFacts(PLACE, (_receipt(),)), None, "")
    assert if_lost(made, BackupFacts()) == backup_off()


def test_places_savings_and_motions_in_words() -> None:
    assert place_words("folder:/mnt/nas") == "the folder /mnt/nas"
    assert place_words(f"folder:{Path.home() / 'Copies'}") == "the folder ~/Copies"
    assert place_words("s3:aws/notes/mine") == "the bucket notes/mine at AWS"
    assert place_words("s3:minio.local:9000/notes/mine") == "the bucket notes/mine at minio.local:9000"
    assert place_words(PLACE) == "Cloudinary, account demo"
    sync = SyncStatus(original_size_bytes=73_000_000, compressed_size_bytes=9_200_000)
    assert saving(sync, (_receipt(),)) == "MP3, 9.2 MB instead of 73 MB: 87 % saved."
    same = SyncStatus(original_size_bytes=73_000_000, compressed_size_bytes=73_000_000)
    assert saving(same, (_receipt("original"),)) == "Sent as it is, 73 MB."
    moving = Motion(Going.UPLOADING, 5_700_000, 9_200_000, 420_000.0)
    assert motion_words(moving) == "Being sent: 62 %, 5.7 MB of 9.2 MB, 420 kB/s, 8 s left"
    assert fetch_words((_receipt(),)).endswith("compressed copy (MP3); the original is gone.")
    assert "byte for byte" in fetch_words((_receipt("original"),))


def test_backing_up_linking_freeing_and_fetching_by_the_buttons(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    services.proving.run_pending()
    made = add("Note")
    services.proving.run_pending()
    services.sync.cancel([made.id])
    window = open_window()
    qtbot.waitUntil(_button(window, Deed.SEND).isVisible, timeout=5000)
    _button(window, Deed.SEND).click()
    qtbot.waitUntil(lambda: _text(window).startswith("Backed up in the folder"), timeout=10_000)
    assert "Size and SHA-256 were compared on" in _text(window)
    assert "Sent as it is" in _text(window)
    qtbot.waitUntil(_button(window, Deed.FREE).isVisible, timeout=5000)
    window.library.detail.backup._link_menu.actions()[1].trigger()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().startswith("file://"), timeout=5000)
    assert window.banner.text.startswith("Link copied.")
    assert "file:" not in window.banner.text
    _button(window, Deed.FREE).click()
    (box,) = [b for b in window.findChildren(QMessageBox) if b.isVisible()]
    assert "the whole cloud copy is read back and compared" in box.informativeText()
    next(b for b in box.buttons() if b.text() == "Check and free").click()
    qtbot.waitUntil(lambda: services.library.get(made.id).state is RecordingState.CLOUD_ONLY, timeout=10_000)
    qtbot.waitUntil(lambda: window.banner.text == "1 recording freed.", timeout=5000)
    qtbot.waitUntil(lambda: _text(window).startswith("The audio is only in the cloud"), timeout=5000)
    assert "byte for byte" in _text(window)
    qtbot.waitUntil(_button(window, Deed.FETCH).isVisible, timeout=5000)
    _button(window, Deed.FETCH).click()
    qtbot.waitUntil(lambda: services.library.get(made.id).state is RecordingState.RECORDED, timeout=10_000)
    qtbot.waitUntil(lambda: window.banner.text == "1 recording fetched.", timeout=5000)


def test_a_failure_is_explained_and_can_be_retried_or_cancelled(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    made = add("Note")
    enter_offline(services, made, minutes=60)
    window = open_window()
    qtbot.waitUntil(lambda: OFFLINE in _text(window), timeout=5000)
    assert "Attempt 3 of 12." in _text(window)
    assert _button(window, Deed.SEND).text() == "Retry"
    _button(window, Deed.CANCEL).click()
    qtbot.waitUntil(lambda: services.library.get(made.id).sync.state is SyncState.OFF, timeout=5000)
    qtbot.waitUntil(lambda: _text(window) == "Not backed up, and not waiting to be.", timeout=5000)
    enter_removed(services, made)
    qtbot.waitUntil(lambda: _button(window, Deed.SEND).text() == "Send again", timeout=5000)
    _button(window, Deed.SEND).click()
    qtbot.waitUntil(lambda: services.library.get(made.id).sync.state is SyncState.BACKED_UP, timeout=10_000)


def test_what_cannot_be_done_says_why(add: Any) -> None:
    made: Recording = add("Note")
    assert offers([made], "", lossy_consent=True) == ()
    reasons = {o.deed: o.reason for o in offers([made], PLACE, lossy_consent=False)}
    assert reasons[Deed.SEND] == "Its checksum is still being taken; then it can be sent."
    assert reasons[Deed.FREE] == "It is not backed up: its only copy is here."
    assert reasons[Deed.FETCH] == "The audio is on this computer."
    proved = replace(made, sync=SyncStatus(SyncState.BACKED_UP, PLACE, verified_at=AT))
    reasons = {o.deed: o.reason for o in offers([proved], PLACE, lossy_consent=False)}
    assert "compressed" in reasons[Deed.FREE]
    free = {o.deed: o for o in offers([made, proved], PLACE, lossy_consent=True)}[Deed.FREE]
    assert free.ids == (proved.id,)
    assert free.possible
    assert offers([replace(proved, trashed_at=AT)], PLACE, lossy_consent=True) == ()


def test_batches_are_reported_in_one_sentence() -> None:
    refused = ItemResult("x", False, StorageError("The copy is gone.", "It is still here."))
    well = [ItemResult(str(i), True) for i in range(3)]
    assert batch_words(well, 3, "freed") == ("3 recordings freed.", True)
    words, good = batch_words([*well, refused], 4, "freed")
    assert words == "3 recordings freed, 1 was not: The copy is gone. It is still here."
    assert not good
    assert batch_words([refused], 1, "freed")[0].startswith("The recording was not freed: The copy is gone.")
    assert "2 were not tried" in batch_words(well, 5, "fetched")[0]


def test_deleting_for_ever_says_what_becomes_of_the_copies(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    made, local = add("Backed up"), add("Local", 1)
    back_up(services, made)
    services.trash.delete([made.id, local.id])
    window = open_window()
    for ids, go, words in (
        ([local.id], True, "no cloud copy exists"),
        ([made.id], True, "Its copy in the cloud is removed as well"),
        ([made.id], False, "Its copy in the cloud stays"),
        ([made.id, local.id], True, "Their copies in the cloud, where there are any, are removed as well"),
    ):
        services.settings.set("cloud.delete_copies", go)
        window.library.deeds.ask_delete_for_ever(ids)
        qtbot.waitUntil(
            lambda words=words: any(
                b.isVisible() and words in b.informativeText() for b in window.findChildren(QMessageBox)
            ),
            timeout=5000,
        )
        for box in window.findChildren(QMessageBox):
            box.close()
    assert "stay, because" in delete_words(2, copies=True, copies_go=False)


def test_the_menu_offers_the_cloud_for_one_and_for_many(
    open_window: Open, add: Any, folder: Path, services: Services, qtbot: Any
) -> None:
    from voice_recorder.ui.recording_menu import recording_menu

    one, two = add("One"), add("Two", 1)
    back_up(services, one)
    enter(services, two, TransferState.CANCELLED)
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.library.backup._cloud.place), timeout=5000)
    pane = window.library
    menu = recording_menu(
        pane, pane._theme, services.library.with_ids([one.id]), pane, pane.deeds, pane.backup
    )
    actions = {a.text(): a for a in menu.actions() if a.text()}
    assert not actions["Back up now"].isEnabled()
    assert actions["Back up now"].toolTip() == "It is backed up already."
    assert actions["Free local audio…"].isEnabled()
    lives = [a.text() for a in actions["Copy link"].menu().actions()]
    assert lives == ["Good for 1 hour", "Good for 1 day", "Good for 7 days"]
    both = recording_menu(
        pane, pane._theme, services.library.with_ids([one.id, two.id]), pane, pane.deeds, pane.backup
    )
    actions = {a.text(): a for a in both.actions() if a.text()}
    assert not actions["Copy link"].isEnabled()
    assert "choose one" in actions["Copy link"].toolTip()
    actions["Back up now (1 recording)"].trigger()
    qtbot.waitUntil(lambda: services.library.get(two.id).sync.state is SyncState.BACKED_UP, timeout=10_000)


def test_a_wait_grows_shorter(add: Any) -> None:
    sync = SyncStatus(
        SyncState.FAILED, PLACE, attempts=3, next_attempt_at=AT + timedelta(minutes=5), error=OFFLINE
    )
    made = replace(add("Note"), sync=sync)
    facts = BackupFacts(PLACE)
    assert "in 5 min" in backup_text(made, facts, None, "", AT)
    assert "in 40 s" in backup_text(made, facts, None, "", AT + timedelta(seconds=260))
    assert "about to begin" in backup_text(made, facts, None, "", AT + timedelta(minutes=6))
