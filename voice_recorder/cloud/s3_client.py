"""The SDK for S3 as this program uses it: nothing of the user's own set-up, streamed bodies, our errors."""

import functools
import io
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from voice_recorder.cloud.network import network_error
from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.cloud.sender import BLOCK_BYTES, CONNECT_S, STALL_S, Sender
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyMissing,
    CloudError,
    CredentialsRejected,
    FileRejected,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.words import tr

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.exceptions import BotoCoreError, ClientError

_LOGGERS = ("boto3", "botocore", "s3transfer", "urllib3")  # what they say below WARNING holds signed URLs
_LARGEST_CLOCK_ERROR_S = 15 * 60.0
_LATER = tr("Nothing was changed on this computer; it is tried again later.")
_KEPT = tr("Nothing was changed on this computer.")
_KEY_WORDS = {
    "InvalidAccessKeyId": tr("The access key is not known there."),
    "SignatureDoesNotMatch": tr("The secret access key does not belong to the access key."),
    "ExpiredToken": tr("The session token has expired."),
    "InvalidToken": tr("The session token is not valid."),
    "AccessDenied": tr("It may not do that."),
}
# Damaged on the way; raced by another; too busy.
_LATER_CODES = {
    "BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentSHA256Mismatch",
    "OperationAborted", "ConditionalRequestConflict", "NoSuchUpload",
    "InternalError", "SlowDown", "ServiceUnavailable", "TooManyRequests", "Throttling",
    "RequestLimitExceeded",
}  # fmt: skip


def connect(values: Mapping[str, str]) -> Any:
    """A client with exactly these keys, region and endpoint; ``~/.aws`` and ``AWS_PROFILE`` do not count."""
    import boto3
    import botocore.session
    from botocore.config import Config

    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    endpoint_url = values.get("endpoint_url") or None
    no_file = (None, None, os.devnull, None)
    core = botocore.session.Session(
        {"profile": (None, None, None, None), "config_file": no_file, "credentials_file": no_file}
    )
    core.register_component("data_loader", _definitions())
    client = boto3.session.Session(
        aws_access_key_id=values["access_key_id"],
        aws_secret_access_key=values["secret_access_key"],
        aws_session_token=values.get("session_token"),
        region_name=values.get("region"),
        botocore_session=core,
    ).client(
        "s3",
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=CONNECT_S,
            read_timeout=STALL_S,
            retries={"total_max_attempts": 1, "mode": "standard"},  # the queue tries again
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            ignore_configured_endpoint_urls=True,
            # A checksum goes along with every body; signing it too would read it once more.
            s3={
                "addressing_style": "path" if endpoint_url else "virtual",
                "payload_signing_enabled": False,
                "us_east_1_regional_endpoint": "regional",
            },
        ),
    )
    sender = _BodySender(ca_file=os.environ.get("AWS_CA_BUNDLE"))
    for operation in ("PutObject", "UploadPart"):
        client.meta.events.register(f"before-send.s3.{operation}", sender.send)
    return client


@functools.cache
def _definitions() -> Any:
    """What the SDK knows of services: reading it anew for each provider would cost a tenth of a second."""
    from botocore.loaders import create_loader

    return create_loader()


class _BodySender(Sender):
    """Sends requests whose body is a part of a file in the SDK's place, so that they can be called off."""

    def send(self, request: "AWSPreparedRequest", **_: object) -> "AWSResponse | None":
        """What the server answers; None leaves the request to the SDK, which knows how to use proxies."""
        from botocore.awsrequest import AWSResponse
        from botocore.utils import get_environ_proxies
        from urllib3 import HTTPResponse

        if not isinstance(request.body, OutgoingPart) or get_environ_proxies(request.url):
            return None
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() != "expect"}
        blocks = request.body.blocks(BLOCK_BYTES)
        with self._answered(request.method, request.url, headers, blocks, request.body.cancel) as answer:
            raw = HTTPResponse(io.BytesIO(answer.data), preload_content=False)
            return AWSResponse(request.url, answer.status, answer.headers, raw)


@contextmanager
def sdk_errors_converted(where: str, bucket: str) -> Iterator[None]:
    """The boundary at which the SDK's errors become ours. They hold URLs, so they are not chained."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _refusal(error, where, bucket) from None
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise _breakdown(error, where) from None
    except (ResponseParserError, ValueError):  # the latter of numbers and dates that are none
        raise nonsense(where) from None


def attempt(call: Callable[[], Any], expected: Collection[str]) -> tuple[Any, str]:
    """What ``call`` returns, and the code it was refused with: one of the ``expected``, or empty."""
    from botocore.exceptions import ClientError

    try:
        return call(), ""
    except ClientError as error:
        if _code(error) in expected:
            return None, _code(error)
        raise


def require(where: str, answer: Mapping[str, Any], *names: str) -> None:
    """Raise TransientCloudError unless ``answer`` tells all that ``names`` ask for."""
    if any(answer.get(name) is None for name in names):
        raise nonsense(where)


def nonsense(where: str) -> TransientCloudError:
    """An answer that cannot be understood."""
    return TransientCloudError(tr("{service} gives answers that make no sense.", service=where), _LATER)


def elsewhere(bucket: str, region: str) -> CloudError:
    """The bucket is in another region than the one that was set."""
    return CloudError(
        tr("The bucket {bucket} is in the region {region}.", bucket=repr(bucket), region=region),
        _KEPT + " " + tr("Set that region."),
    )


def _code(error: "ClientError") -> str:
    """S3's own word for what is wrong; the status where it says none, as after HEAD."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _breakdown(error: "BotoCoreError", where: str) -> Exception:
    cause = error.kwargs.get("error")  # what the SDK has wrapped
    if isinstance(cause, Cancelled | VoiceRecorderError):
        return cause
    return network_error(cause if isinstance(cause, Exception) else error, where)


def _refusal(error: "ClientError", where: str, bucket: str) -> CloudError:
    told = error.response.get("ResponseMetadata", {})
    status, headers = int(told.get("HTTPStatusCode", 0)), told.get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or error.response.get("Error", {}).get("Region")
    if status in (301, 307, 400) and region:
        return elsewhere(bucket, region)
    if _code(error) == "404" and error.operation_name == "HeadBucket":
        return refusal("NoSuchBucket", where, bucket)
    return refusal(_code(error), where, bucket, status, headers)


def refusal(
    code: str, where: str, bucket: str, status: int = 0, headers: Mapping[str, str] | None = None
) -> CloudError:
    """What S3's error ``code`` means, with the status and headers of the answer if it was one of its own."""
    headers = headers or {}
    if _may_work_later(status, code):
        return TransientCloudError(
            tr("{service} cannot serve the request now ({code}).", service=where, code=code or status),
            _LATER,
            _retry_after_s(headers),
        )
    if status in (401, 403) or code in _KEY_WORDS:
        return _key_refusal(code, where, bucket, headers)
    if code == "NoSuchBucket":
        return CloudError(
            tr("{service} has no bucket {bucket}.", service=where, bucket=repr(bucket)),
            _KEPT + " " + tr("Make it there, or choose another."),
        )
    if status == 404:
        return CloudCopyMissing(
            tr("The copy is no longer in the bucket {bucket}.", bucket=repr(bucket)), _KEPT
        )
    if code == "EntityTooLarge" or status == 413:
        return FileRejected(tr("{service} takes no file of this size.", service=where), _KEPT)
    return CloudError(
        tr("{service} refuses the request ({code}).", service=where, code=code or status), _KEPT
    )


def _may_work_later(status: int, code: str) -> bool:
    if code in _LATER_CODES or status == 429 or 300 <= status < 400:
        return True
    return status >= 500 and status != 501  # 501: it does not know the request at all


def _key_refusal(code: str, where: str, bucket: str, headers: Mapping[str, str]) -> CredentialsRejected:
    if code == "RequestTimeTooSkewed" or _clock_error_s(headers) > _LARGEST_CLOCK_ERROR_S:
        return CredentialsRejected(
            tr("The clock of this computer is wrong, so the signature is not accepted."),
            _KEPT + " " + tr("Set date and time right, then try again."),
        )
    what = _KEY_WORDS.get(code) or tr(
        "The key may not use the bucket {bucket} like this, or is not known.", bucket=repr(bucket)
    )
    return CredentialsRejected(
        tr("{service} refuses the access key.", service=where),
        what + " " + _KEPT + " " + tr("Check both keys and their rights."),
    )


def _clock_error_s(headers: Mapping[str, str]) -> float:
    server = _date(headers.get("date", ""))
    return abs((datetime.now(UTC) - server).total_seconds()) if server else 0.0


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    at = _date(text)
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
