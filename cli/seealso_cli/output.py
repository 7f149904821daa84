"""What commands print on standard output: tables and lines for people, JSON for scripts.

Titles and URLs of links come from anonymous submitters: escape_unprintable() keeps them from
controlling the terminal.

A list is a table if it fits into the terminal's width, else one block of lines for each item. In
both, an id is never cut and a URL is always whole. In a pipe nothing is cut.
"""

import json
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import click
from rich.cells import cell_len, chop_cells, set_cell_size

type Json = dict[str, Any]

_GAP = "  "
# A table's column is not made narrower than this, in terminal cells.
_MIN_CUT = 12
_MIN_WRAPPED = 24
_INDENT = "  "


class Column(NamedTuple):
    """A column of a list. `value` gets an item's cell, `if_narrow` is what a narrow terminal does.

    `keep`: the cell is printed as it is (ids and other keys); `cut`: with an ellipsis (titles);
    `wrap`: on several lines (URLs, which are judged).
    """

    name: str
    value: Callable[[Json], Any]
    if_narrow: Literal["keep", "cut", "wrap"] = "keep"

    def cell(self, item: Json) -> str:
        return format_value(self.value(item))


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


def print_line(text: str) -> None:
    """Print a line on standard output, in its encoding; click.echo() takes UTF-8 for ASCII."""
    click.echo(text, file=sys.stdout)


def print_json(value: Any) -> None:
    """Print one JSON document on one line, in ASCII."""
    # json.dumps leaves one control character as it is: DEL, which can occur in strings only
    # (RFC 8259, section 7).
    click.echo(json.dumps(value).replace("\x7f", "\\u007f"))


def print_list(
    items: Iterator[Json],
    columns: Sequence[Column],
    limit: int | None,
    *,
    as_json: bool = False,
    ids: str | None = None,
) -> None:
    """Print at most `limit` items (None: all): a table, JSON Lines, or only their members `ids`."""
    limited = islice(items, limit)
    if ids is not None or as_json:
        for item in limited:
            if ids is None:
                print_json(item)
            else:
                print_line(format_value(item[ids]))
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
        print_line(f"{name + ':':{width}} {format_value(value)}")


def print_text(text: str) -> None:
    """Print a string of several lines."""
    for line in text.splitlines():
        print_line(escape_unprintable(line))


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


# ---- tables ----------------------------------------------------------------------------------


def _print_table(columns: Sequence[Column], items: Sequence[Json]) -> None:
    rows = [[column.cell(item) for column in columns] for item in items]
    # The environment variable COLUMNS takes the place of the terminal's own width.
    width = shutil.get_terminal_size().columns if _is_terminal() else None
    for line in table_lines(columns, rows, width):
        print_line(line)


def table_lines(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None
) -> Iterator[str]:
    """Yield the lines of a table, or of blocks where `width` is too small for one (None: never)."""
    headings = [column.name for column in columns]
    natural = [max(map(cell_len, cells)) for cells in zip(headings, *rows, strict=True)]
    widths = natural if width is None else _fit(columns, natural, width)
    if widths is None:
        assert width is not None
        yield from _block_lines(columns, rows, width)
        return
    for row in [headings, *rows]:
        yield from _row_lines(columns, row, widths)


def _fit(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int] | None:
    """The width of each column in a table of at most `width`, or None if there is no such table."""
    minimum = {"cut": _MIN_CUT, "wrap": _MIN_WRAPPED}
    widths = [
        min(full, max(minimum[column.if_narrow], cell_len(column.name)))
        if column.if_narrow != "keep"
        else full
        for column, full in zip(columns, natural, strict=True)
    ]
    spare = width - sum(widths) - len(_GAP) * (len(columns) - 1)
    if spare < 0:
        return None
    # Those that lack the least come first, so that what they leave goes to the others.
    lacking = sorted(range(len(columns)), key=lambda index: natural[index] - widths[index])
    for left, index in zip(range(len(columns), 0, -1), lacking, strict=True):
        more = min(natural[index] - widths[index], spare // left)
        widths[index] += more
        spare -= more
    return widths


def _row_lines(columns: Sequence[Column], row: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = [
        chop_cells(cell, width) if column.if_narrow == "wrap" and cell else [_cut(cell, width)]
        for column, cell, width in zip(columns, row, widths, strict=True)
    ]
    lines = []
    for number in range(max(map(len, parts))):
        cells = [
            set_cell_size(part[number] if number < len(part) else "", width)
            for part, width in zip(parts, widths, strict=True)
        ]
        lines.append(_GAP.join(cells).rstrip())
    return lines


def _block_lines(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int
) -> Iterator[str]:
    """Yield a line for each cell, or several for a cell that is too long for one."""
    label_width = max(len(column.name) for column in columns) + 2
    for number, row in enumerate(rows):
        if number:
            yield ""
        for column, cell in zip(columns, row, strict=True):
            label = f"{column.name}:".ljust(label_width)
            if cell_len(cell) <= width - label_width:
                yield label + cell
            elif column.if_narrow == "cut" and width > label_width:
                yield label + _cut(cell, width - label_width)
            else:
                yield label.rstrip()
                # An id is on one line, so that it can be selected as a whole.
                is_key = column.if_narrow == "keep"
                room = max(width - len(_INDENT), 2)
                yield from [
                    _INDENT + part for part in ([cell] if is_key else chop_cells(cell, room))
                ]


def _cut(cell: str, width: int) -> str:
    if cell_len(cell) <= width:
        return cell
    ellipsis = _ellipsis()
    if width <= len(ellipsis):
        return ellipsis[:width]
    return set_cell_size(cell, width - len(ellipsis)).rstrip() + ellipsis


def _ellipsis() -> str:
    try:
        "\u2026".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "..."
    return "\u2026"


def _is_terminal() -> bool:
    return sys.stdout.isatty()
