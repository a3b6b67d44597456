"""What becomes of the sound that a take hears: kept, left out, filled in, spread over several recordings."""

import time
from collections import deque

import numpy as np

from voice_recorder.audio.levels import BlockLevels, RecentPeaks, Samples, TakeLevels, measure
from voice_recorder.domain.recording import TakeEventKind
from voice_recorder.domain.settings import DeviceLoss
from voice_recorder.domain.take import PEAKS_PER_SECOND, TakePlan
from voice_recorder.services.sound_source import (
    Changed,
    Dropped,
    Held,
    Lost,
    Pressed,
    Sound,
    SoundSource,
    Voice,
)
from voice_recorder.services.take_series import TakeSeries

LONGEST_FILLED_GAP_S = 10.0
SECONDS_SHOWN = 30
SPLIT_AGAIN_AFTER_S = 30.0
SILENCE = "silence"
"""The detail of a pause that nobody pressed."""


class TakeWriter:
    """What the *writer* thread does with what is heard. Any thread may pause, resume, ask how it stands."""

    def __init__(
        self,
        microphone: SoundSource,
        series: TakeSeries,
        plan: TakePlan,
        when_lost: DeviceLoss,
        limit_s: float | None,
    ) -> None:
        """``limit_s`` is how much sound is kept at most, in all recordings together; None for no limit."""
        self._microphone = microphone
        self._series = series
        self._plan = plan
        self._when_lost = when_lost
        self._rate = microphone.format.sample_rate_hz
        self._frames_left = self._in_frames(limit_s)
        self._split_at_frames = self._in_frames(plan.split_after_s)
        self._was_split_here = False  # in the silence that lasts
        self._gates: deque[tuple[float, bool]] = deque()  # (when, open), not yet reached by the sound
        self._open = True
        self._recent = RecentPeaks(self._rate, PEAKS_PER_SECOND, SECONDS_SHOWN)
        self.levels = TakeLevels(self._rate)
        """Of all that was heard, kept or not."""
        self.peak = self.rms = 0.0
        """Of what was heard last, 0 to 1."""
        self.is_paused = False
        self.speaks = not plan.voice_activated
        """Whether somebody speaks; always, where nobody listens for that."""
        self.before_s = 0.0
        """How much was kept from before Record was pressed."""

    @property
    def is_at_limit(self) -> bool:
        """Whether as much is kept as was wanted."""
        return self._frames_left == 0

    @property
    def recent_peaks(self) -> tuple[float, ...]:
        """The peaks of the last seconds, 0 to 1, newest last."""
        return self._recent.values()

    def pause(self) -> None:
        """Leave out what is said from now on."""
        if not self.is_paused:
            self.is_paused = True
            self._gates.append((time.monotonic(), False))

    def resume(self) -> None:
        """Go on keeping what is said; after a lost microphone, look for one again."""
        if self.is_paused:
            self.is_paused = False
            self._microphone.seeks = True
            self._gates.append((time.monotonic(), True))

    def read(self, *, is_last: bool = False) -> None:
        """Take what the microphone heard since the last call; the ``last`` time, begin no other recording.

        DiskFull, StorageError when not all of it could be written.
        """
        for heard in self._microphone.read():
            match heard:
                case Sound():
                    self._keep(heard)
                    self._split_in_silence(heard.quiet_s, is_last)
                case Held():
                    self._show(measure(heard.samples))
                    self._split_in_silence(heard.quiet_s, is_last)
                case Voice():
                    self._follow_voice(heard.speaks)
                case Pressed():
                    self.before_s = self._series.now.frames / self._rate
                    self._note(TakeEventKind.PRE_RECORDED)
                case Lost():
                    self._lose_device(heard)
                case Changed():
                    self._fill_gap(heard)
                case Dropped():
                    self._note(TakeEventKind.SAMPLES_LOST, heard.frames)

    def _follow_voice(self, speaks: bool) -> None:
        self.speaks = speaks
        if self._series.now.frames and self._open:
            self._note(TakeEventKind.RESUMED if speaks else TakeEventKind.PAUSED, detail=SILENCE)

    def _lose_device(self, lost: Lost) -> None:
        self._note(TakeEventKind.DEVICE_LOST, detail=lost.device_name)
        if self._when_lost is DeviceLoss.PAUSE:
            self._microphone.seeks = False
            self.is_paused, self._open = True, False

    def _fill_gap(self, changed: Changed) -> None:
        """Put silence where no device delivered, so that the clock of the take stays right."""
        frames = round(changed.gap_s * self._rate)
        self._note(TakeEventKind.DEVICE_CHANGED, frames, changed.device_name)
        if self._open and self.speaks and changed.gap_s <= LONGEST_FILLED_GAP_S:
            self._append(self._silence(frames), time.monotonic() - changed.gap_s)

    def _silence(self, frames: int) -> Samples:
        wanted = self._microphone.format
        shape = (frames, wanted.channels)
        return np.zeros(shape, np.int16) if wanted.bit_depth == 16 else np.zeros(shape, np.int32)

    def _keep(self, sound: Sound) -> None:
        """Append what of ``sound`` falls into times when the take was not paused."""
        samples, at = sound.samples, sound.at
        while self._gates:
            when, opens = self._gates[0]
            until = round((when - at) * self._rate)
            if until > len(samples):
                break
            until = max(0, until)
            self._append(samples[:until], at, was_shown=sound.was_held)
            samples, at = samples[until:], at + until / self._rate
            self._gates.popleft()
            if opens != self._open:
                self._open = opens
                self._note(TakeEventKind.RESUMED if opens else TakeEventKind.PAUSED)
        self._append(samples, at, was_shown=sound.was_held)

    def _append(self, samples: Samples, at: float, *, was_shown: bool = False) -> None:
        """Write ``samples``, into as many recordings as the plan says."""
        samples = samples[: self._frames_left]
        while self._open and len(samples):
            room = (
                None
                if self._split_at_frames is None
                else max(1, self._split_at_frames - self._series.now.frames)
            )
            now, samples = samples[:room], samples[room:] if room is not None else samples[:0]
            block = measure(now)
            self._series.now.append(now, block, at)
            at += len(now) / self._rate
            if not was_shown:
                self._show(block)
            if self._frames_left is not None:
                self._frames_left -= len(now)
            if not self.is_at_limit and self._series.now.frames == self._split_at_frames:
                self._split()

    def _show(self, block: BlockLevels) -> None:
        self.levels.add(block)
        self.peak, self.rms = block.peak, block.mean_square**0.5
        self._recent.add(block)

    # Splitting

    def _split_in_silence(self, quiet_s: float, is_last: bool) -> None:
        """Once in a silence that is long enough, if there is enough before it."""
        if self._plan.split_silence_s is None:
            return
        if quiet_s < self._plan.split_silence_s:
            self._was_split_here = False
        elif self._open and not self._was_split_here and not is_last and not self.is_at_limit:
            self._was_split_here = True
            if self._series.now.frames >= self._plan.shortest_part_s * self._rate:
                self._split()

    def _split(self) -> None:
        """Go on in a new recording; when none can be made just now, try again later."""
        if self._series.split(self._microphone.dropped_frames()):
            self._split_at_frames = self._in_frames(self._plan.split_after_s)
        elif self._split_at_frames is not None:
            again = round(SPLIT_AGAIN_AFTER_S * self._rate)
            self._split_at_frames = self._series.now.frames + again

    def _note(self, kind: TakeEventKind, length_frames: int = 0, detail: str = "") -> None:
        self._series.now.note(kind, length_frames, detail)

    def _in_frames(self, seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * self._rate)
