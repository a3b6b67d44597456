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
from voice_recorder.domain.words import tr

KEPT = tr("The recordings on this computer are unharmed.")
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
            tr(
                "Cloudinary refuses what this computer signs, because its clock is wrong by more"
                " than an hour."
            ),
            KEPT + " " + tr("Set date, time and time zone of this computer, then try again."),
        )
    if status in (420, 429):
        return TransientCloudError(
            tr("Cloudinary answers no more questions for now: the account's limit is reached."),
            KEPT + " " + tr("It is tried again when Cloudinary allows it."),
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
        tr("Cloudinary's answer made no sense."),
        KEPT + " " + tr("Perhaps the network wants a login first; it is tried again later."),
    )


def missing() -> CloudCopyMissing:
    """The error for a copy that is not there."""
    return CloudCopyMissing(tr("Cloudinary has no such copy (any more)."), KEPT)


def _unauthorised(message: str) -> CredentialsRejected:
    lower = message.lower()
    if "cloud_name" in lower or "cloud name" in lower:
        title = tr("Cloudinary does not know this cloud name, or the key is not of this cloud.")
        advice = tr("Copy the cloud name anew from Cloudinary's console, under Settings, API Keys.")
    elif "signature" in lower or "secret" in lower:
        title = tr("Cloudinary says that the API secret is wrong.")
        advice = tr("Copy the API secret anew from Cloudinary's console, under Settings, API Keys.")
    elif "api_key" in lower or "api key" in lower:
        title = tr("Cloudinary does not know this API key, or it was revoked.")
        advice = tr("Copy the API key anew from Cloudinary's console, under Settings, API Keys.")
    else:
        title = tr("Cloudinary does not accept the key.")
        advice = tr("Copy the API key and secret anew from Cloudinary's console, under Settings, API Keys.")
    return CredentialsRejected(title, KEPT + " " + advice)


def _too_large(message: str) -> FileRejected:
    sizes = _SIZES.search(message)
    title = tr("The file is larger than the Cloudinary plan allows.")
    if sizes:
        title = tr(
            "The file is larger than the Cloudinary plan allows: it has {size}, and {most} are allowed.",
            size=in_mb(int(sizes[1])),
            most=in_mb(int(sizes[2])),
        )
    return FileRejected(
        title,
        KEPT + " " + tr("Send a smaller format (MP3, Opus), or choose a larger plan, then send it again."),
    )


def _other(status: int, message: str, headers: Mapping[str, str], sending: bool) -> CloudError:
    if status == 403:
        return CredentialsRejected(
            tr("Cloudinary does not allow this to the key."),
            KEPT + " " + tr("Give the key the needed role in Cloudinary's console, or use another key."),
        )
    if status == 404:
        return missing()
    if status == 409:
        return CloudCopyDiffers(
            tr("Cloudinary holds another file under this name."), tr("It was left as it is.")
        )
    if 400 <= status < 500 and status != 408:
        kind = FileRejected if sending and status == 400 else CloudError
        return kind(_refused(status, _harmless(message), sending), KEPT)
    trouble = tr("Cloudinary is in trouble.")
    if status:
        trouble = tr("Cloudinary is in trouble (status {status}).", status=status)
    return TransientCloudError(trouble, KEPT + " " + tr("It is tried again later."), wait_s(message, headers))


def _refused(status: int, words: str, sending: bool) -> str:
    if sending and words:
        return tr("Cloudinary refuses this file: {words}.", words=words)
    if sending:
        return tr("Cloudinary refuses this file (status {status}).", status=status)
    if words:
        return tr("Cloudinary refuses the request: {words}.", words=words)
    return tr("Cloudinary refuses the request (status {status}).", status=status)


def _harmless(message: str) -> str:
    """Cloudinary's words; none if they are long or hold an address or what was signed."""
    words = " ".join(message.split()).rstrip(".")
    return words if len(words) <= 150 and "://" not in words and "sign" not in words.lower() else ""


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _date_in(message: str) -> datetime | None:
    found = _AGAIN.search(message)
    return datetime.fromisoformat(f"{found[1]}+00:00") if found else None
