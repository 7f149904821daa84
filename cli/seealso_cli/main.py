"""The commands of `seealso`: what they take; what they do is in the file of their subject."""

import sys
from collections.abc import Sequence
from typing import Any, Unpack

import click

from seealso_cli.commands.articles import articles
from seealso_cli.commands.audit import audit
from seealso_cli.commands.links import links
from seealso_cli.commands.sites import blocks, sites
from seealso_cli.commands.users import admins, editors, login, logout, token
from seealso_cli.options import dry_run_option, file_type
from seealso_cli.stack import TargetOptions, target_options

# What a command needs is imported inside it, so that --help and completion answer at once.


class _Interruptible(click.Group):
    """Ends with 130 where click would end with 1, which means something else here."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            ctx.exit(130)


@click.group(cls=_Interruptible, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seealso")
def main() -> None:
    """Run a network of article sites.

    load, export and `sites load` work on the tables, with AWS credentials; admins and editors on
    the user pool, with AWS credentials; all else goes to the API, for those who are signed in.

    \b
    Exit status:
      0    done
      1    refused as it was sent, or some rows of a file were bad (the others are done)
      2    could not be done: wrong usage, no such stack, no answer
      3    not signed in, or not any more
      4    not allowed
      5    not there
      6    not possible as things are, or changed by somebody else meanwhile
      130  interrupted
    """


@main.command()
@click.argument("files", nargs=-1, required=True, type=file_type, metavar="FILE...")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["jsonl", "csv"]),
    help="What the files are; found out from their first line if not given.",
)
@dry_run_option
@target_options
def load(
    files: Sequence[str],
    file_format: str | None,
    dry_run: bool,
    **target: Unpack[TargetOptions],
) -> None:
    """Load articles from JSON Lines or CSV files, gzipped or not; `-` is standard input.

    Columns: id, domain, title, text, date, srcId (0 or empty: no source), and optionally state
    (published, which is the default, or draft). Bad rows are reported, the others are loaded.
    An article that is there already gets the file's columns and keeps its state and its links.
    It is safe to run the same load again, and to interrupt it.
    """
    from seealso_cli.bulk.load import load_articles
    from seealso_cli.stack import stores

    opener = None if dry_run else stores(target, needs=["articles", "runs"])
    sys.exit(load_articles(files, file_format, opener))


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE")
@click.option(
    "--state",
    "states",
    type=click.Choice(["published", "draft"]),
    multiple=True,
    help="Articles in this state alone.",
)
@target_options
def export(file: str, states: Sequence[str], **target: Unpack[TargetOptions]) -> None:
    """Write all articles into a file of JSON Lines that `seealso load` reads; `-` is stdout.

    Gzipped where FILE ends in .gz. Deleted articles are left out. FILE is there when it is whole.
    """
    from seealso_cli.bulk.export import export_articles
    from seealso_cli.stack import stores

    sys.exit(export_articles(file, states, stores(target, needs=["articles"])))


for _command in (articles, links, sites, blocks, audit, login, logout, token, admins, editors):
    main.add_command(_command)
