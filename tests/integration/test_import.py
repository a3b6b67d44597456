"""Import: files and folders become recordings with byte copies as masters; what cannot is said."""

import hashlib
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli, Speech
from tests.fakes.library import opened, write_note
from tests.fakes.permissions import heeding_permissions, with_mode
from tests.fakes.processes import require
from tests.integration.contract import check_recording, done, failed, one_sentence
from voice_recorder.services import importing

KINDS = {
    "wav": ({}, "wav", "audio/wav", "pcm_s16le"),
    "flac": ({}, "flac", "audio/flac", "flac"),
    "mp3": ({}, "mp3", "audio/mpeg", "mp3"),
    "ogg": ({}, "ogg", "audio/ogg", "vorbis"),
    "opus": ({"format": "OGG", "subtype": "OPUS"}, "ogg", "audio/ogg", "opus"),
    "aiff": ({}, "aiff", "audio/aiff", "pcm_s16be"),
}


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def masters_in(home: Path) -> list[Path]:
    """The files of recordings, without the sidecars beside them."""
    return sorted(path for path in (home / "recordings").iterdir() if path.suffix != ".json")


def nothing_half_filled(home: Path, rows: int) -> None:
    """As many masters as rows, each finished, and no lock or unfinished copy left."""
    with opened() as services:
        recordings = services.library.with_ids(None)
        assert len(recordings) == rows
        assert all(m.sha256 and m.frames and m.overview for r in recordings for m in r.masters)
        assert {p.name for p in masters_in(home)} == {m.name for r in recordings for m in r.masters}
    assert list((home / "locks").iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_file_is_known_by_its_content(
    run_here: RunCli, home: Path, tmp_path: Path, kind: str
) -> None:
    options, container, mime_type, codec = KINDS[kind]
    note = write_note(tmp_path / f"note.{kind}", 1.0, **options)
    liar = note.rename(tmp_path / "note.txt")
    before = liar.read_bytes()
    (recording,) = done(run_here("import", "--json", liar))["recordings"]
    check_recording(recording)
    assert (recording["format"], recording["mime_type"], recording["codec"]) == (container, mime_type, codec)
    assert recording["title"] == "note"
    assert recording["duration_s"] == pytest.approx(1.0, abs=0.1)
    assert recording["sample_rate_hz"] == 48000
    assert recording["sha256"] == sha256_of(liar) == sha256_of(Path(recording["path"]))
    assert Path(recording["path"]).suffix == f".{kind}"
    assert liar.read_bytes() == before, "the original is left alone"
    nothing_half_filled(home, 1)


def make_m4a(folder: Path, speech: Speech, name: str = "talk.m4a") -> Path:
    require(["ffmpeg", "ffprobe"], "A test of M4A")
    path = folder / name
    codec = ["-c:a", "libopus"] if path.suffix == ".webm" else ["-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", speech.path, *codec, path], check=True)
    return path


@pytest.mark.parametrize(
    ("name", "container"),
    [("a.m4a", "mp4"), ("a.mp4", "mp4"), ("a.mov", "mp4"), ("a.webm", "webm"), ("a.aac", "aac")],
)
def test_ffmpeg_reads_what_libsndfile_does_not(
    run_here: RunCli, home: Path, tmp_path: Path, speech: Speech, name: str, container: str
) -> None:
    path = make_m4a(tmp_path, speech, name)
    (recording,) = done(run_here("import", "--json", path))["recordings"]
    assert recording["format"] == container
    assert recording["duration_s"] == pytest.approx(speech.duration_s, abs=0.15)
    assert recording["state"] == "recorded"
    assert done(run_here("verify", "--json"))["checked"] == 1


def test_without_ffmpeg_m4a_is_refused_with_the_reason(
    run_cli: RunCli, home: Path, tmp_path: Path, speech: Speech
) -> None:
    path = make_m4a(tmp_path, speech)
    no_ffmpeg = {"PATH": str(tmp_path / "empty")}
    result = run_cli("import", "--json", path, env=no_ffmpeg)
    assert result.returncode == 1
    assert "ffmpeg" in one_sentence(result.stderr)
    assert result.json["failed"][0]["error"]["kind"] == "encoding_error"
    assert "'talk.m4a'" in result.json["failed"][0]["error"]["title"]
    nothing_half_filled(home, 0)
    formats = done(run_cli("formats", "--json", env=no_ffmpeg))
    assert formats["ffmpeg"] is False
    assert {f["format"] for f in formats["read"] if not f["available"]} == {"m4a", "mp4", "webm"}


def test_a_folder_is_searched_and_one_bad_file_disturbs_no_other(
    run_cli: RunCli, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "deep" / "deeper").mkdir(parents=True)
    write_note(folder / "a.wav", seed=1)
    write_note(folder / "deep" / "deeper" / "b.flac", seed=2)
    write_note(folder / ".hidden.wav", seed=3)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(1000))
    (folder / "empty.wav").touch()
    (folder / "nowhere.wav").symlink_to(tmp_path / "gone.wav")
    os.mkfifo(folder / "pipe.wav")
    result = run_cli("import", "--json", folder, tmp_path / "missing.wav", timeout_s=20)
    assert result.returncode == 1
    document = result.json
    assert set(document) == {"recordings", "duplicates", "failed"}
    assert [r["title"] for r in document["recordings"]] == ["a", "b"]
    assert {Path(f["path"]).name: f["error"]["kind"] for f in document["failed"]} == {
        "cover.jpg": "damaged_audio", "empty.wav": "damaged_audio", "missing.wav": "not_found",
    }  # fmt: skip
    assert len(result.stderr.splitlines()) == 3
    nothing_half_filled(home, 2)


def test_a_duplicate_counts_as_done_also_within_one_run(run_cli: RunCli, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    note = write_note(folder / "note.wav")
    twin = shutil.copy(note, folder / "twin.wav")
    document = done(run_cli("import", "--json", note, twin))
    (recording,) = document["recordings"]
    assert [(d["path"], d["recording"]["id"]) for d in document["duplicates"]] == [
        (str(twin), recording["id"])
    ]
    document = done(run_cli("import", "--json", folder))
    assert (len(document["recordings"]), len(document["duplicates"])) == (0, 2)
    nothing_half_filled(home, 1)


def test_the_date_of_a_recording_is_the_files(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    note = write_note(tmp_path / "note.wav")
    os.utime(note, (1_600_000_000,) * 2)
    (recording,) = done(run_here("import", "--json", note))["recordings"]
    assert recording["created_at"] == "2020-09-13T12:26:40.000Z"
    assert Path(recording["path"]).name.startswith("20200913T122640Z-")


@pytest.mark.parametrize("modified_s", [-30_000_000_000, -1, 0, 15_000_000_000, 300_000_000_000])
def test_a_file_of_an_impossible_date_comes_in(
    run_here: RunCli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modified_s: int
) -> None:
    """Year 1019 and year 11476 included, which not every file system of a test can hold."""
    note = write_note(tmp_path / "note.wav")
    real = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        found = real(path, **options)
        if path != note:
            return found
        return os.stat_result((*found[:7], modified_s, modified_s, modified_s))

    monkeypatch.setattr(Path, "stat", stat)
    (recording,) = done(run_here("import", "--json", note))["recordings"]
    check_recording(recording)
    assert done(run_here("list", "--json"))["recordings"] == [recording]


def test_the_limit_of_an_import_is_kept_and_can_be_changed(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    note = write_note(tmp_path / "note.wav", 12)
    assert note.stat().st_size > 1_000_000
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(500_000_001)
    refused = run_here("import", "--json", large, note, env={"VOICE_RECORDER_MAX_IMPORT_MB": "1"})
    assert refused.returncode == 1
    assert {f["error"]["kind"] for f in refused.json["failed"]} == {"import_refused"}
    assert "VOICE_RECORDER_MAX_IMPORT_MB" in refused.stderr
    refused = run_here("import", "--json", note, env={"VOICE_RECORDER_MAX_IMPORT_MB": "0"})
    assert refused.json["failed"][0]["error"]["kind"] == "import_refused"
    refused = run_here("import", "--json", large)
    assert "500 MB are imported" in refused.json["failed"][0]["error"]["title"]
    nothing_half_filled(home, 0)
    done(run_here("import", "--json", note))


def test_a_truncated_file_yields_what_can_be_read_marked_damaged(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    """S2.2"""
    whole = write_note(tmp_path / "whole.wav", 4.0)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (recording,) = done(run_here("import", "--json", cut))["recordings"]
    assert recording["state"] == "damaged"
    assert recording["duration_s"] == pytest.approx(2.0, abs=0.01)
    assert recording["sha256"] == sha256_of(cut)
    assert done(run_here("list", "--json", "--state", "damaged"))["total"] == 1
    nothing_half_filled(home, 1)


@pytest.mark.parametrize("kept", [1, 4, 12, 20, 43, 44])
def test_a_header_without_sound_is_refused(run_here: RunCli, home: Path, tmp_path: Path, kept: int) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(write_note(tmp_path / "whole.wav").read_bytes()[:kept])
    result = run_here("import", "--json", cut)
    assert result.returncode == 1
    assert result.json["failed"][0]["error"]["kind"] == "damaged_audio"
    assert "'cut.wav'" in one_sentence(result.stderr)
    nothing_half_filled(home, 0)


def test_names_that_hurt(run_cli: RunCli, run_here: RunCli, home: Path, tmp_path: Path) -> None:
    """Quotes, newlines, emoji, 255 bytes, bytes that are no text: as files, folders, and the home itself."""
    folder = tmp_path / "in 'x' \"y\" \n 🎤 \udcff %s {} ; $(rm -rf .)"
    folder.mkdir()
    names = [
        "quote's \"double\" `back`.wav", "line\nbreak\ttab.wav", "🎤🎵.wav", "a" * 251 + ".wav",
        "é" * 125 + ".wav",
        "latin-\udce9.wav", "-rf.wav", "--json", "con.wav", "dots...wav", " space .wav", "%2e%2e%2f.wav",
        "file:x.wav", "no-ending", "DROP TABLE recordings;.wav", "\x1b[31mred.wav",
    ]  # fmt: skip
    for seed, name in enumerate(names):
        write_note(folder / name, 0.1, seed=seed, format="WAV")
    hurting_home = {"VOICE_RECORDER_HOME": str(tmp_path / "h 'x' \"y\" \n 🎤 \udcff ?a=b#c %s {}")}
    document = done(run_cli("import", "--json", folder, env=hurting_home))
    assert len(document["recordings"]) == len(names)
    titles = {r["title"] for r in document["recordings"]}
    assert {'quote\'s "double" `back`', "line\nbreak\ttab", "🎤🎵", "latin-?", "a" * 251} <= titles
    for recording in document["recordings"]:
        check_recording(recording)
        name = Path(recording["path"]).name
        assert name.isascii()
        assert len(name) < 40
    assert done(run_here("verify", "--json", env=hurting_home))["checked"] == len(names)
    assert run_here("import", "--", folder / "--json", env=hurting_home).returncode == 0
    assert run_here("list", env=hurting_home).stderr == ""
    done(run_here("delete", "--json", document["recordings"][0]["id"], env=hurting_home))
    done(run_here("restore", "--json", document["recordings"][0]["id"], env=hurting_home))
    done(run_here("backup", "make", "--json", env=hurting_home))


@pytest.mark.parametrize(
    "name", ["a" * 300, "x/" * 3000, "", "\udcff", "no\nsuch", "/dev/null", "/proc/self/mem"]
)
def test_a_path_that_leads_nowhere_exits_1(
    run_here: RunCli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = run_here("import", "--json", name or "gone")
    assert missing.returncode == 1
    one_sentence(missing.stderr)
    assert missing.json["failed"]
    nothing_half_filled(home, 0)


def test_what_may_not_be_read_is_said(run_cli: RunCli, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "closed").mkdir(parents=True)
    (folder / "listed").mkdir()
    write_note(folder / "open.wav", seed=1)
    secret = write_note(folder / "secret.wav", seed=2)
    write_note(folder / "listed" / "inside.wav", seed=3)
    prefix = heeding_permissions()
    with with_mode(folder / "closed", 0), with_mode(folder / "listed", 0o400), with_mode(secret, 0):
        result = run_cli("import", "--json", folder, prefix=prefix)
        alone = run_cli("import", "--json", folder / "closed", prefix=prefix)
    assert result.returncode == alone.returncode == 1
    assert [r["title"] for r in result.json["recordings"]] == ["open"]
    assert {Path(f["path"]).name for f in result.json["failed"]} == {"closed", "inside.wav", "secret.wav"}
    assert result.stderr.count("Permission denied") == 3
    assert "Permission denied" in one_sentence(alone.stderr)
    nothing_half_filled(home, 1)


def test_a_library_that_cannot_be_written_takes_nothing(
    run_cli: RunCli, run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    note = write_note(tmp_path / "note.wav")
    run_here("list")
    with with_mode(home / "recordings", 0o500):
        result = run_cli("import", "--json", note, prefix=heeding_permissions())
    assert "recordings" in failed(result, 1, "storage_error")["title"]
    nothing_half_filled(home, 0)


def test_what_a_killed_import_left_is_swept(
    run_cli: RunCli, run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    run_here("list")
    (home / "recordings" / ("0" * 32 + ".importing")).write_bytes(bytes(1000))
    done(run_cli("recover", "--json"))
    nothing_half_filled(home, 0)


def test_without_json_the_end_is_counted(run_here: RunCli, home: Path, tmp_path: Path) -> None:
    note = write_note(tmp_path / "note.wav")
    result = run_here("import", note, note, tmp_path / "gone.wav")
    assert result.returncode == 1
    assert "1 imported, 1 there already, 1 failed" in result.stdout
    assert "gone.wav" in one_sentence(result.stderr)
    with pytest.raises(json.JSONDecodeError):
        assert result.json


def test_two_imports_of_one_file_at_once_make_one_recording(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked whether it is known, and have read it, before either enters it."""
    note = write_note(tmp_path / "note.wav")
    both = threading.Barrier(2, timeout=5)
    read = importing._read

    def read_together(*words: Any) -> Any:
        reading = read(*words)
        both.wait()
        return reading

    monkeypatch.setattr(importing, "_read", read_together)
    reports: list[importing.ImportReport] = []
    with opened() as one, opened() as other:
        threads = [
            threading.Thread(target=lambda services=services: reports.append(services.importing.run([note])))
            for services in (one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(len(report.recordings) for report in reports) == [0, 1]
    assert sorted(len(report.duplicates) for report in reports) == [0, 1]
    assert not any(report.failed for report in reports)
    nothing_half_filled(home, 1)


@pytest.mark.parametrize("trashed", [False, True])
@pytest.mark.parametrize("noticed", [False, True])
def test_the_original_brings_a_missing_note_back(
    run_here: RunCli, home: Path, tmp_path: Path, noticed: bool, trashed: bool
) -> None:
    note = write_note(tmp_path / "note.wav")
    (made,) = done(run_here("import", "--json", note))["recordings"]
    if trashed:
        done(run_here("delete", "--json", made["id"]))
    Path(done(run_here("show", "--json", made["id"]))["path"]).unlink()
    if noticed:
        assert run_here("verify").returncode == 1
    (duplicate,) = done(run_here("import", "--json", note))["duplicates"]
    assert duplicate["recording"]["state"] == "recorded"
    assert duplicate["recording"]["path"] == made["path"]
    assert Path(made["path"]).read_bytes() == note.read_bytes()
    assert done(run_here("verify", "--json"))["checked"] == 1
    nothing_half_filled(home, 1)


def test_the_original_of_a_deleted_note_takes_it_out_of_the_trash(
    run_here: RunCli, home: Path, tmp_path: Path
) -> None:
    note = write_note(tmp_path / "note.wav")
    (made,) = done(run_here("import", "--json", note))["recordings"]
    done(run_here("delete", "--json", made["id"]))
    (duplicate,) = done(run_here("import", "--json", note))["duplicates"]
    assert (duplicate["recording"]["id"], duplicate["recording"]["state"]) == (made["id"], "recorded")
    assert list((home / "trash").iterdir()) == []
    done(run_here("trash", "empty", "--json", "--yes"))
    nothing_half_filled(home, 1)


@pytest.mark.parametrize("noticed", [False, True])
def test_an_import_killed_before_its_file_had_its_name_is_finished(
    run_here: RunCli, home: Path, tmp_path: Path, noticed: bool
) -> None:
    note = write_note(tmp_path / "note.wav")
    (made,) = done(run_here("import", "--json", note))["recordings"]
    Path(made["path"]).rename(home / "recordings" / f"{made['id']}.importing")
    if noticed:
        assert run_here("verify").returncode == 1
    done(run_here("recover", "--json"))
    assert done(run_here("show", "--json", made["id"]))["state"] == "recorded"
    assert Path(made["path"]).read_bytes() == note.read_bytes()
    assert done(run_here("verify", "--json"))["checked"] == 1
    nothing_half_filled(home, 1)
