"""What a query of the library asks for, in words: for chips, menus and headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from voice_recorder.domain.library_query import NO_FOLDER, LibraryQuery, Sort
from voice_recorder.domain.states import RecordingState
from voice_recorder.ui.language import isolated, tr
from voice_recorder.ui.phrases import clock, short_date

Narrowing = Mapping[str, object]
"""Fields of a query with their values."""

NOT_FILTERS = ("shelf", "search", "sort")


@dataclass(frozen=True)
class Filter:
    """Something that narrows a query, in words."""

    text: str
    values: Narrowing


def sorts() -> dict[Sort, str]:
    """The orders in words."""
    return {
        Sort.NEWEST: tr("Newest first"), Sort.OLDEST: tr("Oldest first"), Sort.TITLE: tr("By title"),
        Sort.LONGEST: tr("Longest first"), Sort.SHORTEST: tr("Shortest first"),
    }  # fmt: skip


def sort_heading(sort: Sort) -> str:
    """The heading of a list that is not divided by days."""
    return sorts()[sort]


def dates(today: date) -> list[Filter]:
    """When recordings may have been made."""

    def since(text: str, days: int) -> Filter:
        return Filter(text, {"made_from": today - timedelta(days=days - 1), "made_until": None})

    return [
        since(tr("Today"), 1),
        since(tr("Last 7 days"), 7),
        since(tr("Last 30 days"), 30),
        Filter(tr("This year"), {"made_from": date(today.year, 1, 1), "made_until": None}),
    ]


def lengths() -> list[Filter]:
    """How long recordings may be."""

    def between(text: str, longer_s: float | None, shorter_s: float | None) -> Filter:
        return Filter(text, {"longer_than_s": longer_s, "shorter_than_s": shorter_s})

    return [
        between(tr("Under 1 minute"), None, 60.0),
        between(tr("1 to 10 minutes"), 60.0, 600.0),
        between(tr("Over 10 minutes"), 600.0, None),
        between(tr("Over 1 hour"), 3600.0, None),
    ]


def states() -> list[Filter]:
    """In which state recordings may be."""

    def state(text: str, value: RecordingState) -> Filter:
        return Filter(text, {"state": value})

    return [
        state(tr("Damaged"), RecordingState.DAMAGED),
        state(tr("Missing"), RecordingState.MISSING),
        state(tr("In the cloud only"), RecordingState.CLOUD_ONLY),
        Filter(tr("Edited"), {"edited": True}),
    ]


def chips(query: LibraryQuery, today: date) -> list[Filter]:
    """What narrows ``query``, each with the values that take it away."""
    found = [
        Filter(_named(query, options) or other, dict.fromkeys(options[0].values))
        for options, other in (
            (dates(today), _date_words(query)),
            (lengths(), _length_words(query)),
            ([Filter("", {"state": None})], _state_words(query)),
        )
        if any(getattr(query, name) is not None for name in options[0].values)
    ]
    if query.edited is not None:
        found.append(Filter(tr("Edited") if query.edited else tr("Not edited"), {"edited": None}))
    if query.favourites:
        found.append(Filter(tr("Favourites"), {"favourites": False}))
    if query.folder is not None:
        words = tr("In no folder") if query.folder == NO_FOLDER else query.folder
        found.append(Filter(words, {"folder": None}))
    found += [
        Filter(isolated(f"#{tag}"), {"tags": tuple(other for other in query.tags if other != tag)})
        for tag in query.tags
    ]
    return found


def without_filters(query: LibraryQuery) -> LibraryQuery:
    """The shelf, the words and the order of ``query`` alone."""
    return LibraryQuery(query.shelf, query.search, sort=query.sort)


def is_narrowed(query: LibraryQuery) -> bool:
    """Whether anything but shelf, words and order is asked for."""
    return query != without_filters(query)


def together(base: LibraryQuery, narrowing: LibraryQuery) -> LibraryQuery:
    """``base`` narrowed by the filters of ``narrowing``, in its order, with its words."""
    values = {
        field.name: getattr(narrowing, field.name)
        for field in fields(narrowing)
        if field.name not in (*NOT_FILTERS, "tags") and getattr(narrowing, field.name) != field.default
    }
    tags = tuple(dict.fromkeys((*base.tags, *narrowing.tags)))
    return replace(base, **values, tags=tags, search=narrowing.search, sort=narrowing.sort)


def _named(query: LibraryQuery, options: list[Filter]) -> str:
    fits = (o for o in options if all(getattr(query, name) == value for name, value in o.values.items()))
    return next((option.text for option in fits), "")


def _date_words(query: LibraryQuery) -> str:
    since, until = query.made_from, query.made_until
    if since and until:
        first, last = short_date(since), short_date(until)
        return first if first == last else tr("{first} to {last}", first=first, last=last)
    if since:
        return tr("Since {day}", day=short_date(since))
    return tr("Until {day}", day=short_date(until)) if until else ""


def _length_words(query: LibraryQuery) -> str:
    longer, shorter = query.longer_than_s, query.shorter_than_s
    if longer is not None and shorter is not None:
        return tr("{low} to {high} long", low=clock(longer), high=clock(shorter))
    if longer is not None:
        return tr("Over {low}", low=clock(longer))
    return tr("Under {high}", high=clock(shorter)) if shorter is not None else ""


def _state_words(query: LibraryQuery) -> str:
    if query.state is None:
        return ""
    words = {
        RecordingState.RECORDING: tr("Being recorded"),
        RecordingState.RECORDED: tr("In order"),
        RecordingState.TRASHED: tr("In the trash"),
    }
    return words.get(query.state) or _named(query, states())
