"""Finding order: tags, folders, stars, the archive and saved searches, for one recording or very many."""

from collections.abc import Sequence

from voice_recorder.domain.library_query import LibraryQuery, NameCount, SavedSearch
from voice_recorder.domain.names import clean_name
from voice_recorder.domain.results import ItemResult
from voice_recorder.storage.batches import Batches
from voice_recorder.storage.engine import Database
from voice_recorder.storage.organising import Catalogue

_TAG, _FOLDER, _SEARCH = "tag", "folder", "saved search"


class Organising:
    """Orders recordings. No sound is touched, and what is deleted here is only a name.

    What changes many recordings does it in one transaction and reports on each; ids may be beginnings of
    ids. Names count as the same in upper and lower case, and the spelling that was there first stays.
    Names that cannot be used raise NameRefused, names that are not there NotFound.
    """

    def __init__(self, database: Database) -> None:
        self._batches = Batches(database)
        self._catalogue = Catalogue(database)

    def tag(self, ids: Sequence[str], name: str) -> list[ItemResult]:
        """Give recordings a tag, made when there is none of that name."""
        return self._batches.tag(ids, clean_name(name, _TAG))

    def untag(self, ids: Sequence[str], name: str) -> list[ItemResult]:
        """Take a tag away from recordings; those without it are done already."""
        return self._batches.untag(ids, clean_name(name, _TAG))

    def move(self, ids: Sequence[str], folder: str | None) -> list[ItemResult]:
        """Move recordings to a folder, made when there is none of that name; None: out of any folder."""
        return self._batches.move(ids, None if folder is None else clean_name(folder, _FOLDER))

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> list[ItemResult]:
        """Mark recordings as favourites, or no longer."""
        return self._batches.set_favourite(ids, favourite)

    def set_archived(self, ids: Sequence[str], archived: bool) -> list[ItemResult]:
        """Take recordings out of the main list, or back into it."""
        return self._batches.set_archived(ids, archived)

    def tag_counts(self) -> tuple[NameCount, ...]:
        """All tags by name, with how many recordings of the main list have them."""
        return self._catalogue.tag_counts()

    def folder_counts(self) -> tuple[NameCount, ...]:
        """All folders by name, with how many recordings of the main list are in them."""
        return self._catalogue.folder_counts()

    def rename_tag(self, name: str, new_name: str) -> None:
        """Give a tag another name, or another spelling."""
        self._catalogue.tags.rename(name, clean_name(new_name, _TAG))

    def delete_tag(self, name: str) -> None:
        """Remove a tag; the recordings that had it stay."""
        self._catalogue.tags.delete(name)

    def rename_folder(self, name: str, new_name: str) -> None:
        """Give a folder another name, or another spelling."""
        self._catalogue.folders.rename(name, clean_name(new_name, _FOLDER))

    def delete_folder(self, name: str) -> None:
        """Remove a folder; the recordings in it stay, in no folder."""
        self._catalogue.folders.delete(name)

    def saved_searches(self) -> tuple[SavedSearch, ...]:
        """All saved searches by name."""
        return self._catalogue.saved_searches()

    def save_search(self, name: str, query: LibraryQuery) -> None:
        """Keep a query under a name, in place of the one that had it."""
        self._catalogue.save_search(clean_name(name, _SEARCH), query)

    def rename_search(self, name: str, new_name: str) -> None:
        """Give a saved search another name."""
        self._catalogue.searches.rename(name, clean_name(new_name, _SEARCH))

    def delete_search(self, name: str) -> None:
        """Remove a saved search; no recording is touched."""
        self._catalogue.searches.delete(name)
