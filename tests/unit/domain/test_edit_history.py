"""Undo without fear: any sequence of operations is taken back exactly, and done again exactly."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.test_edit_list import Operation, operations, timelines, unhurried
from tests.unit.recordings import AT
from voice_recorder.domain.edit_history import EditHistory, EditStep, clock
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import EditRefused
from voice_recorder.domain.recording import Segment


def step(name: str, *segments: Segment) -> EditStep:
    return EditStep(name, AT, segments)


def performed(timeline: Timeline, done: Sequence[Operation]) -> tuple[EditHistory, list[tuple[Segment, ...]]]:
    """The history after ``done``, and every state in between, the first one included."""
    history = EditHistory().with_step(step("As recorded", *timeline.segments))
    states = [timeline.segments]
    for operation in done:
        try:
            timeline = operation(timeline)
        except EditRefused:
            continue
        history = history.with_step(step(operation.name, *timeline.segments))
        states.append(timeline.segments)
    return history, states


@unhurried
@given(timelines, st.lists(operations, max_size=8))
def test_undo_of_any_sequence_restores_every_state_and_redo_makes_it_again(
    timeline: Timeline, done: list[Operation]
) -> None:
    history, states = performed(timeline, done)
    for state in reversed(states):
        assert history.segments == state
        history = history.undone() if history.can_undo else history
    assert not history.can_undo
    for state in states:
        assert history.segments == state
        history = history.redone() if history.can_redo else history
    assert not history.can_redo


@unhurried
@given(timelines, st.lists(operations, min_size=1, max_size=6), st.data())
def test_a_new_operation_takes_the_place_of_what_was_undone(
    timeline: Timeline, done: list[Operation], data: st.DataObject
) -> None:
    history, states = performed(timeline, done)
    back = data.draw(st.integers(0, len(states) - 1))
    for _ in range(back):
        history = history.undone()
    kept = len(states) - back
    history = history.with_step(step("New", Segment("a", 0, 1)))
    assert not history.can_redo
    assert [s.segments for s in history.steps] == [*states[:kept], (Segment("a", 0, 1),)]
    assert history.undone().segments == states[kept - 1]


def test_names_say_what_undo_and_redo_would_do() -> None:
    history = EditHistory()
    assert (history.undo_name, history.redo_name, history.segments) == ("", "", ())
    history = history.with_step(step("As recorded")).with_step(step("Cut 0:03")).with_step(step("Fade in"))
    assert (history.undo_name, history.redo_name) == ("Fade in", "")
    assert (history.undone().undo_name, history.undone().redo_name) == ("Cut 0:03", "Fade in")
    assert (history.undone().undone().undo_name, history.undone().undone().redo_name) == ("", "Cut 0:03")


def test_without_a_step_there_is_nothing_to_undo_or_redo() -> None:
    for history in (EditHistory(), EditHistory().with_step(step("As recorded", Segment("a", 0, 5)))):
        with pytest.raises(EditRefused, match="nothing to undo"):
            history.undone()
        with pytest.raises(EditRefused, match="nothing to redo"):
            history.redone()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-0.1, "0.0 s"), (0.44, "0.4 s"), (0.97, "0:01"), (12, "0:12"), (59.6, "1:00"), (3599.4, "59:59"),
        (3723, "1:02:03"),
    ],
)  # fmt: skip
def test_a_place_in_the_name_of_a_step_reads_as_on_a_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words
