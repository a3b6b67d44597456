"""A cloud copy that is read while it comes: playing begins with the first bytes, and goes where it is sought.

One thread downloads from the place that is wanted, then fills the gaps. The copy gets its name in the cache
only when all of it has the SHA-256 that was sent.
"""

import logging
import threading
import time
from collections.abc import Callable

from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.ports import Download, Provider
from voice_recorder.domain.transfers import QUICK_TRIES, Receipt, wait_before_next_s
from voice_recorder.domain.words import tr
from voice_recorder.services.partial_copy import PartialCopy
from voice_recorder.storage.locks import FileLock

_log = logging.getLogger(__name__)
_NEAR_BYTES = 256 * 1024
"""Bytes so near are waited for: they come sooner than the answer to another request."""
_WORTH_BYTES = 256 * 1024
"""A try that brought so much was no failure."""
_SAVED_EVERY_S = 1.0
_OTHERS_LOOKED_AT_EVERY_S = 0.2
_LONGEST_WAIT_S = 10.0


class CloudStream:
    """Random access to a cloud copy. Any thread may call any method; one at a time reads.

    ``lock`` keeps other processes from the same file, ``connect`` gives the provider, ``require_room``
    refuses so many bytes when the disk has no room for them. ``ended`` is called in the stream's thread, with
    None when the copy is complete and proved, else with the reason; not after ``close``.
    """

    def __init__(
        self,
        receipt: Receipt,
        copy: PartialCopy,
        lock: FileLock,
        connect: Callable[[], Provider],
        require_room: Callable[[int], None],
        ended: Callable[[VoiceRecorderError | None], None],
    ) -> None:
        self.size_bytes = receipt.size_bytes
        self._receipt = receipt
        self._copy = copy
        self._lock = lock
        self._connect = connect
        self._require_room = require_room
        self._on_end = ended
        self._changed = threading.Condition()  # guards all that follows
        self._closing = threading.Event()
        self._ended = threading.Event()
        self._error: VoiceRecorderError | None = None
        self._users = 1
        self._wanted = 0
        self._reader_waits = False
        self._ranges = True
        self._anew = False
        self._saved_at = 0.0
        # A daemon: a server that says nothing may hold it for a minute; the program need not wait for that.
        self._thread = threading.Thread(target=self._run, name="cloud stream", daemon=True)

    def start(self) -> None:
        """Begin to download."""
        self._thread.start()

    def join(self) -> bool:
        """Use it together with whoever does; False when it is of no use any more. ``close`` belongs to it."""
        with self._changed:
            usable = not self._closing.is_set() and self._error is None
            self._users += usable
            return usable

    @property
    def running(self) -> bool:
        """Whether bytes are still to come."""
        return not self._ended.is_set() and not self._closing.is_set()

    @property
    def done_bytes(self) -> int:
        """How much is there."""
        with self._changed:
            return self._copy.spans.total

    def read_at(self, offset: int, size: int) -> bytes:
        """At least one of the bytes from ``offset`` on, at most ``size``; waits for them. Empty at the end.

        Raises what the download failed by, and Cancelled after ``close``.
        """
        with self._changed:
            while not self._closing.is_set():
                self._wanted = min(offset, self.size_bytes)
                if offset >= self.size_bytes or self._copy.spans.end_of(offset) > offset:
                    return self._copy.read(offset, size) if offset < self.size_bytes else b""
                if self._error is not None:
                    raise self._error
                self._reader_waits = True
                try:
                    self._changed.wait()
                finally:
                    self._reader_waits = False
            raise Cancelled

    def wait(self, cancel: threading.Event, progress: Callable[[int], None] = lambda _done: None) -> None:
        """Return when the copy is complete and proved; ``progress`` gets the bytes that are there.

        Raises what the download failed by, Cancelled.
        """
        while not self._ended.wait(0.1):
            if cancel.is_set() or self._closing.is_set():
                raise Cancelled
            progress(self.done_bytes)
        if self._error is not None:
            raise self._error
        self._go_on_unless_closed()
        progress(self.size_bytes)

    def close(self) -> None:
        """Use it no more. With the last user it ends at once; what came is kept for the next time."""
        with self._changed:
            self._users -= 1
            if self._users == 0:
                self._closing.set()
                self._copy.close()
                self._lock.release()
                self._changed.notify_all()

    # The thread

    def _run(self) -> None:
        error: VoiceRecorderError | None = VoiceRecorderError(
            tr("The copy could not be fetched."),
            tr("Something unexpected happened; the log has the details."),
        )
        try:
            with correlated(self._receipt.master_id):
                self._obtain()
            error = None
        except Cancelled:
            error = None
        except VoiceRecorderError as told:
            _log.warning("a copy was not fetched: %s", told)
            error = told
        finally:
            self._end(error)

    def _end(self, error: VoiceRecorderError | None) -> None:
        try:
            if not self._closing.is_set():
                self._on_end(error)
        finally:
            with self._changed:
                self._error = error
                self._copy.park()
                self._lock.release()
                self._ended.set()
                self._changed.notify_all()

    def _obtain(self) -> None:
        while not self._lock.acquire():  # somebody else fetches the same
            self._pause(_OTHERS_LOOKED_AT_EVERY_S)
        with self._changed:
            self._go_on_unless_closed()
            if self._copy.final.exists():
                self._copy.open_proved()
                self._changed.notify_all()
                return
            self._copy.open()
            missing_bytes = self.size_bytes - self._copy.spans.total
            self._changed.notify_all()
        self._require_room(missing_bytes)
        provider = self._connect()
        self._fill(provider)
        while not self._proved():
            self._fill(provider)

    def _fill(self, provider: Provider) -> None:
        """Download until no byte is missing: three quick tries, counted anew when one brought something."""
        failures = 0
        while (start := self._hole()) is not None:
            before = self.done_bytes
            try:
                self._download(provider, start)
            except TransientCloudError as error:
                failures = 1 if self.done_bytes - before >= _WORTH_BYTES else failures + 1
                wait_s = wait_before_next_s(failures, error.retry_after_s) or 0.0
                if failures >= QUICK_TRIES or wait_s > _LONGEST_WAIT_S:
                    raise
                _log.info("a download was cut off (%s); it goes on in %.1f s", error.title, wait_s)
                self._pause(wait_s)

    def _hole(self) -> int | None:
        with self._changed:
            self._go_on_unless_closed()
            spans = self._copy.spans
            ahead = spans.hole(self._wanted, self.size_bytes)
            return spans.hole(0, self.size_bytes) if ahead is None else ahead

    def _download(self, provider: Provider, start: int) -> None:
        try:
            with provider.download(self._receipt.remote_id, start, self._copy.etag) as download:
                if download.total_bytes == self.size_bytes:
                    return self._receive(download, start)
        except CloudCopyMissing:
            pass  # as doubtful as one of another size
        raise self._judgement(provider)

    def _receive(self, download: Download, start: int) -> None:
        position = self._accept(download, start)
        for block in download.blocks:
            position = self._keep(position, block)
            if not self._goes_on(position):
                return
        raise TransientCloudError(tr("The download ended before its end."), tr("It is tried again."))

    def _accept(self, download: Download, start: int) -> int:
        """Where the bytes that come begin. What came before is given up when it is of another copy."""
        copy = self._copy
        with self._changed:
            self._go_on_unless_closed()
            changed = copy.etag and download.etag and copy.etag != download.etag
            if changed or (not copy.etag and copy.last_modified not in ("", download.last_modified)):
                _log.info("the cloud copy was changed meanwhile; it is fetched anew")
                copy.start_anew()
            copy.etag, copy.last_modified = download.etag, download.last_modified
            if start:
                self._ranges = download.start == start
        return download.start

    def _keep(self, position: int, block: bytes) -> int:
        with self._changed:
            self._go_on_unless_closed()
            self._copy.write(position, block[: self.size_bytes - position])
            self._changed.notify_all()
            if time.monotonic() - self._saved_at > _SAVED_EVERY_S:
                self._copy.save()
                self._saved_at = time.monotonic()
            return position + len(block)

    def _goes_on(self, position: int) -> bool:
        """Whether what comes next is what is wanted most; a provider without ranges has no choice."""
        with self._changed:
            if position >= self.size_bytes or not self._ranges:
                return position < self.size_bytes
            spans = self._copy.spans
            waits = self._reader_waits and spans.end_of(self._wanted) == self._wanted
            away = waits and not 0 <= self._wanted - position <= _NEAR_BYTES
            return not away and spans.end_of(position) == position

    def _judgement(self, provider: Provider) -> CloudError:
        """What the provider, asked at its most reliable source, says of a copy that it does not deliver."""
        stored = provider.stat(self._receipt.remote_id, thorough=True)
        if stored is None:
            return CloudCopyMissing(
                tr("The cloud copy is gone."), tr("Nothing on this computer was changed.")
            )
        wrong = self._receipt.contradiction(stored)
        if wrong:
            return CloudCopyDiffers(
                tr("The cloud copy is not what was sent: {wrong}", wrong=wrong), tr("Nothing was deleted.")
            )
        return TransientCloudError(
            tr("The provider did not send the copy that it has."), tr("It is tried again.")
        )

    def _proved(self) -> bool:
        """Whether the whole is what was sent. One that is not is fetched again before that is believed."""
        found = self._copy.sha256(self._closing)
        with self._changed:
            self._go_on_unless_closed()
            if found == self._receipt.sha256:
                self._copy.finish()
                return True
            if not self._anew:
                _log.warning("what was downloaded is not what was sent; it is downloaded once more")
                self._anew = True
                self._copy.start_anew()
                return False
            evidence = self._copy.set_aside()
        raise CloudCopyDiffers(
            tr("The cloud copy is not what was sent: every byte was compared, twice."),
            tr("Nothing was deleted; what came is kept as {name} in the cache.", name=repr(evidence.name)),
        )

    def _pause(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise Cancelled

    def _go_on_unless_closed(self) -> None:
        if self._closing.is_set():
            raise Cancelled
