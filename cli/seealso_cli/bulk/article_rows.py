"""The articles of a file: valid rows as articles, and what is wrong with the others.

The columns are those of `columns.py` under the names that they have in the table `qa_ai`, which the
network's articles come from, and `state`.
"""

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

from seealso.columns import COLUMNS
from seealso.fields import ARTICLE, one_of, problems_in
from seealso.tables.articles import Article
from seealso_cli.bulk.files import InputFile
from seealso_cli.bulk.rows import Row, RowError, read_rows
from seealso_cli.errors import CommandFailed

_REQUIRED = frozenset(column.name_in_rows for column in COLUMNS if column.never_null)
_OPTIONAL = frozenset(column.name_in_rows for column in COLUMNS if not column.never_null)
_NUMBERS = frozenset(column.name_in_rows for column in COLUMNS if column.kind == "integer")
_MAY_BE_EMPTY = [*(column.name_in_rows for column in COLUMNS if not column.required), "state"]
_CHECKS = {
    **{column.name_in_rows: ARTICLE[column.name] for column in COLUMNS},
    "state": one_of("published", "draft"),
}


class ArticleRow(NamedTuple):
    """The first line of a row, and its article or what is wrong with it."""

    line: int
    article: Article | None
    errors: list[RowError]


def read_articles(file: InputFile, file_format: str | None, delimiter: str) -> Iterator[ArticleRow]:
    """Yield all rows of a file, checked. Of rows with the same id, the first valid one counts."""
    with _SeenIds() as seen:
        rows = read_rows(file, file_format, _REQUIRED, _OPTIONAL | {"state"}, _NUMBERS, delimiter)
        for row in rows:
            errors = row.errors or check_columns(row.columns)
            if not errors and not seen.add(row.columns["id"]):
                errors = [RowError("id", "duplicate id; the first row is used")]
            yield ArticleRow(row.line, None if errors else _article(row), errors)


def check_columns(columns: dict[str, Any]) -> list[RowError]:
    """What is wrong with the values of a row that has all required columns."""
    empty = [name for name in _MAY_BE_EMPTY if columns.get(name) in (None, "")]
    values = {name: value for name, value in columns.items() if name not in empty}
    return [RowError(*problem) for problem in problems_in(values, _CHECKS)]


def _article(row: Row) -> Article:
    columns = {
        column.name: column.stored(row.columns.get(column.name_in_rows)) for column in COLUMNS
    }
    return Article(**columns, state=row.columns.get("state") or "published")


class _SeenIds:
    """The ids of the rows so far, in a temporary SQLite database on disk.

    It keeps a few MB in memory. A set would grow with the file, and a bitmap would take 256 MB
    for ids over the whole range.
    """

    def __init__(self) -> None:
        # With an empty name, SQLite creates a private file and deletes it when it is closed
        # (SQLite, "In-Memory Databases"). It does not have to survive a crash.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA cache_size = -8192;"
            "CREATE TABLE seen (id INTEGER PRIMARY KEY); BEGIN"
        )

    def add(self, article_id: int) -> bool:
        """Add an id. Returns whether it was new. Raises CommandFailed."""
        try:
            added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (article_id,))
        except sqlite3.Error as error:
            raise CommandFailed(
                f"Could not write a temporary file for the ids ({error}). "
                "Free some disk space, or set SQLITE_TMPDIR to another folder."
            ) from None
        return added.rowcount == 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
