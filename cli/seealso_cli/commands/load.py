"""`seealso load`."""

import sys
from collections.abc import Sequence
from typing import Unpack

import click

from seealso.columns import COLUMNS
from seealso_cli.bulk.load import load_articles
from seealso_cli.options import StoreOptions, dry_run_option, file_type, store_options
from seealso_cli.recovery.running import load_all
from seealso_cli.stores import find_target, store_opener

_REQUIRED = ", ".join(column.name_in_rows for column in COLUMNS if column.never_null)
_OPTIONAL = "".join(f"{column.name_in_rows}, " for column in COLUMNS if not column.never_null)


@click.command(
    help=f"""Load articles from JSON Lines or CSV.

    Files may be gzipped; `-` is standard input. Columns: {_REQUIRED} (0 or empty for none), and
    optionally {_OPTIONAL}state (published or draft; default: published). Invalid rows are reported,
    valid rows are loaded. An existing article gets the columns of the file and keeps its state and
    links. It is safe to interrupt a load and to run it again; with --resume it then goes on where
    it was.

    With --all, a file of `seealso export --all` is loaded. What exists already is left as it is.
    """
)
@click.argument("files", nargs=-1, required=True, type=file_type, metavar="FILE...")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["jsonl", "csv"]),
    help="File format. Default: detected from the first line.",
)
@click.option(
    "--delimiter",
    type=click.Choice([",", ";", "tab", "|"]),
    default=",",
    show_default=True,
    help="What separates the columns of CSV.",
)
@click.option(
    "--resume",
    "position_path",
    type=click.Path(dir_okay=False),
    metavar="POSITION",
    help="Keep the position in this file, and go on from it if it exists.",
)
@click.option("--all", "everything", is_flag=True, help="FILE is one of `seealso export --all`.")
@dry_run_option
@store_options
def load(
    files: Sequence[str],
    file_format: str | None,
    delimiter: str,
    position_path: str | None,
    everything: bool,
    dry_run: bool,
    **options: Unpack[StoreOptions],
) -> None:
    if dry_run and position_path:
        raise click.UsageError("--resume can't be used with --dry-run, which writes nothing.")
    if everything:
        if position_path or file_format or len(files) != 1 or files[0] == "-":
            raise click.UsageError("--all takes one FILE, which is read twice, and no --resume.")
        required_tables = ["articles", "links", "sites", "skips", "audit"]
        sys.exit(load_all(files[0], find_target(options, required_tables), dry_run=dry_run))
    required_tables = ["articles", "skips"]
    open_store = None if dry_run else store_opener(options, required_tables)
    delimiter = delimiter.replace("tab", "\t")
    sys.exit(load_articles(files, file_format, open_store, delimiter, position_path))
