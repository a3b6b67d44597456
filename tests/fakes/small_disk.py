"""A disk of a few megabytes, to be filled for real."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(size_mb: float) -> Iterator[Path]:
    """The folder of a freshly mounted, empty file system of ``size_mb`` (root on Linux; skips elsewhere)."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("Only root can mount a small disk.")
    with tempfile.TemporaryDirectory(prefix="disk-") as folder:
        options = f"size={round(size_mb * 1024)}k,mode=0700"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode != 0:
            pytest.skip(f"A small disk cannot be mounted here: {mounted.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)


def fill(folder: Path, leave_bytes: int = 0) -> Path:
    """Fill the disk that ``folder`` is on with one file, down to ``leave_bytes``; returns the file."""
    ballast = folder / "ballast"
    size = max(0, shutil.disk_usage(folder).free - leave_bytes)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size) if size else None
    return ballast


def top_up(ballast: Path) -> bool:
    """Take what room there is now, for as long as it comes: a removed file gives its own a moment later."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_APPEND)
    try:
        while os.write(descriptor, b"x" * 65536):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    finally:
        os.close(descriptor)
    return True
