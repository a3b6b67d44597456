"""Every question to the library and every change of it, on a real database."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.recordings import AT, a_master, a_recording, new_id
from tests.unit.storage.programs import run_python
from voice_recorder.domain.errors import LibraryDamaged, NotFound, StorageError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import (
    Health,
    Marker,
    Master,
    Recording,
    Segment,
    TakeEvent,
    TakeEventKind,
)
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.storage import schema as t
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.rows import insert_recording

_S = MasterState


def filled(library: Library, *recordings: Recording) -> tuple[Recording, ...]:
    for recording in recordings:
        library.add(recording, "imported")
    return recordings


def ids(recordings: Sequence[Recording]) -> list[str]:
    return [recording.id for recording in recordings]


def share(library: Library, master: Master, recording: Recording, position: int = 1) -> None:
    """Let ``recording`` refer to another recording's master, as a join does."""
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql(
            "INSERT INTO recording_masters (recording_key, position, master_key) VALUES"
            " ((SELECT key FROM recordings WHERE id = ?), ?, (SELECT key FROM masters WHERE id = ?))",
            (recording.id, position, master.id),
        )


class TestAdding:
    def test_a_recording_comes_back_with_all_its_parts(self, library: Library) -> None:
        health = Health(dropped_samples=7, clipped_share=0.25, silent_share=0.5, peak_dbfs=-3.5)
        events = (
            TakeEvent(TakeEventKind.PAUSED, 10),
            TakeEvent(TakeEventKind.DEVICE_LOST, 20, 4800, "USB \N{STUDIO MICROPHONE}"),
        )
        first = a_master(health=health, events=events, overview=bytes(range(96)))
        second = a_master(
            bit_depth=None, bitrate_bps=None, sha256=None, samples_sha256=None, format="mp3", codec="mp3",
            state=_S.DAMAGED, created_at=AT - timedelta(days=365 * 60),
        )  # fmt: skip
        recording = a_recording(
            first, second,
            title="It's \"quoted\"\n\N{STUDIO MICROPHONE}", notes="long " * 1000,
            tags=("home", "work", "ärger"),
            folder="Interviews", favourite=True, archived=True, recovered=True, trashed_at=AT,
            utc_offset_min=-570,
            edit_list=(Segment(second.id, 5, 9), Segment(first.id, 0, 48000), Segment(second.id, 5, 9)),
        )  # fmt: skip
        library.add(recording, "imported")
        assert library.get(recording.id) == recording

    def test_two_recordings_share_folders_and_tags_by_name(self, library: Library) -> None:
        one, two = filled(library, *(a_recording(tags=("home",), folder="A") for _ in range(2)))
        assert library.get(one.id).tags == library.get(two.id).tags == ("home",)
        with library.database.session() as connection:
            tables = ("tags", "folders")
            counts = [connection.exec_driver_sql(f"SELECT count(*) FROM {n}").scalar() for n in tables]
        assert counts == [1, 1]

    def test_half_a_recording_is_never_entered(self, library: Library) -> None:
        master = a_master()
        filled(library, a_recording(master))
        with pytest.raises(StorageError, match="UNIQUE"):
            library.add(a_recording(a_master(), replace(master, id=new_id())), "imported")
        assert library.page(LibraryQuery(), 10).total == 1
        assert library.totals()["masters"] == 1

    def test_its_history_begins_with_how_it_came(self, library: Library) -> None:
        recording = a_recording()
        library.add(recording, "started")
        (entry,) = library.history(recording.id)
        assert (entry.kind, entry.detail) == ("started", "")
        assert abs(datetime.now(UTC) - entry.at) < timedelta(seconds=10)


class TestPages:
    def test_w2_newest_first_and_every_recording_on_exactly_one_page(self, library: Library) -> None:
        made = [a_recording(created_at=AT + timedelta(minutes=7 * n)) for n in (3, 1, 4, 0, 2)]
        filled(library, *made)
        newest_first = ids(sorted(made, key=lambda recording: recording.created_at, reverse=True))
        pages = [library.page(LibraryQuery(), 2, offset) for offset in (0, 2, 4, 6)]
        assert [ids(page.recordings) for page in pages] == [
            newest_first[:2], newest_first[2:4], newest_first[4:], [],
        ]  # fmt: skip
        assert {page.total for page in pages} == {5}
        assert [library.rows(LibraryQuery(), 2, offset) for offset in (0, 2, 4, 6)] == [
            page.recordings for page in pages
        ]

    def test_the_days_of_a_journey_are_not_torn_apart(self, library: Library) -> None:
        """The order is that of the clock of the place, as are the days."""
        auckland = a_recording(created_at=datetime(2024, 1, 1, 12, 0, tzinfo=UTC), utc_offset_min=13 * 60)
        honolulu = a_recording(created_at=datetime(2024, 1, 1, 20, 0, tzinfo=UTC), utc_offset_min=-10 * 60)
        filled(library, auckland, honolulu)
        assert ids(library.page(LibraryQuery(), 5).recordings) == ids([auckland, honolulu])
        assert [(day.day, day.count) for day in library.days(LibraryQuery())] == [
            ("2024-01-02", 1),
            ("2024-01-01", 1),
        ]

    def test_a_page_may_be_longer_than_sqlites_list_of_variables(self, library: Library) -> None:
        with library.database.session(write=True) as connection:  # in one go: each add() is synced to disk
            for _ in range(510):
                insert_recording(connection, a_recording())
        assert len({recording.id for recording in library.page(LibraryQuery(), 1000).recordings}) == 510
        assert len(library.with_ids(None)) == 510

    def test_the_days_add_up_to_the_total(self, library: Library) -> None:
        filled(library, *(a_recording(created_at=AT + timedelta(hours=9 * n)) for n in range(10)))
        days = library.days(LibraryQuery())
        assert sum(day.count for day in days) == library.page(LibraryQuery(), 1).total == 10
        assert [day.day for day in days] == sorted({day.day for day in days}, reverse=True)
        assert library.days(LibraryQuery(search="nothing like it")) == ()

    def test_shelves_hold_what_belongs_on_them_and_counts_agree(self, library: Library) -> None:
        flags = list(itertools.product([False, True], repeat=3))
        for favourite, archived, trashed in flags:
            at = AT if trashed else None
            library.add(a_recording(favourite=favourite, archived=archived, trashed_at=at), "imported")
        counts = library.counts()
        found = {Shelf.ALL: 2, Shelf.FAVOURITES: 2, Shelf.NOT_BACKED_UP: 0, Shelf.ARCHIVE: 2, Shelf.TRASH: 4}
        assert counts == found
        for shelf in Shelf:
            page = library.page(LibraryQuery(shelf), 10)
            assert (page.total, len(page.recordings)) == (counts[shelf], counts[shelf])
        on_trash = library.page(LibraryQuery(Shelf.TRASH), 10).recordings
        assert all(recording.trashed_at for recording in on_trash)

    @pytest.mark.parametrize("state", list(RecordingState))
    def test_a_state_asked_for_is_the_state_a_recording_says_it_has(
        self, library: Library, state: RecordingState
    ) -> None:
        masters = [(), *itertools.product(_S), *itertools.product(_S, repeat=2)]
        made = [
            replace(
                a_recording(trashed_at=at, archived=archived, title=f"word {states}"),
                masters=tuple(a_master(state=s) for s in states),
            )
            for states, at, archived in itertools.product(masters, [None, AT], [False, True])
        ]
        filled(library, *made)
        page = library.page(LibraryQuery(state=state), 1000)
        assert set(ids(page.recordings)) == {recording.id for recording in made if recording.state is state}
        assert page.total == len(page.recordings)
        assert library.page(LibraryQuery(search="wor", state=state), 1000).total == page.total
        assert library.page(LibraryQuery(search="nothing", state=state), 1000).total == 0


class TestFinding:
    def test_by_its_id_or_a_beginning_that_fits_no_other(self, library: Library) -> None:
        one, two = filled(library, a_recording(id="abc1" + 28 * "0"), a_recording(id="abd2" + 28 * "0"))
        assert library.get(one.id) == library.get("abc") == one
        assert library.get("abd2") == two

    @pytest.mark.parametrize("wanted", ["ab", "x", "", "%", "_bc", "abc%", "' OR 1=1", "\0", "abc 1"])
    def test_what_fits_none_or_several_is_not_found(self, library: Library, wanted: str) -> None:
        filled(library, a_recording(id="abc1" + 28 * "0"), a_recording(id="abd2" + 28 * "0"))
        with pytest.raises(NotFound):
            library.get(wanted)

    def test_a_beginning_that_fits_several_is_said_to(self, library: Library) -> None:
        filled(library, a_recording(id="abc1" + 28 * "0"), a_recording(id="abd2" + 28 * "0"))
        with pytest.raises(NotFound, match="More than one"):
            library.get("ab")
        with pytest.raises(NotFound, match="no recording with the id 'ac'"):
            library.get("ac")

    def test_an_id_that_is_the_beginning_of_another_is_found_itself(self, library: Library) -> None:
        short, _ = filled(library, a_recording(id="abc"), a_recording(id="abcd"))
        assert library.get("abc").id == short.id

    def test_several_at_once_in_the_order_asked_for(self, library: Library) -> None:
        made = filled(library, *(a_recording() for _ in range(3)))
        wanted = [made[2].id, made[0].id]
        assert ids(library.with_ids(wanted)) == wanted
        with pytest.raises(NotFound):
            library.with_ids([made[0].id, "fffff"])

    def test_by_the_state_of_a_master_also_in_the_trash(self, library: Library) -> None:
        running = a_recording(a_master(), a_master(state=_S.RECORDING))
        gone = a_recording(a_master(state=_S.MISSING), trashed_at=AT)
        filled(library, running, gone, a_recording())
        assert ids(library.in_state(_S.RECORDING)) == [running.id]
        assert ids(library.in_state(_S.MISSING)) == [gone.id]
        assert library.in_state(_S.DAMAGED) == ()

    def test_c4_2_what_still_has_to_be_proved(self, library: Library) -> None:
        unproved = a_recording(a_master(sha256=None))
        filled(library, unproved, a_recording(a_master(sha256=None, state=_S.RECORDING)), a_recording())
        assert ids(library.unproved()) == [unproved.id]

    def test_s11_1_a_duplicate_is_found_by_its_digest_the_oldest_first(self, library: Library) -> None:
        first, _ = filled(library, *(a_recording(a_master(sha256="ee" * 32)) for _ in range(2)))
        found = library.with_sha256("ee" * 32)
        assert found is not None
        assert found.id == first.id
        assert library.with_sha256("ff" * 32) is None

    def test_by_the_names_of_their_files(self, library: Library) -> None:
        one, two, _ = filled(library, *(a_recording() for _ in range(3)))
        names = [one.masters[0].name, two.masters[0].name, "unknown.wav"]
        assert ids(library.with_masters_named(names)) == [one.id, two.id]
        assert library.with_masters_named([]) == ()
        assert len(library.known_names()) == 3
        assert library.known_ids() == {recording.id for recording in library.with_ids(None)}

    def test_s9_what_has_been_in_the_trash_since_before(self, library: Library) -> None:
        old, _, _ = filled(
            library, a_recording(trashed_at=AT - timedelta(days=1)), a_recording(trashed_at=AT), a_recording()
        )
        assert ids(library.trashed_before(AT)) == [old.id]

    def test_s9_4_what_is_old_enough_for_the_trash_favourites_and_archive_exempt(
        self, library: Library
    ) -> None:
        before = AT - timedelta(milliseconds=1)
        old, *_ = filled(
            library,
            a_recording(created_at=before), a_recording(created_at=AT),
            a_recording(created_at=before, favourite=True), a_recording(created_at=before, archived=True),
            a_recording(created_at=before, trashed_at=AT),
        )  # fmt: skip
        assert ids(library.made_before(AT)) == [old.id]

    def test_where_a_masters_file_is_in_the_recordings_or_in_the_trash(
        self, library: Library, config: StorageConfig
    ) -> None:
        master = a_master()
        assert library.path_of(master) == config.raw_recordings_path / master.name
        (config.trash_path / master.name).write_bytes(b"")
        assert library.path_of(master) == config.trash_path / master.name


class TestTakes:
    @pytest.fixture
    def take(self, library: Library) -> Recording:
        master = a_master(state=_S.RECORDING, frames=0, size_bytes=0, sha256=None, samples_sha256=None)
        return filled(library, a_recording(master, title=""))[0]

    def test_the_row_of_a_take_follows_what_is_known_of_it(self, library: Library, take: Recording) -> None:
        master = replace(
            take.masters[0], frames=96000, events=(TakeEvent(TakeEventKind.PAUSED, 5),), size_bytes=10
        )
        markers = [Marker(master.id, 900, "second"), Marker(master.id, 100, "first")]
        library.update_take(take.id, master, markers, title="A title")
        done = replace(
            master, state=_S.RECORDED, events=(*master.events, TakeEvent(TakeEventKind.RESUMED, 5))
        )
        library.update_take(take.id, done, markers[:1], happened="recorded")
        stored = library.get(take.id)
        assert (stored.title, stored.masters, stored.state) == ("A title", (done,), RecordingState.RECORDED)
        assert library.markers(take.id) == (markers[0],)
        assert [entry.kind for entry in library.history(take.id)] == ["imported", "recorded"]
        assert stored.updated_at > take.updated_at

    def test_c3_1_a_recovered_take_says_so(self, library: Library, take: Recording) -> None:
        done = replace(take.masters[0], state=_S.RECORDED)
        library.update_take(take.id, done, (), recovered=True, happened="recovered")
        assert library.get(take.id).recovered

    def test_a_finished_take_never_becomes_a_running_one(self, library: Library, take: Recording) -> None:
        done = replace(take.masters[0], state=_S.RECORDED)
        library.update_take(take.id, done, (), title="kept")
        with pytest.raises(ValueError, match="from recorded to recording"):
            library.update_take(take.id, replace(done, state=_S.RECORDING), (), title="changed")
        with pytest.raises(ValueError, match="from recorded to recording"):
            library.store_reading(take.id, replace(done, state=_S.RECORDING), "read")
        assert (library.get(take.id).state, library.get(take.id).title) == (RecordingState.RECORDED, "kept")

    def test_c4_2_what_reading_the_file_has_shown_is_stored(self, library: Library, take: Recording) -> None:
        read = replace(
            take.masters[0], state=_S.DAMAGED, sha256="12" * 32, frames=5, overview=b"\x01\x02",
            health=Health(0, 0.1, 0.2, -6.0),
        )  # fmt: skip
        library.store_reading(take.id, read, "verified", "differs")
        assert library.get(take.id).masters == (read,)
        entry = library.history(take.id)[-1]
        assert (entry.kind, entry.detail) == ("verified", "differs")

    def test_what_was_deleted_for_ever_while_it_was_read_stays_deleted(
        self, library: Library, take: Recording
    ) -> None:
        library.forget(take.id, "deleted for ever")
        library.store_reading(take.id, replace(take.masters[0], state=_S.RECORDED), "verified")
        assert library.totals()["masters"] == 0
        assert library.history(take.id)[-1].kind == "deleted for ever"

    def test_markers_stand_in_the_order_in_which_they_are_heard(self, library: Library) -> None:
        first, second = a_master(), a_master()
        recording = a_recording(first, second)
        given = [
            Marker(second.id, 5, "c"), Marker(first.id, 700, "b"), Marker(second.id, 5, "d"),
            Marker(first.id, 10, "a"),
        ]  # fmt: skip
        library.add(recording, "imported", given)
        assert [marker.label for marker in library.markers(recording.id)] == ["a", "b", "c", "d"]

    def test_markers_of_an_unknown_recording_are_not_found(self, library: Library) -> None:
        with pytest.raises(NotFound):
            library.markers("unknown")


class TestChanging:
    @pytest.fixture
    def note(self, library: Library) -> Recording:
        return filled(library, a_recording())[0]

    def test_every_change_is_kept_told_and_in_the_history(self, library: Library, note: Recording) -> None:
        assert library.rename(note.id, "New \N{STUDIO MICROPHONE}").title == "New \N{STUDIO MICROPHONE}"
        assert library.set_notes(note.id, "text").notes == "text"
        assert library.set_favourite(note.id, True).favourite
        assert not library.set_favourite(note.id, False).favourite
        assert library.set_archived(note.id, True).archived
        assert not library.set_archived(note.id, False).archived
        assert library.set_trashed(note.id, AT).trashed_at == AT
        restored = library.set_trashed(note.id, None)
        assert restored.state is RecordingState.RECORDED
        library.remember(note.id, "exported", "to /somewhere")
        assert library.get(note.id) == restored
        assert restored.updated_at > note.updated_at
        assert [(entry.kind, entry.detail) for entry in library.history(note.id)] == [
            ("imported", ""), ("renamed", "New \N{STUDIO MICROPHONE}"), ("notes changed", ""),
            ("favourite", ""), ("no favourite", ""), ("archived", ""), ("unarchived", ""), ("deleted", ""),
            ("restored", ""), ("exported", "to /somewhere"),
        ]  # fmt: skip

    def test_a_change_by_a_shortened_id_enters_the_right_history(
        self, library: Library, note: Recording
    ) -> None:
        library.rename(note.id[:12], "New")
        assert [entry.kind for entry in library.history(note.id)] == ["imported", "renamed"]

    def test_changing_what_is_not_there_is_said(self, library: Library) -> None:
        for change in (lambda: library.rename("x", "y"), lambda: library.forget("x", "deleted")):
            with pytest.raises(NotFound):
                change()

    def test_s14_the_history_outlives_the_recording(self, library: Library, note: Recording) -> None:
        library.add(replace(a_recording(tags=("t",)), folder="f"), "imported", ())
        library.forget(note.id, "deleted for ever")
        with pytest.raises(NotFound):
            library.get(note.id)
        assert [entry.kind for entry in library.history(note.id)] == ["imported", "deleted for ever"]
        assert library.totals()["masters"] == 1

    def test_forgetting_leaves_masters_that_another_recording_needs(self, library: Library) -> None:
        shared, own = a_master(), a_master()
        original, joined = filled(library, a_recording(shared, own), a_recording())
        share(library, shared, joined)
        assert [master.id for master in library.masters_only_of(original.id)] == [own.id]
        library.forget(original.id, "deleted for ever")
        assert shared.name in library.known_names()
        assert own.name not in library.known_names()
        assert [master.id for master in library.get(joined.id).masters] == [joined.masters[0].id, shared.id]
        assert {m.id for m in library.masters_only_of(joined.id)} == {joined.masters[0].id, shared.id}

    def test_forgetting_takes_all_parts_along(self, library: Library) -> None:
        master = a_master(events=(TakeEvent(TakeEventKind.PAUSED, 1),))
        recording = a_recording(master, edit_list=(Segment(master.id, 0, 5),), tags=("x",))
        library.add(recording, "imported", [Marker(master.id, 1)])
        library.forget(recording.id, "deleted for ever")
        with library.database.session() as connection:
            left = {
                table.name: connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar()
                for table in t.metadata.sorted_tables
            }
        assert left.pop("history") == 2
        assert left.pop("tags") == 1
        assert set(left.values()) == {0}, left


class TestFigures:
    def test_an_empty_library_has_nothing(self, library: Library) -> None:
        assert library.totals() == {"recordings": 0, "masters": 0, "size_bytes": 0, "duration_s": 0}
        assert library.page(LibraryQuery(), 5).recordings == ()
        assert set(library.counts().values()) == {0}

    def test_totals(self, library: Library) -> None:
        long = a_master(frames=44100 * 90, sample_rate_hz=44100, size_bytes=1000)
        half = a_master(frames=24000, size_bytes=10)
        filled(library, a_recording(long, half), a_recording(a_master(frames=24000, size_bytes=1)))
        assert library.totals() == {"recordings": 2, "masters": 3, "size_bytes": 1011, "duration_s": 91}


class TestWatching:
    def test_a_change_of_this_process_is_seen_once(self, library: Library) -> None:
        watch = library.watch()
        assert not watch.changed()
        filled(library, a_recording())
        assert watch.changed()
        assert not watch.changed()
        library.page(LibraryQuery(), 5)
        assert not watch.changed()
        watch.close()

    def test_a_change_of_another_program_is_seen(self, library: Library, config: StorageConfig) -> None:
        watch = library.watch()
        run_python(
            """
            import sqlite3
            with sqlite3.connect(sys.argv[1]) as connection:
                connection.execute("INSERT INTO tags (name) VALUES ('x')")
            """,
            config.database_path,
        )
        assert watch.changed()
        watch.close()


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE masters SET state = 'vanished'",
        "UPDATE take_events SET kind = 'exploded'",
        "UPDATE recordings SET created_ms = 9223372036854775807",
        "UPDATE recordings SET created_ms = 'yesterday'",
    ],
)
def test_s3_3_a_row_that_cannot_be_right_is_said_in_words(library: Library, spoil: str) -> None:
    recording = a_recording(a_master(events=(TakeEvent(TakeEventKind.PAUSED, 1),)))
    filled(library, recording)
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql(spoil)
    with pytest.raises(LibraryDamaged, match="cannot be right"):
        library.get(recording.id)
