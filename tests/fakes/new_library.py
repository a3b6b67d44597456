"""An empty library that the migrations made once and every test copies: making one takes a quarter second."""

import functools
import tempfile
from pathlib import Path

from voice_recorder.storage.opening import make_database
from voice_recorder.storage.paths import FILE_MODE, StorageConfig


def lay_new_library(config: StorageConfig) -> None:
    """Put it where ``config`` says, unless a library is there."""
    path = config.database_path
    if not path.exists():
        path.touch(FILE_MODE)
        path.write_bytes(_empty_library())


@functools.cache
def _empty_library() -> bytes:
    with tempfile.TemporaryDirectory(prefix="new-library-") as folder:
        path = Path(folder, "library.db")
        make_database(path).dispose()
        return path.read_bytes()
