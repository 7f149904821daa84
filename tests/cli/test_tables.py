"""Lists at the widths of terminals and in pipes: what is never cut, cut and wrapped."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seealso_cli import output
from seealso_cli.commands import articles, audit, blocks, links, sites, users
from seealso_cli.output import Column, table_lines
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.support.gateway import Response

WIDTHS = [40, 60, 80, 120, 200]

LONG_TITLE = ("The mill on the river that nobody has rebuilt since the flood " * 4).strip()
WIDE_TITLE = "\u6c34\u8eca\u5c0f\u5c4b" * 20
LONG_URL = f"https://blog.example.net/{'mills/and/weirs/' * 30}?page=7"
LONG_HOST = ".".join(["a" * 60] * 3 + ["example", "net"])
DAY = "2026-02-25T10:00:00.000Z"


def article(**members: Any) -> dict[str, Any]:
    return {
        "id": 2147483647,
        "domain": 2147483647,
        "state": "published",
        "version": 12345,
        "date": "2026-02-25T10:00:00Z",
        "title": "The mill",
        **members,
    }


def link(**members: Any) -> dict[str, Any]:
    return {
        "link_id": "995d8ce38aa543a523639147f33026f7",
        "article_id": 2147483647,
        "domain": 2147483647,
        "site_name": "The Mill",
        "article_title": "An old mill",
        "status": "published",
        "submitted_at": DAY,
        "expires_at": DAY,
        "link_back": "unreachable",
        "needs_editor": "webmention",
        "attention": "unreachable",
        "attention_at": DAY,
        "title": "Mills",
        "url": "https://blog.example.net/mills",
        **members,
    }


def site(**members: Any) -> dict[str, Any]:
    return {
        "domain": 2147483647,
        "publish": "approved",
        "cap": 20,
        "blocked_hosts": ["spam.example.net"] * 12,
        "name": "The Mill",
        "hosts": ["mill.example.org"],
        **members,
    }


def entry(**members: Any) -> dict[str, Any]:
    return {
        "at": DAY,
        "actor": "ann@example.com",
        "action": "article.unpublish",
        "link_id": "995d8ce38aa543a523639147f33026f7",
        "article_id": 1,
        "domain": 7,
        "before": {"state": "published"},
        "after": {"state": "draft", "title": LONG_TITLE},
        **members,
    }


def user(email: str) -> dict[str, Any]:
    return {"email": email, "status": "RESET_REQUIRED", "enabled": True, "created": DAY}


# The columns of every list, and items of which some have a cell that is far too long.
LISTS: dict[str, tuple[Sequence[Column], list[dict[str, Any]]]] = {
    "articles": (
        articles._COLUMNS,
        [article(), article(title=LONG_TITLE), article(title=WIDE_TITLE)],
    ),
    "queue": (
        links._QUEUE_COLUMNS,
        [
            link(),
            link(url=LONG_URL),
            link(title=LONG_TITLE),
            link(article_title=WIDE_TITLE, site_name=LONG_TITLE),
            link(url=None, title=None, expires_at=None, site_name=None, article_title=None),
        ],
    ),
    "links": (links._LIST_COLUMNS, [link(), link(url=LONG_URL, title=WIDE_TITLE)]),
    "sites": (
        sites._COLUMNS,
        [site(), site(name=LONG_TITLE), site(hosts=[LONG_HOST] * 9), site(hosts=[])],
    ),
    "blocks": (
        blocks._COLUMNS,
        [{"domain": None, "host": "a.example.net"}, {"domain": 2147483647, "host": LONG_HOST}],
    ),
    "audit": (
        audit._COLUMNS,
        [entry(), entry(actor=f"{'ann' * 40}@example.com"), entry(link_id=None)],
    ),
    "users": (users._COLUMNS, [user("ann@example.com"), user(f"{'ann' * 30}@example.com")]),
}


def rows_of(columns: Sequence[Column], items: list[dict[str, Any]]) -> list[list[str]]:
    return [[column.cell(item) for column in columns] for item in items]


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LISTS)
def test_keys_and_urls_are_whole_at_every_width(name: str, width: int) -> None:
    columns, items = LISTS[name]
    for item in items:
        # One item at a time, so that its cells are not found in another's lines.
        (row,) = rows_of(columns, [item])
        lines = [*table_lines(columns, [row], width)]
        for column, cell in zip(columns, row, strict=True):
            assert column.name in "\n".join(lines)
            if column.if_narrow == "keep":
                assert any(cell in line for line in lines), (column.name, lines)
            elif column.if_narrow == "wrap":
                assert without_space(cell) in without_space(column_text(lines, columns, column))
            else:
                assert without_space(cell)[:5] in without_space("".join(lines))
        longest_key = max(
            cell_len(cell)
            for column, cell in zip(columns, row, strict=True)
            if column.if_narrow == "keep"
        )
        assert max(map(cell_len, lines)) <= max(width, longest_key + 2)


def cells_of(line: str) -> str:
    """A line with one character for each cell of the terminal."""
    return "".join(sign.ljust(cell_len(sign), "\0") for sign in line)


def column_text(lines: list[str], columns: Sequence[Column], column: Column) -> str:
    """What the lines of one item show in a column, joined."""
    if lines[0].split() == [column.name for column in columns]:
        # In a table, the cell of a column ends where the next heading begins.
        starts = [match.start() for match in re.finditer(r"\S+", lines[0])] + [None]
        number = columns.index(column)
        return "".join(cells_of(line)[starts[number] : starts[number + 1]] for line in lines[1:])
    labels = tuple(f"{other.name}:" for other in columns)
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{column.name}:"))
    own = [lines[first].removeprefix(f"{column.name}:")]
    for line in lines[first + 1 :]:
        if line.startswith(labels):
            break
        own.append(line)
    return "".join(own)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LISTS)
def test_whole_lists_fit(name: str, width: int) -> None:
    columns, items = LISTS[name]
    lines = [*table_lines(columns, rows_of(columns, items), width)]
    assert max(map(cell_len, lines)) <= max(width, 42)
    text = "\n".join(lines)
    assert all(column.name in text for column in columns)


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_cut_in_a_pipe(name: str) -> None:
    columns, items = LISTS[name]
    rows = rows_of(columns, items)
    heading, *lines = table_lines(columns, rows, None)
    assert heading.split() == [column.name for column in columns]
    assert len(lines) == len(items)
    for row, line in zip(rows, lines, strict=True):
        assert all(cell.strip() in line for cell in row)


def test_table_of_usual_articles_at_80_columns() -> None:
    columns, _ = LISTS["articles"]
    items = [
        article(id=6646120, domain=7, version=2, date="2026-02-25", title=LONG_TITLE),
        article(id=41, domain=12, version=1, date="2026-02-25", state="draft"),
    ]
    assert [*table_lines(columns, rows_of(columns, items), 80)] == [
        "id       domain  state      version  date        title",
        "6646120  7       published  2        2026-02-25  The mill on the river that nob\u2026",
        "41       12      draft      1        2026-02-25  The mill",
    ]


def test_block_of_a_link_at_40_columns() -> None:
    columns, _ = LISTS["queue"]
    (row,) = rows_of(columns, [link(url="https://blog.example.net/mills/and/weirs")])
    assert [*table_lines(columns, [row, row], 40)][:14] == [
        "link_id:",
        "  995d8ce38aa543a523639147f33026f7",
        "submitted:     2026-02-25",
        "expires:       2026-02-25",
        "link_back:     unreachable",
        "needs_editor:  webmention",
        "article:       2147483647",
        "site:          The Mill",
        "article_title: An old mill",
        "title:         Mills",
        "url:",
        "  https://blog.example.net/mills/and/wei",
        "  rs",
        "",
    ]


@given(
    cells=st.lists(
        st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=60),
        min_size=3,
        max_size=3,
    ),
    width=st.integers(20, 200),
)
def test_any_cells_fit(cells: list[str], width: int) -> None:
    columns = [
        Column("key", lambda item: item),
        Column("title", lambda item: item, "cut"),
        Column("url", lambda item: item, "wrap"),
    ]
    lines = [*table_lines(columns, [cells], width)]
    assert max(map(cell_len, lines)) <= max(width, cell_len(cells[0]) + 2)
    assert any(cells[0] in line for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_commands_use_the_width_of_the_terminal(
    as_editor: Run,
    admin_server: AdminServer,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    page = {"links": [link(url=LONG_URL), link(title=LONG_TITLE)], "next_cursor": None}
    response = Response(200, {"content-type": "application/json"}, json.dumps(page))
    admin_server.canned = [response, response]
    in_pipe = as_editor("links", "queue").out.splitlines()
    assert len(in_pipe) == 3
    assert LONG_URL in in_pipe[1]
    assert LONG_TITLE.strip() in in_pipe[2]
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(output, "_is_terminal", lambda: True)
    lines = as_editor("links", "queue").out.splitlines()
    assert max(map(cell_len, lines)) <= width
    shown = without_space(column_text(lines, links._QUEUE_COLUMNS, links._QUEUE_COLUMNS[-1]))
    assert shown.startswith(LONG_URL)
