"""Lists of the admin endpoint as commands show them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import click

from seealso_cli.options import json_option
from seealso_cli.output import Column, print_list

LISTED = 20


class ListOptions(TypedDict):
    """The options that list_options() gives a command."""

    limit: int
    everything: bool
    as_json: bool


def list_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ListOptions."""
    options = [
        click.option(
            "--limit",
            type=click.IntRange(min=1),
            default=LISTED,
            show_default=True,
            metavar="N",
            help="At most so many.",
        ),
        click.option("--all", "everything", is_flag=True, help="The whole list."),
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def show_list(
    path: str,
    plural: str,
    query: Mapping[str, Any],
    columns: Sequence[Column],
    options: ListOptions,
) -> None:
    """Show a list, as far as the options say. Raises Refusal, Unable."""
    from seealso_cli import admin_api

    limit = None if options["everything"] else options["limit"]
    # One more than is shown tells that there are more.
    part = admin_api.MOST_LISTED if limit is None else limit + 1
    print_list(admin_api.read_list(path, plural, query, part), columns, limit, options["as_json"])
