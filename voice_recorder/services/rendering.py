"""Finds the files that a timeline is made of, and opens it as sound: for playing, measuring and exporting."""

from collections.abc import Callable
from pathlib import Path

from voice_recorder.audio.render import Rendered, finest_subtype
from voice_recorder.audio.sound_file import Source, missing
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EditRefused, NotFound
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.storage.library import Library

__all__ = ["Rendered", "Rendering"]


class Rendering:
    """Opens recordings as they are heard. Any thread may call any method."""

    def __init__(self, library: Library, cached: Callable[[Master], Path | None]) -> None:
        """``cached`` knows where the fetched copy of a master is that is not here."""
        self._library = library
        self._cached = cached

    def open(self, recording: Recording, timeline: Timeline | None = None) -> Rendered:
        """``recording`` as it is heard, or as another ``timeline`` says; ``close`` what is returned.

        Its rate is that of its masters, the highest where they differ; it has as many channels as the one
        with most. Raises NotFound, which names the file and what to do, when a master is not here;
        EditRefused when there is nothing to hear.
        """
        timeline = timeline or Timeline.of(recording)
        if not timeline.segments:
            raise EditRefused(
                tr("“{title}” holds no sound.", title=recording.title), tr("Nothing was made of it.")
            )
        masters = self._masters(recording, timeline)
        return Rendered(
            timeline,
            {master.id: self._source(recording, master) for master in masters},
            max(master.sample_rate_hz for master in masters),
            max(master.channels for master in masters),
            finest_subtype(masters),
        )

    def _masters(self, recording: Recording, timeline: Timeline) -> list[Master]:
        """The masters that are heard, also those of other recordings."""
        known = {master.id: master for master in recording.masters}
        heard = dict.fromkeys(segment.master_id for segment in timeline.segments)
        return [known.get(master_id) or self._of_another(master_id) for master_id in heard]

    def _of_another(self, master_id: str) -> Master:
        for owner in self._library.owners(master_id):
            return next(master for master in owner.masters if master.id == master_id)
        raise NotFound(
            tr("A part of this recording is not in the library any more."), tr("Nothing was made of it.")
        )

    def _source(self, recording: Recording, master: Master) -> Source:
        path = self._library.path_of(master)
        if path.exists():
            return Source(path, recording.title, master.frames, master.sample_rate_hz)
        copy = self._cached(master)
        if copy is not None:
            return Source(copy, recording.title, master.frames, master.sample_rate_hz, is_copy=True)
        if master.state is MasterState.FREED:
            raise NotFound(
                tr("The audio of “{title}” is in the cloud only.", title=recording.title),
                tr("Fetch it first: 'Fetch' in the window, or 'voice-recorder fetch'."),
            )
        raise missing(recording.title, master.name)
