"""What Cloudinary's refusals mean."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from voice_recorder.cloud.answers import refusal, wait_s
from voice_recorder.cloud.cloudinary_sdk import CloudinarySdk
from voice_recorder.domain.errors import (
    CloudCopyMissing,
    CloudError,
    CredentialsRejected,
    FileRejected,
    TransientCloudError,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATE = {"Date": format_datetime(NOW, usegmt=True)}


def in_a_minute() -> str:
    return format_datetime(NOW + timedelta(seconds=60), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "message", "expected"),
    [
        ({"Retry-After": "12"}, "", 12),
        ({"Retry-After": in_a_minute()}, "", 60),
        ({"X-FeatureRateLimit-Reset": in_a_minute()}, "", 60),
        ({}, "Rate Limit Exceeded. Try again on 2026-01-02 03:05:05 UTC", 60),
        ({}, "Try again on 2020-01-01 00:00:00 UTC", 0),
        ({"Retry-After": "soon", "X-FeatureRateLimit-Reset": "?"}, "Try again", None),
    ],
)  # fmt: skip
def test_the_wait_is_counted_by_the_servers_clock(
    headers: dict[str, str], message: str, expected: float | None
) -> None:
    assert wait_s(message, DATE | headers) == expected


def test_without_the_servers_clock_our_own_counts() -> None:
    later = datetime.now(UTC) + timedelta(seconds=60)
    assert wait_s(f"Try again on {later:%Y-%m-%d %H:%M:%S} UTC", {}) == pytest.approx(60, abs=2)


@pytest.mark.parametrize(
    ("status", "message", "kind", "words"),
    [
        (400, "Stale request - reported time is 2020-01-01 00:00:00", CredentialsRejected, "clock"),
        (401, "Unknown API key 314159", CredentialsRejected, "API key"),
        (401, "unknown api_key", CredentialsRejected, "API key"),
        (401, "Invalid Signature 12ab. String to sign - 'x=1'.", CredentialsRejected, "API secret"),
        (401, "api_secret mismatch", CredentialsRejected, "API secret"),
        (401, "cloud_name mismatch", CredentialsRejected, "cloud name"),
        (404, "Invalid cloud_name x", CredentialsRejected, "cloud name"),
        (401, "", CredentialsRejected, "key"),
        (403, "", CredentialsRejected, "allow"),
        (400, "File size too large. Got 120000000. Maximum is 100000000.", FileRejected, "120 MB"),
        (413, "", FileRejected, "plan"),
        (400, "Unsupported video format or file", FileRejected, "Unsupported video format"),
        (404, "Resource not found - x", CloudCopyMissing, "no such copy"),
        (408, "", TransientCloudError, "again"),
        (0, "Server returned something", TransientCloudError, "again"),
        (599, "", TransientCloudError, "again"),
    ],
)
def test_each_refusal_says_what_to_do(status: int, message: str, kind: type[CloudError], words: str) -> None:
    error = refusal(status, message, sending=True)
    assert type(error) is kind
    assert words in str(error)
    assert "314159" not in str(error)
    assert "String to sign" not in str(error)
    assert error.detail


@pytest.mark.parametrize("message", ["see https://x.y/z?s=1", "wrong signature 12ab", "long " * 50, ""])
def test_words_that_may_hold_a_secret_are_not_repeated(message: str) -> None:
    assert refusal(400, message).title == "Cloudinary refuses the request (status 400)."


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("", "https://res.cloudinary.com/my-cloud/video/authenticated/s--"),
        ("https://api-eu.cloudinary.com", "https://res.cloudinary.com/my-cloud/video/authenticated/s--"),
        ("https://media.example.com", "https://media.example.com/my-cloud/video/authenticated/s--"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/my-cloud/video/authenticated/s--"),
    ],
)
def test_a_server_of_ones_own_delivers_what_it_stores(server: str, expected: str) -> None:
    values = {"cloud_name": "my-cloud", "api_key": "1", "api_secret": "s", "upload_prefix": server}
    url = CloudinarySdk(values, 1, 1).delivery_url("voice-recorder/0123-mp3")
    assert url.startswith(expected)
    assert url.endswith("/v1/voice-recorder/0123-mp3")
