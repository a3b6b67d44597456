"""Commands about the provider: set, show, test."""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from voice_recorder.audio.encoder import m4a_available
from voice_recorder.cli.documents import error_document
from voice_recorder.cli.program import Json, as_text, complain, printable, say, services_of, show
from voice_recorder.cloud.kinds import KINDS
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import (
    CloudError,
    ConfigurationError,
    CredentialsRejected,
    SecretsUnavailable,
)
from voice_recorder.domain.ports import Plan, ProviderField, ProviderKind
from voice_recorder.services import Services
from voice_recorder.services.providers import Choice

provider_app = typer.Typer(no_args_is_help=True, help="Where copies go.")
_NONE = "none"
_ALSO = {"endpoint_url": ("--endpoint",), "path": ("--folder", "--dir")}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(provider_app, name="provider")


def _known_kind(name: str) -> str:
    if name not in (*KINDS, _NONE):
        raise typer.BadParameter(f"{printable(name)!r} is none of {', '.join(KINDS)}, {_NONE}.")
    return name


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _with_field_options(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with an option in the place of ``**values`` for all that any kind of provider asks for.

    Secrets are no options: other programs can read the words on a command line.
    """
    asked: dict[str, list[str]] = {}
    for kind in KINDS.values():
        for field in kind.fields:
            if not field.secret:
                asked.setdefault(field.name, []).append(f"{kind.name}: {field.text}")
    options = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None,
            annotation=Annotated[
                str | None,
                typer.Option(_flag(name), *_ALSO.get(name, ()), help=" ".join(texts), callback=as_text),
            ],
        )
        for name, texts in asked.items()
    ]  # fmt: skip
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    command.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return command


@provider_app.command("set")
@_with_field_options
def set_provider(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(metavar=f"{'|'.join(KINDS)}|{_NONE}", help="Where copies go.", callback=_known_kind),
    ],
    send: Annotated[SendAs | None, typer.Option(help="What WAV recordings are sent as.")] = None,
    json_: Json = False,
    **values: str | None,
) -> None:
    """Choose where copies go. Secrets come from the environment, a prompt or the keyring."""
    services = services_of(context)
    if send is not None:
        _refuse_unwritable(send)
    check: dict[str, Any] | None = None
    if kind == _NONE:
        services.providers.choose_none()
    else:
        chosen = KINDS[kind]
        told = _told(services, chosen, {name: value for name, value in values.items() if value is not None})
        services.providers.choose(kind, told, _secrets(services, chosen))
    if send is not None:
        services.settings.set("compression.send_as", send.value)
    if kind != _NONE:
        check = _begin(services)
    document = _document(services)
    if check is not None:
        document["check"] = check
    show(document, as_json=json_, human=lambda: _tell(document))


def _refuse_unwritable(send: SendAs) -> None:
    there, reason = m4a_available()
    if send is SendAs.M4A and not there:
        raise ConfigurationError(
            f"M4A cannot be written on this computer: {reason}.",
            "Nothing was changed. Install ffmpeg, or choose mp3, opus or flac.",
        )


def _told(services: Services, kind: ProviderKind, given: Mapping[str, str]) -> dict[str, str]:
    """What the provider was told before with what is given now; what is required and lacks is asked for."""
    own = {field.name: field for field in kind.fields if not field.secret}
    for name in given:
        if name not in own:
            raise ConfigurationError(
                f"The option {_flag(name)} does not belong to {kind.title}.",
                f"It takes {', '.join(map(_flag, own))}. Nothing was changed.",
            )
    told = {**services.settings.provider_values(kind.name), **given}
    known = services.providers.from_environment(kind.name)
    lacking = [
        field for field in own.values()
        if field.required and not (told.get(field.name) or field.name in known or field.default)
    ]  # fmt: skip
    if lacking and not sys.stdin.isatty():
        raise ConfigurationError(
            f"{kind.title} cannot be used yet: {', '.join(field.title for field in lacking)} is missing.",
            f"Give {', '.join(_flag(field.name) for field in lacking)}, or set its variables"
            f" ({kind.variables}).",
        )
    for field in lacking:
        told[field.name] = typer.prompt(field.title, err=True)
    return told


def _secrets(services: Services, kind: ProviderKind) -> dict[str, str]:
    """The secrets that a person types; none when the environment has them. CredentialsRejected without."""
    known = services.providers.from_environment(kind.name)
    asked = [field for field in kind.fields if field.secret and field.name not in known]
    if not asked:
        return {}
    needed = services.providers.needed_secrets(kind.name)
    typed = {}
    if sys.stdin.isatty():
        typed = {field.name: _ask(field, stored=field.name not in needed) for field in asked}
    missing = [field.title for field in asked if field.name in needed and not typed.get(field.name)]
    if missing:
        raise CredentialsRejected(
            f"{kind.title} cannot be used yet: {', '.join(missing)} is missing.",
            f"Run 'voice-recorder provider set {kind.name}' at a terminal and type it, or set its variables"
            f" ({kind.variables}). Nothing was changed.",
        )
    return {name: secret for name, secret in typed.items() if secret}


def _ask(field: ProviderField, *, stored: bool) -> str:
    words = f"{field.title} (empty keeps the one in the keyring)" if stored else field.title
    answer: str = typer.prompt(words, default="", hide_input=True, show_default=False, err=True)
    return answer.strip()


def _begin(services: Services) -> dict[str, Any]:
    """Try the provider that was just chosen; the choice stands whatever comes of it."""
    try:
        return {"ok": True, "error": None, "plan": asdict(services.sync.begin())}
    except (CloudError, ConfigurationError, SecretsUnavailable) as error:
        complain(error)
        return {"ok": False, "error": error_document(error), "plan": None}


@provider_app.command("show")
def show_provider(context: typer.Context, json_: Json = False) -> None:
    """Show where copies go; never a secret."""
    document = _document(services_of(context))
    show(document, as_json=json_, human=lambda: _tell(document))


@provider_app.command("test")
def try_provider(context: typer.Context, json_: Json = False) -> None:
    """Try whether the provider can be used now, and read what its plan allows."""
    services = services_of(context)
    place = services.providers.required().place
    plan = services.sync.begin()
    document = {"ok": True, "place": place, "plan": asdict(plan)}
    show(document, as_json=json_, human=lambda: say(f"{place} can be used.{_plan_words(plan)}"))


def _document(services: Services) -> dict[str, Any]:
    """What is chosen, without a secret."""
    chosen = services.providers.chosen
    if chosen is None:
        return {"provider": None, "place": None, "send_as": services.settings.current.compression_send_as}
    plan = services.sync_log.plan(chosen.place)
    return {
        "provider": chosen.kind.name,
        "title": chosen.kind.title,
        "place": chosen.place,
        "values": dict(chosen.values),
        "from_environment": sorted(chosen.from_environment),
        "secrets": _where_secrets_are(services, chosen),
        "send_as": services.settings.current.compression_send_as,
        "plan": None if plan == Plan() else asdict(plan),
        "paused": services.sync.paused,
        "halted": services.sync_log.halted or None,
    }


def _where_secrets_are(services: Services, chosen: Choice) -> dict[str, str | None]:
    """Where each secret is found: environment, keyring, or None."""
    secret = [field.name for field in chosen.kind.fields if field.secret]
    needed: tuple[str, ...] = ()
    if not chosen.from_environment.issuperset(secret):
        try:
            needed = services.providers.needed_secrets(chosen.kind.name)
        except SecretsUnavailable:
            needed = tuple(name for name in secret if name not in chosen.from_environment)
    return {
        name: "environment" if name in chosen.from_environment else None if name in needed else "keyring"
        for name in secret
    }


def _tell(document: dict[str, Any]) -> None:
    if document["provider"] is None:
        say("No provider is chosen: recordings stay on this computer only.")
        return
    say(f"Copies go to {document['place']}, WAV recordings as {document['send_as']}.")
    for name, value in document["values"].items():
        source = " (environment)" if name in document["from_environment"] else ""
        say(f"{name}: {value}{source}")
    for name, source in document["secrets"].items():
        say(f"{name}: {'from the ' + source if source else 'missing'}")
    if document["plan"]:
        say(f"Plan:{_plan_words(Plan(**document['plan']))}")
    if document["paused"]:
        say("Sending is paused.")
    if document["halted"]:
        say(document["halted"])


def _plan_words(plan: Plan) -> str:
    words = [plan.name] if plan.name else []
    if plan.max_file_bytes is not None:
        words.append(f"files up to {plan.max_file_bytes / 1e6:.0f} MB")
    if plan.used_share is not None:
        words.append(f"{plan.used_share:.0%} used")
    return f" {', '.join(words)}." if words else ""
