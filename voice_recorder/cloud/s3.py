"""S3 and what speaks like it: AWS, MinIO, Ceph, Cloudflare R2, Backblaze B2 …

Every copy goes with its SHA-256, which the service checks before it stores a byte of it: that of the file, or
for a file in parts the digest over those of the parts.
"""

import base64
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from voice_recorder.cloud import s3_client
from voice_recorder.cloud.network import takes_connections
from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.cloud.receipts import disagreement
from voice_recorder.cloud.s3_fields import S3Fields
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudError,
)
from voice_recorder.domain.ports import (
    Digest,
    DigestScheme,
    Download,
    OutgoingFile,
    Plan,
    Provider,
    RemoteCopy,
    UploadControl,
    UploadSession,
)
from voice_recorder.domain.words import tr

_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
PAGE = 1000
_BATCH = 100
_BLOCK_BYTES = 1 << 16
_HASH_BLOCK_BYTES = 1 << 20
_LONGEST_LINK_S = 7 * 24 * 3600
_TITLE_BYTES = 300  # all metadata of an object may have 2 KB
_PART_BYTES = "part-bytes"
_TAKEN = {"PreconditionFailed", "412"}
_ODD = {"NotImplemented", "NoSuchUpload", "InvalidPart"}
_UNCHANGED = tr("Nothing was changed.")


class S3Provider:
    """One prefix of one bucket."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.place = KIND.place(values)
        self._values = values
        self._bucket = values["bucket"]
        self._prefix = values["prefix"]
        self._where = urlsplit(values.get("endpoint_url", "")).hostname or "AWS"
        self._lock = threading.Lock()
        self._connected: Any = None
        self._knows_conditions = True

    def prepare(self) -> None:
        """Nothing needs to be made."""

    def check(self) -> Plan:
        """Whether the key may use the bucket; S3 knows no plans."""
        with self._errors_converted():
            answer = self._client.head_bucket(Bucket=self._bucket)
        wanted = self._values["region"]
        region = answer.get("BucketRegion", wanted)
        if region != wanted and not self._values.get("endpoint_url"):
            # AWS forwards requests to the right region, but links that were signed for another are refused.
            raise s3_client.elsewhere(self._bucket, region)
        return Plan()

    def is_reachable(self) -> bool:
        """Whether its server takes connections."""
        return takes_connections(self._client.meta.endpoint_url)

    def remote_id(self, master_id: str, suffix: str) -> str:
        """``<prefix><master id>.<suffix>``."""
        return f"{self._prefix}{master_id}.{suffix}"

    def upload(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> None:
        """Send a file in one piece, or in parts as large as ``session.chunk_bytes``."""
        if control.cancel.is_set():
            raise Cancelled
        if self._is_there(remote_id, file):
            self.abandon(remote_id, session)  # another process was faster, or its answer was lost
        elif session.chunk_bytes:
            self._send_parts(remote_id, file, session, control)
        else:
            self._send_whole(remote_id, file, control)

    def stat(self, remote_id: str, *, thorough: bool = False) -> RemoteCopy | None:
        """What is stored, with the digest that the service has checked, or else a plain MD5."""
        copy = self._head(remote_id)
        if copy is None:
            self.check()  # S3's answer is the same for a bucket that is gone
        return copy[0] if copy else None

    def list(self) -> Iterator[RemoteCopy]:
        """All copies, without their digests: an ETag need not be one."""
        with self._errors_converted():
            pages = iter(
                self._client.get_paginator("list_objects_v2").paginate(
                    Bucket=self._bucket, Prefix=self._prefix, PaginationConfig={"PageSize": PAGE}
                )
            )
        while True:
            with self._errors_converted():
                page = next(pages, None)
            if page is None:
                return
            for item in page.get("Contents", ()):
                s3_client.require(self._where, item, "Key", "Size", "ETag")
                if _NAME.fullmatch(item["Key"].removeprefix(self._prefix)):
                    yield RemoteCopy(item["Key"], item["Size"], etag=item["ETag"].strip('"'))

    def delete(self, remote_id: str) -> None:
        """Remove a copy; one that is not there counts as removed."""
        with self._errors_converted():
            self._client.delete_object(Bucket=self._bucket, Key=remote_id)

    def delete_many(self, remote_ids: Sequence[str]) -> Mapping[str, CloudError]:
        """Remove many; the errors of those that stay, by remote id."""
        errors: dict[str, CloudError] = {}
        for start in range(0, len(remote_ids), _BATCH):
            batch = remote_ids[start : start + _BATCH]
            try:
                errors.update(self._delete_batch(batch))
            except CloudError as error:
                errors.update(dict.fromkeys(batch, error))
        return errors

    def link(self, remote_id: str, file_name: str, expires_s: int) -> str:
        """A presigned URL, at most a week long, that saves under ``file_name``."""
        if not 0 < expires_s <= _LONGEST_LINK_S:
            raise CloudError(
                tr("A link to S3 lives for at most 7 days."), tr("Choose a shorter time.") + " " + _UNCHANGED
            )
        plain = re.sub(r'[^ -~]|["\\]', "_", file_name)
        return str(
            self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": remote_id,
                    "ResponseContentDisposition": f'attachment; filename="{plain}"; '
                    f"filename*=UTF-8''{quote(file_name, safe='')}",
                },
                ExpiresIn=expires_s,
            )
        )

    @contextmanager
    def download(self, remote_id: str, start: int = 0, etag: str = "") -> Iterator[Download]:
        """The bytes from ``start`` on, if the copy still has ``etag`` (when given); else from 0."""
        with self._errors_converted():
            answer = self._get(remote_id, start, etag)
        body = answer["Body"]
        s3_client.require(self._where, answer, "ContentLength", "ETag")
        first, total_bytes = _range_of(answer)
        try:
            yield Download(
                start=first,
                total_bytes=total_bytes,
                etag=answer["ETag"].strip('"'),
                last_modified=answer["ResponseMetadata"]["HTTPHeaders"].get("last-modified", ""),
                blocks=self._blocks(body),
            )
        finally:
            body.close()

    def abandon(self, remote_id: str, session: UploadSession) -> None:
        """Have the service throw the parts away."""
        if not session.id:
            return
        parameters = {"Bucket": self._bucket, "Key": remote_id, "UploadId": session.id}
        with self._errors_converted():
            s3_client.attempt(lambda: self._client.abort_multipart_upload(**parameters), {"NoSuchUpload"})

    @property
    def _client(self) -> Any:
        with self._lock:  # clients may be shared by threads; making them may not
            if self._connected is None:
                self._connected = s3_client.connect(self._values)
            return self._connected

    def _errors_converted(self) -> AbstractContextManager[None]:
        return s3_client.sdk_errors_converted(self._where, self._bucket)

    def _head(self, remote_id: str) -> tuple[RemoteCopy, str] | None:
        """The copy, and the SHA-256 that was written beside it by whoever sent it."""
        parameters = {"Bucket": self._bucket, "Key": remote_id, "ChecksumMode": "ENABLED"}
        with self._errors_converted():
            head, missing = s3_client.attempt(
                lambda: self._client.head_object(**parameters), {"404", "NoSuchKey"}
            )
        if missing:
            return None
        s3_client.require(self._where, head, "ContentLength", "ETag")
        copy = RemoteCopy(remote_id, head["ContentLength"], _digest_of(head), head["ETag"].strip('"'))
        return copy, head.get("Metadata", {}).get("sha256", "")

    def _is_there(self, remote_id: str, file: OutgoingFile) -> bool:
        """Whether the copy is there already; CloudCopyDiffers when another one is."""
        found = self._head(remote_id)
        if found is None:
            return False
        copy, noted_sha256 = found
        if copy.digest is None and copy.size_bytes == file.size_bytes and noted_sha256 == file.sha256:
            return True  # as good as an upload; whether it is a proof, the receipt decides
        difference = disagreement(copy, file)
        if difference is not None:
            raise CloudCopyDiffers(
                tr("The bucket {bucket} holds another file of that name.", bucket=repr(self._bucket)),
                difference + " " + tr("It was left as it is."),
            )
        return True

    def _send_whole(self, remote_id: str, file: OutgoingFile, control: UploadControl) -> None:
        with OutgoingPart(file, 0, file.size_bytes, control) as body:
            self._store(
                "put_object", remote_id, file, Body=body, ContentLength=file.size_bytes,
                ChecksumAlgorithm="SHA256", ChecksumSHA256=_base64(bytes.fromhex(file.sha256)),
                **_description(file),
            )  # fmt: skip

    def _send_parts(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> None:
        chunk_bytes = session.chunk_bytes
        arrived = self._arrived(remote_id, session.id)
        if arrived is None:
            session = UploadSession(self._begin(remote_id, file, chunk_bytes), chunk_bytes)
            control.save(session)
            arrived = {}
        parts = []
        for number, start in enumerate(range(0, file.size_bytes, chunk_bytes), 1):
            end = min(start + chunk_bytes, file.size_bytes)
            with OutgoingPart(file, start, end, control) as body:
                checksum = _base64(body.sha256())
                part = {"PartNumber": number, "ChecksumSHA256": checksum}
                etag = _etag_if_whole(arrived.get(number, {}), end - start, checksum)
                if etag is None:
                    etag = self._send_part(remote_id, session.id, body, part)
                    control.save(UploadSession(session.id, chunk_bytes, end))
            parts.append({**part, "ETag": etag})
        self._store(
            "complete_multipart_upload", remote_id, file,
            UploadId=session.id, MultipartUpload={"Parts": parts},
        )  # fmt: skip

    def _begin(self, remote_id: str, file: OutgoingFile, chunk_bytes: int) -> str:
        with self._errors_converted():
            begun = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=remote_id, ChecksumAlgorithm="SHA256",
                **_description(file, {_PART_BYTES: str(chunk_bytes)}),
            )  # fmt: skip
        s3_client.require(self._where, begun, "UploadId")
        return str(begun["UploadId"])

    def _arrived(self, remote_id: str, upload_id: str) -> dict[int, Mapping[str, Any]] | None:
        """The parts that are there, whatever the journal says; None when the upload is not known."""
        if not upload_id:
            return None
        with self._errors_converted():
            pages = self._client.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=remote_id, UploadId=upload_id
            )
            found, unknown = s3_client.attempt(
                lambda: [part for page in pages for part in page.get("Parts", ())], {"NoSuchUpload"}
            )
        if unknown:
            return None
        for part in found:
            s3_client.require(self._where, part, "PartNumber", "Size", "ETag")
        return {part["PartNumber"]: part for part in found}

    def _send_part(
        self, remote_id: str, upload_id: str, body: OutgoingPart, part: Mapping[str, object]
    ) -> str:
        with self._errors_converted():
            answer = self._client.upload_part(
                Bucket=self._bucket, Key=remote_id, UploadId=upload_id, Body=body, ContentLength=len(body),
                ChecksumAlgorithm="SHA256", **part,
            )  # fmt: skip
        s3_client.require(self._where, answer, "ETag")
        return str(answer["ETag"])

    def _store(self, operation: str, remote_id: str, file: OutgoingFile, **parameters: Any) -> None:
        """The request that makes the copy appear, unless something is there by now."""
        call = getattr(self._client, operation)
        if self._knows_conditions:
            parameters["IfNoneMatch"] = "*"
        with self._errors_converted():
            _, refused = s3_client.attempt(
                lambda: call(Bucket=self._bucket, Key=remote_id, **parameters), _TAKEN | _ODD
            )
        if refused == "NotImplemented" and self._knows_conditions:
            self._knows_conditions = False  # an older service; we have looked before
            del parameters["IfNoneMatch"]
            self._store(operation, remote_id, file, **parameters)
        elif refused == "InvalidPart":
            self.abandon(remote_id, UploadSession(parameters["UploadId"]))
            raise s3_client.nonsense(self._where)
        elif refused and not self._is_there(remote_id, file):
            raise s3_client.nonsense(self._where)

    def _get(self, remote_id: str, start: int, etag: str) -> Mapping[str, Any]:
        key = {"Bucket": self._bucket, "Key": remote_id}
        more = {"Range": f"bytes={start}-"} if start else {}
        if start and etag:
            more["IfMatch"] = f'"{etag}"'
        answer, refused = s3_client.attempt(
            lambda: self._client.get_object(**key, **more), _TAKEN | {"InvalidRange"}
        )
        if refused:
            answer = self._client.get_object(**key)
        return dict(answer)

    def _blocks(self, body: Any) -> Iterator[bytes]:
        while True:
            with self._errors_converted():
                block = body.read(_BLOCK_BYTES)
            if not block:
                return
            yield block

    def _delete_batch(self, remote_ids: Sequence[str]) -> dict[str, CloudError]:
        with self._errors_converted():
            answer = self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": remote_id} for remote_id in remote_ids], "Quiet": True},
            )
        return {
            error.get("Key", ""): s3_client.refusal(error.get("Code", ""), self._where, self._bucket)
            for error in answer.get("Errors", ())
            if error.get("Code") != "NoSuchKey"
        }


class S3Kind(S3Fields):
    """A bucket to keep copies in."""

    def open(self, values: Mapping[str, str]) -> Provider:
        """Use the bucket; the network is not touched yet."""
        return S3Provider(values)


KIND = S3Kind()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _description(file: OutgoingFile, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    """How a copy is to be served, and what it is a copy of."""
    title = file.title.encode()[:_TITLE_BYTES].decode(errors="ignore")
    return {
        "ContentType": file.content_type,
        "CacheControl": f"max-age={30 * 24 * 3600}",
        "Metadata": {
            "sha256": file.sha256,
            "title": quote(title, safe=""),
            "created": file.created_at.isoformat(),
            "duration": f"{file.duration_s:.3f}",
            **(more or {}),
        },
    }


def _digest_of(head: Mapping[str, Any]) -> Digest | None:
    """The service's own digest of what it stores."""
    checksum, _, parts = head.get("ChecksumSHA256", "").partition("-")
    etag = head["ETag"].strip('"')
    if checksum:
        # Some services leave out the number of parts that AWS writes behind the digest of a copy in parts.
        in_parts = parts or ("-" in etag and head.get("ChecksumType") != "FULL_OBJECT")
        try:
            value = base64.b64decode(checksum, validate=True).hex()
            if not in_parts:
                return Digest(DigestScheme.SHA256, value)
            return Digest(DigestScheme.SHA256_OF_PARTS, value, int(head["Metadata"][_PART_BYTES]))
        except (ValueError, KeyError):
            return None
    # An older service. The ETag is an MD5 only of what came in one piece and is not encrypted with a key.
    encrypted = head.get("SSECustomerAlgorithm") or head.get("ServerSideEncryption", "AES256") != "AES256"
    if re.fullmatch("[0-9a-f]{32}", etag) and not encrypted:
        return Digest(DigestScheme.MD5, etag)
    return None


def _etag_if_whole(arrived: Mapping[str, Any], size_bytes: int, checksum: str) -> str | None:
    """The ETag of a part that has arrived as it is here."""
    if arrived.get("Size") != size_bytes or arrived.get("ChecksumSHA256", checksum) != checksum:
        return None
    return str(arrived["ETag"])


def _range_of(answer: Mapping[str, Any]) -> tuple[int, int]:
    """The first byte and the size of the whole, from an answer to GET."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.get("ContentRange", ""))
    return (int(found[1]), int(found[2])) if found else (0, answer["ContentLength"])
