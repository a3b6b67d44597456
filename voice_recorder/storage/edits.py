"""Edits in the library: each is one transaction, and none of them touches a master.

Recordings share masters where they were split, joined or put into each other: nothing is copied.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from voice_recorder.domain.edit_history import EditHistory, clock
from voice_recorder.domain.edit_list import Second, Timeline
from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Marker, Recording, Segment, default_title
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.edit_rows import (
    StoredSteps,
    read_steps,
    require_readable,
    store_steps,
    with_edit,
)
from voice_recorder.storage.engine import Database
from voice_recorder.storage.keys import key_of, remember, touch
from voice_recorder.storage.marker_rows import (
    hand_over_markers,
    index_places,
    read_markers,
    replace_markers,
)
from voice_recorder.storage.rows import insert_recording, read_recordings
from voice_recorder.storage.segments import replace_segments

PART_OF = "became part of"
"""History of a take that was attached: the detail is the id of the recording that has its sound now."""
TOOK_IN = "took in"
"""History of what a take was attached to: the detail is the id of the take, which sidecars know only so."""
SPLIT_OFF = "split off"
"""History of what came from a split: the detail is the id of the recording it was part of."""
TAKEN_OUT = "taken out again"
"""History of what was attached and undone for good: the detail is the id of what it was part of."""
JOINED = "joined"
"""History of what came from a join: the detail is the ids of its parts."""
_SAY_FROM_WHERE = [TOOK_IN, SPLIT_OFF, TAKEN_OUT, JOINED]

_m = t.masters.c
_links = t.recording_masters.c


@dataclass(frozen=True)
class _Opened:
    """A recording inside a transaction."""

    key: int
    recording: Recording
    timeline: Timeline


class Edits:
    """Changes how recordings are heard, and takes it back. Any thread may call any method.

    NotFound for an id that is none; EditRefused, with nothing changed, for what cannot be edited.
    """

    def __init__(self, database: Database, place: Callable[[], str] = lambda: "") -> None:
        """``place`` says where copies go now: recordings are read with their backup there."""
        self._database = database
        self._place = place

    def history(self, recording_id: str) -> EditHistory:
        """Every step that can be undone or redone; empty when nothing was edited, or it cannot be read."""
        with self._database.session() as connection:
            opened = self._read(connection, recording_id)
            return _steps(connection, opened).history

    def apply(
        self, recording_id: str, name: str, timeline: Timeline, *, expected: Sequence[Segment]
    ) -> Recording:
        """Let a recording be heard as ``timeline`` says, which was made from the segments ``expected``.

        ``name`` says in a few words what was done: "Cut 0:03". Masters of other recordings are shared.
        Refused when it was edited meanwhile, be it by another process.
        """
        with self._database.session(write=True) as connection:
            opened = self._open(connection, recording_id)
            if tuple(expected) != opened.timeline.segments:
                raise EditRefused(
                    tr("The recording was changed meanwhile."), tr("Nothing was changed now; try again.")
                )
            _store(connection, opened, name, timeline)
            return self._again(connection, opened)

    def undo(self, recording_id: str) -> Recording:
        """One step back."""
        return self._go(recording_id, "undone", EditHistory.undone)

    def redo(self, recording_id: str) -> Recording:
        """One step forth again."""
        return self._go(recording_id, "redone", EditHistory.redone)

    def attach(
        self,
        take_ids: Sequence[str],
        target_id: str,
        at_s: Second | None = None,
        until_s: Second | None = None,
    ) -> Recording:
        """Make a finished take, perhaps split into several recordings, part of ``target_id``, in one step.

        It is heard at the end, or from ``at_s`` in the place of what was there: for as long as it lasts, or
        up to ``until_s``. Its masters, markers, tags and notes go along; its own rows go, their history
        stays. An undo takes it out of what is heard only.
        """
        with self._database.session(write=True) as connection:
            target = self._open(connection, target_id)
            takes = [self._open(connection, take_id) for take_id in take_ids]
            if target.key in {take.key for take in takes}:
                raise EditRefused(tr("A recording cannot become part of itself."), tr("Nothing was changed."))
            name, timeline = _with_take(target.timeline, _joined(takes), at_s, until_s)
            _link(connection, target, [master.id for take in takes for master in take.recording.masters])
            _hand_over(connection, takes, target)
            for take in takes:
                remember(connection, [target.recording.id], TOOK_IN, take.recording.id)
            _store(connection, target, name, timeline)
            for take in takes:
                connection.execute(delete(t.recordings).where(t.recordings.c.key == take.key))
                remember(connection, [take.recording.id], PART_OF, target.recording.id)
            return self._again(connection, target)

    def join(self, ids: Sequence[str], title: str) -> Recording:
        """A new recording in which others are heard one after another. They stay, and share their masters.

        It has the date of the first, all markers, tags and notes, and the folder if it is the same for all.
        """
        if len(ids) < 2:
            raise EditRefused(tr("There is nothing to join."), tr("Choose two recordings or more."))
        with self._database.session(write=True) as connection:
            parts = [self._open(connection, recording_id) for recording_id in ids]
            recordings = [part.recording for part in parts]
            timeline = _joined(parts)
            folders = {recording.folder for recording in recordings}
            joined = replace(
                _new(recordings[0], title, timeline),
                masters=tuple({m.id: m for recording in recordings for m in recording.masters}.values()),
                tags=tuple(dict.fromkeys(tag for recording in recordings for tag in recording.tags)),
                folder=folders.pop() if len(folders) == 1 else None,
                notes="\n\n".join(dict.fromkeys(filter(None, (r.notes for r in recordings)))),
            )
            markers = dict.fromkeys(marker for part in parts for marker in read_markers(connection, part.key))
            key = _enter(connection, joined, markers, JOINED, " ".join(r.id for r in recordings))
            return read_recordings(connection, [key], self._place())[0]

    def split(self, recording_id: str, at_s: Second) -> tuple[Recording, Recording]:
        """Two of one: the recording keeps what is before ``at_s``, a new one has the rest.

        They share their masters. The first is as it was after an undo; the second stays.
        """
        with self._database.session(write=True) as connection:
            opened = self._open(connection, recording_id)
            before, rest = opened.timeline.split(at_s)
            recording = opened.recording
            second = replace(
                _new(recording, f"{recording.title} (2)", rest),
                created_at=recording.created_at + timedelta(seconds=before.duration_s),
                tags=recording.tags, folder=recording.folder,
                favourite=recording.favourite, archived=recording.archived,
            )  # fmt: skip
            marked = read_markers(connection, opened.key)
            heard = (m for m in marked if rest.seconds_of(m.master_id, m.frame))
            key = _enter(connection, second, heard, SPLIT_OFF, recording.id)
            _store(connection, opened, f"Split at {clock(before.duration)}", before)
            first, second = read_recordings(connection, [opened.key, key], self._place())
            return first, second

    def set_markers(self, recording_id: str, markers: Sequence[Marker]) -> tuple[Marker, ...]:
        """Let a recording have these markers and no others; they are returned."""
        with self._database.session(write=True) as connection:
            opened = self._open(connection, recording_id)
            frames = {master.id: master.frames for master in opened.recording.masters}
            if not all(0 <= marker.frame <= frames.get(marker.master_id, -1) for marker in markers):
                raise EditRefused(tr("A marker is outside the recording."), tr("Nothing was changed."))
            replace_markers(connection, opened.key, markers)
            touch(connection, [opened.key])
            remember(connection, [opened.recording.id], "markers changed")
        return tuple(markers)

    def origins(self, ids: Iterable[str]) -> set[str]:
        """The ids of all recordings, gone ones included, whose sound these may have by edits; these, too."""
        c, found, new = t.history.c, set[str](), set(ids)
        with self._database.session() as connection:
            while new:
                found |= new
                parts = select(c.recording_id).where(c.kind == PART_OF, c.detail.in_(new))
                wholes = select(c.detail).where(c.kind.in_(_SAY_FROM_WHERE), c.recording_id.in_(new))
                sources = [*connection.scalars(parts), *connection.scalars(wholes)]
                new = {source for many in sources for source in many.split()} - found
        return found

    def _go(
        self, recording_id: str, happened: str, change: Callable[[EditHistory], EditHistory]
    ) -> Recording:
        with self._database.session(write=True) as connection:
            opened = self._open(connection, recording_id)
            stored = _steps(connection, opened)
            require_readable(stored)
            history = change(stored.history)
            name = history.redo_name if happened == "undone" else history.undo_name
            replace_segments(connection, opened.key, history.segments, _master_keys(connection, opened.key))
            index_places(connection, [opened.key])
            store_steps(connection, opened.key, stored, history)
            remember(connection, [opened.recording.id], happened, name)
            return self._again(connection, opened)

    def _read(self, connection: Connection, recording_id: str) -> _Opened:
        key = key_of(connection, recording_id)
        recording = read_recordings(connection, [key], self._place())[0]
        return _Opened(key, recording, Timeline.of(recording))

    def _open(self, connection: Connection, recording_id: str) -> _Opened:
        """A recording that may be edited. EditRefused."""
        opened = self._read(connection, recording_id)
        require_editable(opened.recording)
        return opened

    def _again(self, connection: Connection, opened: _Opened) -> Recording:
        return read_recordings(connection, [opened.key], self._place())[0]


def require_editable(recording: Recording) -> None:
    """EditRefused for a recording in the trash, and for a take that is still running."""
    if recording.trashed_at is not None:
        raise EditRefused(
            tr("“{title}” is in the trash.", title=recording.title), tr("Restore it before you edit it.")
        )
    if any(master.state is MasterState.RECORDING for master in recording.masters):
        raise EditRefused(
            tr("“{title}” is still running.", title=recording.title), tr("Stop it before you edit it.")
        )


def _joined(parts: Sequence[_Opened]) -> Timeline:
    """What is heard of several recordings, one after another."""
    timeline = parts[0].timeline
    for part in parts[1:]:
        timeline = timeline.append(part.timeline)
    return timeline


def _with_take(
    now: Timeline, take: Timeline, at_s: Second | None, until_s: Second | None
) -> tuple[str, Timeline]:
    """The step's name, and what is heard with the take in its place."""
    length = clock(take.duration)
    if at_s is None:
        return f"Appended {length}", now.append(take)
    if until_s is None:
        over = now.record_over(at_s, take)
        return f"Recorded over {length} at {clock(min(at_s, now.duration))}", over
    replaced = now.insert(until_s, take).cut(at_s, until_s)
    gone = now.duration + take.duration - replaced.duration
    return f"Replaced {clock(gone)} by {length}", replaced


def _new(like: Recording, title: str, timeline: Timeline) -> Recording:
    """A recording made from another: its masters that are heard, its date."""
    heard = {segment.master_id for segment in timeline.segments}
    return Recording(
        id=uuid.uuid4().hex,
        title=title,
        created_at=like.created_at,
        updated_at=datetime.now(UTC),
        utc_offset_min=like.utc_offset_min,
        masters=tuple(master for master in like.masters if master.id in heard),
        edit_list=timeline.segments,
    )


def _steps(connection: Connection, opened: _Opened) -> StoredSteps:
    return read_steps(connection, opened.key, opened.recording, opened.timeline.segments)


def _store(connection: Connection, opened: _Opened, name: str, timeline: Timeline) -> None:
    """Let ``opened`` be heard as ``timeline`` says, as one more step."""
    stored = _steps(connection, opened)
    history = with_edit(stored, name, opened.timeline.segments, timeline.segments)
    _link(connection, opened, [segment.master_id for segment in timeline.segments])
    replace_segments(connection, opened.key, timeline.segments, _master_keys(connection, opened.key))
    _give_back(connection, opened, stored.history, history)
    index_places(connection, [opened.key])
    store_steps(connection, opened.key, stored, history)
    remember(connection, [opened.recording.id], "edited", name)


def _give_back(connection: Connection, opened: _Opened, before: EditHistory, after: EditHistory) -> None:
    """Make a recording of the sound that only steps have which were undone and go now.

    So an attached take stays, which was undone and can be redone no more.
    """
    gone = _masters_in(before) - _masters_in(after)
    others = select(_links.master_key).where(_links.recording_key != opened.key)
    mine = (
        select(_m.id, _m.key)
        .join(t.recording_masters, _links.master_key == _m.key)
        .where(_links.recording_key == opened.key, _m.id.in_(gone), _m.key.not_in(others))
    )
    lost = {row.id: row.key for row in connection.execute(mine)}
    if not lost:
        return
    masters = tuple(master for master in opened.recording.masters if master.id in lost)
    recording = replace(_new(opened.recording, "", opened.timeline), masters=masters, edit_list=())
    recording = replace(recording, created_at=masters[0].created_at)
    recording = replace(recording, title=default_title(recording.local_time))
    key = _enter(connection, recording, (), TAKEN_OUT, opened.recording.id)
    hand_over_markers(connection, [opened.key], key, lost.values())
    own = (_links.recording_key == opened.key, _links.master_key.in_(lost.values()))
    connection.execute(delete(t.recording_masters).where(*own))


def _masters_in(history: EditHistory) -> set[str]:
    return {segment.master_id for step in history.steps for segment in step.segments}


def _link(connection: Connection, opened: _Opened, master_ids: Iterable[str]) -> None:
    """Let a recording have these masters, too, behind its own. EditRefused when one is nowhere."""
    position = 1 + max(
        connection.scalars(select(_links.position).where(_links.recording_key == opened.key)), default=-1
    )
    known = _master_keys(connection, opened.key)
    for number, master_id in enumerate(i for i in dict.fromkeys(master_ids) if i not in known):
        # In the trash alone it may be removed at any moment, with its file.
        key = connection.scalar(
            select(_m.key)
            .join(t.recording_masters, _links.master_key == _m.key)
            .join(t.recordings, t.recordings.c.key == _links.recording_key)
            .where(_m.id == master_id, t.recordings.c.trashed_ms.is_(None))
            .limit(1)
        )
        if key is None:
            raise EditRefused(
                tr("A part of this is not in the library any more."), tr("Nothing was changed.")
            )
        row = {"recording_key": opened.key, "position": position + number, "master_key": key}
        connection.execute(insert(t.recording_masters).values(row))


def _hand_over(connection: Connection, takes: Sequence[_Opened], target: _Opened) -> None:
    """Markers, tags and notes of takes."""
    tagged, keys = t.recording_tags.c, [take.key for take in takes]
    hand_over_markers(connection, keys, target.key)
    given = select(tagged.tag_key).where(tagged.recording_key.in_(keys))
    known = select(tagged.tag_key).where(tagged.recording_key == target.key)
    for tag_key in connection.scalars(given.where(tagged.tag_key.not_in(known)).distinct()).all():
        connection.execute(insert(t.recording_tags).values(recording_key=target.key, tag_key=tag_key))
    notes = [target.recording.notes, *(take.recording.notes for take in takes)]
    if any(notes[1:]):
        touch(connection, [target.key], notes="\n\n".join(filter(None, notes)))


def _enter(
    connection: Connection, recording: Recording, markers: Iterable[Marker], how: str, detail: str
) -> int:
    key = insert_recording(connection, recording)
    replace_markers(connection, key, markers)
    remember(connection, [recording.id], how, detail)
    return key


def _master_keys(connection: Connection, key: int) -> Mapping[str, int]:
    """The keys of a recording's masters by their ids."""
    rows = select(_m.id, _m.key).join(t.recording_masters, _links.master_key == _m.key)
    found: dict[str, int] = {
        row.id: row.key for row in connection.execute(rows.where(_links.recording_key == key))
    }
    return found
