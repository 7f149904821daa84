"""`seealso export`."""

import sys
from collections.abc import Sequence
from typing import Unpack

import click

from seealso_cli.bulk.export import export_articles
from seealso_cli.options import StoreOptions, store_options
from seealso_cli.recovery.archive import export_all
from seealso_cli.stores import store_opener


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE")
@click.option(
    "--state",
    "states",
    type=click.Choice(["published", "draft"]),
    multiple=True,
    help="Export only articles in this state.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Export sites, blocked hosts and links as well."
)
@store_options
def export(
    file: str, states: Sequence[str], everything: bool, **options: Unpack[StoreOptions]
) -> None:
    """Export articles to JSON Lines.

    `seealso load` reads the file. `-` is standard output; a FILE that ends in .gz is gzipped.
    Deleted articles are not exported. FILE is created, or replaced, once the export is complete.
    With --all, the file has all that another stack needs, in a format of its own, with deleted
    articles, for `seealso load --all`.
    """
    if everything:
        if states:
            raise click.UsageError("--all and --state can't be used together.")
        required_tables = ["articles", "links", "sites"]
        sys.exit(export_all(file, store_opener(options, required_tables)))
    sys.exit(export_articles(file, states, store_opener(options, required_tables=["articles"])))
