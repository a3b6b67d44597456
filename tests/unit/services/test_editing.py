"""W5: every edit by id and seconds, heard sample for sample, undone, and made without touching a master."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from voice_recorder.domain.edit_history import clock
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import Cancelled, EditRefused, NotFound
from voice_recorder.domain.recording import Marker, Recording
from voice_recorder.services import Services
from voice_recorder.services.editing import NormaliseAdvice
from voice_recorder.services.generated_voice import voice

RATE = 48000
Samples = npt.NDArray[np.float32]
Importer = Callable[..., Recording]


@pytest.fixture
def imported(services: Services, tmp_path: Path) -> Importer:
    """Takes samples into the library; each call must have others."""

    def take_in(samples: npt.NDArray[np.generic], rate: int = RATE) -> Recording:
        path = tmp_path / f"{len(list(tmp_path.glob('*.wav')))}.wav"
        soundfile.write(path, samples, rate)
        return services.importing.run([path]).recordings[0]

    return take_in


def heard(services: Services, recording_id: str, timeline: Timeline | None = None) -> Samples:
    with services.rendering.open(services.library.get(recording_id), timeline) as rendered:
        return rendered.read(0, rendered.frames)[:, 0]


def digests(services: Services, recording: Recording) -> dict[str, str]:
    paths = [services.library.path_of(master) for master in recording.masters]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def undo_name(services: Services, recording: Recording) -> str:
    return services.editing.history(recording.id).undo_name


class TestEveryEdit:
    def test_trim_and_cut(self, services: Services, note: Recording) -> None:
        whole = heard(services, note.id)
        services.editing.trim(note.id, 0.25, 0.75)
        assert undo_name(services, note) == "Trimmed to 0.5 s"
        assert (heard(services, note.id) == whole[12000:36000]).all()
        services.editing.cut(note.id, 0.1, 0.2)
        assert undo_name(services, note) == "Cut 0.1 s"
        left = np.concatenate([whole[12000:16800], whole[21600:36000]])
        assert (heard(services, note.id) == left).all()

    def test_insert(self, services: Services, note: Recording, imported: Importer) -> None:
        other = imported(np.full(4800, 0.5))
        whole, more = heard(services, note.id), heard(services, other.id)
        services.editing.insert(note.id, 0.5, other.id)
        assert undo_name(services, note) == "Inserted 0.1 s at 0.5 s"
        both = np.concatenate([whole[:24000], more, whole[24000:]])
        assert (heard(services, note.id) == both).all()
        assert services.library.get(other.id) == other

    def test_append_and_record_over(self, services: Services, note: Recording, imported: Importer) -> None:
        whole = heard(services, note.id)
        first, second = imported(np.full(4800, 0.5)), imported(np.full(9600, 0.25))
        new = heard(services, first.id), heard(services, second.id)
        services.editing.append(note.id, first.id)
        services.editing.record_over(note.id, 0.5, second.id)
        assert undo_name(services, note) == "Recorded over 0.2 s at 0.5 s"
        all_of_it = np.concatenate([whole[:24000], new[1], whole[33600:], new[0]])
        assert (heard(services, note.id) == all_of_it).all()
        services.editing.undo(note.id)
        services.editing.undo(note.id)
        assert (heard(services, note.id) == whole).all()

    def test_fades(self, services: Services, note: Recording) -> None:
        whole = heard(services, note.id)
        services.editing.fade_in(note.id, -1, 0.25)
        assert undo_name(services, note) == "Faded in 0.2 s"
        services.editing.fade_out(note.id, 0.5, 1)
        assert undo_name(services, note) == "Faded out 0.5 s"
        line = np.ones(RATE)
        line[:12000], line[24000:] = np.arange(12000) / 12000, 1 - np.arange(24000) / 24000
        assert np.allclose(heard(services, note.id), whole * line, atol=1e-6)

    def test_split_and_join(self, services: Services, note: Recording) -> None:
        whole = heard(services, note.id)
        first, second = services.editing.split(note.id, 0.4)
        assert (heard(services, first.id) == whole[:19200]).all()
        assert (heard(services, second.id) == whole[19200:]).all()
        joined = services.editing.join([second.id, first.id], "Turned")
        assert (heard(services, joined.id) == np.concatenate([whole[19200:], whole[:19200]])).all()

    def test_less_noise_and_as_it_was(self, services: Services, note: Recording) -> None:
        services.editing.reduce_noise(note.id, 0, 1)
        assert undo_name(services, note) == "Reduced noise"
        assert services.library.get(note.id).edit_list[0].noise_reduced
        services.editing.reduce_noise(note.id, 0, 1, reduced=False)
        assert undo_name(services, note) == "Noise as recorded"
        assert services.library.get(note.id).edit_list == Timeline.of(note).segments

    def test_any_sequence_undone_is_what_was_recorded_and_no_master_was_touched(
        self, services: Services, note: Recording, imported: Importer
    ) -> None:
        other = imported(np.full(4800, 0.5))
        whole, files = heard(services, note.id), digests(services, note) | digests(services, other)
        editing = services.editing
        editing.cut(note.id, 0.1, 0.2)
        editing.insert(note.id, 0.3, other.id)
        editing.fade_in(note.id, 0, 0.5)
        editing.normalise(note.id, 0, 9, NormaliseAdvice(-20, -10, 3, False))
        editing.append(note.id, other.id)
        editing.trim(note.id, 0.2, 1)
        done = heard(services, note.id)
        for _ in range(6):
            editing.undo(note.id)
        assert (heard(services, note.id) == whole).all()
        for _ in range(6):
            editing.redo(note.id)
        assert (heard(services, note.id) == done).all()
        assert digests(services, services.library.get(note.id)) == files

    def test_an_edit_is_heard_and_drawn_before_it_is_made(self, services: Services, note: Recording) -> None:
        now = services.editing.timeline(note.id)
        wanted = now.cut(0, 0.5)
        preview, drawn = heard(services, note.id, wanted), services.peaks.load(note.id, timeline=wanted)
        assert services.library.get(note.id) == note
        services.editing.apply(note.id, "Cut", wanted, now)
        assert (heard(services, note.id) == preview).all()
        assert (services.peaks.load(note.id).maxima == drawn.maxima).all()

    def test_markers(self, services: Services, note: Recording) -> None:
        marker = Marker(note.masters[0].id, 5, "here")
        assert (
            services.editing.set_markers(note.id, [marker]) == services.library.markers(note.id) == (marker,)
        )


class TestNormalising:
    def test_speech_comes_out_as_loud_as_wanted(self, services: Services, imported: Importer) -> None:
        """-16 LUFS within a tenth of a unit, when the peaks leave room for it."""
        note = imported(np.asarray(voice(3 * RATE, RATE)) // 8)
        before = services.editing.advise(note.id, 0, 3, -30)
        assert not before.limited
        assert before.gain_db == pytest.approx(-30 - before.loudness_lufs)
        services.editing.normalise(note.id, 0, 3, before)
        assert undo_name(services, note) == f"Normalised by {before.gain_db:+.1f} dB"
        assert services.editing.advise(note.id, 0, 3).loudness_lufs == pytest.approx(-30, abs=0.1)

    def test_the_true_peak_stays_at_or_below_minus_one(self, services: Services, imported: Importer) -> None:
        quiet = np.asarray(voice(3 * RATE, RATE)).astype(np.int32) // 100
        quiet[RATE] = 16000
        note = imported(quiet.astype(np.int16))
        advice = services.editing.advise(note.id, 0, 3)
        assert advice.limited
        assert advice.gain_db == pytest.approx(-1 - advice.true_peak_dbtp)
        services.editing.normalise(note.id, 0, 3)
        after = services.editing.advise(note.id, 0, 3)
        assert after.true_peak_dbtp == pytest.approx(-1, abs=0.01)

    def test_only_the_selection_is_measured_and_changed(self, services: Services, imported: Importer) -> None:
        sound = np.asarray(voice(4 * RATE, RATE)).astype(np.float64) / 32768
        sound[2 * RATE :] /= 10
        note = imported(sound)
        loud, low = (services.editing.advise(note.id, at, at + 2) for at in (0, 2))
        assert loud.loudness_lufs - low.loudness_lufs > 10
        before = heard(services, note.id)
        services.editing.normalise(note.id, 2, 4)
        after = heard(services, note.id)
        assert (after[: 2 * RATE] == before[: 2 * RATE]).all()
        factor = 10 ** (low.gain_db / 20)
        assert np.allclose(after[2 * RATE :], before[2 * RATE :] * factor, atol=1e-4)

    def test_silence_has_no_loudness(self, services: Services, imported: Importer) -> None:
        note = imported(np.zeros(RATE))
        with pytest.raises(EditRefused, match="loudness"):
            services.editing.normalise(note.id, 0, 1)
        assert not services.editing.history(note.id).can_undo

    def test_a_measurement_tells_how_far_it_is_and_is_called_off(
        self, services: Services, imported: Importer
    ) -> None:
        note = imported(np.asarray(voice(3 * RATE, RATE)))
        told: list[tuple[int, int]] = []
        services.editing.advise(note.id, 0, 3, progress=lambda done, total: told.append((done, total)))
        assert told == [(65536, 144000), (131072, 144000), (144000, 144000)]
        cancel = threading.Event()
        with pytest.raises(Cancelled):
            services.editing.advise(note.id, 0, 3, cancel=cancel, progress=lambda *_: cancel.set())


class TestRefused:
    def test_what_is_in_the_trash(self, services: Services, note: Recording) -> None:
        services.trash.delete([note.id])
        trashed = services.library.get(note.id)
        for attempt in (
            lambda: services.editing.timeline(note.id), lambda: services.editing.cut(note.id, 0, 0.5),
            lambda: services.editing.advise(note.id, 0, 1), lambda: services.editing.undo(note.id),
        ):  # fmt: skip
            with pytest.raises(EditRefused, match="in the trash"):
                attempt()
        assert services.library.get(note.id) == trashed

    def test_what_is_not_there_may_be_cut_but_not_measured(self, services: Services, note: Recording) -> None:
        services.library.path_of(note.masters[0]).unlink()
        services.verifying.run()
        assert services.editing.cut(note.id, 0, 0.5).duration_s == 0.5
        with pytest.raises(NotFound):
            services.editing.advise(note.id, 0, 0.5)

    def test_nothing_selected_and_places_that_are_no_numbers(
        self, services: Services, note: Recording
    ) -> None:
        nan = float("nan")
        for start, end in ((0.5, 0.5), (2, 3), (nan, 1), (0, nan), (0, float("inf"))):
            for edit in (services.editing.cut, services.editing.fade_in, services.editing.advise):
                with pytest.raises(EditRefused):
                    edit(note.id, start, end)
        with pytest.raises(NotFound):
            services.editing.cut("nobody", 0, 1)
        assert services.library.get(note.id) == note


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0.0 s"), (0.04, "0.0 s"), (0.9, "0.9 s"), (0.97, "0:01"), (59.6, "1:00"), (3723, "1:02:03")],
)
def test_lengths_in_the_names_of_steps(seconds: float, words: str) -> None:
    assert clock(seconds) == words


class TestSharedMasters:
    """Recordings that were split share their master: nothing that becomes of one takes it from the other."""

    @pytest.fixture
    def halves(self, services: Services, note: Recording) -> tuple[Recording, Recording]:
        return services.editing.split(note.id, 0.5)

    def test_the_trash_of_one_leaves_the_file_for_the_other(
        self, services: Services, halves: tuple[Recording, Recording], home: Path
    ) -> None:
        first, second = halves
        name, sound = first.masters[0].name, heard(services, second.id)
        for step in (
            lambda: services.trash.delete([first.id]), services.trash.settle,
            lambda: services.trash.delete_for_ever([first.id]), services.trash.settle,
        ):  # fmt: skip
            step()
            assert (home / "recordings" / name).exists()
            assert not (home / "trash" / name).exists()
            assert (heard(services, second.id) == sound).all()
        assert services.library.known_ids() == {second.id}
        assert services.verifying.run().is_sound

    @pytest.mark.parametrize("settled", [True, False])
    def test_both_in_the_trash_and_deleted_leave_nothing_behind(
        self, services: Services, halves: tuple[Recording, Recording], home: Path, settled: bool
    ) -> None:
        """Also not a file that recovery would take up as a recording again."""
        ids = [half.id for half in halves]
        assert all(result.ok for result in services.trash.delete(ids))
        if settled:
            services.trash.delete_for_ever(ids[:1])
        services.trash.empty()
        assert services.library.totals()["masters"] == 0
        for folder in ("recordings", "trash"):
            assert [p for p in (home / folder).iterdir() if p.suffix == ".wav"] == []
        assert services.recovery.run().recovered == []

    def test_the_one_left_in_the_trash_is_had_back(
        self, services: Services, halves: tuple[Recording, Recording]
    ) -> None:
        first, second = halves
        sound = heard(services, second.id)
        services.trash.delete([first.id, second.id])
        services.trash.delete_for_ever([first.id])
        services.trash.settle()
        services.trash.restore([second.id])
        assert (heard(services, second.id) == sound).all()
        assert services.verifying.run().is_sound

    def test_a_missing_file_is_missed_by_both_and_found_again_for_both(
        self, services: Services, halves: tuple[Recording, Recording]
    ) -> None:
        path = services.library.path_of(halves[0].masters[0])
        aside = path.rename(path.with_suffix(".aside"))
        assert {finding.recording_id for finding in services.verifying.run().missing} == {
            half.id for half in halves
        }
        assert {services.library.get(half.id).state for half in halves} == {"missing"}
        aside.rename(path)
        assert services.verifying.run([halves[1].id]).is_sound
        assert {services.library.get(half.id).state for half in halves} == {"recorded"}

    def test_recovery_leaves_them_alone(
        self, services: Services, halves: tuple[Recording, Recording]
    ) -> None:
        before = [services.library.get(half.id) for half in halves]
        report = services.recovery.run()
        assert (report.recovered, report.failed) == ([], [])
        assert [services.library.get(half.id) for half in halves] == before

    def test_both_are_queued_as_one_and_share_their_backup(
        self, services: Services, halves: tuple[Recording, Recording]
    ) -> None:
        assert services.transfers.enqueue("folder:x") == 1
        assert services.transfers.enqueue("folder:x", [halves[1].id]) == 0
        services.trash.delete([halves[0].id])
        assert len(services.transfers.due("folder:x", prepared=False, limit=5)) == 1

    def test_an_import_of_the_same_file_is_known(
        self, services: Services, halves: tuple[Recording, Recording], tmp_path: Path
    ) -> None:
        report = services.importing.run([tmp_path / "note.wav"])
        assert (report.recordings, len(report.duplicates)) == ([], 1)
