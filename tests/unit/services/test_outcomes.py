"""What becomes of an entry that was not backed up, whatever went wrong and whoever interferes."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.cloud_rows import PLACE, a_copy, entry, prepared
from voice_recorder.domain.errors import (
    Cancelled,
    CloudError,
    CredentialsRejected,
    DiskFull,
    FileRejected,
    NetworkUnreachable,
    NotFound,
    PreflightBlocked,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.transfers import MOST_ATTEMPTS, Transfer, TransferState
from voice_recorder.services import Services
from voice_recorder.services.activity import Task
from voice_recorder.services.outcomes import Holds, Outcomes
from voice_recorder.storage.transfers import Transfers

_T = TransferState


@pytest.fixture
def outcomes(services: Services) -> Outcomes:
    return with_transfers(services, services.transfers)


def with_transfers(services: Services, transfers: Transfers) -> Outcomes:
    return Outcomes(
        services.settings, services.library, transfers, services.proofs, services.sync_log,
        services.compressing,
    )  # fmt: skip


@pytest.fixture
def sending(services: Services, note: Recording) -> Task:
    """The note, whose copy is just being sent."""
    services.transfers.enqueue(PLACE, [note.id])
    return task_of(
        services.transfers.begin_attempt(prepared(services.transfers, entry(services.transfers)))[0]
    )


def task_of(transfer: Transfer) -> Task:
    return Task(transfer, "", "", transfer.state)


def try_again(services: Services, task: Task) -> Task:
    """The next try of what has failed."""
    return task_of(services.transfers.begin_attempt(services.transfers.get(task.transfer.id))[0])


def removals(services: Services) -> list[str]:
    """All names that are to be removed, those that are wanted again left out."""
    return [removal.remote_id for removal in services.proofs.removals(PLACE, 10, sessions=False)]


# Tries


@pytest.mark.parametrize(
    "error",
    [NetworkUnreachable("No network."), DiskFull("The disk is full."), PreflightBlocked("There is no room.")],
)
def test_what_is_no_fault_of_the_file_is_tried_again_for_ever(
    services: Services, outcomes: Outcomes, sending: Task, error: VoiceRecorderError
) -> None:
    for _ in range(4 * MOST_ATTEMPTS):
        failed = outcomes.enter(sending, error)
        assert failed is not None
        assert failed.next_attempt_at is not None
        assert failed.next_attempt_at < datetime.now(UTC) + timedelta(hours=8)
        sending = try_again(services, sending)


def test_what_the_provider_answers_with_trouble_for_hours_is_given_up_in_the_end(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    for _ in range(MOST_ATTEMPTS - 1):
        failed = outcomes.enter(sending, TransientCloudError("It cannot."))
        assert failed is not None
        assert failed.next_attempt_at is not None
        sending = try_again(services, sending)
    failed = outcomes.enter(sending, TransientCloudError("It cannot."))
    assert failed is not None
    assert failed.next_attempt_at is None


def test_a_try_that_was_called_off_does_not_count(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    assert outcomes.enter(sending, Cancelled()) is None
    parked = services.transfers.get(sending.transfer.id)
    assert (parked.state, parked.attempts) == (_T.QUEUED, 0)


def test_calling_off_a_compression_takes_no_failed_try_away(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    outcomes.enter(sending, TransientCloudError("It cannot."))
    transfer = services.transfers.get(sending.transfer.id)
    compressing = services.transfers.change(transfer, _T.COMPRESSING)
    outcomes.enter(task_of(compressing), Cancelled())
    parked = services.transfers.get(transfer.id)
    assert (parked.state, parked.attempts) == (_T.QUEUED, 1)


# Gone, trashed, missing


def test_not_found_has_nothing_removed_while_the_recording_is_there(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    assert outcomes.enter(sending, NotFound("It is gone.")) is None
    services.transfers.cancel(PLACE, [entry_owner(services, sending)])  # or it would count as wanted
    assert removals(services) == []


def entry_owner(services: Services, task: Task) -> str:
    return services.library.owners(task.transfer.master_id)[0].id


@pytest.mark.parametrize("delete_copies", [True, False])
def test_what_arrived_for_a_recording_deleted_for_ever_is_removed_if_its_owner_wants_that(
    services: Services, outcomes: Outcomes, sending: Task, note: Recording, *, delete_copies: bool
) -> None:
    services.settings.set("cloud.delete_copies", delete_copies)
    services.library.forget(note.id, "deleted for ever")
    assert outcomes.enter(sending, NotFound("It is gone.")) is None
    assert removals(services) == ([sending.transfer.remote_id] if delete_copies else [])


def test_a_file_that_is_missing_because_its_recording_is_in_the_trash_waits(
    services: Services, outcomes: Outcomes, sending: Task, note: Recording
) -> None:
    services.library.set_trashed(note.id, datetime.now(UTC))
    assert outcomes.enter(sending, FileRejected("It is not there.")) is None
    assert services.transfers.get(sending.transfer.id).state is _T.QUEUED


def test_a_refused_file_of_a_recording_in_use_fails_for_good(outcomes: Outcomes, sending: Task) -> None:
    failed = outcomes.enter(sending, FileRejected("It is not there."))
    assert failed is not None
    assert (failed.error, failed.next_attempt_at) == ("It is not there.", None)


# In the same moment


class Interrupted(Transfers):
    """A queue in which somebody does something between a look at an entry and its change."""

    then: Callable[[], object]

    def get(self, transfer_id: str) -> Transfer:
        found = super().get(transfer_id)
        self.then()
        return found


@pytest.mark.parametrize("error", [CloudError("It cannot."), Cancelled()])
@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_who_cancels_or_deletes_in_the_moment_of_failure_has_the_last_word(
    services: Services, sending: Task, note: Recording, how: str, error: CloudError | Cancelled
) -> None:
    queue = Interrupted(services.library.database)
    if how == "cancelled":
        queue.then = lambda: services.transfers.cancel(PLACE, [note.id])
    else:
        queue.then = lambda: services.library.forget(note.id, "deleted for ever")
    assert with_transfers(services, queue).enter(sending, error) is None
    assert services.transfers.listed(PLACE) == ()


def test_what_was_backed_up_by_another_meanwhile_is_not_called_failed(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    services.transfers.change(sending.transfer, _T.VERIFYING)
    services.transfers.change(services.transfers.get(sending.transfer.id), _T.BACKED_UP)
    assert outcomes.enter(sending, CloudError("It cannot.")) is None
    assert services.transfers.get(sending.transfer.id).state is _T.BACKED_UP


def test_an_outcome_that_cannot_be_entered_holds_all_others(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    with services.library.database.session(write=True) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE OF state ON transfers BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    assert outcomes.enter(sending, CloudError("It cannot.")) is None
    seconds, why = outcomes.holds.longest
    assert 30 < seconds <= 60
    assert "library" in why
    assert services.transfers.get(sending.transfer.id).state is _T.UPLOADING


# Holds


def test_the_network_that_is_back_ends_only_the_wait_for_it() -> None:
    holds = Holds()
    holds.note_failure(NetworkUnreachable("No network."), 4)
    holds.network_is_back()
    assert holds.longest == (0.0, "")
    holds.note_failure(TransientCloudError("Later.", retry_after_s=3600), 3600)
    holds.note_failure(NetworkUnreachable("No network."), 4)
    holds.network_is_back()
    assert 3500 < holds.longest[0] <= 3600


def test_many_failures_in_a_row_hold_all_and_a_success_between_them_does_not() -> None:
    holds = Holds()
    for number in range(40):
        holds.note_failure(TransientCloudError("Later."), 1)
        if number % 10 == 9:
            holds.note_success()
    assert holds.longest[0] == 0
    for _ in range(15):
        holds.note_failure(TransientCloudError("Later."), 1)
    assert math.isclose(holds.longest[0], 60, abs_tol=10)


def test_the_owner_ends_every_hold() -> None:
    holds = Holds()
    holds.hold("one reason", 100)
    holds.hold("another", 200)
    assert holds.longest[1] == "another"
    holds.forget("another")
    assert holds.longest[1] == "one reason"
    holds.forget()
    assert holds.longest == (0.0, "")


def test_network_is_back_revives_what_failed_for_want_of_it_and_nothing_else(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    for error, revived in [(TransientCloudError("500."), False), (NetworkUnreachable("No network."), True)]:
        outcomes.enter(sending, error)
        before = services.transfers.get(sending.transfer.id)
        services.transfers.make_due(PLACE, ("network_unreachable",))
        after = services.transfers.get(sending.transfer.id)
        assert (after.state is _T.QUEUED) == revived
        assert revived or after == before
        sending = try_again(services, sending)


def test_a_refused_key_halts_the_queue_and_a_try_of_the_file_is_not_planned(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    failed = outcomes.enter(sending, CredentialsRejected("The key was refused."))
    assert failed is not None
    assert failed.next_attempt_at is None
    assert services.sync_log.halted == "The key was refused."


def test_what_is_prepared_after_a_failure_keeps_its_count_of_tries(
    services: Services, outcomes: Outcomes, sending: Task
) -> None:
    outcomes.enter(sending, TransientCloudError("It cannot."))
    failed = services.transfers.get(sending.transfer.id)
    services.transfers.prepare_anew(failed)
    waiting = services.transfers.store_copy(
        services.transfers.get(failed.id), a_copy(), f"voice-recorder/{failed.master_id}.mp3"
    )
    assert waiting.attempts == 1
