"""The states, and which changes between them are legal."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_recorder.domain.states import MasterState, RecordingState, is_legal, recording_state

_S = MasterState


def test_a_finished_master_never_becomes_one_being_recorded_again() -> None:
    assert not [state for state in _S if state is not _S.RECORDING and is_legal(state, _S.RECORDING)]


@pytest.mark.parametrize("state", list(_S))
def test_staying_is_always_legal(state: MasterState) -> None:
    assert is_legal(state, state)


def test_a_master_in_trouble_can_become_good_again_and_a_good_one_can_get_into_trouble() -> None:
    for trouble in (_S.MISSING, _S.DAMAGED):
        assert is_legal(_S.RECORDED, trouble)
        assert is_legal(trouble, _S.RECORDED)


def test_every_end_of_a_take_is_legal() -> None:
    assert all(is_legal(_S.RECORDING, end) for end in (_S.RECORDED, _S.MISSING, _S.DAMAGED))


@pytest.mark.parametrize("masters", list(itertools.combinations_with_replacement(_S, 2)))
def test_a_recording_is_only_well_when_all_its_masters_are(masters: tuple[MasterState, ...]) -> None:
    well = recording_state(list(masters), trashed=False) is RecordingState.RECORDED
    assert well == all(state is _S.RECORDED for state in masters)


@given(masters=st.lists(st.sampled_from(list(_S)), min_size=1), data=st.data())
def test_the_order_of_masters_does_not_matter_and_the_state_is_one_of_theirs(
    masters: list[MasterState], data: st.DataObject
) -> None:
    state = recording_state(masters, trashed=False)
    assert state in {recording_state([master], trashed=False) for master in masters}
    assert recording_state(data.draw(st.permutations(masters)), trashed=False) is state


def test_a_running_take_shows_as_recording_whatever_its_other_masters_are() -> None:
    assert recording_state([_S.DAMAGED, _S.RECORDING, _S.MISSING], trashed=False) is RecordingState.RECORDING


def test_what_was_freed_is_in_the_cloud_only_and_can_come_back_or_be_lost_there() -> None:
    assert recording_state([_S.FREED, _S.RECORDED], trashed=False) is RecordingState.CLOUD_ONLY
    assert is_legal(_S.RECORDED, _S.FREED)
    assert is_legal(_S.FREED, _S.RECORDED)
    assert is_legal(_S.FREED, _S.MISSING)
    assert not is_legal(_S.DAMAGED, _S.FREED)
    assert not is_legal(_S.MISSING, _S.FREED)


def test_without_any_master_it_is_missing_and_in_the_trash_it_is_trashed() -> None:
    assert recording_state([], trashed=False) is RecordingState.MISSING
    assert recording_state([_S.RECORDED], trashed=True) is RecordingState.TRASHED
