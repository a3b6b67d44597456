from pathlib import Path

import pytest

from tests.fakes.backup_states import back_up, choose_folder
from tests.fakes.library import opened, with_notes
from voice_recorder.domain.names import NameRefused
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services
from voice_recorder.storage import choices
from voice_recorder.storage.choices import Totals


@pytest.fixture
def three(home: Path, tmp_path: Path) -> list[Recording]:
    return with_notes(tmp_path / "notes", ["one", "two", "three"])


def _ids(recordings: list[Recording]) -> list[str]:
    return [recording.id for recording in recordings]


def test_totals_add_up_what_is_selected_and_nothing_else(three: list[Recording]) -> None:
    with opened() as services:
        database, ids = services.library.database, _ids(three)
        services.organising.set_favourite(ids[:2], True)
        services.organising.set_archived(ids[1:2], True)
        services.trash.delete(ids[2:])
        size = three[0].size_bytes
        assert choices.totals(database, ids) == Totals(3, 1.5, 3 * size, 2, 1, 1)
        assert choices.totals(database, [ids[1], "unknown"]) == Totals(1, 0.5, size, 1, 1, 0)
        assert choices.totals(database, []) == Totals()


def _before(services: Services, ids: list[str]) -> tuple[object, ...]:
    database = services.library.database
    return (
        choices.folders_of(database, ids), choices.with_tag(database, ids, "IDEAS"),
        choices.favourites(database, ids), choices.archived(database, ids),
    )  # fmt: skip


def test_what_recordings_had_before_is_known(three: list[Recording]) -> None:
    with opened() as services:
        ids = _ids(three)
        nothing = (dict.fromkeys(ids[:2]), set[str](), set[str](), set[str]())
        assert _before(services, ids[:2]) == nothing
        organising = services.organising
        organising.move(ids[:1], "Work")
        organising.tag(ids[1:], "ideas")
        organising.set_favourite(ids[:1], True)
        organising.set_archived(ids[1:], True)
        assert _before(services, ids[:2]) == ({ids[0]: "Work", ids[1]: None}, {ids[1]}, {ids[0]}, {ids[1]})


def test_an_empty_folder_is_made_once_whatever_the_case(home: Path) -> None:
    with opened() as services:
        database = services.library.database
        choices.add_folder(database, "  Work  ")
        choices.add_folder(database, "WORK")
        assert [found.name for found in services.organising.folder_counts()] == ["Work"]
        with pytest.raises(NameRefused):
            choices.add_folder(database, " ")


def test_one_receipt_among_many_is_found_wherever_it_stands(three: list[Recording], tmp_path: Path) -> None:
    with opened() as services:
        database, ids = services.library.database, _ids(three)
        many = [f"{number:032x}" for number in range(1200)] + ids
        assert not choices.any_receipt(database, many)
        choose_folder(services, tmp_path / "cloud")
        back_up(services, three[2])
        assert choices.any_receipt(database, many)
        assert not choices.any_receipt(database, ids[:2])
        assert not choices.any_receipt(database, [])
