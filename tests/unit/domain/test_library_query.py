"""The default question to the library."""

from voice_recorder.domain.library_query import LibraryQuery, Shelf


def test_without_any_wish_the_whole_main_list_is_meant_and_a_query_can_be_a_key() -> None:
    assert LibraryQuery() == LibraryQuery(Shelf.ALL, "", None)
    assert {LibraryQuery(search="x"): 1}[LibraryQuery(search="x")] == 1
