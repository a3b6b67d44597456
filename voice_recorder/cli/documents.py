"""The JSON forms of the command line's contract."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.preflight import Verdict
from voice_recorder.domain.recording import HistoryEntry, Marker, Master, Recording
from voice_recorder.domain.transfers import OFF, SyncStatus
from voice_recorder.storage.library import Library
from voice_recorder.storage.sync_log import Attempt

Cached = Callable[[Master], Path | None]


def moment(at: datetime | None) -> str | None:
    """UTC in ISO 8601."""
    return (
        None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def error_document(error: VoiceRecorderError) -> dict[str, str]:
    """An error as every command prints it."""
    return {"kind": error.kind, "title": error.title, "detail": error.detail}


def recording_document(
    recording: Recording, library: Library, cached: Cached = lambda _master: None
) -> dict[str, Any]:
    """A recording as the contract describes it; the audio fields are those of the first master.

    ``cached`` knows where the fetched copy of a master is.
    """
    masters = [_master(master, library, cached) for master in recording.masters]
    first = masters[0] if masters else dict.fromkeys(_AUDIO_FIELDS)
    return {
        "id": recording.id,
        "title": recording.title,
        "created_at": moment(recording.created_at),
        "updated_at": moment(recording.updated_at),
        "utc_offset_min": recording.utc_offset_min,
        **{name: first[name] for name in _AUDIO_FIELDS},
        "duration_s": recording.duration_s,
        "masters": masters,
        "state": recording.state.value,
        "sync": sync_document(recording.sync),
        "transcript": {"state": "none"},
        "tags": list(recording.tags),
        "folder": recording.folder,
        "favourite": recording.favourite,
        "archived": recording.archived,
        "recovered": recording.recovered,
        "notes": recording.notes,
        "trashed_at": moment(recording.trashed_at),
        "health": first["health"],
    }


_AUDIO_FIELDS = (
    "duration_s", "sample_rate_hz", "channels", "bit_depth", "format", "codec", "bitrate_bps", "mime_type",
    "size_bytes", "sha256", "samples_sha256", "path", "cached_copy", "health",
)  # fmt: skip


def sync_document(sync: SyncStatus) -> dict[str, Any]:
    """How a recording's backup stands; all of it empty while no provider is chosen."""
    sync = sync if sync.place else OFF
    return {
        "state": sync.state.value,
        "provider": sync.provider,
        "place": sync.place or None,
        "remote_id": sync.remote_id,
        "queued_at": moment(sync.queued_at),
        "bytes_sent": sync.bytes_sent,
        "bytes_total": sync.bytes_total,
        "attempts": sync.attempts,
        "next_attempt_at": moment(sync.next_attempt_at),
        "error": sync.error,
        "verified_at": moment(sync.verified_at),
        "original_size_bytes": sync.original_size_bytes,
        "compressed_size_bytes": sync.compressed_size_bytes,
        "lossless": sync.lossless,
    }


def attempt_documents(attempts: tuple[Attempt, ...]) -> list[dict[str, Any]]:
    """The tries to send a recording, oldest first."""
    return [
        {**asdict(attempt), "started_at": moment(attempt.started_at), "ended_at": moment(attempt.ended_at)}
        for attempt in attempts
    ]


def _master(master: Master, library: Library, cached: Cached) -> dict[str, Any]:
    copy = cached(master)
    return {
        "id": master.id,
        "state": master.state.value,
        "path": str(library.path_of(master)),
        "cached_copy": str(copy) if copy else None,
        "duration_s": master.duration_s,
        "frames": master.frames,
        "sample_rate_hz": master.sample_rate_hz,
        "channels": master.channels,
        "bit_depth": master.bit_depth,
        "format": master.format,
        "codec": master.codec,
        "bitrate_bps": master.bitrate_bps,
        "mime_type": master.mime_type,
        "size_bytes": master.size_bytes,
        "sha256": master.sha256,
        "samples_sha256": master.samples_sha256,
        "health": asdict(master.health),
        "events": [
            {
                "kind": event.kind.value,
                "at_s": event.frame / master.sample_rate_hz,
                "length_s": event.length_frames / master.sample_rate_hz,
                "detail": event.detail,
            }
            for event in master.events
        ],
    }


def marker_documents(markers: tuple[Marker, ...], recording: Recording) -> list[dict[str, Any]]:
    """The markers of a recording."""
    rates = {master.id: master.sample_rate_hz for master in recording.masters}
    return [
        {"master_id": m.master_id, "frame": m.frame, "at_s": m.frame / rates[m.master_id], "label": m.label}
        for m in markers
    ]


def history_documents(history: tuple[HistoryEntry, ...]) -> list[dict[str, Any]]:
    """The history of a recording, oldest first."""
    return [{"at": moment(entry.at), "kind": entry.kind, "detail": entry.detail} for entry in history]


def verdict_document(verdict: Verdict, time_left_s: float) -> dict[str, Any]:
    """The pre-flight verdict."""
    return {
        "status": verdict.status.value,
        "reasons": list(verdict.reasons),
        "free_bytes": verdict.free_bytes,
        "need_bytes": verdict.need_bytes,
        "freeable_bytes": verdict.freeable_bytes,
        "time_left_s": round(time_left_s),
    }


def failed_document(path: Path, error: VoiceRecorderError) -> dict[str, Any]:
    """A file with which something went wrong."""
    return {"path": str(path), "error": error_document(error)}
