"""Edits in the library: one transaction each, undone without end, masters shared and never touched."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.recordings import AT, a_master, a_recording
from voice_recorder.domain.edit_history import EditHistory
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EditRefused, NotFound
from voice_recorder.domain.recording import Marker, Ramp, Recording, Segment
from voice_recorder.domain.states import MasterState
from voice_recorder.storage.edits import Edits
from voice_recorder.storage.engine import Database
from voice_recorder.storage.library import Library


@pytest.fixture
def edits(database: Database) -> Edits:
    return Edits(database)


@pytest.fixture
def note(library: Library) -> Recording:
    """Two seconds at 48 kHz."""
    return added(library, frames=96000)


def added(library: Library, markers: Sequence[Marker] = (), **changes: Any) -> Recording:
    frames = changes.pop("frames", 48000)
    master = changes.pop("master", None) or a_master(frames=frames)
    recording = a_recording(master, **changes)
    library.add(recording, "imported", [replace(m, master_id=master.id) for m in markers])
    return library.get(recording.id)


def cut(edits: Edits, recording: Recording, start: float, end: float, name: str = "Cut") -> Recording:
    now = Timeline.of(recording)
    return edits.apply(recording.id, name, now.cut(start, end), expected=now.segments)


def kinds(library: Library, recording: Recording) -> list[tuple[str, str]]:
    return [(entry.kind, entry.detail) for entry in library.history(recording.id)]


def names(history: EditHistory) -> list[str]:
    return [step.name for step in history.steps]


def spoil(library: Library, statement: str, *values: object) -> None:
    """What another program, or a newer version of this one, does to the library."""
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql(statement, values)


class TestUndo:
    def test_the_first_edit_keeps_what_was_before_it(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        whole = Timeline.of(note).segments
        assert edits.history(note.id) == EditHistory()
        edited = cut(edits, note, 0.5, 1, "Cut 0:01")
        assert edited == library.get(note.id)
        assert edited.duration_s == 1.5
        history = edits.history(note.id)
        assert (names(history), history.current) == (["As recorded", "Cut 0:01"], 1)
        assert history.steps[0].segments == whole
        assert edited.masters == note.masters
        assert edited.updated_at > note.updated_at

    def test_w5_any_number_of_steps_back_and_forth_also_by_another_process(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        """Undo survives a restart: nothing of it is in memory."""
        states = [Timeline.of(note).segments]
        recording = note
        for _ in range(40):
            recording = cut(edits, recording, 0.01, 0.03)
            states.append(recording.edit_list)
        for state in reversed(states[:-1]):
            assert Edits(library.database).undo(note.id).edit_list == state
        with pytest.raises(EditRefused, match="nothing to undo"):
            edits.undo(note.id)
        for state in states[1:]:
            assert Edits(library.database).redo(note.id).edit_list == state
        with pytest.raises(EditRefused, match="nothing to redo"):
            edits.redo(note.id)
        assert library.get(note.id).edit_list == states[-1]

    def test_a_new_edit_takes_the_place_of_what_was_undone(self, edits: Edits, note: Recording) -> None:
        for name in ("first", "second", "third"):
            note = cut(edits, note, 0.1, 0.2, name)
        edits.undo(note.id)
        note = edits.undo(note.id)
        cut(edits, note, 0, 0.5, "other")
        assert names(edits.history(note.id)) == ["As recorded", "first", "other"]

    def test_the_history_of_the_recording_tells(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        cut(edits, note, 0.5, 1, "Cut 0:01")
        edits.undo(note.id)
        edits.redo(note.id)
        assert kinds(library, note)[1:] == [
            ("edited", "Cut 0:01"), ("undone", "Cut 0:01"), ("redone", "Cut 0:01"),
        ]  # fmt: skip

    def test_gains_and_noise_come_back(self, edits: Edits, note: Recording) -> None:
        now = Timeline.of(note)
        faded = now.fade_in(0, 1).reduce_noise(0, 1).amplify(0, 2, 0.1)
        assert edits.apply(note.id, "Faded", faded, expected=now.segments).edit_list == faded.segments
        edits.undo(note.id)
        assert edits.redo(note.id).edit_list == faded.segments

    def test_an_edit_made_meanwhile_elsewhere_is_not_lost(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        mine = Timeline.of(note)
        other = cut(Edits(library.database), note, 0, 1)
        with pytest.raises(EditRefused, match="changed meanwhile"):
            edits.apply(note.id, "Cut", mine.cut(1, 2), expected=mine.segments)
        assert library.get(note.id) == other


class TestUnreadableSteps:
    @pytest.mark.parametrize(
        "text",
        [
            "nonsense", "[", "{}", "[]", '[{"master": "a"}]', '[{"cut": [1, 2]}]',
            '[{"master": "unknown", "from": 0, "to": 5}]', "TOO LONG",
        ],
    )  # fmt: skip
    def test_the_recording_is_heard_as_its_rows_say_and_nothing_is_destroyed(
        self, library: Library, edits: Edits, note: Recording, text: str
    ) -> None:
        edited = cut(edits, cut(edits, note, 0, 0.5, "first"), 0, 0.5, "second")
        if text == "TOO LONG":
            text = json.dumps([{"master": note.masters[0].id, "from": 0, "to": 96001}])
        spoil(library, "UPDATE edit_steps SET segments = ? WHERE number = 2", text)
        assert edits.history(note.id) == EditHistory()
        assert library.get(note.id) == edited
        for change in (edits.undo, edits.redo):
            with pytest.raises(EditRefused, match="cannot be read") as refused:
                change(note.id)
            assert "newer version" in refused.value.detail
        assert library.get(note.id) == edited

    def test_editing_goes_on_behind_them(self, library: Library, edits: Edits, note: Recording) -> None:
        edited = cut(edits, note, 0, 0.5, "first")
        spoil(library, "UPDATE edit_steps SET segments = 'newer' WHERE number = 1")
        cut(edits, edited, 0, 0.5, "second")
        assert names(edits.history(note.id)) == ["As it was", "second"]
        assert edits.undo(note.id).edit_list == edited.edit_list
        with pytest.raises(EditRefused, match="nothing to undo"):
            edits.undo(note.id)
        with library.database.session() as connection:
            rows = connection.exec_driver_sql("SELECT number, segments FROM edit_steps ORDER BY 1").all()
        assert [row[0] for row in rows] == [0, 1, 2, 3]
        assert rows[1][1] == "newer"

    def test_older_steps_than_one_that_cannot_be_read_are_out_of_reach(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        for name in ("first", "second", "third"):
            note = cut(edits, note, 0, 0.1, name)
        spoil(library, "UPDATE edit_steps SET at_ms = 'x' WHERE number = 1")
        assert names(edits.history(note.id)) == ["second", "third"]
        edits.undo(note.id)
        with pytest.raises(EditRefused, match="nothing to undo"):
            edits.undo(note.id)

    @pytest.mark.parametrize("number", [-1, 7])
    def test_a_number_of_no_step(self, library: Library, edits: Edits, note: Recording, number: int) -> None:
        edited = cut(edits, note, 0, 0.5)
        spoil(library, "UPDATE recordings SET edit_number = ?", number)
        assert edits.history(note.id) == EditHistory()
        with pytest.raises(EditRefused, match="cannot be read"):
            edits.undo(note.id)
        assert library.get(note.id).edit_list == edited.edit_list

    def test_what_is_heard_and_no_step_has_is_kept_by_the_next_edit(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        cut(edits, note, 0, 0.5)
        spoil(library, "UPDATE segments SET from_frame = 90000")
        heard = library.get(note.id)
        assert edits.history(note.id) == EditHistory()
        cut(edits, heard, 0, 0.05)
        assert edits.undo(note.id).edit_list == heard.edit_list


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "state", "words"),
        [({"trashed_at": AT}, MasterState.RECORDED, "trash"), ({}, MasterState.RECORDING, "still running")],
    )
    def test_what_is_in_the_trash_or_still_running(
        self, library: Library, edits: Edits, note: Recording, changes: Any, state: MasterState, words: str
    ) -> None:
        other = added(library, master=a_master(state=state), **changes)
        now = Timeline.of(other)
        attempts = (
            lambda: edits.apply(other.id, "Cut", now.cut(0, 0.5), expected=now.segments),
            lambda: edits.undo(other.id), lambda: edits.redo(other.id), lambda: edits.split(other.id, 0.5),
            lambda: edits.attach([other.id], note.id), lambda: edits.attach([note.id], other.id),
            lambda: edits.join([note.id, other.id], "Both"), lambda: edits.set_markers(other.id, []),
        )  # fmt: skip
        for attempt in attempts:
            with pytest.raises(EditRefused, match=words):
                attempt()
        assert library.get(note.id) == note
        assert library.get(other.id) == other
        assert len(library.known_ids()) == 2

    @pytest.mark.parametrize("state", [MasterState.MISSING, MasterState.DAMAGED, MasterState.FREED])
    def test_what_is_not_here_may_be_cut(self, library: Library, edits: Edits, state: MasterState) -> None:
        recording = added(library, master=a_master(state=state))
        assert cut(edits, recording, 0, 0.5).duration_s == 0.5

    def test_ids_that_are_none(self, edits: Edits, note: Recording) -> None:
        for attempt in (
            lambda: edits.history("f"), lambda: edits.undo("f"), lambda: edits.attach(["f"], note.id),
            lambda: edits.attach([note.id], "f"), lambda: edits.join([note.id, "f"], "x"),
            lambda: edits.split("f", 1), lambda: edits.set_markers("f", []),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                attempt()

    def test_a_master_that_is_nowhere(self, library: Library, edits: Edits, note: Recording) -> None:
        now = Timeline.of(note)
        strange = now.append(Timeline((Segment("gone", 0, 5),), {"gone": 48000}))
        with pytest.raises(EditRefused, match="not in the library any more"):
            edits.apply(note.id, "Appended", strange, expected=now.segments)
        assert library.get(note.id) == note


class TestAttaching:
    def test_a_take_becomes_the_end_of_a_recording(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        take = added(
            library, [Marker("", 100, "here")], frames=12 * 48000, tags=("work",), notes="Said later"
        )
        appended = edits.attach([take.id], note.id)
        assert [m.id for m in appended.masters] == [note.masters[0].id, take.masters[0].id]
        assert appended.edit_list == (*Timeline.of(note).segments, *Timeline.of(take).segments)
        assert library.markers(note.id) == (Marker(take.masters[0].id, 100, "here"),)
        assert (appended.tags, appended.notes, appended.title) == (("work",), "Said later", note.title)
        assert kinds(library, note)[-1] == ("edited", "Appended 0:12")
        assert kinds(library, take) == [("imported", ""), ("became part of", note.id)]
        with pytest.raises(NotFound):
            library.get(take.id)
        assert library.totals()["masters"] == 2

    def test_after_undo_the_sound_stays_with_the_recording_unheard(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        take = added(library)
        edits.attach([take.id], note.id)
        undone = edits.undo(note.id)
        assert undone.edit_list == Timeline.of(note).segments
        assert {m.id for m in undone.masters} == {note.masters[0].id, take.masters[0].id}
        assert edits.redo(note.id).duration_s == 3

    def test_a_take_is_heard_in_the_place_of_what_was_there(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        first, second = note.masters[0], a_master(frames=4410, sample_rate_hz=44100)
        take = added(library, master=second)
        over = edits.attach([take.id], note.id, 1)
        assert over.edit_list == (
            Segment(first.id, 0, 48000), Segment(second.id, 0, 4410), Segment(first.id, 52800, 96000),
        )  # fmt: skip
        assert kinds(library, note)[-1] == ("edited", "Recorded over 0.1 s at 0:01")

    def test_tags_and_notes_of_both_are_kept_once(self, library: Library, edits: Edits) -> None:
        target = added(library, tags=("home", "work"), notes="One")
        take = added(library, tags=("late", "work"), notes="Two")
        both = edits.attach([take.id], target.id)
        assert (both.tags, both.notes) == (("home", "late", "work"), "One\n\nTwo")

    def test_a_recording_does_not_become_part_of_itself(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        with pytest.raises(EditRefused, match="part of itself"):
            edits.attach([note.id], note.id)
        assert library.get(note.id) == note

    def test_a_take_without_sound_changes_nothing(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        empty = added(library, frames=0)
        with pytest.raises(EditRefused, match="no sound"):
            edits.attach([empty.id], note.id)
        assert library.get(empty.id) == empty
        assert library.get(note.id) == note

    def test_a_take_that_was_edited_and_shares_its_master_is_heard_as_it_was(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        first, second = edits.split(note.id, 0.5)
        whole = edits.attach([second.id], first.id)
        assert whole.edit_list == Timeline.of(note).segments
        assert whole.masters == note.masters


class TestJoining:
    def test_parts_are_heard_one_after_another_and_stay(self, library: Library, edits: Edits) -> None:
        one = added(library, [Marker("", 5, "a")], tags=("home",), folder="Talks", notes="One")
        two = added(library, [Marker("", 7, "b")], tags=("home", "work"), folder="Talks", notes="Two")
        two = cut(edits, two, 0, 0.5)
        joined = edits.join([two.id, one.id], "Both")
        assert (joined.title, joined.created_at, joined.folder) == ("Both", two.created_at, "Talks")
        assert joined.edit_list == (*two.edit_list, *Timeline.of(one).segments)
        assert joined.masters == (*two.masters, *one.masters)
        assert (joined.tags, joined.notes) == (("home", "work"), "Two\n\nOne")
        assert [m.label for m in library.markers(joined.id)] == ["b", "a"]
        assert kinds(library, joined) == [("joined", f"{two.id} {one.id}")]
        assert library.get(one.id) == one
        assert library.get(two.id) == two
        assert library.totals()["masters"] == 2

    def test_of_different_folders_it_is_in_none(self, library: Library, edits: Edits) -> None:
        parts = [added(library, folder=folder) for folder in ("A", None)]
        assert edits.join([part.id for part in parts], "Both").folder is None

    def test_the_halves_of_a_split_joined_are_the_whole_with_its_markers_once(
        self, library: Library, edits: Edits
    ) -> None:
        markers = [Marker("", 100, "early"), Marker("", 40000, "late")]
        note = added(library, markers)
        halves = edits.split(note.id, 0.5)
        whole = edits.join([half.id for half in halves], "Whole")
        assert whole.edit_list == Timeline.of(note).segments
        assert whole.masters == note.masters
        assert [m.label for m in library.markers(whole.id)] == ["early", "late"]

    @pytest.mark.parametrize("count", [0, 1])
    def test_fewer_than_two_are_nothing_to_join(
        self, library: Library, edits: Edits, note: Recording, count: int
    ) -> None:
        with pytest.raises(EditRefused, match="nothing to join"):
            edits.join([note.id] * count, "Alone")
        assert library.known_ids() == {note.id}


class TestSplitting:
    def test_two_of_one(self, library: Library, edits: Edits) -> None:
        markers = [Marker("", 100, "early"), Marker("", 24000, "at the cut"), Marker("", 48000, "at stop")]
        note = added(library, markers, tags=("work",), folder="Talks", favourite=True, notes="Mine")
        first, second = edits.split(note.id, 0.5)
        master = note.masters[0]
        assert (first.id, first.title, first.edit_list) == (
            note.id,
            "A note",
            (Segment(master.id, 0, 24000),),
        )
        assert (second.title, second.edit_list) == ("A note (2)", (Segment(master.id, 24000, 48000),))
        assert (second.tags, second.folder, second.favourite) == (("work",), "Talks", True)
        assert second.created_at == note.created_at + timedelta(seconds=0.5)
        assert first.masters == second.masters == (master,)
        assert [m.label for m in library.markers(second.id)] == ["at the cut", "at stop"]
        assert len(library.markers(first.id)) == 3
        assert kinds(library, first)[-1] == ("edited", "Split at 0.5 s")
        assert kinds(library, second) == [("split off", note.id)]
        undone = edits.undo(note.id)
        assert undone.edit_list == Timeline.of(note).segments
        assert library.get(second.id) == second

    def test_only_masters_that_are_heard_are_shared(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        take = added(library)
        edits.attach([take.id], note.id)
        _first, second = edits.split(note.id, 2.5)
        assert [master.id for master in second.masters] == [take.masters[0].id]

    @pytest.mark.parametrize("at", [0, 2, -1, 9, float("nan")])
    def test_where_there_is_nothing_to_split(
        self, library: Library, edits: Edits, note: Recording, at: float
    ) -> None:
        with pytest.raises(EditRefused):
            edits.split(note.id, at)
        assert library.get(note.id) == note
        assert library.known_ids() == {note.id}


class TestMarkers:
    def test_they_are_added_named_moved_and_deleted(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        master_id = note.masters[0].id
        markers = (Marker(master_id, 5, "first"), Marker(master_id, 96000))
        assert edits.set_markers(note.id, markers) == markers == library.markers(note.id)
        assert edits.set_markers(note.id, markers[1:]) == markers[1:] == library.markers(note.id)
        assert edits.set_markers(note.id, ()) == library.markers(note.id) == ()
        assert kinds(library, note)[-1] == ("markers changed", "")
        assert library.get(note.id).updated_at > note.updated_at

    def test_one_outside_the_recording_is_refused(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        good = Marker(note.masters[0].id, 5, "good")
        edits.set_markers(note.id, [good])
        for bad in (Marker(good.master_id, -1), Marker(good.master_id, 96001), Marker("unknown", 0)):
            with pytest.raises(EditRefused, match="outside"):
                edits.set_markers(note.id, [good, bad])
        assert library.markers(note.id) == (good,)


class TestSharedMasters:
    def test_what_only_one_needs_and_who_owns_it(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        first, second = edits.split(note.id, 0.5)
        assert library.masters_only_of(first.id) == library.masters_only_of(second.id) == ()
        assert {owner.id for owner in library.owners(note.masters[0].id)} == {first.id, second.id}
        library.forget(first.id, "deleted for ever")
        assert library.masters_only_of(second.id) == second.masters
        assert library.get(second.id).edit_list == second.edit_list
        library.forget(second.id, "deleted for ever")
        assert library.totals()["masters"] == 0

    def test_what_was_read_of_it_is_read_for_all(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        first, second = edits.split(note.id, 0.5)
        gone = replace(note.masters[0], state=MasterState.MISSING)
        library.store_reading(first.id, gone, "missing")
        assert library.get(second.id).masters == library.get(first.id).masters == (gone,)

    def test_lengths_are_as_heard(self, library: Library, edits: Edits, note: Recording) -> None:
        first, second = edits.split(note.id, 0.5)
        with library.database.session() as connection:
            rows = connection.exec_driver_sql("SELECT id, duration_ms FROM recordings").all()
        assert {tuple(row) for row in rows} == {(first.id, 500), (second.id, 1500)}

    def test_a_fade_over_shared_masters_is_heard_in_one_only(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        first, second = edits.split(note.id, 1)
        now = Timeline.of(second)
        edits.apply(second.id, "Faded", now.fade_in(0, 1), expected=now.segments)
        assert library.get(first.id) == first
        assert library.get(second.id).edit_list[0].gains == (Ramp(0, 1),)


class TestNothingIsLost:
    def test_sound_that_was_deleted_meanwhile_is_not_put_in(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        """Its file goes with it: what lies in the trash alone may be removed at any moment."""
        other = added(library)
        now = Timeline.of(note)
        with_other = now.insert(1, Timeline.of(other))
        library.set_trashed(other.id, AT)
        with pytest.raises(EditRefused, match="not in the library any more"):
            edits.apply(note.id, "Inserted", with_other, expected=now.segments)
        assert library.get(note.id).masters == note.masters
        library.set_trashed(other.id, None)
        assert len(edits.apply(note.id, "Inserted", with_other, expected=now.segments).masters) == 2

    def test_an_appended_take_that_was_undone_is_a_recording_again_when_no_redo_can_bring_it_back(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        take = added(library, [Marker("", 4800, "in the take")], frames=48000)
        edits.attach([take.id], note.id)
        edits.undo(note.id)
        assert len(library.known_ids()) == 1, "a redo can still bring it back"
        cut(edits, library.get(note.id), 0.5, 1)
        (new_id,) = library.known_ids() - {note.id}
        again = library.get(new_id)
        assert [m.id for m in library.get(note.id).masters] == [m.id for m in note.masters]
        assert Timeline.of(again).segments == Timeline.of(take).segments
        assert [m.id for m in again.masters] == [m.id for m in take.masters]
        assert again.created_at == take.created_at
        assert [marker.label for marker in library.markers(again.id)] == ["in the take"]
        assert library.history(again.id)[-1].kind == "taken out again"

    def test_what_is_heard_elsewhere_or_can_be_undone_makes_no_recording(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        other, take = added(library), added(library)
        now = Timeline.of(note)
        edits.apply(note.id, "Inserted", now.insert(1, Timeline.of(other)), expected=now.segments)
        edits.undo(note.id)
        edits.attach([take.id], note.id)
        cut(edits, library.get(note.id), 0, 2.5)
        edits.undo(note.id)
        cut(edits, library.get(note.id), 0, 1)
        assert library.known_ids() == {note.id, other.id}

    def test_where_sound_came_from_is_known_without_the_history_of_what_is_gone(
        self, library: Library, edits: Edits, note: Recording
    ) -> None:
        """As after a rebuild: sidecars know recordings that are there only."""
        take = added(library)
        edits.attach([take.id], note.id)
        spoil(library, "DELETE FROM history WHERE recording_id = ?", take.id)
        assert edits.origins([note.id]) == {note.id, take.id}
