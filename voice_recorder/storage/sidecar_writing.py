"""Writes sidecars; ``sidecar`` says what they are, ``sidecar_reading`` reads them again."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from voice_recorder.domain.recording import Master
from voice_recorder.domain.transfers import Receipt
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, write_durably
from voice_recorder.storage.segments import segment_document
from voice_recorder.storage.sidecar import FORMAT, MAX_BYTES, VERSION, Described, Sidecar
from voice_recorder.storage.sidecar_reading import version_at

_Document = dict[str, Any]


def write_sidecar(path: Path, sidecar: Sidecar) -> None:
    """Replace the sidecar at ``path``. One of a newer version is kept beside it. StorageError, DiskFull."""
    with os_errors_converted(tr("The sidecar {name} could not be written:", name=repr(path.name))):
        version = version_at(path)
        if version > VERSION:
            path.replace(path.with_name(f"{path.name}.version-{version}"))
        data = _bytes_of(sidecar)
        if len(data) > MAX_BYTES:
            data = _bytes_of(replace(sidecar, described=tuple(map(_without_steps, sidecar.described))))
        write_durably(path, data)


def _without_steps(described: Described) -> Described:
    return replace(described, steps=(), edit_number=0)


def _bytes_of(sidecar: Sidecar) -> bytes:
    document = {
        "format": FORMAT,
        "version": VERSION,
        "written": _moment(sidecar.written_at),
        "master": _master_document(sidecar.master),
        "receipts": [_receipt_document(receipt) for receipt in sidecar.receipts],
        "recordings": [_recording_document(described) for described in sidecar.described],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _reference_document(master: Master) -> _Document:
    return {
        "id": master.id, "name": master.name, "created": _moment(master.created_at), "frames": master.frames,
        "sample_rate_hz": master.sample_rate_hz, "channels": master.channels,
    }  # fmt: skip


def _master_document(master: Master) -> _Document:
    health = master.health
    return {
        **_reference_document(master),
        "state": master.state.value, "bit_depth": master.bit_depth, "format": master.format,
        "codec": master.codec, "bitrate_bps": master.bitrate_bps, "mime_type": master.mime_type,
        "size_bytes": master.size_bytes, "sha256": master.sha256, "samples_sha256": master.samples_sha256,
        "health": {
            "dropped_samples": health.dropped_samples, "clipped_share": health.clipped_share,
            "silent_share": health.silent_share, "peak_dbfs": health.peak_dbfs,
        },
        "events": [
            {"kind": e.kind.value, "frame": e.frame, "length_frames": e.length_frames, "detail": e.detail}
            for e in master.events
        ],
        "overview": base64.b64encode(master.overview).decode(),
    }  # fmt: skip


def _receipt_document(receipt: Receipt) -> _Document:
    return {
        "place": receipt.place, "remote_id": receipt.remote_id, "send_as": receipt.send_as,
        "size_bytes": receipt.size_bytes, "md5": receipt.md5, "sha256": receipt.sha256,
        "digest": {
            "scheme": receipt.digest.scheme.value, "value": receipt.digest.value,
            "part_bytes": receipt.digest.part_bytes,
        },
        "etag": receipt.etag, "lossless": receipt.lossless, "verified": _moment(receipt.verified_at),
    }  # fmt: skip


def _recording_document(described: Described) -> _Document:
    recording = described.recording
    return {
        "id": recording.id, "title": recording.title,
        "created": _moment(recording.created_at), "utc_offset_min": recording.utc_offset_min,
        "updated": _moment(recording.updated_at),
        "notes": recording.notes, "tags": list(recording.tags), "folder": recording.folder,
        "favourite": recording.favourite, "archived": recording.archived, "recovered": recording.recovered,
        "trashed": recording.trashed_at and _moment(recording.trashed_at),
        "masters": [_reference_document(master) for master in recording.masters],
        "markers": [{"master": m.master_id, "frame": m.frame, "label": m.label} for m in described.markers],
        "edit_list": [segment_document(segment) for segment in recording.edit_list],
        "edit_number": described.edit_number,
        "edit_steps": [
            {
                "number": number, "name": step.name, "at": _moment(step.at),
                "segments": [segment_document(segment) for segment in step.segments],
            }
            for number, step in described.steps
        ],
        "history": [{"at": _moment(h.at), "kind": h.kind, "detail": h.detail} for h in described.history],
    }  # fmt: skip
