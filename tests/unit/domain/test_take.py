"""What a running take says."""

import pytest

from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.take import WARNINGS, TakePlan, TakeSnapshot, TakeState, Warn


@pytest.mark.parametrize("warning", list(Warn))
def test_c6_every_warning_has_words(warning: Warn) -> None:
    assert WARNINGS[warning].endswith((".", "?"))


def test_a_snapshot_cannot_change_after_it_crossed_a_thread() -> None:
    snapshot = TakeSnapshot("id", "title", TakeState.RECORDING, AudioFormat(), "mic")
    with pytest.raises(AttributeError):
        snapshot.title = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("plan", "needed"),
    [
        (TakePlan(), False), (TakePlan(split_after_s=60.0), False), (TakePlan(voice_activated=True), True),
        (TakePlan(split_silence_s=0.0), True),
    ],
)  # fmt: skip
def test_c8_voice_is_told_from_silence_only_where_a_plan_asks_for_it(plan: TakePlan, needed: bool) -> None:
    assert plan.needs_ears is needed
