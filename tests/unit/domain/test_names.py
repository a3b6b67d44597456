"""Names of tags, folders and saved searches."""

import unicodedata

import pytest

from voice_recorder.domain.names import LONGEST_NAME, NameRefused, clean_name, folded


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Work", "Work"), ("  two \t words\n", "two words"), ("a\u00a0b", "a b"),
        (unicodedata.normalize("NFD", "Größe"), unicodedata.normalize("NFC", "Größe")),
        ("\U0001f469\u200d\U0001f467 us", "\U0001f469\u200d\U0001f467 us"), ("עבודה", "עבודה"), ("-", "-"),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME),
    ],
)  # fmt: skip
def test_a_name_is_trimmed_folded_and_composed(typed: str, stored: str) -> None:
    assert clean_name(typed, "tag") == stored


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "cannot be empty"), (" \t\n", "cannot be empty"), ("\u200b\u200d", "cannot be empty"),
        ("x" * 10_000, "at most 100 characters; this one has 10,000"),
        ("bell\x07", "control characters"), ("nul\0", "control characters"),
        ("half \ud800", "control characters"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_refused_in_words(typed: str, why: str) -> None:
    with pytest.raises(NameRefused, match=why) as caught:
        clean_name(typed, "tag")
    assert len(str(caught.value)) < 200
    assert caught.value.title.startswith("The name of a tag")
    assert "Nothing was changed" in caught.value.detail


@pytest.mark.parametrize(
    ("one", "other"),
    [("Work", "work"), ("ÄRGER", "ärger"), ("Größe", "GRÖSSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"),
     ("é", unicodedata.normalize("NFD", "É"))],
)  # fmt: skip
def test_upper_and_lower_case_are_the_same_name(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert folded("Ärger") != folded("Arger")
