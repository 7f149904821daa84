"""What commands show on standard output: tables and lines for people, JSON for scripts.

Strangers wrote titles and URLs of links. Nothing of them may act on a terminal.
"""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import click

type Json = dict[str, Any]

# A pipe has no width.
_PIPE_WIDTH = 200


class Column(NamedTuple):
    """A column of a table; `text` makes a row's cell. Where there is no room, `cut` ones give."""

    name: str
    text: Callable[[Json], Any]
    cut: bool = False


def harmless(text: str) -> str:
    """The text with what a terminal or its reader would not take as a sign spelled out.

    That are controls, direction overrides, what is invisible, and line ends: all that Unicode
    has in its categories C and Z, but for spaces.
    """
    return "".join(
        sign if sign.isprintable() or unicodedata.category(sign) == "Zs" else _spelled(sign)
        for sign in text
    )


def _spelled(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def print_json(value: Any) -> None:
    """One JSON document on one line, in ASCII."""
    # DEL is the one control character that JSON has no need to escape, and no place for but in
    # strings (RFC 8259, section 7).
    click.echo(json.dumps(value).replace("\x7f", "\\u007f"))


def print_list(
    found: Iterator[Json], columns: Sequence[Column], limit: int | None, as_json: bool
) -> None:
    """At most `limit` members of a list (None: all), as JSON Lines or as a table."""
    shown = islice(found, limit)
    if as_json:
        for each in shown:
            print_json(each)
        return
    rows = list(shown)
    if rows:
        _print_table(columns, rows)
    else:
        click.echo("There is none.", err=True)
    if next(found, None) is not None:
        click.echo("There are more: use --limit N or --all.", err=True)


def print_fields(members: Mapping[str, Any]) -> None:
    """A line for each member."""
    width = max(map(len, members)) + 1
    for name, value in members.items():
        click.echo(f"{name + ':':{width}} {cell(value)}")


def print_text(text: str) -> None:
    """A text of many lines."""
    for line in text.splitlines():
        click.echo(harmless(line))


def cell(value: Any) -> str:
    """A value as people see it."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{harmless(name)} {cell(each)}" for name, each in value.items()) or "-"
    if isinstance(value, Iterable):
        return ", ".join(map(cell, value)) or "-"
    return str(value)


def _print_table(columns: Sequence[Column], rows: Sequence[Json]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        width = None if column.cut else _width(column, rows)
        table.add_column(column.name, no_wrap=True, overflow="ellipsis", min_width=width)
    for row in rows:
        table.add_row(*(Text(cell(column.text(row))) for column in columns))
    # Nothing in a cell is rich's markup.
    console = Console(
        markup=False, highlight=False, emoji=False, width=None if _is_terminal() else _PIPE_WIDTH
    )
    console.print(table)


def _width(column: Column, rows: Sequence[Json]) -> int:
    return max(len(column.name), *(len(cell(column.text(row))) for row in rows))


def _is_terminal() -> bool:
    return sys.stdout.isatty()
