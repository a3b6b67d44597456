"""The official SDK behind one boundary: what is asked, signed and addressed, and what its errors mean.

Credentials go with every call, because the SDK's own configuration is global and read from the environment
when it is imported; an ``oauth_token`` or ``upload_preset`` that stands there is kept out in the same way.
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from voice_recorder.cloud import answers
from voice_recorder.cloud.cloudinary_account import from_environment
from voice_recorder.cloud.network import host_of, network_error
from voice_recorder.domain.errors import CloudError

_API = "https://api.cloudinary.com"
_ADMIN_ERROR = re.compile(r"Error (\d{3}) - (.*)", re.DOTALL)
_STATUS = {
    "BadRequest": 400, "AuthorizationRequired": 401, "NotAllowed": 403, "NotFound": 404, "AlreadyExists": 409,
    "RateLimited": 420,
}  # fmt: skip
Document = Mapping[str, Any]


class CloudinarySdk:
    """The SDK for one account. ConfigurationError when the environment would keep it from being imported."""

    def __init__(self, values: Mapping[str, str], connect_s: float, stall_s: float) -> None:
        from_environment(os.environ)  # the SDK reads it when imported, and raises ValueError for a bad one
        self._api = values.get("upload_prefix") or _API
        self._account = {
            "cloud_name": values["cloud_name"],
            "api_key": values["api_key"],
            "api_secret": values["api_secret"],
            "upload_prefix": self._api,
            "resource_type": "video",
            "type": "authenticated",
            "oauth_token": None,
            "upload_preset": None,
            "signature_version": 2,
        }
        self._connect_s = connect_s
        self._stall_s = stall_s

    def ping(self) -> Document:
        """Whether the account answers: an admin call."""
        from cloudinary import api

        return self._ask(api.ping)

    def usage(self) -> Document:
        """What is used and allowed: an admin call."""
        from cloudinary import api

        return self._ask(api.usage)

    def explicit(self, public_id: str) -> Document:
        """Describe an asset; does not count as an admin call."""
        from cloudinary import uploader

        return self._ask(uploader.explicit, public_id)

    def resource(self, public_id: str) -> Document:
        """Describe an asset: an admin call."""
        from cloudinary import api

        return self._ask(api.resource, public_id)

    def resources(self, prefix: str, next_cursor: str | None) -> Document:
        """A page of at most 500 assets: an admin call."""
        from cloudinary import api

        return self._ask(api.resources, prefix=prefix, max_results=500, next_cursor=next_cursor)

    def destroy(self, public_id: str) -> Document:
        """Remove an asset, also from the CDN."""
        from cloudinary import uploader

        return self._ask(uploader.destroy, public_id, invalidate=True)

    def delete_resources(self, public_ids: list[str]) -> Document:
        """Remove at most 100 assets, also from the CDN: an admin call."""
        from cloudinary import api

        return self._ask(api.delete_resources, public_ids, invalidate=True)

    def signed_upload(self, public_id: str, context: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Where to post a file, and the signed fields to post with it. Good for an hour."""
        from cloudinary import utils

        wanted = {**self._account, "public_id": public_id, "overwrite": False, "context": dict(context)}
        params = utils.cleanup_params(utils.build_upload_params(**wanted))
        signed = utils.sign_request(params, self._account)
        return utils.cloudinary_api_url("upload", **self._account), {k: str(v) for k, v in signed.items()}

    def download_url(self, public_id: str, expires_s: int, file_name: str = "") -> str:
        """A signed URL of the original, from the store itself; with ``file_name`` to be saved under it.

        ``utils.private_download_url`` does the same, but knows no file name.
        """
        from cloudinary import utils

        params: dict[str, object] = {
            "timestamp": utils.now(),
            "public_id": public_id,
            "type": "authenticated",
            "expires_at": int(time.time()) + expires_s,
        }
        if file_name:
            params |= {"attachment": True, "target_filename": file_name}
        signed = utils.sign_request(params, self._account)
        return f"{utils.cloudinary_api_url('download', **self._account)}?{urlencode(signed)}"

    def delivery_url(self, public_id: str) -> str:
        """The signed URL of the original on the CDN. It never expires: for our own use only."""
        from cloudinary import utils

        url, _ = utils.cloudinary_url(
            public_id, **self._account, **self._delivery(), sign_url=True, auth_token=False, version=None,
            long_url_signature=False, private_cdn=False, cdn_subdomain=False, secure_cdn_subdomain=False,
            shorten=False, use_root_path=False, force_version=True,
        )  # fmt: skip
        return str(url)

    def _delivery(self) -> dict[str, object]:
        """The CDN's address; a server of one's own delivers what it stores."""
        split = urlsplit(self._api)
        if f".{split.hostname}".endswith(".cloudinary.com"):
            return {"secure": True, "secure_distribution": None, "cname": None}
        if split.scheme == "https":
            return {"secure": True, "secure_distribution": split.netloc, "cname": None}
        return {"secure": False, "secure_distribution": None, "cname": split.netloc}

    def _ask(self, question: Callable[..., Any], *words: object, **options: object) -> Document:
        from urllib3 import Timeout

        timeout = Timeout(connect=self._connect_s, read=self._stall_s)
        with _errors_converted(host_of(self._api)):
            document = question(*words, **{**self._account, **options, "timeout": timeout})
        if not isinstance(document, dict):
            raise answers.nonsense()
        return document


@contextmanager
def _errors_converted(host: str) -> Iterator[None]:
    """The boundary at which the SDK's errors become ours; what they say may hold the key and is not kept."""
    from cloudinary.exceptions import Error

    try:
        yield
    except Error as error:
        raise _converted(error, host) from None
    except Exception as error:
        if type(error) is Exception:  # the Admin API's class for a status that it does not know
            raise _converted(error, host) from None
        if _tripped(error):
            raise answers.nonsense() from None
        raise


def _converted(error: Exception, host: str) -> CloudError:
    from urllib3.exceptions import HTTPError

    cause = error.__context__
    if isinstance(cause, HTTPError | OSError):
        return network_error(cause, host)
    message = str(error)
    if isinstance(cause, ValueError):  # no JSON
        status = re.search(r"response \((\d{3})\)", message)
        return answers.refusal(int(status[1])) if status and status[1] != "200" else answers.nonsense()
    admin = _ADMIN_ERROR.fullmatch(message)
    if admin:
        return answers.refusal(int(admin[1]), admin[2])
    return answers.refusal(_STATUS.get(type(error).__name__, 0), message)


def _tripped(error: Exception) -> bool:
    """Whether the SDK stumbled over JSON of another shape than it expects."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    shape = isinstance(error, TypeError | ValueError | KeyError | AttributeError)
    return shape and module.startswith(("cloudinary.uploader", "cloudinary.api_client"))
