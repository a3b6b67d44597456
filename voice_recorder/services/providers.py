"""The provider that its owner chose: what it was told, its secrets, and the open connection to it."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from voice_recorder.cloud import credentials
from voice_recorder.domain.errors import ConfigurationError, NoProvider
from voice_recorder.domain.ports import Plan, Provider, ProviderKind
from voice_recorder.domain.words import tr
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """The provider chosen now, without a secret.

    ``from_environment`` names the fields that the environment sets.
    """

    kind: ProviderKind
    place: str
    values: Mapping[str, str]
    from_environment: frozenset[str]


class Providers:
    """Knows the chosen provider and opens it. Any thread may call any method."""

    def __init__(self, config: StorageConfig, settings: SettingsFile, environ: Mapping[str, str]) -> None:
        self._config = config
        self._settings = settings
        self._environ = environ
        self._lock = threading.Lock()
        self._complained = ""
        self._open: tuple[Mapping[str, str], Provider] | None = None

    @property
    def chosen(self) -> Choice | None:
        """The provider chosen now; None without one.

        ConfigurationError for a bad variable, and when what it was told by variables is there no more.
        """
        name = self._settings.current.cloud_provider
        if not name:
            return None
        from voice_recorder.cloud.kinds import KINDS

        kind = KINDS.get(name)
        if kind is None:
            return None
        given = self._given(kind)
        known = self._known(kind, {**self._settings.provider_values(kind.name), **given})
        values = {f.name: known[f.name] for f in kind.fields if not f.secret and f.name in known}
        lacking = [f.title for f in kind.fields if f.required and not f.secret and f.name not in values]
        if lacking:
            raise ConfigurationError(
                tr(
                    "{provider} cannot be used: {fields} is missing.",
                    provider=kind.title,
                    fields=", ".join(lacking),
                ),
                tr(
                    "Run 'voice-recorder provider set {name}', or set its variables ({variables}).",
                    name=kind.name,
                    variables=kind.variables,
                ),
            )
        return Choice(kind, kind.place(values), values, frozenset(given))

    def from_environment(self, name: str) -> frozenset[str]:
        """The fields of a kind of provider that the environment sets, by name. ConfigurationError."""
        return frozenset(self._given(kind_named(name)))

    def place(self) -> str:
        """Where copies go now; empty without a provider, or when what it was told makes no sense."""
        try:
            chosen = self.chosen
        except ConfigurationError as error:
            if str(error) != self._complained:  # it is asked with every page of the list
                self._complained = str(error)
                _log.warning("the provider cannot be used: %s", error)
            return ""
        return chosen.place if chosen else ""

    def required(self) -> Choice:
        """The provider chosen now. NoProvider, ConfigurationError."""
        chosen = self.chosen
        if chosen is None:
            raise NoProvider(
                tr("No provider is chosen."),
                tr(
                    "Choose one in the settings, or with 'voice-recorder provider set'. Recordings stay here."
                ),
            )
        return chosen

    def open(self) -> Provider:
        """The chosen provider. NoProvider, CredentialsRejected, SecretsUnavailable, ConfigurationError."""
        kind = self.required().kind
        values = self._resolved(kind, self._settings.provider_values(kind.name))
        with self._lock:
            if self._open is None or self._open[0] != values:
                self._open = values, kind.open(values)
            return self._open[1]

    def needed_secrets(self, name: str) -> tuple[str, ...]:
        """The secret fields of a kind of provider that neither environment nor keyring has.

        SecretsUnavailable, ConfigurationError.
        """
        kind = kind_named(name)
        given = kind.from_environment(self._environ)
        return tuple(
            f.name
            for f in kind.fields
            if f.secret and f.required and f.name not in given and not credentials.load(kind.name, f.name)
        )

    def test(self, name: str, values: Mapping[str, str], secrets: Mapping[str, str]) -> Plan:
        """Try a provider without choosing it; what its plan allows. CloudError, ConfigurationError."""
        kind = kind_named(name)
        provider = kind.open(self._resolved(kind, {**values, **secrets}))
        provider.prepare()
        return provider.check()

    def choose(self, name: str, values: Mapping[str, str], secrets: Mapping[str, str]) -> Choice:
        """Let copies go to this provider from now on; its secrets go into the keyring.

        ``Sync.begin`` belongs after it. ConfigurationError, SecretsUnavailable (then nothing is changed).
        """
        kind = kind_named(name)
        given = kind.from_environment(self._environ)
        cleaned = kind.cleaned(self._known(kind, {**values, **secrets, **given}))
        kind.place(cleaned)  # or it raises
        told = {}
        for field in kind.fields:  # one pasted line may have filled several
            value = cleaned.get(field.name, "")
            if field.secret and value and field.name not in given:
                credentials.store(kind.name, field.name, value)
            elif not field.secret and value and value != self._known(kind, {}).get(field.name):
                told[field.name] = value
        self._settings.set_provider_values(kind.name, told)
        self._settings.set("cloud.provider", kind.name)
        chosen = self.chosen
        assert chosen is not None
        return chosen

    def prepare(self) -> Plan:
        """Take the chosen provider into use; what its plan allows. As ``open``, and CloudError."""
        provider = self.open()
        provider.prepare()
        return provider.check()

    def is_reachable(self) -> bool:
        """Whether the chosen provider answers at all. As ``open``."""
        return self.open().is_reachable()

    def choose_none(self) -> None:
        """Send nothing any more; copies and secrets stay where they are."""
        self._settings.set("cloud.provider", "")

    def _given(self, kind: ProviderKind) -> Mapping[str, str]:
        """What the environment sets, in the words in which the open provider has it."""
        given = kind.from_environment(self._environ)
        cleaned = kind.cleaned(given) if given else {}
        return {name: value for name, value in cleaned.items() if name in given}

    def _resolved(self, kind: ProviderKind, values: Mapping[str, str]) -> Mapping[str, str]:
        return credentials.resolve(kind, values, self._environ, self._config.home)

    def _known(self, kind: ProviderKind, values: Mapping[str, str]) -> Mapping[str, str]:
        """``values`` with the defaults of what is not there."""
        home = str(self._config.home)
        defaults = {f.name: f.default.replace("{home}", home) for f in kind.fields if f.default}
        return {**defaults, **{k: v for k, v in values.items() if v}}


def kind_named(name: str) -> ProviderKind:
    """The kind of provider called ``name``; ConfigurationError."""
    from voice_recorder.cloud.kinds import KINDS

    try:
        return KINDS[name]
    except KeyError:
        raise ConfigurationError(
            tr("There is no provider called {name}.", name=repr(name)),
            tr("It takes one of: {names}.", names=", ".join(KINDS)),
        ) from None
