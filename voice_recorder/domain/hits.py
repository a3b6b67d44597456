"""Which moments of a recording match a search: what a search hit inside a recording is, for whoever asks."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.recording import Marker, Recording

# As FTS5's unicode61 divides words, or finer: letters and figures, with accents of their own.
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")


@dataclass(frozen=True, order=True)
class Hit:
    """A moment that matches a search: when it is heard, in seconds, and the words that stand there."""

    at_s: float
    text: str


def hits(search: str, recording: Recording, places: Iterable[Marker]) -> tuple[Hit, ...]:
    """The moments of ``recording`` that match ``search``, as they are heard, in order.

    ``places`` are its markers, and whatever else has words at a frame of a master. Every word of the search
    counts as a beginning, without accents and case. Where some places have all of the words, those with a few
    are none; a place that was cut out is none, and one that is heard twice is two.
    """
    wanted = words_in(search)
    if not wanted:
        return ()
    timeline = Timeline.of(recording)
    found: dict[Hit, int] = {}
    for place in places:
        if count := _count(wanted, words_in(place.label)):
            for second in timeline.seconds_of(place.master_id, place.frame):
                found[Hit(float(second), place.label)] = count
    enough = len(wanted) if len(wanted) in found.values() else 1
    return tuple(sorted(hit for hit, count in found.items() if count >= enough))


def words_in(text: str) -> frozenset[str]:
    """The words of ``text`` in the form in which a search compares them."""
    return frozenset(filter(None, map(_folded, _WORD.findall(text))))


def _count(wanted: frozenset[str], words: frozenset[str]) -> int:
    """How many of the words ``wanted`` begin one of ``words``."""
    lengths = {len(word) for word in wanted}
    return len(wanted & {word[:length] for word in words for length in lengths})


def _folded(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in parts if unicodedata.category(letter) != "Mn")
