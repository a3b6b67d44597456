"""One picture and one sentence for every part of the window that has nothing to show."""

from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.ui.language import tr


def first_run() -> tuple[str, str]:
    """What an empty library shows."""
    return "mic", tr(
        "Press the red button and speak: your first note is kept on this computer, even if the power fails."
    )


def no_selection() -> tuple[str, str]:
    """What stands where the chosen recording would."""
    return "all", tr("Choose a recording to hear it.")


def nothing_here(query: LibraryQuery, filters: str = "") -> tuple[str, str]:
    """The picture and the sentence for a query without results; ``filters`` are those set, in words."""
    if query.search and filters:
        values = {"search": query.search, "filters": filters}
        return "search", tr("Nothing fits “{search}” with these filters: {filters}.", **values)
    if filters:
        return "filter", tr("Nothing here fits these filters: {filters}.", filters=filters)
    if query.search:
        return "search", tr("Nothing fits “{search}”.", search=query.search)
    if query.tags:
        names = ", ".join(f"#{tag}" for tag in query.tags)
        return "tag", tr("No recording here has the tag {names}.", names=names)
    if query.folder:
        return "folder", tr("The folder “{name}” is empty. Drag recordings onto it.", name=query.folder)
    return {
        Shelf.ALL: ("mic", tr("No recordings here: they are in the archive or in the trash.")),
        Shelf.FAVOURITES: ("star", tr("Recordings that you mark with a star are found here.")),
        Shelf.NOT_BACKED_UP: ("cloud-tick", tr("Everything is backed up.")),
        Shelf.ARCHIVE: (
            "archive", tr("Recordings that you archive leave the main list and are found here.")
        ),
        Shelf.TRASH: ("trash", tr("The trash is empty. What you delete stays here for 30 days.")),
    }[query.shelf]  # fmt: skip
