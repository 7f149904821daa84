"""The commands of `seealso`: what they take; what they do is in the file of their subject."""

import sys
from collections.abc import Sequence
from typing import Unpack

import click

from seealso_cli.target import TargetOptions, target_options

# What a command needs is imported inside it, so that --help and completion answer at once.

_FILE = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check only; write nothing.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seealso")
def main() -> None:
    """Run a network of article sites.

    Exit status: 0 all done, 1 something in a file was bad (the rest is done), 2 it could not be
    done, 130 interrupted.
    """


@main.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["jsonl", "csv"]),
    help="What the files are; found out from their first line if not given.",
)
@_DRY_RUN
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
    from seealso_cli.load import load_articles
    from seealso_cli.target import stores

    opener = None if dry_run else stores(target, needs=["articles", "runs"])
    sys.exit(load_articles(files, file_format, opener))


@main.group()
def sites() -> None:
    """Sites: a domain's host names, name, article address and link policy."""


@sites.command("load")
@click.argument("file", type=_FILE, metavar="FILE")
@_DRY_RUN
@target_options
def sites_load(file: str, dry_run: bool, **target: Unpack[TargetOptions]) -> None:
    """Load sites from a JSON array or JSON Lines; `-` is standard input.

    Members: domain, hosts, name, article_url, cap, publish, waiting_cap, pending_days,
    blocked_hosts. Each site is written whole, over the one that is there.
    """
    from seealso_cli.sites import load_sites
    from seealso_cli.target import stores

    sys.exit(load_sites(file, None if dry_run else stores(target, needs=["sites"])))
