"""A library in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.new_library import lay_new_library
from voice_recorder.storage.engine import Database
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig


@pytest.fixture
def config(tmp_path: Path) -> StorageConfig:
    """The folders of an empty library."""
    return StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(tmp_path / "home")})


@pytest.fixture
def database(config: StorageConfig) -> Iterator[Database]:
    """The open database of a new library."""
    lay_new_library(config)
    database = open_database(config)
    yield database
    database.dispose()


@pytest.fixture
def library(database: Database, config: StorageConfig) -> Library:
    """An empty library."""
    return Library(database, config)
