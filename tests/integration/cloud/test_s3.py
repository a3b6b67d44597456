"""The S3 provider with a service that answers, fails, stalls and lies; the SDK is the real one."""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.conftest import PROJECT
from tests.fakes.s3_server import (
    Cut,
    CutAnswer,
    CutBody,
    Delay,
    Fault,
    FaultyProxy,
    Reply,
    S3Server,
    Stall,
    s3_error,
)
from tests.integration.cloud.provider_contract import Sent, outgoing, received, remote_id, small
from voice_recorder.cloud import s3, s3_client
from voice_recorder.cloud.receipts import disagreement
from voice_recorder.cloud.s3 import KIND, S3Provider
from voice_recorder.domain.chunks import MIB
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudError,
    CredentialsRejected,
    FileRejected,
    TransientCloudError,
)
from voice_recorder.domain.ports import DigestScheme, OutgoingFile, Provider, UploadControl, UploadSession

__all__ = ["remote_id", "small"]
CHUNK_BYTES = 5 * MIB  # the smallest that S3 takes
CHUNKED_BYTES = 2 * CHUNK_BYTES + 1_000_000
CANCELLED_WITHIN_S = 0.6  # 0.2 s, and the rest for a busy machine


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def values(server: S3Server) -> dict[str, str]:
    return server.values()


@pytest.fixture
def proxy(server: S3Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(server.host, server.port) as proxy:
        yield proxy


@pytest.fixture
def provider(values: dict[str, str], proxy: FaultyProxy) -> Provider:
    return KIND.open({**values, "endpoint_url": proxy.url})


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> OutgoingFile:
    """A file of three parts."""
    path = tmp_path_factory.mktemp("large") / "large.mp3"
    path.write_bytes(os.urandom(CHUNKED_BYTES))
    return outgoing(path)


def new_session(file: OutgoingFile) -> UploadSession:
    return UploadSession(chunk_bytes=CHUNK_BYTES if file.size_bytes > CHUNK_BYTES else 0)


def send(provider: Provider, file: OutgoingFile, remote_id: str = "") -> str:
    """Upload a file that nobody interrupts; its remote id."""
    remote_id = remote_id or provider.remote_id(uuid.uuid4().hex, file.suffix)
    provider.upload(remote_id, file, new_session(file), UploadControl())
    return remote_id


@pytest.fixture
def sdk(values: dict[str, str]) -> Any:
    return s3_client.connect(values)


def _uploaded_parts(proxy: FaultyProxy) -> list[bytes]:
    return [line for line in proxy.requests if b"partNumber=" in line]


class TestInterruptions:
    def test_a_cut_line_costs_at_most_the_chunk_that_was_on_its_way(
        self,
        values: dict[str, str],
        proxy: FaultyProxy,
        provider: Provider,
        large: OutgoingFile,
        remote_id: str,
    ) -> None:
        proxy.faults.append(Cut(on=b"partNumber=2", after_bytes=3_000_000))
        sent = Sent()
        with pytest.raises(TransientCloudError):
            provider.upload(remote_id, large, new_session(large), sent.control)
        another = KIND.open({**values, "endpoint_url": proxy.url})
        another.upload(remote_id, large, sent.saved[-1], UploadControl())
        assert proxy.received_bytes < CHUNKED_BYTES + CHUNK_BYTES
        assert disagreement(another.stat(remote_id), large) is None

    def test_what_arrived_counts_whatever_the_journal_says(
        self, proxy: FaultyProxy, provider: Provider, large: OutgoingFile, remote_id: str
    ) -> None:
        proxy.faults.append(CutAnswer(on=b"partNumber=2"))  # it is there, but nobody told us
        sent = Sent()
        with pytest.raises(TransientCloudError):
            provider.upload(remote_id, large, new_session(large), sent.control)
        assert sent.saved[-1].acknowledged_bytes == CHUNK_BYTES
        before = len(_uploaded_parts(proxy))
        provider.upload(remote_id, large, sent.saved[0], UploadControl())
        assert len(_uploaded_parts(proxy)) == before + 1
        assert disagreement(provider.stat(remote_id), large) is None

    def test_an_upload_that_the_service_forgot_starts_anew(
        self,
        server: S3Server,
        values: dict[str, str],
        provider: Provider,
        large: OutgoingFile,
        remote_id: str,
    ) -> None:
        sent = Sent(cancel_at=1.5 * CHUNK_BYTES)
        with pytest.raises(Cancelled):
            provider.upload(remote_id, large, new_session(large), sent.control)
        server.forget_unfinished(values["bucket"])
        again = Sent()
        provider.upload(remote_id, large, sent.saved[-1], again.control)
        assert again.saved[0].acknowledged_bytes == 0
        assert again.saved[0].id != sent.saved[-1].id
        assert disagreement(provider.stat(remote_id), large) is None

    def test_an_upload_forgotten_while_it_runs_can_be_tried_again(
        self,
        server: S3Server,
        values: dict[str, str],
        provider: Provider,
        large: OutgoingFile,
        remote_id: str,
    ) -> None:
        sent = Sent()

        def save(session: UploadSession) -> None:
            sent.saved.append(session)
            if session.acknowledged_bytes == CHUNKED_BYTES:
                server.forget_unfinished(values["bucket"])

        with pytest.raises(TransientCloudError):
            provider.upload(remote_id, large, new_session(large), UploadControl(save))
        provider.upload(remote_id, large, sent.saved[-1], UploadControl())
        assert disagreement(provider.stat(remote_id), large) is None

    def test_a_lost_last_answer_is_asked_for_and_not_sent_again(
        self,
        server: S3Server,
        values: dict[str, str],
        proxy: FaultyProxy,
        provider: Provider,
        large: OutgoingFile,
        remote_id: str,
    ) -> None:
        sent = Sent()
        proxy.faults.append(CutAnswer(on=b"POST .*uploadId="))
        with pytest.raises(TransientCloudError):
            provider.upload(remote_id, large, new_session(large), sent.control)
        parts = len(_uploaded_parts(proxy))
        provider.upload(remote_id, large, sent.saved[-1], UploadControl())
        assert len(_uploaded_parts(proxy)) == parts
        assert server.unfinished(values["bucket"]) == []

    def test_a_lost_answer_to_a_small_file_is_asked_for_and_not_sent_again(
        self, proxy: FaultyProxy, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        proxy.faults.append(CutAnswer(on=b"PUT "))
        with pytest.raises(TransientCloudError):
            send(provider, small, remote_id)
        send(provider, small, remote_id)
        assert sum(line.startswith(b"PUT") for line in proxy.requests) == 1

    def test_parts_that_the_service_no_longer_accepts_are_thrown_away(
        self,
        server: S3Server,
        values: dict[str, str],
        proxy: FaultyProxy,
        provider: Provider,
        large: OutgoingFile,
        remote_id: str,
    ) -> None:
        sent = Sent()
        proxy.faults.append(s3_error(400, "InvalidPart", on=b"POST .*uploadId="))
        with pytest.raises(TransientCloudError):
            provider.upload(remote_id, large, new_session(large), sent.control)
        assert server.unfinished(values["bucket"]) == []
        provider.upload(remote_id, large, sent.saved[-1], UploadControl())
        assert disagreement(provider.stat(remote_id), large) is None

    @pytest.mark.parametrize("on", [b"PUT ", b"partNumber=2"])
    def test_an_upload_that_hangs_is_called_off_at_once(
        self, proxy: FaultyProxy, provider: Provider, small: OutgoingFile, large: OutgoingFile, on: bytes
    ) -> None:
        file = small if on == b"PUT " else large
        proxy.faults.append(Stall(on=on, after_bytes=50_000))
        called_off_after = _time_to_cancel(provider, file, 0.8)
        assert called_off_after < CANCELLED_WITHIN_S

    def test_an_answer_that_does_not_come_is_not_waited_for_when_called_off(
        self, proxy: FaultyProxy, provider: Provider, small: OutgoingFile
    ) -> None:
        proxy.faults.append(Delay(on=b"PUT ", seconds=5))
        assert _time_to_cancel(provider, small, 0.5) < CANCELLED_WITHIN_S

    def test_a_download_that_is_cut_is_no_whole_download(
        self, proxy: FaultyProxy, provider: Provider, small: OutgoingFile
    ) -> None:
        remote_id = send(provider, small)
        proxy.faults.append(CutBody(on=b"GET ", after_bytes=20_000))
        with pytest.raises(TransientCloudError):
            received(provider, remote_id)
        assert received(provider, remote_id)[1] == small.path.read_bytes()


def _time_to_cancel(provider: Provider, file: OutgoingFile, after_s: float) -> float:
    """How long an upload goes on after it was called off."""
    control = UploadControl()
    called_at: list[float] = []

    def call_off() -> None:
        called_at.append(time.monotonic())
        control.cancel.set()

    timer = threading.Timer(after_s, call_off)
    timer.start()
    with pytest.raises(Cancelled):
        provider.upload(provider.remote_id("0" * 32, "mp3"), file, new_session(file), control)
    timer.join()
    return time.monotonic() - called_at[0]


class TestNothingIsReplaced:
    @pytest.mark.parametrize("which", ["small", "large"])
    @pytest.mark.parametrize("equal", [True, False])
    def test_a_copy_that_appears_during_an_upload_stays(
        self,
        request: pytest.FixtureRequest,
        server: S3Server,
        values: dict[str, str],
        provider: Provider,
        remote_id: str,
        which: str,
        equal: bool,
    ) -> None:
        file: OutgoingFile = request.getfixturevalue(which)
        theirs = file.path.read_bytes() if equal else b"theirs"
        sent = Sent()

        def sending(position: int) -> None:
            if position == 0:
                server.put(values["bucket"], [remote_id], theirs)

        control = UploadControl(sent.saved.append, sending)
        with nullcontext() if equal else pytest.raises(CloudCopyDiffers):
            provider.upload(remote_id, file, new_session(file), control)
        assert server.data(values["bucket"], remote_id) == theirs

    @pytest.mark.parametrize("which", ["small", "large"])
    def test_an_older_service_that_knows_no_conditions_is_served_too(
        self,
        request: pytest.FixtureRequest,
        proxy: FaultyProxy,
        provider: Provider,
        remote_id: str,
        which: str,
    ) -> None:
        file: OutgoingFile = request.getfixturevalue(which)
        on = b"PUT " if which == "small" else b"POST .*uploadId="
        proxy.faults.append(s3_error(501, "NotImplemented", on=on))
        provider.upload(remote_id, file, new_session(file), UploadControl())
        assert disagreement(provider.stat(remote_id), file) is None

    def test_an_upload_made_twice_leaves_no_parts_behind(
        self,
        server: S3Server,
        values: dict[str, str],
        provider: Provider,
        large: OutgoingFile,
        remote_id: str,
    ) -> None:
        sent = Sent(cancel_at=1.5 * CHUNK_BYTES)
        with pytest.raises(Cancelled):
            provider.upload(remote_id, large, new_session(large), sent.control)
        send(provider, large, remote_id)
        provider.upload(remote_id, large, sent.saved[-1], UploadControl())
        assert server.unfinished(values["bucket"]) == []


class TestErrors:
    @pytest.mark.parametrize(
        ("fault", "error", "words"),
        [
            (s3_error(403, "InvalidAccessKeyId"), CredentialsRejected, "not known"),
            (s3_error(403, "SignatureDoesNotMatch"), CredentialsRejected, "does not belong"),
            (s3_error(403, "AccessDenied"), CredentialsRejected, "rights"),
            (s3_error(400, "ExpiredToken"), CredentialsRejected, "expired"),
            (s3_error(403, "RequestTimeTooSkewed"), CredentialsRejected, "clock"),
            (s3_error(403, "", Date="Mon, 01 Jan 2001 00:00:00 GMT"), CredentialsRejected, "clock"),
            (s3_error(403, "", Date="nonsense"), CredentialsRejected, "refuses the access key"),
            (s3_error(404, "NoSuchBucket"), CloudError, "no bucket"),
            (s3_error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"), CloudError, "eu-west-1"),
            (s3_error(413, "EntityTooLarge"), FileRejected, "size"),
            (s3_error(400, "EntityTooLarge"), FileRejected, "size"),
            (s3_error(400, "InvalidArgument"), CloudError, "InvalidArgument"),
            (s3_error(501, "Strange"), CloudError, "Strange"),
            (s3_error(400, "BadDigest"), TransientCloudError, "BadDigest"),
            (s3_error(409, "ConditionalRequestConflict"), TransientCloudError, "now"),
            (s3_error(500, "InternalError"), TransientCloudError, "now"),
            (s3_error(302, "", Location="http://login.example/"), TransientCloudError, "now"),
            (Reply(status=502, body=b"<html>bad gateway"), TransientCloudError, "502"),
            (Cut(after_bytes=10), TransientCloudError, "broke"),
        ],
    )
    def test_each_says_what_happened(
        self,
        proxy: FaultyProxy,
        provider: Provider,
        small: OutgoingFile,
        remote_id: str,
        fault: Fault,
        error: type[CloudError],
        words: str,
    ) -> None:
        proxy.faults.append(replace(fault, on=b"PUT ", times=3))  # the SDK looks for the region by itself
        with pytest.raises(CloudError) as refused:
            provider.upload(remote_id, small, new_session(small), UploadControl())
        assert type(refused.value) is error
        assert words in str(refused.value)
        assert small.path.exists()

    @pytest.mark.parametrize(
        ("retry_after", "wait_s"), [("7", 7.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("soon", None)]
    )
    def test_the_time_that_a_busy_service_asks_for_is_passed_on(
        self, proxy: FaultyProxy, provider: Provider, retry_after: str, wait_s: float | None
    ) -> None:
        proxy.faults.append(s3_error(503, "SlowDown", Retry_After=retry_after))
        with pytest.raises(TransientCloudError) as refused:
            list(provider.list())
        assert refused.value.retry_after_s == wait_s

    def test_one_without_a_time_is_passed_on_too(self, proxy: FaultyProxy, provider: Provider) -> None:
        proxy.faults.append(s3_error(429, "TooManyRequests"))
        with pytest.raises(TransientCloudError) as refused:
            provider.check()
        assert refused.value.retry_after_s is None

    @pytest.mark.parametrize("body", [b"<html>please log in", b"garbage", b"<?xml version='1.0'?><a>"])
    def test_a_list_without_sense_is_tried_later(
        self, proxy: FaultyProxy, provider: Provider, body: bytes
    ) -> None:
        proxy.faults.append(Reply(status=200, body=body, on=b"list-type"))
        with pytest.raises(TransientCloudError):
            list(provider.list())

    @pytest.mark.parametrize("on", [b"HEAD ", b"POST .*uploads", b"partNumber=1"])
    def test_an_upload_with_answers_without_sense_is_tried_later(
        self, proxy: FaultyProxy, provider: Provider, large: OutgoingFile, remote_id: str, on: bytes
    ) -> None:
        body = b"<InitiateMultipartUploadResult/>" if on.startswith(b"POST") else b""
        proxy.faults.append(Reply(status=200, body=body, on=on))
        with pytest.raises(TransientCloudError, match="no sense"):
            provider.upload(remote_id, large, new_session(large), UploadControl())

    @pytest.mark.parametrize(
        "item",
        [
            "<Key>k</Key>", "<Key>k</Key><Size>many</Size><ETag>e</ETag>", "<Size>1</Size><ETag>e</ETag>",
            "<Key>k</Key><Size>1</Size><ETag>e</ETag><LastModified>soon</LastModified>",
        ],
    )  # fmt: skip
    def test_a_list_with_half_an_item_is_tried_later(
        self, proxy: FaultyProxy, provider: Provider, item: str
    ) -> None:
        body = f"<ListBucketResult><Contents>{item}</Contents></ListBucketResult>"
        proxy.faults.append(Reply(status=200, body=body.encode(), on=b"list-type"))
        with pytest.raises(TransientCloudError, match="no sense"):
            list(provider.list())

    def test_a_copy_that_is_said_to_be_there_and_is_not_is_sent_later(
        self, proxy: FaultyProxy, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        proxy.faults.append(s3_error(412, "PreconditionFailed", on=b"PUT "))
        with pytest.raises(TransientCloudError, match="no sense"):
            send(provider, small, remote_id)
        send(provider, small, remote_id)

    def test_a_bucket_that_is_gone_never_means_that_a_copy_is_gone(
        self, values: dict[str, str], remote_id: str
    ) -> None:
        provider = KIND.open({**values, "bucket": "another-bucket"})
        for question in (provider.check, lambda: provider.stat(remote_id), lambda: list(provider.list())):
            with pytest.raises(CloudError, match="no bucket 'another-bucket'"):
                question()

    def test_those_that_stay_after_a_batch_are_named(
        self, proxy: FaultyProxy, provider: Provider, small: OutgoingFile
    ) -> None:
        kept, gone = send(provider, small), "voice-recorder/gone.mp3"
        body = (
            f"<DeleteResult><Error><Key>{kept}</Key><Code>AccessDenied</Code></Error>"
            f"<Error><Key>{gone}</Key><Code>NoSuchKey</Code></Error></DeleteResult>"
        )
        proxy.faults.append(Reply(status=200, body=body.encode(), on=b"POST "))
        errors = provider.delete_many([kept, gone])
        assert {key: type(error) for key, error in errors.items()} == {kept: CredentialsRejected}

    def test_a_batch_that_fails_does_not_stop_the_others(
        self, server: S3Server, values: dict[str, str], proxy: FaultyProxy, provider: Provider
    ) -> None:
        keys = [f"voice-recorder/{number:032x}.mp3" for number in range(250)]
        server.put(values["bucket"], keys)
        proxy.faults.append(s3_error(500, "InternalError", on=b"POST "))
        assert sorted(provider.delete_many(keys)) == keys[:100]
        assert [copy.remote_id for copy in provider.list()] == keys[:100]


class TestDigests:
    def test_a_copy_in_one_piece_is_proved_by_its_sha256(
        self, provider: Provider, small: OutgoingFile
    ) -> None:
        copy = provider.stat(send(provider, small))
        assert copy is not None
        assert copy.digest is not None
        assert (copy.digest.scheme, copy.digest.value) == (DigestScheme.SHA256, small.sha256)

    def test_a_copy_in_parts_is_proved_by_the_digest_over_its_parts(
        self, provider: Provider, large: OutgoingFile
    ) -> None:
        copy = provider.stat(send(provider, large))
        assert copy is not None
        assert copy.digest is not None
        assert (copy.digest.scheme, copy.digest.part_bytes) == (DigestScheme.SHA256_OF_PARTS, CHUNK_BYTES)

    def test_the_md5_of_an_older_service_is_a_proof(
        self,
        server: S3Server,
        values: dict[str, str],
        provider: Provider,
        small: OutgoingFile,
        remote_id: str,
    ) -> None:
        server.put(values["bucket"], [remote_id], small.path.read_bytes())
        copy = provider.stat(remote_id)
        assert copy is not None
        assert copy.digest is not None
        assert copy.digest.scheme is DigestScheme.MD5
        assert disagreement(copy, small) is None

    def test_an_etag_of_something_encrypted_is_no_md5(
        self, sdk: Any, values: dict[str, str], provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        sdk.put_object(
            Bucket=values["bucket"], Key=remote_id, Body=small.path.read_bytes(),
            ServerSideEncryption="aws:kms", Metadata={"sha256": small.sha256},
        )  # fmt: skip
        copy = provider.stat(remote_id)
        assert copy is not None
        assert copy.digest is None
        assert disagreement(copy, small) is not None
        send(provider, small, remote_id)  # counts as sent, though nothing is proved

    @pytest.mark.parametrize("checksum", ["not base64", "AAAA-2"])
    def test_a_checksum_that_cannot_be_understood_proves_nothing(self, checksum: str) -> None:
        head = {"ETag": f'"{"0" * 32}-2"', "ChecksumSHA256": checksum, "Metadata": {}}
        assert s3._digest_of(head) is None


class TestWhatGoesAlong:
    @pytest.mark.parametrize("which", ["small", "large"])
    def test_the_copy_says_what_it_is(
        self, request: pytest.FixtureRequest, sdk: Any, values: dict[str, str], provider: Provider, which: str
    ) -> None:
        file = replace(request.getfixturevalue(which), title="Grüße 🎙")
        head = sdk.head_object(Bucket=values["bucket"], Key=send(provider, file))
        assert head["ContentType"] == "audio/mpeg"
        assert head["CacheControl"] == "max-age=2592000"
        assert head["Metadata"]["sha256"] == file.sha256
        assert unquote(head["Metadata"]["title"]) == "Grüße 🎙"
        assert head["Metadata"]["created"] == "2024-05-17T12:30:15+00:00"
        assert float(head["Metadata"]["duration"]) == 12.5

    @pytest.mark.parametrize("expires_s", [0, -1, 7 * 24 * 3600 + 1])
    def test_a_link_for_longer_than_s3_knows_is_refused(self, provider: Provider, expires_s: int) -> None:
        with pytest.raises(CloudError, match="7 days"):
            provider.link("voice-recorder/x.mp3", "x.mp3", expires_s)

    def test_a_link_needs_no_network(self, values: dict[str, str]) -> None:
        provider = KIND.open({**values, "endpoint_url": "https://s3.invalid"})
        assert provider.link("voice-recorder/x.mp3", "x.mp3", 60).startswith("https://s3.invalid/")


class TestSurroundings:
    def test_nothing_of_the_users_own_aws_setup_applies(
        self,
        values: dict[str, str],
        small: OutgoingFile,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "config").write_text(
            "[default]\nendpoint_url = http://127.0.0.1:1\nregion = mars\n"
        )
        (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id = theirs\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.setenv(name, "nobody")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        provider = KIND.open(values)
        assert disagreement(provider.stat(send(provider, small)), small) is None
        link = KIND.open({**values, "endpoint_url": ""}).link("voice-recorder/x.mp3", "x.mp3", 60)
        assert link.startswith(f"https://{values['bucket']}.s3.us-east-1.amazonaws.com/")
        assert "theirs" not in link
        assert "nobody" not in link

    def test_a_proxy_of_the_environment_is_used_and_can_be_called_off(
        self,
        values: dict[str, str],
        server: S3Server,
        small: OutgoingFile,
        remote_id: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with FaultyProxy(server.host, server.port) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.delenv("no_proxy", raising=False)
            provider = KIND.open(values)
            sent = Sent(cancel_at=0)
            with pytest.raises(Cancelled):
                provider.upload(remote_id, small, new_session(small), sent.control)
            assert disagreement(provider.stat(send(provider, small, remote_id)), small) is None
            assert any(line.startswith(b"PUT http://") for line in proxy.requests)

    def test_the_wrong_region_of_aws_is_found_before_links_fail(self, values: dict[str, str]) -> None:
        """AWS itself cannot be had here: the service that answers in its place says where its bucket is."""
        provider = S3Provider(values)
        provider.check()
        provider._values = {**values, "endpoint_url": "", "region": "eu-west-1"}
        with pytest.raises(CloudError, match="in the region us-east-1"):
            provider.check()

    def test_five_at_once_share_a_provider(self, provider: Provider, tmp_path: Path) -> None:
        files = []
        for number in range(5):
            path = tmp_path / f"{number}.mp3"
            path.write_bytes(os.urandom(500_000))
            files.append(outgoing(path))
        with ThreadPoolExecutor(5) as pool:
            remote_ids = list(pool.map(lambda file: send(provider, file), files))
        for sent_as, file in zip(remote_ids, files, strict=True):
            assert disagreement(provider.stat(sent_as), file) is None

    def test_memory_stays_flat_whatever_the_size(self, values: dict[str, str], tmp_path: Path) -> None:
        path = tmp_path / "huge.mp3"
        path.write_bytes(b"")
        os.truncate(path, 40_000_000)
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, json.dumps(values), str(path)],
            env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        whole_mb, in_parts_mb = map(float, done.stdout.split())
        assert whole_mb < 10
        assert in_parts_mb < 10


_MEASURE = """
import json, sys
from pathlib import Path
from tests.integration.cloud.provider_contract import outgoing, send
from voice_recorder.cloud.s3 import KIND, S3Provider
from voice_recorder.domain.ports import UploadControl, UploadSession

def peak_mb():  # getrusage would count what the process had been before it became this one
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000

provider = KIND.open(json.loads(sys.argv[1]))
file, tiny = outgoing(Path(sys.argv[2])), outgoing(Path(__import__("os").devnull))
send(provider, tiny)
for chunk_bytes in (0, 20 << 20):
    before = peak_mb()
    session = UploadSession("", chunk_bytes)
    provider.upload(provider.remote_id(f"{chunk_bytes:032x}", "mp3"), file, session, UploadControl())
    print(peak_mb() - before)
"""
