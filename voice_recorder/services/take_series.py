"""The recordings of a take: one, or one after another when it is split."""

import logging
import re
import time
from collections import deque

from voice_recorder.domain.errors import LibraryBusy, StorageError, VoiceRecorderError
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.services.take_part import TakePart
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)


class TakeSeries:
    """The recording that runs, and those before it. The writer splits; one thread at a time finishes."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        audio_format: AudioFormat,
        title: str | None,
        dropped_frames: int,
    ) -> None:
        """Make the first one. DiskFull, StorageError."""
        self._config = config
        self._library = library
        self._format = audio_format
        self.now = TakePart(config, library, audio_format, title, 1, dropped_frames)
        """The recording that runs, or ran last."""
        self._all = [self.now]
        self._ended: deque[TakePart] = deque()  # not yet finished

    @property
    def kept_ids(self) -> tuple[str, ...]:
        """Those that are in the library, whole; the first came first."""
        return tuple(part.recording_id for part in self._all if part.is_kept)

    def split(self, dropped_frames: int) -> bool:
        """Go on in a new recording; False when none can be made, and the present one goes on."""
        ended = self.now
        try:
            part = TakePart(
                self._config,
                self._library,
                self._format,
                _next_title(ended),
                ended.number + 1,
                dropped_frames,
            )
        except StorageError:
            _log.exception("the take could not be split; it goes on as it is")
            return False
        _log.info("take %s goes on as %s", ended.recording_id, part.recording_id)
        ended.end(dropped_frames)
        self._all.append(part)
        self.now = part
        self._ended.append(ended)
        return True

    def end(self, dropped_frames: int) -> None:
        """Nothing more is said."""
        self.now.end(dropped_frames)
        self._ended.append(self.now)

    def finish_ended(self, busy_until: float | None = None) -> VoiceRecorderError | None:
        """Complete the recordings that have ended, each with first its file, then its row; what failed.

        While others hold the library, what it lacks waits for the next call, or, until the monotonic time
        ``busy_until``, here: names and markers given since are in memory only.
        """
        wrong: VoiceRecorderError | None = None
        while self._ended:
            part = self._ended[0]
            try:
                part.complete()
                part.enter()
            except LibraryBusy as error:
                if busy_until is None:
                    return wrong
                if time.monotonic() < busy_until:
                    continue
                wrong = self._given_up(part, error)
            except VoiceRecorderError as error:
                wrong = self._given_up(part, error)
            self._ended.popleft()
            part.release()
        return wrong

    @staticmethod
    def _given_up(part: TakePart, error: VoiceRecorderError) -> VoiceRecorderError:
        _log.error("the take could not be finished as usual", exc_info=error)
        return part.with_whereabouts(error)

    def drop_empty(self) -> None:
        """Take the one before for the last when nothing was said any more after a split."""
        if not self.now.frames and len(self._all) > 1:
            self._all.pop()
            self.now = self._all[-1]

    def release(self) -> None:
        """Give back the locks that are still held."""
        for part in self._all:
            part.release()


def _next_title(part: TakePart) -> str:
    base = re.sub(rf" \({part.number}\)$", "", part.title)
    return f"{base} ({part.number + 1})"
