"""One picture and one sentence for every part of the window that has nothing to show."""

from voice_recorder.domain.library_query import LibraryQuery, Shelf

FIRST_RUN = (
    "mic",
    "Press the red button and speak: your first note is kept on this computer, even if the power fails.",
)
NO_SELECTION = ("all", "Choose a recording to hear it.")

_SHELVES = {
    Shelf.ALL: ("mic", "No recordings here: they are in the archive or in the trash."),
    Shelf.FAVOURITES: ("star", "Recordings that you mark with a star are found here."),
    Shelf.NOT_BACKED_UP: ("cloud-tick", "Everything is backed up."),
    Shelf.ARCHIVE: ("archive", "Recordings that you archive leave the main list and are found here."),
    Shelf.TRASH: ("trash", "The trash is empty. What you delete stays here for 30 days."),
}


def nothing_here(query: LibraryQuery) -> tuple[str, str]:
    """The picture and the sentence for a query without results."""
    if query.search:
        return "search", f"Nothing fits “{query.search}”."
    return _SHELVES[query.shelf]
