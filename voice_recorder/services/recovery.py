"""Finds takes whose process died, whatever the moment, and makes them recordings.

Each gap between two steps of a take has its answer here: a ``.part`` with or without a row, a file in its
place whose row was not updated or never made, a row whose file is gone. A take whose lock is held is left
alone.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from voice_recorder.audio import wav
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    DamagedAudio,
    DiskFull,
    LibraryBusy,
    LibraryDamaged,
    NotFound,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.recording import AudioFormat, Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.services.adopting import Adopting, read_take_header, recording_of_take
from voice_recorder.services.importing import IMPORT_SUFFIX, import_lock
from voice_recorder.services.recordings_folder import recordings_are_away
from voice_recorder.services.take_file import PART_SUFFIX
from voice_recorder.services.take_part import take_lock
from voice_recorder.storage.disk import os_errors_converted, replace_durably, sync_file
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig, folders_left

_log = logging.getLogger(__name__)


@dataclass
class RecoveryReport:
    """What was found. ``running`` takes belong to a live process; ``failed`` files were left as they are."""

    recovered: list[Recording] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    failed: list[tuple[Path, VoiceRecorderError]] = field(default_factory=list)


class Recovery:
    """Brings back what a crash left behind. Running it again changes nothing."""

    def __init__(self, config: StorageConfig, library: Library) -> None:
        self._config = config
        self._library = library

    def run(self) -> RecoveryReport:
        """Recover every take without a living owner; none while the recordings folder is not there."""
        report = RecoveryReport()
        if recordings_are_away(self._config, Figures(self._library.database)):
            return report
        with os_errors_converted(tr("The recordings folder could not be searched:")):
            parts = sorted(self._config.raw_recordings_path.glob(f"*{PART_SUFFIX}"))
        for part in parts:
            with _noted(part, report):
                self._recover_part(part, report)
        for recording in self._library.in_state(MasterState.RECORDING):
            with _noted(self._library.path_of(recording.masters[0]), report):
                self._recover_row(recording, report)
        self._adopt_strangers(report)
        self._sweep_imports(report)
        return report

    def is_owned(self, recording_id: str) -> bool:
        """Whether a living process records this take."""
        with take_lock(self._config, recording_id) as lock:
            return not lock.acquire()

    def _recover_part(self, part: Path, report: RecoveryReport) -> None:
        try:
            take = read_take_header(part)
            row = self._row(take.origin.recording_id)
        except DamagedAudio as error:
            found = self._row_of_file(part)
            if found is None:
                report.failed.append((part, error))
                return
            row, take = found
        with correlated(take.origin.recording_id), take_lock(self._config, take.origin.recording_id) as lock:
            if not lock.acquire():
                report.running.append(take.origin.recording_id)
                return
            if not part.exists():  # its owner finished between our look and our lock
                return
            try:
                self._finish_part(part, take, row, report)
            except VoiceRecorderError as error:
                _log.exception("%s could not be recovered", part.name)
                report.failed.append((part, error))

    def _finish_part(
        self, part: Path, take: wav.TakeHeader, row: Recording | None, report: RecoveryReport
    ) -> None:
        final = part.with_name(part.name.removesuffix(PART_SUFFIX))
        if final.exists():
            raise StorageError(
                tr("{name} is there already.", name=repr(final.name)),
                tr("{name} was left as it is.", name=repr(part.name)),
            )
        if wav.frames_in(part.stat().st_size, take.format) == 0:
            with os_errors_converted(tr("{name} could not be removed:", name=repr(part.name))):
                part.unlink()
            if row is not None:
                self._library.forget(row.id, "nothing was heard")
            report.empty.append(take.origin.recording_id)
            return
        with os_errors_converted(
            tr("{name} could not be completed:", name=repr(part.name)), tr("It was left as it is.")
        ):
            wav.complete(part, take.format, take.origin)
            if row is None:
                self._library.add(recording_of_take(final.name, part, take), "started")
            replace_durably(part, final)
        report.recovered.append(self._enter(take.origin.recording_id, final, take.format))

    def _recover_row(self, recording: Recording, report: RecoveryReport) -> None:
        with correlated(recording.id), take_lock(self._config, recording.id) as lock:
            if not lock.acquire():
                if recording.id not in report.running:
                    report.running.append(recording.id)
                return
            recording = self._library.get(recording.id)  # as it is under the lock
            master = recording.masters[0]
            path = self._library.path_of(master)
            if master.state is not MasterState.RECORDING or _part_of(path).exists():
                return
            if self._is_left_behind(master.name):
                return
            if path.exists():
                with os_errors_converted(
                    tr("{name} could not be completed:", name=repr(path.name)), tr("It was left as it is.")
                ):
                    wav.complete(path, _format_of(master), _origin_of(recording))
                    sync_file(path)
                report.recovered.append(self._enter(recording.id, path, _format_of(master)))
            else:
                gone = replace(master, state=MasterState.MISSING)
                self._library.store_reading(recording.id, gone, "missing", str(path))

    def _is_left_behind(self, name: str) -> bool:
        """Whether a take is in the folder that the recordings are leaving, from where it follows."""
        left = folders_left(self._config.home)
        return left is not None and any((left[0] / n).exists() for n in (name, name + PART_SUFFIX))

    def _adopt_strangers(self, report: RecoveryReport) -> None:
        """Take up what has no row, as after going back to an older library or losing it.

        By its sidecar where it has one; without, only finished takes of this program.
        """
        adoption = Adopting(self._config, self._library).run(everything=False)
        for recording_id in adoption.described:
            report.recovered.append(self._library.get(recording_id))
        known = self._library.known_names()
        for path in sorted(self._config.raw_recordings_path.glob("*.wav")):
            if path.name in known:
                continue
            if path.is_file():
                with _noted(path, report):
                    self._adopt(path, report)

    def _adopt(self, path: Path, report: RecoveryReport) -> None:
        try:
            take = read_take_header(path)
        except DamagedAudio:
            return  # no take of this program; 'verify' lists it
        with take_lock(self._config, take.origin.recording_id) as lock:
            if lock.acquire() and self._row(take.origin.recording_id) is None:
                self._library.add(recording_of_take(path.name, path, take), "started")
                report.recovered.append(self._enter(take.origin.recording_id, path, take.format))

    def _enter(self, recording_id: str, path: Path, audio_format: AudioFormat) -> Recording:
        """Bring the row of a recovered take up to what its file holds."""
        recording = self._library.get(recording_id)
        size = path.stat().st_size
        master = replace(
            recording.masters[0],
            state=MasterState.RECORDED,
            frames=wav.frames_in(size, audio_format),
            size_bytes=size,
        )
        markers = self._library.markers(recording_id)
        self._library.update_take(recording_id, master, markers, recovered=True, happened="recovered")
        _log.warning("recovered %s with %d frames", path.name, master.frames)
        return self._library.get(recording_id)

    def _row(self, recording_id: str) -> Recording | None:
        try:
            return self._library.get(recording_id)
        except NotFound:
            return None

    def _row_of_file(self, part: Path) -> tuple[Recording, wav.TakeHeader] | None:
        """For a take whose header was torn: its row, and a header made from it."""
        name = part.name.removesuffix(PART_SUFFIX)
        for recording in self._library.in_state(MasterState.RECORDING):
            master = recording.masters[0]
            if master.name == name:
                return recording, wav.TakeHeader(_format_of(master), _origin_of(recording))
        return None

    def _sweep_imports(self, report: RecoveryReport) -> None:
        """Finish imports that have their row; remove other copies, whose originals are where they were."""
        for copy in self._config.raw_recordings_path.glob(f"*{IMPORT_SUFFIX}"):
            with (
                _noted(copy, report),
                os_errors_converted(tr("The import {name} is left over:", name=repr(copy.name))),
            ):
                self._sweep_import(copy)

    def _sweep_import(self, copy: Path) -> None:
        with import_lock(self._config, copy.stem) as lock:
            if not lock.acquire():
                return
            row = self._row(copy.stem)
            if row is not None and copy.exists() and not self._library.path_of(row.masters[0]).exists():
                master = row.masters[0]
                replace_durably(copy, self._config.raw_recordings_path / master.name)
                if master.state is MasterState.MISSING:  # 'verify' has looked meanwhile
                    found = replace(master, state=MasterState.RECORDED)
                    self._library.store_reading(row.id, found, "found again", master.name)
            copy.unlink(missing_ok=True)


@contextmanager
def _noted(path: Path, report: RecoveryReport) -> Iterator[None]:
    """What is wrong with one file keeps no other from being recovered."""
    try:
        yield
    except (LibraryBusy, LibraryDamaged, DiskFull):
        raise
    except VoiceRecorderError as error:
        if path.exists():  # else its owner finished it, or somebody moved it, while we looked
            _log.exception("%s could not be recovered", path.name)
            report.failed.append((path, error))


def _part_of(path: Path) -> Path:
    return path.with_name(path.name + PART_SUFFIX)


def _origin_of(recording: Recording) -> wav.Origin:
    started = recording.created_at.isoformat(timespec="milliseconds")
    return wav.Origin(recording.id, started, recording.utc_offset_min)


def _format_of(master: Master) -> AudioFormat:
    return AudioFormat(master.sample_rate_hz, master.channels, master.bit_depth or 16)
