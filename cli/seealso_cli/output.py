"""What commands print on standard output: tables and lines for people, JSON for scripts.

Titles and URLs of links come from anonymous submitters: escape_unprintable() keeps them from
controlling the terminal.
"""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

type Json = dict[str, Any]

_PIPE_WIDTH = 200  # characters; a pipe has no width of its own


class Column(NamedTuple):
    """A column of a table. `value` gets a row's cell; `shrinks`: it is cut if space is short."""

    name: str
    value: Callable[[Json], Any]
    shrinks: bool = False


def escape_unprintable(text: str) -> str:
    """The string with backslash escapes for whatever a terminal would act on or not show.

    That is everything in Unicode's categories C (controls, direction overrides, invisible
    characters) and Z (line and paragraph ends), except spaces.
    """
    return "".join(
        character
        if character.isprintable() or unicodedata.category(character) == "Zs"
        else character.encode("unicode_escape").decode()
        for character in text
    )


def print_json(value: Any) -> None:
    """Print one JSON document on one line, in ASCII."""
    # json.dumps leaves one control character as it is: DEL, which can occur in strings only
    # (RFC 8259, section 7).
    click.echo(json.dumps(value).replace("\x7f", "\\u007f"))


def print_list(
    items: Iterator[Json], columns: Sequence[Column], limit: int | None, as_json: bool
) -> None:
    """Print at most `limit` items (None: all), as JSON Lines or as a table."""
    limited = islice(items, limit)
    if as_json:
        for item in limited:
            print_json(item)
        return
    rows = list(limited)
    if rows:
        _print_table(columns, rows)
    else:
        click.echo("No results.", err=True)
    if next(items, None) is not None:
        click.echo("More results available; use --limit N or --all.", err=True)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print one line a field."""
    width = max(map(len, fields)) + 1
    for name, value in fields.items():
        click.echo(f"{name + ':':{width}} {format_value(value)}")


def print_text(text: str) -> None:
    """Print a string of several lines."""
    for line in text.splitlines():
        click.echo(escape_unprintable(line))


def format_value(value: Any) -> str:
    """A value of a JSON document for people to read, on one line."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return escape_unprintable(value)
    if isinstance(value, Mapping):
        members = (f"{escape_unprintable(name)} {format_value(value[name])}" for name in value)
        return ", ".join(members) or "-"
    if isinstance(value, Iterable):
        return ", ".join(map(format_value, value)) or "-"
    return str(value)


def _print_table(columns: Sequence[Column], rows: Sequence[Json]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        width = None if column.shrinks else _width(column, rows)
        table.add_column(column.name, no_wrap=True, overflow="ellipsis", min_width=width)
    for row in rows:
        table.add_row(*(Text(format_value(column.value(row))) for column in columns))
    # Cells are not rich's markup.
    console = Console(
        markup=False, highlight=False, emoji=False, width=None if _is_terminal() else _PIPE_WIDTH
    )
    console.print(table)


def _width(column: Column, rows: Sequence[Json]) -> int:
    return max(len(column.name), *(len(format_value(column.value(row))) for row in rows))


def _is_terminal() -> bool:
    return sys.stdout.isatty()
