"""Rendering: a timeline becomes sound, block by block, exact to the frame, in constant memory.

Nothing is smoothed at a cut: what the edit list says is what is heard. A gain runs in a straight line, from
its start at a segment's first frame to its end at the frame behind the last: cutting a fade in two changes no
sample. Segments of another sample rate are resampled, and each has exactly the frames that
``Timeline.frames_at`` gives it. Mono sounds on every channel.
"""

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_recorder.audio.noise import RATE_HZ, noise_reduced
from voice_recorder.audio.resampling import resampled
from voice_recorder.audio.sound_file import OpenFiles, OpenSound, Samples, Source
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import Cancelled, DamagedAudio
from voice_recorder.domain.recording import Master, Segment
from voice_recorder.domain.words import tr

BLOCK_FRAMES = 1 << 16
_RUN_UP_S = 0.25
_NOISE_RUN_UP_S = 1.0
_COPY_MAY_LACK_S = 0.1
_SUBTYPES = ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")


class Rendered:
    """The sound of a timeline. Files are opened when they are first needed. For one thread at a time."""

    def __init__(
        self,
        timeline: Timeline,
        sources: Mapping[str, Source],
        sample_rate_hz: int,
        channels: int,
        subtype: str = "PCM_16",
    ) -> None:
        self.subtype = subtype
        """What its samples are at most, in libsndfile's words: PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE."""
        self.sample_rate_hz = sample_rate_hz
        self.channels = channels
        self._segments = timeline.segments
        self._sources = sources
        self._lengths = timeline.frames_at(sample_rate_hz)
        self.frames = sum(self._lengths)
        """Its length in frames."""
        self._files = OpenFiles()
        self._ahead: Iterator[Samples] = iter(())
        self._rest: Samples = np.empty((0, channels), np.float32)
        self._at = -1

    def __enter__(self) -> "Rendered":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the files back."""
        self._at, self._ahead = -1, iter(())
        self._files.close()

    def read(self, at: int, frames: int) -> npt.NDArray[np.float32]:
        """Up to ``frames`` frames from ``at``, fewer at the end; shape (frames, channels), -1 to 1.

        Cheap when it goes on where the last call ended. NotFound for a master that is not there,
        DamagedAudio, EncodingError.
        """
        if at != self._at:
            self._ahead, self._rest = self._from(at, "float32", 1 << 12), self._rest[:0]
        parts, wanted = [self._rest[:frames]], frames
        self._rest = self._rest[frames:]
        wanted -= len(parts[0])
        while wanted > 0:
            block = next(self._ahead, None)
            if block is None:
                break
            parts.append(block[:wanted])
            self._rest = block[wanted:]
            wanted -= len(parts[-1])
        self._at = at + frames - wanted
        return np.concatenate(parts)

    def blocks(self, cancel: threading.Event | None = None, dtype: str = "float32") -> Iterator[Samples]:
        """All of it from the start, in blocks of shape (frames, channels).

        As float32 and float64 they lie within -1 and 1, or beyond where gains make them louder; as int16 and
        int32 that is clipped, and integers that nothing changes stay as they are. Cancelled, NotFound for a
        master that is not there, DamagedAudio, EncodingError.
        """
        for block in self._from(0, dtype, BLOCK_FRAMES):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            yield block

    def _from(self, at: int, dtype: str, block_frames: int) -> Iterator[Samples]:
        start = 0
        for segment, length in zip(self._segments, self._lengths, strict=True):
            first = max(0, at - start)
            if first < length:
                part = _Part(self, self._files, self._sources[segment.master_id], segment, length)
                yield from part.blocks(first, dtype, block_frames)
            start += length


class _Part:
    """One segment as it sounds."""

    def __init__(
        self, whole: Rendered, files: OpenFiles, source: Source, segment: Segment, length: int
    ) -> None:
        self._rate = whole.sample_rate_hz
        self._channels = whole.channels
        self._files = files
        self._source = source
        self._segment = segment
        self._length = length

    def blocks(self, first: int, dtype: str, block_frames: int) -> Iterator[Samples]:
        """From its frame ``first`` on to its end."""
        sound = self._files.of(self._source)
        plain = sound.sample_rate_hz == self._rate and not self._segment.noise_reduced
        if plain and not self._segment.gains and _holds(dtype, sound.integer_bits):
            for block in self._native(self._own(first), self._own(self._length), dtype, block_frames):
                yield self._spread(block)
            return
        inner = "float64" if dtype in ("float64", "int32") else "float32"
        ready = (
            self._native(self._own(first), self._own(self._length), inner, block_frames)
            if plain
            else self._converted(sound, first, inner, block_frames)
        )
        at = first
        for block in ready:
            yield _as(self._spread(self._amplified(block, at)), dtype)
            at += len(block)

    def _own(self, frame: int) -> int:
        """The place in the file of a frame of this part, when both have the same rate."""
        return self._start(self._rate) + frame

    def _start(self, rate: int) -> int:
        return round(Fraction(self._segment.from_frame * rate, self._source.sample_rate_hz))

    def _native(self, first: int, end: int, dtype: str, block_frames: int) -> Iterator[Samples]:
        """The file's frames ``first`` up to ``end``, as they are."""
        at = first
        while at < end:
            sound = self._files.of(self._source)
            wanted = min(block_frames, end - at)
            block = sound.read(at, wanted, dtype)
            if not len(block):
                block = self._lacking(sound, end - at)[:wanted].astype(dtype)
            yield block
            at += len(block)

    def _lacking(self, sound: OpenSound, frames: int) -> Samples:
        """Silence for the end that a compressed copy may lack; a master lacks nothing."""
        if not self._source.is_copy or frames > _COPY_MAY_LACK_S * sound.sample_rate_hz:
            name, title = self._source.path.name, self._source.title
            raise DamagedAudio(
                tr("{name} of “{title}” ended before its end.", name=repr(name), title=title),
                tr("Nothing was made of it; the file was left as it is. 'Verify' says more."),
            )
        return np.zeros((frames, sound.channels), np.int16)

    def _converted(self, sound: OpenSound, first: int, dtype: str, block_frames: int) -> Iterator[Samples]:
        """At the rate of the whole, with less noise where that is wanted.

        Both begin a little before the part, where frames of the file and of the whole fall on one another,
        and end a little behind it: they know what is around it.
        """
        rate = sound.sample_rate_hz
        start = self._start(rate)
        step = math.lcm(rate // math.gcd(rate, self._rate), rate // math.gcd(rate, 100))
        is_quieter = self._segment.noise_reduced
        run_up = round((_NOISE_RUN_UP_S if is_quieter else _RUN_UP_S) * rate)
        begin = max((first * rate // self._rate - run_up) // step, -(start // step)) * step
        known = round(Fraction(self._source.frames * rate, self._source.sample_rate_hz))
        end = min(known, start + math.ceil(Fraction(self._length * rate, self._rate)) + run_up)
        stream = self._native(start + begin, end, dtype, block_frames)
        if is_quieter:
            stream = noise_reduced(stream, rate, sound.channels)
        skip, left = first - begin * self._rate // rate, self._length - first
        known_rate = RATE_HZ if is_quieter else rate
        for block in resampled(stream, known_rate, self._rate, sound.channels, dtype):
            ready = block[skip : skip + left]
            skip -= min(skip, len(block))
            left -= len(ready)
            if len(ready):
                yield ready
            if not left:
                return
        yield np.zeros((left, sound.channels), dtype)  # what rounding lacks: less than a frame or two

    def _amplified(self, block: Samples, at: int) -> Samples:
        """With all gains; ``at`` is the frame of this part with which ``block`` begins."""
        steady = math.prod(gain.start for gain in self._segment.gains if gain.is_steady)
        ramps = [gain for gain in self._segment.gains if not gain.is_steady]
        if not ramps:
            return block if steady == 1 else block * block.dtype.type(steady)
        share = np.arange(at, at + len(block)) / self._length
        factor = np.full(len(block), float(steady))
        for ramp in ramps:
            factor *= ramp.start * (1 - share) + ramp.end * share
        louder: Samples = block * factor.astype(block.dtype)[:, np.newaxis]
        return louder

    def _spread(self, block: Samples) -> Samples:
        """With the channels of the whole: mono on each of them, otherwise silence on those it lacks."""
        lacking = self._channels - block.shape[1]
        if not lacking:
            return block
        if block.shape[1] == 1:
            return np.repeat(block, self._channels, axis=1)
        return np.pad(block, ((0, 0), (0, lacking))) if lacking > 0 else block[:, : self._channels]


def _holds(dtype: str, bits: int | None) -> bool:
    """Whether a file with these integers (None: with none) may be read as ``dtype`` at once."""
    return dtype.startswith("float") or (bits is not None and bits <= np.dtype(dtype).itemsize * 8)


def _as(block: Samples, dtype: str) -> Samples:
    if dtype.startswith("float"):
        return block
    most = 1 << (np.dtype(dtype).itemsize * 8 - 1)
    scaled = np.rint(np.nan_to_num(block) * np.dtype(block.dtype).type(most))
    whole: npt.NDArray[Any] = np.clip(scaled, -most, most - 1).astype(dtype)
    return whole


def finest_subtype(masters: Iterable[Master]) -> str:
    """The kind of samples that loses none of these masters' bits; 16 bits for lossy ones."""
    return max(map(_subtype, masters), key=_SUBTYPES.index)


def _subtype(master: Master) -> str:
    if master.codec.startswith("pcm_f"):
        return "DOUBLE" if master.bit_depth == 64 else "FLOAT"
    return next(f"PCM_{bits}" for bits in (16, 24, 32) if (master.bit_depth or 16) <= bits)
