"""Recordings and masters to put into a library; every call makes new ids."""

import itertools
from datetime import UTC, datetime
from typing import Any

from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState

AT = datetime(2024, 5, 17, 12, 30, 15, 123000, UTC)
_numbers = itertools.count(1)


def new_id(prefix: str = "") -> str:
    """An id that no other call has given."""
    return prefix + f"{next(_numbers):08x}".ljust(32, "0")


def a_master(**changes: Any) -> Master:
    """A second of mono sound that is in good order."""
    master_id = changes.pop("id", None) or new_id()
    values: dict[str, Any] = {
        "id": master_id, "name": f"{master_id}.wav", "state": MasterState.RECORDED, "created_at": AT,
        "frames": 48000, "sample_rate_hz": 48000, "channels": 1, "bit_depth": 16, "format": "wav",
        "codec": "pcm_s16le", "bitrate_bps": 768000, "mime_type": "audio/wav", "size_bytes": 96204,
        "sha256": "ab" * 32, "samples_sha256": "cd" * 32,
    }  # fmt: skip
    return Master(**{**values, **changes})


def a_recording(*masters: Master, **changes: Any) -> Recording:
    """A recording of ``masters``, of one good master if none is named."""
    values: dict[str, Any] = {
        "id": changes.pop("id", None) or new_id(), "title": "A note", "created_at": AT, "updated_at": AT,
        "utc_offset_min": 120, "masters": masters or (a_master(),),
    }  # fmt: skip
    return Recording(**{**values, **changes})
