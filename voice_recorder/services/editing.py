"""Editing a recording: by its id and by seconds of what is heard. No edit touches a master.

Every edit can be heard before it is made: an operation of ``timeline(id)`` gives the timeline that
``Rendering.open`` and ``PeakStore.load`` take, and ``apply`` stores it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice_recorder.audio.loudness import LoudnessMeter
from voice_recorder.domain.edit_history import EditHistory, clock
from voice_recorder.domain.edit_list import Second, Timeline
from voice_recorder.domain.errors import Cancelled, EditRefused
from voice_recorder.domain.recording import Marker, Recording
from voice_recorder.domain.words import tr
from voice_recorder.services.rendering import Rendering
from voice_recorder.storage.edits import Edits, require_editable
from voice_recorder.storage.library import Library

TARGET_LUFS = -16.0
"""Loudness of speech that is common for podcasts and that any loudspeaker can give."""
HIGHEST_PEAK_DBTP = -1.0
_BLOCK_FRAMES = 1 << 16
Progress = Callable[[int, int], None]
"""How far a piece of work is: done and total, in frames."""


@dataclass(frozen=True)
class NormaliseAdvice:
    """How loud a selection is, and the gain that brings it to the wanted loudness.

    ``limited``: with more than ``gain_db`` its true peak would be above -1 dBTP.
    """

    loudness_lufs: float
    true_peak_dbtp: float
    gain_db: float
    limited: bool


class Editing:
    """Every edit, each one step that can be undone. Any thread may call any method.

    All of them raise NotFound for an id that is none and EditRefused, with nothing changed, for what cannot
    be done: a selection that is none, a recording that is in the trash, still running, or edited meanwhile.
    Audio that is missing or damaged may be edited all the same.
    """

    def __init__(self, library: Library, edits: Edits, rendering: Rendering) -> None:
        self._library = library
        self._edits = edits
        self._rendering = rendering

    def timeline(self, recording_id: str) -> Timeline:
        """What is heard of a recording that may be edited."""
        return self._open(recording_id)[1]

    def history(self, recording_id: str) -> EditHistory:
        """What can be undone and redone."""
        return self._edits.history(recording_id)

    def apply(self, recording_id: str, name: str, timeline: Timeline, edited: Timeline) -> Recording:
        """Store ``timeline``, which was made from ``edited``; ``name`` says how in a few words."""
        return self._edits.apply(recording_id, name, timeline, expected=edited.segments)

    # Parts

    def trim(self, recording_id: str, start: Second, end: Second) -> Recording:
        """Keep only what is between ``start`` and ``end``."""
        return self._edit(
            recording_id, lambda now: now.trim(start, end), lambda _, new: f"Trimmed to {clock(new.duration)}"
        )

    def cut(self, recording_id: str, start: Second, end: Second) -> Recording:
        """Take out what is between ``start`` and ``end``."""
        return self._edit(
            recording_id,
            lambda now: now.cut(start, end),
            lambda now, new: f"Cut {clock(now.duration - new.duration)}",
        )

    def split(self, recording_id: str, at_s: Second) -> tuple[Recording, Recording]:
        """Two of one: the recording keeps what is before ``at_s``, a new one has the rest."""
        return self._edits.split(recording_id, at_s)

    def join(self, ids: Sequence[str], title: str) -> Recording:
        """A new recording in which others are heard one after another; they stay."""
        return self._edits.join(ids, title)

    def insert(self, recording_id: str, at_s: Second, other_id: str) -> Recording:
        """Put all that is heard of another recording in at ``at_s``; the other one stays."""
        other = self.timeline(other_id)
        return self._edit(
            recording_id,
            lambda now: now.insert(at_s, other),
            lambda now, _: f"Inserted {clock(other.duration)} at {clock(min(at_s, now.duration))}",
        )

    def append(self, recording_id: str, take_id: str) -> Recording:
        """Make a finished take the end of a recording; its own row goes."""
        return self.attach(recording_id, [take_id])

    def record_over(self, recording_id: str, at_s: Second, take_id: str) -> Recording:
        """Let a finished take be heard in the place of what was there from ``at_s``; its own row goes."""
        return self.attach(recording_id, [take_id], at_s)

    def attach(
        self,
        recording_id: str,
        take_ids: Sequence[str],
        at_s: Second | None = None,
        until_s: Second | None = None,
    ) -> Recording:
        """Make the recordings of a finished take a part of another one, in one step; see ``Edits.attach``."""
        return self._edits.attach(take_ids, recording_id, at_s, until_s)

    # Levels

    def fade_in(self, recording_id: str, start: Second, end: Second) -> Recording:
        """From silence at ``start`` to full level at ``end``."""
        return self._edit(
            recording_id,
            lambda now: now.fade_in(start, end),
            lambda now, _: f"Faded in {_of(now, start, end)}",
        )

    def fade_out(self, recording_id: str, start: Second, end: Second) -> Recording:
        """From full level at ``start`` to silence at ``end``."""
        return self._edit(
            recording_id,
            lambda now: now.fade_out(start, end),
            lambda now, _: f"Faded out {_of(now, start, end)}",
        )

    def reduce_noise(self, recording_id: str, start: Second, end: Second, reduced: bool = True) -> Recording:
        """Let what is between ``start`` and ``end`` be heard with less noise, or no longer."""
        name = "Reduced noise" if reduced else "Noise as recorded"
        return self._edit(recording_id, lambda now: now.reduce_noise(start, end, reduced), lambda *_: name)

    def advise(
        self,
        recording_id: str,
        start: Second,
        end: Second,
        target_lufs: float = TARGET_LUFS,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> NormaliseAdvice:
        """Measure the selection, and say which gain brings it to ``target_lufs``.

        Raises EditRefused, too, when there is nothing but silence, or less than 0.4 s; Cancelled, and what
        keeps the sound from being read: NotFound, DamagedAudio, EncodingError.
        """
        recording, now = self._open(recording_id)
        loudness, peak = self._measured(recording, now.trim(start, end), cancel, progress)
        if loudness is None or peak is None:
            raise EditRefused(
                tr("There is nothing here whose loudness could be measured."),
                tr("Select a longer part, with something to hear in it."),
            )
        wanted, most = target_lufs - loudness, HIGHEST_PEAK_DBTP - peak
        return NormaliseAdvice(loudness, peak, min(wanted, most), wanted > most)

    def normalise(
        self, recording_id: str, start: Second, end: Second, advice: NormaliseAdvice | None = None
    ) -> Recording:
        """Change the level of the selection by the gain of ``advice``, measured now when there is none."""
        gain_db = (advice or self.advise(recording_id, start, end)).gain_db
        return self._edit(
            recording_id,
            lambda now: now.amplify(start, end, 10 ** (gain_db / 20)),
            lambda *_: f"Normalised by {gain_db:+.1f} dB",
        )

    # Back and forth, and markers

    def undo(self, recording_id: str) -> Recording:
        """Take the last edit back."""
        return self._edits.undo(recording_id)

    def redo(self, recording_id: str) -> Recording:
        """Make the edit again that was taken back last."""
        return self._edits.redo(recording_id)

    def set_markers(self, recording_id: str, markers: Sequence[Marker]) -> tuple[Marker, ...]:
        """Let a recording have these markers and no others."""
        return self._edits.set_markers(recording_id, markers)

    # The work

    def _open(self, recording_id: str) -> tuple[Recording, Timeline]:
        recording = self._library.get(recording_id)
        require_editable(recording)
        return recording, Timeline.of(recording)

    def _edit(
        self,
        recording_id: str,
        change: Callable[[Timeline], Timeline],
        name: Callable[[Timeline, Timeline], str],
    ) -> Recording:
        recording, now = self._open(recording_id)
        new = change(now)
        return self.apply(recording.id, name(now, new), new, now)

    def _measured(
        self,
        recording: Recording,
        timeline: Timeline,
        cancel: threading.Event | None,
        progress: Progress | None,
    ) -> tuple[float | None, float | None]:
        """Integrated loudness in LUFS and true peak in dBTP; None for silence."""
        with self._rendering.open(recording, timeline) as rendered:
            meter = LoudnessMeter(rendered.sample_rate_hz, rendered.channels)
            for at in range(0, rendered.frames, _BLOCK_FRAMES):
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                meter.add(rendered.read(at, _BLOCK_FRAMES))
                if progress:
                    progress(min(at + _BLOCK_FRAMES, rendered.frames), rendered.frames)
            return meter.integrated_lufs, meter.true_peak_dbtp


def _of(timeline: Timeline, start: Second, end: Second) -> str:
    """How long a selection is that may reach over the ends."""
    return clock(min(end, timeline.duration) - max(0, start))
