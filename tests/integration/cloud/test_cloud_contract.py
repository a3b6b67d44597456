"""Section 8 of the requirements for the cloud commands: one document, one sentence, three exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, RunCli
from tests.fakes.library import opened, with_notes
from tests.integration.contract import check_recording, done, failed, one_sentence

REFUSED_BY_THE_PARSER = [
    ["cancel"], ["analyze"], ["fetch"], ["free"], ["link"], ["link", "a", "b"], ["pause", "x"],
    ["link", "a", "--expires", "-1"], ["provider"], ["provider", "set"], ["provider", "forget"],
    ["sync", "--no-such-option"], ["retry", "--watch"],
]  # fmt: skip
NEED_A_PROVIDER = [
    ["sync"], ["sync", "--watch"], ["sync", "--dry-run"], ["retry"], ["free", "{id}"], ["link", "{id}"],
    ["cancel", "{id}"], ["provider", "test"],
]  # fmt: skip


@pytest.mark.parametrize("words", REFUSED_BY_THE_PARSER, ids=" ".join)
def test_the_parser_refuses_in_one_document_with_exit_code_2(run_here: RunCli, words: list[str]) -> None:
    failed(run_here(*words, "--json"), 2, "usage")


@pytest.mark.parametrize("words", NEED_A_PROVIDER, ids=" ".join)
def test_without_a_provider_it_says_so_once(
    run_here: RunCli, home: Path, tmp_path: Path, words: list[str]
) -> None:
    (note,) = with_notes(tmp_path / "in", ["note"])
    failed(run_here(*(word.format(id=note.id) for word in words), "--json"), 1, "no_provider")


@pytest.mark.parametrize("command", ["sync", "retry", "cancel", "analyze", "fetch", "free", "link"])
@pytest.mark.parametrize("wrong_id", ["0" * 32, "%", "../etc/passwd", "\udcff", "🎤"])
def test_an_unknown_id_exits_1_and_is_named(run_here: RunCli, command: str, wrong_id: str) -> None:
    run_here("provider", "set", "folder")
    result = run_here(command, "--json", "--", wrong_id)
    assert result.returncode == 1
    one_sentence(result.stderr)
    document = json.loads(result.stdout)
    error = document["results"][0]["error"] if "results" in document else document["error"]
    assert error["kind"] == "not_found"
    assert wrong_id.replace("\udcff", "?") in error["title"]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["sync"], {"queued", "done", "failed", "left", "sent_bytes", "stopped_by", "results"}),
        (["retry"], {"queued", "done", "failed", "left", "sent_bytes", "stopped_by", "results"}),
        (["sync", "--dry-run"], {"recordings", "estimated_bytes", "cannot_be_sent"}),
        (["pause"], {"paused"}),
        (["resume"], {"paused"}),
        (["provider", "show"], {"provider", "place", "values", "send_as", "plan", "paused"}),
        (["provider", "test"], {"ok", "place", "plan"}),
        (["status"], {"provider", "place", "paused", "halted", "queue", "activity", "takes", "unproved"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_on_an_empty_library_every_command_succeeds(
    run_here: RunCli, words: list[str], keys: set[str]
) -> None:
    done(run_here("provider", "set", "folder", "--json"))
    assert set(done(run_here(*words, "--json"))) >= keys
    plain = run_here(*words)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert not plain.stdout.startswith("{")


def test_a_recording_keeps_the_contract_on_its_way(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    """Without a provider, with one, backed up, and freed."""
    (note,) = with_notes(tmp_path / "in", ["note"])
    states = []
    for words in (["list"], ["provider", "set", "folder", "--send", "original"], ["sync"], ["free", note.id]):
        done(run_here(*words, "--json"))
        document = done(run_here("show", note.id, "--json"))
        check_recording(document)
        states.append((document["state"], document["sync"]["state"]))
    assert states == [
        ("recorded", "off"), ("recorded", "off"), ("recorded", "backed_up"), ("cloud_only", "backed_up"),
    ]  # fmt: skip


def test_a_recording_in_the_trash_is_not_sent(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    (note,) = with_notes(tmp_path / "in", ["note"])
    run_here("provider", "set", "folder")
    run_here("delete", note.id)
    assert done(run_here("sync", "--json"))["results"] == []
    result = run_here("sync", note.id, "--json")
    assert (result.returncode, result.json["left"]) == (1, 1)
    assert "trash" in one_sentence(result.stderr)


@pytest.mark.parametrize(("too", "words"), [("true", "are deleted, too"), ("false", "copies stay")])
def test_emptying_the_trash_says_what_happens_to_the_copies(
    run_here: RunCli, home: Path, tmp_path: Path, too: str, words: str
) -> None:
    (note,) = with_notes(tmp_path / "in", ["note"])
    done(run_here("provider", "set", "folder", "--json"))
    done(run_here("settings", "set", "cloud.delete_copies", too, "--json"))
    done(run_here("sync", "--json"))
    done(run_here("delete", note.id, "--json"))
    ours, theirs = os.openpty()
    os.write(ours, b"y\n")
    asked = subprocess.run(
        [sys.executable, "-m", "voice_recorder", "trash", "empty"],
        stdin=theirs, capture_output=True, text=True, cwd=PROJECT, timeout=30, check=False,
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert words in asked.stdout + asked.stderr
    done(run_here("sync", "--json"))
    kept = [path for path in (home / "cloud" / "voice-recorder").iterdir() if note.masters[0].id in path.name]
    assert bool(kept) is (too == "false")


def test_no_cloud_command_needs_qt_or_an_sdk(home: Path) -> None:
    program = """
import io, sys
from contextlib import redirect_stdout
from voice_recorder import app
for words in (["provider", "set", "folder"], ["provider", "show"], ["provider", "test"], ["sync"], ["retry"],
              ["sync", "--dry-run"], ["pause"], ["resume"], ["cancel", "none"], ["analyze", "none"],
              ["link", "none"], ["fetch", "none"], ["free", "none"], ["status"]):
    with redirect_stdout(io.StringIO()) as out:
        app.main([*words, "--json"])
    assert out.getvalue().startswith("{"), words
heavy = ("PySide6", "shiboken", "boto3", "cloudinary", "lameenc", "pydub")
print([name for name in sys.modules if name.startswith(heavy)])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr


def test_help_names_the_cloud_commands(run_here: RunCli) -> None:
    words = run_here("--help", env={"COLUMNS": "200"}).stdout
    commands = ("sync", "retry", "pause", "resume", "cancel", "analyze", "link", "fetch", "free", "provider")
    for command in commands:
        assert f" {command} " in words


def test_the_demo_proves_its_copy_without_account_or_keyring(run_cli: RunCli) -> None:
    """Variables of real accounts are none of its business, not even bad ones."""
    env = {
        "CLOUDINARY_URL": "foo",
        "AWS_ACCESS_KEY_ID": "only half",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    document = done(run_cli("demo", "--json", env=env))
    steps = {step["name"]: step for step in document["steps"]}
    assert all(step["ok"] for step in steps.values())
    assert {"Compress", "Upload", "Receipt", "Download"} <= set(steps)
    sync = document["recording"]["sync"]
    assert (sync["state"], sync["provider"]) == ("backed_up", "folder")
    assert sync["compressed_size_bytes"] < sync["original_size_bytes"]
    (copy,) = (Path(document["folder"]) / "cloud" / "voice-recorder").iterdir()
    assert copy.stat().st_size == sync["compressed_size_bytes"]


def test_a_library_that_is_opened_by_itself_queues_nothing(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    """Looking is not sending."""
    with_notes(tmp_path / "in", ["note"])
    run_here("provider", "set", "folder")
    for words in (["list"], ["status"], ["provider", "show"], ["sync", "--dry-run"]):
        run_here(*words)
    with opened() as services:
        assert sum(services.transfers.counts(services.providers.place()).values()) == 0
