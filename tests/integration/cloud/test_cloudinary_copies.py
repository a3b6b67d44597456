"""What is stored at Cloudinary: looked at, listed, removed, linked to and fetched."""

import hashlib
from urllib.request import urlopen

import pytest

from tests.fakes.cloudinary_faults import (
    CorruptStored,
    Drop,
    Garbage,
    Status,
    WrongEtag,
)
from tests.fakes.cloudinary_server import CloudinaryServer
from tests.integration.cloud.cloudinary_case import (
    NOTE,
    downloaded,
    fails,
    large,
    provider,
    send,
    server,
    small,
)
from voice_recorder.cloud.cloudinary import CloudinaryProvider
from voice_recorder.domain.errors import (
    CloudCopyMissing,
    TransientCloudError,
)
from voice_recorder.domain.ports import OutgoingFile, UploadControl, UploadSession

__all__ = ["large", "provider", "server", "small"]


# ---- what is stored


def test_wrong_digests_and_corrupted_bytes_come_to_light(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    server.faults.append(WrongEtag(on="upload"))
    send(provider, small)
    copy = provider.stat(NOTE)
    assert copy is not None
    assert copy.digest is not None
    assert copy.digest.value != small.md5
    provider.delete(NOTE)
    server.faults.append(CorruptStored(on="upload"))
    send(provider, small)
    copy = provider.stat(NOTE, thorough=True)
    assert copy is not None
    assert copy.digest is not None
    assert copy.digest.value == small.md5
    assert hashlib.sha256(downloaded(provider)).hexdigest() != small.sha256


def test_asking_for_a_copy_costs_no_admin_call(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    assert provider.stat(NOTE) is None
    send(provider, small)
    assert provider.stat(NOTE) is not None
    assert server.admin_calls == 0
    assert provider.stat(NOTE, thorough=True) == provider.stat(NOTE)
    assert server.admin_calls == 1
    server.explicit_has_etag = False
    assert provider.stat(NOTE) == provider.stat(NOTE, thorough=True)


def test_a_thorough_question_for_nothing_has_the_answer_none(provider: CloudinaryProvider) -> None:
    assert provider.stat(NOTE, thorough=True) is None


def test_the_list_has_all_copies_in_pages_of_500(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    asset = server.assets.pop(NOTE)
    for number in range(1001):
        name = f"voice-recorder/{number:032x}-mp3"
        server.assets[name] = type(asset)(**{**vars(asset), "public_id": name})
    server.assets["holiday"] = asset
    found = list(provider.list())
    assert [copy.remote_id for copy in found] == sorted(server.assets.keys() - {"holiday"})
    assert all(copy.digest is not None and copy.digest.value == small.md5 for copy in found)
    assert server.requests["resources"] == 3
    server.listing_has_etag = False
    assert next(provider.list()).digest is None


def test_a_copy_is_removed_also_from_the_cdn(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    provider.delete(NOTE)
    assert server.deleted == [NOTE]
    assert provider.stat(NOTE) is None
    provider.delete(NOTE)


def test_many_are_removed_a_hundred_at_a_time(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    names = [f"{NOTE}{number}" for number in range(250)]
    provider.upload(names[120], small, UploadSession(), UploadControl())
    assert provider.delete_many(names) == {}
    assert server.deleted == [names[120]]
    assert server.requests["delete_resources"] == 3
    server.faults.append(Status(503, on="delete_resources", skip=1))
    errors = provider.delete_many(names)
    assert set(errors) == set(names[100:])
    server.faults.append(Garbage(b'{"deleted": {}}', on="delete_resources"))
    assert set(provider.delete_many(names[:2])) == set(names[:2])


def test_the_check_tells_the_plan(server: CloudinaryServer, provider: CloudinaryProvider) -> None:
    plan = provider.check()
    assert (plan.name, plan.max_file_bytes, plan.used_share) == ("Free", 100_000_000, pytest.approx(0.14))
    server.faults.append(Status(403, on="usage"))
    assert provider.check().max_file_bytes is None
    server.faults.append(Garbage(b'{"plan": "Odd", "credits": 5, "media_limits": {}}', on="usage"))
    assert provider.check().used_share is None


# ---- downloads and links


@pytest.mark.parametrize(("store", "cdn"), [(True, False), (False, True), (True, True)])
def test_a_download_begins_anywhere(
    store: bool, cdn: bool, server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.honours_ranges, server.honours_delivery_ranges = store, cdn
    data = small.path.read_bytes()
    with provider.download(NOTE) as download:
        assert (download.start, download.total_bytes) == (0, len(data))
        assert download.last_modified
        etag = download.etag
        assert b"".join(download.blocks) == data
    for wanted in (etag, ""):
        with provider.download(NOTE, 1234, wanted) as download:
            assert (download.start, download.total_bytes, download.etag) == (1234, len(data), etag)
            assert b"".join(download.blocks) == data[1234:]
    with provider.download(NOTE, 1234, "another") as download:
        assert download.start == 0
    assert server.admin_calls == 0


def test_without_ranges_a_download_begins_at_the_start(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.honours_ranges = server.honours_delivery_ranges = False
    with provider.download(NOTE, 1234) as download:
        assert download.start == 0
        assert b"".join(download.blocks) == small.path.read_bytes()


def test_a_cdn_that_fails_or_has_something_else_is_not_used(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.honours_ranges = False
    other = {"ETag": '"another"', "Content-Range": "bytes 1234-1299/1300"}
    for fault in (Status(404, on="delivery"), Status(206, headers=other, on="delivery")):
        server.faults.append(fault)
        assert downloaded(provider, 1234) == small.path.read_bytes()
    assert server.requests["delivery"] == 2


def test_a_download_from_beyond_the_end_begins_at_the_start(
    provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    assert downloaded(provider, small.size_bytes) == small.path.read_bytes()


def test_a_download_that_is_cut_says_so_and_can_be_resumed(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.faults.append(Drop(150_000, on="download"))
    got = b""

    def read() -> None:
        nonlocal got
        with provider.download(NOTE) as download:
            for block in download.blocks:
                got += block

    fails(TransientCloudError, read)
    assert 0 < len(got) <= 150_000
    assert got + downloaded(provider, len(got)) == small.path.read_bytes()


def test_a_download_without_a_length_asks_for_it(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.tells_length = False
    assert downloaded(provider) == small.path.read_bytes()
    server.faults.append(Status(404, on="explicit"))
    fails(CloudCopyMissing, lambda: downloaded(provider))


def test_a_part_that_is_not_the_wanted_one_is_not_taken(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    server.faults.append(Garbage(b"xyz", 206, on="download"))
    server.honours_ranges = False
    fails(TransientCloudError, lambda: downloaded(provider, 1234), "no sense")


def test_a_download_follows_where_it_is_sent_but_not_in_circles(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    elsewhere = {"Location": provider.link(NOTE, "", 600)}
    server.faults.append(Status(302, headers=elsewhere, on="download"))
    assert downloaded(provider) == small.path.read_bytes()
    server.faults.append(Status(302, headers=elsewhere, on="download", times=9))
    error = fails(TransientCloudError, lambda: downloaded(provider), "circles")
    assert "signature" not in str(error)


def test_a_download_of_nothing_is_missing(provider: CloudinaryProvider) -> None:
    fails(CloudCopyMissing, lambda: downloaded(provider))


def test_a_download_that_is_left_early_leaves_no_connection(
    server: CloudinaryServer, provider: CloudinaryProvider, large: OutgoingFile
) -> None:
    send(provider, large)
    with provider.download(NOTE) as download:
        next(download.blocks)
    with provider.download(NOTE) as download:
        assert hashlib.sha256(b"".join(download.blocks)).hexdigest() == large.sha256


def test_a_link_works_for_anybody_until_it_expires_and_is_made_offline(
    server: CloudinaryServer, provider: CloudinaryProvider, small: OutgoingFile
) -> None:
    send(provider, small)
    asked = server.requests.total()
    link = provider.link(NOTE, "Größe & co.mp3", 600)
    assert server.requests.total() == asked
    with urlopen(link) as response:  # loopback
        assert response.read() == small.path.read_bytes()
        assert "Gr%C3%B6%C3%9Fe%20%26%20co.mp3" in response.headers["Content-Disposition"]
    server.clock_offset_s = 601
    with pytest.raises(OSError, match="401"):
        urlopen(link)
