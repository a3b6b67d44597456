"""Errors of sockets and TLS in people's words."""

import errno
import http.client
import socket
import ssl

import pytest
import urllib3.exceptions as urllib3_errors

from voice_recorder.cloud.network import network_error, network_errors_converted, takes_connections
from voice_recorder.domain.errors import NetworkUnreachable, TransientCloudError


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (OSError(errno.ENETUNREACH, "Network is unreachable"), NetworkUnreachable, "cannot be reached"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), NetworkUnreachable, "cannot be reached"),
        (TimeoutError("timed out"), TransientCloudError, "in time"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), TransientCloudError, "broke"),
        (http.client.BadStatusLine("?"), TransientCloudError, "broke"),
        (urllib3_errors.ReadTimeoutError(None, "/x?signature=1", "no"), TransientCloudError, "in time"),  # type: ignore[arg-type]
        (urllib3_errors.ProtocolError("aborted", ConnectionResetError()), TransientCloudError, "broke"),
        (urllib3_errors.SSLError(ssl.SSLCertVerificationError("bad")), TransientCloudError, "not safe"),
        (ssl.SSLError("wrong version number"), TransientCloudError, "broke"),
    ],
)
def test_each_error_has_its_words(error: Exception, kind: type[TransientCloudError], words: str) -> None:
    with (
        pytest.raises(TransientCloudError) as caught,
        network_errors_converted("https://host.test/x?signature=1"),
    ):
        raise error
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "host.test" in str(caught.value)
    assert "signature" not in str(caught.value)
    assert caught.value.detail


def test_what_urllib3_wrapped_is_found() -> None:
    inner = urllib3_errors.NewConnectionError(None, "refused")  # type: ignore[arg-type]
    wrapped = urllib3_errors.MaxRetryError(None, "/x", inner)  # type: ignore[arg-type]
    assert type(network_error(wrapped, "host.test")) is NetworkUnreachable


def test_bugs_are_not_converted() -> None:
    with pytest.raises(ZeroDivisionError), network_errors_converted("https://host.test"):
        raise ZeroDivisionError


def test_a_server_takes_connections_until_it_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/somewhere"
        assert takes_connections(address)
    assert not takes_connections(address)
    assert not takes_connections(f"https://{'a' * 70}.example")
