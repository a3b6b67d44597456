"""Freeing local audio: only what is proved to be there, by a provider that lies in every way it can."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import RunCli
from tests.fakes.cloudinary_faults import Drop, Fault, Garbage, Status, WrongEtag
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import opened, with_notes
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.domain.transfers import SyncState
from voice_recorder.services import Services


@dataclass
class Backed:
    """A library with one backed up note, and the server that holds its copy."""

    services: Services
    server: CloudinaryServer
    id: str

    @property
    def recording(self) -> Recording:
        return self.services.library.get(self.id)

    @property
    def path(self) -> Path:
        return self.services.library.path_of(self.recording.masters[0])

    def send(self) -> None:
        self.services.sync.retry()
        self.services.sync.queue()
        assert self.services.sync.run().done == 1

    def change_stored(self, change: Callable[[bytes], bytes], *, tell: bool) -> None:
        """Change the bytes at the provider; ``tell``: it describes them as they are now."""
        (asset,) = self.server.assets.values()
        data = change(asset.data)
        asset.path.write_bytes(data)
        if tell:
            asset.size_bytes = len(data)
            asset.etag = "0" * 32

    def free(self) -> str:
        """Try; the kind of the error, or nothing."""
        (result,) = self.services.freeing.free([self.id])
        return "" if result.error is None else result.error.kind


@pytest.fixture
def backed(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backed]:
    recording = with_notes(tmp_path / "in", ["a note"])[0]
    with CloudinaryServer() as server, opened() as services:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        services.settings.set("compression.send_as", "original")
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        backed = Backed(services, server, recording.id)
        backed.send()
        yield backed


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def test_what_is_proved_leaves_this_disk_and_says_so(backed: Backed) -> None:
    assert backed.free() == ""
    assert not backed.path.exists()
    assert backed.recording.state is RecordingState.CLOUD_ONLY
    assert backed.recording.sync.state is SyncState.BACKED_UP
    assert [entry.kind for entry in backed.services.library.history(backed.id)][-1] == "freed"


def test_corrupted_bytes_under_the_right_etag_are_found_and_nothing_is_removed(backed: Backed) -> None:
    before = backed.path.read_bytes()
    backed.change_stored(flipped, tell=False)
    assert backed.free() == "cloud_copy_differs"
    assert backed.path.read_bytes() == before
    status = backed.recording.sync
    assert (status.state, status.verified_at) == (SyncState.FAILED, None)
    assert "not what was sent" in (status.error or "")
    backed.send()  # and the wrong copy makes room for a right one
    (asset,) = backed.server.assets.values()
    assert asset.data == before
    assert backed.free() == ""


@pytest.mark.parametrize(
    "change", [flipped, lambda data: data[:-1], lambda data: data + b"\0", lambda _: b""]
)
def test_a_copy_that_somebody_replaced_is_not_relied_upon(
    backed: Backed, change: Callable[[bytes], bytes]
) -> None:
    backed.change_stored(change, tell=True)
    assert backed.free() == "cloud_copy_differs"
    assert backed.path.exists()
    assert backed.recording.sync.verified_at is None


def test_a_copy_that_somebody_deleted_is_not_relied_upon(backed: Backed) -> None:
    backed.server.assets.clear()
    assert backed.free() == "cloud_copy_missing"
    assert backed.path.exists()
    assert backed.recording.sync.state is SyncState.REMOVED


@pytest.mark.parametrize(
    "trouble",
    [
        [Status(500, on="any", times=20)], [Garbage(on="any", times=20)], [Status(401, on="any", times=20)],
        [Status(404, on="download", times=20), Status(404, on="delivery", times=20)],
        [Drop(after_bytes=1000, on="download", times=20), Drop(after_bytes=1000, on="delivery", times=20)],
        [Status(420, on="any", times=20)],
    ],
)  # fmt: skip
def test_an_answer_that_proves_nothing_removes_nothing(backed: Backed, trouble: list[Fault]) -> None:
    backed.server.faults.extend(trouble)
    assert backed.free() != ""
    assert backed.path.exists()
    assert backed.recording.state is RecordingState.RECORDED


def test_a_copy_that_was_never_right_never_gets_a_receipt(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = with_notes(tmp_path / "in", ["a note"])[0]
    with CloudinaryServer() as server, opened() as services:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        server.faults.append(WrongEtag(on="upload", times=50))
        services.sync.queue()
        assert services.sync.run().done == 0
        status = services.library.get(recording.id).sync
        assert (status.state, status.attempts, status.verified_at) == (SyncState.FAILED, 3, None)
        assert services.proofs.of_master(recording.masters[0].id) is None


def test_a_compressed_copy_needs_its_owners_consent(backed: Backed, tmp_path: Path) -> None:
    services = backed.services
    services.settings.set("compression.send_as", "mp3")
    second = with_notes(tmp_path / "second", ["same as a note", "another"])[0]
    services.sync.queue()
    services.sync.run()
    (result,) = services.freeing.free([second.id])
    assert result.error is not None
    assert "compressed" in str(result.error)
    assert services.library.get(second.id).sync.state is SyncState.BACKED_UP  # its receipt holds
    services.settings.set("storage.free_lossy", True)
    assert services.freeing.free([second.id])[0].ok


def test_audio_that_changed_here_stays_here(backed: Backed) -> None:
    backed.path.write_bytes(flipped(backed.path.read_bytes()))
    assert backed.free() == "storage_error"
    assert backed.path.exists()


def test_a_recording_without_a_receipt_is_never_freed_whatever_the_settings(
    backed: Backed, tmp_path: Path
) -> None:
    services = backed.services
    for key, value in {
        "storage.free_local": True,
        "storage.free_after_h": 0,
        "storage.free_lossy": True,
    }.items():
        services.settings.set(key, value)
    unsent = with_notes(tmp_path / "second", ["same as a note", "unsent"])[0]
    much_later = datetime.now(UTC) + timedelta(days=3650)
    freed = services.freeing.free_due(now=much_later)
    assert [result.id for result in freed] == [backed.id]
    assert services.library.path_of(services.library.get(unsent.id).masters[0]).exists()
    assert services.freeing.free([unsent.id])[0].error is not None


def test_nothing_is_freed_before_its_time_or_without_the_setting(backed: Backed) -> None:
    assert backed.services.freeing.free_due(now=datetime.now(UTC) + timedelta(days=400)) == []
    backed.services.settings.set("storage.free_local", True)
    assert backed.services.freeing.free_due(now=datetime.now(UTC) + timedelta(hours=23)) == []
    assert backed.path.exists()
    assert len(backed.services.freeing.free_due(now=datetime.now(UTC) + timedelta(hours=25))) == 1


def test_cut_off_before_the_file_was_removed_it_is_the_master_again(backed: Backed) -> None:
    data = backed.path.read_bytes()
    assert backed.free() == ""
    backed.path.write_bytes(data)
    backed.services.freeing.settle()
    assert backed.recording.masters[0].state is MasterState.RECORDED


def test_u6_on_the_command_line_a_refusal_exits_1_and_says_why(backed: Backed, run_cli: RunCli) -> None:
    backed.change_stored(flipped, tell=False)
    done = run_cli("free", backed.id, "--json")
    assert done.returncode == 1
    assert done.json["results"][0]["error"]["kind"] == "cloud_copy_differs"
    shown = json.loads(run_cli("show", backed.id, "--json").stdout)
    assert shown["sync"]["verified_at"] is None
    assert shown["sync"]["error"]
    assert Path(shown["path"]).exists()
