"""What the commands that list something have in common."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seealso_cli import admin_api
from seealso_cli.options import DEFAULT_LIMIT, ListOptions
from seealso_cli.output import Column, Json, print_list


def print_items(
    path: str,
    plural: str,
    query: Mapping[str, Any],
    columns: Sequence[Column],
    options: ListOptions,
    *,
    ids: str | None = None,
    only: Callable[[Json], bool] | None = None,
) -> None:
    """Request a list and print as much of it as the options ask for.

    `ids`: print this member of each item alone; `only`: leave out other items. Raises
    RequestRefused, CommandFailed.
    """
    limit = options["limit"] or (None if ids else DEFAULT_LIMIT)
    if options["everything"]:
        limit = None
    # One item more than is printed shows whether there are more.
    page_size = admin_api.MAX_PAGE_SIZE if limit is None or only else limit + 1
    items = admin_api.list_items(path, plural, query, page_size)
    shown = filter(only, items) if only else items
    print_list(shown, columns, limit, as_json=options["as_json"], ids=ids)
