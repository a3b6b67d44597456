"""What the provider's page says."""

from __future__ import annotations

import re

from voice_recorder.domain.errors import NetworkUnreachable, SecretsUnavailable, VoiceRecorderError
from voice_recorder.domain.ports import Plan, ProviderKind
from voice_recorder.domain.preflight import in_mb
from voice_recorder.ui.provider_work import InForce, Tested

PURPOSE = "A verified copy of every recording; the audio here stays unless you decide otherwise."
NOWHERE = "Recordings stay on this computer only."
DRAFT = "Not in force until you press “Use this provider”."
FOLDER = "folder"


def breakable(text: str) -> str:
    """``text`` with places for line breaks in long words, such as the path of a folder."""
    return re.sub(r"\S{20,}", lambda word: re.sub(r"([/\\._-]|\w{16})", "\\1\u200b", word[0]), text)


def plan_words(kind: ProviderKind, plan: Plan) -> str:
    """``Free plan, files up to 100 MB, 3 % used.``; empty when nothing is known."""
    if kind.name == FOLDER:
        return (
            "" if plan.used_share is None else f"Its disk is {plan.used_share:.0%} full.".replace("%", " %")
        )
    parts = []
    if plan.name:
        parts.append(f"{plan.name[0].upper()}{plan.name[1:]} plan")
    if plan.max_file_bytes is not None:
        parts.append(f"files up to {in_mb(plan.max_file_bytes)}")
    if plan.used_share is not None:
        parts.append(f"{plan.used_share * 100:.0f} % used")
    words = ", ".join(parts)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def place_words(kind: ProviderKind, place: str) -> str:
    """``Cloudinary (demo)``, ``Folder (/mnt/copies)``."""
    return f"{kind.title} ({place.partition(':')[2]})"


def force_words(now: InForce) -> tuple[str, str, bool]:
    """What is in force, more about it, and whether it is something to look after."""
    if now.choice is None:
        return (
            (now.problem, "Nothing is sent until that is mended.", True)
            if now.problem
            else (NOWHERE, "", False)
        )
    where = place_words(now.choice.kind, now.choice.place)
    if now.halted:
        return f"Nothing is sent to {where} now.", f"{now.halted} Then press “Use this provider”.", True
    return f"Copies go to {where}.", plan_words(now.choice.kind, now.plan), False


def unchanged_words(now: InForce) -> str:
    """What a failure has left as it was."""
    if now.choice is None:
        return "Nothing was saved."
    return f"Nothing was saved: {place_words(now.choice.kind, now.place)} stays the provider."


def success_words(tested: Tested, now: InForce) -> str:
    """After a test that went well."""
    words = ["It works.", plan_words(tested.kind, tested.plan), tested.note]
    if now.halted:
        words.append("Sending is still stopped; “Use this provider” lets it go on.")
    return " ".join(filter(None, words))


def saved_words(tested: Tested, plan: Plan | None) -> str:
    """After a choice was saved, and the provider has said what it allows."""
    return " ".join(filter(None, ["Saved.", plan_words(tested.kind, plan or tested.plan), tested.note]))


def trouble_words(tested: Tested, now: InForce) -> str:
    """After a test that met trouble which may be over later."""
    assert tested.trouble is not None
    if tested.kind.name == FOLDER:
        hint = "Connect its disk, or choose another folder, and test again."
    elif isinstance(tested.trouble, NetworkUnreachable):
        hint = "Is this computer connected to the internet, and the address right?"
    else:
        hint = "Check the network, and date and time of this computer, and test again."
    return f"{tested.trouble.title} {hint} {unchanged_words(now)}"


def failure_words(error: VoiceRecorderError, kind: ProviderKind, now: InForce) -> str:
    """After a test or an attempt to save that failed for good."""
    if isinstance(error, SecretsUnavailable):
        return f"{error.title} {keyring_words(kind)} {unchanged_words(now)}"
    return f"{error} {unchanged_words(now)}"


def missing_words(tested: Tested) -> str:
    """After a test for which something has to be filled in first."""
    *others, last = [f"“{f.title}”" for f in tested.kind.fields if f.name in tested.missing]
    titles = f"{', '.join(others)} and {last}" if others else last
    return f"Nothing was tried yet: please fill in {titles}."


def keyring_words(kind: ProviderKind) -> str:
    """What to do without a keyring."""
    return (
        "Keys are kept nowhere else. Unlock or install a keyring and try again, or set these variables"
        f" and start Voice Recorder anew: {kind.variables}."
    )


def stop_words(now: InForce) -> tuple[str, str]:
    """The question before nothing is sent any more, and what it means."""
    assert now.choice is not None
    where = place_words(now.choice.kind, now.place)
    return (
        f"Stop backing up to {where}?",
        "New recordings will be on this computer only. The copies that were made stay where they are, and the"
        " keys stay in the keyring; choose the provider again to reach them.",
    )
