"""The services are built when they are asked for, once, whoever asks."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.library import opened
from voice_recorder.services import Services


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    with opened() as services:
        yield services


def test_a_service_is_there_only_once_somebody_asks(services: Services) -> None:
    assert not services.is_built("exporting")
    exporting = services.exporting
    assert services.is_built("exporting")
    assert services.exporting is exporting


def test_threads_that_ask_at_once_get_the_same(services: Services) -> None:
    got, together = [], threading.Barrier(8)

    def ask() -> None:
        together.wait()
        got.append(services.sync)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(map(id, got))) == 1


def test_all_can_be_built_before_anybody_asks(services: Services) -> None:
    services.build_all(threading.Event())
    assert all(services.is_built(name) for name in ("takes", "sync", "exporting", "autostart"))


def test_building_all_stops_when_it_is_cancelled(services: Services) -> None:
    cancelled = threading.Event()
    cancelled.set()
    services.build_all(cancelled)
    assert not services.is_built("exporting")
