"""Fetching for real: real files, real sockets, the real SDK; cuts, lies, full disks and kill -9."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from tests.conftest import PROJECT
from tests.fakes.cloud_notes import cloud_note, cloud_take, send
from tests.fakes.cloudinary_faults import Drop, Garbage
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.cloudinary_state import Link
from tests.fakes.library import opened, write_note
from tests.fakes.small_disk import fill, small_disk
from voice_recorder.domain import transfers
from voice_recorder.domain.errors import (
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    DiskFull,
    LibraryBusy,
    NetworkUnreachable,
    NoProvider,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.domain.transfers import SyncState
from voice_recorder.services import Services, restoring
from voice_recorder.storage.locks import FileLock


@pytest.fixture(autouse=True)
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second and four between tries are for real networks."""
    monkeypatch.setattr(transfers, "_QUICK_S", (0.05, 0.1))


class CountingLink(Link):
    """A line that knows how much it carried, and at so many bytes does something else."""

    def __init__(
        self,
        stopped: threading.Event,
        bytes_per_s: float | None = None,
        at_bytes: float = float("inf"),
        do: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(bytes_per_s, stopped)
        self.carried_bytes = 0
        self._at_bytes = at_bytes
        self._do = do

    @override
    def carry(self, size_bytes: int) -> None:
        self.carried_bytes += size_bytes
        if self.carried_bytes >= self._at_bytes:
            self._at_bytes = float("inf")
            self._do()
        super().carry(size_bytes)


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudinaryServer]:
    """A Cloudinary whose key the environment holds, and that counts what it delivers."""
    with CloudinaryServer() as server:
        server.down = CountingLink(server.stopped)
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        yield server


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    with opened() as services:
        yield services


@pytest.fixture
def in_cloud(server: CloudinaryServer, services: Services, tmp_path: Path) -> Recording:
    """A note of 3 MB that is at Cloudinary only, as the original."""
    recording = cloud_note(services, tmp_path / "in", 31.25, provider="cloudinary")
    assert isinstance(server.down, CountingLink)
    server.down.carried_bytes = 0
    return recording


def carried(server: CloudinaryServer) -> int:
    assert isinstance(server.down, CountingLink)
    return server.down.carried_bytes


def fetch(services: Services, recording: Recording) -> VoiceRecorderError | None:
    """Fetch one; its error."""
    [result] = services.fetching.fetch([recording.id])
    assert result.ok is (result.error is None)
    return result.error


def is_original_again(services: Services, before: Recording) -> bool:
    """Whether the master's very bytes are in their old place, and the library and ``verify`` agree."""
    recording = services.library.get(before.id)
    path = services.library.path_of(recording.masters[0])
    same = hashlib.sha256(path.read_bytes()).hexdigest() == before.masters[0].sha256
    sound = services.verifying.run([before.id])
    return same and recording.state is RecordingState.RECORDED and sound.is_sound and sound.checked == 1


def happened(services: Services, recording: Recording) -> list[tuple[str, str]]:
    return [(entry.kind, entry.detail) for entry in services.library.history(recording.id)]


def cache_files(services: Services) -> list[str]:
    folder = services.config.cache_path / "audio"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def corrupt(server: CloudinaryServer) -> None:
    """Let other bytes lie at the provider than it describes."""
    for asset in server.assets.values():
        data = bytearray(asset.path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        asset.path.write_bytes(data)


# What comes back


@pytest.mark.parametrize("provider", ["folder", "cloudinary"])
def test_an_original_is_the_master_again(
    server: CloudinaryServer, services: Services, tmp_path: Path, provider: str
) -> None:
    recording = cloud_note(services, tmp_path / "in", provider=provider)
    assert recording.state is RecordingState.CLOUD_ONLY
    told: list[tuple[int, int, str]] = []
    [result] = services.fetching.fetch([recording.id], progress=lambda *how: told.append(how))
    assert result.ok, result.error
    assert is_original_again(services, recording)
    assert ("fetched", "the original") in happened(services, recording)
    size = recording.masters[0].size_bytes
    assert told[-1] == (size, size, recording.title)
    assert cache_files(services) == []
    assert services.library.get(recording.id).sync.state is SyncState.BACKED_UP
    assert services.library.get(recording.id).masters[0].overview == recording.masters[0].overview
    assert fetch(services, recording) is None  # it is here already


def test_a_compressed_copy_stays_a_cached_copy(services: Services, tmp_path: Path) -> None:
    recording = cloud_note(services, tmp_path / "in", send_as="mp3")
    assert services.fetching.cached(recording.masters[0]) is None
    assert fetch(services, recording) is None
    copy = services.fetching.cached(recording.masters[0])
    assert copy is not None
    receipt = services.proofs.of_master(recording.masters[0].id)
    assert receipt is not None
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == receipt.sha256
    assert copy.name == f"{receipt.sha256}.mp3"
    assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY
    assert not services.library.path_of(recording.masters[0]).exists()
    assert happened(services, recording)[-1] == ("fetched", "a compressed copy (MP3)")
    assert fetch(services, recording) is None
    assert len([h for h in happened(services, recording) if h[0] == "fetched"]) == 1


@pytest.mark.parametrize("own", [True, False])
def test_from_flac_the_master_is_made_again_byte_for_byte(
    services: Services, tmp_path: Path, own: bool
) -> None:
    recording = cloud_take(services, "flac") if own else cloud_note(services, tmp_path / "in", send_as="flac")
    assert services.proofs.of_master(recording.masters[0].id).send_as == "flac"  # type: ignore[union-attr]
    assert fetch(services, recording) is None
    assert is_original_again(services, recording)
    assert happened(services, recording)[-2] == ("fetched", "the original, from its FLAC copy")
    assert cache_files(services) == []


def test_flac_without_the_masters_header_stays_a_copy_with_every_sample(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    path = write_note(tmp_path / "in" / "odd.wav")
    path.write_bytes(path.read_bytes() + b"note\x04\0\0\0odd.")  # a chunk that FLAC does not keep
    recording = services.importing.run([path]).recordings[0]
    send(services, [recording.id], "flac")
    assert services.freeing.free([recording.id])[0].ok
    recording = services.library.get(recording.id)
    assert fetch(services, recording) is None
    assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY
    assert services.fetching.cached(recording.masters[0]) is not None
    assert happened(services, recording)[-1] == ("fetched", "a copy with every sample (FLAC)")
    assert [p for p in services.config.raw_recordings_path.iterdir() if "odd" in p.name] == []


def test_a_damaged_master_is_mended_from_its_copy_and_set_aside(services: Services, tmp_path: Path) -> None:
    recording = services.importing.run([write_note(tmp_path / "note.wav")]).recordings[0]
    send(services, [recording.id])
    path = services.library.path_of(recording.masters[0])
    for aside in (".damaged", ".damaged-2"):
        damaged = aside.encode() + path.read_bytes()[len(aside) :]
        path.write_bytes(damaged)
        assert not services.verifying.run([recording.id]).is_sound
        assert services.library.get(recording.id).state is RecordingState.DAMAGED
        assert fetch(services, recording) is None
        assert is_original_again(services, recording)
        assert path.with_name(f"{path.name}{aside}").read_bytes() == damaged


def test_what_was_damaged_before_it_was_sent_is_not_mended_by_its_copy(
    services: Services, tmp_path: Path
) -> None:
    path = write_note(tmp_path / "note.wav", 3)
    os.truncate(path, 100_000)
    recording = services.importing.run([path]).recordings[0]
    assert recording.state is RecordingState.DAMAGED
    send(services, [recording.id])
    error = fetch(services, recording)
    assert error is not None
    assert "no better one" in error.title
    assert services.library.get(recording.id).state is RecordingState.DAMAGED


def test_recordings_on_another_disk_get_theirs_back(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with small_disk(24) as disk:
        monkeypatch.setenv("VOICE_RECORDER_RECORDINGS_DIR", str(disk))
        with opened() as services:
            recording = cloud_note(services, tmp_path / "in")
            assert fetch(services, recording) is None
            assert is_original_again(services, recording)
            path = services.library.path_of(recording.masters[0])
            assert path.parent == disk
            assert path.stat().st_mode & 0o777 == 0o600
            assert cache_files(services) == []


def test_a_master_that_comes_out_wrong_is_not_put_back(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = cloud_note(services, tmp_path / "in")

    def spoil(_copy: Path, made: Path) -> None:
        made.write_bytes(b"spoiled")

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_link_or_copy", spoil)
        error = fetch(services, recording)
    assert error is not None
    assert "could not be put back whole" in error.title
    assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY
    assert list(services.config.raw_recordings_path.iterdir()) == []
    assert fetch(services, recording) is None
    assert is_original_again(services, recording)


def test_a_missing_master_comes_back_and_one_that_was_put_back_needs_no_download(
    services: Services, tmp_path: Path
) -> None:
    recording = services.importing.run([write_note(tmp_path / "note.wav")]).recordings[0]
    send(services, [recording.id])
    path = services.library.path_of(recording.masters[0])
    for back in (False, True):
        away = path.rename(tmp_path / "away.wav")
        assert not services.verifying.run([recording.id]).is_sound
        if back:
            away.rename(path)
        assert fetch(services, recording) is None
        assert happened(services, recording)[-1][0] == ("found again" if back else "fetched")
        assert is_original_again(services, recording)


def test_a_compressed_copy_mends_no_damaged_master(services: Services, tmp_path: Path) -> None:
    recording = services.importing.run([write_note(tmp_path / "note.wav")]).recordings[0]
    send(services, [recording.id], "mp3")
    path = services.library.path_of(recording.masters[0])
    path.write_bytes(b"damaged")
    services.verifying.run([recording.id])
    error = fetch(services, recording)
    assert isinstance(error, CloudError)
    assert "compressed (MP3)" in error.title
    assert path.read_bytes() == b"damaged"


# Cuts


def test_a_cut_download_goes_on_where_it_was(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    size = in_cloud.masters[0].size_bytes
    server.faults.append(Drop(on="download", after_bytes=2_000_000))
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)
    assert server.requests["download"] == 2
    assert carried(server) <= size + 200_000


def test_three_cuts_in_a_row_end_it_and_the_next_fetch_goes_on(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    size = in_cloud.masters[0].size_bytes
    server.faults += [
        Drop(on="download", after_bytes=2_000_000), Drop(on="download", times=2, after_bytes=100),
    ]  # fmt: skip
    error = fetch(services, in_cloud)
    assert isinstance(error, TransientCloudError)
    assert services.library.get(in_cloud.id).state is RecordingState.CLOUD_ONLY
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)
    assert carried(server) <= size + 200_000


def test_a_provider_without_ranges_sends_it_again_from_the_start(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.honours_ranges = server.honours_delivery_ranges = False
    server.faults.append(Drop(on="download", after_bytes=2_000_000))
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)


def test_a_copy_that_changes_in_the_middle_is_fetched_anew(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    """Its first half was wrong, and it was put right while we fetched: no two halves are mixed."""
    [(name, asset)] = server.assets.items()
    good = asset.path.read_bytes()
    asset.path.write_bytes(bytes(len(good)))
    server.assets[name] = replace(asset, etag="0" * 32)
    server.faults.append(Drop(on="download", after_bytes=2_000_000))

    def mend() -> None:
        asset.path.write_bytes(good)
        server.assets[name] = asset

    server.down = CountingLink(server.stopped, at_bytes=1_900_000, do=mend)
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)
    assert carried(server) > len(good) + 1_900_000


def test_a_download_that_ends_too_early_unnoticed_is_gone_on_with(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.tells_length = False
    server.faults.append(Drop(on="download", after_bytes=2_000_000))
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)


def test_cancelling_keeps_what_came(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.down = CountingLink(server.stopped, bytes_per_s=2_000_000)
    cancel = threading.Event()

    def look(done: int, _total: int, _title: str) -> None:
        [activity] = services.fetching.activities()
        assert activity.recording_id == in_cloud.id
        assert 0 <= activity.share <= 1
        if done > 500_000:
            cancel.set()

    assert services.fetching.fetch([in_cloud.id], cancel, look) == []
    assert services.fetching.activities() == ()
    for thread in [t for t in threading.enumerate() if t.name == "cloud stream"]:
        thread.join()  # or the server would count what it still sends to nobody
    server.down = CountingLink(server.stopped)
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)
    assert carried(server) < in_cloud.masters[0].size_bytes - 400_000


@pytest.mark.slow
def test_kill_9_in_the_middle_and_a_new_process_goes_on(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.down = CountingLink(server.stopped, bytes_per_s=1_000_000)
    process = fetching_process(in_cloud.id)
    deadline = time.monotonic() + 30
    while carried(server) < 2_000_000:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert services.library.get(in_cloud.id).state is RecordingState.CLOUD_ONLY
    server.down = CountingLink(server.stopped)
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)
    assert carried(server) < in_cloud.masters[0].size_bytes - 500_000


@pytest.mark.slow
def test_two_processes_fetch_the_same_once(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.down = CountingLink(server.stopped, bytes_per_s=1_000_000)
    process = fetching_process(in_cloud.id)
    deadline = time.monotonic() + 30
    while carried(server) < 200_000:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert fetch(services, in_cloud) is None
    assert process.wait(30) == 0
    assert is_original_again(services, in_cloud)
    assert carried(server) <= in_cloud.masters[0].size_bytes
    assert [h for h in happened(services, in_cloud) if h[0] == "fetched"] == [("fetched", "the original")]


def fetching_process(recording_id: str) -> "subprocess.Popen[bytes]":
    """Another process that fetches a recording and ends with 0 when that was well."""
    code = (
        "import sys; from voice_recorder import app; s = app.build();"
        "[r] = s.fetching.fetch(sys.argv[1:]); s.close(); sys.exit(not r.ok)"
    )
    return subprocess.Popen([sys.executable, "-c", code, recording_id], cwd=PROJECT)


# Lies


def test_corrupted_bytes_under_the_right_etag_are_refused_and_said(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    corrupt(server)
    error = fetch(services, in_cloud)
    assert isinstance(error, CloudCopyDiffers)
    now = services.library.get(in_cloud.id)
    assert now.state is RecordingState.MISSING
    assert now.sync.state is SyncState.FAILED
    assert now.sync.error == str(error)
    assert services.proofs.of_master(in_cloud.masters[0].id) is None
    assert not services.library.path_of(in_cloud.masters[0]).exists()
    assert services.fetching.cached(in_cloud.masters[0]) is None
    assert len(server.assets) == 1  # nothing was deleted
    [evidence] = cache_files(services)
    assert evidence in error.detail
    assert "changed in the cloud" in [kind for kind, _ in happened(services, in_cloud)]


def test_bytes_that_are_spoiled_once_on_the_way_cost_the_copy_nothing(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    [asset] = server.assets.values()
    good = asset.path.read_bytes()
    corrupt(server)
    server.down = CountingLink(
        server.stopped, at_bytes=len(good) + 1, do=lambda: asset.path.write_bytes(good)
    )
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)
    assert server.requests["download"] == 2


def test_a_copy_of_another_size_is_no_copy(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    [(name, asset)] = server.assets.items()
    asset.path.write_bytes(b"another")
    server.assets[name] = replace(asset, size_bytes=7, etag="1" * 32)
    error = fetch(services, in_cloud)
    assert isinstance(error, CloudCopyDiffers)
    assert "7 bytes" in error.title


def test_a_page_in_the_place_of_the_copy_proves_nothing_against_it(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    """A network that wants a login first answers everything with a page of its own."""
    server.faults.append(Garbage(on="download"))
    assert fetch(services, in_cloud) is None
    assert is_original_again(services, in_cloud)


def test_a_copy_that_is_gone_is_missing(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.assets.clear()
    error = fetch(services, in_cloud)
    assert isinstance(error, CloudCopyMissing)
    now = services.library.get(in_cloud.id)
    assert (now.state, now.sync.state) == (RecordingState.MISSING, SyncState.REMOVED)
    again = fetch(services, in_cloud)
    assert isinstance(again, CloudCopyMissing)
    assert "has no cloud copy" in again.title


# Obstacles


def test_another_provider_is_told_by_name_and_one_bad_note_disturbs_no_other(
    services: Services, tmp_path: Path, server: CloudinaryServer
) -> None:
    elsewhere = cloud_note(services, tmp_path / "in", provider="folder", seed=1)
    here = cloud_note(services, tmp_path / "in", provider="cloudinary", seed=2)
    results = services.fetching.fetch(["0" * 32, elsewhere.id, here.id])
    assert [result.ok for result in results] == [False, False, True]
    assert f"is at folder:{services.config.home / 'cloud'}" in results[1].error.title  # type: ignore[union-attr]
    assert services.library.get(elsewhere.id).state is RecordingState.CLOUD_ONLY
    services.providers.choose_none()
    assert isinstance(fetch(services, elsewhere), NoProvider)


def test_without_a_network_the_rest_is_not_even_tried(
    server: CloudinaryServer, services: Services, in_cloud: Recording, tmp_path: Path
) -> None:
    other = cloud_note(services, tmp_path / "in", provider="cloudinary", seed=5)
    server.close()
    results = services.fetching.fetch([in_cloud.id, other.id])
    assert [type(result.error) for result in results] == [NetworkUnreachable, NetworkUnreachable]
    assert services.library.get(other.id).state is RecordingState.CLOUD_ONLY


def test_nothing_is_put_back_while_it_is_freed(services: Services, tmp_path: Path) -> None:
    recording = cloud_note(services, tmp_path / "in")
    with FileLock(services.config.locks_path / f"free-{recording.masters[0].id}.lock") as lock:
        assert lock.acquire()
        error = fetch(services, recording)
    assert error is not None
    assert "being freed" in error.title
    assert fetch(services, recording) is None  # from the cache: the copy was kept


def test_waiting_for_another_process_can_be_called_off(services: Services, tmp_path: Path) -> None:
    recording = cloud_note(services, tmp_path / "in")
    cancel = threading.Event()
    cancel.set()
    with FileLock(services.config.locks_path / f"restore-{recording.masters[0].id}.lock") as lock:
        assert lock.acquire()
        assert services.fetching.fetch([recording.id], cancel) == []
    assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY


def test_what_is_here_is_not_heard_from_the_cloud(services: Services, tmp_path: Path) -> None:
    recording = services.importing.run([write_note(tmp_path / "note.wav")]).recordings[0]
    assert services.fetching.audio_of(recording) is None
    assert services.fetching.cached(recording.masters[0]) is None


def test_listening_and_fetching_share_one_download(
    server: CloudinaryServer, services: Services, in_cloud: Recording
) -> None:
    server.down = CountingLink(server.stopped, bytes_per_s=6_000_000)
    audio = services.fetching.audio_of(in_cloud)
    assert audio is not None
    assert audio.suffix == "wav"
    with closing(audio.open()) as stream:
        assert stream.read_at(0, 4) == b"RIFF"
        assert fetch(services, in_cloud) is None
        assert is_original_again(services, in_cloud)
        assert stream.read_at(8, 4) == b"WAVE"  # whoever listens goes on
    assert server.requests["download"] == 1


def test_a_library_that_is_busy_hides_no_lie(
    server: CloudinaryServer, services: Services, in_cloud: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.assets.clear()

    def busy(*_: object) -> None:
        raise LibraryBusy("Somebody else writes.")

    with monkeypatch.context() as patch:
        patch.setattr(services.proofs, "revoke", busy)
        assert isinstance(fetch(services, in_cloud), CloudCopyMissing)
    assert services.library.get(in_cloud.id).state is RecordingState.CLOUD_ONLY
    assert isinstance(fetch(services, in_cloud), CloudCopyMissing)
    assert services.library.get(in_cloud.id).state is RecordingState.MISSING


def test_what_is_in_the_trash_is_not_fetched(services: Services, tmp_path: Path) -> None:
    recording = cloud_note(services, tmp_path / "in")
    services.trash.delete([recording.id])
    error = fetch(services, recording)
    assert error is not None
    assert "trash" in error.title


def test_a_full_disk_ends_it_in_words_and_room_lets_it_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with small_disk(24) as disk:
        monkeypatch.setenv("VOICE_RECORDER_HOME", str(disk / "home"))
        with opened() as services:
            services.providers.choose("folder", {"path": str(_made(tmp_path / "copies"))}, {})
            services.sync.begin()
            recording = cloud_note(services, tmp_path / "in", 62.5)  # 6 MB
            ballast = fill(disk, leave_bytes=3_000_000)
            error = fetch(services, recording)
            assert isinstance(error, DiskFull)
            assert services.library.get(recording.id).state is RecordingState.CLOUD_ONLY
            ballast.unlink()
            assert fetch(services, recording) is None
            assert is_original_again(services, recording)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_cached_copy_that_rotted_is_never_made_the_master(services: Services, tmp_path: Path) -> None:
    recording = cloud_note(services, tmp_path / "in")
    audio = services.fetching.audio_of(recording)
    assert audio is not None
    stream = audio.open()
    stream.wait(threading.Event())
    stream.close()
    copy = audio.cached()
    assert copy is not None
    copy.write_bytes(bytes(copy.stat().st_size))
    assert fetch(services, recording) is None
    assert is_original_again(services, recording)


def test_freed_audio_that_lies_in_its_place_all_the_same_is_found(services: Services, tmp_path: Path) -> None:
    recording = cloud_note(services, tmp_path / "in")
    master = recording.masters[0]
    assert master.state is MasterState.FREED
    (services.config.raw_recordings_path / master.name).write_bytes(
        (tmp_path / "in" / "note 0.wav").read_bytes()
    )
    assert fetch(services, recording) is None
    assert is_original_again(services, recording)
