"""Where somebody speaks in a recording, kept in the cache by the SHA-256 of its masters."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, write_durably
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import FOLDER_MODE, StorageConfig

_MAGIC = b"VOICES01"
Report = Callable[[int, int, str], None]
Ranges = tuple[tuple[int, int], ...]
Seconds = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class _Stretch:
    """A master's share of the work, for the progress: what was done before it, and all there is."""

    before: float
    length: float
    total: float


class Voices:
    """The voices of every recording that was asked for."""

    def __init__(
        self, config: StorageConfig, library: Library, cached: Callable[[Master], Path | None] | None = None
    ) -> None:
        """``cached`` knows where the fetched copy of a master is."""
        self._folder = config.cache_path / "voices"
        self._library = library
        self._cached = cached

    def known(self, recording: Recording) -> Seconds | None:
        """The ranges as ``ranges`` gives them, if nothing has to be listened to for them; quick."""
        found = {master.id: self._load(master) for master in _heard(recording)}
        complete = {key: ranges for key, ranges in found.items() if ranges is not None}
        return _on_the_timeline(recording, complete) if len(complete) == len(found) else None

    def ranges(
        self, recording: Recording, cancel: threading.Event | None = None, report: Report | None = None
    ) -> Seconds:
        """Where somebody speaks in what is heard: seconds ``(start, end)``, in order, with a margin.

        An hour takes some minutes once, and is kept. ``report`` gets the seconds listened to and those there
        are. NotFound without the audio, DamagedAudio, Cancelled, StorageError.
        """
        masters = _heard(recording)
        total = sum(master.duration_s for master in masters)
        done, found = 0.0, {}
        for master in masters:
            ranges = self._load(master)
            if ranges is None:
                ranges = self._listen(master, cancel, report, _Stretch(done, master.duration_s, total))
            found[master.id] = ranges
            done += master.duration_s
        return _on_the_timeline(recording, found)

    def _listen(
        self, master: Master, cancel: threading.Event | None, report: Report | None, stretch: _Stretch
    ) -> Ranges:
        from voice_recorder.audio.voice_activity import voice_ranges

        def tell(frames: int, of_frames: int) -> None:
            if report is not None:
                share = frames / max(1, of_frames)
                report(round(stretch.before + share * stretch.length), round(stretch.total), "")

        path = self._audio_of(master)
        with os_errors_converted(tr("The file {path} could not be read:", path=repr(str(path)))):
            ranges = voice_ranges(path, cancel, tell, master.sample_rate_hz)
        self._store(master, ranges)
        return ranges

    def _audio_of(self, master: Master) -> Path:
        path = self._library.path_of(master)
        if path.exists():
            return path
        copy = self._cached(master) if self._cached is not None else None
        if copy is None:
            raise NotFound(tr("The audio is not on this computer."), tr("Fetch it and try again."))
        return copy

    def _load(self, master: Master) -> Ranges | None:
        if master.sha256:
            with contextlib.suppress(OSError, ValueError):  # a cache: whatever is wrong with it, made anew
                return _unpacked(self._path_of(master.sha256).read_bytes())
        return None

    def _store(self, master: Master, ranges: Ranges) -> None:
        if master.sha256:  # else it may still change
            with os_errors_converted(tr("The voices could not be kept:")):
                self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                write_durably(self._path_of(master.sha256), _packed(ranges))

    def _path_of(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.voices"


def _heard(recording: Recording) -> list[Master]:
    """The masters that are heard, each once."""
    heard = {segment.master_id for segment in Timeline.of(recording).segments}
    return [master for master in recording.masters if master.id in heard]


def _on_the_timeline(recording: Recording, found: dict[str, Ranges]) -> Seconds:
    """What is heard of every master's ranges, as seconds of the recording; what touches is one."""
    timeline = Timeline.of(recording)
    heard: list[tuple[Fraction, Fraction]] = []
    for at, segment in timeline.with_starts():
        rate = timeline.rates[segment.master_id]
        for first, last in found[segment.master_id]:
            first, last = max(first, segment.from_frame), min(last, segment.to_frame)
            if first >= last:
                continue
            start = at + Fraction(first - segment.from_frame, rate)
            end = at + Fraction(last - segment.from_frame, rate)
            if heard and heard[-1][1] >= start:
                heard[-1] = (heard[-1][0], end)
            else:
                heard.append((start, end))
    return tuple((float(start), float(end)) for start, end in heard)


def _packed(ranges: Ranges) -> bytes:
    numbers = [len(ranges), *(frame for one in ranges for frame in one)]
    return _MAGIC + np.asarray(numbers, "<u8").tobytes()


def _unpacked(data: bytes) -> Ranges:
    """The ranges in a file. ValueError when it is broken."""
    numbers = np.frombuffer(data[len(_MAGIC) :], "<u8").tolist()
    frames = numbers[1:]
    if not data.startswith(_MAGIC) or numbers[:1] != [len(frames) / 2] or frames != sorted(frames):
        raise ValueError("no voices")
    return tuple(zip(frames[::2], frames[1::2], strict=True))
