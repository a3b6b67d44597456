"""What the test server of Cloudinary (``cloudinary_server``) says to which request."""

import base64
import hashlib
import json
import re
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from typing_extensions import override

from tests.fakes.cloudinary_faults import Delay, Drop, DropAnswer, Garbage, Stall, Status
from tests.fakes.cloudinary_state import (
    BLOCK_BYTES,
    LARGEST_SIMPLE_BYTES,
    SMALLEST_CHUNK_BYTES,
    Asset,
    CloudinaryState,
    Cut,
    Fields,
    Refusal,
    Unfinished,
)
from tests.fakes.multipart_form import Form


class HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], cloudinary: CloudinaryState) -> None:
        super().__init__(address, Handler)
        self.cloudinary = cloudinary
        self._connections: set[socket.socket] = set()

    @override
    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._connections.add(request)
        self.cloudinary.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]

    @override
    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @override
    def handle_error(self, request: object, client_address: object) -> None:  # type: ignore[override]
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = BLOCK_BYTES
    disable_nagle_algorithm = True
    server: HttpServer

    @override
    def setup(self) -> None:
        self.cloudinary = self.server.cloudinary
        if self.cloudinary.up.bytes_per_s:  # or the kernel would take megabytes at once
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK_BYTES)
        self.cloudinary.stopped.wait(2 * self.cloudinary.latency_s)
        super().setup()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass

    @override
    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        split = urlsplit(self.path)
        self.words = unquote(split.path).strip("/").split("/")
        self.query = dict(parse_qsl(split.query))
        self._unread = int(self.headers.get("Content-Length") or 0)
        kind, answer = self._route()
        with self.cloudinary.uploading() if kind == "upload" else nullcontext():
            self._meet(kind, answer)

    def _meet(self, kind: str, answer: Callable[[], object]) -> None:
        self.fault = self.cloudinary.fault_for(kind)
        self.cloudinary.bearers += self.headers.get("Authorization", "").startswith("Bearer")
        try:
            refusal, document = None, None
            try:
                self._meet_before()
                document = answer()
            except Refusal as caught:
                refusal = caught
                self._drain()
            self._meet_after()
            if refusal is not None:
                self._answer(refusal.status, {"error": {"message": refusal.message}}, refusal.headers)
                if isinstance(self.fault, Status) and self.fault.early:
                    self._linger(self.fault.afterwards)
            elif document is not None:
                self._answer(200, document)
        except Cut:
            self._cut()

    def _route(self) -> tuple[str, Callable[[], object]]:
        if self.words[0] != "v1_1":
            return "delivery", self._delivery
        rest = self.words[2:]
        kinds: dict[str, Callable[[], object]] = {
            "POST video/upload": self._upload, "POST video/explicit": self._explicit,
            "POST video/destroy": self._destroy, "GET video/download": self._download,
            "GET ping": self._ping, "GET usage": self._usage,
            "GET resources/video/authenticated": self._resources,
            "DELETE resources/video/authenticated": self._delete_resources,
        }  # fmt: skip
        answer = kinds.get(f"{self.command} {'/'.join(rest)}")
        if answer is not None:
            return answer.__name__.strip("_"), answer
        if self.command == "GET" and rest[:3] == ["resources", "video", "authenticated"]:
            return "resource", self._resource
        return "unknown", self._unknown

    def _meet_before(self) -> None:
        fault = self.fault
        if isinstance(fault, Status):
            if fault.early:
                self.close_connection = True
                self._unread = 0
            raise Refusal(fault.code, fault.message, fault.headers)

    def _meet_after(self) -> None:
        fault = self.fault
        if isinstance(fault, Delay):
            self.cloudinary.stopped.wait(fault.seconds)
        elif isinstance(fault, Drop | DropAnswer):
            raise Cut
        elif isinstance(fault, Garbage):
            self._drain()
            self._send(fault.status, fault.body, {"Content-Type": "text/html"})
            raise Cut

    # ---- the upload API

    def _upload(self) -> object:
        server = self.cloudinary
        upload_id, span = self.headers.get("X-Unique-Upload-Id"), self.headers.get("Content-Range")
        first, last, total = map(int, re.findall(r"\d+", span)) if span else (0, -1, self._unread)
        unfinished = self._unfinished(upload_id) if span and upload_id else None
        if unfinished is not None:
            fields, size = self._receive_form(unfinished.path, first)
        else:
            path = server.new_path()
            fields, size = self._receive_form(path)
        self._check_cloud(upload=True)
        server.check_signature(fields)
        self._check_size(total if span else size)
        if unfinished is None:
            if size > server.largest_simple_bytes:
                raise Refusal(413, "Request Entity Too Large")
            return self._kept(fields, path, {})
        if size != last - first + 1:
            raise Refusal(400, "Content-Range does not fit the content")
        if last + 1 < total and size <= SMALLEST_CHUNK_BYTES:
            raise Refusal(400, "All parts except EOF-chunk must be larger than 5mb")
        if first <= unfinished.received_bytes:
            unfinished.received_bytes = last + 1
        if unfinished.received_bytes < total:
            return {"done": False, "bytes": unfinished.received_bytes, "public_id": fields["public_id"]}
        del server.unfinished[upload_id]
        return self._kept(fields, unfinished.path, {"done": True})

    def _unfinished(self, upload_id: str) -> Unfinished:
        """The upload that a chunk belongs to, or a new one."""
        with self.cloudinary.lock:
            unfinished = self.cloudinary.unfinished.setdefault(
                upload_id, Unfinished(self.cloudinary.new_path())
            )
        unfinished.path.touch()
        return unfinished

    def _kept(self, fields: Fields, path: Path, more: dict[str, object]) -> object:
        if not path.stat().st_size:
            raise Refusal(400, "Empty file")
        existing = self.cloudinary.assets.get(fields["public_id"])
        if existing is not None and fields.get("overwrite") not in ("true", "1"):
            path.unlink()
            return {**self._described(existing), **more, "existing": True}
        return {**self._described(self.cloudinary.keep(fields, path, self.fault)), **more}

    def _check_size(self, size: int) -> None:
        limit = self.cloudinary.max_file_bytes
        if limit is not None and size > limit:
            raise Refusal(400, f"File size too large. Got {size}. Maximum is {limit}. Upgrade your plan.")

    def _explicit(self) -> object:
        asset = self._asset(self._signed_form().get("public_id", ""))
        return self._described(asset, with_etag=self.cloudinary.explicit_has_etag)

    def _destroy(self) -> object:
        fields = self._signed_form()
        return {"result": "ok" if self._removed(fields.get("public_id", ""), fields) else "not found"}

    def _removed(self, public_id: str, options: Mapping[str, object]) -> bool:
        with self.cloudinary.lock:
            asset = self.cloudinary.assets.pop(public_id, None)
            if asset is None:
                return False
            asset.path.unlink()
            if options.get("invalidate") in (True, "true", "1"):
                self.cloudinary.deleted.append(public_id)
            return True

    def _signed_form(self) -> Fields:
        fields, _ = self._receive_form(self.cloudinary.new_path())
        self._check_cloud(upload=True)
        self.cloudinary.check_signature(fields)
        return fields

    # ---- the admin API

    def _ping(self) -> object:
        self._check_admin()
        return {"status": "ok"}

    def _usage(self) -> object:
        self._check_admin()
        limit = self.cloudinary.max_file_bytes or LARGEST_SIMPLE_BYTES
        return {
            "plan": "Free",
            "credits": {"usage": 3.5, "limit": 25.0, "used_percent": 14.0},
            "media_limits": {"image_max_size_bytes": 10485760, "video_max_size_bytes": limit},
        }

    def _resource(self) -> object:
        self._check_admin()
        return self._described(self._asset("/".join(self.words[5:])))

    def _resources(self) -> object:
        self._check_admin()
        count = int(self.query.get("max_results", 10))
        with self.cloudinary.lock:
            names = sorted(n for n in self.cloudinary.assets if n.startswith(self.query.get("prefix", "")))
        after = self.query.get("next_cursor", "")
        page = [name for name in names if name > after][: min(count, 500)]
        document: dict[str, object] = {
            "resources": [
                self._described(self.cloudinary.assets[name], with_etag=self.cloudinary.listing_has_etag)
                for name in page
            ]
        }
        if page and page[-1] != names[-1]:
            document["next_cursor"] = page[-1]
        return document

    def _delete_resources(self) -> object:
        body = b"".join(self._body())
        self._check_admin()
        options = json.loads(body)
        if len(options["public_ids"]) > 100:
            raise Refusal(400, "Too many public ids, at most 100 are allowed")
        states = {n: "deleted" if self._removed(n, options) else "not_found" for n in options["public_ids"]}
        return {"deleted": states, "partial": False}

    def _check_admin(self) -> None:
        server = self.cloudinary
        said = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        key, _, secret = said.partition(":")
        if server.revoked or key != server.api_key:
            raise Refusal(401, "unknown api_key")
        if secret != server.api_secret:
            raise Refusal(401, "api_secret mismatch")
        self._check_cloud(upload=False)
        if server.admin_limit is not None and server.admin_calls > server.admin_limit:
            again = datetime.fromtimestamp(server.now() + 1800, UTC)
            raise Refusal(
                420, f"Rate Limit Exceeded. Limit of {server.admin_limit} api operations reached."
                f" Try again on {again:%Y-%m-%d %H:%M:%S} UTC",
                {"X-FeatureRateLimit-Reset": format_datetime(again, usegmt=True)},
            )  # fmt: skip

    def _check_cloud(self, *, upload: bool) -> None:
        name = self.words[1]
        if name != self.cloudinary.cloud_name:
            raise Refusal(401, f"Invalid cloud_name {name}" if upload else "cloud_name mismatch")

    def _unknown(self) -> object:
        raise Refusal(404, "Unknown URL")

    # ---- bytes out

    def _download(self) -> object:
        self._check_cloud(upload=True)
        self.cloudinary.check_signature(self.query)
        asset = self._asset(self.query.get("public_id", ""))
        headers = {}
        if self.query.get("attachment"):
            name = self.query.get("target_filename") or asset.public_id.rsplit("/")[-1]
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return self._send_asset(asset, headers, self.cloudinary.honours_ranges)

    def _delivery(self) -> object:
        cloud, resource_type, delivery_type, signature, version, *name = self.words
        public_id = "/".join(name)
        digest = hashlib.sha1(
            (public_id + self.cloudinary.api_secret).encode(), usedforsecurity=False
        ).digest()
        wanted = f"s--{base64.urlsafe_b64encode(digest).decode()[:8]}--"
        if (cloud, resource_type, delivery_type) != (self.cloudinary.cloud_name, "video", "authenticated"):
            raise Refusal(404, "Resource not found")
        if signature != wanted or not version.startswith("v"):
            raise Refusal(401, "Invalid signature")
        return self._send_asset(self._asset(public_id), {}, self.cloudinary.honours_delivery_ranges)

    def _send_asset(self, asset: Asset, headers: dict[str, str], honours_ranges: bool) -> None:
        if isinstance(self.fault, Garbage):
            return  # it comes instead
        etag = f'"{asset.etag}"'
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if honours_ranges else None
        if self.headers.get("If-Range", etag) != etag:
            span = None
        first = int(span[1]) if span else 0
        last = min(int(span[2]), asset.size_bytes - 1) if span and span[2] else asset.size_bytes - 1
        if span and first >= asset.size_bytes:
            raise Refusal(416, "Range Not Satisfiable", {"Content-Range": f"bytes */{asset.size_bytes}"})
        headers |= {
            "Content-Type": "audio/mpeg", "ETag": etag,
            "Last-Modified": format_datetime(datetime.fromtimestamp(asset.version, UTC), usegmt=True),
        }  # fmt: skip
        if self.cloudinary.tells_length:
            headers["Content-Length"] = str(last - first + 1)
        else:
            self.close_connection = True
        if honours_ranges:
            headers["Accept-Ranges"] = "bytes"
        if span:
            headers["Content-Range"] = f"bytes {first}-{last}/{asset.size_bytes}"
        self._head(206 if span else 200, headers)
        with asset.path.open("rb") as file:
            file.seek(first)
            self._send_blocks(file, last - first + 1)

    def _send_blocks(self, file: BinaryIO, left: int) -> None:
        sent = 0
        while sent < left:
            block = file.read(min(BLOCK_BYTES, left - sent))
            if isinstance(self.fault, Drop) and sent + len(block) > self.fault.after_bytes:
                self.wfile.write(block[: self.fault.after_bytes - sent])
                self.wfile.flush()
                raise Cut
            if isinstance(self.fault, Stall) and sent + len(block) > self.fault.after_bytes:
                self.wfile.flush()
                self.cloudinary.stopped.wait(self.fault.seconds)
                self.fault = None
            self.cloudinary.down.carry(len(block))
            self.wfile.write(block)
            sent += len(block)

    def _asset(self, public_id: str) -> Asset:
        asset = self.cloudinary.assets.get(public_id)
        if asset is None:
            raise Refusal(404, f"Resource not found - {public_id}")
        return asset

    def _described(self, asset: Asset, *, with_etag: bool = True) -> dict[str, object]:
        context = dict(pair.split("=", 1) for pair in re.split(r"(?<!\\)\|", asset.context) if pair)
        plain = {name: re.sub(r"\\([=|])", r"\1", value) for name, value in context.items()}
        document: dict[str, object] = {
            "asset_id": asset.path.name, "public_id": asset.public_id, "version": asset.version,
            "format": asset.format, "resource_type": "video", "type": "authenticated",
            "bytes": asset.size_bytes, "context": {"custom": plain}, "is_audio": True,
            "secure_url": f"https://res.cloudinary.com/{self.cloudinary.cloud_name}/video/authenticated/"
            f"s--abcdefgh--/v{asset.version}/{asset.public_id}.{asset.format}",
        }  # fmt: skip
        return {**document, "etag": asset.etag} if with_etag else document

    # ---- bytes in

    def _body(self) -> Iterator[bytes]:
        """The request's body in blocks, at the speed of the line, meeting what befalls it there."""
        come = 0
        while self._unread:
            size = min(BLOCK_BYTES, self._unread)
            if isinstance(self.fault, Drop):
                size = min(size, self.fault.after_bytes - come)
            if isinstance(self.fault, Stall) and come >= self.fault.after_bytes:
                self.cloudinary.stopped.wait(self.fault.seconds)
                self.fault = None
            block = self.rfile.read(size) if size else b""
            if not block:
                raise Cut
            self._unread -= len(block)
            come += len(block)
            self.cloudinary.up.carry(len(block))
            yield block

    def _drain(self) -> None:
        """Read what is left, so that the answer is not lost with a reset connection."""
        with suppress(Cut):
            for _ in self._body():
                pass

    def _receive_form(self, path: Path, offset: int = 0) -> tuple[Fields, int]:
        """The fields of a form, and the length of the file in it, which goes to ``path`` at ``offset``."""
        content_type = self.headers.get("Content-Type", "")
        if not content_type.startswith("multipart/form-data"):
            return dict(parse_qsl(b"".join(self._body()).decode())), 0
        form = Form(content_type.partition("boundary=")[2].strip('"').encode(), path, offset)
        with form:
            try:
                for block in self._body():
                    form.feed(block)
            finally:
                self.cloudinary.note_received(form, offset)
        return form.fields, form.file_bytes

    # ---- answers

    def _answer(self, status: int, document: object, headers: Mapping[str, str] | None = None) -> None:
        more = {"Content-Type": "application/json", "X-Request-Id": uuid.uuid4().hex, **(headers or {})}
        self._send(status, json.dumps(document).encode(), more)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self._head(status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)
        self.wfile.flush()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.cloudinary.stopped.wait(2 * self.cloudinary.latency_s)
        self.send_response_only(status)
        self.send_header(
            "Date", format_datetime(datetime.fromtimestamp(self.cloudinary.now(), UTC), usegmt=True)
        )
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _linger(self, afterwards: str) -> None:
        """What comes after an early answer; reading on, as good servers do, saves it from a reset."""
        if afterwards == "nothing":
            self.cloudinary.stopped.wait(10)
        if afterwards != "reads":
            return
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)
            self.request.settimeout(1.0)
            while self.request.recv(BLOCK_BYTES):
                pass

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.request.shutdown(socket.SHUT_RDWR)
