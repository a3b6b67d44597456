"""Commands that order recordings: tag, move."""

from typing import Annotated

import typer

from voice_recorder.cli.program import Ids, Json, as_text, services_of, show_results


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("tag")(tag)
    app.command("move")(move)


def tag(
    context: typer.Context,
    ids: Ids,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tag.", callback=as_text)],
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away.")] = False,
    json_: Json = False,
) -> None:
    """Give recordings a tag."""
    organising = services_of(context).organising
    results = organising.untag(ids, name) if remove else organising.tag(ids, name)
    show_results(results, as_json=json_)


def move(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID… FOLDER",
            help="Ids of recordings, or their beginnings, then the folder; with --out ids only.",
            callback=as_text,
        ),
    ],
    out: Annotated[bool, typer.Option("--out", help="Take them out of any folder.")] = False,
    json_: Json = False,
) -> None:
    """Move recordings to a folder, which is made when there is none of that name."""
    ids, folder = (words, None) if out else (words[:-1], words[-1])
    if not ids:
        raise typer.BadParameter("Name the folder after the ids, or give --out.", param_hint="FOLDER")
    show_results(services_of(context).organising.move(ids, folder), as_json=json_)
