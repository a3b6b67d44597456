"""Sidecars: what is written is read back whole; what was edited into nonsense is told from what was not."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cloud_rows import a_receipt
from tests.unit.recordings import AT, a_master, a_recording
from voice_recorder.domain.edit_history import EditStep
from voice_recorder.domain.ports import Digest, DigestScheme
from voice_recorder.domain.recording import (
    Health,
    HistoryEntry,
    Marker,
    Master,
    Ramp,
    Segment,
    TakeEvent,
    TakeEventKind,
)
from voice_recorder.domain.states import MasterState
from voice_recorder.storage.sidecar import (
    MAX_BYTES,
    DamagedSidecar,
    Described,
    Sidecar,
    master_name_of,
    sidecar_path,
)
from voice_recorder.storage.sidecar_reading import read_sidecar
from voice_recorder.storage.sidecar_writing import write_sidecar


def reference(master: Master) -> Master:
    """What the recordings of a sidecar say of a master."""
    return replace(
        master, state=MasterState.MISSING, bit_depth=None, format="", codec="", bitrate_bps=None,
        mime_type="", size_bytes=0, sha256=None, samples_sha256=None, health=Health(), events=(),
        overview=b"",
    )  # fmt: skip


def full_sidecar() -> Sidecar:
    """One with everything in it."""
    events = (TakeEvent(TakeEventKind.PAUSED, 100, 5, "for a \N{SNOWMAN}"),)
    master = a_master(health=Health(3, 0.25, 0.5, -1.5), events=events, overview=bytes(range(96)))
    other = a_master()
    segment = Segment(master.id, 10, 480, (Ramp(0.0, 1.0), Ramp(2.0, 2.0)), True)
    recording = a_recording(
        reference(master), reference(other), title="N\xe4me\n\u2713", notes="line\nline", tags=("a", "b"),
        folder="Work", favourite=True, archived=True, recovered=True, trashed_at=AT + timedelta(days=1),
        edit_list=(segment,),
    )  # fmt: skip
    whole = Segment(master.id, 0, 48000)
    described = Described(
        recording,
        (Marker(master.id, 7, "here"), Marker(other.id, 9, "")),
        (HistoryEntry(AT, "made", "x"),),
        ((4, EditStep("", AT, (whole,))), (5, EditStep("Trim", AT, (segment,)))),
        5,
    )
    receipt = a_receipt(
        master.id, digest=Digest(DigestScheme.SHA256_OF_PARTS, "ab", 4), verified_at=AT, lossless=False
    )
    return Sidecar(master, (receipt,), (described,), AT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sidecar_path(tmp_path / "note.wav")


Edit = Callable[[Callable[[dict[str, Any]], object]], Sidecar]


@pytest.fixture
def edited(path: Path) -> Edit:
    """What is read of a full sidecar that somebody has edited."""

    def edit(change: Callable[[dict[str, Any]], object]) -> Sidecar:
        write_sidecar(path, full_sidecar())
        document = json.loads(path.read_bytes())
        change(document)
        path.write_text(json.dumps(document))
        return read_sidecar(path)

    return edit


def test_what_is_written_is_read_back(path: Path) -> None:
    sidecar = full_sidecar()
    write_sidecar(path, sidecar)
    assert read_sidecar(path) == sidecar


def test_people_can_read_it_and_nobody_else(path: Path) -> None:
    write_sidecar(path, full_sidecar())
    assert "N\xe4me" in path.read_text(encoding="utf-8")
    assert len(path.read_text().splitlines()) > 50
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["note.wav.json"]


def test_whose_a_sidecar_is() -> None:
    assert sidecar_path(Path("a/b.wav")) == Path("a/b.wav.json")
    assert master_name_of("b.wav.json") == "b.wav"
    assert master_name_of("b.wav.json.version-3") == "b.wav"
    assert master_name_of("b.wav") is None
    assert master_name_of(".json") is None


def test_one_of_a_newer_program_is_read_as_far_as_it_is_understood(edited: Edit) -> None:
    sidecar = edited(lambda d: d.update(version=2, more={"a": 1}))
    assert sidecar.described[0].recording.title == "N\xe4me\n\u2713"
    assert "newer" in sidecar.problems[0]


def test_one_of_a_newer_program_is_kept_beside_what_replaces_it(path: Path) -> None:
    path.write_text('{"version": 7, "more": 1}')
    write_sidecar(path, full_sidecar())
    assert path.with_name("note.wav.json.version-7").read_text() == '{"version": 7, "more": 1}'
    assert read_sidecar(path).problems == ()


def test_one_that_cannot_be_read_is_replaced(path: Path) -> None:
    path.write_text("{")
    write_sidecar(path, full_sidecar())
    assert read_sidecar(path).problems == ()


def test_a_history_of_edits_without_end_is_left_out(path: Path) -> None:
    sidecar = full_sidecar()
    (described,) = sidecar.described
    long = EditStep("x" * MAX_BYTES, AT, described.steps[0][1].segments)
    write_sidecar(path, replace(sidecar, described=(replace(described, steps=((5, long),)),)))
    (read,) = read_sidecar(path).described
    assert read.recording.edit_list == described.recording.edit_list
    assert read.steps == ()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"version": NaN}', b'{"a": ' * 100_000,
        b'{"version": ' + b"9" * 5000 + b"}", b'{"version": 1}', b'{"format": "another", "version": 1}',
        b'{"format": "voice-recorder sidecar", "version": 1, "master": []}',
    ],
)  # fmt: skip
def test_nonsense_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DamagedSidecar) as refused:
        read_sidecar(path)
    assert "note.wav.json" in refused.value.title


def test_a_huge_file_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(DamagedSidecar, match="too large"):
        read_sidecar(path)


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(DamagedSidecar, match="no file"):
        read_sidecar(path)


def test_none_is_not_a_damaged_one(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_sidecar(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "../../x"), ("id", 7), ("id", None), ("name", "../x.wav"), ("name", "a/b"), ("name", ".x"),
        ("name", "a\0b"), ("name", ""), ("state", "perfect"), ("frames", -1), ("frames", 1.5),
        ("frames", True), ("frames", 1 << 60), ("sample_rate_hz", 0), ("channels", "two"),
        ("created", "yesterday"), ("created", "0001-01-01T00:00:00+23:59"), ("sha256", "xyz"),
        ("created", "1600-01-01T00:00:00+00:00"),
        ("sha256", {}), ("overview", "%%%"), ("format", None), ("codec", "\ud800"), ("size_bytes", [1]),
    ],
)  # fmt: skip
def test_a_master_that_cannot_be_is_told(edited: Edit, key: str, value: object) -> None:
    with pytest.raises(DamagedSidecar):
        edited(lambda d: d["master"].update({key: value}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", 5), ("title", "\udc00"), ("id", "x"), ("created", 0), ("utc_offset_min", 100_000),
        ("favourite", "yes"), ("masters", [{}]), ("masters", 5), ("folder", 1), ("trashed", "x"),
        ("edit_number", -1),
    ],
)  # fmt: skip
def test_a_recording_that_cannot_be_costs_no_other(edited: Edit, key: str, value: object) -> None:
    def change(document: dict[str, Any]) -> None:
        bad = {**document["recordings"][0], "id": "f" * 32, key: value}
        document["recordings"].append(bad)

    sidecar = edited(change)
    assert len(sidecar.described) == 1
    assert sidecar.problems


@pytest.mark.parametrize(
    ("key", "kept"),
    [("markers", 2), ("history", 1), ("tags", 2), ("edit_steps", 2)],
)
def test_a_part_that_makes_no_sense_costs_no_other(edited: Edit, key: str, kept: int) -> None:
    sidecar = edited(lambda d: d["recordings"][0][key].append({"master": "e" * 32}))
    (described,) = sidecar.described
    left = {
        "markers": described.markers, "history": described.history, "tags": described.recording.tags,
        "edit_steps": described.steps,
    }[key]  # fmt: skip
    assert len(left) == kept
    assert sidecar.problems


@pytest.mark.parametrize(
    "edit_list",
    [
        7, [7], [{"master": "e" * 32, "from": 0, "to": 1}], [{"master": None, "from": 0, "to": 1}],
        [{"from": 0}], "all",
    ],
)  # fmt: skip
def test_an_edit_list_is_read_whole_or_not_at_all(edited: Edit, edit_list: object) -> None:
    sidecar = edited(lambda d: d["recordings"][0].update(edit_list=edit_list))
    assert sidecar.described[0].recording.edit_list == ()
    assert sidecar.problems


def test_an_edit_list_beyond_its_master_is_none(edited: Edit) -> None:
    sidecar = edited(lambda d: d["recordings"][0]["edit_list"][0].update(to=48001))
    assert sidecar.described[0].recording.edit_list == ()


def test_a_marker_of_another_master_is_left_out(edited: Edit) -> None:
    sidecar = edited(
        lambda d: d["recordings"][0]["markers"].append({"master": "e" * 32, "frame": 0, "label": ""})
    )
    assert len(sidecar.described[0].markers) == 2


def test_steps_without_the_present_one_are_left_out(edited: Edit) -> None:
    sidecar = edited(lambda d: d["recordings"][0].update(edit_number=77))
    assert sidecar.described[0].steps == ()
    assert sidecar.described[0].edit_number == 0
    assert sidecar.problems


def test_a_recording_that_is_there_twice_is_taken_once(edited: Edit) -> None:
    sidecar = edited(lambda d: d["recordings"].append(d["recordings"][0]))
    assert len(sidecar.described) == 1
    assert "twice" in sidecar.problems[0]


def test_lists_that_are_none_are_told(edited: Edit) -> None:
    sidecar = edited(lambda d: d.update(receipts={}, recordings=5))
    assert (sidecar.receipts, sidecar.described) == ((), ())
    assert len(sidecar.problems) == 2


@pytest.mark.parametrize(
    "health",
    [None, 5, {}, {"dropped_samples": 1, "clipped_share": 7, "silent_share": 0, "peak_dbfs": 0}],
)
def test_health_that_cannot_be_is_unknown(edited: Edit, health: object) -> None:
    sidecar = edited(lambda d: d["master"].update(health=health))
    assert sidecar.master.health == Health()
    assert sidecar.problems


def test_a_receipt_that_cannot_be_proves_nothing(edited: Edit) -> None:
    for change in ({"md5": "?"}, {"digest": None}, {"lossless": 1}, {"send_as": "original"}):
        sidecar = edited(lambda d, change=change: d["receipts"][0].update(change))  # type: ignore[misc]
        assert sidecar.receipts == ()
        assert sidecar.problems


def test_when_it_was_written_is_kept(path: Path) -> None:
    at = datetime(2025, 1, 2, 3, 4, 5, 678000, UTC)
    write_sidecar(path, replace(full_sidecar(), written_at=at))
    assert read_sidecar(path).written_at == at
