"""The options and arguments that several commands have."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import click

TABLES = ("articles", "links", "sites", "skips")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
domain_option = click.option("--domain", type=click.IntRange(min=0), metavar="N")
version_option = click.option(
    "--version",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fail unless the current version is N. Default: change whatever is there.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
file_type = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
file_argument = click.argument("file", type=click.File("rb"), metavar="FILE")


class ListOptions(TypedDict):
    """The options that list_options() adds to a command."""

    limit: int
    everything: bool
    as_json: bool


def list_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Add the options of ListOptions to a command."""
    options = [
        click.option(
            "--limit",
            type=click.IntRange(min=1),
            default=20,
            show_default=True,
            metavar="N",
            help="Maximum number of results.",
        ),
        click.option("--all", "everything", is_flag=True, help="Show the whole list."),
        json_option,
    ]
    return _add_options(command, options)


def stack_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Add the options --stack and --local to a command."""
    options = [
        click.option("--stack", metavar="NAME", help="The deployed stack of this name."),
        click.option("--local", is_flag=True, help="The local stack that `make run` serves."),
    ]
    return _add_options(command, options)


class StoreOptions(TypedDict):
    """The options that store_options() adds to a command."""

    stack: str | None
    local: bool
    endpoint: str | None
    articles_table: str | None
    links_table: str | None
    sites_table: str | None
    skips_table: str | None


def store_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Add the options of StoreOptions to a command."""
    options = [
        click.option("--endpoint", metavar="URL", help="Any DynamoDB; use with table names."),
        *(click.option(f"--{table}-table", metavar="NAME") for table in TABLES),
    ]
    return stack_options(_add_options(command, options))


def _add_options[**P, R](
    command: Callable[P, R], options: Sequence[Callable[[Callable[P, R]], Callable[P, R]]]
) -> Callable[P, R]:
    """Add options so that --help shows them in this order."""
    for option in reversed(options):
        command = option(command)
    return command
