"""The seconds before Record: heard, kept in memory, and never on a disk unless a take begins."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from voice_recorder.services.sound_source import Heard, Lost, Pressed, Relay, Sound, SoundSource

TICK_S = 0.1


class Listening:
    """Hears an open ``source`` in a thread and forgets what is older than ``seconds``.

    A device that disappears is followed as in a take; what was heard before the gap is forgotten.
    """

    def __init__(self, source: SoundSource, seconds: float) -> None:
        """Begin; ``hand_over`` or ``close`` ends it."""
        self._source = source
        self._most_frames = round(seconds * source.format.sample_rate_hz)
        self._kept: deque[Sound] = deque()
        self._frames = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listening")
        self._thread.start()

    @property
    def kept_s(self) -> float:
        """How much is in memory now."""
        return self._frames / self._source.format.sample_rate_hz

    def hand_over(self, pressed_at: float) -> SoundSource:
        """End, and give the open source with what was kept in front; Record was pressed at ``pressed_at``."""
        self._end()
        return Preceded(self._source, self._kept, pressed_at)

    def close(self) -> None:
        """End, forget what was heard and give the microphone back."""
        self._end()
        self._kept.clear()
        self._source.close()

    def _end(self) -> None:
        self._ending.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._ending.wait(TICK_S):
            for heard in self._source.read():
                if isinstance(heard, Sound):
                    self._remember(heard)
                elif isinstance(heard, Lost):
                    self._kept.clear()
                    self._frames = 0

    def _remember(self, sound: Sound) -> None:
        self._kept.append(sound)
        self._frames += len(sound.samples)
        while (over := self._frames - self._most_frames) > 0:
            first = self._kept.popleft()
            gone = min(over, len(first.samples))
            self._frames -= gone
            if gone < len(first.samples):
                _, rest = cut(first, gone, self._source.format.sample_rate_hz)
                self._kept.appendleft(rest)


class Preceded(Relay):
    """A source with earlier sound in front of it, and the moment marked at which Record was pressed."""

    def __init__(self, source: SoundSource, kept: deque[Sound], pressed_at: float) -> None:
        super().__init__(source)
        self._kept = kept
        self._pressed_at: float | None = pressed_at

    def read(self) -> Iterator[Heard]:
        """What was kept, then what came since the last call."""
        while self._kept:
            yield from self._marked(self._kept.popleft())
        for heard in self._source.read():
            if isinstance(heard, Sound):
                yield from self._marked(heard)
            else:
                yield heard

    def _marked(self, sound: Sound) -> Iterator[Heard]:
        rate = self.format.sample_rate_hz
        if self._pressed_at is None or sound.at + len(sound.samples) / rate < self._pressed_at:
            yield sound
            return
        before, after = cut(sound, round((self._pressed_at - sound.at) * rate), rate)
        self._pressed_at = None
        yield before
        yield Pressed()
        yield after


def cut(sound: Sound, frames: int, sample_rate_hz: int) -> tuple[Sound, Sound]:
    """The first ``frames`` of ``sound``, and the rest."""
    frames = min(max(0, frames), len(sound.samples))
    rest = replace(sound, samples=sound.samples[frames:], at=sound.at + frames / sample_rate_hz)
    return replace(sound, samples=sound.samples[:frames]), rest
