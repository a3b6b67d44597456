"""The page where a provider is chosen, with real clicks, folders and servers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from keyring.backend import KeyringBackend
from keyring.compat import properties
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox
from typing_extensions import override

from tests.fakes.cloudinary_faults import Delay
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from voice_recorder.domain.transfers import TransferState
from voice_recorder.services import Services
from voice_recorder.ui.backup_offer import BackupOffer
from voice_recorder.ui.provider_form import given_words, stored_words
from voice_recorder.ui.provider_page import ProviderPage
from voice_recorder.ui.settings_dialog import SettingsDialog
from voice_recorder.ui.theme import TARGET, Theme
from voice_recorder.workers.lanes import Lanes

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # which the offscreen platform lacks
Add = Callable[..., Any]


class MemoryKeyring(KeyringBackend):
    """A keyring that is there only for a process whose environment names it."""

    kept: ClassVar[dict[str, str]] = {}

    @properties.classproperty
    @override
    def priority(cls) -> float:  # noqa: N805 - a property of the class, as keyring wants it
        if not os.environ.get("PYTHON_KEYRING_BACKEND", "").endswith("MemoryKeyring"):
            raise RuntimeError("not asked for")
        return 1

    @override
    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password

    @override
    def delete_password(self, service: str, username: str) -> None:
        del self.kept[username]


@pytest.fixture(autouse=True)
def _no_provider_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("CLOUDINARY", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the keyring holds; with this fixture there is one."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{__name__}.MemoryKeyring")
    MemoryKeyring.kept.clear()
    return MemoryKeyring.kept


@pytest.fixture
def cloudinary() -> Iterator[CloudinaryServer]:
    with CloudinaryServer() as server:
        yield server


@pytest.fixture
def dialog(qapp: QApplication, qtbot: Any, services: Services) -> Iterator[SettingsDialog]:
    lanes = Lanes()
    dialog = SettingsDialog(services, lanes, Theme(qapp), (), ())
    dialog.show_page("cloud")
    dialog.show()
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.provider.abandon()
    assert lanes.shut_down()
    dialog.deleteLater()


@pytest.fixture
def page(dialog: SettingsDialog) -> ProviderPage:
    return dialog.provider


def click(button: QAbstractButton) -> None:
    assert button.isVisible(), button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def choose(page: ProviderPage, kind: str) -> None:
    page.choice.setCurrentIndex(page.choice.findData(kind))


def fill(page: ProviderPage, **values: str) -> None:
    """Type as people do: whatever was there goes."""
    assert page.kind is not None
    for name, value in values.items():
        edit = page.forms[page.kind.name].rows[name].edit
        edit.setFocus()
        edit.selectAll()
        QTest.keyClick(edit, Qt.Key.Key_Backspace)
        edit.insert(value) if "\n" in value else QTest.keyClicks(edit, value)


def press_and_wait(qtbot: Any, page: ProviderPage, button: QAbstractButton) -> None:
    click(button)
    qtbot.waitUntil(lambda: not page.busy, timeout=15_000)


def use_folder(qtbot: Any, page: ProviderPage, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    choose(page, "folder")
    fill(page, path=str(folder))
    press_and_wait(qtbot, page, page.buttons.use)


def offer_of(qtbot: Any, dialog: SettingsDialog) -> BackupOffer:
    qtbot.waitUntil(lambda: bool(dialog.findChildren(BackupOffer)))
    offer = dialog.findChildren(BackupOffer)[0]
    qtbot.waitUntil(lambda: not offer._counting)
    return offer


def proved(services: Services, add: Add, number: int) -> None:
    for i in range(number):
        recording = add(f"Note {i}")
        services.proving.run_pending()
        assert services.library.get(recording.id).masters[0].sha256


def settings_text(services: Services) -> str:
    path = services.config.settings_path
    return path.read_text(encoding="utf-8") if path.exists() else ""


# Choosing a folder


def test_a_folder_is_tested_saved_and_shown_as_in_force(
    page: ProviderPage, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    assert page.status.text == "Recordings stay on this computer only."
    with qtbot.waitSignal(page.provider_changed, timeout=5000):
        use_folder(qtbot, page, tmp_path / "copies")
    assert services.settings.current.cloud_provider == "folder"
    place = f"folder:{tmp_path / 'copies'}"
    assert services.providers.place() == place
    assert services.sync_log.automatic_since(place) is not None
    assert page.status.text.startswith(f"Copies go to Folder ({tmp_path / 'copies'}).")
    assert page.outcome.text.startswith("Saved. Its disk is ")
    assert "same disk" in page.outcome.text  # as is the test's home
    assert not page._draft.isVisible()


def test_what_is_typed_is_not_in_force_until_it_is_used(
    page: ProviderPage, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    use_folder(qtbot, page, tmp_path / "one")
    fill(page, path=str(tmp_path / "two"))
    assert page._draft.isVisible()
    choose(page, "s3")
    fill(page, bucket="somewhere")
    choose(page, "")
    assert services.providers.place() == f"folder:{tmp_path / 'one'}"
    assert f"{tmp_path / 'one'}" in page.status.text
    choose(page, "folder")
    assert page.forms["folder"].typed["path"] == str(tmp_path / "two")  # the draft is kept, too


def test_a_folder_with_trouble_that_may_pass_can_be_saved_anyway(
    page: ProviderPage, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    (tmp_path / "disk").touch()  # where a folder should be
    choose(page, "folder")
    fill(page, path=str(tmp_path / "disk" / "copies"))
    press_and_wait(qtbot, page, page.buttons.use)
    assert page.outcome.text.startswith("Something is wrong with the folder")
    assert "Nothing was saved." in page.outcome.text
    assert services.settings.current.cloud_provider == ""
    assert page.outcome.action.text() == "Save anyway"
    press_and_wait(qtbot, page, page.outcome.action)
    assert services.providers.place() == f"folder:{tmp_path / 'disk' / 'copies'}"
    assert page.outcome.text.startswith("Saved. Something is wrong with the folder")
    assert services.sync_log.automatic_since(services.providers.place()) is not None


def test_the_folder_of_the_recordings_is_refused_and_nothing_saved(
    page: ProviderPage, services: Services, qtbot: Any
) -> None:
    choose(page, "folder")
    fill(page, path=str(services.config.raw_recordings_path))
    press_and_wait(qtbot, page, page.buttons.use)
    assert "inside the folder of the recordings" in page.outcome.text
    assert not page.outcome.action.isVisible()
    assert services.settings.current.cloud_provider == ""


def test_return_in_a_field_uses_the_provider_and_does_not_close_the_dialog(
    dialog: SettingsDialog, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    page = dialog.provider
    choose(page, "folder")
    fill(page, path=str(tmp_path))
    QTest.keyClick(page.forms["folder"].rows["path"].edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: services.settings.current.cloud_provider == "folder")
    qtbot.waitUntil(lambda: not page.busy)
    assert dialog.isVisible()


# The offer


def test_the_offer_says_how_much_there_is_and_queues_all_of_it(
    dialog: SettingsDialog, services: Services, add: Add, qtbot: Any, tmp_path: Path
) -> None:
    proved(services, add, 3)
    use_folder(qtbot, dialog.provider, tmp_path)
    offer = offer_of(qtbot, dialog)
    assert offer.heading.text() == "Back up 3 earlier recordings, too?"
    assert offer.text.text().startswith("They take 0.0 MB here; about 0.0 MB will be sent.")
    place = services.providers.place()
    assert services.transfers.counts(place)[TransferState.QUEUED] == 0
    click(offer.all)
    qtbot.waitUntil(lambda: services.transfers.counts(place)[TransferState.QUEUED] == 3)
    qtbot.waitUntil(lambda: dialog.provider.outcome.text.startswith("3 recordings will be sent to Folder"))


def test_only_new_recordings_leaves_the_earlier_ones_alone(
    dialog: SettingsDialog, services: Services, add: Add, qtbot: Any, tmp_path: Path
) -> None:
    proved(services, add, 1)
    use_folder(qtbot, dialog.provider, tmp_path)
    offer = offer_of(qtbot, dialog)
    click(offer.only_new)
    assert services.sync.queue_new() == 0
    proved(services, add, 1)
    assert services.sync.queue_new() == 1


def test_closing_the_offer_at_once_does_not_lose_a_yes(
    dialog: SettingsDialog, services: Services, add: Add, qtbot: Any, tmp_path: Path
) -> None:
    proved(services, add, 1)
    use_folder(qtbot, dialog.provider, tmp_path)
    offer = offer_of(qtbot, dialog)
    click(offer.all)
    offer.reject()
    place = services.providers.place()
    qtbot.waitUntil(lambda: services.transfers.counts(place)[TransferState.QUEUED] == 1)


def test_the_offer_says_when_there_is_nothing_to_send_or_nothing_yet(
    dialog: SettingsDialog, services: Services, add: Add, qtbot: Any, tmp_path: Path
) -> None:
    add("Still being checked")
    use_folder(qtbot, dialog.provider, tmp_path)
    offer = offer_of(qtbot, dialog)
    assert offer.heading.text() == "There is nothing to send yet."
    assert offer.text.text().startswith("1 recording cannot be sent now")
    assert not offer.all.isVisible()
    click(offer.only_new)


def test_a_new_key_for_the_same_place_is_no_reason_to_offer_it_again(
    dialog: SettingsDialog, qtbot: Any, tmp_path: Path
) -> None:
    use_folder(qtbot, dialog.provider, tmp_path)
    offer = offer_of(qtbot, dialog)
    with qtbot.waitSignal(offer.destroyed):
        click(offer.only_new)
    press_and_wait(qtbot, dialog.provider, dialog.provider.buttons.use)
    assert dialog.provider.outcome.text.startswith("Saved.")
    assert dialog.findChild(BackupOffer) is None


# Cloudinary


def test_testing_tells_what_the_plan_allows_and_saves_nothing(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, keyring: dict[str, str], qtbot: Any
) -> None:
    choose(page, "cloudinary")
    fill(page, **cloudinary.values)
    press_and_wait(qtbot, page, page.buttons.test)
    assert page.outcome.text == "It works. Free plan, files up to 100 MB, 14 % used."
    assert services.settings.current.cloud_provider == ""
    assert not keyring
    assert page.status.text == "Recordings stay on this computer only."


def test_keys_go_to_the_keyring_only_without_what_was_pasted_along(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, keyring: dict[str, str], qtbot: Any
) -> None:
    choose(page, "cloudinary")
    fill(page, **{**cloudinary.values, "api_secret": f'  "{cloudinary.api_secret}"\n'})
    press_and_wait(qtbot, page, page.buttons.use)
    assert services.providers.place() == "cloudinary:test-cloud"
    assert keyring == {
        "cloudinary:api_key": cloudinary.api_key, "cloudinary:api_secret": cloudinary.api_secret,
    }  # fmt: skip
    assert cloudinary.api_secret not in settings_text(services)
    rows = page.forms["cloudinary"].rows
    assert rows["api_secret"].edit.text() == ""
    qtbot.waitUntil(lambda: rows["api_secret"].edit.placeholderText() == stored_words())
    press_and_wait(qtbot, page, page.buttons.test)  # with what is stored
    assert page.outcome.text.startswith("It works.")


def test_a_pasted_cloudinary_url_fills_all_fields(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, keyring: dict[str, str], qtbot: Any
) -> None:
    choose(page, "cloudinary")
    fill(page, cloud_name=f"CLOUDINARY_URL={cloudinary.cloudinary_url}")
    press_and_wait(qtbot, page, page.buttons.use)
    assert services.providers.place() == "cloudinary:test-cloud"
    assert keyring["cloudinary:api_secret"] == cloudinary.api_secret
    assert cloudinary.api_secret not in settings_text(services)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"api_secret": "wrong"}, "the API secret is wrong"),
        ({"api_key": "1234"}, "does not know this API key"),
        ({"cloud_name": "another-cloud"}, "does not know this cloud name"),
    ],
)
def test_a_refused_key_saves_nothing_and_leaves_the_provider_in_force(
    wrong: dict[str, str], said: str, page: ProviderPage, services: Services, cloudinary: CloudinaryServer,
    keyring: dict[str, str], qtbot: Any, tmp_path: Path,
) -> None:  # fmt: skip
    use_folder(qtbot, page, tmp_path / "copies")
    choose(page, "cloudinary")
    fill(page, **{**cloudinary.values, **wrong})
    press_and_wait(qtbot, page, page.buttons.use)
    assert said in page.outcome.text
    assert page.outcome.text.endswith(f"Folder ({tmp_path / 'copies'}) stays the provider.")
    assert not page.outcome.action.isVisible()
    assert not keyring
    assert services.providers.place() == f"folder:{tmp_path / 'copies'}"
    page.status.look()
    assert page.status.text.startswith("Copies go to Folder")
    for value in cloudinary.values.values():
        assert value not in page.outcome.text


def test_a_wrong_clock_is_called_by_its_name(
    page: ProviderPage, cloudinary: CloudinaryServer, qtbot: Any
) -> None:
    cloudinary.clock_offset_s = 2 * 3600
    choose(page, "cloudinary")
    fill(page, **cloudinary.values)
    press_and_wait(qtbot, page, page.buttons.test)
    assert "clock is wrong" in page.outcome.text


def test_without_a_network_one_can_save_anyway(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, keyring: dict[str, str], qtbot: Any
) -> None:
    choose(page, "cloudinary")
    fill(page, **{**cloudinary.values, "upload_prefix": "http://127.0.0.1:9"})
    press_and_wait(qtbot, page, page.buttons.use)
    assert "cannot be reached" in page.outcome.text
    assert "tried again later" not in page.outcome.text  # nobody does: nothing was saved
    assert not keyring
    press_and_wait(qtbot, page, page.outcome.action)
    assert services.providers.place() == "cloudinary:test-cloud"
    assert keyring["cloudinary:api_key"] == cloudinary.api_key
    assert page.outcome.text.startswith("Saved. 127.0.0.1 cannot be reached.")
    assert page.status.text.startswith("Copies go to Cloudinary (test-cloud).")


def test_missing_fields_are_marked_at_the_field_and_nothing_is_asked(
    page: ProviderPage, cloudinary: CloudinaryServer, keyring: dict[str, str], qtbot: Any
) -> None:
    choose(page, "cloudinary")
    fill(page, api_key="1234", upload_prefix=cloudinary.url)
    press_and_wait(qtbot, page, page.buttons.use)
    rows = page.forms["cloudinary"].rows
    marked = {name for name, row in rows.items() if row.problem}
    assert marked == {"cloud_name", "api_secret"}
    assert page.outcome.text == "Nothing was tried yet: please fill in “Cloud name” and “API secret”."
    assert QApplication.focusWidget() is rows["cloud_name"].edit
    assert "needed" in rows["cloud_name"].edit.accessibleDescription()
    assert not cloudinary.requests
    fill(page, cloud_name="x")
    assert not rows["cloud_name"].problem


def test_a_test_can_be_cancelled_and_the_next_one_need_not_wait_for_it(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, qtbot: Any
) -> None:
    cloudinary.faults.append(Delay(30, on="ping"))
    choose(page, "cloudinary")
    fill(page, **cloudinary.values)
    click(page.buttons.use)
    qtbot.waitUntil(lambda: cloudinary.requests["ping"] == 1)
    assert not page.choice.isEnabled()
    click(page.buttons.cancel)
    assert not page.busy
    assert page.outcome.text == "The test was cancelled. Nothing was saved."
    press_and_wait(qtbot, page, page.buttons.test)
    assert page.outcome.text.startswith("It works.")
    assert services.settings.current.cloud_provider == ""


# Without a keyring, and with variables


def test_without_a_keyring_nothing_is_saved_and_the_way_out_is_said(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, qtbot: Any
) -> None:
    choose(page, "cloudinary")
    qtbot.waitUntil(page.keyring.isVisible)
    assert page.keyring.text.startswith("This computer has no keyring")
    fill(page, **cloudinary.values)
    press_and_wait(qtbot, page, page.buttons.use)
    assert page.outcome.text.startswith("This computer has no keyring")
    assert "CLOUDINARY_URL" in page.outcome.text
    assert page.outcome.action.text() == "Try again"
    assert services.settings.current.cloud_provider == ""
    assert services.settings.provider_values("cloudinary") == {}
    assert cloudinary.api_secret not in settings_text(services)


def test_a_keyring_that_comes_later_is_used_by_try_again(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    choose(page, "cloudinary")
    fill(page, **cloudinary.values)
    press_and_wait(qtbot, page, page.buttons.use)
    MemoryKeyring.kept.clear()
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{__name__}.MemoryKeyring")
    press_and_wait(qtbot, page, page.outcome.action)
    assert services.providers.place() == "cloudinary:test-cloud"


def test_variables_are_shown_as_such_and_need_no_keyring(
    page: ProviderPage, services: Services, cloudinary: CloudinaryServer, qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CLOUDINARY_URL", cloudinary.cloudinary_url)
    choose(page, "cloudinary")
    rows = page.forms["cloudinary"].rows
    assert rows["cloud_name"].edit.text() == "test-cloud"
    for row in rows.values():
        assert not row.edit.isEnabled()
        assert given_words() in row.edit.accessibleDescription()
    assert rows["api_secret"].edit.text() == ""
    press_and_wait(qtbot, page, page.buttons.use)
    assert page.outcome.text.startswith("Saved. Free plan")
    assert services.providers.place() == "cloudinary:test-cloud"
    assert cloudinary.api_secret not in settings_text(services)


def test_a_bad_variable_is_named(
    page: ProviderPage, services: Services, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDINARY_URL", "foo")
    choose(page, "cloudinary")
    assert "CLOUDINARY_URL" in page.outcome.text
    services.settings.set("cloud.provider", "cloudinary")
    page.status.look()
    qtbot.waitUntil(lambda: "CLOUDINARY_URL" in page.status.text)
    assert "Nothing is sent" in page.status.text


# S3


def test_a_bucket_that_does_not_exist_is_said_and_an_existing_one_used(
    page: ProviderPage, services: Services, keyring: dict[str, str], qtbot: Any
) -> None:
    with S3Server() as server:
        values = server.values()
        choose(page, "s3")
        fill(
            page, bucket="no-such-bucket", endpoint_url=values["endpoint_url"], access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
        )  # fmt: skip
        press_and_wait(qtbot, page, page.buttons.use)
        assert "has no bucket 'no-such-bucket'" in page.outcome.text
        assert services.settings.current.cloud_provider == ""
        fill(page, bucket=f" {values['bucket']} ")
        press_and_wait(qtbot, page, page.buttons.use)
        assert services.providers.place().endswith(f"/{values['bucket']}/voice-recorder/")
        assert page.forms["s3"].rows["bucket"].edit.text() == values["bucket"]


# What is in force


def test_the_page_says_when_a_refused_key_has_stopped_the_queue(
    page: ProviderPage, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    use_folder(qtbot, page, tmp_path)
    services.sync_log.halt("The key was revoked.")
    qtbot.waitUntil(lambda: page.status.text.startswith("Nothing is sent to Folder"), timeout=5000)
    assert "The key was revoked." in page.status.text
    press_and_wait(qtbot, page, page.buttons.test)
    assert "Sending is still stopped" in page.outcome.text
    press_and_wait(qtbot, page, page.buttons.use)
    assert services.sync_log.halted == ""
    assert page.status.text.startswith("Copies go to Folder")


def test_what_is_in_force_is_not_offered_again_until_it_is_changed(
    page: ProviderPage, qtbot: Any, tmp_path: Path
) -> None:
    use_folder(qtbot, page, tmp_path)
    assert not page.buttons.use.isEnabled()
    assert page.buttons.test.isEnabled()
    fill(page, path=str(tmp_path / "another"))
    assert page.buttons.use.isEnabled()


def test_stopping_asks_first_and_leaves_the_copies(
    dialog: SettingsDialog, services: Services, qtbot: Any, tmp_path: Path
) -> None:
    page = dialog.provider
    use_folder(qtbot, page, tmp_path)
    choose(page, "")
    click(page.buttons.stop)
    box = page.findChildren(QMessageBox)[0]
    assert "stay where they are" in box.informativeText()
    click(next(b for b in box.buttons() if b.text() == "Keep backing up"))
    assert services.settings.current.cloud_provider == "folder"
    assert page.choice.currentData() == "folder"
    qtbot.waitUntil(lambda: page.findChild(QMessageBox) is None)
    choose(page, "")
    click(page.buttons.stop)
    box = page.findChildren(QMessageBox)[0]
    with qtbot.waitSignal(dialog.provider_changed):
        click(next(b for b in box.buttons() if b.text() == "Stop backing up"))
    assert services.settings.current.cloud_provider == ""
    assert page.status.text == "Recordings stay on this computer only."
    assert (tmp_path / ".voice-recorder").exists()
    assert not page.buttons.isVisible()


def test_closing_the_dialog_during_a_test_saves_nothing(
    dialog: SettingsDialog, services: Services, cloudinary: CloudinaryServer, keyring: dict[str, str],
    qtbot: Any,
) -> None:  # fmt: skip
    cloudinary.faults.append(Delay(0.3, on="ping"))
    choose(dialog.provider, "cloudinary")
    fill(dialog.provider, **cloudinary.values)
    click(dialog.provider.buttons.use)
    qtbot.waitUntil(lambda: cloudinary.requests["ping"] == 1)
    dialog.reject()
    assert not dialog.isVisible()
    qtbot.wait(600)
    assert services.settings.current.cloud_provider == ""
    assert not keyring


def test_closing_the_dialog_while_it_saves_saves_all_the_same(
    dialog: SettingsDialog, services: Services, cloudinary: CloudinaryServer, keyring: dict[str, str],
    qtbot: Any,
) -> None:  # fmt: skip
    cloudinary.faults.append(Delay(0.5, on="ping", skip=1))  # the one after the test
    choose(dialog.provider, "cloudinary")
    fill(dialog.provider, **cloudinary.values)
    click(dialog.provider.buttons.use)
    qtbot.waitUntil(lambda: dialog.provider.saving)
    with qtbot.waitSignals([dialog.provider_changed, dialog.finished], timeout=5000):
        dialog.close()
        assert not dialog.isVisible()
    assert services.providers.place() == "cloudinary:test-cloud"
    assert services.sync_log.automatic_since("cloudinary:test-cloud") is not None


# For everybody


@pytest.mark.parametrize("kind", ["cloudinary", "s3", "folder"])
def test_all_can_be_reached_by_tab_in_the_order_in_which_it_is_read(
    kind: str, dialog: SettingsDialog, page: ProviderPage, qtbot: Any
) -> None:
    dialog.activateWindow()
    choose(page, kind)
    page.choice.setFocus()
    met: list[Any] = [page.choice]
    for _ in range(30):
        QTest.keyClick(met[-1], Qt.Key.Key_Tab)
        met.append(QApplication.focusWidget())
        if met[-1] is page.buttons.test:
            break
    assert met[-2:] == [page.buttons.use, page.buttons.test]
    del met[0]
    edits = [row.edit for row in page.forms[kind].rows.values()]
    assert [widget for widget in met if widget in edits] == edits
    tops = [widget.mapTo(dialog, QPoint(0, 0)).y() for widget in met]
    assert tops == sorted(tops)
    for widget in met:
        assert widget.accessibleName() or widget.text()
        assert widget.height() >= TARGET


def test_every_field_has_a_label_that_belongs_to_it(page: ProviderPage) -> None:
    buddies = {label.buddy() for label in page.findChildren(QLabel)}
    assert page.choice in buddies
    for form in page.forms.values():
        for row in form.rows.values():
            assert row.edit in buddies
            assert row.edit.accessibleName().startswith(row.field.title)


def test_secrets_are_masked_until_they_are_asked_for(page: ProviderPage) -> None:
    choose(page, "cloudinary")
    row = page.forms["cloudinary"].rows["api_secret"]
    fill(page, api_secret="hidden")
    assert row.edit.displayText() != "hidden"
    click(row.reveal)
    assert row.edit.displayText() == "hidden"
    assert row.reveal.text() == "Hide"
    page.hide()
    assert row.edit.displayText() != "hidden"
