"""What the commands that list something have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from seealso_cli import admin_api
from seealso_cli.options import ListOptions
from seealso_cli.output import Column, print_list


def print_items(
    path: str,
    plural: str,
    query: Mapping[str, Any],
    columns: Sequence[Column],
    options: ListOptions,
) -> None:
    """Request a list and print as much of it as the options ask for.

    Raises RequestRefused, CommandFailed.
    """
    limit = None if options["everything"] else options["limit"]
    # One item more than is printed shows whether there are more.
    page_size = admin_api.MAX_PAGE_SIZE if limit is None else limit + 1
    items = admin_api.list_items(path, plural, query, page_size)
    print_list(items, columns, limit, options["as_json"])
