"""tag, move, and what narrows and sorts `list`, as the contract describes their documents."""

import os
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.library import opened, write_note
from tests.integration.contract import check_recording, done, failed, one_sentence

SECONDS = (0.5, 2.0, 1.0)
TITLES = ("banana", "apple", "Cherry")


@pytest.fixture
def notes(home: Path, tmp_path: Path) -> list[str]:
    """The ids of three notes, oldest first, each of a day of its own."""
    (folder := tmp_path / "in").mkdir()
    for day, seconds in enumerate(SECONDS):
        path = write_note(folder / f"{day}.wav", seconds, seed=day)
        os.utime(path, (1_700_000_000 + 86_400 * day,) * 2)  # 2023-11-14 22:13 UTC
    with opened() as services:
        imported = services.importing.run(sorted(folder.iterdir())).recordings
        return [services.library.rename(r.id, title).id for r, title in zip(imported, TITLES, strict=True)]


def listed(run: RunCli, *words: str) -> list[str]:
    document = done(run("list", "--json", *words))
    for recording in document["recordings"]:
        check_recording(recording)
    assert document["total"] == len(document["recordings"])
    return [recording["title"] for recording in document["recordings"]]


def test_tag_adds_and_takes_away_and_answers_for_each(run_cli: RunCli, notes: list[str]) -> None:
    results = [{"id": given, "ok": True, "error": None} for given in (notes[0], notes[1][:12])]
    assert done(run_cli("tag", "--json", notes[0], notes[1][:12], " New  York ")) == {"results": results}
    assert done(run_cli("show", "--json", notes[1]))["tags"] == ["New York"]
    assert listed(run_cli, "--tag", "new york") == ["apple", "banana"]
    done(run_cli("tag", "--json", "--remove", notes[0], "NEW YORK"))
    assert listed(run_cli, "--tag", "New York") == ["apple"]
    assert done(run_cli("show", "--json", notes[0]))["tags"] == []


@pytest.mark.parametrize("command", ["tag", "move"])
def test_one_unknown_id_fails_and_keeps_no_other(run_here: RunCli, notes: list[str], command: str) -> None:
    result = run_here(command, "--json", notes[0], "unknown", "name")
    assert result.returncode == 1
    assert [(r["id"], r["ok"]) for r in result.json["results"]] == [(notes[0], True), ("unknown", False)]
    error = result.json["results"][1]["error"]
    assert set(error) == {"kind", "title", "detail"}
    assert error["kind"] == "not_found"
    assert "'unknown'" in one_sentence(result.stderr)
    shown = done(run_here("show", "--json", notes[0]))
    assert "name" in (shown["folder"], *shown["tags"])


def test_move_to_a_folder_and_out_of_it(run_here: RunCli, notes: list[str]) -> None:
    done(run_here("move", "--json", *notes[:2], "Fruit"))
    assert done(run_here("show", "--json", notes[0]))["folder"] == "Fruit"
    assert listed(run_here, "--folder", "fruit") == ["apple", "banana"]
    assert listed(run_here, "--folder", "") == ["Cherry"]
    assert len(done(run_here("move", "--json", "--out", *notes[:2]))["results"]) == 2
    assert done(run_here("show", "--json", notes[0]))["folder"] is None
    assert listed(run_here, "--folder", "Fruit") == []


@pytest.mark.parametrize("command", ["tag", "move"])
def test_a_name_that_cannot_be_is_one_sentence(run_here: RunCli, notes: list[str], command: str) -> None:
    error = failed(run_here(command, "--json", notes[0], "x" * 10_000), 1, "name_refused")
    assert "at most 100 characters" in error["title"]
    failed(run_here(command, "--json", notes[0], " "), 1, "name_refused")
    failed(run_here(command, "--json", notes[0], "a\x1b[31m"), 1, "name_refused")
    assert done(run_here(command, "--json", notes[0], "caf\udce9"))["results"][0]["ok"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["Cherry", "apple", "banana"]),
        (("--sort", "newest"), ["Cherry", "apple", "banana"]),
        (("--sort", "oldest"), ["banana", "apple", "Cherry"]),
        (("--sort", "title"), ["apple", "banana", "Cherry"]),
        (("--sort", "longest"), ["apple", "Cherry", "banana"]),
        (("--sort", "shortest"), ["banana", "Cherry", "apple"]),
        (("--from", "2023-11-15"), ["Cherry", "apple"]),
        (("--until", "2023-11-15"), ["apple", "banana"]),
        (("--from", "2023-11-15", "--until", "2023-11-15"), ["apple"]),
        (("--longer", "0.9", "--shorter", "1.5"), ["Cherry"]),
        (("--longer", "2"), []),
        (("--tag", "nobody has it"), []),
        (("--search", "a", "--sort", "title"), ["apple"]),
    ],
)
def test_list_sorted_and_narrowed(
    run_here: RunCli, notes: list[str], words: tuple[str, ...], expected: list[str]
) -> None:
    assert listed(run_here, *words) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--sort", "colour"], ["list", "--from", "yesterday"], ["list", "--until", "2023-02-30"],
        ["list", "--longer", "long"], ["list", "--longer", "-1"], ["tag"], ["tag", "only-an-id"], ["move"],
        ["move", "only-an-id"], ["move", "--out"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_parser_refuses_the_rest(run_here: RunCli, words: list[str]) -> None:
    failed(run_here(*words, "--json"), 2, "usage")


def test_people_read_how_many_were_done(run_here: RunCli, notes: list[str]) -> None:
    assert run_here("tag", *notes, "fruit").stdout == "3 done, 0 failed\n"
