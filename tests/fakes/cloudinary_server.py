"""A Cloudinary of its own on loopback, spoken to by the real SDK, that can be told to misbehave.

In a test::

    with CloudinaryServer() as server:
        provider = KIND.open(server.values)
        server.faults.append(Status(503, on="upload", times=2))

As a program (for benchmarks and other processes): ``python -m tests.fakes.cloudinary_server``. It prints its
URL, then a ``CLOUDINARY_URL=`` line, and serves until it is ended.
"""

import argparse
import shutil
import ssl
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from tests.fakes.cloudinary_http import HttpServer
from tests.fakes.cloudinary_state import LARGEST_SIMPLE_BYTES, CloudinaryState


class CloudinaryServer(CloudinaryState):
    """See the module, and ``CloudinaryState`` for all that can be set and looked at.

    ``store`` keeps the files, a temporary folder by default; ``bytes_per_s`` and ``latency_s`` (one way)
    make a slow line; ``tls`` a safe one.
    """

    def __init__(
        self,
        *,
        store: Path | None = None,
        port: int = 0,
        cloud_name: str = "test-cloud",
        api_key: str = "314159265358979",
        api_secret: str = "s3cr3t/For+Tests_only",
        bytes_per_s: float | None = None,
        latency_s: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        folder = store or Path(tempfile.mkdtemp(prefix="cloudinary-"))
        super().__init__(folder, cloud_name, api_key, api_secret, bytes_per_s, latency_s)
        self._to_remove = folder if store is None else None
        self._http = HttpServer(("127.0.0.1", port), self)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """What the SDK calls ``upload_prefix``."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def cloudinary_url(self) -> str:
        """A value for the variable CLOUDINARY_URL."""
        key, secret = quote(self.api_key, safe=""), quote(self.api_secret, safe="")
        return f"cloudinary://{key}:{secret}@{self.cloud_name}?upload_prefix={quote(self.url, safe='')}"

    @property
    def values(self) -> dict[str, str]:
        """The fields of the provider."""
        return {
            "cloud_name": self.cloud_name,
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "upload_prefix": self.url,
        }

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, cut all connections, and remove what is stored unless ``store`` was given."""
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.cut_all()
        self._thread.join()
        if self._to_remove is not None:
            shutil.rmtree(self._to_remove, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--bytes-per-s", type=float)
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--largest-simple-bytes", type=int, default=LARGEST_SIMPLE_BYTES)
    options = parser.parse_args()
    with CloudinaryServer(
        port=options.port, store=options.store, bytes_per_s=options.bytes_per_s, latency_s=options.latency_s
    ) as server:
        server.largest_simple_bytes = options.largest_simple_bytes
        print(server.url, flush=True)  # noqa: T201
        print(f"CLOUDINARY_URL={server.cloudinary_url}", flush=True)  # noqa: T201
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
