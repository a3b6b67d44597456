"""A cheap way to learn that the library changed."""

import sqlite3
from pathlib import Path


class ChangeWatch:
    """Tells whether anything, in this process or another, changed the library. Use it in one thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether something was committed since the last call."""
        version = self._version()
        changed, self._seen = version != self._seen, version
        return changed

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version
