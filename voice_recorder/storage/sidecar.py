"""The file beside a master that says what the library knows of it, so that a folder alone is enough.

A sidecar is JSON that people can read. It names its master, the receipts of its cloud copies and every
recording that uses it; no secret and no URL. A newer version may say more: what this program knows of it is
read, and a copy is kept before it is replaced. What was edited into nonsense is passed over part by part.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voice_recorder.domain.edit_history import EditStep
from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.recording import HistoryEntry, Marker, Master, Recording
from voice_recorder.domain.transfers import Receipt

SUFFIX = ".json"
FORMAT = "voice-recorder sidecar"
VERSION = 1
MAX_BYTES = 32 * 1024 * 1024
"""A larger file is no sidecar; one that would be larger is written without what could be undone."""
_KEPT_COPY = re.compile(r"(.+)\.json\.version-\d+")
_NEVER = datetime.min.replace(tzinfo=UTC)


class DamagedSidecar(StorageError):
    """A sidecar, or a part of one, that cannot be what this program wrote."""


@dataclass(frozen=True)
class Described:
    """What a sidecar says of one recording. ``steps`` are the numbered states of its edit list."""

    recording: Recording
    markers: tuple[Marker, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    steps: tuple[tuple[int, EditStep], ...] = ()
    edit_number: int = 0


@dataclass(frozen=True)
class Sidecar:
    """What the library knows of a master.

    In one that was read, the masters of the recordings have their id, name, time and length only, and
    ``problems`` says what could not be understood.
    """

    master: Master
    receipts: tuple[Receipt, ...]
    described: tuple[Described, ...]
    written_at: datetime = _NEVER
    problems: tuple[str, ...] = ()


def sidecar_path(master_path: Path) -> Path:
    """Where the sidecar of the master at ``master_path`` is: its name with ``.json`` behind it."""
    return master_path.with_name(master_path.name + SUFFIX)


def master_name_of(name: str) -> str | None:
    """Whose sidecar, or kept copy of a sidecar, a file called ``name`` is; None when it is neither."""
    kept = _KEPT_COPY.fullmatch(name)
    if kept:
        return kept[1]
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) and name != SUFFIX else None
