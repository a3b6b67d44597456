"""Links: made once, kept, renewed in time, gone with the recording; and no secret ever reaches a log."""

import re
import sqlite3
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.conftest import RunCli
from tests.fakes.cloudinary_faults import Drop, Garbage, Status
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.fakes.library import opened, with_notes
from tests.fakes.s3_server import S3Server
from voice_recorder.domain.errors import CloudCopyMissing, NotFound
from voice_recorder.services import Services

VARIABLES = {
    "AWS_ACCESS_KEY_ID": "access_key_id", "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_S3_BUCKET": "bucket", "AWS_ENDPOINT_URL": "endpoint_url",
}  # fmt: skip


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudinaryServer]:
    with CloudinaryServer() as server:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        yield server


@pytest.fixture
def backed_up(server: CloudinaryServer, tmp_path: Path) -> Iterator[tuple[Services, str]]:
    """A library whose one note is backed up, and the note's id."""
    recording = with_notes(tmp_path / "in", ["Ines & I: 100 % süß"])[0]
    with opened() as services:
        services.providers.choose("cloudinary", {}, {})
        services.sync.begin()
        services.sync.queue()
        services.sync.run()
        yield services, recording.id


def links_kept(services: Services) -> int:
    with sqlite3.connect(services.config.database_path) as database:
        count: int = database.execute("SELECT count(*) FROM links").fetchone()[0]
    database.close()
    return count


def age_links(services: Services, by: timedelta) -> None:
    """Let the links that are kept be so much older."""
    database = sqlite3.connect(services.config.database_path)
    database.execute("UPDATE links SET expires_ms = expires_ms - ?", [by.total_seconds() * 1000])
    database.commit()
    database.close()


def test_a_link_is_kept_and_renewed_before_it_expires(backed_up: tuple[Services, str]) -> None:
    services, note = backed_up
    first = services.links.make(note, 3600)
    assert timedelta(minutes=59) < first.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    assert services.links.make(note, 3600) == first
    age_links(services, timedelta(minutes=50))
    assert services.links.make(note, 3600).url == first.url  # ten minutes are left
    age_links(services, timedelta(minutes=5))
    renewed = services.links.make(note, 3600)
    assert renewed.expires_at > datetime.now(UTC) + timedelta(minutes=59)
    assert links_kept(services) == 1


def test_a_link_opens_without_a_key_and_each_life_has_its_own(
    backed_up: tuple[Services, str], server: CloudinaryServer
) -> None:
    services, note = backed_up
    hour, day = services.links.make(note, 3600), services.links.make(note, 86400)
    assert hour.url != day.url
    (asset,) = server.assets.values()
    with urllib.request.urlopen(hour.url) as answer:
        assert answer.read() == asset.data


def test_a_link_is_gone_on_delete(backed_up: tuple[Services, str]) -> None:
    services, note = backed_up
    services.links.make(note)
    services.trash.delete([note])
    assert links_kept(services) == 0
    with pytest.raises(NotFound, match="trash"):
        services.links.make(note)
    services.trash.restore([note])
    services.links.make(note)
    services.trash.delete([note])
    services.trash.delete_for_ever([note])
    assert links_kept(services) == 0
    with pytest.raises(NotFound, match="no recording"):
        services.links.make(note)


def test_without_a_copy_there_is_no_link(backed_up: tuple[Services, str], tmp_path: Path) -> None:
    services, _ = backed_up
    unsent = with_notes(tmp_path / "second", ["the same", "unsent"])[0]
    with pytest.raises(CloudCopyMissing, match="not backed up"):
        services.links.make(unsent.id)


def test_no_secret_and_no_signed_url_is_ever_logged(
    home: Path, tmp_path: Path, run_cli: RunCli, run_here: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By programs of their own with Cloudinary, in this process with S3."""
    notes = with_notes(tmp_path / "in", ["one", "two", "three"])
    start = run_cli
    secrets: set[str] = set()
    printed: list[str] = []

    def run(*words: str) -> str:
        done = start(*words, "--json")
        printed.append(done.stderr)
        if words[0] != "link":
            printed.append(done.stdout)
            return ""
        url: str = done.json["url"]
        query = parse_qs(urlsplit(url).query)
        signed = [v for k, values in query.items() for v in values if "signature" in k.lower()]
        assert signed
        secrets.update([url, *signed])
        return url

    def everything() -> None:
        run("provider", "test")
        run("sync")
        run("retry")
        ids = [note.id for note in notes]
        run("link", ids[0])
        run("free", *ids)
        run("fetch", *ids)
        run("provider", "show")
        run("status")
        run("metrics")

    with CloudinaryServer() as server:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        secrets |= {server.api_secret, server.api_key, quote(server.api_secret, safe="")}
        run("provider", "set", "cloudinary", "--send", "original")
        server.faults += [
            Status(500, on="upload"), Garbage(on="upload"), Drop(after_bytes=10, on="upload"),
            Status(500, on="download"), Status(503, on="explicit"),
        ]  # fmt: skip
        everything()
        server.api_secret = "another-secret-now"
        everything_refused = run_cli("retry", "--json")
        printed.append(everything_refused.stdout + everything_refused.stderr)
    start = run_here
    with S3Server() as s3:
        values = s3.values()
        for variable, field in VARIABLES.items():
            monkeypatch.setenv(variable, values[field])
        secrets |= {values["access_key_id"], values["secret_access_key"]}
        run("provider", "set", "s3")
        everything()
    logs = "".join(path.read_text() for path in home.glob("logs/*") if path.is_file())
    assert "backed up" in logs
    for secret in secrets:
        assert secret not in logs
        assert not any(secret in text for text in printed)
    assert not re.search(r"[?&](X-Amz-)?[Ss]ignature=", logs + "".join(printed))
