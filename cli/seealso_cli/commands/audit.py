"""`seealso audit`: who changed what."""

from typing import Any, Unpack

import click

from seealso_cli.lists import ListOptions, list_options, show_list
from seealso_cli.output import Column


def _subject(line: dict[str, Any]) -> str:
    """What a line is about: the narrowest of link, article and domain."""
    if line["link_id"] is not None:
        return f"link {line['link_id']}"
    if line["article_id"] is not None:
        return f"article {line['article_id']}"
    return "network" if line["domain"] is None else f"domain {line['domain']}"


def _change(line: dict[str, Any]) -> dict[str, Any] | None:
    """What is new after a change, or what was there before it was taken away."""
    before, after = line["before"] or {}, line["after"]
    if after is None:
        return before
    return {name: value for name, value in after.items() if before.get(name, ...) != value}


_COLUMNS = (
    Column("at", lambda line: line["at"][:19]),
    Column("actor", lambda line: line["actor"]),
    Column("action", lambda line: line["action"]),
    Column("of", _subject),
    Column("change", _change, cut=True),
)


@click.command()
@click.option("--article", type=click.IntRange(min=1), metavar="ID", help="And its links.")
@click.option("--link", metavar="ID")
@click.option("--actor", metavar="NAME", help="An editor's user name.")
@list_options
def audit(
    article: int | None, link: str | None, actor: str | None, **options: Unpack[ListOptions]
) -> None:
    """Who changed what, the latest first: all of it, or of one article, link or editor (admins)."""
    if sum(each is not None for each in (article, link, actor)) > 1:
        raise click.UsageError("Say at most one of --article, --link and --actor.")
    query = {"article": article, "link": link, "actor": actor}
    show_list("/audit", "audit", query, _COLUMNS, options)
