"""Secrets: kept in the system's keyring only, or given by the environment for unattended use."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from voice_recorder.domain.errors import ConfigurationError, CredentialsRejected, SecretsUnavailable
from voice_recorder.domain.ports import ProviderField, ProviderKind
from voice_recorder.domain.words import tr

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "voice-recorder"
ANSWERS_WITHIN_S = 30.0
"""How long the keyring may take, which includes the person who types its password."""
_T = TypeVar("_T")
# The chainer asks all keyrings in turn, unfit ones too.
_UNFIT = ("keyring.backends.chainer", "keyrings.alt", "keyring.backends.fail", "keyring.backends.null")
_ADVICE = tr("Unlock or install one, or set the variables of the provider; nothing was written elsewhere.")


class Values(Mapping[str, str]):
    """What a provider is opened with. Shows nobody its secrets."""

    def __init__(self, kind: ProviderKind, values: Mapping[str, str]) -> None:
        self._open = {field.name for field in kind.fields if not field.secret}
        self._values = dict(values)

    @override
    def __getitem__(self, name: str) -> str:
        return self._values[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @override
    def __len__(self) -> int:
        return len(self._values)

    @override
    def __repr__(self) -> str:
        shown = {name: value if name in self._open else "…" for name, value in self._values.items()}
        return f"Values({shown})"


def load(kind: str, field: str, *, within_s: float = ANSWERS_WITHIN_S) -> str | None:
    """The secret ``field`` of the provider ``kind``, None when none is stored. SecretsUnavailable."""
    return _ask(lambda keyring: keyring.get_password(SERVICE, f"{kind}:{field}"), within_s)


def store(kind: str, field: str, secret: str, *, within_s: float = ANSWERS_WITHIN_S) -> None:
    """Keep a secret in the place of the one before. SecretsUnavailable."""
    _ask(lambda keyring: keyring.set_password(SERVICE, f"{kind}:{field}", secret), within_s)


def forget(kind: str, field: str, *, within_s: float = ANSWERS_WITHIN_S) -> None:
    """Remove a secret; one that is not there counts as removed. SecretsUnavailable."""
    user = f"{kind}:{field}"

    def remove(keyring: "KeyringBackend") -> None:
        if keyring.get_password(SERVICE, user) is not None:
            keyring.delete_password(SERVICE, user)

    _ask(remove, within_s)


def resolve(
    kind: ProviderKind, values: Mapping[str, str], environ: Mapping[str, str], home: Path | None = None
) -> Values:
    """Everything that ``kind.open`` needs: the environment first, then ``values``, then keyring and defaults.

    ``home`` is the library's folder. The keyring is asked only for what is missing otherwise. Raises
    ConfigurationError or CredentialsRejected, which say what is missing or wrong; SecretsUnavailable.
    """
    found = {name: value for name, value in values.items() if value}
    found.update(kind.from_environment(environ))
    for field in kind.fields:
        if field.name not in found:
            value = load(kind.name, field.name) if field.secret else _default(field, home)
            if value:
                found[field.name] = value
    missing = [field for field in kind.fields if field.required and field.name not in found]
    if missing:
        raise _incomplete(kind, missing)
    return Values(kind, kind.cleaned(found))


def unquoted(text: str) -> str:
    """``text`` without the spaces, line ends and quotes that people paste along."""
    return text.strip().strip("\"'`\u2018\u2019\u201c\u201d\u201e").strip()


def _default(field: ProviderField, home: Path | None) -> str:
    if "{home}" not in field.default:
        return field.default
    return field.default.replace("{home}", str(home)) if home is not None else ""


def _incomplete(kind: ProviderKind, missing: list[ProviderField]) -> ConfigurationError | CredentialsRejected:
    refuse = CredentialsRejected if any(field.secret for field in missing) else ConfigurationError
    names = ", ".join(field.title for field in missing)
    advice = tr("Run 'voice-recorder provider set {kind}'.", kind=kind.name)
    if kind.variables:
        advice = tr(
            "Run 'voice-recorder provider set {kind}', or set its variables ({variables}).",
            kind=kind.name,
            variables=kind.variables,
        )
    return refuse(
        tr("{provider} cannot be used yet: {names} is missing.", provider=kind.title, names=names), advice
    )


def _ask(question: Callable[["KeyringBackend"], _T], within_s: float) -> _T:
    """Ask in a thread of its own: a keyring that hangs cannot be interrupted, only left alone."""
    answer: Future[_T] = Future()

    def ask() -> None:
        try:
            answer.set_result(question(_keyring()))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            answer.set_exception(error)

    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        return answer.result(within_s)
    except TimeoutError:
        raise SecretsUnavailable(tr("The keyring of this computer does not answer."), _ADVICE) from None
    except _keyring_errors() as error:
        # The error's own words are not shown: nobody knows what a keyring puts into them.
        raise SecretsUnavailable(tr("The keyring of this computer is locked or broken."), _ADVICE) from error


def _keyring() -> "KeyringBackend":
    """The best keyring there is now; those that keep secrets in a plain file, or nowhere, are refused."""
    import keyring.core

    try:
        keyring.core.init_backend(limit=_is_fit)  # looked for anew: a daemon may have started meanwhile
        found = keyring.get_keyring()
    except (ImportError, AttributeError, ValueError, RuntimeError):  # of a keyring chosen by configuration
        found = None
    if found is None or not _is_fit(found):
        raise SecretsUnavailable(tr("This computer has no keyring in which a secret could be kept."), _ADVICE)
    return found


def _is_fit(keyring: "KeyringBackend") -> bool:
    return not type(keyring).__module__.startswith(_UNFIT)


def _keyring_errors() -> tuple[type[Exception], ...]:
    """What a keyring and the bus behind it may raise."""
    from keyring.errors import KeyringError

    errors: list[type[Exception]] = [KeyringError, OSError, EOFError]
    if sys.platform == "linux":
        from jeepney import DBusErrorResponse
        from secretstorage import SecretStorageException

        errors += [DBusErrorResponse, SecretStorageException]
    return tuple(errors)
