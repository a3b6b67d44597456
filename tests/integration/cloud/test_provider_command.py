"""provider set, show and test: what is chosen, where secrets come from, and that nobody sees them."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, RunCli
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.keyring_daemon import private_home, run_on_empty_bus, run_with_keyring
from tests.fakes.library import with_notes
from tests.integration.contract import done, failed, one_sentence

SECRET = "s3cr3t/For+Tests_only"
# The program at a terminal of its own: each answer is typed when its question has come.
AT_A_TERMINAL = """
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
ran = subprocess.Popen([sys.executable, "-m", "voice_recorder", *sys.argv[3:]], stdin=theirs,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
for question, answer in ((b"API key", sys.argv[1]), (b"API secret", sys.argv[2])):
    asked = b""
    while not asked.endswith(question + b": "):
        asked += (block := os.read(ran.stderr.fileno(), 1)) or sys.exit(asked.decode())
    sys.stderr.write(asked.decode())
    os.write(ours, answer.encode() + b"\\n")
out, err = ran.communicate(timeout=40)
sys.stdout.write(out.decode())
sys.stderr.write(err.decode())
os.close(theirs)
os.set_blocking(ours, False)
try:
    sys.stdout.write("echoed: " + os.read(ours, 10000).decode())
except OSError:
    pass
sys.exit(ran.returncode)
"""


def test_without_a_provider_show_says_so_and_test_fails(run_here: RunCli) -> None:
    assert done(run_here("provider", "show", "--json"))["provider"] is None
    assert "No provider" in run_here("provider", "show").stdout
    failed(run_here("provider", "test", "--json"), 1, "no_provider")


@pytest.mark.parametrize("option", ["--path", "--folder", "--dir"])
def test_a_folder_is_chosen_tried_and_shown(run_here: RunCli, tmp_path: Path, option: str) -> None:
    (tmp_path / "nas").mkdir()
    words = ["provider", "set", "folder", option, tmp_path / "nas", "--send", "opus", "--json"]
    chosen = done(run_here(*words))
    assert chosen["place"] == f"folder:{tmp_path / 'nas'}"
    assert chosen["check"]["ok"]
    shown = done(run_here("provider", "show", "--json"))
    assert (shown["provider"], shown["send_as"], shown["paused"]) == ("folder", "opus", False)
    assert shown["values"] == {"path": str(tmp_path / "nas")}
    assert done(run_here("provider", "test", "--json"))["ok"]
    assert str(tmp_path / "nas") in run_here("provider", "show").stdout


def test_what_was_told_before_stays_when_only_the_format_changes(run_here: RunCli, tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    run_here("provider", "set", "folder", "--path", tmp_path / "nas")
    again = done(run_here("provider", "set", "folder", "--send", "flac", "--json"))
    assert (again["place"], again["send_as"]) == (f"folder:{tmp_path / 'nas'}", "flac")


def test_none_ends_it(run_here: RunCli, home: Path) -> None:
    run_here("provider", "set", "folder")
    assert done(run_here("provider", "set", "none", "--json"))["provider"] is None
    assert done(run_here("status", "--json"))["provider"] is None


def test_an_option_of_another_kind_is_refused_and_nothing_changed(run_here: RunCli, home: Path) -> None:
    error = failed(run_here("provider", "set", "folder", "--bucket", "b", "--json"), 1, "configuration_error")
    assert "--bucket" in error["title"]
    assert "--path" in error["detail"]
    assert done(run_here("provider", "show", "--json"))["provider"] is None


@pytest.mark.parametrize("words", [["dropbox"], ["folder", "--send", "wav"], ["folder", "--api-secret", "x"]])
def test_the_parser_refuses_unknown_kinds_formats_and_secrets(run_here: RunCli, words: list[str]) -> None:
    failed(run_here("provider", "set", *words, "--json"), 2, "usage")


def test_m4a_without_ffmpeg_is_refused_in_words(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path)}
    error = failed(run_here("provider", "set", "folder", "--send", "m4a", "--json", env=nothing), 1)
    assert "ffmpeg" in error["title"]
    assert done(run_here("provider", "show", "--json"))["provider"] is None
    m4a = next(f for f in done(run_here("formats", "--json", env=nothing))["write"] if f["format"] == "m4a")
    assert not m4a["available"]
    assert "ffmpeg" in m4a["reason"]


def test_a_bucket_that_nobody_named_is_asked_for_in_words(run_here: RunCli) -> None:
    env = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": SECRET}
    error = failed(run_here("provider", "set", "s3", "--json", env=env), 1, "configuration_error")
    assert "Bucket" in error["title"]
    assert "--bucket" in error["detail"]


def test_with_variables_nothing_is_asked_and_no_secret_is_shown_or_stored(
    run_cli: RunCli, home: Path
) -> None:
    with CloudinaryServer() as server:
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        answers = [
            run_cli("provider", "set", "cloudinary", "--json", env=env),
            run_cli("provider", "show", "--json", env=env),
            run_cli("provider", "show", env=env),
            run_cli("provider", "test", "--json", env=env),
        ]
    assert [answer.returncode for answer in answers] == [0, 0, 0, 0]
    shown = answers[1].json
    assert shown["place"] == "cloudinary:test-cloud"
    assert shown["secrets"] == {"api_key": "environment", "api_secret": "environment"}
    assert shown["values"]["cloud_name"] == "test-cloud"
    assert answers[3].json["plan"]["name"]
    stored = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    for text in [*(a.stdout + a.stderr for a in answers), *(s.decode(errors="replace") for s in stored)]:
        assert SECRET not in text
        assert server.api_key not in text


def test_a_refused_key_leaves_the_choice_and_is_said_once(run_here: RunCli) -> None:
    with CloudinaryServer() as server:
        server.revoked = True
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        result = run_here("provider", "set", "cloudinary", "--json", env=env)
        assert result.returncode == 0
        assert result.json["check"]["error"]["kind"] == "credentials_rejected"
        assert "key" in one_sentence(result.stderr)
        failed(run_here("provider", "test", "--json", env=env), 1, "credentials_rejected")
    assert done(run_here("provider", "show", "--json", env=env))["provider"] == "cloudinary"


def test_offline_the_choice_stands_too(run_here: RunCli) -> None:
    env = {"CLOUDINARY_URL": "cloudinary://key:secret@demo?upload_prefix=http://127.0.0.1:9"}
    result = run_here("provider", "set", "cloudinary", "--json", env=env)
    assert (result.returncode, result.json["check"]["error"]["kind"]) == (0, "network_unreachable")
    one_sentence(result.stderr)


@pytest.mark.parametrize("url", ["foo", "cloudinary://", "cloudinary://key@demo", "https://demo"])
def test_a_malformed_url_is_one_sentence_naming_it_and_breaks_no_list(
    run_here: RunCli, home: Path, tmp_path: Path, url: str
) -> None:
    with_notes(tmp_path / "in", ["note"])
    good = {"CLOUDINARY_URL": "cloudinary://key:secret@demo?upload_prefix=http://127.0.0.1:9"}
    run_here("provider", "set", "cloudinary", env=good)
    bad = {"CLOUDINARY_URL": url}
    for words in (["provider", "set", "cloudinary"], ["provider", "show"], ["provider", "test"], ["sync"],
                  ["sync", "--dry-run"], ["retry"], ["cancel", "x"]):  # fmt: skip
        error = failed(run_here(*words, "--json", env=bad), 1, "configuration_error")
        assert "CLOUDINARY_URL" in error["title"]
    listed = done(run_here("list", "--json", env=bad))
    assert listed["recordings"][0]["sync"]["state"] == "off"
    status = done(run_here("status", "--json", env=bad))
    assert status["provider"] == "cloudinary"
    assert "CLOUDINARY_URL" in status["halted"]


def test_variables_that_are_gone_are_missed_in_words_and_break_no_list(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    with_notes(tmp_path / "in", ["one"])
    url = "cloudinary://key:secret@demo?upload_prefix=http://127.0.0.1:9"
    run_here("provider", "set", "cloudinary", env={"CLOUDINARY_URL": url})
    result = run_here("sync", "--json")
    assert result.returncode == 1
    assert "keyring" in result.stderr or "CLOUDINARY_URL" in result.stderr
    assert done(run_here("provider", "show", "--json"))["place"] == "cloudinary:demo"
    done(run_here("list", "--json"))
    done(run_here("status", "--json"))


def test_without_a_key_nothing_to_send_is_no_failure_but_a_warning(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    with_notes(tmp_path / "in", ["one"])
    with CloudinaryServer() as server:
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        done(run_here("provider", "set", "cloudinary", "--json", env=env))
        assert done(run_here("sync", "--json", env=env))["done"] == 1
        server.revoked = True
        result = run_here("sync", "--json", env=env)
    assert (result.returncode, result.json["left"]) == (0, 0)
    assert "key" in one_sentence(result.stderr)


def test_without_a_keyring_it_says_so_and_stores_nothing(home: Path) -> None:
    words = ["provider", "set", "cloudinary", "--cloud-name", "demo", "--json"]
    with private_home() as env:
        result = run_on_empty_bus(env, [sys.executable, "-m", "voice_recorder", *words])
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"]["kind"] == "secrets_unavailable"
    sentences = [line for line in result.stderr.splitlines() if not line.startswith("dbus-daemon")]
    assert "keyring" in one_sentence("\n".join(sentences))


def test_at_a_terminal_secrets_are_asked_for_unseen_and_kept_in_the_keyring(
    home: Path, tmp_path: Path
) -> None:
    """Once typed they are taken from the keyring, where nothing is asked."""
    program = tmp_path / "terminal.py"
    program.write_text(AT_A_TERMINAL)
    with CloudinaryServer() as server, private_home() as env:
        words = (
            f"provider set cloudinary --cloud-name {server.cloud_name} --upload-prefix {server.url} --json"
        )
        script = (
            f'"$0" {program} "$1" "$2" {words}; echo "exit $?"; '
            '"$0" -m voice_recorder provider test --json </dev/null; '
            '"$0" -m voice_recorder provider show --json </dev/null'
        )
        env = {**env, "PYTHONPATH": str(PROJECT)}
        result = run_with_keyring(env, ["sh", "-c", script, sys.executable, server.api_key, SECRET])
    assert "exit 0" in result.stdout, result
    assert '"ok": true' in result.stdout
    assert result.stdout.count('"keyring"') == 4, "two secrets, shown by set and by show"
    assert "API secret" in result.stderr
    assert SECRET not in result.stdout + result.stderr
