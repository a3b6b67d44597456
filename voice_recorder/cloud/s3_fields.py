"""What has to be known to use a bucket, and how it is checked before it is used."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from voice_recorder.cloud.credentials import unquoted
from voice_recorder.domain.errors import ConfigurationError
from voice_recorder.domain.ports import ProviderField
from voice_recorder.domain.words import tr

DEFAULT_PREFIX = "voice-recorder/"
DEFAULT_REGION = "us-east-1"
_VARIABLES = {
    "bucket": ("AWS_S3_BUCKET",),
    "endpoint_url": ("AWS_ENDPOINT_URL",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
_KEYS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}


class S3Fields:
    """The part of the provider's kind that deals with its fields.

    A session token comes from the environment only, with its keys: it lives for hours, so nobody keeps it.
    """

    name = "s3"
    title = tr("S3-compatible")
    fields: tuple[ProviderField, ...] = (
        ProviderField("bucket", tr("Bucket"), tr("The name of the bucket; make it at the provider first.")),
        ProviderField(
            "endpoint_url", tr("Endpoint"), tr("The provider's address; leave it empty for AWS."),
            required=False,
        ),
        ProviderField(
            "region", tr("Region"), tr("Where the bucket is, as the provider writes it."),
            required=False, default=DEFAULT_REGION,
        ),
        ProviderField(
            "prefix", tr("Folder in the bucket"), tr("Copies go below it."),
            required=False, default=DEFAULT_PREFIX,
        ),
        ProviderField("access_key_id", tr("Access key ID"), tr("The name of the key."), secret=True),
        ProviderField("secret_access_key", tr("Secret access key"), tr("The key itself."), secret=True),
    )  # fmt: skip
    variables = (
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION or AWS_DEFAULT_REGION,"
        " AWS_ENDPOINT_URL, AWS_S3_BUCKET"
    )

    def from_environment(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """What the ``AWS_*`` variables set; keys count only together, so that none is paired wrongly."""
        found = {}
        for field, names in _VARIABLES.items():
            name = next((name for name in names if environ.get(name)), None)
            if name is not None:
                found[field] = _CHECKS[field](unquoted(environ[name]), _Label(name))
        keys = {field: environ[name] for field, name in _KEYS.items() if environ.get(name)}
        pair = [name for field, name in list(_KEYS.items())[:2] if field not in keys]
        if len(pair) == 1:
            raise ConfigurationError(
                tr("{variable} is not set.", variable=pair[0]),
                tr("The access key needs both of its variables."),
            )
        if not pair:
            found.update({field: _key(unquoted(key), _Label(_KEYS[field])) for field, key in keys.items()})
        return found

    def cleaned(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """The values without what people paste along; ConfigurationError for what cannot be right."""
        titles = {field.name: _Label(field.title, is_field=True) for field in self.fields}
        found = {name: unquoted(value) for name, value in values.items()}
        checked = {
            name: _CHECKS[name](value, titles.get(name, _Label(name)))
            for name, value in found.items()
            if value
        }
        return {"region": DEFAULT_REGION, "prefix": DEFAULT_PREFIX, **checked}

    def place(self, values: Mapping[str, str]) -> str:
        """``s3:``, the endpoint without its scheme (or ``aws``), bucket and prefix."""
        split = urlsplit(values.get("endpoint_url", ""))
        endpoint = f"{split.netloc}{split.path}" or "aws"
        return f"s3:{endpoint}/{values['bucket']}/{values['prefix']}"


@dataclass(frozen=True)
class _Label:
    """Where a value comes from: a field with this title, or a variable."""

    name: str
    is_field: bool = False

    def cannot_be(self, text: str) -> str:
        """What is said of a value that may be shown."""
        value = repr(text[:100])
        if self.is_field:
            return tr("The field {field} cannot be {value}.", field=repr(self.name), value=value)
        return tr("{variable} cannot be {value}.", variable=self.name, value=value)


def _bucket(text: str, label: _Label) -> str:
    text = text.removeprefix("s3://").rstrip("/")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]", text) or ".." in text:
        raise ConfigurationError(
            label.cannot_be(text),
            tr("The name of a bucket has 3 to 63 letters, digits, dots and hyphens."),
        )
    return text


def _endpoint(text: str, label: _Label) -> str:
    text = text if "://" in text else f"https://{text}"
    try:
        split = urlsplit(text)
        usable = bool(split.hostname) and split.scheme in ("http", "https") and split.port != 0
    except ValueError:  # of a port that is none
        usable = False
    if not usable or re.search(r"[\s@?#]", text):  # what it may hold is not shown: it could be a password
        if label.is_field:
            title = tr("The field {field} is not the address of a service.", field=repr(label.name))
        else:
            title = tr("{variable} is not the address of a service.", variable=label.name)
        raise ConfigurationError(title, tr("It looks like https://s3.example.com, without more."))
    return f"{split.scheme}://{split.netloc.lower()}{split.path.rstrip('/')}"


def _region(text: str, label: _Label) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", text):
        raise ConfigurationError(label.cannot_be(text), tr("A region is like eu-central-1."))
    return text.lower()


def _prefix(text: str, label: _Label) -> str:
    text = text.strip("/")
    if len(text.encode()) > 500 or not text.isprintable() or {".", "..", ""} & set(text.split("/")):
        raise ConfigurationError(
            label.cannot_be(text), tr("It takes the names of folders with slashes in between.")
        )
    return f"{text}/"


def _key(text: str, label: _Label) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        if label.is_field:
            title = tr(
                "The field {field} is not a key: it holds spaces or strange letters.", field=repr(label.name)
            )
        else:
            title = tr("{variable} is not a key: it holds spaces or strange letters.", variable=label.name)
        raise ConfigurationError(title, tr("Copy it again at the provider."))
    return text


_CHECKS: Mapping[str, Callable[[str, _Label], str]] = {
    "bucket": _bucket, "endpoint_url": _endpoint, "region": _region, "prefix": _prefix,
    "access_key_id": _key, "secret_access_key": _key, "session_token": _key,
}  # fmt: skip
