"""What the provider's page says."""

from __future__ import annotations

import re

from voice_recorder.domain.errors import NetworkUnreachable, SecretsUnavailable, VoiceRecorderError
from voice_recorder.domain.ports import Plan, ProviderKind
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import megabytes, per_cent
from voice_recorder.ui.provider_work import InForce, Tested
from voice_recorder.ui.said import said

FOLDER = "folder"


def purpose() -> str:
    """What a provider is for."""
    return tr("A verified copy of every recording; the audio here stays unless you decide otherwise.")


def draft() -> str:
    """What is said of fields that are not in force."""
    return tr("Not in force until you press “Use this provider”.")


def breakable(text: str) -> str:
    """``text`` with places for line breaks in long words, such as the path of a folder."""
    return re.sub(r"\S{20,}", lambda word: re.sub(r"([/\\._-]|\w{16})", "\\1\u200b", word[0]), text)


def plan_words(kind: ProviderKind, plan: Plan) -> str:
    """``Free plan, files up to 100 MB, 3 % used.``; empty when nothing is known."""
    if kind.name == FOLDER:
        used = plan.used_share
        return "" if used is None else tr("Its disk is {share} full.", share=per_cent(used))
    parts = []
    if plan.name:
        parts.append(tr("{name} plan", name=f"{plan.name[0].upper()}{plan.name[1:]}"))
    if plan.max_file_bytes is not None:
        parts.append(tr("files up to {size}", size=megabytes(plan.max_file_bytes)))
    if plan.used_share is not None:
        parts.append(tr("{share} used", share=per_cent(plan.used_share)))
    words = ", ".join(parts)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def place_words(kind: ProviderKind, place: str) -> str:
    """``Cloudinary (demo)``, ``Folder (/mnt/copies)``."""
    return f"{tr(kind.title)} ({place.partition(':')[2]})"


def force_words(now: InForce) -> tuple[str, str, bool]:
    """What is in force, more about it, and whether it is something to look after."""
    if now.choice is None:
        if now.problem:
            return said(now.problem), tr("Nothing is sent until that is mended."), True
        return tr("Recordings stay on this computer only."), "", False
    where = place_words(now.choice.kind, now.choice.place)
    if now.halted:
        way_out = tr("Then press “Use this provider”.")
        return tr("Nothing is sent to {place} now.", place=where), f"{said(now.halted)} {way_out}", True
    return tr("Copies go to {place}.", place=where), plan_words(now.choice.kind, now.plan), False


def unchanged_words(now: InForce) -> str:
    """What a failure has left as it was."""
    if now.choice is None:
        return tr("Nothing was saved.")
    where = place_words(now.choice.kind, now.place)
    return tr("Nothing was saved: {place} stays the provider.", place=where)


def success_words(tested: Tested, now: InForce) -> str:
    """After a test that went well."""
    words = [tr("It works."), plan_words(tested.kind, tested.plan), tested.note]
    if now.halted:
        words.append(tr("Sending is still stopped; “Use this provider” lets it go on."))
    return " ".join(filter(None, words))


def saved_words(tested: Tested, plan: Plan | None) -> str:
    """After a choice was saved, and the provider has said what it allows."""
    return " ".join(filter(None, [tr("Saved."), plan_words(tested.kind, plan or tested.plan), tested.note]))


def trouble_words(tested: Tested, now: InForce) -> str:
    """After a test that met trouble which may be over later."""
    assert tested.trouble is not None
    if tested.kind.name == FOLDER:
        hint = tr("Connect its disk, or choose another folder, and test again.")
    elif isinstance(tested.trouble, NetworkUnreachable):
        hint = tr("Is this computer connected to the internet, and the address right?")
    else:
        hint = tr("Check the network, and date and time of this computer, and test again.")
    return f"{said(tested.trouble.title)} {hint} {unchanged_words(now)}"


def failure_words(error: VoiceRecorderError, kind: ProviderKind, now: InForce) -> str:
    """After a test or an attempt to save that failed for good."""
    if isinstance(error, SecretsUnavailable):
        return f"{said(error.title)} {keyring_words(kind)} {unchanged_words(now)}"
    return f"{said(error)} {unchanged_words(now)}"


def missing_words(tested: Tested) -> str:
    """After a test for which something has to be filled in first."""
    *others, last = [
        tr("“{title}”", title=tr(f.title)) for f in tested.kind.fields if f.name in tested.missing
    ]
    titles = tr("{others} and {last}", others=", ".join(others), last=last) if others else last
    return tr("Nothing was tried yet: please fill in {fields}.", fields=titles)


def keyring_words(kind: ProviderKind) -> str:
    """What to do without a keyring."""
    return tr(
        "Keys are kept nowhere else. Unlock or install a keyring and try again, or set these variables"
        " and start Voice Recorder anew: {variables}.",
        variables=kind.variables,
    )


def stop_words(now: InForce) -> tuple[str, str]:
    """The question before nothing is sent any more, and what it means."""
    assert now.choice is not None
    where = place_words(now.choice.kind, now.place)
    return (
        tr("Stop backing up to {place}?", place=where),
        tr(
            "New recordings will be on this computer only. The copies that were made stay where they are,"
            " and the keys stay in the keyring; choose the provider again to reach them."
        ),
    )
