"""A take: from the press on Record to a recording in the library, whatever happens in between.

Three threads work for it. The *writer* moves sound from the microphone to the file and ends the take. The
*sync* brings the file to the disk and watches how much room is left. The *journal* keeps the library's row
up to date and finishes the recordings that a take was split into. So neither a slow disk nor a busy database
ever stops the writer, and a busy database keeps no sound from the disk.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from voice_recorder.audio.levels import SILENT_AFTER_S, to_dbfs
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import CaptureError, DiskFull, VoiceRecorderError
from voice_recorder.domain.recording import Marker, TakeEventKind
from voice_recorder.domain.settings import DeviceLoss
from voice_recorder.domain.take import TakePlan, TakeSnapshot, TakeState, Warn
from voice_recorder.domain.words import tr
from voice_recorder.services.awake import Awake, SleepWatch
from voice_recorder.services.sound_source import SoundSource
from voice_recorder.services.take_disk import TakeDisk
from voice_recorder.services.take_series import TakeSeries
from voice_recorder.services.take_writer import TakeWriter
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)

TICK_S = 0.075  # with the time of the work itself: more than ten times a second
JOURNAL_S = 0.45
LAST_WORD_S = 0.25
LIBRARY_BUSY_S = 30.0
"""How long a take that has ended waits for a library that others hold."""


class Take:
    """One running take. Every method may be called from any thread and returns at once, but ``wait``."""

    def __init__(
        self,
        microphone: SoundSource,
        title: str | None,
        config: StorageConfig,
        library: Library,
        *,
        when_lost: DeviceLoss = DeviceLoss.CONTINUE,
        limit_s: float | None = None,
        plan: TakePlan | None = None,
        ends_at: datetime | None = None,
    ) -> None:
        """Make the take's file and lock; ``start`` begins.

        ``limit_s`` ends it after so much sound, ``ends_at`` at that time, paused or not.
        """
        self._microphone = microphone
        self.format = microphone.format
        self.error: VoiceRecorderError | None = None
        """Why the take ended by itself or could not be entered; what was said is kept all the same."""
        self.ends_at = ends_at
        """When it is to end by itself; may be changed at any time."""

        self._dropped_before = microphone.dropped_frames()
        self._series = TakeSeries(config, library, self.format, title, self._dropped_before)
        self._writer = TakeWriter(microphone, self._series, plan or TakePlan(), when_lost, limit_s)
        self._disk = TakeDisk(config, self._series, self._end_early)
        self._state = TakeState.RECORDING
        self._started_at = time.monotonic()
        self._stop_at: float | None = None
        self._stopping = threading.Event()
        self._written = threading.Event()  # the writer is through; the others may end
        self._done = threading.Event()
        self._write_thread = self._thread("take-writer", self._write)
        self._others = (
            self._thread("take-journal", self._keep_journal),
            self._thread("take-sync", lambda: self._disk.keep_synced(self._stopping, self._written)),
        )

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """No daemon: a bug elsewhere must not end the process under a running take."""

        def run() -> None:
            with correlated(self.recording_id):
                work()

        return threading.Thread(target=run, name=name)

    def start(self) -> None:
        """Begin to keep what the microphone hears."""
        _log.info("take %s: %s from %s", self.recording_id, self.format, self._microphone.device_name)
        self._started_at = time.monotonic()
        for thread in (*self._others, self._write_thread):
            thread.start()

    # What people do with it

    def stop(self) -> None:
        """End the take; what was said until now is kept."""
        if self._stop_at is None:
            self._stop_at = time.monotonic()
            self._stopping.set()

    def pause(self) -> None:
        """Leave out what is said from now on."""
        self._writer.pause()

    def resume(self) -> None:
        """Go on keeping what is said; after a lost microphone, look for one again."""
        self._writer.resume()

    def add_marker(self, label: str = "") -> Marker:
        """Mark this moment of the take."""
        return self._series.now.add_marker(label)

    def rename(self, title: str) -> None:
        """Give the recording that runs, or ran last, another name."""
        self._series.now.rename(title)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the take is in the library; False when it is not there yet."""
        return self._done.wait(timeout_s)

    @property
    def is_done(self) -> bool:
        """Whether the take has ended and all its threads are through with it."""
        return self._done.is_set()

    @property
    def recording_id(self) -> str:
        """The recording that runs, or ran last."""
        return self._series.now.recording_id

    @property
    def kept_ids(self) -> tuple[str, ...]:
        """The recordings of this take that are in the library, whole; the first came first."""
        return self._series.kept_ids

    @property
    def first_sample_at(self) -> float | None:
        """When the first sample was heard, by the monotonic clock; None before it came."""
        return self._microphone.started_at

    # What it shows

    def snapshot(self) -> TakeSnapshot:
        """The take at this moment; no I/O."""
        part, writer = self._series.now, self._writer
        return TakeSnapshot(
            recording_id=part.recording_id,
            title=part.title,
            state=self._shown_state(),
            format=self.format,
            device_name=self._microphone.device_name,
            elapsed_s=part.frames / self.format.sample_rate_hz,
            peak_dbfs=to_dbfs(writer.peak),
            rms_dbfs=to_dbfs(writer.rms),
            health=part.health(self._microphone.dropped_frames()),
            warnings=tuple(self._warnings()),
            events=part.events,
            time_left_s=self._disk.time_left_s,
            recent_peaks=writer.recent_peaks,
            notice=self._microphone.notice,
            part=part.number,
            stops_in_s=self._stops_in_s(),
            before_s=writer.before_s,
        )

    def _shown_state(self) -> TakeState:
        if self._state is not TakeState.RECORDING:
            return self._state
        if self._writer.is_paused:
            return TakeState.PAUSED
        if self._microphone.is_lost:
            return TakeState.WAITING_FOR_DEVICE
        return TakeState.RECORDING if self._writer.speaks else TakeState.WAITING_FOR_VOICE

    def _warnings(self) -> list[Warn]:
        levels = self._writer.levels
        dropped = self._microphone.dropped_frames() - self._dropped_before
        signs = {
            Warn.DEVICE_LOST: self._microphone.is_lost and self._state is TakeState.RECORDING,
            Warn.DISK_LOW: self._disk.is_low,
            Warn.SILENT: levels.is_silent or self._hears_nothing(),
            Warn.CLIPPING: levels.is_clipping,
            Warn.TOO_LOW: levels.is_low and self._writer.speaks,
            Warn.SAMPLES_LOST: dropped > 0,
            Warn.DISK_SLOW: self._disk.is_slow,
            Warn.LIBRARY_BUSY: self._series.now.is_behind,
        }
        return [warn for warn, shows in signs.items() if shows]

    def _hears_nothing(self) -> bool:
        """Whether the microphone has not even begun to deliver, long enough to say so."""
        waited_s = time.monotonic() - self._started_at
        hearing = self._writer.levels.frames > 0 or self._writer.is_paused or self._microphone.is_lost
        return not hearing and waited_s > SILENT_AFTER_S

    def _stops_in_s(self) -> float | None:
        ends_at = self.ends_at
        return None if ends_at is None else max(0.0, (ends_at - datetime.now(UTC)).total_seconds())

    # The writer

    def _write(self) -> None:
        try:
            self._move_sound()
        except VoiceRecorderError as error:
            self._end_early(error)
        except Exception:  # a bug: it goes on to the hook, but the take says that it ended early
            self._end_early(
                CaptureError(
                    tr("The take was ended by a fault of this program."), tr("What was said is kept.")
                )
            )
            raise
        finally:
            self._finish()

    def _move_sound(self) -> None:
        while not self._stopping.wait(TICK_S):
            self._writer.read()
            if self._writer.is_at_limit or self._stops_in_s() == 0:
                self.stop()
        assert self._stop_at is not None
        deadline = self._stop_at + LAST_WORD_S
        while not self._microphone.has_heard_until(self._stop_at) and time.monotonic() < deadline:
            self._written.wait(0.005)
        self._microphone.seeks = False
        self._writer.read(is_last=True)

    def _end_early(self, error: VoiceRecorderError) -> None:
        _log.error("the take ends: %s", error)
        self.error = error
        if isinstance(error, DiskFull):
            self._series.now.note(TakeEventKind.ENDED_DISK_FULL)
        self.stop()

    # The end

    def _finish(self) -> None:
        self._state = TakeState.FINISHING
        try:
            self._series.end(self._microphone.dropped_frames(at_end=True))
            self._end_others()
            self._finish_ended(time.monotonic() + LIBRARY_BUSY_S)
            self._series.drop_empty()
            if not self._series.now.frames:
                self.error = self._nothing_recorded()
            self._state = TakeState.FINISHED if self.kept_ids else TakeState.FAILED
        finally:
            self._end_others()
            try:
                self._microphone.close()
                self._series.release()
            finally:
                self._done.set()

    def _end_others(self) -> None:
        """Let nobody else work on the files and rows any more."""
        self._written.set()
        for thread in self._others:
            thread.join()

    def _finish_ended(self, busy_until: float | None = None) -> None:
        self.error = self._series.finish_ended(busy_until) or self.error

    def _nothing_recorded(self) -> CaptureError:
        if self._writer.levels.frames and not self._writer.speaks:
            return CaptureError(tr("Nothing was recorded: nobody spoke."), tr("No recording was made."))
        return CaptureError(
            tr("Nothing was recorded: the microphone delivered no sound."),
            tr("Check that it is plugged in and not muted."),
        )

    # The journal

    def _keep_journal(self) -> None:
        sleep_watch = SleepWatch()
        with Awake():
            while not self._written.wait(JOURNAL_S):
                slept_s = sleep_watch.slept_s()
                if slept_s:
                    slept_frames = round(slept_s * self.format.sample_rate_hz)
                    self._series.now.note(TakeEventKind.SUSPENDED, slept_frames)
                self._series.now.keep_up(self._microphone.dropped_frames())
                self._finish_ended()
