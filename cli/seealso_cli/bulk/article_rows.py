"""Articles of a file: the rows that are good, and what is wrong with the others.

Columns are those of the table that the network's articles come from,
qa_ai(id, domain, title, text, date, srcId), and `state`. Ranges: contract.md, "Everywhere".
"""

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

from seealso.articles import Article
from seealso.fields import ARTICLE, Fault, faults_in, one_of
from seealso_cli.bulk.files import File
from seealso_cli.bulk.rows import Row, read_rows
from seealso_cli.errors import Unable

REQUIRED = frozenset({"id", "domain", "title", "text", "date", "srcId"})
OPTIONAL = frozenset({"state"})
NUMBERS = frozenset({"id", "domain", "srcId"})

_CHECKS = {
    **{name: check for name, check in ARTICLE.items() if name != "source_id"},
    "srcId": ARTICLE["source_id"],
    "state": one_of("published", "draft"),
}


class Checked(NamedTuple):
    """A row's first line with its article, or with what is wrong with it."""

    line: int
    article: Article | None
    faults: list[Fault]


def read_articles(file: File, file_format: str | None) -> Iterator[Checked]:
    """Every row of the file, checked. Of rows with one id, the first good one stands."""
    with _Seen() as seen:
        for row in read_rows(file, file_format, REQUIRED, OPTIONAL, NUMBERS):
            faults = row.faults or check_article(row.columns)
            if not faults and not seen.add(row.columns["id"]):
                faults = [Fault("id", "twice in this file; the row that came first stands")]
            yield Checked(row.line, None if faults else _article(row), faults)


def check_article(columns: dict[str, Any]) -> list[Fault]:
    """What is wrong with the values of a row that has all its columns."""
    empty = [name for name in ("srcId", "state") if columns.get(name) in (None, "")]
    return faults_in({name: columns[name] for name in columns if name not in empty}, _CHECKS)


def _article(row: Row) -> Article:
    columns = row.columns
    return Article(
        id=columns["id"],
        domain=columns["domain"],
        title=columns["title"],
        text=columns["text"],
        date=columns["date"],
        source_id=columns["srcId"] or None,
        state=columns.get("state") or "published",
    )


class _Seen:
    """The ids met so far.

    A temporary database of SQLite on disk, with a few MB of it in memory: a set would grow with
    the file, and a bitmap would come to 256 MB where the ids are spread widely.
    """

    def __init__(self) -> None:
        # An empty name is a private file that is gone when it is closed (SQLite, "In-Memory
        # Databases"). Nothing of it needs to survive.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA cache_size = -8192;"
            "CREATE TABLE seen (id INTEGER PRIMARY KEY); BEGIN"
        )

    def add(self, article_id: int) -> bool:
        """Whether the id is new. Raises Unable."""
        try:
            added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (article_id,))
        except sqlite3.Error as error:
            raise Unable(
                f"The ids met so far could not be kept in a temporary file ({error}): "
                "make room, or set SQLITE_TMPDIR to another folder."
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
