"""Names that people give to tags, folders and saved searches."""

import unicodedata

from voice_recorder.domain.errors import VoiceRecorderError

LONGEST_NAME = 100
"""Characters."""


class NameRefused(VoiceRecorderError):
    """A name that a tag, a folder or a saved search cannot have; nothing was changed."""


def clean_name(name: str, what: str) -> str:
    """``name`` as it is stored: composed (NFC), without white space around it and with single spaces inside.

    ``what`` is what gets it, as "tag". NameRefused when it is empty, too long, or holds control characters.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if not any(char.isprintable() and not char.isspace() for char in clean):
        raise NameRefused(f"The name of a {what} cannot be empty.", "Nothing was changed.")
    if len(clean) > LONGEST_NAME:
        raise NameRefused(
            f"The name of a {what} has at most {LONGEST_NAME} characters; this one has {len(clean):,}.",
            "Nothing was changed; choose a shorter one.",
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in clean):
        raise NameRefused(
            f"The name of a {what} cannot hold control characters.", "Nothing was changed; type it anew."
        )
    return clean


def folded(name: str) -> str:
    """What two names have in common that count as the same: "Work" and "work", "Größe" and "GRÖSSE"."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
