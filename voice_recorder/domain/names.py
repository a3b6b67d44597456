"""Names that people give to tags, folders and saved searches."""

import unicodedata

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.words import tr

LONGEST_NAME = 100
"""Characters."""

_EMPTY = {
    "tag": tr("The name of a tag cannot be empty."),
    "folder": tr("The name of a folder cannot be empty."),
    "saved search": tr("The name of a saved search cannot be empty."),
}
_TOO_LONG = {
    "tag": tr("The name of a tag has at most {most} characters; this one has {count}."),
    "folder": tr("The name of a folder has at most {most} characters; this one has {count}."),
    "saved search": tr("The name of a saved search has at most {most} characters; this one has {count}."),
}
_CONTROL = {
    "tag": tr("The name of a tag cannot hold control characters."),
    "folder": tr("The name of a folder cannot hold control characters."),
    "saved search": tr("The name of a saved search cannot hold control characters."),
}


class NameRefused(VoiceRecorderError):
    """A name that a tag, a folder or a saved search cannot have; nothing was changed."""


def clean_name(name: str, what: str) -> str:
    """``name`` as it is stored: composed (NFC), without white space around it and with single spaces inside.

    ``what`` gets it: "tag", "folder" or "saved search". NameRefused when it is empty, too long, or holds
    control characters.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if not any(char.isprintable() and not char.isspace() for char in clean):
        raise NameRefused(_EMPTY[what], tr("Nothing was changed."))
    if len(clean) > LONGEST_NAME:
        raise NameRefused(
            _TOO_LONG[what].format(most=LONGEST_NAME, count=f"{len(clean):,}"),
            tr("Nothing was changed; choose a shorter one."),
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in clean):
        raise NameRefused(_CONTROL[what], tr("Nothing was changed; type it anew."))
    return clean


def folded(name: str) -> str:
    """What two names have in common that count as the same: "Work" and "work", "Größe" and "GRÖSSE"."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
