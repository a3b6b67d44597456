"""verify beside what else goes on: a file that leaves in the meantime on its owner's wish is not missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.library import opened, with_notes
from voice_recorder.domain.states import MasterState, RecordingState


@pytest.mark.usefixtures("home")
def test_what_is_freed_while_others_are_read_is_in_the_cloud_only(tmp_path: Path) -> None:
    with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:
        library = services.library

        def free(done: int, _total: int, _title: str) -> None:
            if done == 0:  # both were asked for already
                for recording in library.with_ids(None):
                    freed = replace(recording.masters[0], state=MasterState.FREED)
                    library.store_reading(recording.id, freed, "freed")
                    library.path_of(freed).unlink()

        report = services.verifying.run(progress=free)
        assert report.is_sound
        assert {r.state for r in library.with_ids(None)} == {RecordingState.CLOUD_ONLY}


@pytest.mark.usefixtures("home")
def test_what_is_deleted_for_ever_while_others_are_read_is_not_missing(tmp_path: Path) -> None:
    notes = with_notes(tmp_path / "in", ["one", "two"])
    with opened() as services:

        def delete(done: int, _total: int, _title: str) -> None:
            if done == 0:
                services.trash.delete([note.id for note in notes])
                services.trash.empty()

        assert services.verifying.run(progress=delete).is_sound
