"""Whether the provider is within reach, asked without a key: a connection that is closed at once."""

import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from voice_recorder.services.providers import Choice

_WITHIN_S = 5.0
_HOSTS = {"cloudinary": "api.cloudinary.com"}


def is_within_reach(choice: Choice) -> bool:
    """Whether the provider's server takes connections, or its folder is there. Up to 5 s."""
    folder = choice.values.get("path")
    if folder:
        return Path(folder).is_dir()
    host, port = _address(choice.kind.name, choice.values)
    try:
        with socket.create_connection((host, port), _WITHIN_S):
            return True
    except (OSError, UnicodeError):  # a name of more than 63 letters in a part is no OSError
        return False


def _address(kind: str, values: Mapping[str, str]) -> tuple[str, int]:
    url = urlsplit(values.get("upload_prefix") or values.get("endpoint_url") or "")
    if url.hostname:
        return url.hostname, url.port or (80 if url.scheme == "http" else 443)
    return _HOSTS.get(kind) or f"s3.{values.get('region') or 'us-east-1'}.amazonaws.com", 443
