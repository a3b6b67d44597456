"""What section 8 of the requirements promises about every command's output."""

import json
from datetime import datetime, timedelta
from types import NoneType
from typing import Any

from tests.conftest import CliResult

_RECORDING: dict[str, tuple[type, ...]] = {
    "id": (str,), "title": (str,), "created_at": (str,), "updated_at": (str,), "duration_s": (float,),
    "sample_rate_hz": (int,), "channels": (int,), "bit_depth": (int, NoneType), "format": (str,),
    "codec": (str,), "bitrate_bps": (int,), "mime_type": (str,), "size_bytes": (int,),
    "sha256": (str, NoneType), "path": (str,), "masters": (list,), "state": (str,), "sync": (dict,),
    "transcript": (dict,), "tags": (list,), "folder": (str, NoneType), "favourite": (bool,),
    "recovered": (bool,), "health": (dict,),
}  # fmt: skip
_SYNC: dict[str, tuple[type, ...]] = {
    "state": (str,), "provider": (str, NoneType), "remote_id": (str, NoneType), "queued_at": (str, NoneType),
    "bytes_sent": (int, NoneType), "bytes_total": (int, NoneType), "attempts": (int,),
    "next_attempt_at": (str, NoneType), "error": (str, NoneType), "verified_at": (str, NoneType),
    "original_size_bytes": (int, NoneType), "compressed_size_bytes": (int, NoneType),
}  # fmt: skip
SYNC_STATES = {
    "off", "queued", "compressing", "uploading", "verifying", "backed_up", "failed", "removed",
}  # fmt: skip
STATES = {"recording", "recorded", "missing", "damaged", "cloud_only", "trashed"}


def check_recording(document: dict[str, Any]) -> None:
    """Assert that ``document`` has the contract's keys and types."""
    for key, types in _RECORDING.items():
        assert type(document[key]) in types, f"{key} is {document[key]!r}"
    for key in ("created_at", "updated_at"):
        assert datetime.fromisoformat(document[key]).utcoffset() == timedelta(0)
    assert document["state"] in STATES
    check_sync(document["sync"])
    assert "state" in document["transcript"]
    assert set(document["health"]) >= {"dropped_samples", "clipped_share", "silent_share"}
    assert document["masters"]
    assert document["masters"][0]["path"] == document["path"]


def check_sync(sync: dict[str, Any]) -> None:
    """Assert that ``sync`` has the contract's keys and types, and holds nothing while backup is off."""
    for key, types in _SYNC.items():
        assert type(sync[key]) in types, f"sync.{key} is {sync[key]!r}"
    assert sync["state"] in SYNC_STATES
    for key in ("queued_at", "next_attempt_at", "verified_at"):
        assert sync[key] is None or datetime.fromisoformat(sync[key]).utcoffset() == timedelta(0)
    if sync["provider"] is None:
        assert sync["state"] == "off"
        assert not any(sync[key] for key in _SYNC if key != "state")


def one_sentence(stderr: str) -> str:
    """The one line on stderr, which is for people."""
    lines = stderr.splitlines()
    assert len(lines) == 1, f"not one line: {stderr!r}"
    assert "Traceback" not in stderr
    assert "bug" not in stderr
    assert lines[0].strip()
    return lines[0]


def failed(result: CliResult, code: int, kind: str | None = None) -> dict[str, str]:
    """Assert that a command with ``--json`` failed as the contract says; its error."""
    assert result.returncode == code, result
    sentence = one_sentence(result.stderr)
    error: dict[str, str] = json.loads(result.stdout)["error"]
    assert set(error) == {"kind", "title", "detail"}
    assert error["title"]
    assert sentence.startswith(" ".join(error["title"].split())[:40])
    if kind is not None:
        assert error["kind"] == kind
    return error


def done(result: CliResult) -> Any:
    """Assert that a command with ``--json`` succeeded and had nothing to complain of; its document."""
    assert result.returncode == 0, result
    assert result.stderr == ""
    return result.json
