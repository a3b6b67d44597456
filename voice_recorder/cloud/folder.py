"""A folder as a provider: a mounted disk, a NAS, a folder that another program synchronises.

The folder holds a marker, made when the folder is set up (``check``). An unmounted disk leaves an empty
folder behind, or none: without the marker nothing is read from there, written there or believed.
"""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO

from voice_recorder.cloud.credentials import unquoted
from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.cloud.receipts import disagreement
from voice_recorder.domain.errors import (
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    ConfigurationError,
    FileRejected,
    NetworkUnreachable,
    TransientCloudError,
)
from voice_recorder.domain.ports import (
    Digest,
    DigestScheme,
    Download,
    OutgoingFile,
    Plan,
    Provider,
    ProviderField,
    RemoteCopy,
    UploadControl,
    UploadSession,
)
from voice_recorder.domain.words import tr

_SUBFOLDER = "voice-recorder"
_MARKER = ".voice-recorder"
_MARKER_TEXT = b"Voice Recorder keeps copies here. Without this file it takes the disk for disconnected.\n"
_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNSYNCABLE = {errno.EINVAL, errno.EBADF, errno.ENOTSUP}
_BLOCK_BYTES = 1 << 18
_KEPT = tr("The recordings on this computer are unharmed.")


class FolderProvider:
    """Copies as plain files in ``<path>/voice-recorder``; an unfinished one ends with ``.part``."""

    def __init__(self, path: Path) -> None:
        self.place = f"folder:{path}"
        self._root = path
        self._copies = path / _SUBFOLDER
        self._marker = path / _MARKER

    def prepare(self) -> None:
        """Make the folder and the marker by which it is known again when its disk comes back.

        An empty mount point that ``/etc/fstab`` does not know is taken for a new folder.
        """
        with self._errors_converted():
            if not self._marker.exists() and _awaits_disk(self._root.resolve()):
                raise TransientCloudError(
                    tr("The disk of the folder {folder} is not there.", folder=repr(str(self._root))),
                    tr("Connect it and try again."),
                )
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._copies.mkdir(mode=0o700, exist_ok=True)
            if not self._marker.exists():
                self._marker.touch(mode=0o600)
                self._marker.write_bytes(_MARKER_TEXT)
                _sync_folder(self._root)

    def check(self) -> Plan:
        """Whether the folder is there and can be written to, and how full its disk is."""
        with self._errors_converted():
            self._require_disk()
            with tempfile.TemporaryFile(dir=self._root):
                pass
            usage = shutil.disk_usage(self._root)
        return Plan(name=str(self._root), used_share=usage.used / usage.total)

    def is_reachable(self) -> bool:
        """Whether the folder's disk is there."""
        return self._marker.exists()

    def remote_id(self, master_id: str, suffix: str) -> str:
        """``voice-recorder/<master id>.<suffix>``."""
        return f"{_SUBFOLDER}/{self._path(f'{_SUBFOLDER}/{master_id}.{suffix}').name}"

    def upload(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> None:
        """Copy a file, or the rest of it: each chunk is on the disk before it counts."""
        target = self._path(remote_id)
        part = _part_of(target)
        with self._errors_converted():
            self._require_disk()
            self._copies.mkdir(mode=0o700, exist_ok=True)
            if not target.exists():
                self._fill(part, file, session, control)
                if _publish(part, target):
                    _sync_folder(self._copies)
                    return
            part.unlink(missing_ok=True)
        difference = disagreement(self.stat(remote_id), file)
        if difference is not None:
            raise CloudCopyDiffers(
                tr("The folder {folder} holds another file of that name.", folder=repr(str(self._root))),
                difference + " " + tr("It was left as it is."),
            )

    def stat(self, remote_id: str, *, thorough: bool = False) -> RemoteCopy | None:
        """Read the copy from end to end, so that its digest is that of the disk."""
        path = self._path(remote_id)
        with self._errors_converted():
            self._require_disk()
            try:
                with path.open("rb") as file:
                    _forget_cached(file)
                    digest = hashlib.file_digest(file, "sha256")
                    return _described(path, os.fstat(file.fileno()), digest.hexdigest())
            except FileNotFoundError:
                self._require_disk()  # it may have gone just now
                return None

    def list(self) -> Iterator[RemoteCopy]:
        """All copies, without their digests."""
        with self._errors_converted():
            self._require_disk()
            copies = list(self._copies_there())
            self._require_disk()  # it may have gone just now
        yield from copies

    def delete(self, remote_id: str) -> None:
        """Remove a copy; one that is not there counts as removed."""
        path = self._path(remote_id)
        with self._errors_converted():
            self._require_disk()
            path.unlink(missing_ok=True)

    def delete_many(self, remote_ids: Sequence[str]) -> Mapping[str, CloudError]:
        """Remove many; the errors of those that stay, by remote id."""
        errors = {}
        for remote_id in remote_ids:
            try:
                self.delete(remote_id)
            except CloudError as error:
                errors[remote_id] = error
        return errors

    def link(self, remote_id: str, file_name: str, expires_s: int) -> str:
        """A ``file://`` URL: it opens wherever the folder is reachable, and never expires."""
        return self._path(remote_id).as_uri()

    @contextmanager
    def download(self, remote_id: str, start: int = 0, etag: str = "") -> Iterator[Download]:
        """The bytes from ``start`` on, if the copy still has ``etag`` (when given); else from 0."""
        path = self._path(remote_id)
        with self._errors_converted():
            self._require_disk()
            try:
                file = path.open("rb")
            except FileNotFoundError as error:
                raise CloudCopyMissing(
                    tr("The copy is no longer in the folder {folder}.", folder=repr(str(self._root))), _KEPT
                ) from error
        with file:
            status = os.fstat(file.fileno())
            if start > status.st_size or (etag and etag != _etag(status)):
                start = 0
            yield Download(
                start=start,
                total_bytes=status.st_size,
                etag=_etag(status),
                last_modified=formatdate(status.st_mtime, usegmt=True),
                blocks=self._blocks(file, start),
            )

    def abandon(self, remote_id: str, session: UploadSession) -> None:
        """Remove an unfinished copy."""
        part = _part_of(self._path(remote_id))
        with self._errors_converted():
            self._require_disk()
            part.unlink(missing_ok=True)

    def _path(self, remote_id: str) -> Path:
        subfolder, _, name = remote_id.partition("/")
        if subfolder != _SUBFOLDER or not _NAME.fullmatch(name):
            raise CloudError(
                tr("{name} cannot be the name of a copy.", name=repr(remote_id[:100])),
                tr("Nothing was touched."),
            )
        return self._copies / name

    def _require_disk(self) -> None:
        try:
            self._marker.stat()
        except PermissionError:
            raise
        except OSError as error:
            raise NetworkUnreachable(
                tr("The folder {folder} is not there: is its disk connected?", folder=repr(str(self._root))),
                _KEPT + " " + tr("If the folder is new or was emptied, test the connection in the settings."),
            ) from error

    def _copies_there(self) -> Iterator[RemoteCopy]:
        try:
            entries = os.scandir(self._copies)
        except FileNotFoundError:
            return
        with entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and entry.is_file():
                    with contextlib.suppress(FileNotFoundError):  # another program may remove it meanwhile
                        yield _described(Path(entry.path), entry.stat())

    def _fill(self, part: Path, file: OutgoingFile, session: UploadSession, control: UploadControl) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(part, flags, 0o600), "r+b") as copy:
            done = session.acknowledged_bytes if session.id == part.name else 0
            if done > min(file.size_bytes, os.fstat(copy.fileno()).st_size):
                done = 0
            copy.truncate(done)
            copy.seek(done)
            control.save(UploadSession(part.name, session.chunk_bytes, done))
            while True:
                end = min(done + (session.chunk_bytes or file.size_bytes), file.size_bytes)
                with OutgoingPart(file, done, end, control) as unsent:
                    shutil.copyfileobj(unsent, copy, _BLOCK_BYTES)
                copy.flush()
                os.fsync(copy.fileno())
                control.save(UploadSession(part.name, session.chunk_bytes, end))
                if end == file.size_bytes:
                    return
                done = end

    def _blocks(self, file: BinaryIO, start: int) -> Iterator[bytes]:
        with self._errors_converted():
            file.seek(start)
        while True:
            with self._errors_converted():
                block = file.read(_BLOCK_BYTES)
            if not block:
                return
            yield block

    @contextmanager
    def _errors_converted(self) -> Iterator[None]:
        """The boundary at which the file system's errors become ours."""
        try:
            yield
        except OSError as error:
            folder = repr(str(self._root))
            if error.errno in _NO_ROOM:
                raise TransientCloudError(
                    tr("The disk of the folder {folder} is full.", folder=folder),
                    _KEPT + " " + tr("Make room there; it is tried again."),
                ) from error
            if error.errno == errno.EFBIG:
                raise FileRejected(
                    tr("The disk of the folder {folder} takes no file of this size.", folder=folder), _KEPT
                ) from error
            reason = error.strerror or type(error).__name__
            if error.errno in _FORBIDDEN:
                raise CloudError(
                    tr("You may not use the folder {folder}: {reason}.", folder=folder, reason=reason),
                    _KEPT + " " + tr("Check its permissions."),
                ) from error
            raise TransientCloudError(
                tr("Something is wrong with the folder {folder}: {reason}.", folder=folder, reason=reason),
                _KEPT + " " + tr("It is tried again."),
            ) from error


class FolderKind:
    """A folder to keep copies in."""

    name = "folder"
    title = tr("Folder")
    fields: tuple[ProviderField, ...] = (
        ProviderField(
            "path", tr("Folder"), tr("A folder on another disk, on a NAS, or one that is synchronised."),
            default="{home}/cloud",
        ),
    )  # fmt: skip
    variables = ""

    def from_environment(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """Nothing: a folder needs no secret."""
        return {}

    def cleaned(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """The path without quotes and with ``~`` spelled out; ConfigurationError for an unusable one."""
        text = unquoted(values.get("path", ""))
        try:
            path = Path(text).expanduser()
        except RuntimeError:
            raise ConfigurationError(
                tr("The folder cannot be {text}.", text=repr(text)), tr("There is no such user.")
            ) from None
        if not path.is_absolute() or "\0" in text:
            raise ConfigurationError(
                tr("The folder cannot be {text}.", text=repr(text)),
                tr("Give the whole path, from the root of the disk on."),
            )
        try:
            _refuse_unsuitable(path)
        except OSError as error:
            raise ConfigurationError(
                tr(
                    "The folder {path} cannot be used: {reason}.", path=repr(str(path)), reason=error.strerror
                ),
                tr("Choose another folder."),
            ) from error
        return {"path": str(path)}

    def place(self, values: Mapping[str, str]) -> str:
        """``folder:`` and the path."""
        return f"folder:{values['path']}"

    def open(self, values: Mapping[str, str]) -> Provider:
        """Use the folder; the disk is not touched yet."""
        return FolderProvider(Path(values["path"]))


KIND = FolderKind()


def _is_library(folder: Path) -> bool:
    return (folder / "library.db").exists()


def _refuse_unsuitable(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise ConfigurationError(
            tr("{path} is a file, not a folder.", path=repr(str(path))), tr("Choose a folder.")
        )
    if _is_ours(path.resolve()):
        raise ConfigurationError(
            tr("{path} is inside the folder of the recordings themselves.", path=repr(str(path))),
            tr("A copy there would be lost together with the recording: choose a folder elsewhere."),
        )


def _is_ours(path: Path) -> bool:
    """Whether the program itself keeps things there; ``cloud`` in the library's folder is for copies."""
    for folder in (path, *path.parents):
        if (folder / ".reserve.bin").exists():  # stands in a recordings folder outside the library's
            return True
        if _is_library(folder) and not path.is_relative_to(folder / "cloud"):
            return True
    return False


def _part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _etag(status: os.stat_result) -> str:
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"


def _described(path: Path, status: os.stat_result, sha256: str | None = None) -> RemoteCopy:
    digest = Digest(DigestScheme.SHA256, sha256) if sha256 is not None else None
    return RemoteCopy(f"{_SUBFOLDER}/{path.name}", status.st_size, digest, _etag(status))


def _publish(part: Path, target: Path) -> bool:
    """Give the finished copy its name; False when another is there by now: it is not replaced."""
    try:
        os.link(part, target)  # a rename would replace the target
    except FileExistsError:
        return False
    except OSError:  # FAT and some network disks know no second name; the target has been looked for
        part.rename(target)
    part.unlink(missing_ok=True)
    return True


def _forget_cached(file: BinaryIO) -> None:
    """Have the system read from the disk what it may still hold in memory."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where system and disk let folders be synced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _UNSYNCABLE:
                raise  # pragma: no cover - a disk that breaks in this very moment
        finally:
            os.close(descriptor)


def _awaits_disk(folder: Path) -> bool:
    """Whether ``/etc/fstab`` wants a disk where ``folder`` is, and it is not mounted."""
    lines: list[str] = []
    with contextlib.suppress(OSError):  # not every system has one
        lines = Path("/etc/fstab").read_text(errors="replace").splitlines()
    points = [Path(words[1].replace("\\040", " ")) for line in lines if len(words := line.split()) > 1]
    return any(
        point.is_absolute() and folder.is_relative_to(point) and not point.is_mount() for point in points
    )
