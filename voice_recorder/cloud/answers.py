"""What Cloudinary's refusals mean for people.

Its own words may hold what was signed; only harmless ones are shown.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from voice_recorder.domain.errors import (
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    CredentialsRejected,
    FileRejected,
    TransientCloudError,
)
from voice_recorder.domain.preflight import in_mb

KEPT = "The recordings on this computer are unharmed."
_AGAIN = re.compile(r"Try again on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
_SIZES = re.compile(r"Got (\d+)\. Maximum is (\d+)")


def refusal(
    status: int, message: str = "", headers: Mapping[str, str] | None = None, *, sending: bool = False
) -> CloudError:
    """The error for an answer with another ``status`` than 200; 0 for one that is unknown.

    ``message`` is Cloudinary's own, ``sending``: a file was being sent.
    """
    headers = headers or {}
    if "stale request" in message.lower():
        return CredentialsRejected(
            "Cloudinary refuses what this computer signs, because its clock is wrong by more than an hour.",
            f"{KEPT} Set date, time and time zone of this computer, then try again.",
        )
    if status in (420, 429):
        return TransientCloudError(
            "Cloudinary answers no more questions for now: the account's limit is reached.",
            f"{KEPT} It is tried again when Cloudinary allows it.",
            wait_s(message, headers),
        )
    if status == 401 or "cloud_name" in message.lower():
        return _unauthorised(message)
    if status == 413 or "file size too large" in message.lower():
        return _too_large(message)
    return _other(status, message, headers, sending)


def wait_s(message: str, headers: Mapping[str, str]) -> float | None:
    """How long Cloudinary wants us to wait, from the headers or the words; None when it does not say.

    Times are taken against the server's own clock where it tells it.
    """
    after = headers.get("Retry-After", "")
    if after.isdigit():
        return float(after)
    again = _date(after) or _date(headers.get("X-FeatureRateLimit-Reset", "")) or _date_in(message)
    if again is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (again - now).total_seconds())


def nonsense() -> TransientCloudError:
    """The error for an answer that cannot be understood."""
    return TransientCloudError(
        "Cloudinary's answer made no sense.",
        f"{KEPT} Perhaps the network wants a login first; it is tried again later.",
    )


def missing() -> CloudCopyMissing:
    """The error for a copy that is not there."""
    return CloudCopyMissing("Cloudinary has no such copy (any more).", KEPT)


def _unauthorised(message: str) -> CredentialsRejected:
    lower = message.lower()
    if "cloud_name" in lower or "cloud name" in lower:
        title, what = (
            "Cloudinary does not know this cloud name, or the key is not of this cloud.",
            "cloud name",
        )
    elif "signature" in lower or "secret" in lower:
        title, what = "Cloudinary says that the API secret is wrong.", "API secret"
    elif "api_key" in lower or "api key" in lower:
        title, what = "Cloudinary does not know this API key, or it was revoked.", "API key"
    else:
        title, what = "Cloudinary does not accept the key.", "API key and secret"
    return CredentialsRejected(
        title, f"{KEPT} Copy the {what} anew from Cloudinary's console, under Settings, API Keys."
    )


def _too_large(message: str) -> FileRejected:
    sizes = _SIZES.search(message)
    said = f": it has {in_mb(int(sizes[1]))}, and {in_mb(int(sizes[2]))} are allowed" if sizes else ""
    return FileRejected(
        f"The file is larger than the Cloudinary plan allows{said}.",
        f"{KEPT} Send a smaller format (MP3, Opus), or choose a larger plan, then send it again.",
    )


def _other(status: int, message: str, headers: Mapping[str, str], sending: bool) -> CloudError:
    if status == 403:
        return CredentialsRejected(
            "Cloudinary does not allow this to the key.",
            f"{KEPT} Give the key the needed role in Cloudinary's console, or use another key.",
        )
    if status == 404:
        return missing()
    if status == 409:
        return CloudCopyDiffers("Cloudinary holds another file under this name.", "It was left as it is.")
    if 400 <= status < 500 and status != 408:
        kind = FileRejected if sending and status == 400 else CloudError
        what = "this file" if sending else "the request"
        return kind(f"Cloudinary refuses {what}{_said(status, message)}.", KEPT)
    return TransientCloudError(
        f"Cloudinary is in trouble{f' (status {status})' if status else ''}.",
        f"{KEPT} It is tried again later.",
        wait_s(message, headers),
    )


def _said(status: int, message: str) -> str:
    """Cloudinary's words, unless they are long or hold an address or what was signed."""
    words = " ".join(message.split()).rstrip(".")
    harmless = words and len(words) <= 150 and "://" not in words and "sign" not in words.lower()
    return f": {words}" if harmless else f" (status {status})"


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _date_in(message: str) -> datetime | None:
    found = _AGAIN.search(message)
    return datetime.fromisoformat(f"{found[1]}+00:00") if found else None
