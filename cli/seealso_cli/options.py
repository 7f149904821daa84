"""The options and arguments that several commands have."""

import re
from collections.abc import Callable, Sequence
from typing import TypedDict
from urllib.parse import urlsplit

import click

TABLES = ("articles", "links", "sites", "skips", "audit", "transient")
DEFAULT_LIMIT = 20

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
domain_option = click.option("--domain", type=click.IntRange(min=0), metavar="N")
version_option = click.option(
    "--version",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fail unless the current version is N. Default: change whatever is there.",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
ids_option = click.option(
    "--ids", "only_ids", is_flag=True, help="Print only ids, all of them unless --limit is set."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
file_type = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
file_argument = click.argument("file", type=click.File("rb"), metavar="FILE")


class HostName(click.ParamType[str]):
    """A host name, which is neither a URL nor has a port; the API checks the rest."""

    name = "host"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if re.search(r"[/:@?#\s]", value):
            self.fail(_explain_host(value), param, ctx)
        return value


def _explain_host(value: str) -> str:
    """What is wrong with an argument that is no host name."""
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname
    except ValueError:
        host = None
    if host and not re.search(r"\s", host):
        return f"{value!a} is not a host name; do you mean {host}?"
    return f"{value!a} is not a host name such as blog.example.net."


class ListOptions(TypedDict):
    """The options that list_options() adds to a command."""

    limit: int | None
    everything: bool
    as_json: bool


def list_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Add the options of ListOptions to a command."""
    options = [
        click.option(
            "--limit",
            type=click.IntRange(min=1),
            metavar="N",
            help=f"Maximum number of results. Default: {DEFAULT_LIMIT}.",
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
    audit_table: str | None
    transient_table: str | None


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
