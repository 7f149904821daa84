"""What a random request must be answered, by SQL over the published articles in SQLite."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from seealso.tables.articles import Article
from tests.graphql.random_queries import Field, Request, Selection

_TABLES = """
CREATE TABLE qa_ai (
    id INTEGER PRIMARY KEY, domain INTEGER, title TEXT, text TEXT, date TEXT, srcId INTEGER
);
CREATE TABLE links (
    article_id INTEGER, link_id TEXT, url TEXT, title TEXT, submitted INTEGER, published INTEGER
);
"""
_LINKS = """
SELECT url, title,
    strftime('%Y-%m-%dT%H:%M:%S', published / 1000, 'unixepoch')
        || printf('.%03dZ', published % 1000) AS published_at
FROM links WHERE article_id = ? ORDER BY submitted, link_id
"""
_OPERATORS = {
    "_eq": "= {}",
    "_neq": "<> {}",
    "_gt": "> {}",
    "_gte": ">= {}",
    "_lt": "< {}",
    "_lte": "<= {}",
    "_in": "IN ({})",
    "_nin": "NOT IN ({})",
}


class ShownLink(NamedTuple):
    """A published link of a page; the times are in milliseconds."""

    link_id: str
    url: str
    title: str | None
    submitted: int
    published: int


def rows(
    articles: Iterable[Article], links: Mapping[int, Sequence[ShownLink]]
) -> sqlite3.Connection:
    """A database of the published articles and of the links on articles' pages."""
    made = sqlite3.connect(":memory:")
    made.row_factory = sqlite3.Row
    made.executescript(_TABLES)
    made.executemany(
        "INSERT INTO qa_ai VALUES (?, ?, ?, ?, ?, ?)",
        [
            (each.id, each.domain, each.title, each.text, each.date, each.source_id or 0)
            for each in articles
            if each.state == "published"
        ],
    )
    made.executemany(
        "INSERT INTO links VALUES (?, ?, ?, ?, ?, ?)",
        [(article_id, *each) for article_id, some in links.items() for each in some],
    )
    return made


def answer(database: sqlite3.Connection, request: Request) -> dict[str, Any]:
    """The `data` of the answer, with its members in order."""
    data: dict[str, Any] = {}
    for key, fields in _shown(request.roots).items():
        name, arguments = fields[0].name, fields[0].arguments
        shown = _shown(chain.from_iterable(each.selections for each in fields))
        if name == "__typename":
            data[key] = "query_root"
        elif name == "qa_ai":
            found = database.execute(*_select(arguments))
            data[key] = [_article(database, row, shown) for row in found.fetchall()]
        else:
            row = database.execute("SELECT * FROM qa_ai WHERE id = :id", arguments).fetchone()
            data[key] = _article(database, row, shown) if row else None
    return data


def _shown(selections: Iterable[Selection]) -> dict[str, list[Field]]:
    """The fields that directives let through, by key; those of one key are merged."""
    found: dict[str, list[Field]] = {}
    for each in selections:
        if not all(directive.shows for directive in each.directives):
            continue
        if isinstance(each, Field):
            found.setdefault(each.key, []).append(each)
        else:
            for key, fields in _shown(each.selections).items():
                found.setdefault(key, []).extend(fields)
    return found


def _article(
    database: sqlite3.Connection, row: sqlite3.Row, shown: Mapping[str, list[Field]]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, fields in shown.items():
        match fields[0].name:
            case "__typename":
                made[key] = "qa_ai"
            case "links":
                columns = _shown(chain.from_iterable(each.selections for each in fields))
                links = database.execute(_LINKS, [row["id"]]).fetchall()
                made[key] = [_link(link, columns) for link in links]
            case column:
                made[key] = row[column]
    return made


def _link(row: sqlite3.Row, shown: Mapping[str, list[Field]]) -> dict[str, Any]:
    return {
        key: "qa_ai_links" if fields[0].name == "__typename" else row[fields[0].name]
        for key, fields in shown.items()
    }


def _select(arguments: dict[str, Any]) -> tuple[str, list[int]]:
    """The statement of a `qa_ai` and its parameters."""
    parameters: list[int] = []
    condition = _condition(arguments.get("where"), parameters)
    descends = any(
        each.get("id", "").startswith("desc") for each in arguments.get("order_by") or []
    )
    # A negative LIMIT is none (SQLite "SELECT").
    limit = arguments.get("limit")
    parameters += [-1 if limit is None else limit, arguments.get("offset") or 0]
    statement = ["SELECT * FROM qa_ai WHERE", condition]
    statement += ["ORDER BY id", "DESC" if descends else "ASC", "LIMIT ? OFFSET ?"]
    return " ".join(statement), parameters


def _condition(where: dict[str, Any] | None, parameters: list[int]) -> str:
    """A tree of conditions as SQL; its values are added to the parameters."""
    parts: list[str] = []
    for name, value in (where or {}).items():
        if name == "_and":
            parts += [_condition(each, parameters) for each in value]
            continue
        for operator, operand in value.items():
            values = operand if isinstance(operand, list) else [operand]
            parts.append(f"{name} {_OPERATORS[operator].format(', '.join('?' * len(values)))}")
            parameters += values
    return f"({' AND '.join(parts)})" if parts else "(1 = 1)"
