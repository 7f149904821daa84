"""`seealso audit`: who changed what."""

from typing import Any, Unpack

import click

from seealso_cli.lists import print_items
from seealso_cli.options import ListOptions, list_options
from seealso_cli.output import Column


def _subject(entry: dict[str, Any]) -> str:
    """What an entry is about: the narrowest of link, article and domain."""
    if entry["link_id"] is not None:
        return f"link {entry['link_id']}"
    if entry["article_id"] is not None:
        return f"article {entry['article_id']}"
    return "network" if entry["domain"] is None else f"domain {entry['domain']}"


def _change(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The members that a change set, or all members of what it removed."""
    before, after = entry["before"] or {}, entry["after"]
    if after is None:
        return before
    return {name: value for name, value in after.items() if before.get(name, ...) != value}


_COLUMNS = (
    Column("at", lambda entry: entry["at"][:19]),
    Column("actor", lambda entry: entry["actor"], "wrap"),
    Column("action", lambda entry: entry["action"]),
    Column("of", _subject),
    Column("change", _change, "cut"),
)


@click.command()
@click.option(
    "--article", type=click.IntRange(min=1), metavar="ID", help="This article and its links."
)
@click.option("--link", metavar="ID")
@click.option("--actor", metavar="NAME", help="An editor's user name.")
@list_options
def audit(
    article: int | None, link: str | None, actor: str | None, **options: Unpack[ListOptions]
) -> None:
    """Show who changed what (admins).

    The latest changes come first: all of them, or those of one article, link or editor.
    """
    if sum(option is not None for option in (article, link, actor)) > 1:
        raise click.UsageError("Specify at most one of --article, --link and --actor.")
    query = {"article": article, "link": link, "actor": actor}
    print_items("/audit", "audit", query, _COLUMNS, options)
