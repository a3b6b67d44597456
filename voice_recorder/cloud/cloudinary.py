"""Cloudinary as a provider: its SDK signs and administers, our own sender sends.

The SDK would hold whole files in memory, and knows neither progress nor cancelling nor resuming.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voice_recorder.cloud import answers, cloudinary_account
from voice_recorder.cloud.cloudinary_sdk import CloudinarySdk, Document
from voice_recorder.cloud.network import takes_connections
from voice_recorder.cloud.outgoing import OutgoingPart
from voice_recorder.cloud.receipts import disagreement
from voice_recorder.cloud.sender import CONNECT_S, STALL_S, Answer, Sender, blocks_of
from voice_recorder.domain.chunks import chunk_bytes_for
from voice_recorder.domain.errors import (
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    CredentialsRejected,
    FileRejected,
    TransientCloudError,
)
from voice_recorder.domain.ports import (
    Digest,
    DigestScheme,
    Download,
    OutgoingFile,
    Plan,
    Provider,
    ProviderField,
    RemoteCopy,
    UploadControl,
    UploadSession,
)
from voice_recorder.domain.words import tr

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_ADDRESS = "https://api.cloudinary.com"
_NO_COPY = "voice-recorder/none"
_FOLDER = "voice-recorder/"
_DOWNLOAD_S = 3600
_MOST_DELETED = 100
_LONGEST_TITLE = 200


class CloudinaryProvider:
    """An account. A copy is a video, type authenticated, named ``voice-recorder/<master id>-<suffix>``.

    ``connect_s`` and ``stall_s``: how long connecting, and a wait without a byte, may take.
    """

    def __init__(
        self, values: Mapping[str, str], *, connect_s: float = CONNECT_S, stall_s: float = STALL_S
    ) -> None:
        self.place = KIND.place(values)
        self._address = values.get("upload_prefix") or _ADDRESS
        self._sdk = CloudinarySdk(values, connect_s, stall_s)
        self._sender = Sender(connect_s, stall_s)

    def prepare(self) -> None:
        """Nothing needs to be made."""

    def check(self) -> Plan:
        """Whether key, secret, cloud name and clock are right; the plan's limits where they may be read."""
        self._sdk.ping()
        with suppress(CloudCopyMissing):
            self._sdk.explicit(_NO_COPY)  # signed, as an upload is: a wrong clock shows here only
        try:
            usage = self._sdk.usage()
        except CredentialsRejected:
            return Plan()
        limit = _number(usage, "media_limits", "video_max_size_bytes")
        parts = ("credits", "storage", "bandwidth")
        shares = [share for part in parts if (share := _number(usage, part, "used_percent")) is not None]
        return Plan(
            name=str(usage.get("plan", "")),
            max_file_bytes=int(limit) if limit is not None else None,
            used_share=max(shares) / 100 if shares else None,
        )

    def is_reachable(self) -> bool:
        """Whether its server takes connections."""
        return takes_connections(self._address)

    def remote_id(self, master_id: str, suffix: str) -> str:
        """``voice-recorder/<master id>-<suffix>``; after a dot it would be the format to deliver."""
        return f"{_FOLDER}{master_id}-{suffix}"

    def upload(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> None:
        """Send a file, or the rest of it: up to one chunk at once, more in chunks that are acknowledged.

        Before a large file, and after any attempt whose end is not known, it asks what is there.
        """
        known = bool(session.id)
        if not known:
            chunk_bytes = session.chunk_bytes or chunk_bytes_for(file.size_bytes)
            session = UploadSession(uuid.uuid4().hex, chunk_bytes)
        if (known or session.chunk_bytes) and self._is_there(remote_id, file):
            return
        if not known:
            control.save(session)
        if session.chunk_bytes and not self._send_chunks(remote_id, file, session, control):
            if self._is_there(remote_id, file, thorough=True):
                return
            session = UploadSession(uuid.uuid4().hex, session.chunk_bytes)
            control.save(session)
            if not self._send_chunks(remote_id, file, session, control):
                raise TransientCloudError(
                    tr("Cloudinary lost what was sent to it."),
                    answers.KEPT + " " + tr("It is sent again later."),
                )
        elif not session.chunk_bytes:
            _finish(self._send(remote_id, file, session, file.size_bytes, control), file)

    def stat(self, remote_id: str, *, thorough: bool = False) -> RemoteCopy | None:
        """What is stored, by the Upload API, which is not counted; ``thorough`` by an admin call."""
        try:
            if not thorough:
                document = self._sdk.explicit(remote_id)
                if document.get("etag"):
                    return _copy(document)
            return _copy(self._sdk.resource(remote_id))
        except CloudCopyMissing:
            return None

    def list(self) -> Iterator[RemoteCopy]:
        """All copies of this program, 500 an admin call."""
        cursor = None
        while True:
            page = self._sdk.resources(_FOLDER, cursor)
            found = page.get("resources")
            if not isinstance(found, list):
                raise answers.nonsense()
            yield from map(_copy, found)
            cursor, before = page.get("next_cursor"), cursor
            if not cursor:
                return
            if cursor == before:
                raise answers.nonsense()

    def delete(self, remote_id: str) -> None:
        """Remove a copy, also from the CDN; one that is not there counts as removed."""
        if self._sdk.destroy(remote_id).get("result") not in ("ok", "not found"):
            raise answers.nonsense()

    def delete_many(self, remote_ids: Sequence[str]) -> Mapping[str, CloudError]:
        """Remove many; after a request that failed, the rest is not tried."""
        errors: dict[str, CloudError] = {}
        for start in range(0, len(remote_ids), _MOST_DELETED):
            batch = [*remote_ids[start : start + _MOST_DELETED]]
            try:
                said = self._sdk.delete_resources(batch).get("deleted")
            except CloudError as error:
                return errors | dict.fromkeys(remote_ids[start:], error)
            states = said if isinstance(said, dict) else {}
            gone = {remote_id for remote_id in batch if states.get(remote_id) in ("deleted", "not_found")}
            errors |= {remote_id: answers.nonsense() for remote_id in batch if remote_id not in gone}
        return errors

    def link(self, remote_id: str, file_name: str, expires_s: int) -> str:
        """A URL to save the copy under ``file_name``, good for ``expires_s`` seconds."""
        return self._sdk.download_url(remote_id, expires_s, file_name)

    @contextmanager
    def download(self, remote_id: str, start: int = 0, etag: str = "") -> Iterator[Download]:
        """The bytes from ``start`` on, from the store itself; from the CDN when only that honours ranges."""
        with ExitStack() as stack:
            url = self._sdk.download_url(remote_id, _DOWNLOAD_S)
            response = self._opened(stack, url, start, etag)
            if start and response.status == 200 and (wanted := _etag(response)) in (etag, etag or wanted):
                url, response = self._from_cdn(stack, remote_id, start, wanted) or (url, response)
            yield Download(
                start=start if response.status == 206 else 0,
                total_bytes=self._total_bytes(response, remote_id),
                etag=_etag(response),
                last_modified=response.headers.get("Last-Modified", ""),
                blocks=blocks_of(response, url),
            )

    def abandon(self, remote_id: str, session: UploadSession) -> None:
        """Nothing: Cloudinary drops unfinished uploads by itself and offers no call for it."""

    def _is_there(self, remote_id: str, file: OutgoingFile, *, thorough: bool = False) -> bool:
        copy = self.stat(remote_id, thorough=thorough)
        if copy is not None:
            _require_equal(copy, file)
        return copy is not None

    def _send_chunks(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, control: UploadControl
    ) -> bool:
        """Send the chunks that are left; False when Cloudinary has not got what it acknowledged before."""
        resumed = session.acknowledged_bytes > 0
        while session.acknowledged_bytes < file.size_bytes:
            end = min(session.acknowledged_bytes + session.chunk_bytes, file.size_bytes)
            try:
                document = self._send(remote_id, file, session, end, control)
            except (FileRejected, CloudCopyMissing):
                if resumed:
                    return False
                raise
            resumed = False
            finished = document.get("done") is not False
            if finished:
                _finish(document, file)
            elif end == file.size_bytes or document.get("bytes", end) != end:
                return False
            session = replace(session, acknowledged_bytes=file.size_bytes if finished else end)
            control.save(session)
            if finished:
                return True
        return False

    def _send(
        self, remote_id: str, file: OutgoingFile, session: UploadSession, end: int, control: UploadControl
    ) -> Document:
        start = session.acknowledged_bytes
        url, fields = self._sdk.signed_upload(remote_id, _context(file))
        headers = {}
        if session.chunk_bytes:
            span = f"bytes {start}-{end - 1}/{file.size_bytes}"
            headers = {"X-Unique-Upload-Id": session.id, "Content-Range": span}
        name = f"{remote_id.removeprefix(_FOLDER)}.{file.suffix}"
        with OutgoingPart(file, start, end, control) as part:
            answer = self._sender.post_file(url, fields, part, name, headers, control.cancel)
        if answer.status != 200:
            raise _refusal(answer, sending=True)
        document = answer.document()
        if "public_id" not in document and document.get("done") is not False:
            raise answers.nonsense()
        return document

    def _opened(self, stack: ExitStack, url: str, start: int, etag: str) -> "BaseHTTPResponse":
        """A download that has begun, with 200 or 206."""
        wanted = {"Range": f"bytes={start}-", **({"If-Range": f'"{etag}"'} if etag else {})} if start else {}
        response = stack.enter_context(self._sender.get(url, wanted))
        if response.status == 416:
            response = stack.enter_context(self._sender.get(url, {}))
        if response.status == 206 and not response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        ):
            raise answers.nonsense()
        if response.status not in (200, 206):
            raise _refusal(Answer(response.status, response.headers, response.data))
        return response

    def _from_cdn(
        self, stack: ExitStack, remote_id: str, start: int, etag: str
    ) -> "tuple[str, BaseHTTPResponse] | None":
        """The rest of the copy from the CDN; None unless it has the very same and honours ranges."""
        url = self._sdk.delivery_url(remote_id)
        try:
            response = self._opened(stack, url, start, etag)
        except CloudError:
            return None
        return (url, response) if response.status == 206 and etag and _etag(response) == etag else None

    def _total_bytes(self, response: "BaseHTTPResponse", remote_id: str) -> int:
        span = response.headers.get("Content-Range", "")
        total = (
            span.rpartition("/")[2] if response.status == 206 else response.headers.get("Content-Length", "")
        )
        if total.isdigit():
            return int(total)
        copy = self.stat(remote_id)
        if copy is None:
            raise answers.missing()
        return copy.size_bytes


class CloudinaryKind:
    """Cloudinary, with a key of one's own."""

    name = "cloudinary"
    title = "Cloudinary"
    fields: tuple[ProviderField, ...] = (
        ProviderField("cloud_name", tr("Cloud name"), tr("Stands at the top of Cloudinary's console.")),
        ProviderField(
            "api_key", tr("API key"), tr("In Cloudinary's console: Settings, API Keys."), secret=True
        ),
        ProviderField("api_secret", tr("API secret"), tr("Stands beside the API key."), secret=True),
        ProviderField(
            "upload_prefix", tr("Server"), tr("Only for another server than Cloudinary's usual one."),
            required=False,
        ),
    )  # fmt: skip
    variables = cloudinary_account.VARIABLES

    def from_environment(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """The fields that the environment sets; ConfigurationError names a variable with a bad value."""
        return cloudinary_account.from_environment(environ)

    def cleaned(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """``values`` without what people paste by accident; a whole CLOUDINARY_URL fills all fields."""
        return cloudinary_account.cleaned(values)

    def place(self, values: Mapping[str, str]) -> str:
        """``cloudinary:`` and the cloud name."""
        return f"cloudinary:{values['cloud_name']}"

    def open(self, values: Mapping[str, str]) -> Provider:
        """Use the account; the network is not touched yet."""
        return CloudinaryProvider(values)


KIND = CloudinaryKind()


def _context(file: OutgoingFile) -> dict[str, str]:
    title = (
        file.title[:_LONGEST_TITLE].encode(errors="replace").decode()
    )  # file names may hold odd characters
    return {
        "sha256": file.sha256,
        "title": title,
        "created": file.created_at.isoformat(),
        "duration": f"{file.duration_s:.3f}",
    }


def _finish(document: Document, file: OutgoingFile) -> None:
    """Whether a copy that was there before, and therefore was not replaced, is ours."""
    if document.get("existing"):
        _require_equal(_copy(document), file)


def _require_equal(copy: RemoteCopy, file: OutgoingFile) -> None:
    difference = disagreement(copy, file)
    if difference is not None:
        raise CloudCopyDiffers(
            tr("Cloudinary already holds another copy under this name."),
            difference + " " + tr("It was left as it is."),
        )


def _copy(document: Any) -> RemoteCopy:
    """What Cloudinary describes; TransientCloudError when that makes no sense."""
    if not isinstance(document, dict):
        raise answers.nonsense()
    public_id, size, etag = document.get("public_id"), document.get("bytes"), document.get("etag")
    if not isinstance(public_id, str) or not isinstance(size, int):
        raise answers.nonsense()
    digest = Digest(DigestScheme.MD5, str(etag).lower()) if etag else None
    return RemoteCopy(public_id, size, digest, str(etag or ""))


def _refusal(answer: Answer, *, sending: bool = False) -> CloudError:
    error = answer.document().get("error")
    message = error.get("message") if isinstance(error, dict) else answer.headers.get("X-Cld-Error")
    return answers.refusal(answer.status, str(message or ""), answer.headers, sending=sending)


def _etag(response: "BaseHTTPResponse") -> str:
    return response.headers.get("ETag", "").removeprefix("W/").strip('"')


def _number(document: Any, *path: str) -> float | None:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, int | float) else None
