"""What a recording says about itself."""

from datetime import UTC, datetime

import pytest

from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.recording import AudioFormat, Segment, default_title
from voice_recorder.domain.states import MasterState, RecordingState


@pytest.mark.parametrize(
    ("audio_format", "frame", "second"),
    [
        (AudioFormat(), 2, 96_000),
        (AudioFormat(44100, 2, 16), 4, 176_400),
        (AudioFormat(96000, 2, 24), 6, 576_000),
        (AudioFormat(48000, 1, 24), 3, 144_000),
    ],
)
def test_c1_2_the_data_rate_of_each_format(audio_format: AudioFormat, frame: int, second: int) -> None:
    assert (audio_format.bytes_per_frame, audio_format.bytes_per_second) == (frame, second)


def test_without_an_edit_list_all_masters_are_heard_one_after_another() -> None:
    recording = a_recording(a_master(frames=48000), a_master(frames=22050, sample_rate_hz=44100))
    assert recording.duration_s == pytest.approx(1.5)


def test_the_edit_list_decides_what_is_heard_each_part_at_its_masters_rate() -> None:
    first, second = a_master(), a_master(sample_rate_hz=44100, frames=441000)
    edits = (Segment(second.id, 44100, 88200), Segment(first.id, 0, 24000), Segment(second.id, 0, 22050))
    assert a_recording(first, second, edit_list=edits).duration_s == pytest.approx(2.0)


def test_the_size_is_that_of_all_masters() -> None:
    assert a_recording(a_master(size_bytes=7), a_master(size_bytes=5)).size_bytes == 12


def test_c1_4_the_local_time_is_that_of_the_place_where_it_was_made() -> None:
    recording = a_recording(created_at=datetime(2024, 12, 31, 23, 30, tzinfo=UTC), utc_offset_min=330)
    assert f"{recording.local_time:%Y-%m-%d %H:%M}" == "2025-01-01 05:00"


def test_c1_4_the_name_by_default_is_the_local_date_and_time() -> None:
    assert default_title(datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2024-02-03 04.05.06"


def test_the_state_is_that_of_its_worst_master_unless_it_is_in_the_trash() -> None:
    good, gone = a_master(), a_master(state=MasterState.MISSING)
    assert a_recording(good, gone).state is RecordingState.MISSING
    at = datetime(2024, 1, 1, tzinfo=UTC)
    assert a_recording(good, gone, trashed_at=at).state is RecordingState.TRASHED
