"""Edit lists as JSON and as rows: what comes back is what was put in, and nonsense is told apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.recording import Ramp, Segment
from voice_recorder.storage.library import Library
from voice_recorder.storage.segments import segment_document, segment_from, segments_from_json, segments_json

_levels = st.floats(0, 1e300)
_segments = st.builds(
    lambda master, start, length, gains, reduced: Segment(master, start, start + length, gains, reduced),
    st.text(max_size=40), st.integers(0, 2**50), st.integers(1, 2**50),
    st.lists(st.builds(Ramp, _levels, _levels), max_size=3).map(tuple), st.booleans(),
)  # fmt: skip


@given(st.lists(_segments, max_size=5).map(tuple))
def test_json_gives_back_exactly_what_was_put_in(segments: tuple[Segment, ...]) -> None:
    assert segments_from_json(segments_json(segments)) == segments


def test_a_plain_segment_is_three_values() -> None:
    assert segment_document(Segment("a", 1, 2)) == {"master": "a", "from": 1, "to": 2}
    whole = segment_document(Segment("a", 1, 2, (Ramp(0, 1),), True))
    assert whole == {"master": "a", "from": 1, "to": 2, "gains": [[0, 1]], "noise_reduced": True}


@pytest.mark.parametrize(
    "document",
    [
        None, 7, "text", [], {}, {"master": "a", "from": 0}, {"master": 7, "from": 0, "to": 1},
        {"master": "a", "from": -1, "to": 1}, {"master": "a", "from": 1, "to": 1},
        {"master": "a", "from": 0, "to": 1.5}, {"master": "a", "from": True, "to": 2},
        {"master": "a", "from": 0, "to": 1, "gains": [[1]]}, {"master": "a", "from": 0, "to": 1, "gains": 7},
        {"master": "a", "from": 0, "to": 1, "gains": [[0, -1]]},
        {"master": "a", "from": 0, "to": 1, "gains": [[0, float("nan")]]},
        {"master": "a", "from": 0, "to": 1, "gains": [[0, float("inf")]]},
        {"master": "a", "from": 0, "to": 1, "gains": [["x", 1]]},
        {"master": "a", "from": 0, "to": 1, "noise_reduced": 2},
    ],
)  # fmt: skip
def test_what_is_no_segment(document: object) -> None:
    with pytest.raises(ValueError, match=r"no segment|unpack|could not convert"):
        segment_from(document)


@pytest.mark.parametrize("text", ["", "{", "7", "{}", "null", '"a"', "[7]", "[" * 100_000])
def test_what_is_no_edit_list(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words, or ours
        segments_from_json(text)


def test_an_edit_list_in_the_library(library: Library) -> None:
    master, other = a_master(), a_master()
    edits = (
        Segment(other.id, 7, 48000, (Ramp(0, 1), Ramp(0.1, 0.1)), True),
        Segment(master.id, 0, 5), Segment(other.id, 7, 8),
    )  # fmt: skip
    recording = a_recording(master, other, edit_list=edits)
    library.add(recording, "imported")
    assert library.get(recording.id).edit_list == edits
    assert json.loads(segments_json(edits))[1] == {"master": master.id, "from": 0, "to": 5}
