"""Takes up what lies in the folders and the library does not know, by its sidecars or by the sound alone."""

import logging
import os
import re
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from voice_recorder.audio import wav
from voice_recorder.audio.metadata import read_audio
from voice_recorder.domain.errors import Cancelled, DamagedAudio, EncodingError
from voice_recorder.domain.recording import Master, Recording, default_title, take_master
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Receipt
from voice_recorder.domain.words import tr
from voice_recorder.services.importing import IMPORT_SUFFIX
from voice_recorder.services.take_file import PART_SUFFIX
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.library import Library
from voice_recorder.storage.logs import nameless
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.sidecar import SUFFIX, DamagedSidecar, Described, Sidecar, master_name_of
from voice_recorder.storage.sidecar_reading import read_sidecar
from voice_recorder.storage.sidecar_rows import SidecarRows

_log = logging.getLogger(__name__)
HOW = "entered again"
BY_SIDECAR = tr("as its sidecar says; the sizes of its files were compared, their SHA-256 not yet")
BY_SOUND = tr("by its file alone")
_AT_ONCE = 50
_REMEMBERED = 1000
_PASSED_OVER = (PART_SUFFIX, IMPORT_SUFFIX, ".moving", ".tmp")
Progress = Callable[[int, int, str], None]
_Found = tuple[Described, Sequence[Receipt]]


@dataclass(frozen=True)
class Missing:
    """A master that recordings need and no folder has."""

    title: str
    name: str


@dataclass
class AdoptionReport:
    """Ids of what was entered by sidecars and by sound alone, and what was wrong."""

    described: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    damaged_sidecars: list[tuple[Path, str]] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)


class Adopting:
    """One look through the recordings folder and the trash; use it once."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._config = config
        self._library = library
        self._cancel = cancel or threading.Event()
        self._progress = progress
        self._report = AdoptionReport()
        self._sounds: dict[str, Path] = {}
        self._sidecars: defaultdict[str, list[Path]] = defaultdict(list)
        self._read: dict[Path, Sidecar] = {}
        self._masters: dict[str, tuple[str, Path]] = {}  # by id: the file's name, its sidecar
        self._owners: defaultdict[str, set[str]] = defaultdict(set)
        self._said: defaultdict[str, list[tuple[datetime, datetime, Path]]] = defaultdict(list)
        self._by_sound: dict[str, Master] = {}
        self._names: set[str] = set()
        self._ids: set[str] = set()

    def run(self, *, everything: bool) -> AdoptionReport:
        """Enter what the library does not know. Cancelled, StorageError.

        With ``everything`` also sound without a sidecar, and recordings whose sound is gone; else only what a
        sidecar describes and what is there, or is only in the cloud.
        """
        self._scan()
        # Asked after the look: what was made or deleted meanwhile is not taken for forgotten.
        self._names, self._ids = self._library.known_names(), self._library.known_ids()
        self._index(everything=everything)
        self._enter(self._all_described(), BY_SIDECAR, self._report.described)
        if everything:
            self._enter(self._all_by_sound(), BY_SOUND, self._report.adopted)
        return self._report

    @property
    def has_found(self) -> bool:
        """Whether the folders held any sound or sidecar at all."""
        return bool(self._sounds or self._sidecars)

    # Looking

    def _scan(self) -> None:
        """A file in both folders counts as in the trash, as the library sees it."""
        for folder in (self._config.raw_recordings_path, self._config.trash_path):
            with os_errors_converted(tr("The folder {folder} could not be read:", folder=repr(str(folder)))):
                names = sorted(
                    entry.name
                    for entry in os.scandir(folder)
                    if entry.is_file() and not entry.name.startswith(".")
                )
            for name in names:
                owner = master_name_of(name)
                if owner is None and not name.endswith(_PASSED_OVER):
                    self._sounds[name] = folder / name
                elif owner is not None and name.endswith(SUFFIX):
                    self._sidecars[owner].append(folder / name)

    def _index(self, *, everything: bool) -> None:
        unknown = sorted(name for name in self._sidecars if name not in self._names)
        for done, name in enumerate(unknown):
            self._look_up(done, len(unknown), name)
            found = self._newest_sidecar(name)
            if found is None:
                continue
            path, sidecar = found
            is_there = name in self._sounds or (
                sidecar.master.state is MasterState.FREED and sidecar.receipts
            )
            if not everything and not is_there:
                continue
            original = sidecar.master.name
            if sidecar.master.id in self._masters or (
                original != name and (original in self._sounds or original in self._sidecars)
            ):
                self._report.damaged_sidecars.append((path, "it is a copy of another one"))
                continue
            self._masters[sidecar.master.id] = name, path
            for described in sidecar.described:
                self._note(described, sidecar, path)

    def _note(self, described: Described, sidecar: Sidecar, path: Path) -> None:
        """Sidecars of several masters may say different things of a recording: the newest holds."""
        recording = described.recording
        for master in recording.masters:
            self._owners[master.id].add(recording.id)
        self._said[recording.id].append((recording.updated_at, sidecar.written_at, path))

    def _newest_sidecar(self, name: str) -> tuple[Path, Sidecar] | None:
        """The one that was written last, when both folders have one."""
        readable = []
        for path in self._sidecars[name]:
            try:
                sidecar = self._sidecar(path)
            except FileNotFoundError:
                continue
            except DamagedSidecar as error:
                self._report.damaged_sidecars.append((path, error.title))
                continue
            self._report.damaged_sidecars += [(path, problem) for problem in sidecar.problems]
            readable.append((path, sidecar))
        return max(readable, key=lambda found: found[1].written_at, default=None)

    def _sidecar(self, path: Path) -> Sidecar:
        if path not in self._read:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            self._read[path] = read_sidecar(path)
        return self._read[path]

    def _look_up(self, done: int, total: int, name: str) -> None:
        if self._cancel.is_set():
            raise Cancelled
        if self._progress:
            self._progress(done, total, name)

    # By sidecars

    def _all_described(self) -> Iterator[_Found]:
        wanted = [recording_id for recording_id in self._said if recording_id not in self._ids]
        for done, recording_id in enumerate(wanted):
            self._look_up(done, len(wanted), recording_id)
            described = self._latest(recording_id)
            if described is not None:
                yield self._whole(described)

    def _latest(self, recording_id: str) -> Described | None:
        """What the newest sidecar says of a recording; an older one where it changed since we looked."""
        for _updated, _written, path in sorted(self._said[recording_id], reverse=True):
            try:
                sidecar = self._sidecar(path)
            except (DamagedSidecar, FileNotFoundError) as error:
                self._report.damaged_sidecars.append((path, str(error)))
                continue
            for described in sidecar.described:
                if described.recording.id == recording_id:
                    return described
        return None

    def _whole(self, described: Described) -> _Found:
        """With its masters as they are on this disk."""
        recording = described.recording
        parts = [self._master(reference) for reference in recording.masters]
        masters = tuple(master for master, _receipts in parts)
        for master in masters:
            if master.state is MasterState.MISSING:
                self._report.missing.append(Missing(recording.title, master.name))
        whole = replace(recording, masters=masters, trashed_at=self._trashed_at(recording, masters))
        return replace(described, recording=whole), [receipt for _master, own in parts for receipt in own]

    def _master(self, reference: Master) -> tuple[Master, tuple[Receipt, ...]]:
        if reference.id in self._masters:
            name, path = self._masters[reference.id]
            try:
                sidecar = self._sidecar(path)
            except (DamagedSidecar, FileNotFoundError) as error:  # changed since we looked
                self._report.damaged_sidecars.append((path, str(error)))
            else:
                self._names.add(name)
                state = self._state_of(sidecar, name)
                return replace(sidecar.master, name=name, state=state), sidecar.receipts
        return self._master_by_sound(reference), ()

    def _state_of(self, sidecar: Sidecar, name: str) -> MasterState:
        """What can be said of a master without reading it: whether it is there and has its size."""
        path, said = self._sounds.get(name), sidecar.master
        if path is None:
            is_freed = said.state is MasterState.FREED and sidecar.receipts
            return MasterState.FREED if is_freed else MasterState.MISSING
        changed = path.stat().st_size != said.size_bytes
        return MasterState.DAMAGED if changed or said.state is MasterState.DAMAGED else MasterState.RECORDED

    def _master_by_sound(self, reference: Master) -> Master:
        """A master whose own sidecar is lost, as another one names it."""
        if reference.id not in self._by_sound:
            master = reference
            path = self._sounds.get(reference.name)
            if reference.name in self._names:
                master = replace(reference, name=f"{reference.id}.missing")
            elif path is not None:
                try:
                    reading = read_audio(path, self._cancel)
                except (DamagedAudio, EncodingError, OSError):
                    master = replace(reference, state=MasterState.DAMAGED)
                else:
                    master = reading.master(reference.id, reference.name, reference.created_at)
            self._names.add(master.name)
            self._by_sound[reference.id] = master
        return self._by_sound[reference.id]

    def _trashed_at(self, recording: Recording, masters: Iterable[Master]) -> datetime | None:
        """Where files of its own are decides: nothing is taken for deleted that was restored."""
        own = [self._sounds.get(m.name) for m in masters if self._owners[m.id] == {recording.id}]
        folders = {path.parent for path in own if path is not None}
        if self._config.raw_recordings_path in folders:
            return None
        return recording.trashed_at or (datetime.now(UTC) if folders else None)

    # By sound alone

    def _all_by_sound(self) -> Iterator[_Found]:
        bare = [name for name in sorted(self._sounds) if name not in self._names]
        for done, name in enumerate(bare):
            self._look_up(done, len(bare), name)
            path = self._sounds[name]
            try:
                recording = self._heard(path)
            except (DamagedAudio, EncodingError, OSError) as error:
                _log.warning("a file is not taken up: %s", nameless(error, name))
                self._report.unreadable.append(path)
                continue
            if path.parent == self._config.trash_path:
                recording = replace(recording, trashed_at=datetime.now(UTC))
            yield Described(recording), ()

    def _heard(self, path: Path) -> Recording:
        try:
            take = read_take_header(path)
        except DamagedAudio:
            return self._imported(path)
        size = path.stat().st_size
        recording = recording_of_take(path.name, path, take)
        frames = wav.frames_in(size, take.format)
        if frames == 0:
            raise DamagedAudio(tr("It holds no sound."))
        master = replace(recording.masters[0], state=MasterState.RECORDED, frames=frames, size_bytes=size)
        return replace(recording, id=self._free_id(recording.id), masters=(master,))

    def _imported(self, path: Path) -> Recording:
        reading = read_audio(path, self._cancel)
        made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        master = reading.master(uuid.uuid4().hex, path.name, made_at)
        offset = made_at.astimezone().utcoffset() or timedelta()
        return Recording(
            id=uuid.uuid4().hex,
            title=path.stem.encode("utf-8", "replace").decode(),
            created_at=made_at,
            updated_at=datetime.now(UTC),
            utc_offset_min=round(offset.total_seconds() / 60),
            masters=(master,),
            recovered=True,
        )

    def _free_id(self, recording_id: str) -> str:
        """The id, or another one when a recording has it already, as of a file that was copied by hand."""
        return uuid.uuid4().hex if recording_id in self._ids else recording_id

    # Entering

    def _enter(self, found: Iterator[_Found], detail: str, entered: list[str]) -> None:
        """Enter all, some a transaction: files are read before it begins."""
        rows = SidecarRows(self._library.database)
        batch: list[_Found] = []

        def flush() -> None:
            rows.enter(batch, HOW, detail)
            entered.extend(described.recording.id for described, _receipts in batch)
            batch.clear()

        for one in found:
            self._ids.add(one[0].recording.id)
            batch.append(one)
            if len(batch) >= _AT_ONCE:
                flush()
        if batch:
            flush()


def read_take_header(path: Path) -> wav.TakeHeader:
    """The header of a take of this program. DamagedAudio for any other file, StorageError."""
    with os_errors_converted(tr("{name} could not be read:", name=repr(path.name))), path.open("rb") as file:
        take = wav.read_header(file)
    if not _is_written_here(take):
        raise DamagedAudio(
            tr("The header of {name} is damaged.", name=repr(path.name)), tr("It was left as it is.")
        )
    return take


def _is_written_here(take: wav.TakeHeader) -> bool:
    """Whether this program writes such a header: its id becomes part of a path, its format cuts the file."""
    kind, origin = take.format, take.origin
    return (
        re.fullmatch("[0-9a-f]{32}", origin.recording_id) is not None
        and abs(origin.utc_offset_min) < 24 * 60
        and kind.channels in (1, 2)
        and kind.bit_depth in (16, 24)
        and kind.sample_rate_hz in range(1000, 1_000_000)
    )


def recording_of_take(name: str, path: Path, take: wav.TakeHeader) -> Recording:
    """A row for a take that has none, from its file at ``path`` alone; ``name`` is its master's."""
    try:
        started = datetime.fromisoformat(take.origin.started_at).astimezone(UTC)
        started.astimezone(timezone(timedelta(minutes=take.origin.utc_offset_min)))  # is a date, too
    except (ValueError, OverflowError):
        started = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    master = take_master(os.urandom(16).hex(), name, MasterState.RECORDING, started, take.format)
    recording = Recording(
        take.origin.recording_id, "", started, started, take.origin.utc_offset_min, (master,), recovered=True
    )
    return replace(recording, title=default_title(recording.local_time))
