"""What every provider must do. Tests of a new one inherit ``ProviderContract`` and give it a ``place``."""

import logging
import os
import threading
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from voice_recorder.cloud.receipts import digest_file, disagreement, download_differs
from voice_recorder.domain.chunks import chunk_bytes_for
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudCopyMissing,
    FileRejected,
    TransientCloudError,
)
from voice_recorder.domain.ports import OutgoingFile, Provider, UploadControl, UploadSession

CHUNKED_BYTES = 25_000_000


@dataclass(frozen=True)
class Place:
    """Where the contract is tried. ``open`` gives a new provider, as another process would have it.

    ``fill`` puts so many small copies of ours there by a short cut and returns their remote ids;
    ``add_foreign`` puts something there that is not ours. ``closed`` gives a provider that cannot be reached,
    which raises ``when_closed``. ``page`` is how many copies come in a page. ``secrets`` must not be shown.
    """

    open: Callable[[], Provider]
    fill: Callable[[int], list[str]]
    add_foreign: Callable[[], None]
    closed: Callable[[], Provider]
    when_closed: type[TransientCloudError]
    page: int
    secrets: tuple[str, ...] = ()


@dataclass
class Sent:
    """A control that writes down what it is told, and calls the upload off at a position if asked."""

    cancel_at: float = float("inf")

    def __post_init__(self) -> None:
        self.positions: list[int] = []
        self.saved: list[UploadSession] = []
        self.control = UploadControl(self.saved.append, self._sending, threading.Event())

    def _sending(self, position: int) -> None:
        self.positions.append(position)
        if position >= self.cancel_at:
            self.control.cancel.set()


def outgoing(path: Path, title: str = "A note") -> OutgoingFile:
    """The file as the queue hands it over."""
    size_bytes, md5, sha256 = digest_file(path)
    created_at = datetime(2024, 5, 17, 12, 30, 15, tzinfo=UTC)
    return OutgoingFile(path, size_bytes, md5, sha256, "audio/mpeg", "mp3", title, created_at, 12.5)


def new_session(file: OutgoingFile) -> UploadSession:
    """The session of an upload that has not begun."""
    return UploadSession(chunk_bytes=chunk_bytes_for(file.size_bytes))


def send(provider: Provider, file: OutgoingFile, remote_id: str | None = None) -> str:
    """Upload a file that nobody interrupts; its remote id."""
    remote_id = remote_id or provider.remote_id(uuid.uuid4().hex, file.suffix)
    provider.upload(remote_id, file, new_session(file), UploadControl())
    return remote_id


def received(provider: Provider, remote_id: str, start: int = 0, etag: str = "") -> tuple[int, bytes]:
    """Where a download began, and its bytes."""
    with provider.download(remote_id, start, etag) as download:
        return download.start, b"".join(download.blocks)


@pytest.fixture
def small(tmp_path: Path) -> OutgoingFile:
    path = tmp_path / "small.mp3"
    path.write_bytes(os.urandom(70_000))
    return outgoing(path)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> OutgoingFile:
    path = tmp_path_factory.mktemp("large") / "large.mp3"
    path.write_bytes(os.urandom(CHUNKED_BYTES))
    return outgoing(path)


@pytest.fixture
def large_of_own(large: OutgoingFile, tmp_path: Path) -> OutgoingFile:
    """One that the test may spoil."""
    path = tmp_path / "own.mp3"
    path.write_bytes(large.path.read_bytes())
    return replace(large, path=path)


@pytest.fixture
def provider(place: Place) -> Provider:
    return place.open()


@pytest.fixture
def remote_id(provider: Provider) -> str:
    return provider.remote_id(uuid.uuid4().hex, "mp3")


class ProviderContract:
    """The tests; each runs with the fixture ``place``."""

    def test_a_place_that_works_passes_the_check(self, provider: Provider) -> None:
        plan = provider.check()
        assert plan.max_file_bytes is None or plan.max_file_bytes > 0

    def test_a_small_file_comes_back_equal_and_is_proved(
        self, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        sent = Sent()
        provider.upload(remote_id, small, new_session(small), sent.control)
        assert disagreement(provider.stat(remote_id), small) is None
        assert disagreement(provider.stat(remote_id, thorough=True), small) is None
        assert received(provider, remote_id) == (0, small.path.read_bytes())
        assert sent.positions == sorted(sent.positions)
        assert sent.positions[0] == 0

    def test_a_large_file_goes_in_chunks_and_is_proved(
        self, provider: Provider, large: OutgoingFile, remote_id: str
    ) -> None:
        sent = Sent()
        provider.upload(remote_id, large, new_session(large), sent.control)
        chunk_bytes = chunk_bytes_for(CHUNKED_BYTES)
        assert {session.chunk_bytes for session in sent.saved} == {chunk_bytes}
        assert len({session.id for session in sent.saved}) == 1
        acknowledged = [session.acknowledged_bytes for session in sent.saved]
        assert acknowledged == [*range(0, CHUNKED_BYTES, chunk_bytes), CHUNKED_BYTES]
        assert sent.positions == sorted(sent.positions)
        assert max(b - a for a, b in zip(sent.positions, sent.positions[1:], strict=False)) <= 1 << 18
        assert disagreement(provider.stat(remote_id), large) is None
        assert download_differs(provider, remote_id, large.sha256, large.size_bytes) is None

    def test_the_session_is_saved_before_the_first_byte_of_a_chunked_upload(
        self, provider: Provider, large: OutgoingFile, remote_id: str
    ) -> None:
        sent = Sent(cancel_at=0)
        with pytest.raises(Cancelled):
            provider.upload(remote_id, large, new_session(large), sent.control)
        assert [session.acknowledged_bytes for session in sent.saved] == [0]
        assert sent.saved[0].id

    def test_an_equal_copy_counts_as_sent_and_another_is_left_as_it_is(
        self, provider: Provider, small: OutgoingFile, tmp_path: Path
    ) -> None:
        remote_id = send(provider, small)
        send(provider, small, remote_id)
        other = tmp_path / "other.mp3"
        other.write_bytes(os.urandom(small.size_bytes))
        with pytest.raises(CloudCopyDiffers):
            send(provider, outgoing(other), remote_id)
        assert received(provider, remote_id)[1] == small.path.read_bytes()

    def test_another_large_copy_is_left_as_it_is(
        self, provider: Provider, small: OutgoingFile, large: OutgoingFile
    ) -> None:
        remote_id = send(provider, small)
        with pytest.raises(CloudCopyDiffers):
            send(provider, large, remote_id)
        assert received(provider, remote_id)[1] == small.path.read_bytes()

    def test_another_process_goes_on_with_an_interrupted_upload(
        self, place: Place, large: OutgoingFile, remote_id: str
    ) -> None:
        chunk_bytes = chunk_bytes_for(CHUNKED_BYTES)
        sent = Sent(cancel_at=2.5 * chunk_bytes)
        with pytest.raises(Cancelled):
            place.open().upload(remote_id, large, new_session(large), sent.control)
        assert sent.saved[-1].acknowledged_bytes == 2 * chunk_bytes
        assert place.open().stat(remote_id) is None, "an unfinished upload is no copy"
        again = Sent()
        place.open().upload(remote_id, large, sent.saved[-1], again.control)
        assert min(again.positions) == 2 * chunk_bytes
        assert disagreement(place.open().stat(remote_id), large) is None

    def test_a_session_saved_before_its_last_chunk_counted_sends_at_most_that_chunk_again(
        self, place: Place, large: OutgoingFile, remote_id: str
    ) -> None:
        chunk_bytes = chunk_bytes_for(CHUNKED_BYTES)
        sent = Sent(cancel_at=2.5 * chunk_bytes)
        with pytest.raises(Cancelled):
            place.open().upload(remote_id, large, new_session(large), sent.control)
        again = Sent()
        place.open().upload(remote_id, large, sent.saved[-2], again.control)  # killed before the last save
        assert not again.positions or min(again.positions) >= chunk_bytes
        assert disagreement(place.open().stat(remote_id), large) is None

    def test_a_finished_upload_whose_end_was_not_noted_is_not_sent_again(
        self, place: Place, large: OutgoingFile, remote_id: str
    ) -> None:
        sent = Sent()
        place.open().upload(remote_id, large, new_session(large), sent.control)
        again = Sent()
        place.open().upload(remote_id, large, sent.saved[-2], again.control)
        assert not [position for position in again.positions if position < large.size_bytes]

    def test_an_upload_called_off_before_its_start_sends_nothing(
        self, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        control = UploadControl()
        control.cancel.set()
        with pytest.raises(Cancelled):
            provider.upload(remote_id, small, new_session(small), control)
        assert provider.stat(remote_id) is None

    def test_an_abandoned_upload_leaves_nothing_and_can_be_made_anew(
        self, provider: Provider, large: OutgoingFile, remote_id: str
    ) -> None:
        sent = Sent(cancel_at=1.5 * chunk_bytes_for(CHUNKED_BYTES))
        with pytest.raises(Cancelled):
            provider.upload(remote_id, large, new_session(large), sent.control)
        provider.abandon(remote_id, sent.saved[-1])
        provider.abandon(remote_id, sent.saved[-1])
        assert provider.stat(remote_id) is None
        send(provider, large, remote_id)
        assert disagreement(provider.stat(remote_id), large) is None

    def test_a_file_that_vanished_is_refused(
        self, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        small.path.unlink()
        with pytest.raises(FileRejected):
            provider.upload(remote_id, small, new_session(small), UploadControl())
        assert provider.stat(remote_id) is None

    def test_a_file_that_became_shorter_is_refused(
        self, provider: Provider, small: OutgoingFile, remote_id: str
    ) -> None:
        os.truncate(small.path, 100)
        with pytest.raises(FileRejected):
            provider.upload(remote_id, small, new_session(small), UploadControl())
        assert provider.stat(remote_id) is None

    def test_a_file_that_becomes_shorter_on_the_way_is_refused(
        self, provider: Provider, large_of_own: OutgoingFile, remote_id: str
    ) -> None:
        def shorten(position: int) -> None:
            if position > 7 << 20:
                os.truncate(large_of_own.path, 1 << 20)

        control = UploadControl(sending=shorten)
        with pytest.raises(FileRejected):
            provider.upload(remote_id, large_of_own, new_session(large_of_own), control)
        assert provider.stat(remote_id) is None

    @pytest.mark.parametrize(
        "title", ["", "Überraschung: 日本語", "🎙️" * 20, "x" * 1000, "🎙" * 1000, "a=b|c\\d\"e'f\n\tg&h%20\0i"]
    )
    def test_any_title_can_go_along(self, provider: Provider, small: OutgoingFile, title: str) -> None:
        titled = replace(small, title=title)
        assert disagreement(provider.stat(send(provider, titled)), titled) is None

    def test_nothing_is_said_of_what_is_not_there(self, provider: Provider, remote_id: str) -> None:
        assert provider.stat(remote_id) is None
        assert provider.stat(remote_id, thorough=True) is None
        with pytest.raises(CloudCopyMissing), provider.download(remote_id):
            pass

    def test_all_copies_are_listed_and_nothing_else(
        self, place: Place, provider: Provider, small: OutgoingFile, large: OutgoingFile
    ) -> None:
        assert list(provider.list()) == []
        place.add_foreign()
        sent = Sent(cancel_at=1.5 * chunk_bytes_for(CHUNKED_BYTES))
        with pytest.raises(Cancelled):
            provider.upload(
                provider.remote_id(uuid.uuid4().hex, "mp3"), large, new_session(large), sent.control
            )
        remote_id = send(provider, small)
        filled = place.fill(place.page + 1)
        listed = list(provider.list())
        assert sorted(copy.remote_id for copy in listed) == sorted([remote_id, *filled])
        of_small = next(copy for copy in listed if copy.remote_id == remote_id)
        assert of_small.size_bytes == small.size_bytes
        assert of_small.digest is None or disagreement(of_small, small) is None
        assert of_small.etag == getattr(provider.stat(remote_id), "etag", None)

    def test_deleting_twice_is_deleting_once(self, provider: Provider, small: OutgoingFile) -> None:
        remote_id = send(provider, small)
        provider.delete(remote_id)
        provider.delete(remote_id)
        assert provider.stat(remote_id) is None
        send(provider, small, remote_id)
        assert disagreement(provider.stat(remote_id), small) is None

    def test_many_are_deleted_also_those_that_are_not_there(self, place: Place, provider: Provider) -> None:
        filled = place.fill(241)
        absent = [provider.remote_id(uuid.uuid4().hex, "mp3") for _ in range(10)]
        kept = filled.pop()
        assert provider.delete_many([*absent, *filled]) == {}
        assert [copy.remote_id for copy in provider.list()] == [kept]

    def test_a_link_opens_without_a_key_under_the_name_given(
        self, provider: Provider, small: OutgoingFile
    ) -> None:
        url = provider.link(send(provider, small), 'Mein Täg: "1".mp3', 3600)
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.read() == small.path.read_bytes()
            if url.startswith("http"):
                said = answer.headers["Content-Disposition"]
                assert f"filename*=UTF-8''{quote('Mein Täg')}" in said

    def test_a_download_goes_on_where_it_was_cut(self, provider: Provider, small: OutgoingFile) -> None:
        remote_id = send(provider, small)
        with provider.download(remote_id) as download:
            etag, total_bytes = download.etag, download.total_bytes
            assert download.last_modified
        assert total_bytes == small.size_bytes
        assert received(provider, remote_id, 1000, etag) == (1000, small.path.read_bytes()[1000:])
        with provider.download(remote_id, 1000, etag) as download:
            assert download.total_bytes == small.size_bytes

    def test_a_download_of_another_copy_begins_anew(self, provider: Provider, small: OutgoingFile) -> None:
        remote_id = send(provider, small)
        whole = (0, small.path.read_bytes())
        assert received(provider, remote_id, 1000, "0" * 32) == whole
        assert received(provider, remote_id, small.size_bytes + 1) == whole

    def test_what_cannot_be_reached_is_tried_later_and_never_said_to_be_gone(
        self, place: Place, small: OutgoingFile, remote_id: str
    ) -> None:
        provider = place.closed()
        questions: list[Callable[[], object]] = [
            provider.check,
            lambda: provider.upload(remote_id, small, new_session(small), UploadControl()),
            lambda: provider.stat(remote_id),
            lambda: list(provider.list()),
            lambda: provider.delete(remote_id),
            lambda: received(provider, remote_id),
        ]
        for question in questions:
            with pytest.raises(place.when_closed):
                question()
        assert set(provider.delete_many([remote_id])) == {remote_id}

    def test_no_secret_and_no_signature_is_logged_or_shown(
        self, place: Place, small: OutgoingFile, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        provider = place.open()
        remote_id = send(provider, small)
        received(provider, remote_id)
        list(provider.list())
        provider.delete(remote_id)
        with pytest.raises(place.when_closed) as refused:
            place.closed().check()
        shown = f"{caplog.text} {refused.value!r} {provider!r} {provider.place}".lower()
        for secret in (*place.secrets, "signature=", "x-amz-credential"):
            assert secret.lower() not in shown
