"""The folder provider on real disks: away, full, read-only, shared with others."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import PROJECT
from tests.fakes.permissions import heeding_permissions
from tests.fakes.processes import require
from tests.fakes.small_disk import fill, small_disk
from tests.integration.cloud.provider_contract import (
    Sent,
    new_session,
    outgoing,
    received,
    remote_id,
    send,
    small,
)
from voice_recorder.cloud.folder import KIND, _sync_folder
from voice_recorder.cloud.receipts import disagreement
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudError,
    ConfigurationError,
    FileRejected,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.ports import OutgoingFile, Provider, UploadControl, UploadSession

__all__ = ["remote_id", "small"]


def _in_use(folder: Path) -> Provider:
    folder.mkdir(exist_ok=True)
    provider = KIND.open({"path": str(folder)})
    provider.prepare()
    return provider


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "nas"


@pytest.fixture
def provider(folder: Path) -> Provider:
    return _in_use(folder)


def _questions_about(provider: Provider, file: OutgoingFile, remote_id: str) -> list[Callable[[], object]]:
    return [
        lambda: provider.upload(remote_id, file, UploadSession(), UploadControl()),
        lambda: provider.stat(remote_id),
        lambda: provider.delete(remote_id),
        lambda: received(provider, remote_id),
        lambda: provider.abandon(remote_id, UploadSession("x")),
    ]


class TestDisksThatComeAndGo:
    def test_a_folder_is_taken_into_use_and_knows_how_full_it_is(self, folder: Path) -> None:
        plan = _in_use(folder).check()
        assert plan.used_share is not None
        assert 0 < plan.used_share < 1
        assert plan.max_file_bytes is None
        assert (folder / ".voice-recorder").read_text().startswith("Voice Recorder keeps copies here.")

    def test_the_check_makes_nothing(self, folder: Path) -> None:
        with pytest.raises(TransientCloudError, match="not there"):
            KIND.open({"path": str(folder)}).check()
        assert not folder.exists()
        folder.mkdir()
        with pytest.raises(TransientCloudError, match="not there"):
            KIND.open({"path": str(folder)}).check()
        assert list(folder.iterdir()) == []

    def test_a_folder_that_is_chosen_is_made(self, tmp_path: Path) -> None:
        KIND.open({"path": str(tmp_path / "some" / "where")}).prepare()
        assert (tmp_path / "some" / "where").is_dir()

    def test_an_empty_mount_point_is_neither_written_to_nor_believed(
        self, tmp_path: Path, small: OutgoingFile
    ) -> None:
        with small_disk(8) as disk:
            provider = _in_use(disk)
            remote_id = send(provider, small)
            subprocess.run(["umount", "--lazy", str(disk)], check=True)
            assert list(disk.iterdir()) == []
            for question in [*_questions_about(provider, small, remote_id), lambda: list(provider.list())]:
                with pytest.raises(TransientCloudError, match="is its disk connected"):
                    question()
            assert set(provider.delete_many([remote_id])) == {remote_id}
            assert list(disk.iterdir()) == []
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=True)  # for small_disk to end

    def test_copies_that_somebody_removed_are_missing_and_can_be_sent_again(
        self, folder: Path, provider: Provider, small: OutgoingFile
    ) -> None:
        remote_id = send(provider, small)
        (folder / remote_id).unlink()
        (folder / "voice-recorder").rmdir()
        assert list(provider.list()) == []
        assert provider.stat(remote_id) is None
        send(provider, small, remote_id)
        assert disagreement(provider.stat(remote_id), small) is None

    def test_a_full_disk_is_named_and_the_upload_goes_on_when_there_is_room(self, tmp_path: Path) -> None:
        path = tmp_path / "large.mp3"
        path.write_bytes(os.urandom(3_000_000))
        file = outgoing(path)
        with small_disk(8) as disk:
            provider = _in_use(disk)
            remote_id = provider.remote_id("0" * 32, "mp3")
            ballast = fill(disk, 2_200_000)
            sent = Sent()
            with pytest.raises(TransientCloudError, match=f"disk of the folder '{disk}' is full"):
                provider.upload(remote_id, file, UploadSession(chunk_bytes=1_000_000), sent.control)
            assert provider.stat(remote_id) is None
            ballast.unlink()
            again = Sent()
            provider.upload(remote_id, file, sent.saved[-1], again.control)
            assert again.positions[0] == 2_000_000
            assert disagreement(provider.stat(remote_id), file) is None

    def test_a_damaged_copy_is_found_by_asking(
        self, folder: Path, provider: Provider, small: OutgoingFile
    ) -> None:
        remote_id = send(provider, small)
        with (folder / remote_id).open("r+b") as copy:
            copy.write(bytes(10))
        assert disagreement(provider.stat(remote_id), small) is not None

    def test_a_folder_that_may_not_be_written_is_said_to_be_so(
        self, folder: Path, small: OutgoingFile
    ) -> None:
        _in_use(folder)
        script = (
            "import sys; from pathlib import Path\n"
            "from tests.integration.cloud.provider_contract import outgoing, send\n"
            "from voice_recorder.cloud.folder import KIND\n"
            "from voice_recorder.domain.errors import CloudError\n"
            "provider = KIND.open({'path': sys.argv[1]})\n"
            "def say(question):\n"
            "    try: question()\n"
            "    except CloudError as error: print(type(error).__name__, error)\n"
            "say(provider.check)\n"
            "say(lambda: send(provider, outgoing(Path(sys.argv[2]))))\n"
            "Path(sys.argv[1]).chmod(0)\n"
            "say(lambda: list(provider.list()))\n"
        )
        copies = folder / "voice-recorder"
        try:
            copies.chmod(0o500)
            folder.chmod(0o500)
            done = subprocess.run(
                [*heeding_permissions(), sys.executable, "-c", script, str(folder), str(small.path)],
                env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=True,
            )  # fmt: skip
        finally:
            folder.chmod(0o700)
            copies.chmod(0o700)
        said = done.stdout.splitlines()
        assert len(said) == 3
        for line in said:
            assert line.startswith(f"CloudError You may not use the folder '{folder}': Permission denied.")

    def test_a_disk_that_takes_no_file_of_this_size_says_so(self, folder: Path, tmp_path: Path) -> None:
        """As FAT does above 4 GB; here the limit is that of the process."""
        _in_use(folder)
        (tmp_path / "long.mp3").write_bytes(bytes(200_000))
        script = (
            "import resource, sys; from pathlib import Path\n"
            "from tests.integration.cloud.provider_contract import outgoing, send\n"
            "from voice_recorder.cloud.folder import KIND\n"
            "from voice_recorder.domain.errors import FileRejected\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
            "try: send(KIND.open({'path': sys.argv[1]}), outgoing(Path(sys.argv[2])))\n"
            "except FileRejected as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder), str(tmp_path / "long.mp3")],
            env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "takes no file of this size" in done.stdout

    @pytest.mark.parametrize("below", ["", "voice"])
    def test_a_mount_point_that_awaits_its_disk_is_not_taken_into_use(
        self, tmp_path: Path, below: str
    ) -> None:
        require(["unshare", "mount"], "A test of a disk that is not mounted")
        if os.geteuid() != 0 or not Path("/etc/fstab").exists():
            pytest.skip("Only root can put another /etc/fstab in its place.")
        point = tmp_path / "my nas"
        folder = point / below
        folder.mkdir(parents=True)
        escaped = str(point).replace(" ", "\\040")
        (tmp_path / "fstab").write_text(f"# a comment\n\nnas:/voice {escaped} nfs noauto 0 0\n")
        script = (
            "import sys\n"
            "from voice_recorder.cloud.folder import KIND\n"
            "from voice_recorder.domain.errors import TransientCloudError\n"
            "try: KIND.open({'path': sys.argv[1]}).prepare()\n"
            "except TransientCloudError as error: print(error)\n"
        )
        check = 'mount --bind "$1" /etc/fstab && shift && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", check, "sh", str(tmp_path / "fstab")]
        done = subprocess.run(
            [*command, sys.executable, "-c", script, str(folder)],
            env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "Connect it" in done.stdout
        assert list(folder.iterdir()) == []

    def test_a_folder_that_cannot_be_synced_is_no_error(self) -> None:
        _sync_folder(Path("/proc"))

    def test_something_in_the_way_is_tried_later(
        self, folder: Path, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        (folder / "voice-recorder").rmdir()
        (folder / "voice-recorder").write_text("a file")
        with pytest.raises(TransientCloudError, match="Something is wrong"):
            send(provider, small, remote_id)


class TestFiles:
    def test_copies_are_private_and_nothing_else_is_left(
        self, folder: Path, provider: Provider, small: OutgoingFile
    ) -> None:
        remote_id = send(provider, small)
        assert stat.S_IMODE((folder / remote_id).stat().st_mode) == 0o600
        assert [path.name for path in (folder / "voice-recorder").iterdir()] == [Path(remote_id).name]

    def test_an_empty_file_can_be_kept(self, provider: Provider, tmp_path: Path) -> None:
        (tmp_path / "empty.mp3").touch()
        file = outgoing(tmp_path / "empty.mp3")
        assert disagreement(provider.stat(send(provider, file)), file) is None

    def test_a_copy_that_appears_during_an_upload_stays(
        self, folder: Path, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        control = UploadControl(
            sending=lambda _position: (folder / remote_id).write_bytes(b"theirs") and None
        )
        with pytest.raises(CloudCopyDiffers):
            provider.upload(remote_id, small, new_session(small), control)
        assert (folder / remote_id).read_bytes() == b"theirs"
        assert not (folder / f"{remote_id}.part").exists()

    def test_a_disk_on_which_a_file_has_only_one_name_is_served_too(self, small: OutgoingFile) -> None:
        with small_disk(8) as disk:
            provider = _in_use(disk)
            # Room for the folders, the marker and the part; on this file system a second name takes more.
            subprocess.run(["mount", "-o", "remount,nr_inodes=4", str(disk)], check=True)
            remote_id = send(provider, small)
            send(provider, small, remote_id)
            assert disagreement(provider.stat(remote_id), small) is None
            assert [path.name for path in (disk / "voice-recorder").iterdir()] == [Path(remote_id).name]

    def test_bytes_that_never_counted_are_written_again(
        self, folder: Path, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        chunked = UploadSession(chunk_bytes=30_000)
        sent = Sent(cancel_at=30_000)
        with pytest.raises(Cancelled):
            provider.upload(remote_id, small, chunked, sent.control)
        part = folder / f"{remote_id}.part"
        with part.open("ab") as file:
            file.write(b"written, but the power failed before it counted")
        provider.upload(remote_id, small, sent.saved[-1], UploadControl())
        assert disagreement(provider.stat(remote_id), small) is None

    def test_a_part_that_lost_bytes_is_begun_anew(
        self, folder: Path, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        sent = Sent(cancel_at=60_000)
        with pytest.raises(Cancelled):
            provider.upload(remote_id, small, UploadSession(chunk_bytes=30_000), sent.control)
        os.truncate(folder / f"{remote_id}.part", 10)
        again = Sent()
        provider.upload(remote_id, small, sent.saved[-1], again.control)
        assert again.positions[0] == 0
        assert disagreement(provider.stat(remote_id), small) is None

    def test_a_link_put_in_the_way_of_a_part_is_not_followed(
        self, folder: Path, provider: Provider, small: OutgoingFile, remote_id: str, tmp_path: Path
    ) -> None:
        victim = tmp_path / "victim"
        victim.write_text("untouched")
        (folder / f"{remote_id}.part").symlink_to(victim)
        with pytest.raises(CloudError):
            send(provider, small, remote_id)
        assert victim.read_text() == "untouched"

    @pytest.mark.parametrize(
        "remote_id",
        [
            "../victim", "voice-recorder/../victim", "voice-recorder/../../victim.mp3", "/etc/passwd", "",
            "voice-recorder/", f"voice-recorder/{'0' * 32}.mp3/../x", f"voice-recorder/{'0' * 32}.mp3\n",
            "voice-recorder\\..\\victim.mp3", f"elsewhere/{'0' * 32}.mp3",
        ],
    )  # fmt: skip
    def test_no_name_leads_out_of_the_folder(
        self, provider: Provider, small: OutgoingFile, tmp_path: Path, remote_id: str
    ) -> None:
        (tmp_path / "victim").write_text("untouched")
        (tmp_path / "victim.mp3").write_text("untouched")
        for question in _questions_about(provider, small, remote_id):
            with pytest.raises(CloudError, match="cannot be the name of a copy"):
                question()
        with pytest.raises(CloudError):
            provider.link(remote_id, "x.mp3", 60)
        assert (tmp_path / "victim").read_text() == "untouched"
        assert (tmp_path / "victim.mp3").read_text() == "untouched"

    def test_no_master_leads_out_of_the_folder(self, provider: Provider) -> None:
        with pytest.raises(CloudError):
            provider.remote_id("../../victim", "mp3")

    def test_a_link_is_a_file_url(self, provider: Provider, small: OutgoingFile) -> None:
        url = provider.link(send(provider, small), "ignored.mp3", 60)
        assert url.startswith("file:///")
        with urlopen(url) as file:
            assert file.read() == small.path.read_bytes()

    def test_an_unreadable_recording_is_refused_and_the_folder_not_blamed(
        self, provider: Provider, small: OutgoingFile, tmp_path: Path, remote_id: str
    ) -> None:
        with pytest.raises(FileRejected, match=str(tmp_path)):
            provider.upload(remote_id, replace(small, path=tmp_path), UploadSession(), UploadControl())


class TestThePath:
    def test_what_is_pasted_along_is_taken_off(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert KIND.cleaned({"path": " '~/my notes/'\n"}) == {"path": str(tmp_path / "my notes")}

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("", "whole path"), ("notes/mine", "whole path"), ("{home}/cloud", "whole path"),
            ("~nobody-of-that-name/x", "no such user"), ("/tmp/\0", "whole path"),
            ("/" + "x" * 300, "cannot be used"), ("/etc/passwd", "is a file"),
        ],
    )  # fmt: skip
    def test_one_that_cannot_be_used_is_refused_in_words(self, path: str, words: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            KIND.cleaned({"path": path})
        assert words in str(refused.value)

    @pytest.mark.parametrize("inside", ["", "recordings", "recordings/cloud", "trash", "cloud_copies/x"])
    def test_one_inside_the_library_is_refused(self, tmp_path: Path, inside: str) -> None:
        (tmp_path / "library.db").touch()
        with pytest.raises(ConfigurationError, match="lost together"):
            KIND.cleaned({"path": str(tmp_path / inside)})
        assert KIND.cleaned({"path": str(tmp_path / "cloud")})

    def test_one_inside_recordings_kept_elsewhere_is_refused_also_by_a_link(self, tmp_path: Path) -> None:
        recordings = tmp_path / "recordings"
        recordings.mkdir()
        (recordings / ".reserve.bin").touch()
        (tmp_path / "link").symlink_to(recordings)
        for path in (recordings / "x", tmp_path / "link"):
            with pytest.raises(VoiceRecorderError, match="lost together"):
                KIND.cleaned({"path": str(path)})

    def test_the_place_is_the_folder(self) -> None:
        assert KIND.place(KIND.cleaned({"path": "/mnt/nas/"})) == "folder:/mnt/nas"
        assert KIND.open({"path": "/mnt/nas"}).place == "folder:/mnt/nas"

    def test_the_environment_sets_nothing(self) -> None:
        assert KIND.from_environment({"VOICE_RECORDER_FOLDER": "/x"}) == {}
