"""What a running take says."""

import pytest

from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.take import WARNINGS, TakeSnapshot, TakeState, Warn


@pytest.mark.parametrize("warning", list(Warn))
def test_c6_every_warning_has_words(warning: Warn) -> None:
    assert WARNINGS[warning].endswith((".", "?"))


def test_a_snapshot_cannot_change_after_it_crossed_a_thread() -> None:
    snapshot = TakeSnapshot("id", "title", TakeState.RECORDING, AudioFormat(), "mic")
    with pytest.raises(AttributeError):
        snapshot.title = "other"  # type: ignore[misc]
