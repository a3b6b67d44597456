"""Export: recordings, as they are heard, become files of their own in a folder that their owner chose.

A file is written under a name that begins with a dot and ends with ``.exporting``, read again from end to
end, synced, and only then given its own name, which was nobody else's. What a killed export left behind is
removed by the next one into the same folder.
"""

import hashlib
import logging
import platform
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from typing_extensions import override

from voice_recorder.audio.encoder import encode_sound
from voice_recorder.audio.sound import Progress, Sound, Told
from voice_recorder.audio.sound_file import decoded
from voice_recorder.audio.tags import CopyTags
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.edit_list import Second, Timeline
from voice_recorder.domain.errors import (
    Cancelled,
    DamagedAudio,
    EncodingError,
    NotFound,
    PreflightBlocked,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.exported import ExportFormat, file_name
from voice_recorder.domain.preflight import MB, in_mb
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.domain.words import tr
from voice_recorder.services.rendering import Rendered, Rendering
from voice_recorder.storage import disk
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)
AT_ONCE = 2
UNFINISHED_SUFFIX = ".exporting"
_BLOCK_BYTES = 1 << 20
_M4A_PADDING_FRAMES = 2048  # AAC comes in blocks of 1,024, and not every reader drops what fills the last
_NOTHING = tr("Nothing was written.")
ExportProgress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ExportResult(ItemResult):
    """What became of one recording; ``path`` is its file."""

    path: Path | None = None


class Exporting:
    """Writes recordings as files. Any thread may call any method."""

    def __init__(self, config: StorageConfig, library: Library, rendering: Rendering) -> None:
        self._config = config
        self._library = library
        self._rendering = rendering
        owner = f"{platform.node()} {config.locks_path}"
        self._mark = hashlib.sha256(owner.encode(errors="replace")).hexdigest()[:8]

    def run(
        self,
        ids: Sequence[str],
        export_format: ExportFormat,
        folder: Path,
        cancel: threading.Event | None = None,
        report: ExportProgress | None = None,
        start_s: Second | None = None,
        end_s: Second | None = None,
    ) -> list[ExportResult]:
        """Write each recording, or what is heard from ``start_s`` to ``end_s``, into ``folder``; two at once.

        What a cancelled run had finished stays, and all else says that it was stopped. ``report`` is told
        (milliseconds of sound done, in all, title), from several threads.
        """
        cancel = cancel or threading.Event()
        self._sweep(folder)
        batch = _Batch(export_format, folder, cancel, report, start_s, end_s)
        batch.total_ms = sum(self._length_ms(recording_id, batch) for recording_id in ids)
        with ThreadPoolExecutor(AT_ONCE, "export") as pool:
            return list(pool.map(lambda recording_id: self._tried(recording_id, batch), ids))

    def _tried(self, recording_id: str, batch: "_Batch") -> ExportResult:
        try:
            with correlated(recording_id):
                if batch.cancel.is_set():
                    raise Cancelled
                path = self._export(recording_id, batch)
                _log.info("exported %s as %s", recording_id, batch.format.value)
                return ExportResult(recording_id, True, path=path)
        except Cancelled:
            error = VoiceRecorderError(tr("It was stopped before it was done."), _NOTHING)
            return ExportResult(recording_id, False, error)
        except VoiceRecorderError as error:
            _log.warning("export of %s as %s failed: %s", recording_id, batch.format.value, error)
            return ExportResult(recording_id, False, error)

    def _length_ms(self, recording_id: str, batch: "_Batch") -> int:
        try:
            return batch.length_ms(self._library.get(recording_id))
        except VoiceRecorderError:
            return 0  # said when its turn comes

    def _export(self, recording_id: str, batch: "_Batch") -> Path:
        recording = self._library.get(recording_id)
        if recording.trashed_at is not None:
            raise StorageError(tr("The recording is in the trash."), tr("Restore it before you export it."))
        if recording.state is RecordingState.RECORDING:
            raise StorageError(tr("The recording is still running."), tr("Stop it before you export it."))
        timeline = batch.timeline(recording)
        with self._rendering.open(recording, timeline) as rendered:
            self._require_room(recording, rendered, batch)
            with self._unfinished(recording, batch) as target:
                master = batch.alike(recording)
                if master is not None:
                    self._copy(recording, master, target, batch)
                else:
                    _render(recording, rendered, target, batch)
                return _published(recording, target, batch)

    def _require_room(self, recording: Recording, rendered: Rendered, batch: "_Batch") -> None:
        """The pre-flight of one file: the folder is there, takes files, and has room. PreflightBlocked."""
        folder, title, name = batch.folder, recording.title, repr(str(batch.folder))
        with disk.os_errors_converted(tr("“{title}” cannot be exported:", title=title), _NOTHING):
            if not folder.is_dir():
                raise PreflightBlocked(
                    tr(
                        "“{title}” cannot be exported: there is no folder {folder}.", title=title, folder=name
                    ),
                    tr("Nothing was written. Make it, or choose another one."),
                )
            if not disk.is_writable(folder):
                raise PreflightBlocked(
                    tr(
                        "“{title}” cannot be exported: the folder {folder} cannot be written to.",
                        title=title,
                        folder=name,
                    ),
                    tr("Nothing was written. Check its permissions and its disk, or choose another one."),
                )
            need, free = self._need_bytes(recording, rendered, batch), disk.free_bytes(folder)
        if self._config.enable_disk_space_check and free < need:
            raise PreflightBlocked(
                tr(
                    "“{title}” cannot be exported: only {free} are free in {folder} and {need} are needed.",
                    title=title,
                    free=in_mb(free),
                    folder=name,
                    need=in_mb(need),
                ),
                tr("Nothing was written. Make room there, or choose another folder."),
            )

    def _need_bytes(self, recording: Recording, rendered: Rendered, batch: "_Batch") -> int:
        """What the file takes; on the disk of the recordings, what takes need to start is left alone."""
        master = batch.alike(recording)
        sound = _HeardSound(rendered, batch.cancel, None)
        pcm_bytes = sound.frames * sound.channels * sound.sample_bytes
        duration_s = sound.frames / sound.sample_rate_hz
        need = batch.format.estimated_bytes(sound.channels, pcm_bytes, duration_s)
        recordings = self._config.raw_recordings_path
        same_disk = recordings.is_dir() and recordings.stat().st_dev == batch.folder.stat().st_dev
        return (master.size_bytes if master else need) + (
            self._config.min_disk_space_mb * MB if same_disk else 0
        )

    def _copy(self, recording: Recording, master: Master, target: Path, batch: "_Batch") -> None:
        """The master, byte for byte, proved by its SHA-256."""
        sha256, done, total_ms = hashlib.sha256(), 0, batch.length_ms(recording)
        what = tr("“{title}” could not be exported:", title=recording.title)
        with (
            disk.os_errors_converted(what, _NOTHING),
            self._library.path_of(master).open("rb") as source,
            target.open("xb") as copy,
        ):
            while block := source.read(_BLOCK_BYTES):
                if batch.cancel.is_set():
                    raise Cancelled
                sha256.update(block)
                copy.write(block)
                done += len(block)
                batch.tell(recording, min(total_ms, done * total_ms // max(1, master.size_bytes)))
        if master.sha256 not in (None, sha256.hexdigest()):
            raise DamagedAudio(
                tr(
                    "The audio of “{title}” is not what it was when its checksum was taken.",
                    title=recording.title,
                ),
                tr("Nothing was written. 'Verify' says more."),
            )

    @contextmanager
    def _unfinished(self, recording: Recording, batch: "_Batch") -> Iterator[Path]:
        """The path of a file that is still written; whatever happens, nothing stays there."""
        token = f"{self._mark}-{uuid.uuid4().hex}"
        target = batch.folder / f".{token}{UNFINISHED_SUFFIX}"
        with self._holding(token):
            try:
                yield target
            finally:
                with suppress(OSError):  # of a disk that is gone
                    target.unlink(missing_ok=True)

    def _lock(self, token: str) -> FileLock:
        """The lock that whoever writes a file holds."""
        return FileLock(self._config.locks_path / f"export-{token}.lock")

    @contextmanager
    def _holding(self, token: str) -> Iterator[None]:
        with self._lock(token) as lock:
            lock.acquire()
            yield

    def _sweep(self, folder: Path) -> None:
        """Remove what exports of this library left here when they were killed: nobody holds their locks."""
        with suppress(OSError):  # a folder that cannot be read is spoken of later
            for path in folder.glob(f".{self._mark}-*{UNFINISHED_SUFFIX}"):
                token = path.name.removeprefix(".").removesuffix(UNFINISHED_SUFFIX)
                with self._lock(token) as lock:
                    if lock.acquire():
                        path.unlink(missing_ok=True)
                        _log.info("removed %s, which a killed export had left", path.name)


class _Batch:
    """What is common to recordings that are exported together."""

    def __init__(
        self,
        export_format: ExportFormat,
        folder: Path,
        cancel: threading.Event,
        report: ExportProgress | None,
        start_s: Second | None,
        end_s: Second | None,
    ) -> None:
        self.format = export_format
        self.folder = folder
        self.cancel = cancel
        self.total_ms = 0
        self._report = report or (lambda done, total, title: None)
        self._range = None if start_s is None and end_s is None else (start_s or 0, end_s)
        self._done_ms: dict[str, int] = {}
        self._guard = threading.Lock()

    def timeline(self, recording: Recording) -> Timeline:
        """What is heard of a recording, or the part of it that is wanted. EditRefused."""
        whole = Timeline.of(recording)
        if self._range is None:
            return whole
        start, end = self._range
        return whole.trim(start, whole.duration if end is None else end)

    def alike(self, recording: Recording) -> Master | None:
        """The master whose bytes are the wanted file already: the only one of a recording never edited."""
        if self._range or recording.edit_list or len(recording.masters) != 1:
            return None
        master = recording.masters[0]
        is_here = master.state is MasterState.RECORDED
        return master if is_here and self.format.is_of(master) else None

    def length_ms(self, recording: Recording) -> int:
        """Milliseconds of sound that are written for a recording."""
        return round(1000 * self.timeline(recording).duration)

    def tell(self, recording: Recording, done_ms: int) -> None:
        """Report how far a recording is."""
        with self._guard:
            self._done_ms[recording.id] = done_ms
            self._report(sum(self._done_ms.values()), self.total_ms, recording.title)


class _HeardSound(Sound):
    """What is rendered, as the encoders read it."""

    def __init__(self, rendered: Rendered, cancel: threading.Event, progress: Progress | None) -> None:
        super().__init__(rendered.frames, rendered.sample_rate_hz, rendered.channels, rendered.subtype)
        self._rendered = rendered
        self._cancel = cancel
        self._told = Told(progress, rendered.frames)

    @override
    def blocks(self, dtype: str) -> Iterator[npt.NDArray[Any]]:
        done = 0
        for block in self._rendered.blocks(self._cancel, dtype):
            yield block
            done += len(block)
            self._told.tell(done)


def _render(recording: Recording, rendered: Rendered, target: Path, batch: _Batch) -> None:
    """Encode what is heard, and prove that the file has every frame of it."""
    rate = rendered.sample_rate_hz
    sound = _HeardSound(
        rendered, batch.cancel, lambda done, _total: batch.tell(recording, done * 1000 // rate)
    )
    tags = CopyTags(recording.title, recording.created_at, recording.id, recording.notes)
    title = recording.title
    what = tr("“{title}” could not be exported:", title=title)
    encode_sound(sound, target, batch.format.send_as, tags, what)
    try:
        frames, own_rate = decoded(target, batch.cancel)
    except (NotFound, DamagedAudio) as error:
        raise EncodingError(
            tr("“{title}” could not be exported: the file could not be read again.", title=title), _NOTHING
        ) from error
    wanted = round(rendered.frames * own_rate / rate)
    spare = _M4A_PADDING_FRAMES if batch.format is ExportFormat.M4A else int(own_rate != rate)
    if not -int(own_rate != rate) <= frames - wanted <= spare:
        raise EncodingError(
            tr(
                "“{title}” could not be exported: read again, the file did not hold all of its sound.",
                title=title,
            ),
            _NOTHING,
        )


def _published(recording: Recording, unfinished: Path, batch: _Batch) -> Path:
    """Give the finished file its name, the first one that is free; nothing is ever replaced."""
    name, number = file_name(recording.title), 1
    with disk.os_errors_converted(tr("“{title}” could not be exported:", title=recording.title), _NOTHING):
        disk.sync_file(unfinished)
        while True:
            count = f" ({number})" if number > 1 else ""
            path = batch.folder / f"{name}{count}{batch.format.suffix}"
            try:
                _rename(unfinished, path)
            except FileExistsError:
                number += 1
                continue
            disk.sync_folder(batch.folder)
            return path


def _rename(source: Path, target: Path) -> None:
    """Rename, but replace nothing: FileExistsError."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        target.open("xb").close()
        source.replace(target)
