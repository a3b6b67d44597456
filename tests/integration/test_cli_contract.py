"""Section 8 of the requirements: one document, one sentence, four exit codes, whatever is asked."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, RunCli
from tests.fakes.library import opened, with_notes
from tests.integration.contract import done, failed, one_sentence
from voice_recorder import __version__

REFUSED_BY_THE_PARSER = [
    ["no-such-command", "--json"],
    ["list", "--json", "--limit", "-1"],
    ["list", "--json", "--limit", "many"],
    ["list", "--json", "--limit", "9" * 30],
    ["list", "--json", "--offset", "9" * 30],
    ["list", "--json", "--state", "lost"],
    ["list", "--json", "--no-such-option"],
    ["list", "--json", "too", "much"],
    ["show", "--json"],
    ["rename", "--json", "only-an-id"],
    ["import", "--json"],
    ["export", "--json"],
    ["export", "an-id", "--format", "wav", "--json"],
    ["export", "an-id", "--to", ".", "--json"],
    ["export", "an-id", "--format", "ogg", "--to", ".", "--json"],
    ["delete", "--json"],
    ["restore", "--json"],
    ["trash", "no-such-command", "--json"],
    ["backup", "restore", "--json"],
    ["settings", "get", "--json"],
    ["settings", "set", "audio.channels", "--json"],
    ["record", "--json", "--seconds", "0"],
    ["record", "--json", "--seconds", "nan"],
    ["record", "--json", "--seconds", "inf"],
    ["record", "--json", "--seconds", "soon"],
    ["--json"],
]


@pytest.mark.parametrize("words", REFUSED_BY_THE_PARSER, ids=" ".join)
def test_the_parser_refuses_in_one_document_with_exit_code_2(run_here: RunCli, words: list[str]) -> None:
    failed(run_here(*words), 2, "usage")


def test_a_refused_process_exits_2(run_cli: RunCli) -> None:
    failed(run_cli("list", "--json", "--limit", "-1"), 2, "usage")


def test_without_json_a_refusal_is_one_sentence_on_stderr(run_cli: RunCli) -> None:
    result = run_cli("list", "--limit", "-1")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "--limit" in one_sentence(result.stderr)


def test_version(run_cli: RunCli) -> None:
    result = run_cli("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"voice-recorder {__version__}\n", "")


def test_help_names_every_command_of_this_release(run_cli: RunCli) -> None:
    result = run_cli("--help", env={"COLUMNS": "200"})
    assert result.returncode == 0
    commands = (
        "record devices formats health status list show import export rename delete restore trash verify"
        " recover settings metrics demo backup"
    )
    for command in commands.split():
        assert f" {command} " in result.stdout


@pytest.mark.parametrize("command", [["list"], ["settings", "list"], ["trash", "empty"]], ids=" ".join)
def test_help_of_a_command_exits_0(run_cli: RunCli, command: list[str]) -> None:
    result = run_cli(*command, "--help")
    assert result.returncode == 0
    assert "--json" in result.stdout


def test_without_a_display_the_window_says_so_and_names_what_works(run_cli: RunCli) -> None:
    """Checked before a QApplication is made: that would abort the process."""
    result = run_cli(env={"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""})
    assert result.returncode == 3
    assert result.stdout == ""
    sentence = one_sentence(result.stderr)
    assert "voice-recorder record" in sentence
    assert "demo" in sentence


def test_main_py_and_the_module_are_the_same_program(home: Path) -> None:
    environment = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    answers = [
        subprocess.run(
            [sys.executable, *program],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        for program in (["main.py"], ["-m", "voice_recorder"])
    ]
    assert answers[0].returncode == answers[1].returncode == 3
    assert answers[0].stderr == answers[1].stderr


def test_no_subcommand_needs_qt(home: Path) -> None:
    """Every subcommand of the library runs in one process that must not know Qt at the end."""
    program = """
import io, sys
from contextlib import redirect_stdout
from voice_recorder import app
for words in (["list"], ["show", "none"], ["import", "none"], ["rename", "none", "x"], ["delete", "none"],
              ["restore", "none"], ["trash", "empty"], ["verify"], ["recover"], ["status"], ["health"],
              ["metrics"], ["formats"], ["settings", "list"], ["backup", "make"], ["backup", "list"],
              ["devices"], ["record", "--seconds", "1", "--device", "none"]):
    with redirect_stdout(io.StringIO()) as out:
        app.main([*words, "--json"])
    assert out.getvalue().startswith("{"), words
print([name for name in sys.modules if name.startswith(("PySide6", "shiboken"))])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    "words",
    [["show"], ["rename", "T"], ["verify"], ["delete"], ["restore"]],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("wrong_id", ["0" * 32, "", "%", "../etc/passwd", "\udcff", "🎤", "x" * 5000])
def test_an_unknown_id_exits_1_and_is_named(run_here: RunCli, words: list[str], wrong_id: str) -> None:
    result = run_here(words[0], "--json", "--", wrong_id, *words[1:])
    assert result.returncode == 1
    one_sentence(result.stderr)
    document = json.loads(result.stdout)
    error = document["results"][0]["error"] if "results" in document else document["error"]
    assert error["kind"] == "not_found"
    assert wrong_id.replace("\udcff", "?") in error["title"]


def test_many_results_each_stand_for_one_item(run_cli: RunCli, home: Path, tmp_path: Path) -> None:
    """One that fails disturbs no other, and the exit code tells that one did."""
    one, two = with_notes(tmp_path / "in", ["one", "two"])
    result = run_cli("delete", "--json", one.id, "nothing", two.id)
    assert result.returncode == 1
    assert "nothing" in one_sentence(result.stderr)
    results = result.json["results"]
    assert [(r["id"], r["ok"]) for r in results] == [(one.id, True), ("nothing", False), (two.id, True)]
    assert [r["error"] is None for r in results] == [True, False, True]
    assert set(results[1]["error"]) == {"kind", "title", "detail"}
    assert done(run_cli("list", "--json"))["total"] == 0
    restored = done(run_cli("restore", "--json", one.id[:8], two.id[:8]))["results"]
    assert [r["ok"] for r in restored] == [True, True]
    assert done(run_cli("list", "--json"))["total"] == 2


def test_nothing_is_asked_without_a_terminal(run_cli: RunCli, home: Path, tmp_path: Path) -> None:
    (note,) = with_notes(tmp_path / "in", ["note"])
    run_cli("delete", note.id)
    assert done(run_cli("trash", "empty", "--json"))["results"] == [
        {"id": note.id, "ok": True, "error": None}
    ]


@pytest.mark.parametrize(
    ("words", "answer", "kept"), [([], "n\n", True), ([], "y\n", False), (["--yes"], "", False)]
)
def test_at_a_terminal_emptying_the_trash_asks(
    run_cli: RunCli, home: Path, tmp_path: Path, words: list[str], answer: str, kept: bool
) -> None:
    (note,) = with_notes(tmp_path / "in", ["note"])
    run_cli("delete", note.id)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as keyboard:
        os.write(keyboard.fileno(), answer.encode())
        asked = subprocess.run(
            [sys.executable, "-m", "voice_recorder", "trash", "empty", *words],
            stdin=theirs, capture_output=True, text=True, cwd=PROJECT, timeout=30, check=False,
        )  # fmt: skip
        os.close(theirs)
    assert asked.returncode == 0
    assert ("?" in asked.stdout + asked.stderr) is not ("--yes" in words)
    with opened() as services:
        assert bool(services.library.with_ids(None)) is kept


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["list"], {"recordings", "total"}),
        (["status"], {"provider", "paused", "queue", "takes", "unproved"}),
        (["health"], {"status", "reasons", "free_bytes", "need_bytes", "freeable_bytes"}),
        (["formats"], {"read", "write", "limits", "ffmpeg"}),
        (["metrics"], {"library", "trend", "disk", "sessions"}),
        (["verify"], {"ok", "checked", "missing", "changed", "damaged", "unknown"}),
        (["recover"], {"recovered", "empty", "running", "failed"}),
        (["settings", "list"], {"settings"}),
        (["backup", "list"], {"backups"}),
        (["backup", "make"], {"backup"}),
        (["trash", "empty"], {"results"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_on_an_empty_library_every_command_succeeds(
    run_here: RunCli, words: list[str], keys: set[str]
) -> None:
    assert set(done(run_here(*words, "--json"))) >= keys
    plain = run_here(*words)
    assert plain.returncode == 0
    assert plain.stderr == ""
    assert not plain.stdout.startswith("{")


def test_a_terminal_without_unicode_still_gets_its_answer(
    run_cli: RunCli, home: Path, tmp_path: Path
) -> None:
    (note,) = with_notes(tmp_path / "in", ["Übung 🎤"])
    environment = {"PYTHONIOENCODING": "ascii"}
    for words in (["list"], ["show", note.id], ["rename", note.id, "naïve 🎤"], ["show", "🎤"]):
        result = run_cli(*words, env=environment | {"COLUMNS": "200"})
        assert "bug" not in result.stderr
        assert result.returncode == (1 if words[1:] == ["🎤"] else 0)
    assert done(run_cli("show", note.id, "--json", env=environment))["title"] == "naïve 🎤"


def test_a_reader_that_goes_away_gets_no_traceback(home: Path, tmp_path: Path) -> None:
    with_notes(tmp_path / "in", [f"note {number}" for number in range(60)])
    listing = subprocess.Popen(
        [sys.executable, "-m", "voice_recorder", "list", "--json", "--limit", "60"],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        complaint = listing.stderr.read()
    assert "Traceback" not in complaint
    assert "bug" not in complaint


def test_a_bug_still_prints_its_document_and_no_traceback(run_cli: RunCli, home: Path) -> None:
    program = (
        "import sys; from voice_recorder import app\n"
        "def build(config=None): raise ZeroDivisionError('on purpose')\n"
        "app.build = build\n"
        "sys.exit(app.main(sys.argv[1:]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, "list", "--json"], cwd=PROJECT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"]["kind"] == "bug"
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
