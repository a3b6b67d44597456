"""Verification: re-hashes masters and finds what is missing, changed or unknown."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from voice_recorder.audio.metadata import digest, read_audio
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import Cancelled, DamagedAudio, EncodingError
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.services.importing import IMPORT_SUFFIX
from voice_recorder.services.proving import Proving
from voice_recorder.services.recordings_folder import require_recordings
from voice_recorder.services.take_file import PART_SUFFIX
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.sidecar import master_name_of

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Finding:
    """What is wrong with one master."""

    recording_id: str
    title: str
    path: Path


@dataclass
class VerifyReport:
    """``checked`` masters are sound; ``unknown`` are files in the folder that no recording has."""

    checked: int = 0
    missing: list[Finding] = field(default_factory=list)
    changed: list[Finding] = field(default_factory=list)
    damaged: list[Finding] = field(default_factory=list)
    unknown: list[Path] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether every master is there and as it was."""
        return not (self.missing or self.changed or self.damaged)


class Verifying:
    """Checks that masters are what they were when their SHA-256 was taken."""

    def __init__(self, config: StorageConfig, library: Library, proving: Proving) -> None:
        self._config = config
        self._library = library
        self._proving = proving

    def run(
        self,
        ids: Sequence[str] | None = None,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> VerifyReport:
        """Re-hash the masters of these recordings, or of all; their states follow.

        Cancelled, NotFound; RecordingsAway when the folder is not there: no file is missing then.
        """
        cancel = cancel or threading.Event()
        require_recordings(self._config, Figures(self._library.database))
        self._proving.run_pending(cancel)
        report = VerifyReport()
        recordings = self._library.with_ids(ids)
        for done, recording in enumerate(recordings):
            if progress:
                progress(done, len(recordings), recording.title)
            with correlated(recording.id):
                for master in recording.masters:
                    self.check(recording, master, report, cancel)
        if ids is None:
            report.unknown = self._unknown_files()
        return report

    def check(
        self,
        recording: Recording,
        master: Master,
        report: VerifyReport,
        cancel: threading.Event,
        read: Callable[[Path], str] | None = None,
    ) -> None:
        """Enter into ``report`` what one master is like now; its state follows. Cancelled, RecordingsAway.

        ``read`` takes the SHA-256 of its file in a way of its own; the history then tells only of changes.
        """
        if master.state in (MasterState.RECORDING, MasterState.FREED):
            return
        path = self._library.path_of(master)
        finding = Finding(recording.id, recording.title, path)
        try:
            found = self._digest(master, read or (lambda path: digest(path, cancel)[1]))
        except FileNotFoundError:
            require_recordings(self._config, Figures(self._library.database))
            if not self._should_be_here(master):
                return
            report.missing.append(finding)
            self._enter(recording, master, MasterState.MISSING, "missing", str(path))
            return
        except OSError as error:
            report.damaged.append(finding)
            self._enter(recording, master, MasterState.DAMAGED, "damaged", str(error))
            return
        if master.sha256 is not None and found != master.sha256:
            report.changed.append(finding)
            self._enter(
                recording,
                master,
                MasterState.DAMAGED,
                "changed",
                tr("{name} differs from its SHA-256", name=path.name),
            )
        elif master.state is MasterState.DAMAGED and not _is_whole(path, master, cancel):
            report.damaged.append(finding)
        else:
            report.checked += 1
            if read is None or master.state is not MasterState.RECORDED:
                self._enter(recording, master, MasterState.RECORDED, "verified", tr("as it was"))

    def _digest(self, master: Master, read: Callable[[Path], str]) -> str:
        try:
            return read(self._library.path_of(master))
        except FileNotFoundError:  # perhaps moved to or from the trash in just this moment
            return read(self._library.path_of(master))

    def _should_be_here(self, master: Master) -> bool:
        """Whether nobody has freed it, or deleted it for ever, since it was asked for."""
        now = [m for owner in self._library.owners(master.id)[:1] for m in owner.masters if m.id == master.id]
        return any(m.state is not MasterState.FREED for m in now)

    def _enter(
        self, recording: Recording, master: Master, state: MasterState, kind: str, detail: str
    ) -> None:
        if state is not master.state:
            self._library.store_reading(recording.id, replace(master, state=state), kind, detail)
        elif state is MasterState.RECORDED:
            self._library.remember(recording.id, kind, detail)

    def _unknown_files(self) -> list[Path]:
        known = self._library.known_names()
        folder = self._config.raw_recordings_path
        return sorted(
            path
            for path in folder.iterdir()
            if path.is_file()
            and not path.name.startswith(".")
            and path.name not in known
            and path.name.removesuffix(PART_SUFFIX) not in known
            and path.suffix != IMPORT_SUFFIX
            and master_name_of(path.name) not in known
        )


def _is_whole(path: Path, master: Master, cancel: threading.Event) -> bool:
    try:
        reading = read_audio(path, cancel)
    except Cancelled:
        raise
    except (DamagedAudio, EncodingError, OSError):
        return False
    return not reading.is_damaged and master.samples_sha256 in (None, reading.samples_sha256)
