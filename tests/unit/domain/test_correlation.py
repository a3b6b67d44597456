"""S12: one correlation id per take, seen by every log line written on its behalf."""

import threading

import pytest

from voice_recorder.domain.correlation import correlated, current_correlation


def test_the_id_holds_inside_and_the_outer_one_comes_back() -> None:
    assert current_correlation() == "-"
    with correlated("take-1"):
        with correlated("upload-2"):
            assert current_correlation() == "upload-2"
        assert current_correlation() == "take-1"
    assert current_correlation() == "-"


def test_an_error_inside_does_not_leave_the_id_behind() -> None:
    with pytest.raises(ValueError, match="oops"), correlated("take-1"):
        raise ValueError("oops")
    assert current_correlation() == "-"


def test_two_takes_in_two_threads_do_not_mix_their_ids() -> None:
    both_inside = threading.Barrier(2)
    seen: dict[str, str] = {}

    def work(name: str) -> None:
        with correlated(name):
            both_inside.wait(5)
            seen[name] = current_correlation()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"a": "a", "b": "b"}
