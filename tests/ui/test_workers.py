import threading
from typing import Any

import pytest
from PySide6.QtCore import QThread

from voice_recorder.domain.errors import Cancelled, VoiceRecorderError
from voice_recorder.workers.lane import Lane, plain
from voice_recorder.workers.lanes import Lanes


def test_work_runs_in_the_lane_and_its_result_arrives_in_the_owners_thread(lane: Lane, qtbot: Any) -> None:
    seen: list[Any] = []
    owner = QThread.currentThread()
    lane.post(
        lambda _cancel, _report: QThread.currentThread() is owner,
        lambda result: seen.append((result, QThread.currentThread() is owner)),
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(False, True)]
    assert not lane.busy


def test_jobs_keep_their_order_and_report_progress(lane: Lane, qtbot: Any) -> None:
    seen: list[Any] = []

    def work(_cancel: threading.Event, report: Any) -> str:
        report(1, 2, "half")
        return "done"

    lane.post(work, seen.append, progressed=lambda *step: seen.append(step))
    lane.post(plain(int, "7"), seen.append)
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert seen == [(1, 2, "half"), "done", 7]


def test_an_error_in_words_goes_to_the_job_or_else_to_the_lane(lane: Lane, qtbot: Any) -> None:
    def refuse() -> None:
        raise VoiceRecorderError("No.", "Because.")

    mine: list[Any] = []
    lane.post(plain(refuse), None, mine.append)
    with qtbot.waitSignal(lane.failed) as told:
        lane.post(plain(refuse))
    assert [str(e) for e in mine] == ["No. Because."]
    assert str(told.args[0]) == "No. Because."


def test_cancelled_work_ends_with_none(lane: Lane, qtbot: Any) -> None:
    begun = threading.Event()

    def work(cancel: threading.Event, _report: Any) -> None:
        begun.set()
        cancel.wait(5)
        raise Cancelled

    seen: list[Any] = []
    job = lane.post(work, seen.append)
    waiting = lane.post(plain(int, "1"), seen.append)
    begun.wait(5)
    waiting.cancel.set()
    job.cancel.set()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [None, None]


def test_a_bug_reaches_the_exception_hook_and_does_not_hang_whoever_waits(lane: Lane, qtbot: Any) -> None:
    def bug() -> None:
        raise ZeroDivisionError

    failed: list[VoiceRecorderError] = []
    with qtbot.captureExceptions() as caught:
        lane.post(plain(bug), None, failed.append)
        qtbot.waitUntil(lambda: bool(failed))
    assert caught[0][0] is ZeroDivisionError
    assert "log" in failed[0].detail


def test_shutting_down_cancels_what_runs_and_may_be_repeated(qtbot: Any) -> None:
    lanes = Lanes()
    for lane in lanes.all:
        if lane is not lanes.edits:
            lane.post(lambda cancel, _report: cancel.wait(30))
    assert lanes.shut_down(5000)
    assert lanes.shut_down(5000)


def test_an_edit_that_waits_is_done_before_the_lane_ends(qtbot: Any) -> None:
    lane = Lane("edits", finishes=True)
    done: list[str] = []
    go = threading.Event()
    lane.post(plain(go.wait, 5))
    lane.post(plain(done.append, "kept"))
    lane.ask_to_stop()
    go.set()
    assert lane.wait(5000)
    assert done == ["kept"]


def test_the_last_thing_is_done_in_the_lane(lane: Lane, qtbot: Any) -> None:
    where: list[QThread] = []
    other = Lane("other")
    other.do_last(lambda: where.append(QThread.currentThread()))
    other.ask_to_stop()
    assert other.wait(5000)
    assert where
    assert where[0] is not QThread.currentThread()


@pytest.mark.parametrize("times", [1, 2])
def test_a_lane_ends_however_often_it_is_asked(times: int, qtbot: Any) -> None:
    lane = Lane("twice")
    for _ in range(times):
        lane.ask_to_stop()
    assert lane.wait(5000)
