"""A proved copy becomes the master again: the same bytes, in their old place."""

import contextlib
import logging
import os
import shutil
import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

from voice_recorder.audio.metadata import digest
from voice_recorder.audio.rebuilding import rebuild_wav
from voice_recorder.audio.wav import Origin
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.preflight import Purpose
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Receipt
from voice_recorder.domain.words import tr
from voice_recorder.services.freeing import free_lock
from voice_recorder.services.preflight import Preflight
from voice_recorder.storage.disk import os_errors_converted, replace_durably
from voice_recorder.storage.edits import Edits
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import FILE_MODE, StorageConfig

_log = logging.getLogger(__name__)
_KEPT = tr("Its copy is kept.")
_LATE = timedelta(), timedelta(milliseconds=1)
"""A take's header cuts the milliseconds of its start, which the library rounds."""


class Restoring:
    """Puts masters back where they were. A good file is never replaced, a damaged one set aside."""

    def __init__(self, config: StorageConfig, library: Library, preflight: Preflight) -> None:
        self._config = config
        self._library = library
        self._preflight = preflight

    def is_here(self, recording: Recording, master: Master, cancel: threading.Event) -> bool:
        """Whether the master's file is as it was; then it counts as recorded again.

        Raises StorageError for one that was damaged before it was sent, Cancelled.
        """
        path = self._place_of(master)
        try:
            if digest(path, cancel)[1] != master.sha256:
                return False
        except OSError:
            return False
        if master.state is MasterState.DAMAGED:
            raise StorageError(
                tr(
                    "The file of “{title}” is the one that was sent: the cloud has no better one.",
                    title=recording.title,
                ),
                tr("'Verify' says what is wrong with it."),
            )
        with free_lock(self._config, master) as lock:
            if not lock.acquire() or not path.exists():  # it is just being freed
                return False
            self._enter(recording, master, "found again", path.name)
        return True

    def restore(
        self, recording: Recording, master: Master, receipt: Receipt, copy: Path, cancel: threading.Event
    ) -> bool:
        """Make ``copy``, which the receipt proves, the master again, and remove it from where it is.

        False, with nothing changed, when the master's very bytes cannot be had from it. Raises StorageError,
        DiskFull, EncodingError, PreflightBlocked, Cancelled.
        """
        made = self._place_of(master).with_name(f".{master.name}.{uuid.uuid4().hex}.tmp")
        try:
            with os_errors_converted(tr("{name} could not be put back:", name=repr(master.name)), _KEPT):
                how = self._make(made, master, receipt, copy, cancel)
                if how:
                    self._put_back(recording, master, made, how)
        finally:
            made.unlink(missing_ok=True)
        if how:
            with contextlib.suppress(
                OSError
            ):  # Windows, while somebody listens to it: it goes when it is old
                copy.unlink(missing_ok=True)
        return bool(how)

    def _make(self, made: Path, master: Master, receipt: Receipt, copy: Path, cancel: threading.Event) -> str:
        """Write the master's bytes to ``made`` and say what they came from; empty when they cannot be had."""
        if receipt.sha256 == master.sha256:
            _link_or_copy(copy, made)
            return tr("the original")
        if receipt.send_as != SendAs.FLAC or master.sha256 is None:
            return ""
        self._preflight.require(Purpose.RESTORE, master.size_bytes)
        made.touch(FILE_MODE)
        rebuilt = rebuild_wav(copy, made, self._origins(master), master.sha256, cancel)
        return tr("the original, from its FLAC copy") if rebuilt else ""

    def _origins(self, master: Master) -> tuple[Origin, ...]:
        """What the header of a take may say, also of one that was split, joined or appended since."""
        owners = self._library.owners(master.id)
        ids = Edits(self._library.database).origins(owner.id for owner in owners)
        ids = {recording_id for recording_id in ids if recording_id[:8] in master.name} or ids
        starts = {master.created_at, *(owner.created_at for owner in owners)}
        here = master.created_at.astimezone().utcoffset() or timedelta()
        offsets = {here // timedelta(minutes=1), *(owner.utc_offset_min for owner in owners)}
        return tuple(
            Origin(recording_id, _said(start, late), offset)
            for recording_id, start, offset, late in product(ids, starts, offsets, _LATE)
        )

    def _put_back(self, recording: Recording, master: Master, made: Path, how: str) -> None:
        """First the file, then the row: cut off in between, ``Freeing.settle`` enters it."""
        with free_lock(self._config, master) as lock:
            if not lock.acquire():
                raise StorageError(
                    tr("The recording is being freed just now."), tr("Fetch it once that is done.")
                )
            if digest(made)[1] != master.sha256:
                raise StorageError(tr("{name} could not be put back whole.", name=repr(master.name)), _KEPT)
            target = self._place_of(master)
            _set_aside(target)
            replace_durably(made, target)
            self._enter(recording, master, "fetched", how)
        _log.info("fetched %s (%d bytes)", master.name, master.size_bytes)

    def _enter(self, recording: Recording, master: Master, what: str, detail: str) -> None:
        self._library.store_reading(recording.id, replace(master, state=MasterState.RECORDED), what, detail)

    def _place_of(self, master: Master) -> Path:
        return self._config.raw_recordings_path / master.name


def _said(start: datetime, late: timedelta) -> str:
    return (start - late).isoformat(timespec="milliseconds")


def _link_or_copy(copy: Path, made: Path) -> None:
    """Have a file under a second name, also on another disk; somebody may be listening to it."""
    try:
        os.link(copy, made)
    except OSError:
        made.touch(FILE_MODE)
        shutil.copyfile(copy, made)


def _set_aside(path: Path) -> None:
    """Keep a damaged file that stands in the place of a good one under a name of its own."""
    number = 1
    while path.exists():
        aside = path.with_name(f"{path.name}.damaged{'' if number == 1 else f'-{number}'}")
        number += 1
        if not aside.exists():
            path.rename(aside)
            _log.warning("the damaged %s was set aside as %s", path.name, aside.name)
