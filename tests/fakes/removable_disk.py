"""A disk that can be pulled out and plugged in again while programs look at it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class RemovableDisk:
    """``folder`` is where the disk is mounted; pulled out, it is an empty folder of the disk below."""

    def __init__(self, content: Path, folder: Path) -> None:
        self._content = content
        self.folder = folder
        self._is_in = False

    def plug_in(self, *, read_only: bool = False) -> None:
        """Mount it; skips the test where that cannot be done."""
        _mount("--bind", str(self._content), str(self.folder))
        self._is_in = True
        if read_only:
            _mount("-o", "remount,ro,bind", str(self.folder))

    def pull_out(self) -> None:
        """Unmount it under whoever uses it."""
        if self._is_in:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True, capture_output=True)
            self._is_in = False


@contextmanager
def removable_disk() -> Iterator[RemovableDisk]:
    """A disk that is plugged in (root on Linux; skips elsewhere)."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("Only root can mount a disk.")
    with tempfile.TemporaryDirectory(prefix="content-") as content, tempfile.TemporaryDirectory() as folder:
        disk = RemovableDisk(Path(content), Path(folder))
        disk.plug_in()
        try:
            yield disk
        finally:
            disk.pull_out()


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"A disk cannot be mounted here: {done.stderr.strip()}")
