"""What the provider's page has done in a lane: trying what was typed, and looking at what is in force."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_recorder.domain.errors import (
    Cancelled,
    ConfigurationError,
    SecretsUnavailable,
    TransientCloudError,
)
from voice_recorder.domain.ports import Plan, ProviderKind
from voice_recorder.ui.language import tr
from voice_recorder.workers.worker import Progress, Work

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.providers import Choice


@dataclass(frozen=True)
class InForce:
    """The provider that copies go to now.

    ``problem`` says why what was chosen makes no sense, ``halted`` why sending has stopped; else empty.
    """

    choice: Choice | None = None
    plan: Plan = field(default_factory=Plan)
    halted: str = ""
    problem: str = ""

    @property
    def place(self) -> str:
        """Where copies go; empty for nowhere."""
        return self.choice.place if self.choice else ""


def choice_in_force(services: Services) -> InForce:
    """What is in force, as far as it is known without reading the disk."""
    try:
        return InForce(services.providers.chosen)
    except ConfigurationError as error:
        return InForce(problem=str(error))


def in_force(services: Services) -> InForce:
    """What is in force, and how it goes there."""
    known = choice_in_force(services)
    if known.choice is None:
        return known
    return InForce(known.choice, services.sync_log.plan(known.place), services.sync_log.halted)


@dataclass(frozen=True)
class Tested:
    """What came of a test. ``values`` and ``secrets`` are what was typed, cleaned.

    ``missing`` names the fields that have to be filled in first; then nothing was tried. ``keyring`` says
    why stored secrets could not be had. ``trouble`` may be over later; without it ``plan`` is what the
    account allows. ``note`` is something to consider although it works.
    """

    kind: ProviderKind
    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    missing: tuple[str, ...] = ()
    keyring: SecretsUnavailable | None = None
    trouble: TransientCloudError | None = None
    plan: Plan = field(default_factory=Plan)
    note: str = ""


def try_out(services: Services, kind: ProviderKind, typed: Mapping[str, str]) -> Tested:
    """Try a provider with what was typed, what is stored and what the environment sets; saves nothing.

    CloudError, apart from trouble that may be over later; ConfigurationError, SecretsUnavailable.
    """
    given = kind.from_environment(os.environ)
    filled = {name: text for name, text in typed.items() if text.strip() and name not in given}
    cleaned = kind.cleaned(filled) if filled else {}
    values = {f.name: cleaned[f.name] for f in kind.fields if f.name in cleaned and not f.secret}
    secrets = {f.name: cleaned[f.name] for f in kind.fields if f.name in cleaned and f.secret}
    missing, keyring = _missing(services, kind, {*values, *secrets, *given})
    if missing:
        return Tested(kind, values, secrets, missing, keyring)
    try:
        plan = services.providers.test(kind.name, values, secrets)
    except TransientCloudError as error:
        return Tested(kind, values, secrets, trouble=error)
    return Tested(kind, values, secrets, plan=plan, note=_note(services, values))


def _missing(
    services: Services, kind: ProviderKind, there: set[str]
) -> tuple[tuple[str, ...], SecretsUnavailable | None]:
    wanted = [f for f in kind.fields if f.required and f.name not in there]
    stored: set[str] = set()
    problem = None
    if any(f.secret for f in wanted):
        try:
            stored = set(stored_secrets(services, kind))
        except SecretsUnavailable as error:
            problem = error
    return tuple(f.name for f in wanted if f.name not in stored), problem


def stored_secrets(services: Services, kind: ProviderKind) -> tuple[str, ...]:
    """The secret fields that the keyring has. SecretsUnavailable."""
    secret = [f.name for f in kind.fields if f.secret and f.required]
    if not secret:
        return ()
    given = kind.from_environment(os.environ)
    needed = services.providers.needed_secrets(kind.name)
    return tuple(name for name in secret if name not in needed and name not in given)


def _note(services: Services, values: Mapping[str, str]) -> str:
    folder = values.get("path")
    if folder and Path(folder).stat().st_dev == services.config.home.stat().st_dev:
        return tr("It is on the same disk as the recordings: if that disk fails, both are lost.")
    return ""


def interruptible(function: Callable[..., Any], *arguments: Any) -> Work:
    """A function that nobody has to wait for: cancelled, it is left alone in a thread of its own.

    Tells ``progressed`` when it begins.
    """

    def work(cancel: threading.Event, report: Progress) -> Any:
        report(0, 0, "")
        answer: Future[Any] = Future()

        def ask() -> None:
            try:
                answer.set_result(function(*arguments))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                answer.set_exception(error)
            cancel.set()  # wakes the lane, which then finds the answer

        threading.Thread(target=ask, name="provider test", daemon=True).start()
        cancel.wait()
        if not answer.done():
            raise Cancelled
        return answer.result()

    return work
