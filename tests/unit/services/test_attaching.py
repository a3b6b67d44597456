"""A finished take becomes part of a recording: heard at its place, one Undo away, and never lost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from voice_recorder.domain.errors import EditRefused, NotFound
from voice_recorder.domain.recording import Recording
from voice_recorder.services import Services
from voice_recorder.services.attaching import TakePlace, attach_take

RATE = 48000
Importer = Callable[..., Recording]


@pytest.fixture
def take(services: Services, tmp_path: Path) -> Importer:
    """A take of some seconds of one level; each call must have another."""

    def make(seconds: float, level: float) -> Recording:
        path = tmp_path / f"take-{level}.wav"
        soundfile.write(path, np.full(round(seconds * RATE), level), RATE)
        return services.importing.run([path]).recordings[0]

    return make


def heard(services: Services, recording_id: str) -> npt.NDArray[np.float32]:
    with services.rendering.open(services.library.get(recording_id)) as rendered:
        return rendered.read(0, rendered.frames)[:, 0]


def gone(services: Services, *takes: Recording) -> bool:
    for take in takes:
        with pytest.raises(NotFound):
            services.library.get(take.id)
    return True


def test_a_take_that_split_itself_is_appended_in_order(
    services: Services, note: Recording, take: Importer
) -> None:
    whole, one, two = heard(services, note.id), take(0.1, 0.5), take(0.2, 0.25)
    sound = [heard(services, one.id), heard(services, two.id)]
    attached = attach_take(services.editing, TakePlace(note.id), [one.id, two.id])
    assert (heard(services, note.id) == np.concatenate([whole, *sound])).all()
    assert (attached.start_s, attached.end_s) == pytest.approx((1.0, 1.3))
    assert gone(services, one, two)


def test_recording_over_lasts_as_long_as_the_take(
    services: Services, note: Recording, take: Importer
) -> None:
    whole, one, two = heard(services, note.id), take(0.1, 0.5), take(0.2, 0.25)
    sound = np.concatenate([heard(services, one.id), heard(services, two.id)])
    attached = attach_take(services.editing, TakePlace(note.id, 0.5), [one.id, two.id])
    assert (heard(services, note.id) == np.concatenate([whole[:24000], sound, whole[38400:]])).all()
    assert (attached.start_s, attached.end_s) == pytest.approx((0.5, 0.8))


@pytest.mark.parametrize("stretch", [(0.25, 0.5), (0.0, 1.0), (0.5, 0.55)])
def test_a_selection_is_replaced_exactly_and_one_undo_brings_it_back(
    services: Services, note: Recording, take: Importer, stretch: tuple[float, float]
) -> None:
    whole, one, two = heard(services, note.id), take(0.1, 0.5), take(0.2, 0.25)
    sound = np.concatenate([heard(services, one.id), heard(services, two.id)])
    attached = attach_take(services.editing, TakePlace(note.id, *stretch), [one.id, two.id])
    first, last = (round(s * RATE) for s in stretch)
    assert (heard(services, note.id) == np.concatenate([whole[:first], sound, whole[last:]])).all()
    assert (attached.start_s, attached.end_s) == pytest.approx((stretch[0], stretch[0] + 0.3))
    history = services.editing.history(note.id)
    assert len(history.steps) == 2
    assert history.undo_name.startswith("Replaced")
    assert gone(services, one, two)
    services.editing.undo(note.id)
    assert (heard(services, note.id) == whole).all()


def test_what_cannot_be_put_in_stays_a_recording_of_its_own(
    services: Services, note: Recording, take: Importer
) -> None:
    one = take(0.1, 0.5)
    services.trash.delete([note.id])
    for place in (TakePlace(note.id), TakePlace(note.id, 0.5), TakePlace(note.id, 0.2, 0.4)):
        with pytest.raises(EditRefused):
            attach_take(services.editing, place, [one.id])
    assert len(heard(services, one.id)) == 4800
