"""What was said in English below the window, in the window's language.

Errors, verdicts and reasons are English sentences in the log, in the library's rows and between processes.
They are recognised by the text of which they were made, whose ``{name}`` may stand for anything; what is not
recognised stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.ui import language

_HOLE = re.compile(r"\{(\w+)\}")
_FIRST_VALUE = r"""'[^']*'|"[^"]*"|(?:(?![.!?]\s).)+?|.+?[.!?]"""
"""What a text may begin with: a name in quotes, something in a sentence, or sentences, but no half of one."""
_FEWEST_LETTERS = 7
"""A text with fewer letters of its own may be found in words that were never made of it."""

_LONGEST = 2000
"""Letters; what is longer was not said by us."""


def said(words: str | VoiceRecorderError) -> str:
    """``words``, or an error's title and detail, in the window's language."""
    if isinstance(words, VoiceRecorderError):
        return f"{said(words.title)} {said(words.detail)}".strip()
    return _said(language.code(), words)


@dataclass(frozen=True)
class _Text:
    source: str
    own: tuple[str, ...]
    translation: str

    def says(self, words: str) -> tuple[str, str] | None:
        """The translation, if ``words`` begin with this text, and what follows."""
        if not words.startswith(self.own[0]) or any(own not in words for own in self.own):
            return None  # nearly all of them, and a pattern takes a while to be made
        found = _pattern(self.source).fullmatch(words)
        if found is None:
            return None
        values = {name: _value(value) for name, value in found.groupdict().items() if name != "and_more"}
        return self.translation.format(**values), found["and_more"] or ""


@lru_cache(maxsize=1024)
def _said(code: str, words: str) -> str:
    if code == "en" or len(words) > _LONGEST:
        return words
    sentences = []
    while words:
        found = next((found for text in _texts(code) if (found := text.says(words))), None)
        if found is None:  # such as what the system has to say
            first, end, words = words.partition(". ")
            sentences.append(first + end.rstrip())
        else:
            sentence, words = found
            sentences.append(sentence)
    return " ".join(sentences)


@lru_cache(maxsize=1)
def _texts(_code: str) -> list[_Text]:
    """All that can be said, texts with the most letters of their own first."""
    by_letters = []
    for (source, note), forms in language.messages().items():
        own = _HOLE.sub("", source)
        if note or "%n" in source or "{" in own or not forms[0]:
            continue
        letters = sum(map(str.isalpha, own))
        if letters >= _FEWEST_LETTERS:
            by_letters.append((letters, source, forms[0]))
    by_letters.sort(reverse=True)
    return [_Text(source, tuple(_HOLE.split(source)[::2]), text) for _, source, text in by_letters]


@lru_cache(maxsize=256)
def _pattern(source: str) -> re.Pattern[str]:
    parts, seen = [], set[str]()
    for at, part in enumerate(_HOLE.split(source)):
        if at % 2 == 0:
            parts.append(re.escape(part))
        else:
            value = ".+?" if any(parts) else _FIRST_VALUE
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>{value})")
            seen.add(part)
    more = r"(?:\s(?P<and_more>.+))?" if source.endswith((".", "!", "?", ":")) else "(?P<and_more>)"
    return re.compile("".join(parts) + more, re.DOTALL)


def _value(value: str) -> str:
    """A sentence in a sentence is translated as well; a name is not, even if the window has such a word."""
    return said(value) if value.endswith((".", "!", "?")) else value
