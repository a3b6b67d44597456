"""list, show, rename, delete, restore and trash, as the contract describes their documents."""

import os
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.library import opened, with_notes, write_note
from tests.integration.contract import check_recording, done, failed
from voice_recorder.domain.recording import Marker

TITLES = ["Budget call", "Über den Fluss", "budget, second call", "Groceries"]


@pytest.fixture
def notes(home: Path, tmp_path: Path) -> list[str]:
    """The ids of four notes, oldest first, an hour between them."""
    folder = tmp_path / "in"
    folder.mkdir()
    for hour in range(len(TITLES)):
        path = write_note(folder / f"{hour}.wav", seed=hour)
        os.utime(path, (1_700_000_000 + 3600 * hour,) * 2)
    with opened() as services:
        imported = services.importing.run(sorted(folder.iterdir())).recordings
        return [services.library.rename(r.id, title).id for r, title in zip(imported, TITLES, strict=True)]


def test_list_is_newest_first_with_the_number_of_all(run_cli: RunCli, notes: list[str]) -> None:
    document = done(run_cli("list", "--json"))
    assert set(document) == {"recordings", "total"}
    assert document["total"] == 4
    assert [r["id"] for r in document["recordings"]] == notes[::-1]
    for recording in document["recordings"]:
        check_recording(recording)
        assert recording["state"] == "recorded"


def test_limit_and_offset_page_through_the_list(run_here: RunCli, notes: list[str]) -> None:
    pages = [done(run_here("list", "--json", "--limit", "2", "--offset", str(at))) for at in (0, 2, 4, 2**62)]
    assert [[r["id"] for r in page["recordings"]] for page in pages] == [notes[:1:-1], notes[1::-1], [], []]
    assert {page["total"] for page in pages} == {4}
    assert done(run_here("list", "--json", "--limit", "0")) == {"recordings": [], "total": 4}


def test_list_shows_fifty_at_most_unless_told_otherwise(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    with_notes(tmp_path / "many", [f"{number:02}" for number in range(53)])
    document = done(run_here("list", "--json"))
    assert (len(document["recordings"]), document["total"]) == (50, 53)
    assert len(done(run_here("list", "--json", "--limit", "100"))["recordings"]) == 53


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("budget", [2, 0]), ("BUD", [2, 0]), ("call budget", [2, 0]), ("second", [2]), ("uber", [1]),
        ("ÜBER", [1]), ("nothing", []), ('"', []), ("budget*", [2, 0]), ("NEAR(budget", []),
        ("   ", [3, 2, 1, 0]),
        ("budget OR groceries", []), ("'; DROP TABLE recordings; --", []), ("\udcff", []), ("a" * 10_000, []),
    ],
)  # fmt: skip
def test_search_finds_words_whatever_is_typed(
    run_here: RunCli, notes: list[str], words: str, found: list[int]
) -> None:
    document = done(run_here("list", "--json", "--search", words))
    assert [r["id"] for r in document["recordings"]] == [notes[index] for index in found]
    assert document["total"] == len(found)


def test_w3_search_finds_a_note_by_the_names_of_its_markers(run_here: RunCli, notes: list[str]) -> None:
    with opened() as services:
        master = services.library.get(notes[3]).masters[0]
        markers = [Marker(master.id, 100, "Milk"), Marker(master.id, 200, "the budget")]
        services.editing.set_markers(notes[3], markers)
    for words, found in (("milk", [3]), ("groceries budget", [3]), ("budget", [3, 2, 0]), ("milky", [])):
        document = done(run_here("list", "--json", "--search", words))
        assert [r["id"] for r in document["recordings"]] == [notes[index] for index in found], words
    done(run_here("delete", "--json", notes[3]))
    assert done(run_here("list", "--json", "--search", "milk"))["total"] == 0
    assert done(run_here("list", "--json", "--search", "milk", "--state", "trashed"))["total"] == 1


def test_list_by_state(run_here: RunCli, notes: list[str]) -> None:
    done(run_here("delete", "--json", notes[0]))
    for state, expected in (("recorded", notes[:0:-1]), ("trashed", [notes[0]]), ("missing", [])):
        document = done(run_here("list", "--json", "--state", state))
        assert [r["id"] for r in document["recordings"]] == expected
    for state in ("recording", "damaged", "cloud_only"):
        assert done(run_here("list", "--json", "--state", state))["total"] == 0


def test_rename_answers_with_the_recording_and_search_follows(run_here: RunCli, notes: list[str]) -> None:
    title = "A \"new\" 'name'\nwith 🎤 and \\ and %s"
    renamed = done(run_here("rename", "--json", notes[0][:10], title))
    check_recording(renamed)
    assert (renamed["id"], renamed["title"]) == (notes[0], title)
    assert renamed["updated_at"] > renamed["created_at"]
    assert done(run_here("list", "--json", "--search", "name new"))["total"] == 1
    assert done(run_here("list", "--json", "--search", "budget"))["total"] == 1


def test_a_name_that_is_no_text_is_kept_as_far_as_it_is(run_here: RunCli, notes: list[str]) -> None:
    assert done(run_here("rename", "--json", notes[0], "caf\udce9"))["title"] == "caf?"


def test_control_characters_do_not_reach_the_terminal(run_here: RunCli, notes: list[str]) -> None:
    run_here("rename", notes[0], "evil \x1b[31m red\x07")
    for words in (["list"], ["show", notes[0]], ["rename", notes[0], "evil \x1b[2J again"]):
        printed = run_here(*words)
        assert printed.returncode == 0
        assert "evil" in printed.stdout
        assert "\x1b[31m" not in printed.stdout
        assert "\x1b[2J" not in printed.stdout


def test_show_tells_the_history_also_of_one_that_is_gone(run_cli: RunCli, notes: list[str]) -> None:
    """S14: the history is kept after deletion."""
    shown = done(run_cli("show", "--json", notes[0]))
    check_recording(shown)
    assert shown["markers"] == []
    assert [entry["kind"] for entry in shown["history"]] == ["imported", "renamed"]
    done(run_cli("delete", "--json", notes[0]))
    done(run_cli("trash", "empty", "--json"))
    result = run_cli("show", "--json", notes[0])
    failed(result, 1, "not_found")
    kinds = [entry["kind"] for entry in result.json["history"]]
    assert kinds == ["imported", "renamed", "deleted", "deleted for ever"]
    assert all(entry["at"].endswith("Z") for entry in result.json["history"])


def test_a_beginning_that_fits_two_is_refused(run_here: RunCli, notes: list[str]) -> None:
    with opened() as services, services.library.database.session(write=True) as connection:
        for number, recording_id in enumerate(notes[:2]):
            connection.exec_driver_sql(
                "UPDATE recordings SET id = ? WHERE id = ?", (f"abc{number}", recording_id)
            )
    error = failed(run_here("show", "--json", "abc"), 1, "not_found")
    assert "More than one" in error["title"]
    assert done(run_here("show", "--json", "abc1"))["id"] == "abc1"


def test_figures_agree_with_the_library(run_here: RunCli, home: Path, notes: list[str]) -> None:
    """What `metrics` counts is what `list` lists."""
    done(run_here("delete", "--json", notes[0]))
    figures = done(run_here("metrics", "--json"))
    listed = done(run_here("list", "--json"))["recordings"]
    trashed = done(run_here("list", "--json", "--state", "trashed"))["recordings"]
    assert figures["library"]["recordings"] == 4
    assert figures["library"]["size_bytes"] == sum(r["size_bytes"] for r in listed + trashed)
    assert figures["library"]["duration_s"] == round(sum(r["duration_s"] for r in listed + trashed))
    shelves = {"all": 3, "favourites": 0, "not_backed_up": 0, "archive": 0, "trash": 1}
    assert figures["library"]["shelves"] == shelves
    in_trash = {path.suffix: path.stat().st_size for path in (home / "trash").iterdir()}
    assert in_trash[".wav"] == trashed[0]["size_bytes"]
    assert figures["disk"]["trash_bytes"] == sum(in_trash.values()), "its sidecar lies beside it"
    assert figures["sessions"]["failed"] == 0


def test_human_lists_are_readable(run_here: RunCli, notes: list[str]) -> None:
    printed = run_here("list", env={"COLUMNS": "160"}).stdout
    assert all(title in printed for title in TITLES)
    assert "4 of 4" in printed
    shown = run_here("show", notes[0]).stdout
    assert "Budget call" in shown
    assert "imported" in shown
