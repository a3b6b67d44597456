"""What Cloudinary refuses or garbles, in people's words; no secret in any of them."""

import json
import logging
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.fakes.cloudinary_faults import (
    Drop,
    DropAnswer,
    Garbage,
    Status,
)
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.integration.cloud.cloudinary_case import (
    NOTE,
    do,
    fails,
    large,
    outgoing,
    provider,
    send,
    server,
    small,
)
from voice_recorder.cloud.cloudinary import KIND, CloudinaryProvider
from voice_recorder.domain.errors import (
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    ConfigurationError,
    CredentialsRejected,
    FileRejected,
    NetworkUnreachable,
    TransientCloudError,
)
from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession

__all__ = ["large", "provider", "server", "small"]


# ---- refusals in words


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, FileRejected), (401, CredentialsRejected), (403, CredentialsRejected), (404, CloudCopyMissing),
        (409, CloudCopyDiffers), (413, FileRejected), (418, CloudError), (420, TransientCloudError),
        (429, TransientCloudError), (500, TransientCloudError), (502, TransientCloudError),
        (503, TransientCloudError), (302, TransientCloudError),
    ],
)  # fmt: skip
def test_every_status_of_an_upload_has_its_error(
    code: int,
    kind: type[CloudError],
    server: CloudinaryServer,
    provider: CloudinaryProvider,
    small: OutgoingFile,
) -> None:
    server.faults.append(Status(code, on="upload"))
    fails(kind, lambda: send(provider, small))
    send(provider, small)


@pytest.mark.parametrize("code", [400, 401, 403, 409, 418, 420, 429, 500, 502, 503])
@pytest.mark.parametrize(
    "operation", ["list", "stat", "thorough", "delete", "delete_many", "check", "download"]
)
def test_every_status_of_every_operation_has_its_error(
    operation: str, code: int, server: CloudinaryServer, provider: CloudinaryProvider
) -> None:
    expected = {
        400: CloudError, 401: CredentialsRejected, 403: CredentialsRejected, 409: CloudCopyDiffers,
        418: CloudError,
    }.get(code, TransientCloudError)  # fmt: skip
    if code == 418 and operation in ("stat", "delete"):
        expected = TransientCloudError  # the SDK does not tell an unknown status of the Upload API
    server.faults.append(Status(code, "No"))
    fails(expected, lambda: do(provider, operation))


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"", b'{"resources": [', b"123", b"[1]", b'"words"', b'{"error": 5}', b"null", b"\xff\xfe"],
)
@pytest.mark.parametrize("operation", ["list", "stat", "thorough", "delete", "delete_many"])
def test_answers_that_make_no_sense_are_tried_again_later(
    operation: str, body: bytes, server: CloudinaryServer, provider: CloudinaryProvider
) -> None:
    server.faults.append(Garbage(body))
    fails(TransientCloudError, lambda: do(provider, operation), "no sense")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("delete", b'{"result": "perhaps"}'), ("list", b'{"resources": 5}'), ("list", b'{"resources": [5]}'),
        ("list", b'{"resources": [{"public_id": "x", "bytes": "many"}]}'),
        ("list", b'{"resources": [], "next_cursor": "the same"}'), ("stat", b'{"etag": "x", "bytes": 5}'),
    ],
)  # fmt: skip
def test_json_that_says_nothing_is_tried_again_later(
    operation: str, body: bytes, server: CloudinaryServer, provider: CloudinaryProvider
) -> None:
    server.faults.append(Garbage(body, times=2))
    fails(TransientCloudError, lambda: do(provider, operation), "no sense")


def test_bugs_pass_the_boundary(provider: CloudinaryProvider) -> None:
    with pytest.raises(ZeroDivisionError):
        provider._sdk._ask(lambda **_: 1 // 0)
    with pytest.raises(TypeError):
        provider._sdk._ask(lambda unknown: unknown)


@pytest.mark.parametrize("code", [401, 413, 502])
def test_refusals_without_cloudinarys_words_are_understood_by_their_status(
    code: int, server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    expected = {401: CredentialsRejected, 413: FileRejected, 502: TransientCloudError}[code]
    server.faults += [Garbage(b"<html>", code, on="upload"), Garbage(b"<html>", code, on="resources")]
    fails(expected, lambda: send(provider, small))
    fails(expected, lambda: list(provider.list()))


@pytest.mark.parametrize("afterwards", ["closes", "reads", "nothing"])
def test_a_refusal_while_the_file_is_still_being_sent_is_heard(
    afterwards: str, server: CloudinaryServer, provider: CloudinaryProvider, tmp_path: Path
) -> None:
    file = outgoing(tmp_path / "note.mp3", os.urandom(19_000_000))
    for _ in range(5):
        server.faults.append(Status(413, "Too large", on="upload", early=True, afterwards=afterwards))
        fails(FileRejected, lambda: send(provider, file), "larger than the Cloudinary plan allows")


def test_wrong_keys_are_named(server: CloudinaryServer, small: OutgoingFile) -> None:
    for name, words in (
        ("api_key", "does not know this API key"), ("api_secret", "API secret is wrong"),
        ("cloud_name", "cloud name"),
    ):  # fmt: skip
        provider = CloudinaryProvider({**server.values, name: "wrong"})
        for action in (lambda p=provider: send(p, small), provider.check, lambda p=provider: p.stat(NOTE)):
            fails(CredentialsRejected, action, words)


def test_a_revoked_key_is_said(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.revoked = True
    for operation in ("list", "stat", "delete", "check", "download"):
        fails(CredentialsRejected, lambda operation=operation: do(provider, operation), "revoked")


def test_a_wrong_clock_is_said(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    server.clock_offset_s = 2 * 3600
    fails(CredentialsRejected, lambda: send(provider, small), "clock", "date, time and time zone")
    fails(CredentialsRejected, lambda: provider.stat(NOTE), "clock")
    fails(CredentialsRejected, provider.check, "clock")


def test_a_file_above_the_plans_limit_is_refused_with_both_sizes(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    server.max_file_bytes = 10_000_000
    fails(FileRejected, lambda: send(provider, large), "23 MB", "10 MB")
    assert server.requests["upload"] == 1
    assert provider.check().max_file_bytes == 10_000_000


def test_the_wait_that_cloudinary_asks_for_is_told(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    def waits(headers: dict[str, str], message: str = "Slow down") -> float:
        server.faults.append(Status(429, message, headers, on="upload"))
        error = fails(TransientCloudError, lambda: send(provider, small))
        assert isinstance(error, TransientCloudError)
        assert error.retry_after_s is not None
        return error.retry_after_s

    server.clock_offset_s = 1000  # what counts is the server's clock
    later = datetime.fromtimestamp(server.now(), UTC) + timedelta(seconds=90)
    assert waits({"Retry-After": "17"}) == 17
    assert waits({"Retry-After": format_datetime(later, usegmt=True)}) == pytest.approx(90, abs=3)
    assert waits({"X-FeatureRateLimit-Reset": format_datetime(later, usegmt=True)}) == pytest.approx(
        90, abs=3
    )
    words = f"Rate Limit Exceeded. Try again on {later:%Y-%m-%d %H:%M:%S} UTC"
    assert waits({}, words) == pytest.approx(90, abs=3)
    server.clock_offset_s = 0
    server.admin_limit = 0
    error = fails(TransientCloudError, lambda: list(provider.list()), "limit")
    assert isinstance(error, TransientCloudError)
    assert error.retry_after_s == pytest.approx(1800, abs=5)


@pytest.mark.parametrize("operation", ["list", "stat", "delete", "check", "download", "upload"])
def test_without_a_network_it_says_that_cloudinary_cannot_be_reached(
    operation: str, small: OutgoingFile
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    values = {"cloud_name": "c", "api_key": "k", "api_secret": "s"}
    for prefix in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        provider = CloudinaryProvider({**values, "upload_prefix": prefix}, connect_s=1)
        fails(
            NetworkUnreachable,
            lambda p=provider: send(p, small) if operation == "upload" else do(p, operation),
            "cannot be reached", "connected to the internet",
        )  # fmt: skip


@pytest.mark.parametrize("operation", ["stat", "delete", "download"])
def test_a_cut_connection_is_tried_again_later(
    operation: str, server: CloudinaryServer, provider: CloudinaryProvider
) -> None:
    server.faults.append(DropAnswer() if operation != "download" else Drop())
    if operation == "download":
        server.faults[0].on = "download"
    with pytest.raises((TransientCloudError, CloudCopyMissing)):
        do(provider, operation)


# ---- the SDK and secrets


def test_what_the_environment_tells_the_sdk_does_not_leak_into_requests(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    import cloudinary

    try:
        cloudinary.config(oauth_token="stranger", upload_preset="changes_the_bytes", cloud_name="other")
        send(provider, small)
        for operation in ("list", "stat", "thorough", "download", "check", "delete", "delete_many"):
            do(provider, operation)
    finally:
        cloudinary.reset_config()
    assert server.bearers == 0
    assert "upload_preset" not in server.fields_seen


@pytest.mark.parametrize(
    "value", ["foo", "cloudinary://", "cloudinary://a:b", "'cloudinary://a:b@c'", "http://[x"]
)
def test_a_bad_variable_is_named_before_the_sdk_is_imported(value: str, server: CloudinaryServer) -> None:
    program = (
        "import json, sys\n"
        "from voice_recorder.cloud.cloudinary import KIND\n"
        "from voice_recorder.domain.errors import ConfigurationError\n"
        "try:\n    KIND.open(json.loads(sys.argv[1])).check()\n"
        "except ConfigurationError as error:\n    print(error)\n"
    )
    env = {name: text for name, text in os.environ.items() if not name.startswith("CLOUDINARY")}
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(server.values)], cwd=PROJECT, capture_output=True,
        text=True,
        env={**env, "CLOUDINARY_URL": value}, check=False,
    )  # fmt: skip
    assert "CLOUDINARY_URL" in done.stdout, done
    assert done.stderr == ""


def test_the_url_variable_opens_the_account(
    server: CloudinaryServer, small: OutgoingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
    provider = KIND.open(KIND.cleaned(KIND.from_environment(os.environ)))
    assert provider.check().name == "Free"
    assert provider.place == "cloudinary:test-cloud"
    monkeypatch.setenv("CLOUDINARY_URL", "cloudinary://")
    with pytest.raises(ConfigurationError, match="CLOUDINARY_URL"):
        KIND.open(server.values)


def test_no_secret_and_no_signed_address_is_logged_orshown_of(
    server: CloudinaryServer,
    provider: CloudinaryProvider,
    small: OutgoingFile,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(logging.getLogger("voice_recorder"), "propagate", True)  # other tests start logging
    shown = [repr(provider), repr(vars(provider)["_sender"])]
    link = provider.link(NOTE, "note.mp3", 600)
    send(provider, small)
    for operation in ("list", "stat", "thorough", "download", "check", "delete", "delete_many"):
        do(provider, operation)
    send(provider, small)
    wrong = CloudinaryProvider({**server.values, "api_secret": "another-secret"})
    stranger = CloudinaryProvider({**server.values, "api_key": "another-key"})
    for code in (400, 401, 500):
        server.faults.append(
            Status(code, f"https://x/?signature=1 {server.api_key} signed with", on="upload")
        )
        shown.append(shown_of(lambda: provider.upload(NOTE + "x", small, UploadSession(), UploadControl())))
    for operation in ("list", "stat", "thorough", "download", "check", "delete", "delete_many"):
        shown.append(shown_of(lambda operation=operation: do(wrong, operation)))
        shown.append(shown_of(lambda operation=operation: do(stranger, operation)))
        server.faults.append(Drop(100))
        shown.append(shown_of(lambda operation=operation: do(provider, operation)))
    text = caplog.text + "\n".join(shown)
    assert caplog.records
    for secret in (
        server.api_key,
        server.api_secret,
        "another-secret",
        "another-key",
        "signature=",
        "expires_at",
        "s--",
    ):
        assert secret not in text
    assert link not in text


def shown_of(action: Callable[[], Any]) -> str:
    try:
        action()
    except CloudError as error:
        return f"{error} {error!r} {''.join(traceback.format_exception(error))}"
    return ""
