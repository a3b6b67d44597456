"""sync, retry, pause, resume, cancel, link and free, as processes against real places."""

import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CliResult, RunCli, StartCli
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import opened, with_notes, write_note
from tests.fakes.processes import wait_until
from tests.integration.contract import check_sync, done, failed, one_sentence
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import SyncState, SyncStatus


@pytest.fixture
def folder(run_here: RunCli, tmp_path: Path) -> Path:
    """A folder that copies go to, as they are."""
    folder = tmp_path / "nas"
    folder.mkdir()
    done(run_here("provider", "set", "folder", "--path", folder, "--send", "original", "--json"))
    return folder


def copies(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "voice-recorder").iterdir() if path.suffix != ".part")


def status_of(recording_id: str) -> SyncStatus:
    with opened() as services:
        return services.library.get(recording_id).sync


def outcome(result: CliResult, code: int) -> Any:
    """The document of a sync, which is the only thing on stdout."""
    assert result.returncode == code, result
    document = result.json
    assert set(document) == {"queued", "done", "failed", "left", "sent_bytes", "stopped_by", "results"}
    for item in document["results"]:
        assert set(item) == {"id", "ok", "state", "error"}
        assert item["ok"] is (item["error"] is None)
        assert item["error"] is None or item["error"]["title"]
    return document


def dead_url() -> str:
    """A Cloudinary that nobody answers for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"cloudinary://key:secret@demo?upload_prefix=http://127.0.0.1:{port}"


def test_everything_is_sent_and_a_second_run_has_nothing_to_do(
    run_cli: RunCli, run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    """Also what was recorded before the provider was chosen."""
    notes = with_notes(tmp_path / "in", ["one", "two", "three"])
    document = outcome(run_cli("sync", "--json"), 0)
    assert (document["queued"], document["done"], document["left"]) == (3, 3, 0)
    assert {r["id"] for r in document["results"]} == {note.id for note in notes}
    assert document["sent_bytes"] == sum(path.stat().st_size for path in copies(folder))
    shown = done(run_here("show", notes[0].id, "--json"))
    check_sync(shown["sync"])
    assert (shown["sync"]["state"], shown["sync"]["provider"]) == ("backed_up", "folder")
    assert [(a["number"], a["outcome"]) for a in shown["attempts"]] == [(1, "done")]
    assert "backed up" in run_here("show", notes[0].id).stdout
    again = outcome(run_here("sync", "--json"), 0)
    assert (again["queued"], again["done"], again["results"]) == (0, 0, [])


def test_without_json_it_prints_lines_and_no_document(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    with_notes(tmp_path / "in", ["one"])
    result = run_here("sync")
    assert (result.returncode, result.stderr) == (0, "")
    assert "1 sent" in result.stdout
    assert "backed up" in run_here("sync").stdout


def test_only_the_named_ones_are_sent_and_counted(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    one, _two = with_notes(tmp_path / "in", ["one", "two"])
    document = outcome(run_here("sync", one.id[:10], "--json"), 0)
    assert [r["id"] for r in document["results"]] == [one.id]
    assert len(copies(folder)) == 1
    assert len(outcome(run_here("sync", "--json"), 0)["results"]) == 1


def test_an_unknown_id_disturbs_no_other(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    result = run_here("sync", "nothing", one.id, "--json")
    document = outcome(result, 1)
    assert [(r["id"], r["ok"]) for r in document["results"]] == [(one.id, True), ("nothing", False)]
    assert "nothing" in one_sentence(result.stderr)


def test_what_cannot_be_sent_is_left_with_its_reason(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    one, two = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        services.library.path_of(one.masters[0]).unlink()
        services.verifying.run(None)
        assert services.library.get(one.id).masters[0].state is MasterState.MISSING
    result = run_here("sync", "--json")
    document = outcome(result, 1)
    assert (document["done"], document["left"]) == (1, 1)
    reason = {r["id"]: r["error"] for r in document["results"]}[one.id]
    assert "missing" in reason["title"]
    assert "“one”" in one_sentence(result.stderr)
    assert status_of(two.id).state is SyncState.BACKED_UP


def test_audio_that_is_only_at_another_provider_is_named(
    run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    outcome(run_here("sync", "--json"), 0)
    assert done(run_here("free", one.id, "--json"))["results"] == [{"id": one.id, "ok": True, "error": None}]
    (tmp_path / "other").mkdir()
    run_here("provider", "set", "folder", "--path", tmp_path / "other")
    document = outcome(run_here("sync", "--json"), 1)
    assert str(folder) in document["results"][0]["error"]["title"]


def test_a_dry_run_sends_and_queues_nothing(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    one, two = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        services.library.path_of(two.masters[0]).unlink()
        services.verifying.run(None)
    planned = done(run_here("sync", "--dry-run", "--json"))
    assert [(r["id"], r["send_as"]) for r in planned["recordings"]] == [(one.id, ["original"])]
    assert planned["estimated_bytes"] == planned["size_bytes"] == one.size_bytes
    assert [r["id"] for r in planned["cannot_be_sent"]] == [two.id]
    done(run_here("settings", "set", "compression.send_as", "mp3", "--json"))
    assert done(run_here("sync", "--dry-run", "--json"))["estimated_bytes"] < one.size_bytes / 5
    assert "one" in run_here("sync", "--dry-run").stdout
    assert status_of(one.id).state is SyncState.OFF
    assert not copies(folder)


def test_a_paused_queue_takes_more_and_sends_nothing_in_any_process(
    run_cli: RunCli, run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    with_notes(tmp_path / "in", ["one"])
    assert done(run_here("pause", "--json")) == {"paused": True}
    result = run_cli("sync", "--json")
    document = outcome(result, 1)
    assert (document["queued"], document["done"], document["left"]) == (1, 0, 1)
    assert "paused" in document["stopped_by"]
    assert "paused" in one_sentence(result.stderr)
    status = done(run_here("status", "--json"))
    assert (status["paused"], status["queue"]["queued"]) == (True, 1)
    assert "paused" in run_here("status").stdout
    assert done(run_here("resume", "--json")) == {"paused": False}
    assert outcome(run_cli("sync", "--json"), 0)["done"] == 1
    assert done(run_here("status", "--json"))["queue"]["backed_up"] == 1


def test_cancel_takes_out_of_the_queue_until_it_is_sent_again(
    run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    run_here("pause")
    run_here("sync", one.id)
    assert status_of(one.id).state is SyncState.QUEUED
    for _ in range(2):
        assert done(run_here("cancel", one.id, "--json"))["results"] == [
            {"id": one.id, "ok": True, "error": None}
        ]
    assert status_of(one.id).state is SyncState.OFF
    assert run_here("cancel", "nothing", "--json").returncode == 1
    run_here("resume")
    assert outcome(run_here("sync", one.id, "--json"), 0)["done"] == 1


def test_a_copy_that_somebody_removed_is_left_alone_once_and_then_sent_again(
    run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    outcome(run_here("sync", "--json"), 0)
    copies(folder)[0].unlink()
    document = outcome(run_here("sync", "--json"), 1)
    assert [(r["id"], r["state"]) for r in document["results"]] == [(one.id, "removed")]
    assert done(run_here("status", "--json"))["queue"]["removed"] == 1
    assert not copies(folder)
    assert outcome(run_here("retry", "--json"), 0)["done"] == 1
    assert len(copies(folder)) == 1


def test_a_refused_key_is_said_once_and_retry_sends_when_it_is_right_again(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    notes = with_notes(tmp_path / "in", ["one", "two", "three"])
    with CloudinaryServer() as server:
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        wrong = {"CLOUDINARY_URL": server.cloudinary_url.replace(server.api_key, "271828")}
        done(run_here("provider", "set", "cloudinary", "--json", env=env))
        result = run_here("sync", "--json", env=wrong)
        document = outcome(result, 1)
        assert (document["done"], document["left"]) == (0, 3)
        assert "key" in one_sentence(result.stderr).lower()
        assert "failed" in {r["state"] for r in document["results"]}
        assert done(run_here("status", "--json", env=wrong))["halted"]
        assert outcome(run_here("retry", "--json", env=env), 0)["done"] == 3
        assert len(server.assets) == 3
        assert done(run_here("status", "--json", env=env))["halted"] is None
        link = done(run_here("link", notes[0].id[:8], "--expires", "60", "--json", env=env))
        assert link["id"] == notes[0].id
        assert link["url"].startswith(server.url)
        assert link["expires_at"]


def test_offline_three_quick_tries_are_made_and_the_next_is_named(
    run_cli: RunCli, run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    env = {"CLOUDINARY_URL": dead_url()}
    run_here("provider", "set", "cloudinary", env=env)
    result = run_cli("sync", "--json", env=env)
    document = outcome(result, 1)
    assert (document["done"], document["failed"], document["left"]) == (0, 1, 1)
    one_sentence(result.stderr)
    sync = done(run_here("show", one.id, "--json", env=env))["sync"]
    check_sync(sync)
    assert (sync["state"], sync["attempts"]) == ("failed", 3)
    assert sync["next_attempt_at"]
    assert sync["error"]


def test_a_refused_free_clears_the_proof_and_keeps_the_audio(
    run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    outcome(run_here("sync", "--json"), 0)
    damaged = copies(folder)[0]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    result = run_here("free", one.id, "--json")
    assert result.returncode == 1
    assert result.json["results"][0]["error"]["kind"] == "cloud_copy_differs"
    one_sentence(result.stderr)
    shown = done(run_here("show", one.id, "--json"))
    assert shown["state"] == "recorded"
    assert shown["sync"]["verified_at"] is None
    assert shown["sync"]["error"]
    assert Path(shown["path"]).exists()
    assert outcome(run_here("retry", one.id, "--json"), 0)["done"] == 1


def test_what_is_freed_can_be_fetched(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    outcome(run_here("sync", "--json"), 0)
    done(run_here("free", one.id, "--json"))
    freed = done(run_here("show", one.id, "--json"))
    assert (freed["state"], freed["cached_copy"]) == ("cloud_only", None)
    assert not Path(freed["path"]).exists()
    assert done(run_here("fetch", one.id, "--json"))["results"][0]["ok"]
    assert done(run_here("show", one.id, "--json"))["state"] == "recorded"
    assert Path(freed["path"]).exists()


def test_a_lossy_copy_that_was_fetched_is_a_cached_copy(
    run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    run_here("settings", "set", "compression.send_as", "mp3")
    run_here("settings", "set", "storage.free_lossy", "true")
    outcome(run_here("sync", "--json"), 0)
    done(run_here("free", one.id, "--json"))
    done(run_here("fetch", one.id, "--json"))
    shown = done(run_here("show", one.id, "--json"))
    assert shown["state"] == "cloud_only"
    assert Path(shown["cached_copy"]).exists()
    assert shown["masters"][0]["cached_copy"] == shown["cached_copy"]
    assert done(run_here("list", "--json"))["recordings"][0]["cached_copy"] == shown["cached_copy"]


@pytest.mark.parametrize("seconds", ["0", "604801", "soon"])
def test_a_link_lives_a_second_to_seven_days(run_here: RunCli, seconds: str) -> None:
    failed(run_here("link", "x", "--expires", seconds, "--json"), 2, "usage")


def test_a_link_needs_a_copy(run_here: RunCli, folder: Path, tmp_path: Path) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    failed(run_here("link", one.id, "--json"), 1, "cloud_copy_missing")
    outcome(run_here("sync", "--json"), 0)
    assert done(run_here("link", one.id, "--json"))["url"] == copies(folder)[0].as_uri()
    assert run_here("link", one.id).stdout == copies(folder)[0].as_uri() + "\n"


def test_analyze_tells_what_compressing_would_bring(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    (one,) = with_notes(tmp_path / "in", ["one"])
    result = run_here("analyze", one.id, "nothing", "--json")
    assert result.returncode == 1
    advice, unknown = result.json["results"]
    assert set(advice) == {
        "id", "ok", "error", "current_format", "current_size", "recommended_format", "estimated_size",
        "compression_ratio", "estimated_time_minutes",
    }  # fmt: skip
    assert (advice["current_format"], advice["recommended_format"]) == ("wav", "mp3")
    assert advice["compression_ratio"] == pytest.approx(advice["current_size"] / advice["estimated_size"])
    assert unknown["error"]["kind"] == "not_found"
    assert "mp3" in run_here("analyze", one.id).stdout


def test_two_processes_share_a_queue_and_double_nothing(
    start_cli: StartCli, run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    notes = with_notes(tmp_path / "in", [f"note {number}" for number in range(30)])
    with CloudinaryServer() as server:
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        done(run_here("provider", "set", "cloudinary", "--json", env=env))
        syncs = [start_cli("sync", "--json", env=env) for _ in range(2)]
        printed = [process.communicate(timeout=60) for process in syncs]
        assert [process.returncode for process in syncs] == [0, 0], printed
        documents = [json.loads(out) for out, _err in printed]
        assert sum(document["done"] for document in documents) == 30
        assert len(server.assets) == 30
        assert [len(chunks) for chunks in server.chunks.values()] == [1] * 30
        listed = done(run_here("list", "--json", env=env))["recordings"]
    assert {(r["id"], r["sync"]["state"]) for r in listed} == {(note.id, "backed_up") for note in notes}


def test_ctrl_c_parks_what_is_being_sent(
    start_cli: StartCli, run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    with opened() as services:
        report = services.importing.run([write_note(tmp_path / "long.wav", 20)])
    with CloudinaryServer(bytes_per_s=200_000) as server:
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        done(run_here("provider", "set", "cloudinary", "--send", "original", "--json", env=env))
        syncing = start_cli("sync", "--json", env=env)
        wait_until(lambda: _bytes_sent(run_here, env) > 0, "some of it to be sent", 20)
        activity = done(run_here("status", "--json", env=env))
        assert activity["queue"]["running"] == 1
        assert activity["activity"][0]["id"] == report.recordings[0].id
        syncing.send_signal(signal.SIGINT)
        out, err = syncing.communicate(timeout=4)
        document = outcome(CliResult(syncing.returncode, out, err), 1)
        assert (document["left"], document["failed"]) == (1, 0)
        assert document["results"][0]["state"] == "queued"
        one_sentence(err)
        status = done(run_here("status", "--json", env=env))["queue"]
        assert (status["running"], status["queued"]) == (0, 1)


def _bytes_sent(run_here: RunCli, env: dict[str, str]) -> int:
    (recording,) = done(run_here("list", "--json", env=env))["recordings"]
    return recording["sync"]["bytes_sent"] or 0


def test_watching_sends_what_appears(
    start_cli: StartCli, run_here: RunCli, folder: Path, tmp_path: Path
) -> None:
    with_notes(tmp_path / "in", ["before"])
    watching = start_cli("sync", "--watch", "--json")
    wait_until(lambda: len(copies(folder)) == 1, "the first one to be sent", 20)
    late = write_note(tmp_path / "late.wav", seed=99)
    done(run_here("import", late, "--json"))
    wait_until(lambda: len(copies(folder)) == 2, "the new one to be sent", 20)
    wait_until(lambda: not _left(run_here), "the proof of the new one", 20)
    watching.send_signal(signal.SIGTERM)
    out, err = watching.communicate(timeout=4)
    assert outcome(CliResult(watching.returncode, out, err), 0)["done"] == 2
    assert err == ""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGHUP])
def test_watching_ends_with_a_signal(
    start_cli: StartCli, run_here: RunCli, folder: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    with_notes(tmp_path / "in", ["one"])
    watching = start_cli("sync", "--watch")
    wait_until(lambda: not _left(run_here), "the proof", 20)
    watching.send_signal(ending)
    out, err = watching.communicate(timeout=4)
    assert (watching.returncode, err) == (0, "")
    assert "1 sent" in out


def _left(run_here: RunCli) -> list[str]:
    recordings = done(run_here("list", "--json"))["recordings"]
    return [r["id"] for r in recordings if r["sync"]["state"] != "backed_up"]


def test_a_killed_sync_leaves_nothing_running(
    start_cli: StartCli, run_cli: RunCli, run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    with opened() as services:
        services.importing.run([write_note(tmp_path / "long.wav", 10)])
    with CloudinaryServer(bytes_per_s=400_000) as server:
        env = {"CLOUDINARY_URL": server.cloudinary_url}
        done(run_here("provider", "set", "cloudinary", "--send", "original", "--json", env=env))
        syncing: subprocess.Popen[str] = start_cli("sync", env=env)
        wait_until(lambda: _bytes_sent(run_here, env) > 0, "some of it to be sent", 20)
        syncing.kill()
        syncing.wait()
        status = done(run_here("status", "--json", env=env))["queue"]
        assert (status["running"], status["queued"]) == (0, 1)
        assert outcome(run_cli("sync", "--json", env=env), 0)["done"] == 1
