"""Between microphone and take: listens for voices, and keeps back what is none."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from typing_extensions import override

from voice_recorder.audio.voice_activity import SHORTEST_VOICE_S, VoiceDetector
from voice_recorder.domain.take import TakePlan
from voice_recorder.services.sound_source import Heard, Held, Lost, Relay, Sound, SoundSource, Voice

PRE_ROLL_S = 1.0
PIECE_S = 0.1  # a delivery is judged in pieces, or a voice in the middle of a long one would be missed


def with_ears(source: SoundSource, plan: TakePlan) -> SoundSource:
    """``source`` as ``plan`` wants it heard."""
    if plan.voice_activated:
        return VoiceGate(source, plan.pause_after_s)
    return VoiceWatch(source) if plan.needs_ears else source


class VoiceWatch(Relay):
    """Says with every piece of sound how long nobody has spoken."""

    def __init__(self, source: SoundSource) -> None:
        super().__init__(source)
        self._detector = VoiceDetector(source.format.sample_rate_hz)

    def read(self) -> Iterator[Heard]:
        """What came since the last call."""
        for heard in self._source.read():
            if isinstance(heard, Sound):
                for piece in _pieces(heard, self.format.sample_rate_hz):
                    self._detector.add(piece.samples)
                    yield from self._judged(replace(piece, quiet_s=self._detector.quiet_s))
            else:
                yield from self._passed(heard)

    def _judged(self, sound: Sound) -> Iterator[Heard]:
        yield sound

    def _passed(self, heard: Heard) -> Iterator[Heard]:
        yield heard


class VoiceGate(VoiceWatch):
    """Holds the sound back until somebody speaks, and again when nobody has for ``pause_after_s``.

    A voice comes with the second before it, so that no word loses its beginning.
    """

    def __init__(self, source: SoundSource, pause_after_s: float) -> None:
        super().__init__(source)
        self._pause_after_s = pause_after_s
        self._open = False
        self._held: deque[Sound] = deque()

    @override
    def _judged(self, sound: Sound) -> Iterator[Heard]:
        if self._open:
            yield sound
            if sound.quiet_s >= self._pause_after_s:
                self._open = False
                yield Voice(False)
        elif self._detector.voice_s >= SHORTEST_VOICE_S:
            self._open = True
            yield Voice(True)
            while self._held:
                yield replace(self._held.popleft(), quiet_s=0.0, was_held=True)
            yield sound
        else:
            self._held.append(sound)
            while self._held[-1].at - self._held[0].at > PRE_ROLL_S:
                self._held.popleft()
            yield Held(sound.samples, sound.at, sound.quiet_s)

    @override
    def _passed(self, heard: Heard) -> Iterator[Heard]:
        if isinstance(heard, Lost):
            self._held.clear()  # what another device hears does not follow it
        yield heard


def _pieces(sound: Sound, rate: int) -> Iterator[Sound]:
    frames = round(PIECE_S * rate)
    for start in range(0, len(sound.samples), frames):
        yield Sound(sound.samples[start : start + frames], sound.at + start / rate)
