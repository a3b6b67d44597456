"""Which Cloudinary account: read from the environment or from what people paste."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from voice_recorder.cloud.credentials import unquoted
from voice_recorder.domain.errors import ConfigurationError
from voice_recorder.domain.words import tr

URL_VARIABLE = "CLOUDINARY_URL"
_VARIABLES = {
    "cloud_name": "CLOUDINARY_CLOUD_NAME",
    "api_key": "CLOUDINARY_API_KEY",
    "api_secret": "CLOUDINARY_API_SECRET",
    "upload_prefix": "CLOUDINARY_UPLOAD_PREFIX",
}
VARIABLES = f"{URL_VARIABLE}, or {', '.join(_VARIABLES.values())}"
_FORM = tr(
    "It has the form cloudinary://KEY:SECRET@CLOUD; a '/', '@' or '#' in it is written %2F, %40 or %23."
)
_NOT_EMPTY = {
    "cloud_name": tr("Cloudinary's cloud name cannot be empty or have a space in it."),
    "api_key": tr("Cloudinary's api key cannot be empty or have a space in it."),
    "api_secret": tr("Cloudinary's api secret cannot be empty or have a space in it."),
}


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The fields that the environment sets. As for the SDK, a cloud name of its own comes before the URL."""
    single = {name: environ[variable] for name, variable in _VARIABLES.items() if environ.get(variable)}
    if "cloud_name" in single or not environ.get(URL_VARIABLE):
        return single
    prefix = {name: value for name, value in single.items() if name == "upload_prefix"}
    return {**prefix, **from_url(environ[URL_VARIABLE])}


def from_url(url: str) -> dict[str, str]:
    """The fields in a ``cloudinary://`` URL. ConfigurationError names the variable that it belongs into.

    Whatever passes here is no reason for the SDK to refuse being imported.
    """
    split = _split(url)
    key, _, secret = split.netloc.rpartition("@")[0].partition(":")
    values = {
        "cloud_name": split.netloc.rpartition("@")[2],
        "api_key": unquote(key),
        "api_secret": unquote(secret),
    }
    if not all(values.values()):
        raise ConfigurationError(
            tr("The variable {variable} lacks the key, the secret or the cloud.", variable=URL_VARIABLE),
            _FORM,
        )
    prefix = parse_qs(split.query).get("upload_prefix")
    return {**values, "upload_prefix": prefix[0]} if prefix else values


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """``values`` without what people paste by accident; a whole ``CLOUDINARY_URL=…`` in one fills them all.

    ConfigurationError for what cannot be right; it never shows a secret.
    """
    clean = {name: _without_variable(value) for name, value in values.items()}
    for value in list(clean.values()):
        if value.lower().startswith("cloudinary://"):
            clean = {**clean, **from_url(value)}
    for name, title in _NOT_EMPTY.items():
        if name in clean and not re.fullmatch(r"\S+", clean[name]):
            raise ConfigurationError(
                title,
                tr("Copy it from Cloudinary's console, under Settings, API Keys."),
            )
    if not re.fullmatch(r"[\w-]+", clean.get("cloud_name", "-")):
        raise ConfigurationError(
            tr("{name} cannot be the name of a cloud.", name=repr(clean["cloud_name"])),
            tr("Copy the cloud name from Cloudinary's console; it has letters, digits and hyphens only."),
        )
    return _with_clean_prefix(clean)


def _with_clean_prefix(values: dict[str, str]) -> dict[str, str]:
    prefix = values.pop("upload_prefix", "").rstrip("/")
    if not prefix:
        return values
    try:
        split = urlsplit(prefix)
        usable = split.scheme in ("http", "https") and split.hostname and "@" not in prefix
        usable = usable and split.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            tr("The server's address for Cloudinary cannot be used."),
            tr("It looks like https://api.example.com. Leave it empty for Cloudinary itself."),
        )
    return {**values, "upload_prefix": prefix}


def _without_variable(value: str) -> str:
    return unquoted(re.sub(r"^(export\s+)?CLOUDINARY_[A-Z_]+\s*=", "", unquoted(value)))


def _split(url: str) -> SplitResult:
    try:
        split = urlsplit(url)
    except ValueError:
        split = SplitResult("", "", "", "", "")
    if split.scheme != "cloudinary":
        raise ConfigurationError(
            tr("The variable {variable} does not hold a Cloudinary address.", variable=URL_VARIABLE), _FORM
        )
    return split
