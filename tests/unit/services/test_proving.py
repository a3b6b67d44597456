"""The background pass: what is read again is proved, or called by what it is; and nothing is lost over it."""

import hashlib
import threading

import pytest
from typing_extensions import override

from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice


@pytest.fixture
def take(services: Services) -> Recording:
    """Half a second of a take that nobody has read again yet."""
    take = services.takes.start_from(GeneratedVoice(), "A take", limit_s=0.5)
    assert take.wait(20)
    return services.library.get(take.recording_id)


def master_of(services: Services, recording: Recording) -> Master:
    return services.library.get(recording.id).masters[0]


def last_kind(services: Services, recording: Recording) -> str:
    return services.library.history(recording.id)[-1].kind


def test_a_take_is_read_once_and_has_its_checksum_then(services: Services, take: Recording) -> None:
    seen: list[tuple[int, int, str]] = []
    path = services.library.path_of(take.masters[0])
    assert services.proving.run_pending(progress=lambda *at: seen.append(at)) == 1
    found = master_of(services, take)
    assert found.state is MasterState.RECORDED
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen == [(0, 1, "A take")]
    assert services.proving.run_pending() == 0


def test_only_the_recording_that_was_asked_for_is_read(services: Services, take: Recording) -> None:
    assert services.proving.run_pending(only="another") == 0
    assert master_of(services, take).sha256 is None
    assert services.proving.run_pending(only=take.id) == 1


def test_a_file_that_is_gone_is_missing(services: Services, take: Recording) -> None:
    services.library.path_of(take.masters[0]).unlink()
    services.proving.run_pending()
    assert master_of(services, take).state is MasterState.MISSING
    assert last_kind(services, take) == "missing"


def test_a_disk_that_is_not_connected_makes_nothing_missing(services: Services, take: Recording) -> None:
    folder = services.config.raw_recordings_path
    away = folder.rename(folder.with_name("away"))
    services.proving.run_pending()
    assert master_of(services, take) == take.masters[0]
    away.rename(folder)
    services.proving.run_pending()
    assert master_of(services, take).sha256 is not None


def test_what_goes_to_the_trash_while_it_is_read_is_read_the_next_time(
    services: Services, take: Recording
) -> None:
    class Deletes(threading.Event):
        """Asked in the middle of a file."""

        @override
        def is_set(self) -> bool:
            if services.library.get(take.id).trashed_at is None:
                services.trash.delete([take.id])
            return False

    services.proving.run_pending(Deletes())
    services.trash.restore([take.id])
    assert master_of(services, take) == take.masters[0]
    services.proving.run_pending()
    found = master_of(services, take)
    assert (found.state, found.sha256 is None) == (MasterState.RECORDED, False)


@pytest.mark.parametrize("content", [b"", b"this is no sound" * 100])
def test_what_cannot_be_read_is_damaged_and_stays_as_it_is(
    services: Services, take: Recording, content: bytes
) -> None:
    path = services.library.path_of(take.masters[0])
    path.write_bytes(content)
    services.proving.run_pending()
    assert master_of(services, take).state is MasterState.DAMAGED
    assert last_kind(services, take) == "damaged"
    assert path.read_bytes() == content


def test_samples_that_the_microphone_did_not_give_are_damage(services: Services, take: Recording) -> None:
    path = services.library.path_of(take.masters[0])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    services.proving.run_pending()
    assert master_of(services, take).state is MasterState.DAMAGED
    assert "came from the microphone" in services.library.history(take.id)[-1].detail


def test_a_recovered_take_has_its_health_from_this_pass(services: Services, take: Recording) -> None:
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql("UPDATE masters SET samples_sha256 = NULL, peak_dbfs = NULL")
    assert master_of(services, take).health.peak_dbfs is None
    services.proving.run_pending()
    found = master_of(services, take)
    assert (found.state, found.sha256 is None) == (MasterState.RECORDED, False)
    assert found.health.peak_dbfs is not None
    assert services.library.history(take.id)[-1].detail == "no digest of the samples"


def test_peaks_that_cannot_be_kept_keep_no_take_from_being_proved(
    services: Services, take: Recording
) -> None:
    folder = services.config.cache_path / "peaks"
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"a file where the folder is to be")
    services.proving.run_pending()
    found = master_of(services, take)
    assert (found.state, found.sha256 is None) == (MasterState.RECORDED, False)
    assert last_kind(services, take) == "verified"
