"""Makes the file that is sent for a master: compressed as its owner wants, or the master itself."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from voice_recorder.audio.encoder import encode
from voice_recorder.audio.tags import CopyTags
from voice_recorder.cloud.receipts import digest_file
from voice_recorder.domain.compression import Advice, SendAs, advise, send_format
from voice_recorder.domain.errors import Cancelled, FileRejected
from voice_recorder.domain.preflight import Purpose
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import PreparedCopy, Transfer
from voice_recorder.domain.words import tr
from voice_recorder.services.preflight import Preflight
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile

_log = logging.getLogger(__name__)


class Compressing:
    """Prepares cloud copies. Any thread may call any method."""

    def __init__(
        self, config: StorageConfig, settings: SettingsFile, library: Library, preflight: Preflight
    ) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._preflight = preflight

    def format_for(self, master: Master) -> SendAs:
        """How a master is sent now. A damaged one goes as it is: its bytes are all that is left."""
        if master.state is not MasterState.RECORDED:
            return SendAs.ORIGINAL
        return send_format(master.codec, SendAs(self._settings.current.compression_send_as))

    def advice(self, master: Master) -> Advice:
        """What is worth doing with a master before it is sent."""
        return advise(master.format, master.codec, master.size_bytes, master.duration_s, master.channels)

    def prepare(
        self,
        transfer: Transfer,
        recording: Recording,
        master: Master,
        cancel: threading.Event,
        progress: Callable[[int, int], None],
    ) -> PreparedCopy:
        """Make and digest the file to be sent; ``progress`` gets (done, total) in frames or bytes.

        Raises FileRejected when the master is not what it was, EncodingError, DamagedAudio, PreflightBlocked,
        DiskFull, Cancelled.
        """
        path = self._library.path_of(master)
        if not path.exists():
            raise _missing(recording, master)
        size, md5, sha256, mtime_ns = _digested(path, cancel)
        if sha256 != master.sha256:
            raise FileRejected(
                tr(
                    "The audio of “{title}” is not what it was when its checksum was taken.",
                    title=recording.title,
                ),
                tr("It was not sent, and a good copy in the cloud stays. 'Verify' says more."),
            )
        send_as = self.format_for(master)
        if send_as is SendAs.ORIGINAL:
            return PreparedCopy("", send_as.value, size, mtime_ns, md5, sha256)
        bits_per_s = send_as.estimated_bps(master.channels, size * 8 / max(master.duration_s, 0.001))
        self._preflight.require(Purpose.COMPRESSION, round(bits_per_s / 8 * master.duration_s))
        target = self._config.cloud_copies_path / f"{transfer.id}{send_as.suffix}"
        tags = CopyTags(recording.title, master.created_at, recording.id)
        encode(path, target, send_as, tags, cancel, progress)
        try:
            size, md5, sha256, mtime_ns = _digested(target, cancel)
        except Cancelled:
            target.unlink(missing_ok=True)
            raise
        _log.info("compressed %s to %s: %d bytes instead of %d", path.name, send_as, size, master.size_bytes)
        return PreparedCopy(target.name, send_as.value, size, mtime_ns, md5, sha256)

    def path_of(self, copy: PreparedCopy, master: Master) -> Path:
        """Where the file to be sent is."""
        return self._config.cloud_copies_path / copy.name if copy.name else self._library.path_of(master)

    def is_unchanged(self, copy: PreparedCopy, master: Master) -> bool:
        """Whether the file to be sent is the one that was digested, by its size and time."""
        try:
            stat = self.path_of(copy, master).stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (copy.size_bytes, copy.mtime_ns)

    def discard(self, copy: PreparedCopy | None) -> None:
        """Remove a compressed copy that is needed no more; a master is never touched."""
        if copy is not None and copy.name:
            with os_errors_converted(tr("{name} could not be removed:", name=repr(copy.name))):
                (self._config.cloud_copies_path / copy.name).unlink(missing_ok=True)


def _digested(path: Path, cancel: threading.Event) -> tuple[int, str, str, int]:
    """Size, MD5, SHA-256 and time of a file. StorageError, Cancelled."""
    with os_errors_converted(tr("{name} could not be read:", name=repr(path.name)), tr("Nothing was sent.")):
        mtime_ns = path.stat().st_mtime_ns
    return (*digest_file(path, cancel), mtime_ns)


def _missing(recording: Recording, master: Master) -> FileRejected:
    if master.state is MasterState.FREED:
        return FileRejected(
            tr("The audio of “{title}” is in the cloud only, at another place.", title=recording.title),
            tr("Choose that provider again and fetch it first."),
        )
    return FileRejected(
        tr("The audio file {name} is not there any more.", name=repr(master.name)),
        tr("Nothing was sent. Put it back into the recordings folder, or import it again."),
    )
