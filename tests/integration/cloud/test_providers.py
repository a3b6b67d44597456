"""All providers keep the contract, each with its real parts."""

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.s3_server import ACCESS_KEY, SECRET_KEY, S3Server
from tests.integration.cloud.provider_contract import (
    Place,
    ProviderContract,
    large,
    large_of_own,
    outgoing,
    provider,
    remote_id,
    send,
    small,
)
from voice_recorder.cloud.kinds import KINDS
from voice_recorder.domain.errors import NetworkUnreachable, TransientCloudError

__all__ = ["large", "large_of_own", "provider", "remote_id", "small"]


@pytest.fixture(scope="module")
def s3_server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _ids(count: int) -> list[str]:
    return [uuid.uuid4().hex for _ in range(count)]


class TestCloudinary(ProviderContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[Place]:
        tiny = tmp_path / "tiny.mp3"
        tiny.write_bytes(b"x")
        file = outgoing(tiny)
        kind = KINDS["cloudinary"]
        with CloudinaryServer() as server:
            provider = kind.open(server.values)

            def fill(count: int) -> list[str]:
                template = server.assets[send(provider, file)]
                del server.assets[template.public_id]
                remote_ids = [provider.remote_id(name, "mp3") for name in _ids(count)]
                for remote_id in remote_ids:
                    path = server.new_path()
                    path.write_bytes(b"x")
                    server.assets[remote_id] = replace(template, public_id=remote_id, path=path)
                return remote_ids

            def add_foreign() -> None:
                foreign = server.assets.pop(send(provider, file))
                server.assets["somebody/else"] = replace(foreign, public_id="somebody/else")

            yield Place(
                open=lambda: kind.open(server.values),
                fill=fill,
                add_foreign=add_foreign,
                closed=lambda: kind.open(
                    {**server.values, "upload_prefix": f"http://127.0.0.1:{_closed_port()}"}
                ),
                when_closed=NetworkUnreachable,
                page=500,
                secrets=(server.api_secret,),
            )


class TestS3(ProviderContract):
    @pytest.fixture
    def place(self, s3_server: S3Server) -> Place:
        kind = KINDS["s3"]
        values = s3_server.values()

        def fill(count: int) -> list[str]:
            keys = [f"voice-recorder/{name}.mp3" for name in _ids(count)]
            s3_server.put(values["bucket"], keys)
            return keys

        def add_foreign() -> None:
            foreign = [
                "else.mp3",
                "voice-recorder/",
                "voice-recorder/read me.txt",
                f"voice-recorder/a/{'0' * 32}.mp3",
            ]
            s3_server.put(values["bucket"], foreign)

        return Place(
            open=lambda: kind.open(values),
            fill=fill,
            add_foreign=add_foreign,
            closed=lambda: kind.open({**values, "endpoint_url": f"http://127.0.0.1:{_closed_port()}"}),
            when_closed=NetworkUnreachable,
            page=1000,
            secrets=(SECRET_KEY, ACCESS_KEY),
        )


class TestFolder(ProviderContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        kind = KINDS["folder"]
        folder = tmp_path / "nas"
        folder.mkdir()
        kind.open({"path": str(folder)}).prepare()

        def fill(count: int) -> list[str]:
            names = [f"voice-recorder/{name}.mp3" for name in _ids(count)]
            for name in names:
                (folder / name).write_bytes(b"x")
            return names

        def add_foreign() -> None:
            for name in ("read me.txt", f"{'0' * 32}.mp3.part", ".DS_Store"):
                (folder / "voice-recorder" / name).write_bytes(b"x")

        return Place(
            open=lambda: kind.open({"path": str(folder)}),
            fill=fill,
            add_foreign=add_foreign,
            closed=lambda: kind.open({"path": str(tmp_path / "unplugged")}),
            when_closed=TransientCloudError,
            page=50,
        )


def test_knowing_the_kinds_loads_no_sdk() -> None:
    code = (
        "import sys, voice_recorder.cloud.kinds as kinds, voice_recorder.cloud.credentials\n"
        "assert list(kinds.KINDS) == ['cloudinary', 's3', 'folder']\n"
        "print({'boto3', 'botocore', 'cloudinary', 'keyring', 'urllib3', 'requests'} & set(sys.modules))"
    )
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
