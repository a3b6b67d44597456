"""Errors of sockets, TLS and HTTP in people's words."""

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from urllib.parse import urlsplit

from voice_recorder.domain.errors import NetworkUnreachable, TransientCloudError
from voice_recorder.domain.words import tr

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ECONNREFUSED}
_LATER = tr("Nothing was changed on this computer; it is tried again later.")


def host_of(url: str) -> str:
    """The one part of a URL that may be shown."""
    return urlsplit(url).hostname or ""


@contextmanager
def network_errors_converted(url: str) -> Iterator[None]:
    """The boundary at which errors of sockets, TLS and HTTP become TransientCloudError."""
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (OSError, HTTPException, HTTPError) as error:
        raise network_error(error, host_of(url)) from error


def network_error(error: BaseException, host: str) -> TransientCloudError:
    """What an error of urllib3, ``http.client`` or a socket means for people."""
    cause = _innermost(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TransientCloudError(
            _unsafe(host, getattr(cause, "verify_message", "")),
            tr(
                "Nothing was sent. Check the date and time of this computer, and whether the"
                " network wants a login first; it is tried again later."
            ),
        )
    if _is_unreachable(cause):
        return NetworkUnreachable(
            tr("{host} cannot be reached.", host=host),
            tr("Is this computer connected to the internet?") + " " + _LATER,
        )
    if _is_timeout(cause):
        return TransientCloudError(tr("{host} did not answer in time.", host=host), _LATER)
    return TransientCloudError(tr("The connection to {host} broke.", host=host), _LATER)


def _unsafe(host: str, reason: str) -> str:
    if reason:
        return tr("The connection to {host} is not safe: {reason}.", host=host, reason=reason)
    return tr("The connection to {host} is not safe: its certificate is wrong.", host=host)


def _innermost(error: BaseException) -> BaseException:
    """What urllib3 wrapped: the reason of a MaxRetryError, the error in an SSLError."""
    inner = getattr(error, "reason", None) or next(iter(error.args), None)
    return _innermost(inner) if isinstance(inner, BaseException) else error


def _is_unreachable(error: BaseException) -> bool:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    if isinstance(error, OSError) and error.errno in _NO_WAY:
        return True
    return isinstance(error, NewConnectionError | ConnectTimeoutError)


def _is_timeout(error: BaseException) -> bool:
    from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

    return isinstance(error, TimeoutError | Urllib3TimeoutError)


def takes_connections(address: str, within_s: float = 5.0) -> bool:
    """Whether the server of an http(s) address can be connected to; it is not asked for anything."""
    url = urlsplit(address)
    port = url.port or (80 if url.scheme == "http" else 443)
    try:
        with socket.create_connection((url.hostname or "", port), within_s):
            return True
    except (OSError, UnicodeError):  # a name of more than 63 letters in a part is no OSError
        return False
