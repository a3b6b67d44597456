"""Transfers on their way through the queue, and receipts; every call makes new ones."""

from datetime import UTC, datetime
from typing import Any

from voice_recorder.domain.ports import Digest, DigestScheme
from voice_recorder.domain.transfers import PreparedCopy, Receipt, Transfer, TransferState
from voice_recorder.storage.transfers import Transfers

PLACE = "folder:/backup"
ELSEWHERE = "s3:bucket"


def now() -> datetime:
    """This moment, in milliseconds, as the database keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def a_copy(name: str = "", **changes: Any) -> PreparedCopy:
    """A copy of 480 kB; without a name the master itself."""
    values: dict[str, Any] = {
        "name": name, "send_as": "mp3" if name else "original", "size_bytes": 480_000, "mtime_ns": 7,
        "md5": "0" * 32, "sha256": "1" * 64,
    }  # fmt: skip
    return PreparedCopy(**{**values, **changes})


def a_receipt(master_id: str, place: str = PLACE, **changes: Any) -> Receipt:
    """The proof of such a copy."""
    values: dict[str, Any] = {
        "master_id": master_id, "place": place, "remote_id": f"voice-recorder/{master_id}.mp3",
        "send_as": "mp3", "size_bytes": 480_000, "md5": "0" * 32, "sha256": "1" * 64,
        "digest": Digest(DigestScheme.MD5, "0" * 32), "etag": "e", "lossless": False, "verified_at": now(),
    }  # fmt: skip
    return Receipt(**{**values, **changes})


def entry(transfers: Transfers, place: str = PLACE) -> Transfer:
    """The one entry at a place that is not backed up."""
    (found,) = transfers.listed(place)
    return found


def prepared(transfers: Transfers, transfer: Transfer, name: str = "") -> Transfer:
    """It with a copy, waiting to be sent."""
    if name:
        transfer = transfers.change(transfer, TransferState.COMPRESSING)
    return transfers.store_copy(transfer, a_copy(name), f"voice-recorder/{transfer.master_id}.mp3")


def finished(transfers: Transfers, transfer: Transfer, **changes: Any) -> Receipt:
    """Send it and prove it."""
    transfer, attempt = transfers.begin_attempt(prepared(transfers, transfer))
    transfer = transfers.change(transfer, TransferState.VERIFYING)
    receipt = a_receipt(transfer.master_id, transfer.place, **changes)
    transfers.finish(transfer, receipt, attempt, receipt.size_bytes)
    return receipt
