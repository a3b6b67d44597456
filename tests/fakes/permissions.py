"""Permission bits that count, also where the tests run as root."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.processes import require


def heeding_permissions() -> list[str]:
    """What to put before a command so that the system refuses it what the permission bits forbid."""
    if os.geteuid() != 0:
        return []
    require(["setpriv"], "A test of permissions as root")
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]


@contextmanager
def with_mode(path: Path, mode: int) -> Iterator[None]:
    """Give ``path`` other permission bits for a while."""
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)
