"""What nobody needs any more dies in the window's thread, and not in the middle of a batch."""

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from voice_recorder.workers.garbage import YOUNG_AT_MOST, GarbageCollection, uncollected


class Knot:
    """Only a collection finds that nobody needs it."""

    def __init__(self, died_in: list[int]) -> None:
        self.itself, self._died_in, self.qobject = self, died_in, QObject()

    def __del__(self) -> None:
        self._died_in.append(threading.get_ident())


@pytest.fixture
def collection(qapp: QApplication) -> Iterator[GarbageCollection]:
    gc.enable()
    collection = GarbageCollection()
    collection.start()
    yield collection
    collection.stop()
    assert gc.isenabled()
    collection.stop()  # twice is as good as once
    gc.disable()


def litter() -> list[list[object]]:
    """More objects than are waited for."""
    return [[] for _ in range(2 * YOUNG_AT_MOST)]


def test_another_threads_allocations_collect_nothing_and_the_timer_does(
    collection: GarbageCollection, qtbot: Any
) -> None:
    died_in: list[int] = []
    Knot(died_in)
    other = threading.Thread(target=litter)
    other.start()
    other.join()
    assert died_in == []
    kept = litter()
    qtbot.waitUntil(lambda: bool(died_in), timeout=5000)
    assert died_in == [threading.get_ident()]
    assert kept


def test_a_batch_of_many_holds_it_off_and_one_of_few_does_not(collection: GarbageCollection) -> None:
    died_in: list[int] = []
    with uncollected(1000):
        Knot(died_in)
        kept = litter()
        collection.collect()
        assert died_in == []
    with uncollected(3):
        collection.collect()
    assert died_in
    assert kept
