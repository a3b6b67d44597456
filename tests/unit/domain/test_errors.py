"""Errors in people's words, and the names they have in the command line's JSON."""

import pickle

import pytest

from voice_recorder.domain import errors
from voice_recorder.domain.errors import Cancelled, DiskFull, StorageError, VoiceRecorderError


def test_an_error_reads_as_one_text_of_title_and_detail() -> None:
    assert str(DiskFull("The disk is full.", "Make room.")) == "The disk is full. Make room."
    assert str(DiskFull("The disk is full.")) == "The disk is full."


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.NotFound, "not_found"),
        (errors.DiskFull, "disk_full"),
        (errors.LibraryTooNew, "library_too_new"),
        (errors.NoInputDevice, "no_input_device"),
        (errors.PreflightBlocked, "preflight_blocked"),
        (errors.DamagedAudio, "damaged_audio"),
    ],
)
def test_the_kind_in_json_is_the_class_in_snake_case(error: type[VoiceRecorderError], kind: str) -> None:
    assert error("x").kind == kind


def test_a_caller_may_treat_all_trouble_with_the_disk_alike() -> None:
    for error in (errors.DiskFull, errors.LibraryBusy, errors.LibraryDamaged, errors.MigrationFailed):
        assert issubclass(error, StorageError)
    assert issubclass(errors.NoInputDevice, errors.DeviceUnavailable)


def test_calling_work_off_is_no_error_to_be_told_about() -> None:
    assert not issubclass(Cancelled, VoiceRecorderError)


def test_an_error_crosses_a_process_unchanged() -> None:
    error = pickle.loads(pickle.dumps(DiskFull("Full.", "Make room.")))
    assert (type(error), error.title, error.detail) == (DiskFull, "Full.", "Make room.")


def test_an_error_that_may_pass_knows_how_long_to_wait() -> None:
    assert errors.TransientCloudError("Too many requests.", retry_after_s=30).retry_after_s == 30
    assert errors.TransientCloudError("The network is gone.").retry_after_s is None
