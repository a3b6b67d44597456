"""Import: a file becomes a recording whose master is a byte copy of it."""

import hashlib
import logging
import os
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from voice_recorder.audio.metadata import AudioReading, read_audio
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    Cancelled,
    EncodingError,
    ImportRefused,
    NotFound,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.preflight import MB, Purpose, in_mb
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.services.peak_store import PeakStore
from voice_recorder.services.preflight import Preflight
from voice_recorder.services.take_file import file_name
from voice_recorder.services.trash import Trash
from voice_recorder.storage.disk import os_errors_converted, replace_durably
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.logs import nameless
from voice_recorder.storage.older_library import Description, descriptions_in, is_database
from voice_recorder.storage.paths import FILE_MODE, StorageConfig
from voice_recorder.storage.sidecar import master_name_of

_log = logging.getLogger(__name__)
IMPORT_SUFFIX = ".importing"
_BLOCK_BYTES = 1 << 20
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Duplicate:
    """A file whose content the library has already."""

    path: Path
    recording: Recording


@dataclass
class ImportReport:
    """What became of each file."""

    recordings: list[Recording] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    failed: list[tuple[Path, VoiceRecorderError]] = field(default_factory=list)
    described: int = 0
    """Of how many recordings an older library knew more than the file says."""


class Importing:
    """Takes files and folders of audio into the library."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        preflight: Preflight,
        peaks: PeakStore,
        trash: Trash,
    ) -> None:
        self._config = config
        self._library = library
        self._preflight = preflight
        self._peaks = peaks
        self._trash = trash

    def run(
        self,
        paths: Iterable[Path],
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import each file, and each file of each folder; one that fails disturbs no other.

        When ``cancel`` is set, the report says what was done until then.
        """
        cancel = cancel or threading.Event()
        report = ImportReport()
        files = list(_files(paths, report))
        for done, (path, description) in enumerate(files):
            if progress:
                progress(done, len(files), path.name)
            try:
                self._import(path, description, cancel, report)
            except Cancelled:
                break
            except VoiceRecorderError as error:
                _log.warning("import failed: %s", nameless(error, path.name))
                report.failed.append((path, error))
        return report

    def _import(
        self, path: Path, description: Description, cancel: threading.Event, report: ImportReport
    ) -> None:
        with os_errors_converted(
            tr("{name} could not be read:", name=repr(path.name)), tr("It was left as it is.")
        ):
            stat = path.stat()
        if not S_ISREG(stat.st_mode):
            raise ImportRefused(tr("{name} is no file.", name=repr(path.name)))
        limit = self._config.max_import_mb * MB
        if stat.st_size > limit:
            raise ImportRefused(
                tr(
                    "{name} has {size}; at most {most} are imported.",
                    name=repr(path.name),
                    size=in_mb(stat.st_size),
                    most=in_mb(limit),
                ),
                tr("VOICE_RECORDER_MAX_IMPORT_MB raises the limit."),
            )
        self._preflight.require(Purpose.IMPORT, stat.st_size)
        recording_id = uuid.uuid4().hex
        copy = self._config.raw_recordings_path / f"{recording_id}{IMPORT_SUFFIX}"
        with correlated(recording_id), import_lock(self._config, recording_id) as lock:
            lock.acquire()
            try:
                with os_errors_converted(
                    tr("{name} could not be imported:", name=repr(path.name)), tr("It was left as it is.")
                ):
                    sha256 = _copy(path, copy, cancel)
                    if self._is_known(path, copy, sha256, report):
                        return
                    reading = _read(copy, path.name, cancel)
                    made_at = description.made_at(_made_at(stat.st_mtime))
                    recording = _described(recording_id, path, made_at, reading, description)
                    with FileLock(self._config.locks_path / "import.lock") as turn:
                        turn.acquire(wait=True)
                        if not self._is_known(path, copy, sha256, report):
                            report.recordings.append(self._enter(recording, copy, reading))
                            report.described += description != Description()
            finally:
                copy.unlink(missing_ok=True)

    def _is_known(self, path: Path, copy: Path, sha256: str, report: ImportReport) -> bool:
        """Whether the library has this content; then the recording is whole and in the library again."""
        known = self._library.with_sha256(sha256)
        if known is None:
            return False
        for master in known.masters:
            if master.sha256 == sha256 and not self._library.path_of(master).exists():
                replace_durably(copy, self._config.raw_recordings_path / master.name)
                found = replace(master, state=MasterState.RECORDED)
                self._library.store_reading(known.id, found, "found again", path.name)
        if known.trashed_at is not None:
            result = self._trash.restore([known.id])[0]
            if result.error:
                raise result.error
        report.duplicates.append(Duplicate(path, self._library.get(known.id)))
        return True

    def _enter(self, recording: Recording, copy: Path, reading: AudioReading) -> Recording:
        """First the row, then the name: cut off in between, recovery gives the copy its name."""
        master = recording.masters[0]
        self._library.add(recording, "imported")
        replace_durably(copy, self._config.raw_recordings_path / master.name)
        try:
            self._peaks.store(reading.sha256, reading.peaks)
        except StorageError as error:
            _log.warning("the peaks are not kept: %s", error)
        return self._library.get(recording.id)


def import_lock(config: StorageConfig, recording_id: str) -> FileLock:
    """The lock that the owner of a running import holds, beside its copy."""
    return FileLock(config.raw_recordings_path / f".import-{recording_id}.lock")


def _described(
    recording_id: str, original: Path, made_at: datetime, reading: AudioReading, description: Description
) -> Recording:
    name = file_name(made_at, recording_id, reading.type.suffix)
    master = reading.master(uuid.uuid4().hex, name, made_at)
    offset = made_at.astimezone().utcoffset()
    return Recording(
        id=recording_id,
        # A name may hold bytes that are no text, and some systems take its accents apart.
        title=unicodedata.normalize(
            "NFC", description.title or original.stem.encode("utf-8", "replace").decode()
        ),
        created_at=made_at,
        updated_at=datetime.now(UTC),
        utc_offset_min=round(offset.total_seconds() / 60) if offset else 0,
        masters=(master,),
        notes=description.notes,
        tags=description.tags,
        favourite=description.favourite,
    )


def _made_at(modified_s: float) -> datetime:
    """The file's time, or now for one that no calendar has."""
    try:
        at = datetime.fromtimestamp(modified_s, UTC)
        at.astimezone()
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC)
    return at


def _files(paths: Iterable[Path], report: ImportReport) -> Iterator[tuple[Path, Description]]:
    """The files to import, each with what an older library beside it says of it."""
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where it may not look
            described = _older_library(path, report)
            for file in _files_below(path, report):
                yield file, described.get(file, Description())
        elif _is_there(path):
            yield path, Description()
        else:
            missing = NotFound(
                tr("There is no file {path}.", path=repr(str(path))), tr("Nothing was imported from it.")
            )
            report.failed.append((path, missing))


def _older_library(folder: Path, report: ImportReport) -> dict[Path, Description]:
    try:
        described, missing = descriptions_in(folder)
    except StorageError as error:
        _log.warning("no older library was looked for: %s", error)
        return {}
    for name in missing:
        gone = NotFound(
            tr("The older library lists {name}, but it is not in the folder.", name=repr(name)),
            tr("Nothing was imported from it."),
        )
        report.failed.append((Path(name), gone))
    return described


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # perhaps; the attempt to import it says what is wrong
    return True


def _files_below(folder: Path, report: ImportReport) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        closed = StorageError(
            tr(
                "The folder {folder} could not be read: {reason}.",
                folder=repr(str(error.filename)),
                reason=error.strerror,
            ),
            tr("Nothing was imported from it."),
        )
        report.failed.append((Path(error.filename), closed))

    for root, folders, names in os.walk(folder, onerror=refused):
        folders.sort()
        there = set(names)
        for name in sorted(there):
            path = Path(root, name)
            if master_name_of(name) in there:  # a sidecar, of a library that is imported as a folder
                continue
            if not name.startswith(".") and not is_database(path) and not _is_passed_over(path):
                yield path


def _is_passed_over(path: Path) -> bool:
    """Whether ``path`` inside a folder is a pipe, a device or a link to nothing."""
    try:
        return not S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # the attempt to import it says why not


def _copy(source: Path, target: Path, cancel: threading.Event) -> str:
    """Copy the bytes, synced; their SHA-256."""
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE)
    with os.fdopen(descriptor, "wb") as copy, source.open("rb") as original:
        while block := original.read(_BLOCK_BYTES):
            if cancel.is_set():
                raise Cancelled
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _read(copy: Path, name: str, cancel: threading.Event) -> AudioReading:
    """Read the copy; an error names the file as its owner knows it."""
    try:
        return read_audio(copy, cancel)
    except (StorageError, EncodingError) as error:
        raise type(error)(error.title.replace(copy.name, name), error.detail) from error
